"""A draft is TOML whose comments cannot be left, and whose questions are all listed."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.ingestion.draft_codes import Code, CodeSection
from hinge_outcomes.ingestion.draft_files import Writing
from hinge_outcomes.ingestion.draft_guesses import Guess
from hinge_outcomes.ingestion.draft_tables import Line, Part
from hinge_outcomes.ingestion.draft_text import DraftedFile, write_draft
from hinge_outcomes.ingestion.draft_values import profile_column
from hinge_outcomes.ingestion.raw_table import RawColumn
from hinge_outcomes.ingestion.sources import Source


def file_of(name: str, column: str = "note") -> DraftedFile:
    """A file with one column that was left out."""
    profile = profile_column(column, RawColumn.of(["a"]))
    guesses = [Guess(column, "", "", "nothing is known of it", profile)]
    return DraftedFile(f"{name}.csv", Source(name=name, pattern=f"{name}.csv", format="csv"),
                       guesses, Writing())  # fmt: skip


PARTS = [
    Part("patients", "a", [Line("patient_id", "Patient", "by its name")]),
    Part("outcomes", "a", [
        Line("scores.nprs", "Pain", "by its name"),
        Line("scores.odi", "ODI", "", "which?", ("ODI", {"column": "ODI", "unit": "percent"})),
    ]),
]  # fmt: skip


def test_lines_in_force_mean_what_was_guessed() -> None:
    """Guessed lines are read back; the asked one is not there."""
    text, _ = write_draft([file_of("a")], PARTS, [], {})
    assert tomllib.loads(text)["tables"] == {
        "patients": {"patient_id": "Patient"},
        "outcomes": {"scores": {"nprs": "Pain"}},
    }


def test_every_question_is_listed_with_its_place() -> None:
    """The data cut, the scale and an unknown code are three questions."""
    codes = [CodeSection("sex", (Code("F", "female"), Code("9", None)), "by words", "which?")]
    text, asks = write_draft([file_of("a")], PARTS, codes, {})
    assert [ask.partition(":")[0] for ask in asks] == [
        "data_cut", "outcomes.scores.odi", "codes.sex",
    ]  # fmt: skip
    assert text.count("# ASK: ") == 3
    assert '# scores.odi = {column = "ODI", unit = "percent"}' in text
    assert '# "9" = ' in text
    assert tomllib.loads(text)["codes"] == {"sex": {"F": "female"}}


def test_several_files_are_sources_and_one_is_not() -> None:
    """Of several files each section names its source; a single one needs no name."""
    both = [*PARTS, Part("visits", "b", [Line("episode_id", "Case", "by its name")])]
    several = tomllib.loads(write_draft([file_of("a"), file_of("b")], both, [], {})[0])
    assert [source["name"] for source in several["source"]] == ["a", "b"]
    assert several["tables"]["patients"]["source"] == "a"
    single = tomllib.loads(write_draft([file_of("a")], PARTS, [], {})[0])
    assert "source" not in single
    assert "source" not in single["tables"]["patients"]


def test_a_file_of_which_nothing_is_understood_is_no_source() -> None:
    """A source that fills no table would stop the load, so it is asked about instead."""
    text, asks = write_draft([file_of("a"), file_of("b")], PARTS, [], {})
    assert [source["name"] for source in tomllib.loads(text)["source"]] == ["a"]
    assert any(ask.startswith("b.csv: nothing") for ask in asks)


def test_a_name_cannot_leave_its_comment() -> None:
    """A line break in a column's name does not end the comment it stands in."""
    text, _ = write_draft([file_of("a", 'note"\nkeep = "x')], PARTS, [], {})
    assert "keep" not in tomllib.loads(text)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_any_name_is_read_back_as_it_was(name: str) -> None:
    """Quotes, control characters and brackets in names of columns and codes stay inside quotes."""
    parts = [Part("patients", "a", [Line("patient_id", name, f"because of {name}")])]
    codes = [CodeSection("sex", (Code(name, "female"),), f"by {name}", "")]
    text, _ = write_draft([file_of("a", name)], parts, codes, {})
    read = tomllib.loads(text)
    assert read["tables"]["patients"]["patient_id"] == name
    assert read["codes"]["sex"] == {name: "female"}


def test_what_is_absent_is_said() -> None:
    """Columns that nothing fills are listed by table, the stages with what to do."""
    absent = {"patients": ["sex"], "assessments": ["stage", "mastery_level"]}
    text, _ = write_draft([file_of("a")], PARTS, [], absent)
    assert "# - patients: sex" in text
    assert "hinge capture xlsx" in text
    assert "Nothing is missing" in write_draft([file_of("a")], PARTS, [], {})[0]
