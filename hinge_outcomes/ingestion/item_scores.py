"""Read questionnaires that an export holds item by item, and score them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.cells import Cells, read_cells
from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.raw_table import RawColumn
from hinge_outcomes.ingestion.scoring import (
    classify_items,
    find_bad_items,
    score_items,
    stored_disagrees,
)

_NOT_RULES = ("instrument", "stored")


def read_items(
    rule: ColumnRule, columns: Mapping[str, RawColumn], rows: np.ndarray
) -> tuple[Cells, pd.Series]:
    """Read and score a questionnaire.

    The items decide. A score that the export stores beside them is held against theirs, and stands
    in for it only where no item was answered.

    Parameters
    ----------
    rule : ColumnRule
        Of the kind "items".
    columns : mapping of str to RawColumn
        The source's text by column.
    rows : ndarray of int
        Positions of the rows to read.

    Returns
    -------
    cells : Cells
        One score per row.
    answers : Series of list
        The answers in item order as they are scored, None for a blank; null where none was given.
    """
    answers, failing = _read_answers(rule, columns, rows)
    instrument, rules = str(rule.scoring["instrument"]), _rules(rule)
    scores = score_items(instrument, answers, **rules)
    stored = rule.scoring.get("stored")
    if stored is not None:
        told = read_cells(replace(rule, kind="column", columns=(stored,)), columns, rows)
        failing += told.failing
        values = told.values.to_numpy("float64", na_value=np.nan)
        differs = np.flatnonzero(stored_disagrees(values, scores))
        failing += ((stored, "stored_disagrees", differs),) if len(differs) else ()
        scores = np.where(np.isnan(answers).all(axis=1), values, scores)
    base = rules.get("base", 0)
    lists = pd.Series(
        [
            None if np.isnan(row).all() else [_answer(value, base) for value in row]
            for row in answers
        ],
        dtype="object",
    )
    return Cells(pd.Series(scores), failing), lists


def read_item_class(rule: ColumnRule, columns: Mapping[str, RawColumn], rows: np.ndarray) -> Cells:
    """Read the items of the STarT Back tool and give the class of risk.

    Parameters
    ----------
    rule : ColumnRule
        Of the kind "items", for start_back_risk.
    columns : mapping of str to RawColumn
        The source's text by column.
    rows : ndarray of int
        Positions of the rows to read.

    Returns
    -------
    Cells
        One class per row, null where the answers do not settle it.
    """
    answers, failing = _read_answers(rule, columns, rows)
    classes = classify_items(answers, **_rules(rule))
    return Cells(pd.Series(pd.Categorical(classes, categories=list(rule.target.allowed))), failing)


def _rules(rule: ColumnRule) -> dict[str, Any]:
    return {key: value for key, value in rule.scoring.items() if key not in _NOT_RULES}


def _answer(value: float, base: int) -> float | int | None:
    if np.isnan(value):
        return None
    plain = float(value) - base
    return int(plain) if plain.is_integer() else plain


def _read_answers(
    rule: ColumnRule, columns: Mapping[str, RawColumn], rows: np.ndarray
) -> tuple[np.ndarray, tuple[tuple[str, str, np.ndarray], ...]]:
    """Read one number per item; an answer that cannot be becomes a blank and is told."""
    target = replace(rule.target, kind="number", is_key=False)
    failing: tuple[tuple[str, str, np.ndarray], ...] = ()
    given = np.empty((len(rows), len(rule.columns)))
    for place, column in enumerate(rule.columns):
        plain = replace(
            rule, target=target, kind="column", columns=(column,), minimum=None, maximum=None
        )
        cells = read_cells(plain, columns, rows)
        given[:, place] = cells.values.to_numpy("float64", na_value=np.nan)
        failing += cells.failing
    bad = find_bad_items(str(rule.scoring["instrument"]), given, **_rules(rule))
    for place, column in enumerate(rule.columns):
        if bad[:, place].any():
            failing += ((column, "out_of_range", np.flatnonzero(bad[:, place])),)
    return np.where(bad, np.nan, given), failing
