"""Questions about whole columns: what looks coded or written in another way than the mapping says.

A single cell may be right under two readings; a whole column seldom is. Nothing is changed: each
question is a finding, and the mapping answers it by ``settled = ["the column"]``.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.cells import read_cells
from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.extraction import pass_filters
from hinge_outcomes.ingestion.load import Load, Part, list_rows
from hinge_outcomes.ingestion.mapping import Mapping

DOUBTS = (
    "odi_may_be_points_of_50", "odi_may_be_a_fraction", "items_may_be_coded_from_1",
    "day_and_month_may_be_swapped", "ids_differ_in_capitals",
)  # fmt: skip
"""The questions."""

FEWEST = 20
"""Values below which a column says nothing about how it is written."""


def find_doubts(load: Load, mapping: Mapping, usable: np.ndarray) -> list[pd.DataFrame]:
    """Find columns that look as if they were written in another way than the mapping says.

    Parameters
    ----------
    load : Load
        The files.
    mapping : Mapping
        What they mean.
    usable : ndarray of bool
        Which rows of the load are wanted, those with cells that cannot be read included: a column
        that is coded in another way may be unreadable in many.

    Returns
    -------
    list of DataFrame
        With the columns of ``ROW_COLUMNS``; one finding per column, at its first row.
    """
    found = []
    for part in load.parts:
        for block in mapping.blocks:
            if block.source != part.source.name:
                continue
            filters = [(row_filter.column, row_filter.texts) for row_filter in block.rows]
            is_own = pass_filters(part.columns, filters, part.raw.n_rows)
            rows = np.flatnonzero(usable[part.rows] & is_own)
            rules = [*((None, rule) for rule in block.rules), *block.scores]
            for instrument, rule in rules:
                asked = [name for name in rule.columns if name not in mapping.settled]
                doubt = _doubt(instrument, rule, part, rows) if asked and len(rows) else ""
                if doubt:
                    first = rows[:1] + part.offset
                    found.append(list_rows(first, "warning", block.table, asked[0], doubt, "kept"))
    return found


def _doubt(instrument: str | None, rule: ColumnRule, part: Part, rows: np.ndarray) -> str:
    if rule.kind == "column" and rule.target.name in ("patient_id", "episode_id"):
        return _doubt_capitals(part.columns[rule.columns[0]].words)
    if rule.date_formats:
        return _doubt_order(rule, part, rows)
    if rule.kind == "items":
        return _doubt_base(rule, part, rows)
    if instrument == "odi" and rule.kind == "column" and rule.factor == 1.0:
        return _doubt_scale(_numbers(rule, part, rows))
    return ""


def _doubt_capitals(ids: np.ndarray) -> str:
    """K7 and k7 are two patients, or one whose number was typed in two ways."""
    together = "\n".join(ids)
    if together in (together.upper(), together.lower()):
        return ""
    is_alike = len({word.casefold() for word in ids}) < len(set(ids))
    return "ids_differ_in_capitals" if is_alike else ""


def _doubt_scale(scores: np.ndarray) -> str:
    """An ODI in percent goes up in steps of two; points of 50 end at 50 and know odd numbers."""
    if len(scores) < FEWEST:
        return ""
    is_odd = (scores % 2 == 1).mean() > 0.25
    if scores.max() <= 1.0 and (scores % 1 != 0).any():
        return "odi_may_be_a_fraction"
    return "odi_may_be_points_of_50" if scores.max() <= 50 and is_odd else ""


def _doubt_base(rule: ColumnRule, part: Part, rows: np.ndarray) -> str:
    """Items coded from 0 hold zeros; coded from 1 they hold none, and one number too many."""
    if rule.scoring.get("base", 0) != 0 or rule.scoring["instrument"] != "odi":
        return ""
    answers = [_numbers(_plain(rule, name), part, rows) for name in rule.columns]
    every = np.concatenate(answers)
    if len(every) < FEWEST:
        return ""
    return "items_may_be_coded_from_1" if every.min() >= 1 and every.max() >= 6 else ""


def _doubt_order(rule: ColumnRule, part: Part, rows: np.ndarray) -> str:
    """Of many days some lie after the 12th; where none does, day and month may be swapped."""
    numeric = [form for form in rule.date_formats if "%d" in form and "%m" in form]
    if len(numeric) != 1 or numeric[0].startswith("%Y"):
        return ""
    column = part.columns[rule.columns[0]]
    days = _days(column.words[np.unique(column.codes[rows])], numeric[0])
    is_early = all(day.day <= 12 for day in days)
    return "day_and_month_may_be_swapped" if len(days) >= FEWEST and is_early else ""


def _days(words: Iterable[str], form: str) -> set[dt.datetime]:
    days = set()
    for word in words:
        try:
            days.add(dt.datetime.strptime(word, form))
        except ValueError:
            continue
    return days


def _plain(rule: ColumnRule, column: str) -> ColumnRule:
    target = replace(rule.target, kind="number", is_key=False)
    return replace(
        rule, target=target, kind="column", columns=(column,), minimum=None, maximum=None
    )


def _numbers(rule: ColumnRule, part: Part, rows: np.ndarray) -> np.ndarray:
    values = read_cells(rule, part.columns, rows).values.to_numpy("float64", na_value=np.nan)
    numbers: np.ndarray = values[~np.isnan(values)]
    return numbers
