"""Cut the bytes of a CSV file into records and cells; what cannot be cut spoils only itself.

A quotation mark at the start of a cell opens a quoted cell, in which line ends and doubled
quotation marks are text; anywhere else it is a sign like others. A closing mark must stand before
a delimiter or the end of the line. Where it does not, or where there is none, the first line of
the record is broken, and the next record begins on the line after it: a mark that somebody forgot
to close never swallows the rows below.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from hinge_outcomes.ingestion.raw_table import RawColumn

CELL_BYTES = 1024 * 1024
"""Length beyond which a cell is no cell."""

RULES = ("", "field_count", "stray_quote", "cell_too_long")

_QUOTE = b'"'
_LINE_END = re.compile(rb"\r\n|\r|\n")
_OPENED = re.compile(rb'"(?:[^"]++|"")*+')


class Record(NamedTuple):
    """Hold one record.

    Attributes
    ----------
    start, end : int
        Where it begins, and where the next one does.
    n_lines : int
        Lines that it takes.
    cells : list of bytes
        Its cells, without quotation marks.
    rule : str
        The rule it breaks, so that it has no cells; empty where it breaks none.
    """

    start: int
    end: int
    n_lines: int
    cells: list[bytes]
    rule: str


@dataclass(frozen=True, slots=True, repr=False)
class CutRows:
    """Hold the rows of a CSV file.

    Parameters
    ----------
    columns : list of RawColumn
        In the order of the file; a broken row is empty in all of them.
    lines : ndarray of int64
        Line on which each row begins.
    broken : dict of int to str
        Rule that a row breaks.
    raw_text : dict of int to str
        Text of each broken row.
    n_blank : int
        Rows without any text, passed over.
    """

    columns: list[RawColumn]
    lines: np.ndarray
    broken: dict[int, str]
    raw_text: dict[int, str]
    n_blank: int


def cut_records(
    data: bytes, delimiter: str, *, is_last: bool = True, cell_bytes: int = CELL_BYTES
) -> Iterator[Record]:
    """Cut text into records.

    Parameters
    ----------
    data : bytes
        UTF-8 text that begins where a record does.
    delimiter : str
        What stands between cells.
    is_last : bool, default True
        Whether the file ends with it; otherwise a record that may go on is left for the next block.
    cell_bytes : int, default CELL_BYTES
        Length beyond which a cell is no cell.

    Yields
    ------
    Record
        One after another.
    """
    sign = delimiter.encode()
    start = end = position = 0
    # Up to here, a cell that is still open at the end of its line is known never to be closed.
    closed_until = 0
    for line in data.splitlines(keepends=True):
        start, end = end, end + len(line)
        if start < position:
            continue
        if end == len(data) and not is_last and not line.endswith(b"\n"):
            return  # the line goes on, or its carriage return is half of a line end
        if _QUOTE not in line:
            cells = line.rstrip(b"\r\n").split(sign)
            rule = "cell_too_long" if max(map(len, cells)) > cell_bytes else ""
            yield Record(start, end, 1, cells, rule)
            continue
        line_end = end if start < closed_until else None
        found = _cut_quoted(data, start, sign, is_last, line_end, cell_bytes)
        if found is None:
            return
        if isinstance(found, int):
            closed_until = max(closed_until, found)
            found = Record(start, end, 1, [], "stray_quote")
        position = found.end
        yield found


def _cut_quoted(
    data: bytes,
    start: int,
    sign: bytes,
    is_last: bool,
    line_end: int | None,
    cell_bytes: int,
) -> Record | int | None:
    """Cut a record that has quotation marks, within its line where the end of that is given.

    Gives the record; or the start of the line on which it became clear that it cannot be cut; or
    None where it may go on after the end of the data.
    """
    cells: list[bytes] = []
    n_lines = 1
    is_too_long = False
    within = len(data) if line_end is None else line_end
    place = start
    while True:
        found = _cell_pattern(sign).match(data, place, within)
        stop = (found or _OPENED.match(data, place, within)).end()  # type: ignore[union-attr]
        if data[place : place + 1] == _QUOTE:
            # The line end at which a cell that has grown too long is given up.
            limit = place + 1 + (cell_bytes + 1 if line_end is None else 0)
            end = _LINE_END.search(data, min(limit, stop), stop)
            if end and not is_last and end.end() == len(data) and data.endswith(b"\r"):
                return None
            if end:
                return _line_start(data, start, end.start())
        if found is None:
            if stop == len(data) and not is_last:
                return None
            return _line_start(data, start, stop)
        if data[place : place + 1] == _QUOTE:
            cell = found[0][1:-1]
            is_too_long |= len(cell) > cell_bytes
            n_lines += len(_LINE_END.findall(cell))
            cells.append(cell.replace(b'""', b'"'))
        else:
            is_too_long |= stop - place > cell_bytes
            cells.append(found[0])
        if data[stop : stop + 1] != sign:
            break
        place = stop + 1
    ending = _LINE_END.match(data, stop)
    if not is_last and (ending is None or (ending.end() == len(data) and ending[0] == b"\r")):
        return None
    end_of_record = ending.end() if ending else stop
    rule = "cell_too_long" if is_too_long else ""
    return Record(start, end_of_record, n_lines, cells, rule)


@lru_cache(maxsize=8)
def _cell_pattern(sign: bytes) -> re.Pattern[bytes]:
    sign = re.escape(sign)
    return re.compile(rb'"(?:[^"]++|"")*+"(?=' + sign + rb'|\r|\n|\Z)|(?!")[^' + sign + rb"\r\n]*+")


def _line_start(data: bytes, start: int, place: int) -> int:
    """Give the start of the line that holds a place, which may be its end."""
    if data[place - 1 : place + 1] == b"\r\n":
        place -= 1
    return max((start, data.rfind(b"\n", start, place) + 1, data.rfind(b"\r", start, place) + 1))


def _bare(data: bytes, start: int, end: int) -> bytes:
    return data[start:end].rstrip(b"\r\n")


class PlainCutter:
    """Collect the rows of a CSV file from its blocks, in plain Python.

    Parameters
    ----------
    delimiter : str
        What stands between cells.
    n_columns : int
        Cells that a row must have.
    line : int
        Line on which the first row begins.
    cell_bytes : int, default CELL_BYTES
        Length beyond which a cell is no cell.
    """

    def __init__(
        self, delimiter: str, n_columns: int, line: int, *, cell_bytes: int = CELL_BYTES
    ) -> None:
        self._delimiter = delimiter
        self._cell_bytes = cell_bytes
        self._line = line
        self._empty = [b""] * n_columns
        self._places: list[dict[bytes, int]] = [{} for _ in range(n_columns)]
        self._codes = [array("i") for _ in range(n_columns)]
        self._lines = array("q")
        self._broken: dict[int, str] = {}
        self._raw_text: dict[int, str] = {}
        self._n_blank = 0

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
        taken = 0
        rows: list[list[bytes]] = []
        for record in cut_records(
            data, self._delimiter, is_last=is_last, cell_bytes=self._cell_bytes
        ):
            taken = record.end
            line, self._line = self._line, self._line + record.n_lines
            cells, rule = record.cells, record.rule
            if not rule:
                if _is_blank(cells):
                    self._n_blank += 1
                    continue
                if len(cells) != len(self._empty):
                    rule = "field_count"
            if rule:
                place = len(self._lines)
                self._broken[place] = rule
                self._raw_text[place] = _bare(data, record.start, record.end).decode("utf-8")
                cells = self._empty
            self._lines.append(line)
            rows.append(cells)
        for codes, places, column in zip(
            self._codes, self._places, zip(*rows, strict=True), strict=False
        ):
            codes.extend([places.setdefault(cell, len(places)) for cell in column])
        return taken

    def finish(self) -> CutRows:
        """Give what was taken.

        Returns
        -------
        CutRows
            All rows.
        """
        columns = [
            RawColumn(
                np.array([word.decode("utf-8") for word in places], dtype="object"),
                np.array(codes, dtype="int32"),
            )
            for places, codes in zip(self._places, self._codes, strict=True)
        ]
        lines = np.array(self._lines, dtype="int64")
        return CutRows(columns, lines, self._broken, self._raw_text, self._n_blank)


def _is_blank(cells: list[bytes]) -> bool:
    text = b"".join(cells)
    return not text or text.isspace() or not text.decode("utf-8").strip()
