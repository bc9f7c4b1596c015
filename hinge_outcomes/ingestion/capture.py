"""Recognise a filled capture kit, and say without a mapping file how it fills the five tables."""

import csv
import datetime as dt
import os
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.capture_forms import COURSE, FORMS, KIT_VERSION, Form, Question

ABOUT_SHEET = "About"
GUIDE_SHEET = "Read me"
KIT_MARK = "hinge capture kit"
COMPLETE_TO = "Data complete up to"
CLINIC_ID = "Clinic id"
CLINIC_NAME = "Clinic name"
NUMBERS_ARE = "Numbers are"
PSEUDONYMS = "pseudonyms"
RECORDS_ARE = "Records are"
INVENTED = "invented"

REDCAP_CLINIC = "clinic"
REDCAP_COMPLETE_TO = "complete_to"
REPEAT_FORM = "redcap_repeat_instrument"
REPEAT_NUMBER = "redcap_repeat_instance"

_INVENTED_NOTE = "These patients are invented: a capture kit was filled from a simulation."
_SHEET_NAME = re.compile(rb'<(?:[A-Za-z]+:)?sheet [^>]*?name="([^"]*)"')
_MOST_BYTES = 1_000_000
_NO_ARCHIVE = (
    OSError, EOFError, KeyError, ValueError, RuntimeError, NotImplementedError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def recognise_kit(path: str | os.PathLike[str]) -> str | None:
    """Tell whether a file is a capture kit.

    Parameters
    ----------
    path : path
        A file.

    Returns
    -------
    str or None
        "xlsx" for the workbook, "redcap" for an export of the REDCap project, None for any other.
    """
    file = Path(path)
    if not file.is_file():
        return None
    names = {*_sheet_names(file)}
    if {ABOUT_SHEET, GUIDE_SHEET, *(form.sheet for form in FORMS)} <= names:
        return "xlsx"
    header = {*_redcap_header(file)[0]}
    asked = {question.name for form in FORMS for question in redcap_questions(form)}
    if {*asked, REPEAT_FORM, REPEAT_NUMBER, REDCAP_CLINIC, REDCAP_COMPLETE_TO} <= header:
        return "redcap"
    return None


def capture_mapping(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Say how a filled capture kit fills the five tables.

    The day up to which the records are complete is read from the kit itself, where the clinic wrote
    it down.

    Parameters
    ----------
    path : path
        A file that `recognise_kit` knows.

    Returns
    -------
    dict
        What a mapping file would say; `Mapping.from_values` takes it.

    Raises
    ------
    MappingError
        If the file is no capture kit, is one of a newer version, or does not say up to when its
        records are complete.
    """
    file = Path(path)
    kind = recognise_kit(file)
    if kind is None:
        raise MappingError(
            f"{file.name} is no capture kit. Name a mapping that says what its columns mean, or "
            "propose one with hinge mapping draft."
        )
    return _workbook_mapping(file) if kind == "xlsx" else _redcap_mapping(file)


def _workbook_mapping(file: Path) -> dict[str, Any]:
    about = _pairs(file, ABOUT_SHEET)
    if _number(about.get(KIT_MARK)) > KIT_VERSION:
        raise MappingError(
            f"{file.name} was made by a newer version of this program, whose kit may ask more. "
            "Update the program, then read the file again."
        )
    clinic = str(about.get(CLINIC_ID) or "").strip()
    if not clinic:
        raise MappingError(
            f"{file.name}: the sheet {ABOUT_SHEET!r} does not say which clinic it is. Unprotect it "
            f"and write the clinic's id beside {CLINIC_ID!r}."
        )
    cut = _as_date(_pairs(file, GUIDE_SHEET).get(COMPLETE_TO))
    if cut is None:
        raise MappingError(
            f"{file.name} does not say up to which day its records are complete. Write the date "
            f"beside {COMPLETE_TO!r} on the sheet {GUIDE_SHEET!r}; it decides who is still in care."
        )
    filled = [form for form in FORMS if form is COURSE or _has_rows(file, form.sheet)]
    values: dict[str, Any] = {
        "name": KIT_MARK,
        "data_cut": cut,
        "source": [
            {"name": form.sheet, "format": "xlsx", "sheet": form.sheet}
            | ({"keys": [COURSE.questions[0].label]} if form is COURSE else {})
            for form in filled
        ],
        "tables": _tables(
            filled,
            title=lambda question: question.label,
            clinic={"constant": clinic},
            shared=lambda form: {"source": form.sheet},
        ),
        "codes": _codes(filled),
    }
    name = str(about.get(CLINIC_NAME) or "").strip()
    if name:
        values["clinic_names"] = {clinic: name}
    if about.get(NUMBERS_ARE) == PSEUDONYMS:
        values["privacy"] = {"ids": "keep"}
    if about.get(RECORDS_ARE) == INVENTED:
        values["assumptions"] = {"episodes": _INVENTED_NOTE}
    return values


def _redcap_mapping(file: Path) -> dict[str, Any]:
    header, delimiter = _redcap_header(file)
    cuts, forms = _read_redcap_cuts(file, header, delimiter)
    filled = [form for form in FORMS if form is COURSE or {form.name, form.sheet} & forms]
    case = COURSE.questions[0].name
    return {
        "name": KIT_MARK,
        "data_cut": cuts,
        "file": {"delimiter": delimiter, "date_format": "%Y-%m-%d"},
        "tables": _tables(
            filled,
            title=lambda question: case if _is_case(question) else question.name,
            clinic=REDCAP_CLINIC,
            shared=lambda form: {"rows": {REPEAT_FORM: _repeats(form)}},
            visit_number=REPEAT_NUMBER,
        ),
        "codes": _codes(filled),
    }


def _tables(
    forms: Iterable[Form],
    *,
    title: Callable[[Question], str],
    clinic: object,
    shared: Callable[[Form], dict[str, Any]],
    visit_number: str = "",
) -> dict[str, list[dict[str, Any]]]:
    """Make the sections of the tables, as many of each as there are forms and parts of forms."""
    sections: dict[tuple[str, str, int], dict[str, Any]] = defaultdict(dict)
    for form in forms:
        asked = form.questions if form.is_course else form.questions[2:]
        for question in asked:
            place = (form.name, question.table, question.part)
            if not sections[place]:
                sections[place] = shared(form) | _anchors(form, question.table, title)
                for column, value in form.constants.get(place[1:], {}).items():
                    sections[place][column] = {"constant": value}
            if question.instrument:
                scores = sections[place].setdefault("scores", {})
                scores[question.instrument] = title(question)
            else:
                sections[place][question.column] = _rule(question, title(question))
        if form.is_course:
            sections[form.name, "episodes", 0]["clinic_id"] = clinic
        if visit_number and (form.name, "visits", 0) in sections:
            sections[form.name, "visits", 0]["visit_number"] = visit_number
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (_, table, _), section in sections.items():
        tables[table].append(section)
    return dict(tables)


def _anchors(form: Form, table: str, title: Callable[[Question], str]) -> dict[str, Any]:
    """Say whose row it is: the patient of an episode; the episode and the day of all else."""
    if form.is_course:
        patient = next(q for q in form.questions if q.column == "patient_id")
        return {"patient_id": title(patient)} if table == "episodes" else {}
    case, day = form.questions[:2]
    days = {"visits": "visit_day", "assessments": "assessed_day", "outcomes": "measured_day"}
    return {"episode_id": title(case), days[table]: _rule(day, title(day))}


def _rule(question: Question, column: str) -> object:
    if question.asks_date and question.target.kind != "date":
        return {"days_from_start": column}
    return column


def _codes(forms: Iterable[Form]) -> dict[str, dict[str, Any]]:
    """Accept each answer as the list shows it, as a code and as a label."""
    codes: dict[str, dict[str, Any]] = {}
    for question in (question for form in forms for question in form.questions):
        for choice in question.choices:
            texts = dict.fromkeys((choice.option, choice.code, choice.label), choice.value)
            codes.setdefault(question.codes_name, {}).update(texts)
    return codes


def _is_case(question: Question) -> bool:
    return question.column == "episode_id"


def redcap_questions(form: Form) -> tuple[Question, ...]:
    """List the questions of a form that have a field in REDCap.

    Parameters
    ----------
    form : Form
        The form.

    Returns
    -------
    tuple of Question
        All but the case number of repeated forms, which is the record's own id.
    """
    return tuple(q for q in form.questions if form.is_course or not _is_case(q))


def _repeats(form: Form) -> list[str]:
    return [""] if form.is_course else [form.name, form.sheet]


def _sheet_names(file: Path) -> list[str]:
    """Read the names of a workbook's sheets, and nothing else of it."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open("xl/workbook.xml") as part:
            found = _SHEET_NAME.findall(part.read(_MOST_BYTES))
    except _NO_ARCHIVE:
        return []
    return [name.decode("utf-8", errors="replace") for name in found]


def _redcap_header(file: Path) -> tuple[list[str], str]:
    """Read the first line of a text file by the delimiter that parts it into most cells."""
    try:
        with file.open("rb") as opened:
            line = opened.readline(_MOST_BYTES).decode("utf-8-sig", errors="replace")
    except OSError:
        return [], ","
    headers = {sign: line.strip().replace('"', "").split(sign) for sign in (",", ";", "\t")}
    delimiter = max(headers, key=lambda sign: len(headers[sign]))
    return headers[delimiter], delimiter


def _read_redcap_cuts(
    file: Path, header: list[str], delimiter: str
) -> tuple[dt.date | dict[str, dt.date], set[str]]:
    """Find the latest date to which each clinic is complete, and the forms that occur."""
    cuts: dict[str, dt.date | None] = {}
    forms = set()
    for row in _redcap_rows(file, header, delimiter):
        forms.add(row[REPEAT_FORM])
        clinic = row[REDCAP_CLINIC]
        if clinic:
            told = (_as_date(row[REDCAP_COMPLETE_TO]), cuts.get(clinic))
            cuts[clinic] = max((date for date in told if date is not None), default=None)
    if not cuts or None in cuts.values():
        raise MappingError(
            f"{file.name} does not say for every clinic up to which day its records are complete. "
            f"Fill in {REDCAP_COMPLETE_TO} on one record of each clinic; the latest date counts."
        )
    dated = {clinic: cut for clinic, cut in cuts.items() if cut is not None}
    return (next(iter(dated.values())) if len({*dated.values()}) == 1 else dated), forms


def _redcap_rows(file: Path, header: list[str], delimiter: str) -> Iterator[dict[str, str]]:
    """Read the few columns that say which clinic and which form a row is about."""
    asked = {name: header.index(name) for name in (REPEAT_FORM, REDCAP_CLINIC, REDCAP_COMPLETE_TO)}
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        rows = csv.reader(text, delimiter=delimiter)
        try:
            next(rows, None)
            for row in rows:
                if len(row) == len(header):  # any other row is a finding when the file is read
                    yield {name: row[at].strip() for name, at in asked.items()}
        except csv.Error as error:
            raise MappingError(
                f"{file.name}: line {rows.line_num} cannot be read ({error}). Export the project "
                "again as CSV (raw data)."
            ) from None


def _pairs(file: Path, sheet: str) -> dict[str, Any]:
    """Read a sheet of words and what stands beside them."""
    return {str(row[0]).strip(): row[1] for row in _cells(file, sheet) if len(row) > 1}


def _has_rows(file: Path, sheet: str) -> bool:
    return any(str(cell).strip() for row in _cells(file, sheet)[1:] for cell in row)


def _cells(file: Path, sheet: str) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(str(file)) as book:
            cells: list[list[Any]] = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise MappingError(
            f"{file.name} cannot be read as a workbook. Open it in your spreadsheet program, save "
            "it again as .xlsx, and name that file."
        ) from error
    return cells


def _number(cell: object) -> float:
    try:
        return float(str(cell))
    except ValueError:
        return 0.0


def _as_date(cell: object) -> dt.date | None:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    try:
        return dt.date.fromisoformat(str(cell or "").strip()[:10])
    except ValueError:
        return None


__all__ = ["capture_mapping", "recognise_kit", "redcap_questions"]
