"""Find and number rows by their keys, on whole numbers instead of texts."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Places = NDArray[np.int64]

_LARGEST = 2**62


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
        One place per name, -1 where the list does not hold it.

    Examples
    --------
    >>> places_in(pd.Series(["b", "x", "b"]), pd.Index(["a", "b"])).tolist()
    [1, -1, 1]
    """
    if not isinstance(names.dtype, pd.CategoricalDtype):
        return np.asarray(ids.get_indexer(names), dtype="int64")
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
        combined = combined * size + codes
        span *= size
    if (combined[1:] > combined[:-1]).all():  # sorted by key, as many exports are
        return np.arange(len(frame)), len(frame)
    groups, found = pd.factorize(combined)
    return groups.astype("int64"), len(found)


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
    groups, n_groups = number_groups(ids.to_frame("id"), ["id"])
    day = days.to_numpy("int64", na_value=0)
    order = np.arange(len(groups))
    rank = np.stack([groups, day, numbers])
    if not _is_sorted(rank):
        order = np.lexsort(rank[::-1])
    sizes = np.bincount(groups, minlength=n_groups)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    counted = np.empty(len(groups), dtype="int64")
    counted[order] = np.arange(len(groups)) - first + 1
    return counted


def _is_sorted(ranks: Places) -> bool:
    """Tell whether columns of numbers, the first one weighing most, never fall."""
    rises = np.zeros(max(ranks.shape[1] - 1, 0), dtype=bool)
    for rank in ranks:
        step = np.diff(rank)
        if (~rises & (step < 0)).any():
            return False
        rises |= step > 0
    return True


def _codes(column: pd.Series) -> tuple[Places, int]:
    """Give each distinct value a small number, a null 0, and say how many numbers there are."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy("int64") + 1, len(column.cat.categories) + 1
    if pd.api.types.is_integer_dtype(column.dtype) and len(column):
        is_null = column.isna().to_numpy()
        numbers = column.to_numpy("int64", na_value=0)
        low = int(numbers.min())
        codes = np.where(is_null, 0, numbers - low + 1)
        return codes, int(codes.max()) + 1
    codes, found = pd.factorize(column)
    return codes.astype("int64") + 1, len(found) + 1
