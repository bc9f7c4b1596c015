"""Find the rows that say what an earlier row of the same source says, or stand under its key."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.keys import number_groups
from hinge_outcomes.ingestion.cells import holds
from hinge_outcomes.ingestion.raw_table import RawColumn, RawTable

_ODD = np.uint64(0x9E3779B97F4A7C15)
"""Any odd number: it makes the place of a cell count in the number of its row."""


def repeated_rows(tables: Sequence[RawTable], usable: np.ndarray) -> np.ndarray:
    """Find the rows that say word for word what an earlier row says.

    Blanks around a text do not count, nor does the order of the columns, which may differ from
    file to file.

    Parameters
    ----------
    tables : sequence of RawTable
        The files of a source.
    usable : ndarray of bool
        Which rows, of all files one after another, are looked at.

    Returns
    -------
    ndarray of int
        Their positions among the rows of all files.

    Examples
    --------
    >>> rows = [["K1", "5"], ["K1", "6"], ["K1 ", "5"]]
    >>> table = RawTable.of_rows("export.csv", ["case", "pain"], rows, [2, 3, 4])
    >>> repeated_rows([table], np.ones(3, dtype=bool)).tolist()
    [2]
    """
    marks = np.zeros(len(usable), dtype="uint64")
    names = list(dict.fromkeys(name for table in tables for name in table.header))
    for name in names:
        marks *= _ODD
        np.add(marks, _numbers(tables, name), out=marks, casting="unsafe")
    ordered = np.sort(marks if usable.all() else marks[usable])
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return np.zeros(0, dtype="int64")
    rows = np.flatnonzero(pd.Series(marks).isin(twice).to_numpy() & usable)
    marks = marks[rows]
    is_later = pd.Series(marks).duplicated().to_numpy()
    # Equal rows have equal marks; whether rows of equal marks are equal is looked up.
    first = pd.Series(rows).groupby(marks).transform("first").to_numpy()[is_later]
    later = rows[is_later]
    pairs = zip(later.tolist(), first.tolist(), strict=True)
    agrees = [_cells(tables, names, row) == _cells(tables, names, told) for row, told in pairs]
    return np.asarray(later[np.array(agrees, dtype=bool)])


def _cells(tables: Sequence[RawTable], names: Sequence[str], row: int) -> list[str | None]:
    """Write a row out, None where its file lacks a column."""
    for table in tables:
        if row < table.n_rows:
            columns = [table.columns.get(name) for name in names]
            return [
                None if column is None else str(column.words[column.codes[row]]).strip()
                for column in columns
            ]
        row -= table.n_rows
    raise IndexError(row)


def _numbers(tables: Sequence[RawTable], name: str) -> np.ndarray:
    """Give each text of a column a number from 1; where a file lacks the column, 0."""
    columns = [table.columns.get(name) for table in tables]
    sizes = [table.n_rows for table in tables]
    return _number_texts(columns, sizes)


def _number_texts(columns: Sequence[RawColumn | None], sizes: Sequence[int]) -> np.ndarray:
    if len(columns) == 1 and columns[0] is not None:
        return np.asarray(columns[0].stripped().codes.astype("uint32") + np.uint32(1))
    there = [column for column in columns if column is not None]
    words = np.array([word.strip() for column in there for word in column.words], dtype="object")
    places = (pd.factorize(words)[0] + 1).astype("uint32")
    numbers, taken = [], 0
    for column, size in zip(columns, sizes, strict=True):
        if column is None:
            numbers.append(np.zeros(size, dtype="uint32"))
            continue
        numbers.append(places[taken : taken + len(column.words)][column.codes])
        taken += len(column.words)
    every: np.ndarray = np.concatenate([np.zeros(0, dtype="uint32"), *numbers])
    return every


def repeated_keys(
    parts: Sequence[Mapping[str, RawColumn]],
    keys: Sequence[str],
    usable: np.ndarray,
    missing: Iterable[str] = (),
) -> np.ndarray:
    """Find the rows that agree with an earlier one in the keys of their source.

    Rows that have none of the keys cannot be compared.

    Parameters
    ----------
    parts : sequence of mapping of str to RawColumn
        The columns of each file of the source, without blanks around the texts.
    keys : sequence of str
        Columns that tell the rows apart.
    usable : ndarray of bool
        Which rows, of all files one after another, are looked at.
    missing : iterable of str, default ()
        Texts that stand for a missing value, besides an empty cell.

    Returns
    -------
    ndarray of int
        Their positions among the rows of all files.

    Examples
    --------
    >>> cases = RawColumn.of(["K1", "", "K1", ""])
    >>> repeated_keys([{"case": cases}], ["case"], np.ones(4, dtype=bool)).tolist()
    [2]
    """
    blank = {"", *missing}
    numbers, is_told = {}, np.zeros(len(usable), dtype=bool)
    for name in keys:
        columns = [part[name] for part in parts]
        numbers[name] = _number_texts(columns, [len(column.codes) for column in columns])
        is_told |= ~np.concatenate([holds(column, blank) for column in columns])
    rows = np.flatnonzero(usable & is_told)
    frame = pd.DataFrame({name: codes[rows] for name, codes in numbers.items()})
    groups, _ = number_groups(frame, list(keys))
    repeated: np.ndarray = rows[pd.Series(groups).duplicated().to_numpy()]
    return repeated
