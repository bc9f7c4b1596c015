"""Read a sheet of an .xlsx workbook as text: what its cells hold, row by row."""

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import CalamineWorkbook

from hinge_outcomes.exceptions import DataError, MappingError, NoRowsError
from hinge_outcomes.ingestion.cell_texts import text_of
from hinge_outcomes.ingestion.headers import check_header, distinct_names, join_header
from hinge_outcomes.ingestion.raw_table import RawColumn, RawTable
from hinge_outcomes.ingestion.settings import suggest
from hinge_outcomes.ingestion.sources import Source
from hinge_outcomes.ingestion.text_files import cannot_open, open_bytes
from hinge_outcomes.ingestion.workbook_parts import check_workbook, damaged, find_errors

_SHEETS_SHOWN = 20

_Merged = tuple[tuple[int, int], tuple[int, int]]


def read_xlsx(path: str | os.PathLike[str], source: Source, columns: tuple[str, ...]) -> RawTable:
    """Read a sheet of a workbook as text.

    Whole numbers are written without decimals, real dates as 2026-03-24, with the time of day where
    there is one, and errors as the sheet shows them.

    Parameters
    ----------
    path : path
        The workbook.
    source : Source
        Which sheet, and how many rows the header takes.
    columns : tuple of str
        The columns that the mapping reads.

    Returns
    -------
    RawTable
        All rows with any text; ``lines`` are the sheet's row numbers.

    Raises
    ------
    DataError
        If the workbook cannot be opened, is locked, damaged or a bomb, or holds no rows.
    MappingError
        If it lacks the sheet or a mapped column.
    """
    file = Path(path)
    data = _read_bytes(file)
    book = _open(file.name, data)
    sheet = _choose_sheet(file.name, book.sheet_names, source.sheet)
    with _panics_worded(file.name):
        opened = book.get_sheet_by_name(sheet)
        rows = opened.to_python(skip_empty_area=False)
        merged = opened.merged_cell_ranges or []
    for (row, column), text in find_errors(data, sheet).items():
        if row < len(rows) and column < len(rows[row]) and rows[row][column] == "":
            rows[row][column] = text
    digest = hashlib.sha256(data).hexdigest()
    return _table(f"{file.name} [{sheet}]", rows, merged, source, columns, digest)


def open_workbook(path: str | os.PathLike[str]) -> CalamineWorkbook:
    """Open a workbook, unless it is locked, damaged or a bomb.

    Parameters
    ----------
    path : path
        The workbook.

    Returns
    -------
    CalamineWorkbook
        Its sheets.

    Raises
    ------
    DataError
        If it must not or cannot be opened; the message says why and what to do.
    """
    file = Path(path)
    return _open(file.name, _read_bytes(file))


def _read_bytes(file: Path) -> bytes:
    with open_bytes(file) as opened:
        try:
            return opened.read()
        except OSError as error:
            raise cannot_open(file, error) from error


def _open(name: str, data: bytes) -> CalamineWorkbook:
    check_workbook(name, data)
    with _panics_worded(name):
        return CalamineWorkbook.from_filelike(io.BytesIO(data))


@contextlib.contextmanager
def _panics_worded(name: str) -> Iterator[None]:
    """Turn whatever calamine raises into one sentence."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # calamine panics over some damaged books, and a panic is no Exception.
        raise damaged(name) from error


def _choose_sheet(name: str, sheets: list[str], asked: str) -> str:
    if not sheets:
        raise DataError(f"{name} holds no sheet. Export it again with the records in it.")
    if asked and asked not in sheets:
        shown = ", ".join(sheets[:_SHEETS_SHOWN])
        raise MappingError(
            f"{name} has no sheet {asked!r}.{suggest(asked, sheets)} Its sheets are: {shown}."
        )
    return asked or sheets[0]


def _table(
    name: str,
    rows: list[list[Any]],
    merged: list[_Merged],
    source: Source,
    columns: tuple[str, ...],
    digest: str,
) -> RawTable:
    start = next((n for n, row in enumerate(rows) if any(map(text_of, row))), len(rows))
    if start == len(rows):
        raise DataError(f"{name} is empty. Export it again with the records in it.")
    stop = start + source.header_rows
    header = _header(rows[start:stop], merged, start)
    named = tuple(title for title in header if title)
    check_header(name, named, columns, form="header_rows", n_lines=source.header_rows)
    texts = [
        RawColumn.of([text_of(cell) for cell in cells]) for cells in zip(*rows[stop:], strict=True)
    ]
    is_blank = np.ones(max(len(rows) - stop, 0), dtype=bool)
    for column in texts:
        is_blank &= np.array([not word.strip() for word in column.words], dtype=bool)[column.codes]
    kept = np.flatnonzero(~is_blank)
    if not len(kept):
        raise NoRowsError(
            f"{name} holds a header and no rows. Export it again with the records in it."
        )
    while not header[-1] and not any(word.strip() for word in texts[len(header) - 1].words):
        header = header[:-1]
    names = distinct_names(header)
    return RawTable(
        name=name,
        header=names,
        columns={title: _only(texts[n], kept) for n, title in enumerate(names)},
        lines=(kept + stop + 1).astype("int64"),
        n_blank=int(is_blank.sum()),
        digest=digest,
    )


def _header(rows: list[list[Any]], merged: list[_Merged], start: int) -> tuple[str, ...]:
    """Make the names; where cells are merged, that tells how far a title reaches."""
    top = [[text_of(cell) for cell in row] for row in rows]
    is_filled = False
    for (first_row, first), (_, last) in merged:
        if start <= first_row < start + len(top) - 1 and last > first:
            is_filled = True
            row = top[first_row - start]
            row[first : last + 1] = [row[first]] * len(row[first : last + 1])
    return join_header(top, is_filled=is_filled)


def _only(column: RawColumn, rows: np.ndarray) -> RawColumn:
    """Keep some rows, and the texts that occur in them."""
    places, used = pd.factorize(column.codes[rows])
    return RawColumn(column.words[used], places.astype("int32"))
