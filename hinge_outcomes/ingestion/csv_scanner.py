"""Cut large CSV files at the speed of machine code, by the very rules of ``csv_records``.

Cells are looked up in one table of the distinct texts of all columns, so that a row is written down
as numbers at once, and memory grows with what is distinct. Texts of up to 15 bytes stand in the
table themselves; of longer ones their hash does, and their bytes are compared.
"""

import secrets
from typing import Any, NamedTuple

import numba
import numpy as np
import pyarrow as pa

from hinge_outcomes.ingestion.csv_records import CELL_BYTES, RULES, CutRows
from hinge_outcomes.ingestion.raw_table import RawColumn

_QUOTE, _LF, _CR = 34, 10, 13
_FIELD_COUNT, _STRAY_QUOTE, _CELL_TOO_LONG = 1, 2, 3
_FOUND, _GIVEN_UP, _MAY_GO_ON = range(3)
_SHORT = 15
_SLOTS = 64
_FULLEST = 0.6

# Places in the state that passes in and out of the compiled functions.
_AT, _LINE, _ROWS, _BLANK, _BROKEN, _CLOSED, _WORDS, _IS_FULL = range(8)

_A, _B, _CODE = range(3)  # of a slot: a text, or its hash; its code + 1 and blankness

_M1 = np.uint64(0xFF51AFD7ED558CCD)
_M2 = np.uint64(0xC4CEB9FE1A85EC53)
_M3 = np.uint64(0x9E3779B97F4A7C15)
_LONG = np.uint64(0xFF)
_U1, _U8, _U33, _U56 = np.uint64(1), np.uint64(8), np.uint64(33), np.uint64(56)
_LOW = np.uint64(0x00FFFFFFFFFFFFFF)
_ONES = np.uint64(0x0101010101010101)
_TOPS = np.uint64(0x8080808080808080)


class _Words(NamedTuple):
    """The distinct texts: where they are looked up, and where they are kept."""

    slots: Any  # of each column a stretch of its own: a few words stay close together
    firsts: Any  # of each column, where its slots begin
    sizes: Any  # and how many there are, a power of two
    counts: Any  # and how many are used
    ends: Any  # of each word, where its text ends
    columns: Any
    store: Any
    seed: Any


class _Rows(NamedTuple):
    """What is written down of rows; of a broken one also its rule and where its text is."""

    codes: Any
    lines: Any
    broken: Any


def _compiled(function: Any) -> Any:
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder that may be written to: compile in every process
        return numba.njit(nogil=True)(function)


@_compiled
def _is_blank(text, start, end):  # type: ignore[no-untyped-def]
    """Tell whether str.strip would leave nothing."""
    i = start
    while i < end:
        c = text[i]
        if c == 32 or 9 <= c <= 13 or 28 <= c <= 31:
            i += 1
        elif c == 0xC2 and (text[i + 1] == 0x85 or text[i + 1] == 0xA0):
            i += 2
        elif c < 0xE1 or c > 0xE3:
            return False
        else:
            point = (np.int64(c) & 15) << 12 | (np.int64(text[i + 1]) & 63) << 6
            point |= np.int64(text[i + 2]) & 63
            is_space = (
                point == 0x1680
                or 0x2000 <= point <= 0x200A
                or point == 0x2028
                or point == 0x2029
                or point == 0x202F
                or point == 0x205F
                or point == 0x3000
            )
            if not is_space:
                return False
            i += 3
    return True


@_compiled
def _eight(wide, i):  # type: ignore[no-untyped-def]
    """Give the eight bytes at any place of a text that is stored eight by eight."""
    shift = np.uint64(i & 7) << np.uint64(3)
    low = wide[i >> 3] >> shift
    return low | (wide[(i >> 3) + 1] << _U1) << (np.uint64(63) - shift)


@_compiled
def _find_end(wide, i, size, delimiter):  # type: ignore[no-untyped-def]
    """Find where a cell without quotation marks ends, looking at eight bytes at a time."""
    delimiters = np.uint64(delimiter) * _ONES
    while i < size:
        eight = _eight(wide, i)
        a = eight ^ delimiters
        b = eight ^ _ONES * np.uint64(_LF)
        c = eight ^ _ONES * np.uint64(_CR)
        hits = ((a - _ONES) & ~a | (b - _ONES) & ~b | (c - _ONES) & ~c) & _TOPS
        if hits:
            lowest = hits & (~hits + _U1)
            i += np.int64(((lowest - _U1) & _ONES) * _ONES >> _U56) - 1
            return min(i, size)
        i += 8
    return size


@_compiled
def _key(wide, start, length):  # type: ignore[no-untyped-def]
    """Give a text of up to 15 bytes, and its length, as two numbers."""
    a = _eight(wide, start)
    b = np.uint64(0)
    if length > 8:
        b = _eight(wide, start + 8) & (_U1 << np.uint64(8 * length - 64)) - _U1
    elif length < 8:
        a &= (_U1 << np.uint64(8 * length)) - _U1
    return a, b | np.uint64(length) << _U56


@_compiled
def _first_place(a, b, seed, n_slots):  # type: ignore[no-untyped-def]
    """Give the slot, of those of a column, at which the search for a text begins."""
    h = a * _M1 ^ seed
    h = (h ^ (h >> _U33)) * _M2 + b
    h = (h ^ (h >> _U33)) * _M1
    return np.int64((h ^ (h >> _U33)) & np.uint64(n_slots - 1))


@_compiled
def _find_short(slots, a, b, first, n_slots, seed):  # type: ignore[no-untyped-def]
    """Find the slot of a text of up to 15 bytes, or the free one that it may take."""
    place = _first_place(a, b, seed, n_slots)
    while slots[first + place, _CODE] and (
        slots[first + place, _A] != a or slots[first + place, _B] != b
    ):
        place = (place + 1) & (n_slots - 1)
    return first + place


@_compiled
def _take_in(text, wide, start, end, column, words, state):  # type: ignore[no-untyped-def]
    """Give code and blankness of any text, which is kept where it is new."""
    slots, first, n_slots = words.slots, words.firsts[column], words.sizes[column]
    if end - start <= _SHORT:
        a, b = _key(wide, start, end - start)
        place = _find_short(slots, a, b, first, n_slots, words.seed)
        if not slots[place, _CODE]:
            _keep(text, start, end, column, a, b, place, words, state)
        return slots[place, _CODE]
    a = words.seed
    for i in range(start, end):
        a = (a ^ np.uint64(text[i])) * _M1
        a ^= a >> _U33
    b = _LONG << _U56
    place = _first_place(a, b, words.seed, n_slots)
    while slots[first + place, _CODE]:
        known = slots[first + place, _B]
        is_like = slots[first + place, _A] == a and known >> _U56 == _LONG
        if is_like and _is_word(text, start, end - start, np.int64(known & _LOW), words):
            return slots[first + place, _CODE]
        place = (place + 1) & (n_slots - 1)
    b |= np.uint64(state[_WORDS])
    _keep(text, start, end, column, a, b, first + place, words, state)
    return slots[first + place, _CODE]


@_compiled
def _is_word(text, start, length, word, words):  # type: ignore[no-untyped-def]
    """Tell whether a text is a certain one of those that are kept."""
    first = words.ends[word - 1]
    if words.ends[word] - first != length:
        return False
    for i in range(length):  # noqa: SIM110
        if words.store[first + i] != text[start + i]:
            return False
    return True


@_compiled
def _keep(text, start, end, column, a, b, place, words, state):  # type: ignore[no-untyped-def]
    """Keep a new text in a free slot, and say so when room grows short."""
    word = state[_WORDS]
    first = words.ends[word - 1] if word > 0 else 0
    for i in range(end - start):
        words.store[first + i] = text[start + i]
    words.ends[word] = first + end - start
    words.columns[word] = column
    words.slots[place, _A] = a
    words.slots[place, _B] = b
    is_blank = np.uint64(1 if _is_blank(text, start, end) else 0)
    words.counts[column] += 1
    words.slots[place, _CODE] = np.uint64(words.counts[column]) << _U1 | is_blank
    state[_WORDS] = word + 1
    if words.counts[column] > _FULLEST * words.sizes[column]:
        state[_IS_FULL] = 1


@_compiled
def _move(old, new, seed):  # type: ignore[no-untyped-def]
    """Move the slots of a column into more of them."""
    for i in range(len(old)):
        if old[i, _CODE]:
            b = old[i, _B]
            if b >> _U56 == _LONG:
                b = _LONG << _U56
            place = _first_place(old[i, _A], b, seed, len(new))
            while new[place, _CODE]:
                place = (place + 1) & (len(new) - 1)
            new[place] = old[i]


@_compiled
def _find_closing(data, first, size, is_last, limit):  # type: ignore[no-untyped-def]
    """Find the mark that closes a quoted cell, and the start of the line it is on.

    Gives how the search ended, the place, whether marks are doubled, lines passed, line start.
    """
    i = first
    has_doubled = False
    n_lines = 0
    line_start = -1
    while i < size:
        c = data[i]
        if c == _QUOTE:
            if i + 1 >= size and not is_last:
                return _MAY_GO_ON, i, has_doubled, n_lines, line_start
            if i + 1 >= size or data[i + 1] != _QUOTE:
                return _FOUND, i, has_doubled, n_lines, line_start
            has_doubled = True
            i += 1
        elif c in (_LF, _CR):
            if c == _CR and i + 1 >= size and not is_last:
                return _MAY_GO_ON, i, has_doubled, n_lines, line_start
            if c == _LF or i + 1 >= size or data[i + 1] != _LF:
                if i - first > limit:
                    return _GIVEN_UP, i, has_doubled, n_lines, line_start
                n_lines += 1
                line_start = i + 1
        i += 1
    return (_GIVEN_UP if is_last else _MAY_GO_ON), i, has_doubled, n_lines, line_start


@_compiled
def _pass_line_end(data, i, size, is_last):  # type: ignore[no-untyped-def]
    """Give the place after a line end, or -1 where the block ends in the middle of it."""
    if i >= size:
        return size if is_last else -1
    if data[i] == _CR:
        if i + 1 >= size:
            return size if is_last else -1
        if data[i + 1] == _LF:
            return i + 2
    return i + 1


@_compiled
def _scan(data, wide, size, is_last, delimiter, cell_bytes, words, rows, spare, state):  # type: ignore[no-untyped-def]
    """Take whole records from a block; stop where one may go on, or the table is full."""
    slots, seed = words.slots, words.seed
    slot_firsts, slot_sizes = words.firsts, words.sizes
    n_columns = len(rows.codes)
    firsts = np.empty(n_columns, dtype=np.int64)
    lasts = np.empty(n_columns, dtype=np.int64)
    is_doubled = np.empty(n_columns, dtype=np.bool_)
    start = state[_AT]
    while start < size and not state[_IS_FULL]:
        limit = -1 if start < state[_CLOSED] else cell_bytes
        n_cells = 0
        n_lines = 1
        rule = 0
        line_start = start  # of the line that is being read
        has_more = False  # text in a cell that has no column
        is_long = False
        i = start
        while True:  # one cell after another
            has_doubled = False
            if i < size and data[i] == _QUOTE:
                first = i + 1
                ended, last, has_doubled, passed, found = _find_closing(
                    data, first, size, is_last, limit
                )
                if ended == _MAY_GO_ON:
                    return
                if found >= 0:
                    line_start = found
                n_lines += passed
                i = last + 1
                if ended == _GIVEN_UP or (
                    i < size and data[i] != delimiter and data[i] != _LF and data[i] != _CR
                ):
                    rule = _STRAY_QUOTE
                    break
            else:
                first = i
                i = last = _find_end(wide, i, size, delimiter)
            is_long |= last - first > cell_bytes
            if n_cells < n_columns:
                firsts[n_cells] = first
                lasts[n_cells] = last
                is_doubled[n_cells] = has_doubled
            elif not has_more:
                has_more = not _is_blank(data, first, last)
            n_cells += 1
            if i >= size or data[i] != delimiter:
                break
            i += 1
        if rule == _STRAY_QUOTE:
            # The first line is broken, and the next record begins below it. Until the line on which
            # it became clear, a cell that is open at the end of its line is never closed.
            i = start
            while i < size and data[i] != _LF and data[i] != _CR:
                i += 1
            n_lines = 1
        end = _pass_line_end(data, i, size, is_last)
        if end < 0:
            return
        if rule == _STRAY_QUOTE:
            state[_CLOSED] = max(state[_CLOSED], line_start)
        elif is_long:
            rule = _CELL_TOO_LONG
        row = state[_ROWS]
        if rule == 0:
            is_blank = not has_more
            if n_cells == n_columns:
                for k in range(n_columns):
                    if is_doubled[k]:
                        size_of_cell = 0
                        j = firsts[k]
                        while j < lasts[k]:
                            spare[size_of_cell] = data[j]
                            size_of_cell += 1
                            j += 2 if data[j] == _QUOTE else 1
                        word = _take_in(
                            spare, spare.view(np.uint64), 0, size_of_cell, k, words, state
                        )
                    elif lasts[k] - firsts[k] > _SHORT:
                        word = _take_in(data, wide, firsts[k], lasts[k], k, words, state)
                    else:  # as _take_in does, without the cost of passing the words
                        a, b = _key(wide, firsts[k], lasts[k] - firsts[k])
                        place = _find_short(slots, a, b, slot_firsts[k], slot_sizes[k], seed)
                        if not slots[place, _CODE]:
                            _keep(data, firsts[k], lasts[k], k, a, b, place, words, state)
                        word = slots[place, _CODE]
                    rows.codes[k, row] = np.int32(word >> _U1) - 1
                    is_blank &= (word & _U1) == _U1
            else:
                for k in range(min(n_cells, n_columns)):
                    is_blank &= _is_blank(data, firsts[k], lasts[k])
                rule = _FIELD_COUNT
            if is_blank:
                state[_BLANK] += 1
                rule = -1
        if rule > 0:
            for k in range(n_columns):
                word = _take_in(data, wide, start, start, k, words, state)
                rows.codes[k, row] = np.int32(word >> _U1) - 1
            n_broken = state[_BROKEN]
            rows.broken[n_broken, 0] = row
            rows.broken[n_broken, 1] = rule
            rows.broken[n_broken, 2] = start
            rows.broken[n_broken, 3] = i
            state[_BROKEN] = n_broken + 1
        if rule >= 0:
            rows.lines[row] = state[_LINE]
            state[_ROWS] = row + 1
        state[_LINE] += n_lines
        start = end
        state[_AT] = start


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
        self._state = np.zeros(_IS_FULL + 1, dtype="int64")
        self._state[_LINE] = line
        self._words = _Words(
            slots=np.zeros((n_columns * _SLOTS, 3), dtype="uint64"),
            firsts=np.arange(n_columns) * _SLOTS,
            sizes=np.full(n_columns, _SLOTS),
            counts=np.zeros(n_columns, dtype="int64"),
            ends=np.empty(0, dtype="int64"),
            columns=np.empty(0, dtype="int32"),
            store=np.empty(0, dtype="uint8"),
            seed=np.uint64(secrets.randbits(64)),
        )
        self._rows = _Rows(
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
        state[[_AT, _BROKEN, _CLOSED]] = 0
        self._make_room(len(data))
        while True:
            _scan(
                text, wide, len(data), is_last, self._delimiter, self._cell_bytes, self._words,
                self._rows, spare, state,
            )  # fmt: skip
            if not state[_IS_FULL]:
                break
            state[_IS_FULL] = 0
            self._words = _with_more_slots(self._words)
        for row, rule, start, end in self._rows.broken[: state[_BROKEN]].tolist():
            self._broken[row] = RULES[rule]
            self._raw_text[row] = data[start:end].decode("utf-8")
        return int(state[_AT])

    def finish(self) -> CutRows:
        """Give what was taken.

        Returns
        -------
        CutRows
            All rows.
        """
        words, state = self._words, self._state
        n_words, n_rows = int(state[_WORDS]), int(state[_ROWS])
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
            int(state[_BLANK]),
        )

    def _make_room(self, size: int) -> None:
        """Make sure that whatever a block holds can be written down."""
        state, words, rows = self._state, self._words, self._rows
        n_words = int(state[_WORDS])
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
        n_rows = int(state[_ROWS])
        if len(rows.lines) < n_rows + most:
            # Memory that is set aside and never written to takes up none.
            room = most + max(self._n_bytes // (2 * len(rows.codes)), 2 * n_rows)
            codes = np.empty((len(rows.codes), room), dtype="int32")
            codes[:, :n_rows] = rows.codes[:, :n_rows]
            lines = np.empty(room, dtype="int64")
            lines[:n_rows] = rows.lines[:n_rows]
            self._rows = rows._replace(codes=codes, lines=lines)


def _with_more_slots(words: _Words) -> _Words:
    """Give more slots to the columns that have used most of theirs."""
    is_full = words.counts > _FULLEST * words.sizes
    more = np.where(words.sizes < 2**16, 8, 2)
    sizes = np.where(is_full, more * words.sizes, words.sizes)
    firsts = np.cumsum(sizes) - sizes
    slots = np.zeros((sizes.sum(), 3), dtype="uint64")
    for column, first in enumerate(firsts):
        old = words.slots[words.firsts[column] :][: words.sizes[column]]
        new = slots[first:][: sizes[column]]
        if is_full[column]:
            _move(old, new, words.seed)
        else:
            new[:] = old
    return words._replace(slots=slots, firsts=firsts, sizes=sizes)


def _longer(values: np.ndarray, n_used: int, size: int) -> np.ndarray:
    """Give an array more room. Memory that is never written to takes up none."""
    longer = np.empty(size, dtype=values.dtype)
    longer[:n_used] = values[:n_used]
    return longer
