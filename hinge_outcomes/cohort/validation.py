"""Check the five tables against their declarations and against each other: all findings at once.

Only row numbers and column names come out, never a value.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.cross_rules import CROSS_RULES, Records
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.findings import Finding, Findings
from hinge_outcomes.cohort.keys import number_groups
from hinge_outcomes.cohort.tables import table_key, table_schema


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
        is_broken = np.asarray(rule.is_broken(records), dtype=bool)
        if is_broken.any():
            rows = _numbers(is_broken)
            findings.append(
                Finding(rule.severity, rule.table, rule.column, rule.name, rows, rule.message)
            )
    return Findings.of(findings)


def _validate_declaration(
    table: str, frame: pd.DataFrame, extra_columns: tuple[ExtraColumn, ...]
) -> list[Finding]:
    """Hold the columns against their declaration.

    The rules are read from the pandera schema; they are asked of whole columns here, because a
    million visits are checked in tenths of a second that way. A test holds the answers against
    those of pandera itself.
    """
    schema = table_schema(table, extra_columns)
    broken: dict[tuple[str, str], np.ndarray] = {}
    for name, column in schema.columns.items():
        values = frame[name]
        if not column.nullable:
            broken[name, "null"] = values.isna().to_numpy()
        low, high = column.metadata["minimum"], column.metadata["maximum"]
        if low is not None or high is not None:
            broken[name, "range"] = _outside(values, low, high)
    groups, n_groups = number_groups(frame, table_key(table))
    if n_groups < len(frame):
        # A row without any part of its key is told as such, not as the double of another.
        has_key = frame[table_key(table)].notna().any(axis=1).to_numpy()
        broken["", "key"] = (np.bincount(groups, minlength=n_groups) > 1)[groups] & has_key
    return [
        Finding("error", table, name, rule, _numbers(rows), _expected(table, schema, name, rule))
        for (name, rule), rows in broken.items()
        if rows.any()
    ]


def _outside(values: pd.Series, low: float | None, high: float | None) -> np.ndarray:
    """Tell which numbers lie outside a range; of most columns the extremes say that none does."""
    outside = np.zeros(len(values), dtype=bool)
    least, most = values.min(), values.max()
    if low is not None and not pd.isna(least) and least < low:
        outside |= (values < low).fillna(False).to_numpy(bool)
    if high is not None and not pd.isna(most) and most > high:
        outside |= (values > high).fillna(False).to_numpy(bool)
    return outside


def _numbers(is_broken: np.ndarray) -> tuple[int, ...]:
    return tuple((np.flatnonzero(is_broken) + 1).tolist())


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
