"""Refuse rows of a frame, naming them by number and never by what they hold."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.exceptions import DataError

_ROWS_NAMED = 5


def refuse_rows(is_wrong: npt.NDArray[np.bool_], what: str, remedy: str) -> None:
    """Raise if any row is wrong.

    Parameters
    ----------
    is_wrong : ndarray of shape (N,)
        True where a row is wrong, in the order of the frame.
    what : str
        What is wrong, as the beginning of a sentence.
    remedy : str
        What to do.

    Raises
    ------
    DataError
        If a row is wrong; it names the first few by number.

    Examples
    --------
    >>> refuse_rows(np.array([False, False]), "time is missing", "Fill it.")
    """
    rows = np.flatnonzero(is_wrong)
    if len(rows):
        shown = ", ".join(map(str, rows[:_ROWS_NAMED]))
        more = f" and {len(rows) - _ROWS_NAMED} more" if len(rows) > _ROWS_NAMED else ""
        raise DataError(
            f"{what} in {len(rows)} of {len(is_wrong)} rows (counted from 0: {shown}{more}). "
            f"{remedy}"
        )


def check_columns(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    """Refuse a frame that has no rows or lacks a column.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    needed : sequence of str
        Columns that are read.

    Raises
    ------
    DataError
        If a column is missing or there are no rows.

    Examples
    --------
    >>> check_columns(pd.DataFrame({"time": [0.5]}), ["time"])
    """
    missing = [column for column in dict.fromkeys(needed) if column not in frame.columns]
    if missing:
        raise DataError(
            f"The frame has no column {', '.join(map(repr, missing))}. It has: "
            f"{', '.join(map(str, frame.columns))}. Name the columns in the call."
        )
    if frame.empty:
        raise DataError("The frame has no rows. Give one row per observation.")


def numbers_of(column: pd.Series, name: str, remedy: str) -> npt.NDArray[np.float64]:
    """Read a column as numbers.

    Parameters
    ----------
    column : Series
        The column.
    name : str
        Its name.
    remedy : str
        What to do where it is missing.

    Returns
    -------
    ndarray of shape (N,)
        The numbers, none missing or infinite.

    Raises
    ------
    DataError
        If it holds anything else.

    Examples
    --------
    >>> numbers_of(pd.Series([1, 2]), "time", "Fill it.").tolist()
    [1.0, 2.0]
    """
    try:
        values = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        # The cause would quote a value of the column, so it is cut off here.
        raise DataError(
            f"{name} is not a number in every row (its type is {column.dtype}). Give numbers, "
            "such as days since the start."
        ) from None
    refuse_rows(~np.isfinite(values), f"{name} is missing or infinite", remedy)
    return np.asarray(values, dtype=np.float64)
