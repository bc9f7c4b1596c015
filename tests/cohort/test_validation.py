"""Validation: every declared rule finds its own violation, by row, and nothing else's."""

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from hinge_outcomes.cohort.cross_rules import CROSS_RULES
from hinge_outcomes.cohort.dtypes import coerce_table
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.findings import Findings
from hinge_outcomes.cohort.tables import table_schema
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


EXTRA = (
    ExtraColumn("episodes", "x_height", "number", minimum=50, maximum=250),
    ExtraColumn("visits", "x_room", "text", is_required=True),
    ExtraColumn("patients", "x_code", "category", allowed=("a", "b"), is_required=True),
)
ODD = {
    "Int16": [-5, 0, 11, 2500, None],
    "float64": [-1.0, 260.0, 100.5, None],
    "str": ["e1", "p1", "zz", None],
    "category": [None],
    "boolean": [None, True],
    "datetime64[s]": [None],
}


@st.composite
def broken_tables(draw: st.DrawFn) -> Tables:
    """Five tables of the declared types: rows missing or told twice, some cells spoilt."""
    tables = small_tables()
    tables["episodes"]["x_height"] = 170.0
    tables["visits"]["x_room"] = "blue"
    tables["patients"]["x_code"] = "a"
    for name, frame in tables.items():
        coerced, _ = coerce_table(name, frame, EXTRA)
        rows = draw(st.lists(st.integers(0, len(frame) - 1), max_size=5), label=name)
        coerced = coerced.iloc[rows].reset_index(drop=True)
        for row in range(len(coerced)):
            for column in draw(st.sets(st.sampled_from(list(coerced)), max_size=3)):
                odd = ODD.get(str(coerced[column].dtype), [None])
                if str(coerced[column].dtype) != "object":
                    coerced.loc[row, column] = draw(st.sampled_from(odd))
        tables[name] = coerced
    return tables


PANDERA = {"not_nullable": "null", "minimum": "range", "maximum": "range",
           "multiple_fields_uniqueness": "key"}  # fmt: skip


def by_pandera(table: str, frame: pd.DataFrame) -> set[tuple[str, str, str, tuple[int, ...]]]:
    """What pandera itself says of a table: table, column, rule and rows."""
    try:
        table_schema(table, EXTRA).validate(frame, lazy=True)
    except SchemaErrors as errors:
        rows: dict[tuple[str, str], set[int]] = {}
        for case in errors.failure_cases.itertuples():
            rule = PANDERA[str(case.check)]
            place = ("" if rule == "key" else str(case.column), rule)
            rows.setdefault(place, set()).add(int(case.index) + 1)
        return {(table, *place, tuple(sorted(found))) for place, found in rows.items()}
    return set()


@settings(max_examples=60)
@given(broken_tables())
def test_declarations_are_checked_as_pandera_checks_them(tables: Tables) -> None:
    """Nulls, ranges and keys of any tables: the very rows that the library's own check names."""
    found = validate_tables(tables, data_cut=CUT, extra_columns=EXTRA)
    got = {(f.table, f.column, f.rule, f.rows) for f in found if f.rule in PANDERA.values()}
    assert got == set().union(*(by_pandera(name, frame) for name, frame in tables.items()))


def test_rows_without_a_key_are_not_doubles() -> None:
    """Two patients without an id are told to have none; two with the same id are told twice."""
    tables = small_tables()
    first = tables["patients"].iloc[[0, 0, 0, 0]].reset_index(drop=True)
    first.loc[[1, 3], "patient_id"] = None
    tables["patients"] = first
    rows = {f.rule: f.rows for f in _findings(tables) if f.table == "patients"}
    assert rows["null"] == (2, 4)
    assert rows["key"] == (1, 3)


@settings(max_examples=60)
@given(broken_tables(), st.booleans())
def test_ids_may_be_texts_or_categories(tables: Tables, is_shared: bool) -> None:
    """Findings do not depend on how ids are held, nor on words that no row uses."""
    held = {}
    every = ["zz", "e1", "e2", "e3", "p1", "p2", "C01", "C02", "T1", "unused"]
    for name, frame in tables.items():
        ids = [column for column in frame if column.endswith("_id")]
        kind = pd.CategoricalDtype(every) if is_shared else "category"
        held[name] = frame.astype(dict.fromkeys(ids, kind))
    one, other = (
        validate_tables(each, data_cut=CUT, extra_columns=EXTRA) for each in (tables, held)
    )
    assert list(one) == list(other)
