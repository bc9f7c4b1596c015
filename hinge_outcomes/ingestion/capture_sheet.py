"""The capture kit as a workbook: drop-downs for stages and ratings, one row per visit."""

import datetime as dt
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.atomic_files import write_whole
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.capture_checks import (
    CLINICIANS,
    EARLIEST,
    cell_rule,
    cells_below,
    row_cell,
    wanted_columns,
)
from hinge_outcomes.ingestion.capture_facts import (
    ABOUT_SHEET,
    CLINIC_ID,
    CLINIC_NAME,
    COMPLETE_TO,
    GUIDE_SHEET,
    INVENTED,
    KIT_MARK,
    NUMBERS_ARE,
    PSEUDONYMS,
    RECORDS_ARE,
)
from hinge_outcomes.ingestion.capture_forms import FORMS, KIT_VERSION, VISIT, Form, Question
from hinge_outcomes.ingestion.capture_records import fill_forms

LISTS_SHEET = "Lists"

_ROWS = 5_000
_SPARE_ROWS = 2_000
_MOST_ROWS = 1_000_000  # of the 1,048,576 that a sheet can have
_MADE = dt.datetime(2000, 1, 1)  # a kit made twice is the same file, byte by byte
_INK, _ACCENT, _AMBER = "#17242b", "#0b5563", "#fde9c4"
_WIDTHS = {"text": 14, "code": 16, "integer": 11, "number": 11, "boolean": 12, "items": 18}


@dataclass(frozen=True, slots=True)
class _Book:
    """Hold what the sheets of one workbook share: formats, lists, and how many rows are checked."""

    file: Any
    formats: dict[str, Any]
    lists: dict[str, str]
    last_row: int


def write_capture_workbook(
    path: str | os.PathLike[str],
    *,
    clinic_id: str,
    clinic_name: str = "",
    clinicians: Sequence[str] = (),
    cohort: Cohort | None = None,
) -> Path:
    """Write the workbook in which a clinic records patients, visits and stages from now on.

    Filled in, it is read by `hinge_outcomes.ingest` without a mapping.

    Parameters
    ----------
    path : path
        File to write, ending in ``.xlsx``; one that is there already is never replaced.
    clinic_id : str
        Id of the clinic.
    clinic_name : str, default ""
        What readers call it.
    clinicians : sequence of str, default ()
        Letters or initials to choose from; any text where empty.
    cohort : Cohort, optional
        Records of this clinic to begin with; the file then holds patients' values.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If the file is there already, or the cohort holds what the workbook cannot: other clinics,
        two appointments of one status on one day, more rows than a sheet has.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> write_capture_workbook(Path(folder.name, "kit.xlsx"), clinic_id="C01").name
    'kit.xlsx'
    >>> folder.cleanup()
    """
    import xlsxwriter

    if Path(path).exists():
        raise DataError(
            f"{Path(path).name} is there already and may hold a clinic's records, so it was not "
            "replaced. Name another file, or move that one away."
        )
    rows = {form.name: pd.DataFrame() for form in FORMS}
    if cohort is not None:
        _check_one_clinic(cohort, clinic_id)
        rows = fill_forms(cohort)
        staff = {*cohort.episodes["clinician_id"].dropna(), *cohort.visits["clinician_id"].dropna()}
        clinicians = [*dict.fromkeys((*clinicians, *sorted(staff)))]
    filled = max(len(frame) for frame in rows.values())
    if filled > _MOST_ROWS:
        raise DataError(
            f"{filled:,} rows are more than a sheet holds ({_MOST_ROWS:,}). Select fewer courses, "
            "or take the REDCap kit."
        )
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as file:
        file.set_properties({"title": "Hip hinge capture kit", "created": _MADE})
        book = _Book(file, _formats(file), {}, max(_ROWS, filled + _SPARE_ROWS))
        guide = file.add_worksheet(GUIDE_SHEET)
        sheets = {form.name: file.add_worksheet(form.sheet) for form in FORMS}
        book.lists.update(_write_lists(book, clinicians))
        for form in FORMS:
            _write_form(book, sheets[form.name], form, rows[form.name])
        cut = None if cohort is None else cohort.cut_of(clinic_id)
        _write_guide(book, guide, clinic_name or clinic_id, cut)
        _write_about(book, clinic_id, clinic_name, cohort)
        guide.activate()
    return write_whole(path, content.getvalue(), is_private=cohort is not None)


def _check_one_clinic(cohort: Cohort, clinic_id: str) -> None:
    if set(cohort.clinics) - {clinic_id}:
        raise DataError(
            f"A workbook is for one clinic, and the cohort has others than {clinic_id}. Take "
            f"cohort.select(clinic_id={clinic_id!r}), and write a workbook for each."
        )
    n_twice = int(cohort.visits.duplicated(["episode_id", "visit_day", "status"]).sum())
    if n_twice:
        raise DataError(
            f"{n_twice:,} appointments share their course, day and status with another one. In the "
            "workbook such rows are one appointment written twice. The REDCap kit numbers them."
        )


def _formats(file: Any) -> dict[str, Any]:
    plain = {"font_color": _INK, "valign": "top"}
    head = {"bold": True, "font_color": "#ffffff", "bg_color": _ACCENT, "text_wrap": True,
            "valign": "vcenter", "border": 1, "border_color": "#ffffff"}  # fmt: skip
    styles = {
        "head": head,
        "title": {"bold": True, "font_size": 18, "font_color": _ACCENT},
        "label": {**plain, "bold": True},
        "prose": {**plain, "text_wrap": True},
        "text": {"num_format": "@"},
        "date": {"num_format": "yyyy-mm-dd", "align": "left"},
        "number": {},
        "entry": {"num_format": "yyyy-mm-dd", "align": "left", "bold": True, "bg_color": _AMBER,
                  "border": 1, "border_color": _ACCENT},
        "wanted": {"bg_color": _AMBER},
    }  # fmt: skip
    return {name: file.add_format(style) for name, style in styles.items()}


def _write_lists(book: _Book, clinicians: Sequence[str]) -> dict[str, str]:
    """Write what the drop-downs offer, and tell where each list stands."""
    lists: dict[str, list[str]] = {}
    for question in (question for form in FORMS for question in form.questions):
        if question.choices:
            lists[question.codes_name] = [choice.option for choice in question.choices]
    if clinicians:
        lists[CLINICIANS] = list(clinicians)
    sheet = book.file.add_worksheet(LISTS_SHEET)
    places = {}
    for column, (name, options) in enumerate(lists.items()):
        sheet.write_string(0, column, name, book.formats["head"])
        for row, option in enumerate(options, start=1):
            sheet.write_string(row, column, option)
        places[name] = f"={LISTS_SHEET}!{cells_below(column, column, len(options))}"
    sheet.protect()
    sheet.hide()
    return places


def _write_form(book: _Book, sheet: Any, form: Form, rows: pd.DataFrame) -> None:
    for column, question in enumerate(form.questions):
        kind = _style(question)
        longest = max((len(choice.option) for choice in question.choices), default=0)
        width = max(_WIDTHS.get(question.target.kind, 12), longest - 4, len(question.label) // 2)
        sheet.set_column(column, column, width, book.formats[kind])
        sheet.write_string(0, column, question.label, book.formats["head"])
        sheet.write_comment(0, column, question.explanation, {"author": "", "x_scale": 1.6})
        rule = cell_rule(form, question, column, lists=book.lists, last_row=book.last_row)
        sheet.data_validation(1, column, book.last_row, column, rule)
        if question.name in rows:
            _write_cells(sheet, column, question, list(rows[question.name]), book.formats[kind])
    for column, others in wanted_columns(form).items():
        filled = " + ".join(f"COUNTA({row_cell(n)})" for n in others)
        here = row_cell(column)
        sheet.conditional_format(1, column, book.last_row, column, {
            "type": "formula",
            "criteria": f"=AND({filled} > 0, ISBLANK({here}))",
            "format": book.formats["wanted"],
        })  # fmt: skip
    if form is VISIT:
        same = ", ".join(f"{cells_below(n, n, book.last_row)}, {row_cell(n)}" for n in range(3))
        sheet.conditional_format(1, 0, book.last_row, 2, {
            "type": "formula",
            "criteria": f'=AND($A2 <> "", COUNTIFS({same}) > 1)',
            "format": book.formats["wanted"],
        })  # fmt: skip
    last = len(form.questions) - 1
    sheet.set_row(0, 34)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, book.last_row, last)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _style(question: Question) -> str:
    if question.asks_date:
        return "date"
    return "number" if question.target.kind in ("integer", "number") else "text"


def _write_cells(
    sheet: Any, column: int, question: Question, values: list[Any], style: Any
) -> None:
    options = {choice.value: choice.option for choice in question.choices}
    for row, value in enumerate(values, start=1):
        if value is None:
            continue
        if options:
            sheet.write_string(row, column, options[value])
        elif question.asks_date:
            sheet.write_datetime(row, column, value.to_pydatetime(), style)
        elif isinstance(value, str):
            sheet.write_string(row, column, value, style)
        else:
            sheet.write_number(row, column, float(value))


def _write_guide(book: _Book, sheet: Any, clinic: str, cut: dt.date | None) -> None:
    """Write one screen of instructions, and the cell for the last day that is complete."""
    formats = book.formats
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 16)
    sheet.set_column(2, 2, 92)
    sheet.write_string(0, 0, f"Hip hinge records: {clinic}", formats["title"])
    sheet.write_string(2, 0, COMPLETE_TO, formats["label"])
    if cut is None:
        sheet.write_blank(2, 1, None, formats["entry"])
    else:
        sheet.write_datetime(2, 1, dt.datetime.combine(cut, dt.time()), formats["entry"])
    sheet.data_validation(2, 1, 2, 1, {
        "validate": "date", "criteria": "between", "minimum": EARLIEST, "maximum": "=TODAY()",
        "error_title": COMPLETE_TO, "error_message": "Please write a date up to today.",
    })  # fmt: skip
    sheet.write_string(2, 2, _COMPLETE_NOTE, formats["prose"])
    told = [(form.sheet, form.purpose) for form in FORMS]
    told += [(q.label, q.explanation) for q in VISIT.questions if q.name in _EXPLAINED]
    told += _GUIDE
    for row, (label, text) in enumerate(told, start=4):
        sheet.write_string(row, 0, label, formats["label"])
        sheet.merge_range(row, 1, row, 2, text, formats["prose"])
        sheet.set_row(row, 15.5 * (1 + len(text) // 118))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1)


_COMPLETE_NOTE = (
    "Before you hand this file on: the last day of which everything is written down here."
)

_EXPLAINED = ("stage", "rating", "also_stage")

_GUIDE = (
    ("No names, please", "Only numbers tell patients apart here. Names, phone numbers and notes "
     "stay in your own records."),
    ("Amber cells", "An amber cell still wants an answer, or an appointment is written twice."),
    ("Empty cells", "What you do not know stays empty. Never write 0, 99 or n/a for it."),
    ("Rows", "Take the next free row. Rows may be sorted; columns and their heads stay as they "
     "are."),
    ("Hand it on", "hinge ingest this-file.xlsx --out records"),
)  # fmt: skip


def _write_about(book: _Book, clinic_id: str, clinic_name: str, cohort: Cohort | None) -> None:
    """Write what the program asks of the file: which kit, which clinic, whose numbers."""
    facts: dict[str, str] = {
        KIT_MARK: str(KIT_VERSION),
        CLINIC_ID: clinic_id,
        CLINIC_NAME: clinic_name,
        NUMBERS_ARE: "the clinic's own" if cohort is None else PSEUDONYMS,
        RECORDS_ARE: INVENTED if cohort is not None and cohort.is_synthetic else "real",
    }
    sheet = book.file.add_worksheet(ABOUT_SHEET)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 40, book.formats["text"])
    for row, (label, value) in enumerate(facts.items()):
        sheet.write_string(row, 0, label, book.formats["label"])
        sheet.write_string(row, 1, value, book.formats["text"])
    sheet.protect()


__all__ = ["write_capture_workbook"]
