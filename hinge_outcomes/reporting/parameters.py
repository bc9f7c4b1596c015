"""What each report can be asked: its parameters, their types, and the checks before any kernel."""

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter, last_complete_quarter
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import DataError, ParameterError

Kind = Literal["folder", "clinic", "quarter", "choice", "text", "whole number", "yes or no"]


@dataclass(frozen=True, slots=True)
class ReportParameter:
    """Describe one thing a report can be asked.

    Parameters
    ----------
    name : str
        The name, on the command line and in the notebook's parameters cell.
    kind : str
        "folder", "clinic", "quarter", "choice", "text", "whole number" or "yes or no".
    default : object
        The value where none is given; None means it follows from the records (see `help`).
    help : str
        One line for people.
    choices : tuple
        The allowed values; empty where any value of the kind will do.
    is_for_notebook : bool
        False where only the faces need it, as the paper size.
    """

    name: str
    kind: Kind
    default: Any
    help: str
    choices: tuple[Any, ...] = ()
    is_for_notebook: bool = True


@dataclass(frozen=True, slots=True)
class ReportDefinition:
    """Describe one report.

    Parameters
    ----------
    name : str
        The name, on the command line and in file names.
    title : str
        What people call it.
    notebook : str
        The packaged notebook that makes it, without ``.ipynb``.
    parameters : tuple of ReportParameter
        What it can be asked.
    help : str
        One line for people.
    """

    name: str
    title: str
    notebook: str
    parameters: tuple[ReportParameter, ...]
    help: str = ""

    def names(self) -> tuple[str, ...]:
        """List the parameters by name.

        Returns
        -------
        tuple of str
            In the order of their declaration.
        """
        return tuple(item.name for item in self.parameters)


_COHORT = ReportParameter(
    "cohort", "folder", None, "the folder of the records; set by the cohort that is given"
)
_CLINIC = ReportParameter("clinic_id", "clinic", None, "one clinic; all clinics if not given")
_ONE_CLINIC = ReportParameter(
    "clinic_id", "clinic", None, "the clinic; may be left out if the records hold only one"
)
_CLINIC_NAME = ReportParameter(
    "clinic_name", "text", None, "what the page calls the clinic; else the name in the records"
)
_QUARTER = ReportParameter(
    "quarter", "quarter", None, "as 2026Q3; the last complete quarter if not given"
)
_AUDIENCE = ReportParameter(
    "audience",
    "choice",
    "release",
    "release hides small counts; internal shows all and is marked on every page",
    ("release", "internal"),
)
_PAPER = ReportParameter(
    "paper", "choice", "a4", "paper of the PDF", ("a4", "letter"), is_for_notebook=False
)
_SHARED = (_AUDIENCE, _PAPER)

REPORTS: dict[str, ReportDefinition] = {
    item.name: item
    for item in (
        ReportDefinition(
            "quarterly-outcomes",
            "Quarterly outcomes",
            "quarterly-outcomes",
            (_COHORT, _ONE_CLINIC, _CLINIC_NAME, _QUARTER, *_SHARED),
            "what a clinic director reads once a quarter",
        ),
        ReportDefinition(
            "time-to-mastery",
            "Time to mastery",
            "time-to-mastery",
            (
                _COHORT,
                _CLINIC,
                ReportParameter(
                    "stage",
                    "choice",
                    "target",
                    "the stage to master",
                    ("target", *(str(number) for number in range(1, 11))),
                ),
                ReportParameter(
                    "kind",
                    "choice",
                    "first",
                    "which mastery counts",
                    ("first", "maintained", "durable"),
                ),
                ReportParameter("horizon_day", "whole number", 365, "days followed"),
                *_SHARED,
            ),
            "how long mastery takes, with competing ends",
        ),
        ReportDefinition(
            "pain-reduction",
            "Pain reduction",
            "pain-reduction",
            (
                _COHORT,
                _CLINIC,
                ReportParameter(
                    "instrument", "choice", "nprs", "the questionnaire", tuple(INSTRUMENTS)
                ),
                ReportParameter(
                    "at_day", "choice", 91, "the follow-up, in days", (42, 91, 182, 364)
                ),
                *_SHARED,
            ),
            "how much pain falls, and for how many it matters",
        ),
        ReportDefinition(
            "cohort-profile",
            "Cohort profile",
            "cohort-profile",
            (_COHORT, _CLINIC, *_SHARED),
            "who the patients are, beside published figures",
        ),
        ReportDefinition(
            "data-quality",
            "Data quality",
            "data-quality",
            (_COHORT, _CLINIC, *_SHARED),
            "what the records hold, what is missing, and what looks odd",
        ),
        ReportDefinition(
            "getting-started",
            "Getting started",
            "getting-started",
            (_COHORT, _CLINIC, *_SHARED),
            "a first walk through the toolkit",
        ),
    )
}


def find_report(name: str) -> ReportDefinition:
    """Find a report by its name.

    Parameters
    ----------
    name : str
        Such as "quarterly-outcomes".

    Returns
    -------
    ReportDefinition
        What it can be asked.

    Raises
    ------
    ParameterError
        If there is no such report; a near name is suggested.

    Examples
    --------
    >>> find_report("pain-reduction").title
    'Pain reduction'
    """
    if name not in REPORTS:
        raise ParameterError(
            f"There is no report {name!r}.{_suggestion(name, REPORTS)} "
            f"The reports are: {', '.join(REPORTS)}."
        )
    return REPORTS[name]


def check_parameters(
    definition: ReportDefinition, given: Mapping[str, Any], cohort: Cohort
) -> None:
    """Raise if a report cannot be asked this of these records; no kernel is started for it.

    Parameters
    ----------
    definition : ReportDefinition
        The report.
    given : mapping
        Parameter names and values; values may be text, as a command line gives them.
    cohort : Cohort
        The records.

    Raises
    ------
    ParameterError
        For an unknown name, a wrong type, an unknown clinic, or a quarter in which nobody started;
        near names are suggested.
    """
    complete_parameters(definition, given, cohort)


def complete_parameters(
    definition: ReportDefinition, given: Mapping[str, Any], cohort: Cohort
) -> dict[str, Any]:
    """Check what a report is asked and fill in what follows from the records.

    Parameters
    ----------
    definition : ReportDefinition
        The report.
    given : mapping
        Parameter names and values, as for `check_parameters`.
    cohort : Cohort
        The records.

    Returns
    -------
    dict
        Every parameter of the report except ``cohort``, with its value; None means all clinics.

    Raises
    ------
    ParameterError
        As for `check_parameters`.
    """
    names = definition.names()
    for name in given:
        if name not in names:
            raise ParameterError(
                f"The report {definition.name} has no parameter {name!r}."
                f"{_suggestion(name, names)} It has: {', '.join(names)}."
            )
    values = {
        item.name: _typed(item, given[item.name])
        if given.get(item.name) is not None
        else item.default
        for item in definition.parameters
        if item.name != _COHORT.name
    }
    if "clinic_id" in values:
        is_required = _ONE_CLINIC in definition.parameters
        values["clinic_id"] = _clinic(values["clinic_id"], cohort, is_required)
    if "clinic_name" in values and values["clinic_name"] is None:
        values["clinic_name"] = cohort.clinic_name(values["clinic_id"])
    if "quarter" in values:
        values["quarter"] = _quarter(values["quarter"], cohort, values.get("clinic_id"))
    return values


def _typed(item: ReportParameter, value: Any) -> Any:
    typed = _converted(item.kind, value, item.choices)
    if typed is None or (item.choices and typed not in item.choices):
        allowed = ", ".join(map(str, item.choices)) if item.choices else _EXPECTED[item.kind]
        hint = _suggestion(str(value), map(str, item.choices))
        raise ParameterError(
            f"The parameter {item.name} cannot be {value!r}.{hint} Allowed: {allowed}."
        )
    return typed


_EXPECTED = {
    "folder": "the folder of a cohort",
    "clinic": "the id of a clinic, as text",
    "quarter": "a year and Q1 to Q4, as 2026Q3",
    "choice": "one of its choices",
    "text": "text that is not empty",
    "whole number": "a whole number from 1 up",
    "yes or no": "true or false",
}


def _converted(kind: Kind, value: Any, choices: tuple[Any, ...]) -> Any:
    """Return the value in the parameter's own type, or None where it has another."""
    if kind == "yes or no":
        return value if isinstance(value, bool) else _YES_NO.get(str(value).lower())
    if isinstance(value, bool):
        return None
    if kind == "whole number":
        return _whole(value)
    if kind == "choice":
        return next((choice for choice in choices if str(choice) == str(value)), None)
    if kind == "quarter" and isinstance(value, Quarter):
        return str(value)
    if isinstance(value, (str, os.PathLike)) and str(value).strip():
        return str(value)
    return None


_YES_NO = {"true": True, "yes": True, "false": False, "no": False}


def _whole(value: Any) -> int | None:
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if number >= 1 else None


def _clinic(clinic_id: str | None, cohort: Cohort, is_required: bool) -> str | None:
    clinics = cohort.clinics
    if not clinics:
        raise ParameterError("The records hold no episode, so there is nothing to report.")
    if clinic_id is None:
        if not is_required:
            return None
        if len(clinics) == 1:
            return clinics[0]
        raise ParameterError(
            "This report is about one clinic; say which: clinic_id=, or --clinic on the command "
            f"line. There are: {_some(clinics)}."
        )
    if clinic_id not in clinics:
        raise ParameterError(
            f"There is no clinic {clinic_id!r} in these records."
            f"{_suggestion(clinic_id, clinics)} There are: {_some(clinics)}."
        )
    return clinic_id


def _quarter(text: str | None, cohort: Cohort, clinic_id: str | None) -> str:
    if cohort.is_deidentified:
        raise ParameterError(
            "These records are de-identified: they keep the year of a start, not its quarter. "
            "Make this report from the clinic's own records."
        )
    try:
        quarter = (
            last_complete_quarter(cohort.cut_of(clinic_id)) if text is None else Quarter.parse(text)
        )
    except DataError as error:
        raise ParameterError(f"The parameter quarter: {error}") from None
    episodes = cohort.episodes
    if clinic_id is not None:
        episodes = episodes[episodes["clinic_id"] == clinic_id]
    filled = sorted({Quarter.of(day) for day in episodes["start_date"].dt.date})
    if quarter not in filled:
        # An ordinal distance, so that the nearest quarter with records is the one offered.
        nearest = min(filled, key=lambda item: abs(_ordinal(item) - _ordinal(quarter)))
        whose = "these records" if clinic_id is None else f"clinic {clinic_id}"
        raise ParameterError(
            f"Nobody in {whose} started care in {quarter}. Did you mean {nearest}? "
            f"The records hold starts from {filled[0]} to {filled[-1]}."
        )
    return str(quarter)


def _ordinal(quarter: Quarter) -> int:
    return 4 * quarter.year + quarter.number


def _suggestion(found: str, allowed: Iterable[str]) -> str:
    by_lower = {name.lower(): name for name in allowed}
    near = difflib.get_close_matches(str(found).lower(), list(by_lower), n=1, cutoff=0.5)
    return f" Did you mean {by_lower[near[0]]!r}?" if near else ""


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
