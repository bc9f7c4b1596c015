"""From a frame and two formulas to the columns of a mixed model, with errors a user can act on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError

from hinge_outcomes.analysis.formulas import plain_columns
from hinge_outcomes.analysis.pain.mixed_kernel import (
    Array,
    CrossProducts,
    compress,
    group_products,
)
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

_DEPENDENT = 1e-9
"""A column whose own part is a smaller share of it is a combination of the others."""


@dataclass(frozen=True, slots=True, repr=False)
class MixedDesign:
    """Hold the rows of a mixed model in coordinates in which its numbers are tame.

    The fixed columns are X = X* R with orthonormal X*, the random ones Z = Z* T with Z*'Z* / n = I
    (both on average), and the outcome is its least-squares residual in units of their spread. So
    the search meets the same numbers whether time is in days, weeks or years.

    Parameters
    ----------
    outcome : str
        The formula's left-hand side.
    terms, random_terms : tuple of str
        Names of the fixed and of the random columns.
    fixed_spec, random_spec : formulaic.ModelSpec
        What makes the same columns for further rows.
    fixed_scale : ndarray, shape (p, p)
        R.
    random_scale : ndarray, shape (q, q)
        T.
    start : ndarray, shape (p,)
        Least-squares coefficients, to which the fit adds.
    spread : float
        Unit of the outcome in the fit.
    labels : pandas.Index
        The groups, sorted.
    ztz, products : ndarray
        Cross-products of each group, in this order.
    cross_products : CrossProducts
        The same, equal designs joined.
    n_rows, n_dropped : int
        Rows used, and rows left out for a missing value.
    rows : pandas.DataFrame
        The rows used, with the columns of the formulas and the groups, in the order of the fit.
    """

    outcome: str
    terms: tuple[str, ...]
    random_terms: tuple[str, ...]
    fixed_spec: Any
    random_spec: Any
    fixed_scale: Array
    random_scale: Array
    start: Array
    spread: float
    labels: pd.Index
    ztz: Array
    products: Array
    cross_products: CrossProducts
    n_rows: int
    n_dropped: int
    rows: pd.DataFrame


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
    >>> design.terms, list(design.labels), design.n_rows
    (('Intercept', 'day'), ['a', 'b'], 4)
    """
    fixed_formula, random_formula = _parse(formula), _parse(random)
    if not hasattr(fixed_formula, "lhs"):
        raise AnalysisError(
            f"The formula {formula!r} names no outcome. Expected one like 'score ~ day'."
        )
    used = sorted(
        {str(name) for name in fixed_formula.required_variables}
        | {str(name) for name in random_formula.required_variables}
    )
    _check_columns(frame, [*used, group])
    rows = frame[list(dict.fromkeys([*used, group]))]
    is_complete = rows.notna().all(axis=1)
    complete = plain_columns(rows.loc[is_complete].reset_index(drop=True))
    if complete.empty:
        raise NotIdentifiableError(
            "No row is complete in the columns " + ", ".join(rows.columns) + ". "
            "A mixed model needs rows with all of them."
        )
    codes, labels = pd.factorize(complete[group], sort=True)
    # Rows are sorted by group and column values, so that their order in the frame never matters.
    order = np.lexsort([*[_sortable(complete[name]) for name in used], codes])
    complete, codes = complete.iloc[order].reset_index(drop=True), codes[order]
    both = _model_matrix(fixed_formula, complete, formula)
    z_frame = _model_matrix(random_formula, complete, random)
    if both.lhs.shape[1] != 1:
        raise AnalysisError(
            f"The outcome of {formula!r} makes {both.lhs.shape[1]} columns. Expected one numeric "
            "column."
        )
    y = np.asarray(both.lhs, dtype=np.float64)[:, 0]
    x = np.asarray(both.rhs, dtype=np.float64)
    z = np.asarray(z_frame, dtype=np.float64)
    terms = tuple(str(name) for name in both.rhs.columns)
    random_terms = tuple(str(name) for name in z_frame.columns)
    _check_finite(y, x, z)
    x_star, fixed_scale = _orthonormal(x, terms, f"formula {formula!r}")
    z_star, random_scale = _orthonormal(z, random_terms, f"random {random!r}")
    z_star, random_scale = z_star * np.sqrt(y.size), random_scale / np.sqrt(y.size)
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    _check_rows_per_group(y.size, starts.size, len(terms), group)
    start, left, spread = _centre(y, x_star)
    xy = np.column_stack([x_star, left])
    ztz, products = group_products(z_star, xy, starts)
    _check_saturation(ztz, y.size, random)
    return MixedDesign(
        outcome=str(both.lhs.columns[0]),
        terms=terms,
        random_terms=random_terms,
        fixed_spec=both.rhs.model_spec,
        random_spec=z_frame.model_spec,
        fixed_scale=fixed_scale,
        random_scale=random_scale,
        start=np.asarray(np.linalg.solve(fixed_scale, start), dtype=np.float64),
        spread=spread,
        labels=pd.Index(labels),
        ztz=ztz,
        products=products,
        cross_products=compress(ztz, products, xy.T @ xy, y.size),
        n_rows=int(y.size),
        n_dropped=int((~is_complete).sum()),
        rows=complete,
    )


def further_columns(
    spec: Any, frame: pd.DataFrame, formula: str
) -> tuple[npt.NDArray[np.bool_], Array]:
    """Make the same columns for further rows.

    Parameters
    ----------
    spec : formulaic.ModelSpec
        What a fit remembered: knots, groups, centring.
    frame : pandas.DataFrame
        Further rows.
    formula : str
        The formula, for messages.

    Returns
    -------
    is_complete : ndarray of bool, shape (n_rows,)
        Rows without a missing value in the columns used.
    columns : ndarray, shape (number of complete rows, p)
        The columns of those rows.

    Raises
    ------
    AnalysisError
        If a column is missing, or holds a group that the fit has not seen.
    """
    names = sorted(str(name) for name in spec.required_variables)
    _check_columns(frame, names)
    is_complete = frame[names].notna().all(axis=1).to_numpy(dtype=bool)
    rows = plain_columns(frame.loc[is_complete, names])
    for name in names:
        known = spec.encoder_state.get(name)
        levels = known[1].get("categories") if known else None
        if levels is not None and not rows[name].isin(list(levels)).all():
            raise AnalysisError(
                f"Column {name} holds groups that the fit has not seen in "
                f"{int((~rows[name].isin(list(levels))).sum())} rows. Predictions exist for "
                "groups that were in the fitted data only."
            )
    if not len(rows):
        return is_complete, np.empty((0, len(spec.column_names)))
    try:
        made = spec.get_model_matrix(rows, context={}, na_action="raise")
    except (FormulaicError, ValueError, TypeError, ArithmeticError):
        raise AnalysisError(
            f"The terms of {formula!r} cannot be computed from these columns. Expected the same "
            "kinds of columns as in the fit."
        ) from None
    return is_complete, np.asarray(made, dtype=np.float64).reshape(len(rows), made.shape[1])


def _parse(formula: str) -> Any:
    try:
        return Formula(formula)
    except FormulaicError:
        raise AnalysisError(
            f"The formula {formula!r} cannot be read. Expected terms joined by +, : or *, such as "
            "'score ~ day + age'; random effects have their own argument, random='1 + day'."
        ) from None


def _check_columns(frame: pd.DataFrame, names: list[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise AnalysisError(
            f"The frame has no column named {', '.join(dict.fromkeys(missing))}. It has: "
            f"{', '.join(str(name) for name in frame.columns)}. Name one of these in the formula, "
            "in random= (default '1 + day') or in group=."
        )


def _model_matrix(formula: Any, rows: pd.DataFrame, text: str) -> Any:
    try:
        return formula.get_model_matrix(rows, context={}, na_action="raise")
    except (FormulaicError, ValueError, TypeError, ArithmeticError):
        # The library's own message may quote values, so it is not passed on.
        raise AnalysisError(
            f"The terms of {text!r} cannot be computed from these columns. Expected numeric "
            "columns inside functions, and no logarithm of zero or less; text columns become "
            "groups by themselves."
        ) from None


def _sortable(column: pd.Series) -> Array:
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column, dtype=np.float64)
    return np.asarray(pd.factorize(column, sort=True)[0], dtype=np.float64)


def _check_finite(*parts: Array) -> None:
    for part in parts:
        if not np.isfinite(part).all():
            raise AnalysisError(
                "A term of the formulas is infinite or not a number in "
                f"{int((~np.isfinite(part.reshape(len(part), -1))).any(axis=1).sum())} rows. "
                "Expected finite numbers; look for a logarithm or a division in the formula."
            )


def _orthonormal(columns: Array, names: tuple[str, ...], where: str) -> tuple[Array, Array]:
    """Give Q and R of the columns; refuse columns that are combinations of those before them."""
    length = np.sqrt((columns**2).sum(axis=0))
    if columns.shape[1] == 0 or columns.shape[1] >= columns.shape[0]:
        raise NotIdentifiableError(
            f"The {where} makes {columns.shape[1]} columns for {columns.shape[0]} rows. Expected "
            "at least one column and more rows than columns: use fewer terms."
        )
    q, r = np.linalg.qr(columns / np.where(length > 0, length, 1.0))
    own = np.abs(np.diag(r))
    guilty = [name for name, part in zip(names, own, strict=True) if part < _DEPENDENT]
    if guilty:
        raise NotIdentifiableError(
            f"In the {where} the columns {', '.join(guilty)} are combinations of the columns "
            "before them, so their effects cannot be told apart. Leave them out; a column that "
            "never varies is a combination of the intercept."
        )
    sign = np.where(np.diag(r) < 0, -1.0, 1.0)
    return q * sign, (sign[:, None] * r) * length


def _check_rows_per_group(n_rows: int, n_groups: int, n_fixed: int, group: str) -> None:
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


def _centre(y: Array, x_star: Array) -> tuple[Array, Array, float]:
    """Give least-squares coefficients, what they leave of y, and its spread as the new unit."""
    start = x_star.T @ y
    left = y - x_star @ start
    # A second pass removes what rounding left of the first.
    again = x_star.T @ left
    start, left = start + again, left - x_star @ again
    spread = float(np.sqrt(np.mean(left**2)))
    if spread <= 1e-10 * max(float(np.abs(y).max()), 1e-300):
        what = "never varies" if np.ptp(y) == 0 else "is given exactly by the fixed effects"
        raise NotIdentifiableError(
            f"The outcome {what}, so there is no variation to divide between and within groups. "
            "Check the outcome column; a constant outcome needs no model."
        )
    return start, left / spread, spread


def _check_saturation(ztz: Array, n_rows: int, random: str) -> None:
    ranks = np.linalg.matrix_rank(ztz, tol=1e-8 * float(np.abs(ztz).max()), hermitian=True)
    if int(ranks.sum()) >= n_rows:
        raise NotIdentifiableError(
            f"With random={random!r} each group has as many effects as rows, {n_rows} in all, so "
            "nothing is left to measure noise by. Use the simpler random='1', or more scores."
        )
