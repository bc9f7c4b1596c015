"""How one column is filled: kinds, options, and what each refuses."""

from typing import Any

import pytest

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.column_rules import (
    RuleContext,
    check_value,
    find_codes,
    read_rule,
)
from hinge_outcomes.ingestion.date_formats import check_date_format
from hinge_outcomes.ingestion.targets import list_targets

CONTEXT = RuleContext(
    codes={"sex": (("1", "male"), ("n/a", "unknown")), "stage": (("one", 1),)},
    missing=("n/a",),
    date_formats=("%d/%m/%Y",),
)


def rule_for(table: str, column: str, written: Any, **more: Any) -> Any:
    """Read how one column is filled."""
    return read_rule("here", list_targets(table)[column], written, CONTEXT, **more)


def test_a_plain_name_is_the_column_of_the_export() -> None:
    """The short form and the inline table say the same."""
    assert rule_for("patients", "birth_year", "born") == rule_for(
        "patients", "birth_year", {"column": "born"}
    )


def test_a_code_of_the_column_itself_is_not_a_missing_value() -> None:
    """Where the codes translate a text, the list of missing texts does not swallow it."""
    assert rule_for("patients", "sex", "gender").missing == ()
    assert rule_for("patients", "birth_year", "born").missing == ("n/a",)


def test_stage_codes_serve_all_stage_columns() -> None:
    """[codes.stage] translates entry and target stage too, and never a yes-or-no column."""
    episodes = list_targets("episodes")
    assert find_codes(episodes["entry_stage"], CONTEXT.codes)[0] == "stage"
    working = list_targets("assessments")["is_working_stage"]
    assert find_codes(working, CONTEXT.codes) == ("", None)


@pytest.mark.parametrize(
    ("table", "column", "written", "words"),
    [
        ("patients", "birth_year", 3, "name of a column"),
        ("patients", "birth_year", {"colum": "born"}, "Did you mean 'column'"),
        ("patients", "birth_year", {"column": "a", "constant": 1970}, "exactly one of"),
        ("patients", "birth_year", {"column": " "}, "name of a column of the export"),
        ("patients", "birth_year", {"constant": 1700}, "outside birth_year"),
        ("patients", "sex", {"constant": "femal"}, "Did you mean 'female'"),
        ("patients", "sex", {"year_of": "born"}, "year_of cannot fill"),
        ("patients", "sex", {"column": "a", "unit": "kg"}, "No other unit"),
        ("patients", "patient_id", {"join": ["a"]}, "at least two"),
        ("visits", "status", {"column": "a", "if_unreadable": "missing"}, "cannot be|without"),
        ("visits", "visit_day", {"days_from_start": "a", "date_format": "%d/%m/%y"}, "two-digit"),
        ("assessments", "load_kg", {"column": "a", "unit": "stone"}, "'kg', 'lb'"),
        ("assessments", "load_kg", {"column": "a", "date_format": "%Y"}, "not read from a date"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    table: str, column: str, written: Any, words: str
) -> None:
    """Each mistake in filling a column gives an error that says where and what is allowed."""
    with pytest.raises(MappingError, match=words) as error:
        rule_for(table, column, written)
    assert str(error.value).startswith("here")


@pytest.mark.parametrize("written", ["%d/%m", "%d/%Y", "%m/%Y", "%d/%m/%Q/%Y", "DD/MM/YYYY"])
def test_a_date_format_names_year_month_and_day(written: str) -> None:
    """A format that leaves a part of the date open is refused."""
    with pytest.raises(MappingError, match="year, month and day"):
        check_date_format("[file]", written)


def test_a_date_without_a_named_format_is_refused() -> None:
    """Day and month are never guessed: a date column needs a format."""
    bare = RuleContext(codes={}, missing=(), date_formats=())
    target = list_targets("episodes")["start_date"]
    with pytest.raises(MappingError, match="no date format is named"):
        read_rule("here", target, "start", bare)


def test_units_turn_into_a_factor() -> None:
    """Pounds, millimetres of pain and points of fifty are stored in the declared unit."""
    assert rule_for("assessments", "load_kg", {"column": "a", "unit": "lb"}).factor == 0.45359237
    score = {"column": "a", "unit": "mm"}
    rule = rule_for("outcomes", "score", score, instrument="nprs")
    assert (rule.factor, rule.minimum, rule.maximum) == (0.1, 0, 10)
    assert rule_for("visits", "visit_day", {"column": "a", "unit": "week"}).factor == 7


def test_constants_must_fit_their_column() -> None:
    """A yes is no number, a fraction is no stage, an empty text is no id."""
    episodes = list_targets("episodes")
    for name, value in (("entry_stage", True), ("entry_stage", 1.5), ("clinic_id", " ")):
        with pytest.raises(MappingError, match="does not fit"):
            check_value("here", episodes[name], value)
