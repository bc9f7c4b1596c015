"""Validation: every declared rule finds its own violation, by row, and nothing else's."""

from collections.abc import Callable

import pandas as pd
import pytest

from hinge_outcomes.cohort.cross_rules import CROSS_RULES
from hinge_outcomes.cohort.dtypes import coerce_table
from hinge_outcomes.cohort.findings import Findings
from hinge_outcomes.cohort.validation import validate, validate_tables
from tests.records import CUT, small_cohort, small_tables

Tables = dict[str, pd.DataFrame]


def _findings(tables: Tables) -> Findings:
    found = []
    coerced = {}
    for name, frame in tables.items():
        coerced[name], problems = coerce_table(name, frame)
        found.extend(problems)
    return Findings.of([*found, *validate_tables(coerced, data_cut=CUT)])


def _set(table: str, row: int, **values: object) -> Callable[[Tables], None]:
    def spoil(tables: Tables) -> None:
        frame = tables[table].astype("object")
        for column, value in values.items():
            frame.loc[row, column] = value
        tables[table] = frame

    return spoil


def _repeat(table: str, row: int) -> Callable[[Tables], None]:
    def spoil(tables: Tables) -> None:
        frame = tables[table]
        tables[table] = pd.concat([frame, frame.iloc[[row]]], ignore_index=True)

    return spoil


SPOILED = {
    "key_resolves": (_set("episodes", 2, patient_id="p9"), "episodes", (3,)),
    "end_complete": (_set("episodes", 0, end_reason=None), "episodes", (1,)),
    "entry_below_target": (_set("episodes", 1, entry_stage=9), "episodes", (2,)),
    "stages_complete": (_set("episodes", 1, target_stage=None), "episodes", (2,)),
    "within_cut": (_set("episodes", 2, start_date="2026-10-02"), "episodes", (3,)),
    "last_observed": (_set("episodes", 2, last_observed_day=3), "episodes", (3,)),
    "visits_in_order": (_set("visits", 1, visit_number=4), "visits", (2,)),
    "assessment_after_end": (_set("assessments", 2, assessed_day=15), "assessments", (3,)),
    "assessment_after_cut": (_set("assessments", 4, assessed_day=21), "assessments", (5,)),
    "outcome_after_cut": (_set("outcomes", 1, measured_day=269), "outcomes", (2,)),
    "visit_after_cut": (_set("visits", 5, visit_day=21), "visits", (6,)),
    "visit_after_end": (_set("visits", 4, visit_day=22), "visits", (5,)),
    "assessed_at_visit": (_set("assessments", 3, assessed_day=7), "assessments", (4,)),
    "score_in_range": (_set("outcomes", 0, score=11.0), "outcomes", (1,)),
    "age_plausible": (_set("patients", 0, birth_year=1901), "episodes", (1,)),
    "mastery_documented": (_set("assessments", 1, mastery_level=2), "episodes", (1,)),
    "null": (_set("visits", 0, status=None), "visits", (1,)),
    "type": (_set("visits", 0, visit_day="soon"), "visits", (1,)),
    "range": (_set("assessments", 0, mastery_level=4), "assessments", (1,)),
    "key": (_repeat("visits", 3), "visits", (4, 7)),
}


def test_lawful_tables_have_no_finding() -> None:
    """The hand-made cohort has nothing wrong with it."""
    assert validate(small_cohort()).summary() == "Nothing wrong was found."


@pytest.mark.parametrize("rule", SPOILED)
def test_each_rule_finds_its_violation(rule: str) -> None:
    """One spoiled cell is found under its rule, at its row."""
    spoil, table, rows = SPOILED[rule]
    tables = small_tables()
    spoil(tables)
    found = [f for f in _findings(tables) if f.rule == rule and f.table == table]
    assert [f.rows for f in found] == [rows]


def test_second_working_stage_is_found() -> None:
    """Two working stages on one day are an error at the second row."""
    tables = small_tables()
    extra = tables["assessments"].iloc[[0]].assign(stage=2)
    tables["assessments"] = pd.concat([tables["assessments"], extra], ignore_index=True)
    found = [f for f in _findings(tables) if f.rule == "one_working_stage"]
    assert [f.rows for f in found] == [(6,)]


def test_every_cross_rule_has_a_spoiled_case() -> None:
    """No declared rule goes without a test that sees it fire."""
    assert {rule.name for rule in CROSS_RULES} - {"one_working_stage"} <= set(SPOILED)


def test_findings_hold_no_value() -> None:
    """Spoiling cells with recognisable values leaves none of them in the findings' text."""
    tables = small_tables()
    _set("patients", 0, sex="Zaphod")(tables)
    _set("outcomes", 0, score="Beeblebrox")(tables)
    _set("episodes", 0, start_date="31/31/4711")(tables)
    findings = _findings(tables)
    text = findings.summary() + findings.table().to_csv() + findings._repr_html_()
    assert len(findings.errors) >= 3
    assert not any(word in text for word in ("Zaphod", "Beeblebrox", "4711"))


def test_all_findings_come_at_once() -> None:
    """Errors in three tables are all reported by one call."""
    tables = small_tables()
    for rule in ("range", "score_in_range", "entry_below_target"):
        SPOILED[rule][0](tables)
    assert {f.table for f in _findings(tables).errors} >= {"assessments", "outcomes", "episodes"}
