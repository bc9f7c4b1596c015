"""Find and number rows by their keys, on whole numbers instead of texts."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Places = NDArray[np.integer[Any]]

_LARGEST = 2**62
_NOTHING = np.iinfo("int64").min
_BITS = 16
"""Room for a day, and for the number of an appointment: both are 16-bit columns."""


def places_in(names: pd.Series, ids: pd.Index) -> Places:
    """Find each name's place in a list of ids.

    Parameters
    ----------
    names : Series of str or category
        Names, in any order; of categories each is looked up once, however many rows there are.
    ids : pandas.Index
        Distinct ids.

    Returns
    -------
    array of int
        One place per name, -1 where the list does not hold it, and where there is no name.

    Examples
    --------
    >>> places_in(pd.Series(["b", "x", "b"]), pd.Index(["a", "b"])).tolist()
    [1, -1, 1]
    """
    if not isinstance(names.dtype, pd.CategoricalDtype):
        found = np.asarray(ids.get_indexer(names), dtype="int64")
        return np.where(names.isna().to_numpy(), -1, found)
    found = np.append(ids.get_indexer(names.cat.categories), -1)  # the code of a null is -1
    return np.asarray(found[names.cat.codes.to_numpy()], dtype="int64")


def number_groups(frame: pd.DataFrame, key: list[str]) -> tuple[Places, int]:
    """Number the rows by key: rows that agree in it share a number.

    Parameters
    ----------
    frame : DataFrame
        Any rows.
    key : list of str
        Columns of texts, categories or numbers; a null is a value like another.

    Returns
    -------
    groups : array of int
        One number per row, in the order in which the keys first appear.
    n_groups : int
        How many there are.

    Examples
    --------
    >>> groups, n_groups = number_groups(pd.DataFrame({"stage": [3, 1, 3]}), ["stage"])
    >>> groups.tolist(), n_groups
    ([0, 1, 0], 2)
    """
    combined = np.zeros(len(frame), dtype="int64")
    span = 1
    for name in key:
        codes, size = _codes(frame[name])
        if span * size >= _LARGEST:
            combined, found = pd.factorize(combined)
            span = len(found)
        combined *= size
        combined += codes
        span *= size
    if (combined[1:] >= combined[:-1]).all():  # sorted by key, as many exports are
        groups = np.zeros(len(frame), dtype="int32")
        np.cumsum(combined[1:] != combined[:-1], out=groups[1:])
        return groups, int(groups[-1]) + 1 if len(groups) else 0
    groups, found = pd.factorize(combined)
    return groups.astype("int32"), len(found)


def count_in_order(ids: pd.Series, days: pd.Series, numbers: Places) -> Places:
    """Count each id's rows from 1, by day and, on one day, by number.

    Parameters
    ----------
    ids : Series of str or category
        Whose row it is.
    days : Series of int
        Day of each row.
    numbers : array of int
        What orders the rows of one day; rows that agree keep their order.

    Returns
    -------
    array of int
        1, 2, … for each id.

    Examples
    --------
    >>> days = pd.Series([7, 0, 7])
    >>> count_in_order(pd.Series(["a", "a", "a"]), days, np.array([1, 1, 2])).tolist()
    [2, 1, 3]
    """
    groups, _ = number_groups(ids.to_frame("id"), ["id"])
    rank = groups.astype("int64")
    for part in (days.to_numpy("int32", na_value=0), numbers):
        rank <<= _BITS
        rank += part
    order = None if (rank[1:] >= rank[:-1]).all() else np.argsort(rank, kind="stable")
    del rank
    if order is not None:
        groups = groups[order]
    begins = np.flatnonzero(np.append(True, groups[1:] != groups[:-1])[: len(groups)])
    counted = np.arange(1, len(groups) + 1, dtype="int32")
    counted -= np.repeat(begins.astype("int32"), np.diff(np.append(begins, len(groups))))
    if order is None:
        return counted
    placed = np.empty_like(counted)
    placed[order] = counted
    return placed


def _codes(column: pd.Series) -> tuple[Places, int]:
    """Give each distinct value a small number, a null 0, and say how many numbers there are."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        # Codes may be as narrow as the categories are few: one more must fit.
        return codes.astype("int32") + 1, len(column.cat.categories) + 1
    if pd.api.types.is_integer_dtype(column.dtype) and len(column):
        numbers = column.to_numpy("int64", na_value=_NOTHING).copy()
        is_null = numbers == _NOTHING
        low = int(np.min(numbers, where=~is_null, initial=np.iinfo("int64").max))
        if is_null.all():
            return np.zeros(len(column), dtype="int64"), 1
        numbers -= low - 1
        numbers[is_null] = 0
        return numbers, int(numbers.max()) + 1
    codes, found = pd.factorize(column)
    return codes.astype("int64") + 1, len(found) + 1
