"""Corrections that come back in a fix list: put into the export's text before it is understood."""

import csv
import datetime as dt
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.date_formats import EXCEL_DAYS
from hinge_outcomes.ingestion.fix_sheet import ABOUT, COLUMNS, EMPTY, LEAVE_OUT, SHEET
from hinge_outcomes.ingestion.raw_table import RawColumn, RawTable
from hinge_outcomes.ingestion.sources import Source

Written = str | float | bool | dt.date | dt.datetime

_SERIAL_START = dt.date(1899, 12, 30)


@dataclass(frozen=True, slots=True, repr=False)
class Corrections:
    """Hold corrected cells.

    Parameters
    ----------
    cells : mapping of (str, int, str) to object
        Corrected value by file, line and column; the column is empty for a whole line.
    digests : mapping of str to str
        SHA-256 of each file that the corrections were written for.
    name : str
        Name of the file they come from.
    """

    cells: Mapping[tuple[str, int, str], Written]
    digests: Mapping[str, str]
    name: str


@dataclass(frozen=True, slots=True, repr=False)
class Corrected:
    """Hold an export whose cells were corrected.

    Parameters
    ----------
    raw : RawTable
        The corrected text.
    left_out : ndarray of int
        Positions of the rows that are to be left out.
    mended : ndarray of int
        Positions of the rows in which a cell was corrected.
    """

    raw: RawTable
    left_out: np.ndarray
    mended: np.ndarray


def read_corrections(path: str | os.PathLike[str]) -> Corrections:
    """Read a fix list that somebody has filled in.

    Parameters
    ----------
    path : path
        The XLSX file.

    Returns
    -------
    Corrections
        The cells whose last column is filled.

    Raises
    ------
    DataError
        If the file is no fix list, or a correction in it cannot be placed.
    """
    from hinge_outcomes.ingestion.spreadsheets import open_workbook

    file = Path(path)
    book = open_workbook(file)
    if SHEET not in book.sheet_names or ABOUT not in book.sheet_names:
        raise DataError(
            f"{file.name} is no fix list: it has no sheet {SHEET!r}. Name the file that "
            "`hinge ingest` wrote, with the last column filled in."
        )
    head, *rows = book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False) or [[]]
    if [str(name) for name in head[: len(COLUMNS)]] != COLUMNS:
        raise DataError(f"The columns of {file.name} were changed. Keep them as they were written.")
    about = book.get_sheet_by_name(ABOUT).to_python(skip_empty_area=False)
    digests = {str(row[0]): str(row[1]) for row in about[1:] if len(row) > 1 and str(row[1])}
    cells = _read_cells(rows, file.name)
    unnamed = sorted({name for name, _, _ in cells if name and name not in digests})
    if unnamed:
        raise DataError(
            f"{file.name} no longer says for which version of {', '.join(unnamed)} it was written. "
            f"Leave its sheet {ABOUT!r} as it was, and the file's name in the list."
        )
    return Corrections(cells, digests, file.name)


def _read_cells(rows: Iterable[list[Any]], name: str) -> dict[tuple[str, int, str], Written]:
    """Read the filled cells of the last column, each with the place that it is about."""
    places = [COLUMNS.index(title) for title in ("File", "Line", "Column", "Corrected")]
    cells: dict[tuple[str, int, str], Written] = {}
    for number, row in enumerate(rows, start=2):
        file, line, column, corrected = (row[place] for place in places)
        if isinstance(corrected, str) and not corrected.strip():
            continue
        try:
            key = (str(file), _whole(line), str(column))
        except (TypeError, ValueError, OverflowError):
            raise DataError(
                f"Row {number} of {name} holds a correction, and no line of the export that it is "
                "for. Leave file, line and column as they were written."
            ) from None
        if cells.get(key, corrected) != corrected:
            raise DataError(
                f"Row {number} of {name} corrects a cell in another way than a row above it. "
                "Write the right value into one of the two and leave the other empty."
            )
        cells[key] = corrected
    return cells


def _whole(line: object) -> int:
    """Read the number of a line, which a spreadsheet may hold as 7, 7.0 or a text."""
    if isinstance(line, bool) or not float(str(line)).is_integer():
        raise ValueError
    return int(float(str(line)))


def check_files(corrections: Iterable[Corrections], names: Iterable[str]) -> None:
    """Refuse corrections of files that are not there: none may be passed over.

    Parameters
    ----------
    corrections : iterable of Corrections
        What was corrected.
    names : iterable of str
        The files of the load.

    Raises
    ------
    DataError
        If a file is not among them.
    """
    known = set(names)
    for given in corrections:
        absent = sorted({file for file, _, _ in given.cells} - known)
        if absent:
            raise DataError(
                f"{given.name} corrects {', '.join(absent)}, which this load does not hold. Load "
                "the files that the fix list was written for, or leave it out."
            )


def correct_table(
    raw: RawTable,
    source: Source,
    corrections: Iterable[Corrections],
    date_formats: Mapping[str, tuple[str, ...]] | None = None,
) -> Corrected:
    """Put corrections into an export's text.

    Parameters
    ----------
    raw : RawTable
        The export.
    source : Source
        How it is written: a number typed into the sheet is written as the export writes numbers.
    corrections : iterable of Corrections
        Applied one after another; the later one wins.
    date_formats : mapping of str to tuple of str, optional
        How each column that holds dates writes them; where it is not said, as the source does.

    Returns
    -------
    Corrected
        The corrected text, and which rows were touched.

    Raises
    ------
    DataError
        If a correction was written for another version of the file, or names a line or column that
        is not there.
    """
    left_out: set[int] = set()
    mended: set[int] = set()
    for given in corrections:
        own = {key[1:]: value for key, value in given.cells.items() if key[0] == raw.name}
        if not own:
            continue
        if given.digests.get(raw.name, raw.digest) != raw.digest:
            raise DataError(
                f"{given.name} was written for another version of {raw.name}: the file has "
                "changed since. Load it without corrections, and correct the new fix list."
            )
        place_of = {int(line): place for place, line in enumerate(raw.lines.tolist())}
        by_column: dict[str, dict[int, str]] = {}
        leaves = set()
        for (line, column), value in own.items():
            if line not in place_of or (column and column not in raw.columns):
                raise DataError(
                    f"{given.name} corrects line {line} of {raw.name}, which has no such line or "
                    "column. Leave file, line and column as they were written."
                )
            if isinstance(value, str) and value.strip().upper() == LEAVE_OUT:
                leaves.add(place_of[line])
            else:
                formats = (date_formats or {}).get(column, source.date_formats)
                text = _as_text(value, source.decimal, formats)
                by_column.setdefault(column, {})[place_of[line]] = text
        touched = {place for cells in by_column.values() for place in cells}
        mended |= touched
        left_out = (left_out - touched) | leaves
        raw = _with_lines(raw, source, by_column.pop("", {}), given.name)
        columns = dict(raw.columns)
        for column, cells in by_column.items():
            columns[column] = _with_cells(columns[column], cells)
        raw = replace(raw, columns=columns)
    return Corrected(raw, _sorted(left_out), _sorted(mended))


def _sorted(places: set[int]) -> np.ndarray:
    return np.array(sorted(places), dtype="int64")


def _as_text(value: Written, decimal: str, formats: tuple[str, ...]) -> str:
    """Write a value as the export would: a spreadsheet turns what is typed into its own types."""
    if isinstance(value, str):
        return "" if value.strip().upper() == EMPTY else value
    if isinstance(value, (dt.datetime, dt.date)):
        written = [form for form in formats if form != EXCEL_DAYS]
        if formats and not written:
            day = value.date() if isinstance(value, dt.datetime) else value
            return str((day - _SERIAL_START).days)
        return value.strftime(written[0] if written else "%Y-%m-%d")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        number = float(value)
        text = str(int(number)) if number.is_integer() else repr(number)
        return text.replace(".", decimal)
    return str(value)


def _with_cells(column: RawColumn, cells: Mapping[int, str]) -> RawColumn:
    words = np.concatenate([column.words, np.array([*cells.values(), None], dtype="object")[:-1]])
    codes = column.codes.astype("int32")  # a copy with room for more words
    codes[list(cells)] = np.arange(len(column.words), len(words))
    return RawColumn(words, codes)


def _with_lines(raw: RawTable, source: Source, lines: Mapping[int, str], name: str) -> RawTable:
    """Read corrected whole lines anew."""
    if not lines:
        return raw
    width = len(raw.header)
    cells: dict[str, dict[int, str]] = {title: {} for title in raw.header}
    for place, text in lines.items():
        split = _split(text, raw.delimiter or source.delimiters, width)
        if split is None:
            raise DataError(
                f"{name} corrects line {raw.lines[place]} of {raw.name} with a line that does not "
                f"have {width} cells. Write it as it should stand in the file."
            )
        for title, cell in zip(raw.header, split, strict=True):
            cells[title][place] = cell
    columns = {title: _with_cells(raw.columns[title], cells[title]) for title in raw.header}
    broken = {place: rule for place, rule in raw.broken.items() if place not in lines}
    return replace(raw, columns=columns, broken=broken)


def _split(text: str, delimiters: Iterable[str], width: int) -> list[str] | None:
    for delimiter in delimiters:
        try:
            rows = list(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        if len(rows) == 1 and len(rows[0]) == width:
            return rows[0]
    return None
