"""From a frame and a formula to an outcome and orthonormal columns, and back to its units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.formulas import column_names, plain_columns
from hinge_outcomes.analysis.pain.model_columns import (
    Array,
    check_columns,
    check_finite,
    model_matrix,
    parse_formula,
)
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

_DEPENDENT = 1e-9
"""A column whose own part is a smaller share of it is a combination of the others."""


@dataclass(frozen=True, slots=True, repr=False)
class FixedColumns:
    """Hold how the fixed columns of a model were made, in coordinates in which numbers are tame.

    The columns are X = X* R with orthonormal X*, and the outcome is what least squares leave of it
    in units of its spread. So a search meets the same numbers whether time is in days, weeks or
    years.

    Parameters
    ----------
    formula : str
        Outcome and terms as they were given.
    outcome : str
        The formula's left-hand side.
    terms : tuple of str
        Names of the p columns.
    spec : formulaic.ModelSpec
        What makes the same columns for further rows.
    scale : ndarray, shape (p, p)
        R.
    start : ndarray, shape (p,)
        Least-squares coefficients, to which a fit adds.
    spread : float
        Unit of the outcome in the fit.
    rows : pandas.DataFrame
        The rows used, with the columns of the model, in the order of the fit.
    n_dropped : int
        Rows left out for a missing value.
    """

    formula: str
    outcome: str
    terms: tuple[str, ...]
    spec: Any
    scale: Array
    start: Array
    spread: float
    rows: pd.DataFrame
    n_dropped: int

    def outcomes(self) -> Array:
        """Compute the outcome of the rows used; the left-hand side may be a function of columns.

        Returns
        -------
        ndarray, shape (n,)
            In the units of the data.
        """
        side = parse_formula(f"0 + {self.outcome}")
        return np.asarray(model_matrix(side, self.rows, self.outcome), dtype=np.float64)[:, 0]

    def contrasts(self, columns: Array) -> Array:
        """Bring combinations of coefficients into the coordinates of the fit.

        Parameters
        ----------
        columns : ndarray, shape (m, p)
            One combination per row, such as the columns of further rows.

        Returns
        -------
        ndarray, shape (m, p)
            The same for the coefficients of X*.
        """
        return np.asarray(np.linalg.solve(self.scale.T, columns.T).T, dtype=np.float64)

    def coefficients(self, inside: Array) -> Array:
        """Bring coefficients of X* into the units of the data.

        Parameters
        ----------
        inside : ndarray, shape (p,)
            What the fit adds to least squares, in its own coordinates.

        Returns
        -------
        ndarray, shape (p,)
            Coefficients of the formula's terms.
        """
        return self.start + self.spread * np.linalg.solve(self.scale, inside)

    def criterion(self, inside: float, *, reml: bool) -> float:
        """Bring -2 log-likelihood into the units of the data.

        Parameters
        ----------
        inside : float
            In the coordinates of the fit.
        reml : bool
            Restricted likelihood (True) or full likelihood (False).

        Returns
        -------
        float
            With the units of outcome and columns put back, as R counts them.
        """
        n_free = len(self.rows) - (len(self.terms) if reml else 0)
        outside = inside + 2 * n_free * float(np.log(self.spread))
        if reml:
            outside += 2 * float(np.log(np.abs(np.diag(self.scale))).sum())
        return outside


def complete_rows(
    frame: pd.DataFrame, formulas: Sequence[Any], keys: Sequence[str]
) -> tuple[pd.DataFrame, int]:
    """Keep the columns of a model and the rows that are complete in them.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per measurement.
    formulas : sequence of formulaic.Formula
        What is read.
    keys : sequence of str
        Columns that say to whom, or when, a row belongs.

    Returns
    -------
    rows : pandas.DataFrame
        Complete rows, sorted by all columns of the formulas and then, first of all, by the keys, so
        that their order in the frame never matters.
    n_dropped : int
        Rows left out.

    Raises
    ------
    AnalysisError
        If a column is not there.
    NotIdentifiableError
        If no row is complete.
    """
    used = sorted({name for one in formulas for name in column_names(one)})
    check_columns(frame, [*used, *keys])
    rows = frame[list(dict.fromkeys([*used, *keys]))]
    is_complete = rows.notna().all(axis=1)
    complete = plain_columns(rows.loc[is_complete])
    if complete.empty:
        raise NotIdentifiableError(
            "No row is complete in the columns " + ", ".join(rows.columns) + ". "
            "The model needs rows with all of them."
        )
    ranked = [*keys, *(name for name in used if name not in keys)]
    columns = [_sortable(complete[name]) for name in ranked]
    if not _is_sorted(columns):
        complete = complete.iloc[np.lexsort(columns[::-1])]
    return complete.reset_index(drop=True), int((~is_complete).sum())


def _is_sorted(columns: Sequence[Array]) -> bool:
    """Tell whether rows stand in the order of the first column, then the second and so on."""
    is_tied = np.ones(len(columns[0]) - 1, dtype=bool)
    for column in columns:
        if (is_tied & (column[1:] < column[:-1])).any():
            return False
        is_tied &= column[1:] == column[:-1]
    return True


def read_fixed(
    rows: pd.DataFrame, parsed: Any, formula: str, n_dropped: int
) -> tuple[FixedColumns, Array, Array]:
    """Make the outcome and the orthonormal columns of complete rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `complete_rows` gives them.
    parsed : formulaic.Formula
        The formula, read.
    formula : str
        The formula, for messages.
    n_dropped : int
        Rows left out before.

    Returns
    -------
    fixed : FixedColumns
        How they were made.
    columns : ndarray, shape (n, p)
        X*.
    left : ndarray, shape (n,)
        What least squares leave of the outcome, in units of its spread.

    Raises
    ------
    AnalysisError
        If the formula names no outcome or a term cannot be computed.
    NotIdentifiableError
        If columns are collinear or the outcome is constant.
    """
    both = model_matrix(parsed, rows, formula)
    if both.lhs.shape[1] != 1:
        raise AnalysisError(
            f"The outcome of {formula!r} makes {both.lhs.shape[1]} columns. Expected one numeric "
            "column."
        )
    y = np.asarray(both.lhs, dtype=np.float64)[:, 0]
    x = np.asarray(both.rhs, dtype=np.float64)
    check_finite(y, x)
    terms = tuple(str(name) for name in both.rhs.columns)
    x_star, scale = orthonormal(x, terms, f"formula {formula!r}")
    start, left, spread = _centre(y, x_star)
    fixed = FixedColumns(
        formula=formula,
        outcome=str(both.lhs.columns[0]),
        terms=terms,
        spec=both.rhs.model_spec,
        scale=scale,
        start=np.asarray(np.linalg.solve(scale, start), dtype=np.float64),
        spread=spread,
        rows=rows,
        n_dropped=n_dropped,
    )
    return fixed, x_star, left


def orthonormal(columns: Array, names: tuple[str, ...], where: str) -> tuple[Array, Array]:
    """Give Q and R of the columns; refuse columns that are combinations of those before them.

    Parameters
    ----------
    columns : ndarray, shape (n, p)
        The columns.
    names : tuple of str
        Their names.
    where : str
        Whose columns, for messages.

    Returns
    -------
    q : ndarray, shape (n, p)
        Orthonormal columns.
    r : ndarray, shape (p, p)
        ``columns`` is ``q @ r``.

    Raises
    ------
    NotIdentifiableError
        If there are too many columns, or one is a combination of others.
    """
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


def _sortable(column: pd.Series) -> Array:
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column, dtype=np.float64)
    return np.asarray(pd.factorize(column, sort=True)[0], dtype=np.float64)


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
