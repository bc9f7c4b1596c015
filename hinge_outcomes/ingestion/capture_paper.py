"""The capture kit on paper: a printable sheet per course of care, as a tagged PDF."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from hinge_outcomes.cohort.atomic_files import write_whole
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.progression import MASTERY_LEVELS, PHASES, STAGES
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.capture_forms import COURSE, QUESTIONNAIRE, VISIT, Form, Question

PAPERS = ("a4", "letter")

_TEMPLATE = Path(__file__).with_name("templates") / "capture.typ"
_MADE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same sheet on every day
_VISITS = 8
_SCORE_ROWS = 9

_SEEN = (
    "cannot do it, even when shown and told how",
    "does it while being cued, by voice or by hand",
    "does it without cues while thinking about it",
    "does it by default, also when something unexpected happens",
)

_NOTES = (
    "One column per appointment, also where it was missed or cancelled.",
    "Rate every stage that was tried that day; leave the others empty. Write the load beside it.",
    "Working stage: where the patient stands from this visit on. Other ratings are warm-ups.",
    "What is not known stays empty. No names: only the case number and the patient number.",
    "After eight visits take a second sheet with the same case number.",
    f"To type it in: boxes and circles in front are a row on the sheet {COURSE.sheet}, each column "
    f"is a row on {VISIT.sheet}, and scores from this page go to {QUESTIONNAIRE.sheet}.",
)


def write_capture_paper(
    path: str | os.PathLike[str],
    *,
    clinic_name: str = "",
    paper: str = "a4",
) -> Path:
    """Write the printable form on which a clinician records a course of care by hand.

    Parameters
    ----------
    path : path
        PDF file to write; an older one is replaced.
    clinic_name : str, default ""
        Printed at the head.
    paper : {"a4", "letter"}
        The size of the page.

    Returns
    -------
    Path
        The file: two pages, to be printed on both sides of one sheet.

    Raises
    ------
    DataError
        If the paper is unknown, or the page cannot be set.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> write_capture_paper(Path(folder.name, "form.pdf"), clinic_name="Alder Street").name
    'form.pdf'
    >>> folder.cleanup()
    """
    import typst

    from hinge_outcomes.plotting import font_folder

    if paper not in PAPERS:
        raise DataError(f"The paper of a form is {' or '.join(PAPERS)}, not {paper!r}.")
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(font_folder())],
    )
    compiler = typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, font_paths=fonts)
    try:
        pdf = compiler.compile(
            format="pdf",
            sys_inputs={"kit": json.dumps(_content(clinic_name, paper), ensure_ascii=False)},
            pdf_standards="ua-1",
            timestamp=_MADE,
        )
    except typst.TypstError as error:
        raise DataError(f"The form could not be made: {error.message}.") from None
    if not isinstance(pdf, bytes):
        raise DataError("The form could not be made: typst returned no single file.")
    return write_whole(path, pdf)


def _content(clinic_name: str, paper: str) -> dict[str, Any]:
    """Gather the words of the form from the declarations."""
    course = {question.column: question for question in COURSE.questions}
    firsts = [next(stage for stage in STAGES if stage.phase == phase) for phase in PHASES]
    statuses = next(q for q in VISIT.questions if q.column == "status").choices
    return {
        "title": "Hip hinge record",
        "clinic": clinic_name,
        "paper": paper,
        "visits": _VISITS,
        "score_rows": _SCORE_ROWS,
        "fields": [q.label for q in COURSE.questions if _is_written(q)],
        "choices": [
            [q.label, [choice.label for choice in q.choices]]
            for q in COURSE.questions
            if q.target.kind == "code" and q.column != "end_reason"
        ],
        "statuses": [
            {"sign": choice.label[0].upper(), "label": choice.label} for choice in statuses
        ],
        "stages": [
            {
                "number": stage.number,
                "name": stage.name,
                "purpose": stage.purpose,
                "phase": stage.phase if stage in firsts else "",
            }
            for stage in STAGES
        ],
        "breaks": [stage.number - 1 for stage in firsts],
        "levels": [
            {"number": number, "name": level, "meaning": meaning}
            for number, (level, meaning) in enumerate(zip(MASTERY_LEVELS, _SEEN, strict=True))
        ],
        "scores": [*_row(VISIT, "home_exercise_days"), *_row(VISIT, "score")],
        "closing": {
            "date": course["end_day"].label,
            "label": course["end_reason"].label,
            "options": [choice.label for choice in course["end_reason"].choices],
        },
        "instruments": [
            {"name": tool.name, "range": f"{tool.minimum:g} to {tool.maximum:g}"}
            for tool in INSTRUMENTS.values()
        ],
        "notes": list(_NOTES),
    }


def _is_written(question: Question) -> bool:
    """Tell whether an answer is written into a box at the head: not chosen, and no closing date."""
    return question.target.kind != "code" and question.column != "end_day"


def _row(form: Form, column: str) -> list[dict[str, str]]:
    return [
        {"name": q.label, "hint": INSTRUMENTS[q.instrument].measures if q.instrument else "of 7"}
        for q in form.questions
        if q.column == column
    ]


__all__ = ["PAPERS", "write_capture_paper"]
