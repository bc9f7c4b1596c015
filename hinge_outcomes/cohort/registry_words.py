"""Between a table's frame and the whole numbers by which a registry stores its texts."""

import json
from collections.abc import Iterable, Mapping, Sequence
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
        self._texts = _joined([found["text"]])
        self._n_stored = len(self._texts)
        self._ranks: np.ndarray | None = None

    @property
    def texts(self) -> pa.Array:
        """Give the texts in the order of their numbers."""
        return self._texts

    @property
    def ranks(self) -> np.ndarray:
        """Give the place of each text in the order of texts."""
        if self._ranks is None:
            self._ranks = np.empty(len(self._texts), dtype="int64")
            self._ranks[pc.sort_indices(self._texts).to_numpy()] = np.arange(len(self._texts))
        return self._ranks

    def numbers_of(self, lists: Sequence[pa.Array]) -> list[np.ndarray]:
        """Find the numbers of several lists of texts, giving new ones to texts that have none.

        Parameters
        ----------
        lists : sequence of pyarrow.Array
            Texts without nulls.

        Returns
        -------
        list of array of int
            One number per text of each list.
        """
        # Known texts come first and each once, so they keep their places.
        encoded = _joined([self._texts, *lists]).dictionary_encode()
        ends = np.cumsum([len(self._texts), *map(len, lists)])
        self._texts = encoded.dictionary
        return np.split(encoded.indices.to_numpy(), ends)[1:-1]

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
        places = pa.array(np.arange(self._n_stored, len(self._texts), dtype="int32"))
        connection.register("given", pa.table({"word": places, "text": new}))
        run(connection, "INSERT INTO words SELECT word, text FROM given")
        connection.unregister("given")
        self._n_stored = len(self._texts)


def encode_tables(
    tables: Mapping[str, pd.DataFrame], extra_columns: Iterable[ExtraColumn], words: Words
) -> dict[str, pa.Table]:
    """Write the five tables as a registry stores them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Their rows with the declared columns; ids may be categories, of which only those in use
        are looked at.
    extra_columns : iterable of ExtraColumn
        The clinic's own columns.
    words : Words
        The registry's texts; new ones are added.

    Returns
    -------
    dict of str to pyarrow.Table
        Numbers of texts, plain numbers, days and JSON text.
    """
    extra = tuple(extra_columns)
    columns = {name: stored_columns(name, extra) for name in tables}
    texts = {
        (name, column): _as_category(tables[name][column])
        for name in tables
        for column, dtype in columns[name].items()
        if is_text(dtype)
    }
    numbers = _numbers_in_use([values.cat for values in texts.values()], words)
    return {
        name: pa.table(
            {
                column: _numbered(texts[name, column].cat, numbers)
                if (name, column) in texts
                else _encoded(tables[name][column], dtype)
                for column, dtype in columns[name].items()
            }
        )
        for name in tables
    }


def _as_category(values: pd.Series) -> pd.Series:
    is_category = isinstance(values.dtype, pd.CategoricalDtype)
    return values if is_category else values.astype("category")


def _numbers_in_use(columns: list[Any], words: Words) -> dict[int, np.ndarray]:
    """Give numbers to the categories that occur; columns that share a list are numbered once.

    Words of rows that were set aside may stand among the categories; they never enter.
    """
    lists: dict[int, tuple[pd.Index, np.ndarray]] = {}
    for column in columns:
        categories = column.categories
        _, is_used = lists.setdefault(
            id(categories), (categories, np.zeros(len(categories) + 1, dtype=bool))
        )
        is_used[column.codes.to_numpy()] = True  # a null's code, -1, marks the last place
    places = [np.flatnonzero(is_used[:-1]) for _, is_used in lists.values()]
    found = words.numbers_of(
        [
            pa.array(categories.array[used], type=_TEXT, from_pandas=True)
            for (categories, _), used in zip(lists.values(), places, strict=True)
        ]
    )
    numbers = {}
    for (key, (categories, _)), used, given in zip(lists.items(), places, found, strict=True):
        numbers[key] = np.full(len(categories) + 1, -1, dtype="int32")
        numbers[key][used] = given
    return numbers


def _numbered(column: Any, numbers: Mapping[int, np.ndarray]) -> pa.Array:
    taken = numbers[id(column.categories)][column.codes.to_numpy()]
    is_null = taken < 0
    return pa.array(taken, mask=is_null if is_null.any() else None)


def _encoded(values: pd.Series, dtype: Any) -> pa.Array:
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


def _joined(arrays: Iterable[pa.Array | pa.ChunkedArray]) -> pa.Array:
    pieces = [pa.array([], type=_TEXT)]
    for array in arrays:
        chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
        pieces += [chunk.cast(_TEXT) for chunk in chunks]
    return pa.concat_arrays(pieces)


def decode_table(
    table: str, stored: pa.Table, extra_columns: Iterable[ExtraColumn], words: Words
) -> pd.DataFrame:
    """Read a table from what a registry stores.

    Parameters
    ----------
    table : str
        One of the five tables.
    stored : pyarrow.Table
        As `encode_tables` made it, in any order of rows.
    extra_columns : iterable of ExtraColumn
        The clinic's own columns.
    words : Words
        The registry's texts.

    Returns
    -------
    DataFrame
        The stored columns in their declared dtypes; texts are categories, in the order of texts.
    """
    return pd.DataFrame(
        {
            name: _decoded(stored[name], dtype, words)
            for name, dtype in stored_columns(table, extra_columns).items()
        }
    )


def _decoded(values: pa.ChunkedArray, dtype: Any, words: Words) -> pd.Series:
    if is_text(dtype):
        return pd.Series(_categories(values.fill_null(-1).to_numpy(), dtype, words))
    if str(dtype) == "object":
        cells = [None if cell is None else json.loads(cell) for cell in values.to_pylist()]
        return pd.Series(cells, dtype="object")
    if str(dtype).startswith("datetime64"):
        return pd.Series(values.cast(pa.timestamp("s")).to_numpy()).astype(dtype)
    if str(dtype) == "float64":
        return pd.Series(values.to_numpy()).astype("float64")
    return pd.Series(dtype.__from_arrow__(values))


def _categories(numbers: np.ndarray, dtype: Any, words: Words) -> pd.Categorical:
    found = np.full(len(words.texts) + 1, -1, dtype="int32")  # a null's number is -1
    if isinstance(dtype, pd.CategoricalDtype):
        codes = pa.array([str(code) for code in dtype.categories], type=_TEXT)
        found[:-1] = pc.fill_null(pc.index_in(words.texts, value_set=codes), -1).to_numpy()
    else:
        is_used = np.zeros(len(found), dtype=bool)
        is_used[numbers] = True
        used = np.flatnonzero(is_used[:-1])
        used = used[np.argsort(words.ranks[used])]
        found[used] = np.arange(len(used))
        dtype = pd.CategoricalDtype(pd.Index(words.texts.take(pa.array(used)), dtype="str"))
    return pd.Categorical.from_codes(found[numbers], dtype=dtype)
