"""Check the five tables against their declarations and against each other: all findings at once.

Validation libraries put the failing values into their messages; here only row numbers and column
names come out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pandera.errors

from hinge_outcomes.cohort.cross_rules import CROSS_RULES, Records
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.findings import Finding, Findings
from hinge_outcomes.cohort.tables import table_key, table_schema

_RULE_WORDS = {
    "not_nullable": "null",
    "minimum": "range",
    "maximum": "range",
    "multiple_fields_uniqueness": "key",
}


def validate(cohort: Any) -> Findings:
    """Find everything that is wrong, or worth knowing, in a cohort's tables.

    Never raises for data. Findings name tables, columns and row numbers (counted from 1 in the
    order of the table), never a value.

    Parameters
    ----------
    cohort : Cohort
        Or anything with the five tables, ``data_cut`` and ``extra_columns``.

    Returns
    -------
    Findings
        Errors first; empty where nothing is wrong.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=7)
    >>> ho.validate(cohort).summary()
    'Nothing wrong was found.'
    """
    tables = {name: getattr(cohort, name) for name in TABLE_NAMES}
    return validate_tables(
        tables,
        data_cut=cohort.data_cut,
        extra_columns=cohort.extra_columns,
        is_deidentified=cohort.is_deidentified,
    )


def validate_tables(
    tables: Mapping[str, pd.DataFrame],
    *,
    data_cut: Any,
    extra_columns: Iterable[ExtraColumn] = (),
    is_deidentified: bool = False,
) -> Findings:
    """Find what is wrong in five tables that have their declared dtypes.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The five tables, as ``coerce_table`` makes them.
    data_cut : date or mapping of str to date
        Day up to which the data are complete, overall or per clinic.
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.
    is_deidentified : bool, default False
        Whether dates were reduced to years; then the last observed day of an open episode may be
        null.

    Returns
    -------
    Findings
        Errors first.
    """
    extra = tuple(extra_columns)
    findings: list[Finding] = []
    for name in TABLE_NAMES:
        findings.extend(_validate_declaration(name, tables[name], extra))
    records = Records(tables=dict(tables), data_cut=data_cut, is_deidentified=is_deidentified)
    for rule in CROSS_RULES:
        # Rules that derive events need lawful tables; the others hold row by row.
        if rule.needs_lawful_tables and any(f.severity == "error" for f in findings):
            continue
        rows = np.flatnonzero(np.asarray(rule.is_broken(records), dtype=bool)) + 1
        if len(rows):
            findings.append(
                Finding(
                    rule.severity,
                    rule.table,
                    rule.column,
                    rule.name,
                    tuple(int(row) for row in rows),
                    rule.message,
                )
            )
    return Findings.of(findings)


def _validate_declaration(
    table: str, frame: pd.DataFrame, extra_columns: tuple[ExtraColumn, ...]
) -> list[Finding]:
    schema = table_schema(table, extra_columns)
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    findings = []
    cases = cases.assign(rule=cases["check"].map(lambda check: _RULE_WORDS.get(check, check)))
    for (column, rule), group in cases.groupby(["column", "rule"], sort=False, dropna=False):
        rows = tuple(sorted({int(row) + 1 for row in group["index"].dropna()}))
        where = "" if rule == "key" or pd.isna(column) or column == table else str(column)
        findings.append(
            Finding("error", table, where, str(rule), rows, _expected(table, schema, where, rule))
        )
    return _unique(findings)


def _unique(findings: list[Finding]) -> list[Finding]:
    """A broken key is reported once per key column by the library; keep one."""
    return list({(f.table, f.column, f.rule): f for f in findings}.values())


def _expected(table: str, schema: Any, column: str, rule: str) -> str:
    if rule == "key":
        return f"Rows must differ in {', '.join(table_key(table))}; keep one of each."
    if rule == "null":
        return "A value is needed in every row."
    if rule == "range" and column in schema.columns:
        bounds = schema.columns[column].metadata
        low, high = bounds["minimum"], bounds["maximum"]
        if high is None:
            return f"Values start at {low:g}."
        if column in ("stage", "entry_stage", "target_stage"):
            return (
                f"Stages run from {low:g} to {high:g}. If the clinic codes stages differently, map "
                f"them under [codes.{column}] in the mapping."
            )
        return f"Values run from {low:g} to {high:g}."
    return "The declared type is expected."
