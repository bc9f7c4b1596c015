"""How an episode ends: mastered, goals met, referred, closed for other reasons, or simply left."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.domain.states import END_REASONS
from hinge_outcomes.simulation.care_sections import Discharge, Loss
from hinge_outcomes.simulation.people import IntArray
from hinge_outcomes.simulation.streams import FloatArray

BoolArray = npt.NDArray[np.bool_]

STAYS = -1
"""Code of an episode that goes on."""

MASTERED, GOALS_MET, SELF_DISCHARGED, LOST, REFERRED, ADMINISTRATIVE = range(len(END_REASONS))
"""Codes of the ends, in the order of the table's categories."""

_MIDDLE_PAIN = 5.0  # probabilities are stated for a patient whose last recorded NPRS is 5
_NO_PAIN = 1.0  # the highest NPRS that counts as pain-free


def planned_end(
    discharge: Discharge,
    *,
    is_target_confirmed: BoolArray,
    n_visits: IntArray,
    last_nprs: FloatArray,
    u: FloatArray,
) -> IntArray:
    """Decide at an attended visit whether care ends there.

    Same-day precedence: mastered, goals met, referred, administrative.

    Parameters
    ----------
    discharge : Discharge
        The scenario's section.
    is_target_confirmed : ndarray of bool
        Whether mastery of the target stage is documented.
    n_visits : ndarray of int
        Attended visits, this one included.
    last_nprs : ndarray of float
        Last recorded NPRS.
    u : ndarray of shape (n, 4)
        Uniform draws.

    Returns
    -------
    ndarray of int
        Code of the end, or ``STAYS``.
    """
    referred = _probability(
        discharge.referred, discharge.referred_pain * (last_nprs - _MIDDLE_PAIN)
    )
    is_better = (n_visits >= discharge.goals_from_visit) & (last_nprs <= discharge.goals_pain)
    end = np.where(u[:, 3] < discharge.administrative, ADMINISTRATIVE, STAYS)
    end = np.where(u[:, 2] < referred, REFERRED, end)
    end = np.where(is_better & (u[:, 1] < discharge.goals_met), GOALS_MET, end)
    return np.where(is_target_confirmed & (u[:, 0] < discharge.after_mastery), MASTERED, end)


def leaves(
    loss: Loss, *, leaving: FloatArray, last_nprs: FloatArray, was_missed: BoolArray, u: FloatArray
) -> BoolArray:
    """Decide who does not come back after an appointment: those who hurt, or are pain-free.

    Parameters
    ----------
    loss : Loss
        The scenario's section; under "mcar" pain plays no part.
    leaving : ndarray of float
        The patient's log odds at NPRS 5.
    last_nprs : ndarray of float
        Last recorded NPRS: leaving depends on what was recorded, not on what was felt since.
    was_missed : ndarray of bool
        Whether this appointment was not kept.
    u : ndarray of float
        One uniform draw per appointment.

    Returns
    -------
    ndarray of bool
        Whether the patient leaves.
    """
    log_odds = leaving + loss.missed * was_missed
    if loss.mechanism != "mcar":
        log_odds = log_odds + loss.pain_per_point * (last_nprs - _MIDDLE_PAIN)
        log_odds = log_odds + loss.pain_free * (last_nprs <= _NO_PAIN)
    gone: BoolArray = u * (1 + np.exp(-log_odds)) < 1
    return gone


def _probability(base: float, log_odds: FloatArray) -> FloatArray:
    """Probability whose odds are those of the base times exp(log_odds)."""
    raised = base * np.exp(log_odds)
    probability: FloatArray = raised / (1 - base + raised)
    return probability


@dataclass(frozen=True, slots=True)
class Closing:
    """Hold how the record of someone who leaves will be closed.

    Parameters
    ----------
    reason : ndarray of int
        ``SELF_DISCHARGED`` or ``LOST``.
    end_day : ndarray of int
        Day the record is closed.
    missed : ndarray of int
        Appointments still on the books, which will be missed.
    """

    reason: IntArray
    end_day: IntArray
    missed: IntArray


def closing(loss: Loss, *, day: IntArray, last_attended: IntArray, u: FloatArray) -> Closing:
    """Decide how the records of those who leave are closed.

    Who says so is closed within days. Who just stays away misses one or two appointments more and
    is closed weeks after the last visit.

    Parameters
    ----------
    loss : Loss
        The scenario's section.
    day : ndarray of int
        Day of the appointment after which they leave.
    last_attended : ndarray of int
        Day of the last visit attended.
    u : ndarray of shape (n, 3)
        Uniform draws.

    Returns
    -------
    Closing
        Reason, day, and appointments still to be missed.
    """
    says_so = u[:, 0] < loss.self_share
    told = day + np.floor(u[:, 1] * (loss.self_days + 1)).astype(np.int64)
    span = loss.closing_to - loss.closing_from + 1
    weeks_later = last_attended + np.floor(loss.closing_from + u[:, 1] * span).astype(np.int64)
    missed = np.where(says_so, 0, 1 + (u[:, 2] < 0.5))
    reason = np.where(says_so, SELF_DISCHARGED, LOST)
    return Closing(reason, np.where(says_so, told, np.maximum(weeks_later, day)), missed)
