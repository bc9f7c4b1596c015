"""Collect the rows of a large CSV file by compiled functions: fast, and in little memory."""

import secrets
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from hinge_outcomes.ingestion.csv_records import CELL_BYTES, RULES, CutRows
from hinge_outcomes.ingestion.csv_scanner import (
    AT,
    BLANK,
    BROKEN,
    CLOSED,
    FULLEST,
    IS_FULL,
    LINE,
    ROWS,
    WORDS,
    move,
    scan,
)
from hinge_outcomes.ingestion.raw_table import RawColumn

_SLOTS = 64


class Words(NamedTuple):
    """Hold the distinct texts of all columns: where they are looked up and where they are kept.

    Attributes
    ----------
    slots : ndarray of uint64
        Where texts are looked up, a stretch for each column, so that few texts lie close together.
    firsts, sizes, counts : ndarray of int64
        Of each column, where its slots begin, how many there are (a power of two), and how many
        are taken.
    ends : ndarray of int64
        Of each text, where it ends in the store.
    columns : ndarray of int32
        Of each text, its column.
    store : ndarray of uint8
        The texts, one behind another.
    seed : uint64
        What makes the places of texts unpredictable.
    """

    slots: Any
    firsts: Any
    sizes: Any
    counts: Any
    ends: Any
    columns: Any
    store: Any
    seed: Any


class Rows(NamedTuple):
    """Hold what is written down of rows.

    Attributes
    ----------
    codes : ndarray of int32
        By column and row, which of the column's texts it is.
    lines : ndarray of int64
        Of each row, the line on which it begins.
    broken : ndarray of int64
        Of each broken row of a block: row, rule, and where its text begins and ends.
    """

    codes: Any
    lines: Any
    broken: Any


class CompiledCutter:
    """Collect the rows of a CSV file from its blocks, by compiled functions.

    Parameters
    ----------
    delimiter : str
        What stands between cells.
    n_columns : int
        Cells that a row must have.
    line : int
        Line on which the first row begins.
    n_bytes : int
        About how many bytes all blocks have, so that room for the rows is set aside once.
    cell_bytes : int, default CELL_BYTES
        Length beyond which a cell is no cell.
    """

    def __init__(
        self,
        delimiter: str,
        n_columns: int,
        line: int,
        n_bytes: int,
        *,
        cell_bytes: int = CELL_BYTES,
    ) -> None:
        self._delimiter = ord(delimiter)
        self._cell_bytes = cell_bytes
        self._n_bytes = n_bytes
        self._n_taken = 0
        self._state = np.zeros(IS_FULL + 1, dtype="int64")
        self._state[LINE] = line
        self._words = Words(
            slots=np.zeros((n_columns * _SLOTS, 3), dtype="uint64"),
            firsts=np.arange(n_columns) * _SLOTS,
            sizes=np.full(n_columns, _SLOTS),
            counts=np.zeros(n_columns, dtype="int64"),
            ends=np.empty(0, dtype="int64"),
            columns=np.empty(0, dtype="int32"),
            store=np.empty(0, dtype="uint8"),
            seed=np.uint64(secrets.randbits(64)),
        )
        self._rows = Rows(
            codes=np.empty((n_columns, 0), dtype="int32"),
            lines=np.empty(0, dtype="int64"),
            broken=np.empty((0, 4), dtype="int64"),
        )
        self._broken: dict[int, str] = {}
        self._raw_text: dict[int, str] = {}

    def take(self, data: bytes, *, is_last: bool) -> int:
        """Take the rows that are whole.

        Parameters
        ----------
        data : bytes
            UTF-8 text that begins where a record does.
        is_last : bool
            Whether the file ends with it.

        Returns
        -------
        int
            Bytes taken; the rest must begin the next block.
        """
        wide = np.zeros(len(data) // 8 + 3, dtype="uint64")
        text = wide.view("uint8")
        text[: len(data)] = np.frombuffer(data, dtype="uint8")
        spare = np.empty_like(text)
        state = self._state
        state[[AT, BROKEN, CLOSED]] = 0
        self._make_room(len(data))
        while True:
            scan(
                text, wide, len(data), is_last, self._delimiter, self._cell_bytes, self._words,
                self._rows, spare, state,
            )  # fmt: skip
            if not state[IS_FULL]:
                break
            state[IS_FULL] = 0
            share = (self._n_taken + int(state[AT])) / max(self._n_bytes, 1)
            self._words = _with_more_slots(self._words, min(max(share, 1e-6), 1.0))
        for row, rule, start, end in self._rows.broken[: state[BROKEN]].tolist():
            self._broken[row] = RULES[rule]
            self._raw_text[row] = data[start:end].decode("utf-8")
        self._n_taken += int(state[AT])
        return int(state[AT])

    def finish(self) -> CutRows:
        """Give what was taken.

        Returns
        -------
        CutRows
            All rows.
        """
        words, state = self._words, self._state
        n_words, n_rows = int(state[WORDS]), int(state[ROWS])
        self._words = words = words._replace(slots=None)
        offsets = np.concatenate([[0], words.ends[:n_words]])
        store = pa.LargeStringArray.from_buffers(
            n_words, pa.py_buffer(offsets), pa.py_buffer(words.store)
        )
        columns = []
        for column, codes in enumerate(self._rows.codes):
            mine = np.flatnonzero(words.columns[:n_words] == column)
            texts = store.take(pa.array(mine)).to_numpy(zero_copy_only=False)
            columns.append(RawColumn(texts, codes[:n_rows]))
        return CutRows(
            columns,
            self._rows.lines[:n_rows],
            self._broken,
            self._raw_text,
            int(state[BLANK]),
        )

    def _make_room(self, size: int) -> None:
        """Make sure that whatever a block holds can be written down."""
        state, words, rows = self._state, self._words, self._rows
        n_words = int(state[WORDS])
        used = int(words.ends[n_words - 1]) if n_words else 0
        if len(words.store) < used + size:
            words = words._replace(store=_longer(words.store, used, 2 * used + 2 * size))
        # Each column may end a cell with every letter of the block.
        if len(words.ends) < n_words + size + len(rows.codes):
            room = 2 * (n_words + size + len(rows.codes))
            words = words._replace(
                ends=_longer(words.ends, n_words, room),
                columns=_longer(words.columns, n_words, room),
            )
        self._words = words
        most = size // 2 + 1  # a row that is not blank has a letter and a line end
        if len(rows.broken) < most:
            self._rows = rows = rows._replace(broken=np.empty((most, 4), dtype="int64"))
        n_rows = int(state[ROWS])
        if len(rows.lines) < n_rows + most:
            # Memory that is set aside and never written to takes up none.
            room = most + max(self._n_bytes // (2 * len(rows.codes)), 2 * n_rows)
            codes = np.empty((len(rows.codes), room), dtype="int32")
            codes[:, :n_rows] = rows.codes[:, :n_rows]
            lines = np.empty(room, dtype="int64")
            lines[:n_rows] = rows.lines[:n_rows]
            self._rows = rows._replace(codes=codes, lines=lines)


def _with_more_slots(words: Words, share: float) -> Words:
    """Give more slots to the columns that have used most of theirs, by how far the file is read."""
    is_full = words.counts > FULLEST * words.sizes
    awaited = np.exp2(np.ceil(np.log2((words.counts + 1) / (FULLEST * share)))).astype("int64")
    sizes = np.where(is_full, np.clip(awaited, 2 * words.sizes, 8 * words.sizes), words.sizes)
    firsts = np.cumsum(sizes) - sizes
    slots = np.zeros((sizes.sum(), 3), dtype="uint64")
    for column, first in enumerate(firsts):
        old = words.slots[words.firsts[column] :][: words.sizes[column]]
        new = slots[first:][: sizes[column]]
        if is_full[column]:
            move(old, new, words.seed)
        else:
            new[:] = old
    return words._replace(slots=slots, firsts=firsts, sizes=sizes)


def _longer(values: np.ndarray, n_used: int, size: int) -> np.ndarray:
    """Give an array more room. Memory that is never written to takes up none."""
    longer = np.empty(size, dtype=values.dtype)
    longer[:n_used] = values[:n_used]
    return longer
