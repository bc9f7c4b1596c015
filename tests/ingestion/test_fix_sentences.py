"""What a receptionist is told to do about a failing cell."""

import pytest

from hinge_outcomes.cohort.cross_rules import CROSS_RULES
from hinge_outcomes.ingestion.column_rules import ColumnRule, RuleContext, read_rule
from hinge_outcomes.ingestion.doubts import DOUBTS
from hinge_outcomes.ingestion.findings import RULES
from hinge_outcomes.ingestion.fix_list import NOT_TO_MEND
from hinge_outcomes.ingestion.fix_sentences import fix_sentence
from hinge_outcomes.ingestion.targets import list_targets


def rule_for(table: str, name: str, written: object, **context: object) -> ColumnRule:
    """The rule that a mapping's line makes."""
    shared = {"codes": {}, "missing": (), "date_formats": ("%d.%m.%Y", "excel"), **context}
    return read_rule("here", list_targets(table)[name], written, RuleContext(**shared))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "table", "column", "written", "sentence"),
    [
        ("not_a_date", "episodes", "start_date", "c", "Write the date as 24.03.2026 for 24 March"),
        ("unknown_code", "patients", "sex", "c", "Write one of: female, male, other, unknown."),
        ("out_of_range", "visits", "home_exercise_days", "c", "Write a whole number from 0 to 7."),
        ("not_whole", "visits", "visit_day", "c", "Write a whole number, at least 0."),
        ("not_a_number", "assessments", "load_kg", "c", "Write a number, at least 0."),
        ("not_a_number", "assessments", "load_kg", {"column": "c", "unit": "lb"},
         "Write a number, at least 0."),
        ("out_of_range", "visits", "visit_day", {"days_from_start": "c"},
         "Write a date that lies within the course of care, from its first day on."),
        ("required_missing", "visits", "visit_day", "c", "The cell is empty and is needed"),
    ],
)  # fmt: skip
def test_a_sentence_says_what_may_stand_in_the_cell(
    name: str, table: str, column: str, written: object, sentence: str
) -> None:
    """Dates by an example, codes by a list, numbers by their range."""
    assert fix_sentence(name, rule_for(table, column, written)).startswith(sentence)


def test_a_sentence_speaks_the_exports_own_words() -> None:
    """Codes as the export writes them, a decimal comma where it has one, points where it counts."""
    codes = {"sex": (("F", "female"), ("M", "male"))}
    assert fix_sentence("unknown_code", rule_for("patients", "sex", "c", codes=codes)) == (
        "Write one of: F, M."
    )
    load = rule_for("assessments", "load_kg", "c", decimal=",")
    assert fix_sentence("not_a_number", load).endswith("with a decimal comma.")
    target = list_targets("outcomes")["score"]
    context = RuleContext({}, (), ())
    points = read_rule(
        "here", target, {"column": "c", "unit": "points_of_50"}, context, instrument="odi"
    )
    assert fix_sentence("out_of_range", points) == "Write a number from 0 to 50."


def test_a_long_list_of_codes_is_cut() -> None:
    """A dozen are shown; how many more there are is said."""
    codes = {"stage": tuple((f"S{n}", 1 + n % 10) for n in range(30))}
    sentence = fix_sentence("unknown_code", rule_for("assessments", "stage", "c", codes=codes))
    assert sentence.endswith("S11 and 18 more.")


DECLARATION_RULES = ("null", "range", "key", "type")


@pytest.mark.parametrize(
    "name", sorted({*RULES, *DECLARATION_RULES, *(rule.name for rule in CROSS_RULES)})
)
def test_every_rule_that_is_to_be_mended_has_a_sentence(name: str) -> None:
    """Each rule of the door and of the tables is answered in one sentence, without our words."""
    if name in NOT_TO_MEND:
        return
    rule = rule_for("episodes", "start_date", "c") if "date" in name else None
    sentence = fix_sentence(name, rule or rule_for("visits", "home_exercise_days", "c"))
    assert sentence != fix_sentence("a rule that is not known", None)
    assert sentence.endswith(".")
    assert "_" not in sentence


def test_what_is_no_cells_fault_is_not_to_be_mended() -> None:
    """Duplicates and missing values cost nothing; questions go to whoever wrote the mapping."""
    assert {"missing", "duplicate_row", "same_file", "left_out", *DOUBTS} <= set(NOT_TO_MEND)
    assert set(NOT_TO_MEND) <= set(RULES)
