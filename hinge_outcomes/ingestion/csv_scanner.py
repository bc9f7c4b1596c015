"""Cut CSV text in machine code, by the very rules of ``csv_records``.

Each cell is looked up among the distinct texts of its column, so that a row is written down as
numbers at once, and memory grows with what is distinct. Texts of up to 15 bytes stand in the slots
themselves; of longer ones their hash does, and their bytes are compared.
"""

from typing import Any

import numba
import numpy as np

_QUOTE, _LF, _CR = 34, 10, 13
_FIELD_COUNT, _STRAY_QUOTE, _CELL_TOO_LONG = 1, 2, 3
_FOUND, _GIVEN_UP, _MAY_GO_ON = range(3)
_SHORT = 15
FULLEST = 0.6

AT, LINE, ROWS, BLANK, BROKEN, CLOSED, WORDS, IS_FULL = range(8)
"""Places in the state that passes in and out of the compiled functions."""

_A, _B, _CODE = range(3)  # of a slot: a text, or its hash; its code + 1 and blankness

_M1 = np.uint64(0xFF51AFD7ED558CCD)
_M2 = np.uint64(0xC4CEB9FE1A85EC53)
_LONG = np.uint64(0xFF)
_U1, _U33, _U56 = np.uint64(1), np.uint64(33), np.uint64(56)
_LOW = np.uint64(0x00FFFFFFFFFFFFFF)
_ONES = np.uint64(0x0101010101010101)
_TOPS = np.uint64(0x8080808080808080)


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
    b |= np.uint64(state[WORDS])
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
    word = state[WORDS]
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
    state[WORDS] = word + 1
    if words.counts[column] > FULLEST * words.sizes[column]:
        state[IS_FULL] = 1


@_compiled
def move(old, new, seed):  # type: ignore[no-untyped-def]
    """Move the slots of a column into more of them.

    Parameters
    ----------
    old, new : ndarray of uint64
        The slots it had, and free ones.
    seed : uint64
        As in `Words`.
    """
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
def _cut(data, wide, start, size, is_last, delimiter, cell_bytes, limit, firsts, lasts, is_doubled):  # type: ignore[no-untyped-def]
    """Find the cells of a record.

    Gives the rule that it breaks, or -1 where it may go on; its cells and lines; the start of the
    line that was read last; the place before its line end; and whether a cell that has no column
    holds any text.
    """
    n_cells = 0
    n_lines = 1
    line_start = start
    has_more = False
    rule = 0
    i = start
    while True:
        has_doubled = False
        if i < size and data[i] == _QUOTE:
            first = i + 1
            ended, last, has_doubled, passed, found = _find_closing(
                data, first, size, is_last, limit
            )
            if ended == _MAY_GO_ON:
                return -1, n_cells, n_lines, line_start, i, has_more
            line_start = max(line_start, found)
            n_lines += passed
            i = last + 1
            is_stray = i < size and data[i] != delimiter and data[i] != _LF and data[i] != _CR
            if is_stray or ended == _GIVEN_UP:
                # The first line is broken, and the next record begins below it.
                i = start
                while i < size and data[i] != _LF and data[i] != _CR:
                    i += 1
                return _STRAY_QUOTE, n_cells, 1, line_start, i, has_more
        else:
            first = i
            i = last = _find_end(wide, i, size, delimiter)
        if last - first > cell_bytes:
            rule = _CELL_TOO_LONG
        if n_cells < len(firsts):
            firsts[n_cells] = first
            lasts[n_cells] = last
            is_doubled[n_cells] = has_doubled
        elif not has_more:
            has_more = not _is_blank(data, first, last)
        n_cells += 1
        if i >= size or data[i] != delimiter:
            return rule, n_cells, n_lines, line_start, i, has_more
        i += 1


@_compiled
def _take_in_doubled(text, first, last, column, words, spare, state):  # type: ignore[no-untyped-def]
    """Take in a cell with each doubled mark as one."""
    length = 0
    while first < last:
        spare[length] = text[first]
        length += 1
        first += 2 if text[first] == _QUOTE else 1
    return _take_in(spare, spare.view(np.uint64), 0, length, column, words, state)


@_compiled
def scan(data, wide, size, is_last, delimiter, cell_bytes, words, rows, spare, state):  # type: ignore[no-untyped-def]
    """Take whole records from a block, until one may go on after it or a column is full.

    Parameters
    ----------
    data, wide : ndarray of uint8, ndarray of uint64
        The same bytes, one by one and eight by eight, with sixteen more behind them.
    size : int
        How many there are.
    is_last : bool
        Whether the file ends with them.
    delimiter : int
        The byte between cells.
    cell_bytes : int
        Length beyond which a cell is no cell.
    words : Words
        The distinct texts; new ones are added.
    rows : Rows
        What is written down of the rows.
    spare : ndarray of uint8
        Room for one cell.
    state : ndarray of int64
        Where the scan is and what it has counted.
    """
    slots, slot_firsts, slot_sizes = words.slots, words.firsts, words.sizes
    n_columns = len(rows.codes)
    firsts = np.empty(n_columns, dtype=np.int64)
    lasts = np.empty(n_columns, dtype=np.int64)
    is_doubled = np.empty(n_columns, dtype=np.bool_)
    while state[AT] < size and not state[IS_FULL]:
        start = state[AT]
        # Up to here a cell that is open at the end of its line is known never to be closed.
        limit = -1 if start < state[CLOSED] else cell_bytes
        rule, n_cells, n_lines, line_start, stop, has_more = _cut(
            data, wide, start, size, is_last, delimiter, cell_bytes, limit,
            firsts, lasts, is_doubled,
        )  # fmt: skip
        end = _pass_line_end(data, stop, size, is_last)
        if rule < 0 or end < 0:
            return
        row = state[ROWS]
        is_blank = rule == 0 and not has_more
        if rule == _STRAY_QUOTE:
            state[CLOSED] = max(state[CLOSED], line_start)
        elif rule == 0 and n_cells != n_columns:
            rule = _FIELD_COUNT
            for k in range(min(n_cells, n_columns)):
                is_blank &= _is_blank(data, firsts[k], lasts[k])
        elif rule == 0:
            for k in range(n_columns):
                length = lasts[k] - firsts[k]
                if is_doubled[k]:
                    code = _take_in_doubled(data, firsts[k], lasts[k], k, words, spare, state)
                elif length > _SHORT:
                    code = _take_in(data, wide, firsts[k], lasts[k], k, words, state)
                else:  # as _take_in does, without the cost of passing it the words
                    a, b = _key(wide, firsts[k], length)
                    place = _find_short(slots, a, b, slot_firsts[k], slot_sizes[k], words.seed)
                    if not slots[place, _CODE]:
                        _keep(data, firsts[k], lasts[k], k, a, b, place, words, state)
                    code = slots[place, _CODE]
                rows.codes[k, row] = np.int32(code >> _U1) - 1
                is_blank &= (code & _U1) == _U1
        if is_blank:
            state[BLANK] += 1
        else:
            if rule:
                for k in range(n_columns):
                    code = _take_in(data, wide, start, start, k, words, state)
                    rows.codes[k, row] = np.int32(code >> _U1) - 1
                n_broken = state[BROKEN]
                rows.broken[n_broken, 0] = row
                rows.broken[n_broken, 1] = rule
                rows.broken[n_broken, 2] = start
                rows.broken[n_broken, 3] = stop
                state[BROKEN] = n_broken + 1
            rows.lines[row] = state[LINE]
            state[ROWS] = row + 1
        state[LINE] += n_lines
        state[AT] = end
