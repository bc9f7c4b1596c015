"""The capture kit as a REDCap project: its data dictionary, and how to set it up."""

import csv
import datetime as dt
import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.atomic_files import write_all_whole
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.ingestion.capture_facts import (
    REDCAP_CLINIC,
    REDCAP_COMPLETE_TO,
    REPEAT_FORM,
    REPEAT_NUMBER,
)
from hinge_outcomes.ingestion.capture_forms import COURSE, FORMS, VISIT, Form, Question
from hinge_outcomes.ingestion.capture_records import fill_forms

DICTIONARY_COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
"""The 18 columns of a REDCap data dictionary, in their order."""

DICTIONARY_FILE, SETUP_FILE, RECORDS_FILE = "dictionary.csv", "setup.txt", "records.csv"

_CHOICE_CODE = re.compile(r"[A-Za-z0-9_]+")
_COMPLETE_LABEL = "All records of the clinic are complete up to"
_COMPLETE_NOTE = "Fill in on any one record before each export; the clinic's latest date counts."


def write_capture_redcap(
    path: str | os.PathLike[str],
    *,
    clinic_names: Mapping[str, str] | None = None,
    cohort: Cohort | None = None,
) -> tuple[Path, ...]:
    """Write a REDCap project in which clinics record patients, visits and stages from now on.

    Its export of raw data is read by `hinge_outcomes.ingest` without a mapping.

    Parameters
    ----------
    path : path
        Folder for ``dictionary.csv``, which REDCap imports, and ``setup.txt``, which says how.
    clinic_names : mapping of str to str, optional
        Ids and names of the clinics to choose from; any text where there are none.
    cohort : Cohort, optional
        Records to begin with: they are written to ``records.csv`` for REDCap's import, which then
        holds patients' values.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    DataError
        If the cohort holds what the project does not ask.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> [file.name for file in write_capture_redcap(folder.name, clinic_names={"C01": "Alder"})]
    ['dictionary.csv', 'setup.txt']
    >>> folder.cleanup()
    """
    folder = Path(path)
    clinics = dict(clinic_names or {})
    if cohort is not None:
        clinics = {clinic: cohort.clinic_name(clinic) for clinic in cohort.clinics} | clinics
    entries = [entry for form in FORMS for entry in _entries(form, clinics)]
    contents: dict[Path, bytes | str] = {
        folder / DICTIONARY_FILE: _csv(DICTIONARY_COLUMNS, entries),
        folder / SETUP_FILE: _setup(has_records=cohort is not None),
    }
    if cohort is not None:
        names = [str(entry[DICTIONARY_COLUMNS[0]]) for entry in entries]
        header = (names[0], REPEAT_FORM, REPEAT_NUMBER, *names[1:])
        contents[folder / RECORDS_FILE] = _csv(header, _records(cohort))
    return tuple(write_all_whole(contents, is_private=cohort is not None).values())


def _entries(form: Form, clinics: Mapping[str, str]) -> list[dict[str, Any]]:
    """Describe the fields of one form."""
    entries = [_entry(form, question) for question in form.fields]
    if form.is_course:
        # After the two numbers that say whose course it is.
        entries.insert(2, _clinic_entry(form, clinics))
        entries.append(
            _line(
                form, REDCAP_COMPLETE_TO, "text", _COMPLETE_LABEL,
                note=_COMPLETE_NOTE, validation="date_ymd", section="Before an export",
            )
        )  # fmt: skip
    return entries


def _entry(form: Form, question: Question) -> dict[str, Any]:
    kind, validation, low, high = "text", "", "", ""
    if question.choices:
        kind = "radio" if len(question.choices) <= 4 else "dropdown"
    elif question.asks_date:
        validation = "date_ymd"
    elif question.target.kind in ("integer", "number"):
        validation = question.target.kind
        lowest, highest = question.bounds
        low, high = f"{lowest:g}", "" if highest is None else f"{highest:g}"
    return _line(
        form,
        question.name,
        kind,
        question.label,
        choices=" | ".join(f"{choice.code}, {choice.label}" for choice in question.choices),
        note=question.explanation,
        validation=validation,
        low=low,
        high=high,
        identifier="y" if question.column in ("patient_id", "episode_id") else "",
        branching=_branching(form, question),
        required="y" if question.target.is_required and not _is_optional(form, question) else "",
    )


def _is_optional(form: Form, question: Question) -> bool:
    """Tell whether a question belongs to a rating or score that a visit need not have."""
    return question.table != form.questions[0].table and not form.is_course


def _branching(form: Form, question: Question) -> str:
    """Show what only makes sense once another question is answered."""
    if question.column == "end_reason":
        return "[closed_on] <> ''"
    if form is VISIT and question.table == "assessments" and question.column != "stage":
        return "[stage] <> ''" if question.part == 0 else "[also_stage] <> ''"
    if form is VISIT and question.table in ("assessments", "outcomes"):
        return "[visit_status] = 'attended'"
    return ""


def _clinic_entry(form: Form, clinics: Mapping[str, str]) -> dict[str, Any]:
    can_choose = bool(clinics) and all(_CHOICE_CODE.fullmatch(clinic) for clinic in clinics)
    choices = [f"{clinic}, {name or clinic}" for clinic, name in clinics.items()]
    return _line(
        form,
        REDCAP_CLINIC,
        "dropdown" if can_choose else "text",
        "Clinic",
        choices=" | ".join(choices) if can_choose else "",
        note="" if can_choose else "The clinic's id, always written the same way.",
        required="y",
        annotation=f"@DEFAULT='{next(iter(clinics))}'" if can_choose and len(clinics) == 1 else "",
    )


def _line(
    form: Form,
    name: str,
    kind: str,
    label: str,
    *,
    choices: str = "",
    note: str = "",
    validation: str = "",
    low: str = "",
    high: str = "",
    identifier: str = "",
    branching: str = "",
    required: str = "",
    section: str = "",
    annotation: str = "",
) -> dict[str, Any]:
    """Write one line of the dictionary."""
    cells = (
        name, form.name, section, kind, label, choices, note, validation, low, high, identifier,
        branching, required, "", "", "", "", annotation,
    )  # fmt: skip
    return dict(zip(DICTIONARY_COLUMNS, cells, strict=True))


def _setup(*, has_records: bool) -> str:
    repeating = "\n".join(
        f"   - {form.name}: {form.purpose[0].lower()}{form.purpose[1:]}" for form in FORMS[1:]
    )
    steps = [
        "Create an empty project (classic, not longitudinal), or ask your REDCap administrator to.",
        f"Project Setup > Data Dictionary: upload {DICTIONARY_FILE} and commit the changes.",
        "Project Setup > Enable optional modules > Repeating instruments: tick these three, and no "
        f"other:\n{repeating}",
        f"Leave the form {COURSE.name!r} as it is: one per record. A record is one course of care, "
        "and its id is the case number. A second course of the same patient is a second record "
        "with the same patient number.",
        "Type numbers only. Names, phone numbers and notes have no place here; patient_number and "
        "case_number are marked as identifiers.",
        f"Before an export, fill in {_COMPLETE_LABEL!r} on one record of each clinic.",
        "Data Exports > CSV (raw data), all fields, with the repeating columns. Then:\n"
        "   hinge ingest the-export.csv --out records",
    ]
    if has_records:
        steps.insert(
            3, f"Data Import Tool: upload {RECORDS_FILE}, which holds your records so far."
        )
    lines = "\n\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    return f"How to set up the hip hinge project in REDCap\n\n{lines}\n"


def _records(cohort: Cohort) -> list[dict[str, Any]]:
    """Write a cohort as REDCap's import takes it: the record, then its repeated forms."""
    rows = fill_forms(cohort)
    cuts = {clinic: cohort.cut_of(clinic).isoformat() for clinic in cohort.clinics}
    case = COURSE.questions[0].name
    records = []
    for form in FORMS:
        frame = rows[form.name]
        cases = frame[form.questions[0].name]
        numbers = frame.get("visit_number", cases.groupby(cases).cumcount() + 1)
        cells = {
            question.name: [_cell(question, value) for value in frame[question.name]]
            for question in form.fields
        }
        cells[case] = list(cases)
        if form.is_course:
            cells[REDCAP_CLINIC] = list(frame["clinic"])
            cells[REDCAP_COMPLETE_TO] = [cuts[clinic] for clinic in frame["clinic"]]
        else:
            cells[REPEAT_FORM] = [form.name] * len(frame)
            cells[REPEAT_NUMBER] = [str(number) for number in numbers]
        records.append(pd.DataFrame(cells, dtype="object"))
    frame = pd.concat(records, ignore_index=True).sort_values(case, kind="stable")
    return [dict(row) for row in frame.fillna("").to_dict("records")]


def _cell(question: Question, value: Any) -> str:
    if value is None:
        return ""
    if question.choices:
        return next(choice.code for choice in question.choices if choice.value == value)
    if isinstance(value, (dt.datetime, dt.date)):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _csv(header: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


__all__ = ["DICTIONARY_COLUMNS", "write_capture_redcap"]
