"""Codes are translated where they speak for themselves, and asked about where they do not."""

from hinge_outcomes.ingestion.draft_codes import CodeSection, translate_codes
from hinge_outcomes.ingestion.draft_guesses import Guess
from hinge_outcomes.ingestion.draft_values import profile_column
from hinge_outcomes.ingestion.raw_table import RawColumn


def drafted(role: str, *texts: str) -> CodeSection | None:
    """The section for a column that holds these texts."""
    profile = profile_column("column", RawColumn.of(list(texts) * 3))
    sections = translate_codes([Guess("column", role, "", "", profile)])
    return sections[0] if sections else None


def told(section: CodeSection | None) -> dict[str, object]:
    """Text and meaning."""
    assert section is not None
    return {code.text: code.value for code in section.codes}


def test_our_own_codes_need_no_section() -> None:
    """Texts that are codes already, and stages by their number, are taken as they are."""
    assert drafted("sex", "female", "male") is None
    assert drafted("stage", "1", "2", "10") is None
    assert drafted("mastery_level", "0", "1", "2", "3") is None


def test_known_words_are_translated_in_order() -> None:
    """Other words lead to ours, in the order of ours."""
    section = drafted("status", "No show", "Arrived", "abgesagt")
    assert told(section) == {"Arrived": "attended", "No show": "no_show", "abgesagt": "cancelled"}
    assert list(told(section)) == ["Arrived", "No show", "abgesagt"]
    assert section is not None
    assert section.ask == ""


def test_unknown_words_are_asked_and_stand_last() -> None:
    """What no word list knows is a question that lists what is allowed."""
    section = drafted("end_reason", "moved to Spain", "mastered")
    assert told(section) == {"mastered": "mastered", "moved to Spain": None}
    assert section is not None
    assert "referred_out" in section.ask


def test_numbers_for_a_sex_and_two_letters_for_one_are_asked() -> None:
    """1 and 2 say nothing; in H and M both would be male, so neither is taken."""
    assert set(told(drafted("sex", "1", "2")).values()) == {None}
    assert set(told(drafted("sex", "H", "M")).values()) == {None}
    assert told(drafted("sex", "H", "F")) == {"F": "female", "H": "male"}


def test_ratings_from_1_to_4_are_asked() -> None:
    """A scale from 1 to 4 may be ours moved by one: it is never moved unasked."""
    section = drafted("mastery_level", "1", "2", "3", "4")
    assert set(told(section).values()) == {None}
    assert section is not None
    assert "1 to 4" in section.ask


def test_stages_by_name_and_by_number_share_a_section() -> None:
    """Where one column names stages, the codes of stage also hold the numbers of the others."""
    named = profile_column("step", RawColumn.of(["Hero Squats", "Clean"] * 2))
    numbered = profile_column("goal", RawColumn.of(["9", "10"] * 2))
    guesses = [
        Guess("step", "stage", "", "", named),
        Guess("goal", "target_stage", "", "", numbered),
    ]
    (section,) = translate_codes(guesses)
    assert section.target == "stage"
    assert told(section) == {"Hero Squats": 1, "Clean": 10} | {str(n): n for n in range(1, 11)}


def test_a_stage_0_is_asked() -> None:
    """Stages run from 1; a 0 may be a stage of another count, or none."""
    section = drafted("stage", "0", "1", "2")
    assert told(section)["0"] is None
    assert section is not None
    assert section.ask


def test_times_become_days() -> None:
    """Planned follow-ups are known by their words; other times are asked."""
    section = drafted("timepoint", "Baseline", "6 weeks", "T9")
    assert told(section) == {"Baseline": 0, "6 weeks": 42, "T9": None}


def test_a_stage_nobody_has_reached_yet_is_among_the_codes() -> None:
    """One word among numbers lists all ten numbers, so that next quarter's 9 is known."""
    section = drafted("stage", "1", "2", "drei")
    assert set(told(section).values()) == {*range(1, 11), None}


def test_a_rating_is_asked_for_with_its_meaning() -> None:
    """Whoever is asked which number a word is reads beside it what the number means."""
    section = drafted("mastery_level", "geführt", "mit Hilfe")
    assert section is not None
    assert "3 (automatic)" in section.ask
    assert drafted("mastery_level", "0", "1") is None
