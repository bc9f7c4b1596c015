"""The columns that formulas make, for the rows of a fit and for further ones, with named errors."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError

from hinge_outcomes.analysis.formulas import column_names, plain_columns
from hinge_outcomes.exceptions import AnalysisError

Array = npt.NDArray[np.float64]


def parse_formula(formula: str) -> Any:
    """Read a formula.

    Parameters
    ----------
    formula : str
        Such as ``score ~ day``.

    Returns
    -------
    formulaic.Formula
        Its terms.

    Raises
    ------
    AnalysisError
        If it cannot be read.
    """
    try:
        return Formula(formula)
    except FormulaicError:
        raise AnalysisError(
            f"The formula {formula!r} cannot be read. Expected terms joined by +, : or *, such as "
            "'score ~ day + age'; random effects have their own argument, random='1 + day'."
        ) from None


def parse_with_outcome(formula: str) -> Any:
    """Read a formula that names an outcome.

    Parameters
    ----------
    formula : str
        Such as ``score ~ day``.

    Returns
    -------
    formulaic.Formula
        Its two sides.

    Raises
    ------
    AnalysisError
        If it cannot be read or names no outcome.
    """
    parsed = parse_formula(formula)
    if not hasattr(parsed, "lhs"):
        raise AnalysisError(
            f"The formula {formula!r} names no outcome. Expected one like 'score ~ day'."
        )
    return parsed


def check_columns(frame: pd.DataFrame, names: list[str]) -> None:
    """Refuse columns that are not there.

    Parameters
    ----------
    frame : pandas.DataFrame
        What was given.
    names : list of str
        What is needed.

    Raises
    ------
    AnalysisError
        If one is missing; the message lists those there are.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise AnalysisError(
            f"The frame has no column named {', '.join(dict.fromkeys(missing))}. It has: "
            f"{', '.join(str(name) for name in frame.columns)}. Name one of these in the formula "
            "and in the arguments that name columns; random= is '1 + day' if not given."
        )


def model_matrix(formula: Any, rows: pd.DataFrame, text: str) -> Any:
    """Make the columns of a formula.

    Parameters
    ----------
    formula : formulaic.Formula
        What to make.
    rows : pandas.DataFrame
        Complete rows.
    text : str
        The formula, for messages.

    Returns
    -------
    formulaic.ModelMatrix
        The columns.

    Raises
    ------
    AnalysisError
        If a term cannot be computed; values are never quoted.
    """
    try:
        return formula.get_model_matrix(rows, context={}, na_action="raise")
    except (FormulaicError, ValueError, TypeError, ArithmeticError):
        # The library's own message may quote values, so it is not passed on.
        raise AnalysisError(
            f"The terms of {text!r} cannot be computed from these columns. Expected numeric "
            "columns inside functions, and no logarithm of zero or less; text columns become "
            "groups by themselves."
        ) from None


def check_finite(*parts: Array) -> None:
    """Refuse columns with infinite numbers or none.

    Parameters
    ----------
    *parts : ndarray
        Columns, rows first.

    Raises
    ------
    AnalysisError
        If there is one; the message counts rows.
    """
    for part in parts:
        if not np.isfinite(part).all():
            raise AnalysisError(
                "A term of the formulas is infinite or not a number in "
                f"{int((~np.isfinite(part.reshape(len(part), -1))).any(axis=1).sum())} rows. "
                "Expected finite numbers; look for a logarithm or a division in the formula."
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
    names = list(column_names(spec))
    check_columns(frame, names)
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
