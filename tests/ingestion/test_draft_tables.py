"""Guessed columns become sections that fill the tables the way their files are laid out."""

from collections.abc import Sequence
from typing import Any

from hinge_outcomes.ingestion.draft_guesses import guess_columns
from hinge_outcomes.ingestion.draft_tables import FileGuesses, Part, arrange_tables
from hinge_outcomes.ingestion.raw_table import RawTable

IDS = [f"K{number}" for number in range(12)]
DATES = [f"2026-03-{day:02d}" for day in range(10, 22)]


def file_of(source: str, *, has_one_start: bool = True, **columns: Sequence[str]) -> FileGuesses:
    """What is guessed of a file with these columns."""
    header = [name.replace("_", " ") for name in columns]
    rows = list(zip(*columns.values(), strict=True))
    raw = RawTable.of_rows(source, header, rows, range(2, len(rows) + 2))
    return FileGuesses(source, guess_columns(raw), has_one_start)


def told(parts: Sequence[Part], table: str) -> list[dict[str, Any]]:
    """The lines in force, section by section."""
    return [
        {line.key: line.value for line in part.lines if not line.ask}
        for part in parts
        if part.table == table
    ]


def asked(parts: Sequence[Part], table: str) -> set[str]:
    """What is asked about a table."""
    return {line.key for part in parts if part.table == table for line in part.lines if line.ask}


def test_a_start_and_a_patient_are_asked_where_they_are_not_there() -> None:
    """Patients and episodes are always drafted, if only as questions."""
    parts = arrange_tables([file_of("a", Pain=["1", "2"] * 6)])
    assert asked(parts, "patients") == {"patient_id"}
    assert asked(parts, "episodes") == {"episode_id", "patient_id", "start_date"}


def test_without_a_case_the_patient_is_the_episode_or_is_joined_with_the_start() -> None:
    """One start each: the patient names the episode; several: patient and start do."""
    columns = {"Patient": IDS, "First_visit": DATES}
    one = arrange_tables([file_of("a", **columns)])
    several = arrange_tables([file_of("a", has_one_start=False, **columns)])
    assert told(one, "episodes")[0]["episode_id"] == "Patient"
    assert told(several, "episodes")[0]["episode_id"] == {"join": ["Patient", "First visit"]}


def test_without_a_clinic_there_is_taken_to_be_one() -> None:
    """A constant stands in, marked as a guess."""
    parts = arrange_tables([file_of("a", Case=IDS, First_visit=DATES)])
    assert told(parts, "episodes")[0]["clinic_id"] == {"constant": "C01"}


def test_scores_of_another_file_find_their_episode_by_the_patient() -> None:
    """A file of scores that knows the patient and no case asks for the episode of that time."""
    home = file_of("a", Patient=IDS, Case=IDS, First_visit=DATES)
    scores = file_of("b", Patient=IDS, Form_date=DATES, ODI=["20", "30"] * 6)
    (outcomes,) = told(arrange_tables([home, scores]), "outcomes")
    assert outcomes == {
        "episode_id": {"episode_of": "Patient"},
        "measured_day": {"days_from_start": "Form date"},
        "scores.odi": "ODI",
    }


def test_scores_side_by_side_by_time_get_their_planned_days() -> None:
    """Pain at baseline and at 6 weeks are two sections of day 0 and day 42."""
    parts = arrange_tables([
        file_of("a", Case=IDS, First_visit=DATES, Pain_baseline=["5", "6"] * 6,
                Pain_6_weeks=["3", "4"] * 6, ODI_6_weeks=["20", "30"] * 6)
    ])  # fmt: skip
    days = {
        section["measured_day"]["constant"]: set(section) for section in told(parts, "outcomes")
    }
    assert days == {
        0: {"episode_id", "measured_day", "scores.nprs"},
        42: {"episode_id", "measured_day", "scores.nprs", "scores.odi"},
    }


def test_ratings_side_by_side_are_one_section() -> None:
    """Columns called as stages hold their ratings, on the day of the visit."""
    parts = arrange_tables([
        file_of("a", Case=IDS, First_visit=DATES, Appointment=DATES, Hero_Squats=["2", "3"] * 6,
                Butt_Taps=["1", "2"] * 6)
    ])  # fmt: skip
    (section,) = told(parts, "assessments")
    assert section["ratings.1"] == "Hero Squats"
    assert section["ratings.2"] == "Butt Taps"
    assert section["assessed_day"] == {"days_from_start": "Appointment"}


def test_a_second_stage_is_beside_the_one_worked_at() -> None:
    """Of two stages a row the plain one is worked at, and the other is not."""
    parts = arrange_tables([
        file_of("a", Case=IDS, First_visit=DATES, Appointment=DATES, Step=["1", "2"] * 6,
                Rating=["2", "3"] * 6, Warm_up_step=["1", "1"] * 6, Warm_up_rating=["3", "3"] * 6)
    ])  # fmt: skip
    first, second = told(parts, "assessments")
    assert (first["stage"], first["is_working_stage"]) == ("Step", {"constant": True})
    assert (second["mastery_level"], second["is_working_stage"]) == (
        "Warm up rating", {"constant": False},
    )  # fmt: skip


def test_a_score_without_a_day_asks_for_it() -> None:
    """Where no column holds a day, it is asked, and never taken to be the first."""
    parts = arrange_tables([file_of("a", Case=IDS, First_visit=DATES, Pain=["1", "2"] * 6)])
    assert asked(parts, "outcomes") == {"measured_day"}


def test_pain_in_millimetres_is_asked() -> None:
    """Numbers far above 10 may be millimetres."""
    parts = arrange_tables([
        file_of("a", Case=IDS, First_visit=DATES, Appointment=DATES,
                VAS=[str(30 + 5 * n) for n in range(12)])
    ])  # fmt: skip
    assert asked(parts, "outcomes") == {"scores.nprs"}
