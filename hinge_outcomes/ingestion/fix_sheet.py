"""The sheet that a fix list is: what its columns are, and how it is written."""

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

SHEET = "Fix list"
ABOUT = "About"
COLUMNS = ["Patient", "File", "Line", "Column", "What to do", "Found", "Corrected"]
LEAVE_OUT = "LEAVE OUT"
"""Written into the last column: the row is wrong and does not belong into the records."""
EMPTY = "EMPTY"
"""Written into the last column: nothing should stand in the cell."""

_MOST_ROWS = 2**20 - 1
"""Rows that a sheet holds below its header."""

_WIDTHS = [14, 22, 8, 22, 70, 26, 26]

_HOW = (
    "Each line is one cell that could not be used. Write the right value into the last column, "
    f"in the way the export writes it, {EMPTY} if nothing should stand there, or {LEAVE_OUT} if "
    "the whole row does not belong here. "
    "Where no column is named, write the whole line as it should stand in the file. Save the "
    "sheet and load the export again with it: hinge ingest EXPORT --corrections THIS-FILE. What is "
    "still open then is in a new list, which keeps the answers of this one."
)


def fix_workbook(
    fixes: pd.DataFrame, files: Mapping[str, str], answers: pd.DataFrame | None = None
) -> bytes:
    """Write the fix list as a spreadsheet.

    Parameters
    ----------
    fixes : DataFrame
        With the columns of `COLUMNS`.
    files : mapping of str to str
        Digest by file name, so that the list is not used on another version of a file.
    answers : DataFrame, optional
        What earlier lists corrected, with the same columns; it stands below, filled in.

    Returns
    -------
    bytes
        The content of an XLSX file.
    """
    import xlsxwriter  # here, so that `import hinge_outcomes` stays quick

    buffer = io.BytesIO()
    # Text that begins like a formula stays text: it is what the export holds.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(buffer, options)
    head = book.add_format({"bold": True, "bg_color": "#E8EEF4", "bottom": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    open_cell = book.add_format({"bg_color": "#FFF8DC", "valign": "top", "num_format": "@"})
    day = book.add_format({"bg_color": "#FFF8DC", "valign": "top", "num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet(SHEET)
    for place, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, name, head)
    listed = fixes if answers is None else pd.concat([fixes, answers], ignore_index=True)
    shown = listed.head(_MOST_ROWS)
    for number, row in enumerate(shown.itertuples(index=False, name=None), start=1):
        for place, value in enumerate(row):
            form = (
                wrap if place < len(row) - 1 else day if isinstance(value, dt.date) else open_cell
            )
            _write(sheet, number, place, value, form)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(shown), 1), len(COLUMNS) - 1)
    about = book.add_worksheet(ABOUT)
    about.set_column(0, 0, 100)
    about.write_string(0, 0, _HOW, wrap)
    if len(shown) < len(listed):
        about.write_string(1, 0, _more(len(shown), len(listed)), wrap)
    for number, (name, digest) in enumerate(files.items(), start=2):
        about.write_string(number, 0, name)
        about.write_string(number, 1, digest)
    book.close()
    return buffer.getvalue()


def _more(n_shown: int, n_all: int) -> str:
    return (
        f"These are the first {n_shown:,} of {n_all:,} lines: a sheet holds no more. So many cells "
        "seldom fail one by one; look first whether the mapping says rightly how the export is "
        "written."
    )


def _write(sheet: Any, number: int, place: int, value: Any, form: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(number, place, value[:32_000], form)
    elif isinstance(value, bool):
        sheet.write_boolean(number, place, value, form)
    elif isinstance(value, dt.date):
        sheet.write_datetime(number, place, value, form)
    else:
        sheet.write_number(number, place, float(value), form)
