"""What is kept of each patient while care goes on, and what is left of it at the end."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE
from hinge_outcomes.simulation.departures import STAYS
from hinge_outcomes.simulation.observation import Scores, join_scores
from hinge_outcomes.simulation.pain import NEVER
from hinge_outcomes.simulation.paths import LONG_AGO
from hinge_outcomes.simulation.people import IntArray, People
from hinge_outcomes.simulation.streams import FloatArray

BoolArray = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]

MISSING = -1
"""Stands for null in columns of whole numbers."""

STAGE_NUMBERS = np.arange(FIRST_STAGE, LAST_STAGE + 1)

VISIT_COLUMNS = ("who", "day", "number", "status", "clinician", "home_days")
ASSESSMENT_COLUMNS = ("who", "day", "stage", "level", "is_working", "load")

_UNKNOWN_NPRS = 5.0  # what the clinician goes by until a score is recorded


@dataclass(frozen=True, slots=True)
class Care:
    """Hold what happened to a run of patients; patients are counted from the run's first.

    Parameters
    ----------
    end_day, end_reason : ndarray of int
        Per patient; -1 while open.
    left_day, mastered_day : ndarray of int
        Per patient: day of leaving unplanned, and day the target stage became automatic; a day
        after any record where it did not happen.
    last_nprs : ndarray of float
        Per patient: last NPRS recorded in care.
    visits : dict of str to ndarray
        who, day, number, status, clinician, home_days (-1 for none).
    assessments : dict of str to ndarray
        who, day, stage, level (-1 for none), is_working, load (nan for none).
    scores : Scores
        NPRS and ODI recorded in care.
    """

    end_day: IntArray
    end_reason: IntArray
    left_day: IntArray
    mastered_day: IntArray
    last_nprs: FloatArray
    visits: dict[str, Column]
    assessments: dict[str, Column]
    scores: Scores


@dataclass(slots=True)
class CareState:
    """Hold what is known of each patient so far; changed as the appointments go by.

    Attributes
    ----------
    stage : ndarray of int
        Working stage.
    done : ndarray of shape (n, 10)
        Days of practice per stage.
    last_automatic : ndarray of shape (n, 10)
        Day of the stage's last rating if it was automatic, otherwise long ago.
    is_confirmed : ndarray of bool
        Whether mastery of the target stage is documented.
    day : ndarray of int
        Day of the next appointment.
    last_attended, n_visits : ndarray of int
        Day of the last visit attended, and how many were.
    last_nprs, nprs_day, odi_day : ndarray
        Last recorded NPRS, and days of the last recorded scores.
    still_missed : ndarray of int
        Appointments still on the books of someone who has left.
    end_day, end_reason, left_day, mastered_day : ndarray of int
        As in `Care`.
    """

    stage: IntArray
    done: FloatArray
    last_automatic: IntArray
    is_confirmed: BoolArray
    day: IntArray
    last_attended: IntArray
    n_visits: IntArray
    last_nprs: FloatArray
    nprs_day: IntArray
    odi_day: IntArray
    still_missed: IntArray
    end_day: IntArray
    end_reason: IntArray
    left_day: IntArray
    mastered_day: IntArray


@dataclass(slots=True)
class CareLog:
    """Hold the rows written so far, appointment by appointment.

    Attributes
    ----------
    visits, assessments : list of tuple
        Columns in the order of ``VISIT_COLUMNS`` and ``ASSESSMENT_COLUMNS``.
    scores : list of Scores
        NPRS and ODI.
    """

    visits: list[tuple[Column, ...]] = field(default_factory=list)
    assessments: list[tuple[Column, ...]] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)


def first_day(people: People, head_start: float) -> CareState:
    """Put every patient at the entry stage on day 0.

    Parameters
    ----------
    people : People
        The patients.
    head_start : float
        Share of the learning done at the stages below the entry stage.

    Returns
    -------
    CareState
        Ready for the first visit.
    """
    n = len(people.entry)
    is_below = people.entry[:, None] > STAGE_NUMBERS
    zero = np.zeros(n, dtype=np.int64)
    return CareState(
        stage=people.entry.copy(),
        done=np.where(is_below, head_start * people.dwell, 0.0),
        last_automatic=np.full((n, 10), LONG_AGO, dtype=np.int64),
        is_confirmed=np.zeros(n, dtype=bool),
        day=zero.copy(),
        last_attended=zero.copy(),
        n_visits=zero.copy(),
        last_nprs=np.full(n, _UNKNOWN_NPRS),
        nprs_day=np.full(n, LONG_AGO, dtype=np.int64),
        odi_day=np.full(n, LONG_AGO, dtype=np.int64),
        still_missed=zero.copy(),
        end_day=np.full(n, MISSING, dtype=np.int64),
        end_reason=np.full(n, STAYS, dtype=np.int64),
        left_day=np.full(n, NEVER, dtype=np.int64),
        mastered_day=np.full(n, NEVER, dtype=np.int64),
    )


def finished_care(state: CareState, log: CareLog) -> Care:
    """Put together what is left when nobody has a further appointment.

    Parameters
    ----------
    state : CareState
        The patients at the end.
    log : CareLog
        All rows written.

    Returns
    -------
    Care
        Ends and records, patient by patient.
    """
    return Care(
        end_day=state.end_day,
        end_reason=state.end_reason,
        left_day=state.left_day,
        mastered_day=state.mastered_day,
        last_nprs=state.last_nprs,
        visits=_columns(log.visits, VISIT_COLUMNS),
        assessments=_columns(log.assessments, ASSESSMENT_COLUMNS),
        scores=join_scores(log.scores),
    )


def _columns(parts: list[tuple[Column, ...]], names: tuple[str, ...]) -> dict[str, Column]:
    """Put the rows of all appointments under each other, patient by patient."""
    columns = {
        name: np.concatenate([part[place] for part in parts]) for place, name in enumerate(names)
    }
    order = np.argsort(columns["who"], kind="stable")
    return {name: values[order] for name, values in columns.items()}
