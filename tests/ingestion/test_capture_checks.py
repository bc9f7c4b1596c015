"""What a cell of the workbook takes: rules from the declarations, messages in plain words."""

from typing import Any

import pytest

from hinge_outcomes.ingestion.capture_checks import CLINICIANS, cell_rule, wanted_columns
from hinge_outcomes.ingestion.capture_forms import COURSE, FORMS, QUESTIONNAIRE, VISIT, Form

LISTS = {q.codes_name: f"={q.codes_name}" for form in FORMS for q in form.questions if q.choices}


def rule_of(form: Form, name: str, **lists: str) -> dict[str, Any]:
    """The rule of a question's column."""
    column = [question.name for question in form.questions].index(name)
    return cell_rule(form, form.questions[column], column, lists=LISTS | lists, last_row=100)


def test_choices_are_lists() -> None:
    """Stage and rating take what their list offers, and nothing else."""
    assert rule_of(VISIT, "stage")["source"] == "=stage"
    assert rule_of(VISIT, "rating")["validate"] == "list"
    assert "small arrow" in rule_of(VISIT, "rating")["error_message"]


@pytest.mark.parametrize(
    ("name", "kind", "low", "high"),
    [
        ("home_exercise_days", "integer", 0, 7),
        ("nprs", "decimal", 0, 10),
        ("odi", "decimal", 0, 100),
    ],
)
def test_numbers_have_their_declared_range(name: str, kind: str, low: int, high: int) -> None:
    """The message says the range, so that nobody has to look it up."""
    rule = rule_of(VISIT, name)
    assert (rule["validate"], rule["minimum"], rule["maximum"]) == (kind, low, high)
    assert f"from {low} to {high}" in rule["error_message"]


def test_a_load_has_no_highest_value() -> None:
    """Zero or more; how strong a patient may be is not for a sheet to say."""
    rule = rule_of(VISIT, "load_kg")
    assert (rule["criteria"], rule["value"]) == (">=", 0)
    assert "of 0 or more" in rule["error_message"]


def test_dates_lie_in_the_past() -> None:
    """Nothing has happened tomorrow."""
    assert rule_of(VISIT, "visit_date")["maximum"] == "=TODAY()"


def test_clinicians_are_advised_and_not_forced() -> None:
    """A new colleague can be typed; where nobody was named, any text is."""
    named = rule_of(VISIT, "visit_clinician", **{CLINICIANS: "=staff"})
    assert (named["source"], named["error_type"]) == ("=staff", "warning")
    assert rule_of(VISIT, "visit_clinician")["validate"] == "any"


def test_messages_fit_where_a_spreadsheet_shows_them() -> None:
    """A title has at most 32 signs, a message 255, a formula 255."""
    for form in FORMS:
        for question in form.questions:
            rule = rule_of(form, question.name)
            assert len(rule["error_title"]) <= 32
            assert len(rule.get("error_message", "")) <= 255
            assert len(str(rule.get("source", ""))) <= 255


def test_what_must_be_answered_follows_the_declarations() -> None:
    """A visit needs its case, date and status; a rating its stage; an end its date and reason."""
    wanted = wanted_columns(VISIT)
    names = [question.name for question in VISIT.questions]
    assert {names[n] for n in wanted} == {
        "visit_case", "visit_date", "visit_status", "stage", "also_stage"
    }  # fmt: skip
    assert {names[n] for n in wanted[names.index("also_stage")]} == {"also_rating", "also_load_kg"}
    assert "nprs" in {names[n] for n in wanted[names.index("visit_date")]}
    ends = [question.name for question in COURSE.questions]
    closed_on, because = ends.index("closed_on"), ends.index("closed_because")
    assert wanted_columns(COURSE)[closed_on] == [because]
    assert wanted_columns(COURSE)[because] == [closed_on]
    scores = {QUESTIONNAIRE.questions[n].column for n in wanted_columns(QUESTIONNAIRE)}
    assert scores == {"episode_id", "measured_day", "instrument", "score"}
