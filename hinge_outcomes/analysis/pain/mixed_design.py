"""From a frame and two formulas to the cross-products of a mixed model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.pain.fixed_columns import (
    FixedColumns,
    complete_rows,
    orthonormal,
    read_fixed,
)
from hinge_outcomes.analysis.pain.mixed_kernel import (
    Array,
    CrossProducts,
    compress,
    group_products,
)
from hinge_outcomes.analysis.pain.model_columns import (
    check_finite,
    model_matrix,
    parse_formula,
    parse_with_outcome,
)
from hinge_outcomes.exceptions import NotIdentifiableError


@dataclass(frozen=True, slots=True, repr=False)
class LevelColumns:
    """Hold how the random columns of one level were made.

    The columns are Z = Z* T with Z*'Z* / n = I.

    Parameters
    ----------
    group : str
        Column that names the units of the level.
    random : str
        Formula of their effects.
    terms : tuple of str
        Names of the q columns.
    spec : formulaic.ModelSpec
        What makes them for further rows.
    scale : ndarray, shape (q, q)
        T.
    keys : tuple of str
        Columns that tell units apart: the group, after those it is read within.
    labels : pandas.Index
        The units in the order of the fit; of tuples where there are several keys.
    """

    group: str
    random: str
    terms: tuple[str, ...]
    spec: Any
    scale: Array
    keys: tuple[str, ...]
    labels: pd.Index


@dataclass(frozen=True, slots=True, repr=False)
class MixedDesign:
    """Hold the rows of a mixed model in coordinates in which its numbers are tame.

    Parameters
    ----------
    fixed : FixedColumns
        Outcome and fixed columns.
    level : LevelColumns
        Groups and random columns.
    ztz, products : ndarray
        Cross-products of each group, in the order of the labels.
    cross_products : CrossProducts
        The same, equal designs joined.
    """

    fixed: FixedColumns
    level: LevelColumns
    ztz: Array
    products: Array
    cross_products: CrossProducts

    @property
    def n_rows(self) -> int:
        """Count the rows used.

        Returns
        -------
        int
            Complete rows.
        """
        return self.cross_products.n_rows


def build_design(frame: pd.DataFrame, formula: str, *, group: str, random: str) -> MixedDesign:
    """Read the formulas, drop incomplete rows and compute each group's cross-products.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per measurement.
    formula : str
        Outcome and fixed effects, such as ``score ~ day``.
    group : str
        Column that names whom a row belongs to.
    random : str
        Effects that differ between groups, such as ``1 + day``.

    Returns
    -------
    MixedDesign
        The columns and cross-products.

    Raises
    ------
    AnalysisError
        If a formula cannot be read or names a column that is not there.
    NotIdentifiableError
        If columns are collinear, the outcome is constant, or there are too few rows per group.

    Examples
    --------
    >>> frame = pd.DataFrame({"who": list("aabb"), "day": [0, 1, 0, 1], "score": [5.0, 3, 8, 7]})
    >>> design = build_design(frame, "score ~ day", group="who", random="1")
    >>> design.fixed.terms, list(design.level.labels), design.n_rows
    (('Intercept', 'day'), ['a', 'b'], 4)
    """
    fixed_formula, random_formula = parse_with_outcome(formula), parse_formula(random)
    rows, n_dropped = complete_rows(frame, [fixed_formula, random_formula], [group])
    fixed, x_star, left = read_fixed(rows, fixed_formula, formula, n_dropped)
    columns, terms, spec, scale = random_columns(rows, random_formula, random)
    n_rows = len(rows)
    codes, labels = pd.factorize(rows[group], sort=True)
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    _check_rows_per_group(n_rows, starts.size, group)
    xy = np.column_stack([x_star, left])
    ztz, products = group_products(columns, xy, starts)
    _check_saturation(ztz, n_rows, random)
    return MixedDesign(
        fixed=fixed,
        level=LevelColumns(group, random, terms, spec, scale, (group,), pd.Index(labels)),
        ztz=ztz,
        products=products,
        cross_products=compress(ztz, products, xy.T @ xy, n_rows),
    )


def random_columns(
    rows: pd.DataFrame, parsed: Any, random: str
) -> tuple[Array, tuple[str, ...], Any, Array]:
    """Make the random columns of a level, orthonormal on average.

    Parameters
    ----------
    rows : pandas.DataFrame
        Complete rows.
    parsed : formulaic.Formula
        The formula, read.
    random : str
        The formula, for messages.

    Returns
    -------
    columns : ndarray, shape (n, q)
        Z*.
    terms : tuple of str
        Names.
    spec : formulaic.ModelSpec
        What makes them for further rows.
    scale : ndarray, shape (q, q)
        T with Z = Z* T.
    """
    made = model_matrix(parsed, rows, random)
    z = np.asarray(made, dtype=np.float64)
    check_finite(z)
    terms = tuple(str(name) for name in made.columns)
    columns, scale = orthonormal(z, terms, f"random {random!r}")
    root = np.sqrt(len(rows))
    return columns * root, terms, made.model_spec, scale / root


def _check_rows_per_group(n_rows: int, n_groups: int, group: str) -> None:
    if n_groups < 2:
        raise NotIdentifiableError(
            f"Column {group} names {n_groups} group. Expected at least 2: how groups differ cannot "
            "be learnt from one. Use a linear model instead."
        )
    if n_rows == n_groups:
        raise NotIdentifiableError(
            f"Each of the {n_groups} groups of {group} has one row only, so differences between "
            "groups cannot be told from noise. Expected at least two scores for some of them: use "
            "all scores of each patient, or a linear model."
        )


def _check_saturation(ztz: Array, n_rows: int, random: str) -> None:
    ranks = np.linalg.matrix_rank(ztz, tol=1e-8 * float(np.abs(ztz).max()), hermitian=True)
    if int(ranks.sum()) >= n_rows:
        raise NotIdentifiableError(
            f"With random={random!r} each group has as many effects as rows, {n_rows} in all, so "
            "nothing is left to measure noise by. Use the simpler random='1', or more scores."
        )
