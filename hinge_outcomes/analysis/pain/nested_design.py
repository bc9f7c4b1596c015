"""From a frame and formulas to the cross-products of a mixed model with nested levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.pain.fixed_columns import FixedColumns, complete_rows, read_fixed
from hinge_outcomes.analysis.pain.mixed_design import LevelColumns, random_columns
from hinge_outcomes.analysis.pain.model_columns import (
    check_columns,
    parse_formula,
    parse_with_outcome,
)
from hinge_outcomes.analysis.pain.nested_kernel import NestedProducts, nested_products
from hinge_outcomes.exceptions import NotIdentifiableError


@dataclass(frozen=True, slots=True, repr=False)
class NestedDesign:
    """Hold the rows of a mixed model with nested levels in coordinates in which numbers are tame.

    Parameters
    ----------
    fixed : FixedColumns
        Outcome and fixed columns.
    levels : tuple of LevelColumns
        From the innermost.
    parents : tuple of ndarray of int
        For each level but the outermost, the number of the unit above each unit.
    products : NestedProducts
        Cross-products.
    note : str
        What was read into the groups; empty if they were nested as they came.
    """

    fixed: FixedColumns
    levels: tuple[LevelColumns, ...]
    parents: tuple[np.ndarray, ...]
    products: NestedProducts
    note: str


def build_nested_design(
    frame: pd.DataFrame, formula: str, groups: Sequence[str], randoms: Sequence[str]
) -> NestedDesign:
    """Settle the order of the levels, drop incomplete rows and compute cross-products.

    Where each label of one group lies under one label of the next, that is the order whatever the
    order given. Otherwise the order given is from the outermost, as R reads a/b, and inner groups
    are told apart by all labels down to theirs.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per measurement.
    formula : str
        Outcome and fixed effects.
    groups, randoms : sequence of str
        Columns of the levels, and the effects of each.

    Returns
    -------
    NestedDesign
        Columns and cross-products.

    Raises
    ------
    AnalysisError
        If a formula cannot be read or names a column that is not there.
    NotIdentifiableError
        If columns are collinear, the outcome is constant, or two levels cannot be told apart.
    """
    parsed = parse_with_outcome(formula)
    check_columns(frame, list(groups))
    of_group = dict(zip(groups, randoms, strict=True))
    whole = frame[list(groups)].dropna().drop_duplicates()
    order, note = _order(whole, list(groups))
    formulas = [parse_formula(of_group[name]) for name in order]
    rows, n_dropped = complete_rows(frame, [parsed, *formulas], order)
    fixed, x_star, left = read_fixed(rows, parsed, formula, n_dropped)
    levels, columns, starts = [], [], []
    codes = np.zeros(len(rows), dtype=np.int64)
    for place, (name, one) in enumerate(zip(order, formulas, strict=True)):
        own = pd.factorize(rows[name], sort=True)[0]
        codes = codes * (int(own.max()) + 1) + own
        # Rows are sorted by all levels down to this one, so units are runs of rows.
        first = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
        codes = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(rows))))
        keys = tuple(order[: place + 1]) if note else (name,)
        made, terms, spec, scale = random_columns(rows, one, of_group[name])
        labels = pd.MultiIndex.from_frame(rows.loc[first, list(keys)]) if note and place else (
            pd.Index(rows[name].iloc[first])
        )  # fmt: skip
        levels.append(LevelColumns(name, of_group[name], terms, spec, scale, keys, labels))
        columns.append(made)
        starts.append(first)
    _check_levels(order, [len(one) for one in starts], len(rows))
    inward = slice(None, None, -1)
    xy = np.column_stack([x_star, left])
    return NestedDesign(
        fixed=fixed,
        levels=tuple(levels[inward]),
        parents=tuple(
            np.searchsorted(above, below, side="right") - 1
            for below, above in zip(starts[:0:-1], starts[-2::-1], strict=True)
        ),
        products=nested_products(columns[inward], xy, starts[inward]),
        note=note,
    )


def _order(labels: pd.DataFrame, groups: list[str]) -> tuple[list[str], str]:
    """Order the levels from the outermost; say what was read into them where they do not nest."""
    by_size = sorted(groups, key=lambda name: labels[name].nunique())
    pairs = list(pairwise(by_size))
    is_nested = [
        len(labels[[outer, inner]].drop_duplicates()) == labels[inner].nunique()
        for outer, inner in pairs
    ]
    if all(is_nested):
        return by_size, ""
    told = " within ".join(reversed(groups))
    shared = sum(
        int((labels[[outer, inner]].drop_duplicates()[inner].value_counts() > 1).sum())
        for outer, inner in pairwise(groups)
    )
    return groups, (
        f"Groups do not nest by their labels ({shared:,} labels occur under several others): read "
        f"as {told}, a label under another one being another unit. "
    )


def _check_levels(order: list[str], counts: list[int], n_rows: int) -> None:
    if counts[0] < 2:
        raise NotIdentifiableError(
            f"Column {order[0]} names {counts[0]} group. Expected at least 2: how groups differ "
            "cannot be learnt from one. Leave this level out."
        )
    for (outer, n_outer), (inner, n_inner) in pairwise(zip(order, counts, strict=True)):
        if n_outer == n_inner:
            raise NotIdentifiableError(
                f"Each {outer} has one {inner} only, so the two levels cannot be told apart. Leave "
                "one of them out."
            )
    if counts[-1] == n_rows:
        raise NotIdentifiableError(
            f"Each of the {n_rows} groups of {order[-1]} has one row only, so differences between "
            "groups cannot be told from noise. Leave this level out: it is the residual."
        )
