"""A cohort as one Excel workbook: a sheet per table, the dictionary, and what it is."""

import datetime as dt
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.dictionary import data_dictionary
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.formulas import neutralise
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.tables import OPTIONAL_COLUMNS
from hinge_outcomes.exceptions import DataError

MOST_ROWS = 1_048_575
"""A sheet has 1,048,576 rows, and the first holds the names of the columns."""

LONGEST_CELL = 32_767

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}


def write_workbook(cohort: Cohort) -> bytes:
    """Write a cohort as an Excel workbook.

    Texts are stored as texts whatever they look like; those that would become a formula when
    somebody edits the cell or saves the sheet as CSV have an apostrophe before them (see
    `neutralise`). Dates are dates, nulls are empty cells, lists of answers are JSON. The same
    cohort gives the same bytes.

    Parameters
    ----------
    cohort : Cohort
        The records.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    DataError
        If a table has more rows than a sheet, or a text is longer than a cell; nothing is cut off.
    """
    import xlsxwriter

    sheets = {name: _sheet(cohort, name) for name in TABLE_NAMES}
    sheets["dictionary"] = data_dictionary(cohort.extra_columns)
    sheets["about"] = _about(cohort)
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _OPTIONS) as book:
        moment = dt.datetime.combine(cohort.cut_of(), dt.time())
        book.set_properties({"title": "hinge-outcomes cohort", "created": moment})
        bold = book.add_format({"bold": True})
        for name, frame in sheets.items():
            _fill(book.add_worksheet(name), neutralise(frame), bold)
    return content.getvalue()


def _sheet(cohort: Cohort, name: str) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(cohort, name)
    if len(frame) > MOST_ROWS:
        raise DataError(
            f"The table {name} has {len(frame):,} rows, and a sheet holds {MOST_ROWS:,}. Select "
            "fewer episodes (one clinic, one year), or export Parquet or CSV."
        )
    empty = [c for c in OPTIONAL_COLUMNS.get(name, ()) if frame[c].isna().all()]
    frame = frame.drop(columns=empty)
    if "items" in frame:
        frame = frame.assign(items=frame["items"].map(json.dumps, na_action="ignore"))
    for column in frame.columns[(frame.dtypes == "str") | (frame.dtypes == "object")]:
        is_long = (frame[column].str.len() > LONGEST_CELL).fillna(False)
        if is_long.any():
            raise DataError(
                f"{name}.{column} holds a text of more than {LONGEST_CELL:,} characters in "
                f"{int(is_long.sum()):,} rows, which a cell cannot. Export Parquet or CSV."
            )
    return frame


def _about(cohort: Cohort) -> pd.DataFrame:
    cut = cohort.data_cut
    facts = {
        "patients": "made up by simulation" if cohort.is_synthetic else "of a clinic",
        "dates": "reduced to years" if cohort.is_deidentified else "to the day",
    }
    if isinstance(cut, Mapping):
        facts |= {f"complete to, {clinic}": day.isoformat() for clinic, day in cut.items()}
    else:
        facts["complete to"] = cut.isoformat()
    facts |= {f"clinic {clinic}": name for clinic, name in cohort.clinic_names.items()}
    facts |= {f"selected by {name}": str(value) for name, value in cohort.selection.items()}
    facts |= {f"assumption {n}": text for n, text in enumerate(cohort.assumptions, start=1)}
    return pd.DataFrame({"what": list(facts), "value": list(facts.values())}, dtype="str")


def _fill(sheet: Any, frame: pd.DataFrame, bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(frame.columns):
        sheet.set_column(place, place, max(10, min(len(str(name)) + 2, 40)))
        sheet.write_string(0, place, str(name), bold)
    writers = [_writer(sheet, frame[name]) for name in frame.columns]
    cells = [_plain_values(frame[name]) for name in frame.columns]
    for row, values in enumerate(zip(*cells, strict=True), start=1):
        for place, value in enumerate(values):
            if value is not None:  # an empty cell
                writers[place](row, place, value)


def _plain_values(column: pd.Series) -> list[Any]:
    if column.dtype.kind == "M":
        column = column.dt.date
    values: list[Any] = column.astype("object").where(column.notna(), None).tolist()
    return values


def _writer(sheet: Any, column: pd.Series) -> Callable[..., Any]:
    if pd.api.types.is_bool_dtype(column.dtype):
        writer: Callable[..., Any] = sheet.write_boolean
    elif pd.api.types.is_numeric_dtype(column.dtype):
        writer = sheet.write_number
    else:
        writer = sheet.write_datetime if column.dtype.kind == "M" else sheet.write_string
    return writer


__all__ = ["LONGEST_CELL", "MOST_ROWS", "write_workbook"]
