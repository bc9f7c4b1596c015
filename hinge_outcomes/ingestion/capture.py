"""Recognise a filled capture kit, and say without a mapping file how it fills the five tables."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.capture_facts import (
    ABOUT_SHEET,
    GUIDE_SHEET,
    KIT_MARK,
    REDCAP_CLINIC,
    REDCAP_COMPLETE_TO,
    REPEAT_FORM,
    REPEAT_NUMBER,
    KitFacts,
    read_redcap_facts,
    read_workbook_facts,
    sheet_names,
    text_header,
)
from hinge_outcomes.ingestion.capture_forms import COURSE, FORMS, Form, Question

_INVENTED_NOTE = "These patients are invented: a capture kit was filled from a simulation."
_DAYS = {"visits": "visit_day", "assessments": "assessed_day", "outcomes": "measured_day"}


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
    if {ABOUT_SHEET, GUIDE_SHEET, *(form.sheet for form in FORMS)} <= sheet_names(file):
        return "xlsx"
    asked = {question.name for form in FORMS for question in form.fields}
    asked |= {REPEAT_FORM, REPEAT_NUMBER, REDCAP_CLINIC, REDCAP_COMPLETE_TO}
    return "redcap" if asked <= {*text_header(file)[0]} else None


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
    DataError
        If the file is damaged.
    MappingError
        If it is no capture kit, is one of a newer version, or does not say up to when its
        records are complete.
    """
    file = Path(path)
    kind = recognise_kit(file)
    if kind is None:
        raise MappingError(
            f"{file.name} is no capture kit. Name a mapping that says what its columns mean, or "
            "propose one with hinge mapping draft."
        )
    if kind == "xlsx":
        return _workbook_mapping(read_workbook_facts(file))
    return _redcap_mapping(read_redcap_facts(file))


def _workbook_mapping(facts: KitFacts) -> dict[str, Any]:
    filled = _filled(facts)
    values: dict[str, Any] = {
        "name": KIT_MARK,
        "data_cut": facts.data_cut,
        "source": [
            {"name": form.sheet, "format": "xlsx", "sheet": form.sheet}
            | ({"keys": [COURSE.questions[0].label]} if form is COURSE else {})
            for form in filled
        ],
        "tables": _tables(
            filled,
            title=lambda question: question.label,
            clinic={"constant": facts.clinic_id},
            shared=lambda form: {"source": form.sheet},
        ),
        "codes": _codes(filled),
    }
    if facts.clinic_name:
        values["clinic_names"] = {facts.clinic_id: facts.clinic_name}
    if facts.has_pseudonyms:
        values["privacy"] = {"ids": "keep"}
    if facts.is_invented:
        values["assumptions"] = {"episodes": _INVENTED_NOTE}
    return values


def _redcap_mapping(facts: KitFacts) -> dict[str, Any]:
    filled = _filled(facts)
    case = COURSE.questions[0]
    return {
        "name": KIT_MARK,
        "data_cut": facts.data_cut,
        "file": {"format": "csv", "delimiter": facts.delimiter, "date_format": "%Y-%m-%d"},
        "tables": _tables(
            filled,
            title=lambda question: (case if question.is_case else question).name,
            clinic=REDCAP_CLINIC,
            shared=lambda form: {"rows": {REPEAT_FORM: _repeats(form)}},
            visit_number=REPEAT_NUMBER,
        ),
        "codes": _codes(filled),
    }


def _filled(facts: KitFacts) -> list[Form]:
    """Leave forms without rows out: a source that holds nothing would be a finding."""
    return [form for form in FORMS if form is COURSE or form.name in facts.forms]


def _repeats(form: Form) -> list[str]:
    return [""] if form.is_course else [form.name, form.sheet]


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
    return {"episode_id": title(case), _DAYS[table]: _rule(day, title(day))}


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


__all__ = ["capture_mapping", "recognise_kit"]
