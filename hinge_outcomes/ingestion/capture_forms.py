"""What the capture kit asks: four forms whose questions are columns of the five tables.

Codes, ranges and explanations come from the tables' declarations; only the words a clinician reads
at the head of a column, and the order in which things are asked, are written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hinge_outcomes.cohort.tables import SCHEMAS
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.progression import MASTERY_LEVELS, STAGES
from hinge_outcomes.ingestion.targets import Target, list_targets

KIT_VERSION = 1

_TARGETS = {table: list_targets(table) for table in SCHEMAS}


@dataclass(frozen=True, slots=True)
class Choice:
    """Offer one answer of a drop-down list.

    Parameters
    ----------
    value : object
        What is stored.
    code : str
        How an export of codes writes it.
    label : str
        What it is called.
    """

    value: Any
    code: str
    label: str

    @property
    def option(self) -> str:
        """Give what the list shows: a number comes with its name.

        Returns
        -------
        str
            Such as "9 KB Swing", or "goals met".
        """
        is_numbered = self.code.isdigit() and not isinstance(self.value, bool)
        return f"{self.code} {self.label}" if is_numbered else self.label


@dataclass(frozen=True, slots=True)
class Question:
    """Ask for one column of the five tables.

    Parameters
    ----------
    name : str
        Name of the field in REDCap, unlike any other.
    label : str
        Head of the column on the sheet, unlike any other on it.
    table, column : str
        What the answer fills.
    part : int, default 0
        Which of several rows of the table it belongs to, where a form fills more than one.
    instrument : str, default ""
        The questionnaire, where the answer is its score.
    hint : str, default ""
        What to write, where the declaration says it to programmers alone.
    """

    name: str
    label: str
    table: str
    column: str
    part: int = 0
    instrument: str = ""
    hint: str = ""

    @property
    def target(self) -> Target:
        """Give the declaration of the column.

        Returns
        -------
        Target
            Kind, codes and range.
        """
        return _TARGETS[self.table][self.column]

    @property
    def is_case(self) -> bool:
        """Tell whether the case number is asked.

        Returns
        -------
        bool
            True for one question of every form.
        """
        return self.column == "episode_id"

    @property
    def asks_date(self) -> bool:
        """Tell whether a date is asked; a day is counted from the start when it is read.

        Returns
        -------
        bool
            True for dates and days.
        """
        return self.target.kind == "date" or self.column.endswith("_day")

    @property
    def choices(self) -> tuple[Choice, ...]:
        """List the answers to choose from.

        Returns
        -------
        tuple of Choice
            Empty where the answer is written.
        """
        if self.codes_name == "stage":
            return tuple(Choice(stage.number, str(stage.number), stage.name) for stage in STAGES)
        if self.column == "mastery_level":
            return tuple(Choice(n, str(n), level) for n, level in enumerate(MASTERY_LEVELS))
        if self.column == "instrument":
            return tuple(Choice(code, code, tool.name) for code, tool in INSTRUMENTS.items())
        if self.target.kind == "boolean":
            return (Choice(True, "1", "yes"), Choice(False, "0", "no"))
        return tuple(Choice(code, code, code.replace("_", " ")) for code in self.target.allowed)

    @property
    def codes_name(self) -> str:
        """Name the section of a mapping that holds the codes.

        Returns
        -------
        str
            The column, or "stage" for every column that holds a stage.
        """
        is_stage = self.column.endswith("stage") and self.target.kind == "integer"
        return "stage" if is_stage else self.column

    @property
    def bounds(self) -> tuple[float, float | None]:
        """Give the range of a number.

        Returns
        -------
        tuple
            Lowest and highest; None where there is no highest.
        """
        if self.instrument:
            tool = INSTRUMENTS[self.instrument]
            return tool.minimum, tool.maximum
        if self.column == "score":
            tools = INSTRUMENTS.values()
            return min(tool.minimum for tool in tools), max(tool.maximum for tool in tools)
        return self.target.minimum or 0.0, self.target.maximum

    @property
    def explanation(self) -> str:
        """Explain the question, where no hint is given as the declaration does.

        Returns
        -------
        str
            One or two sentences.
        """
        if self.hint:
            return self.hint
        if self.instrument:
            tool = INSTRUMENTS[self.instrument]
            return f"{tool.name}, {tool.minimum:g} to {tool.maximum:g}; empty if not asked."
        told = str(SCHEMAS[self.table].columns[self.column].description).replace("null", "empty")
        return told.replace("Day ", "Date ") if self.asks_date else told


@dataclass(frozen=True, slots=True)
class Form:
    """Put questions together that are answered at one occasion.

    Parameters
    ----------
    name : str
        Name of the instrument in REDCap.
    sheet : str
        Name of the sheet.
    purpose : str
        When a row is written.
    questions : tuple of Question
        In the order in which they are asked. The first two of a form about a day are the case
        number and the date.
    constants : mapping
        What a row of a table says without being asked: values by column, by (table, part).
    """

    name: str
    sheet: str
    purpose: str
    questions: tuple[Question, ...]
    constants: Mapping[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)

    @property
    def is_course(self) -> bool:
        """Tell whether a row is a course of care, and not something that happened in it.

        Returns
        -------
        bool
            True for one form.
        """
        return self.name == "course"

    @property
    def fields(self) -> tuple[Question, ...]:
        """List the questions that have a field in REDCap.

        Returns
        -------
        tuple of Question
            All but the case number of repeated forms, which is the record's own id.
        """
        return tuple(q for q in self.questions if self.is_course or not q.is_case)


_OWN_CASE = "A number for this course of care, unlike any other; a second course has another."
_CASE = "The case number as it stands on the first sheet."
_OWN_PATIENT = "The clinic's own number of the person, the same in every course. Never a name."
_STAFF = "A letter or initials, always written the same way."
_START = "The day on which this course of care began."
_SCORE = "The score as the form gives it; the ODI in percent."
_WORKING = "The stage at which the patient works from this visit on."
_WARM_UP = "A further stage that was tried and rated on that day, such as the warm-up."
_ITEMS = (
    "Usually empty. The answers in the order of the form, such as [3, null, 2]; null is a blank."
)


def _score(code: str) -> Question:
    tool = INSTRUMENTS[code]
    label = f"{code.upper()} ({tool.minimum:g}-{tool.maximum:g})"
    return Question(code, label, "outcomes", "score", instrument=code)


COURSE = Form(
    "course",
    "Patients",
    "One row per course of care, written when it begins and completed when it is closed.",
    (
        Question("case_number", "Case number", "episodes", "episode_id", hint=_OWN_CASE),
        Question("patient_number", "Patient number", "patients", "patient_id", hint=_OWN_PATIENT),
        Question("birth_year", "Year of birth", "patients", "birth_year"),
        Question("sex", "Sex", "patients", "sex"),
        Question("lead_clinician", "Clinician", "episodes", "clinician_id", hint=_STAFF),
        Question("start_date", "Start date", "episodes", "start_date", hint=_START),
        Question("entry_stage", "Entry stage", "episodes", "entry_stage"),
        Question("target_stage", "Target stage", "episodes", "target_stage"),
        Question("symptom_duration", "Symptom duration", "episodes", "symptom_duration"),
        Question("start_back_risk", "STarT Back class", "episodes", "start_back_risk"),
        Question("closed_on", "Closed on", "episodes", "end_day"),
        Question("closed_because", "Closed because", "episodes", "end_reason"),
    ),
)

VISIT = Form(
    "visit",
    "Visits",
    "One row per appointment, kept or not.",
    (
        Question("visit_case", "Case number", "visits", "episode_id", hint=_CASE),
        Question("visit_date", "Date", "visits", "visit_day"),
        Question("visit_status", "Status", "visits", "status"),
        Question("visit_clinician", "Clinician", "visits", "clinician_id", hint=_STAFF),
        Question("stage", "Working stage", "assessments", "stage", hint=_WORKING),
        Question("rating", "Rating", "assessments", "mastery_level"),
        Question("load_kg", "Load (kg)", "assessments", "load_kg"),
        Question("also_stage", "Also rated: stage", "assessments", "stage", part=1, hint=_WARM_UP),
        Question("also_rating", "Also rated: rating", "assessments", "mastery_level", part=1),
        Question("also_load_kg", "Also rated: load (kg)", "assessments", "load_kg", part=1),
        Question("home_exercise_days", "Home exercise days", "visits", "home_exercise_days"),
        _score("nprs"),
        _score("odi"),
    ),
    {
        ("assessments", 0): {"is_working_stage": True},
        ("assessments", 1): {"is_working_stage": False},
    },
)

RATING = Form(
    "rating",
    "More ratings",
    "Only if more than two stages were rated on one day, or one without a kept appointment.",
    (
        Question("rated_case", "Case number", "assessments", "episode_id", hint=_CASE),
        Question("rated_on", "Date", "assessments", "assessed_day"),
        Question("rated_stage", "Stage", "assessments", "stage"),
        Question("rated_level", "Rating", "assessments", "mastery_level"),
        Question("rated_load_kg", "Load (kg)", "assessments", "load_kg"),
        Question("rated_is_working", "Is working stage", "assessments", "is_working_stage"),
    ),
)

QUESTIONNAIRE = Form(
    "questionnaire",
    "Questionnaires",
    "One row per score of any other questionnaire, or of one filled in without an appointment.",
    (
        Question("score_case", "Case number", "outcomes", "episode_id", hint=_CASE),
        Question("score_date", "Date", "outcomes", "measured_day"),
        Question("score_instrument", "Questionnaire", "outcomes", "instrument"),
        Question("score", "Score", "outcomes", "score", hint=_SCORE),
        Question("score_items", "Answers", "outcomes", "items", hint=_ITEMS),
    ),
)

FORMS = (COURSE, VISIT, RATING, QUESTIONNAIRE)

__all__ = [
    "COURSE",
    "FORMS",
    "KIT_VERSION",
    "QUESTIONNAIRE",
    "RATING",
    "VISIT",
    "Choice",
    "Form",
    "Question",
]
