"""Between a table's frame and the whole numbers by which a registry stores its texts."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.registry_queries import Connection, fetch_table, run
from hinge_outcomes.cohort.registry_schema import is_text, stored_columns

_TEXT = pa.large_string()


class Words:
    """The texts of a registry, each known by its place.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.
    """

    def __init__(self, connection: Connection) -> None:
        found = fetch_table(connection, "SELECT text FROM words ORDER BY word")
        self._texts = pa.concat_arrays([pa.array([], _TEXT), *found["text"].cast(_TEXT).chunks])
        self._n_stored = len(self._texts)

    @property
    def texts(self) -> pa.Array:
        """Give the texts in the order of their numbers."""
        return self._texts

    def numbers_of(self, texts: pa.Array) -> pa.Array:
        """Find the number of each text, giving new ones to those that have none.

        Parameters
        ----------
        texts : pyarrow.Array
            Texts without nulls.

        Returns
        -------
        pyarrow.Array
            One int32 per text.
        """
        wanted = texts.cast(_TEXT)
        numbers = pc.index_in(wanted, value_set=self._texts)
        if numbers.null_count:
            new = pc.unique(wanted.filter(pc.is_null(numbers)))
            self._texts = pa.concat_arrays([self._texts, new])
            numbers = pc.index_in(wanted, value_set=self._texts)
        return numbers

    def store(self, connection: Connection) -> None:
        """Write the new texts into the registry.

        Parameters
        ----------
        connection : duckdb connection
            To the registry, open for writing.
        """
        new = self._texts.slice(self._n_stored)
        if not len(new):
            return
        numbers = pa.array(np.arange(self._n_stored, len(self._texts), dtype="int32"))
        given = pa.table({"word": numbers, "text": new})
        connection.register("given_words", given)
        run(connection, "INSERT INTO words SELECT word, text FROM given_words")
        connection.unregister("given_words")
        self._n_stored = len(self._texts)


def encode_table(
    table: str, frame: pd.DataFrame, extra_columns: Iterable[ExtraColumn], words: Words
) -> pa.Table:
    """Write a table as a registry stores it.

    Parameters
    ----------
    table : str
        One of the five tables.
    frame : DataFrame
        Its rows with the declared columns; ids may be categories, of which only those in use
        are looked at.
    extra_columns : iterable of ExtraColumn
        The clinic's own columns.
    words : Words
        The registry's texts; new ones are added.

    Returns
    -------
    pyarrow.Table
        Numbers of texts, plain numbers, days and JSON text.
    """
    return pa.table(
        {
            name: _encoded(frame[name], dtype, words)
            for name, dtype in stored_columns(table, extra_columns).items()
        }
    )


def _encoded(values: pd.Series, dtype: Any, words: Words) -> pa.Array:
    if is_text(dtype):
        return _numbered(values, words)
    if str(dtype) == "object":
        texts = [None if _is_blank(cell) else json.dumps(list(cell)) for cell in values]
        return pa.array(texts, type=pa.string())
    if str(dtype).startswith("datetime64"):
        return pa.array(values.to_numpy("datetime64[D]"), type=pa.date32())
    if str(dtype) == "float64":
        return pa.array(values.to_numpy("float64"), from_pandas=True)
    return pa.Array.from_pandas(values.astype(dtype))


def _is_blank(cell: Any) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell))


def _numbered(values: pd.Series, words: Words) -> pa.Array:
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    codes = values.cat.codes.to_numpy()
    used = np.flatnonzero(np.bincount(codes + 1, minlength=len(values.cat.categories) + 1)[1:])
    # Words of rows that were set aside may stand among the categories; they never enter.
    texts = pa.array(values.cat.categories[used].astype("object"), type=_TEXT)
    numbers = np.zeros(len(values.cat.categories) + 1, dtype="int32")  # a null's code is -1
    numbers[used] = words.numbers_of(texts).to_numpy()
    is_null = codes < 0
    return pa.array(numbers[codes], mask=is_null if is_null.any() else None)


def decode_table(
    table: str, stored: pa.Table, extra_columns: Iterable[ExtraColumn], texts: pa.Array
) -> pd.DataFrame:
    """Read a table from what a registry stores.

    Parameters
    ----------
    table : str
        One of the five tables.
    stored : pyarrow.Table
        As `encode_table` made it, in any order of rows.
    extra_columns : iterable of ExtraColumn
        The clinic's own columns.
    texts : pyarrow.Array
        The registry's texts in the order of their numbers.

    Returns
    -------
    DataFrame
        The stored columns in their declared dtypes.
    """
    return pd.DataFrame(
        {
            name: _decoded(stored[name], dtype, texts)
            for name, dtype in stored_columns(table, extra_columns).items()
        }
    )


def _decoded(values: pa.ChunkedArray, dtype: Any, texts: pa.Array) -> pd.Series:
    if isinstance(dtype, pd.CategoricalDtype):
        places = _places(texts, dtype)
        numbers = values.fill_null(-1).to_numpy()
        codes = np.append(places, -1)[numbers].astype("int8" if len(places) < 128 else "int32")
        return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype))
    if str(dtype) == "str":
        return pd.Series(pd.array(texts.take(values.combine_chunks()), dtype="str"))
    if str(dtype) == "object":
        cells = [None if cell is None else json.loads(cell) for cell in values.to_pylist()]
        return pd.Series(cells, dtype="object")
    if str(dtype).startswith("datetime64"):
        return pd.Series(values.cast(pa.timestamp("s")).to_numpy()).astype(dtype)
    if str(dtype) == "float64":
        return pd.Series(values.to_numpy()).astype("float64")
    return pd.Series(dtype.__from_arrow__(values))


def _places(texts: pa.Array, dtype: pd.CategoricalDtype) -> np.ndarray:
    """Find the code of every text of the registry; -1 for those that are none."""
    codes = pa.array([str(code) for code in dtype.categories], type=texts.type)
    found: np.ndarray = pc.fill_null(pc.index_in(texts, value_set=codes), -1).to_numpy()
    return found


def text_order(texts: pa.Array) -> np.ndarray:
    """Rank the texts, so that numbers can be sorted as their texts would be.

    Parameters
    ----------
    texts : pyarrow.Array
        The registry's texts in the order of their numbers.

    Returns
    -------
    array of int
        Rank of each text.
    """
    ranks = np.empty(len(texts), dtype="int64")
    ranks[pc.sort_indices(texts).to_numpy()] = np.arange(len(texts))
    return ranks
