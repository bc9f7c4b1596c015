"""Climbing the ladder: latent competence, and the clinician's working stage as its own process."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.domain.progression import FIRST_STAGE
from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.simulation.people import IntArray
from hinge_outcomes.simulation.sections import Learning, Progression
from hinge_outcomes.simulation.streams import FloatArray

BoolArray = npt.NDArray[np.bool_]

AUTOMATIC = 3
LONG_AGO = -32_000
"""A day before any record: no automatic rating stands."""


@dataclass(frozen=True, slots=True)
class Practice:
    """Hold what practice of one stage has led to.

    Parameters
    ----------
    done : ndarray of float
        Days of practice of that stage so far.
    is_new : ndarray of bool
        Whether it became automatic in this stretch.
    automatic_day : ndarray of int
        The day it did, where ``is_new``.
    """

    done: FloatArray
    is_new: BoolArray
    automatic_day: IntArray


def practise(
    before: FloatArray, needed: FloatArray, from_day: IntArray, to_day: IntArray
) -> Practice:
    """Practise a stage from one day to another.

    Competence turns from learning to automatic on the first whole day on which the days of
    practice reach what the stage takes this patient.

    Parameters
    ----------
    before : ndarray of float
        Days of practice so far.
    needed : ndarray of float
        Days the stage takes.
    from_day, to_day : ndarray of int
        The stretch of practice.

    Returns
    -------
    Practice
        What it has led to.

    Examples
    --------
    >>> grown = practise(np.array([2.0]), np.array([6.5]), np.array([10]), np.array([17]))
    >>> grown.done.tolist(), grown.automatic_day.tolist()
    ([9.0], [15])
    """
    done = before + (to_day - from_day)
    is_new = (before < needed) & (done >= needed)
    day = from_day + np.ceil(np.where(is_new, needed - before, 0.0)).astype(np.int64)
    return Practice(done, is_new, day)


def true_level(learning: Learning, done: FloatArray, needed: FloatArray) -> IntArray:
    """Give the true mastery level of a stage from how much of it is learnt.

    Parameters
    ----------
    learning : Learning
        The scenario's section.
    done, needed : ndarray of float
        Days of practice, and the days the stage takes.

    Returns
    -------
    ndarray of int
        0 unable, 1 cued, 2 conscious, 3 automatic.

    Examples
    --------
    >>> from hinge_outcomes.simulation import Scenario
    >>> learning = Scenario.default().learning
    >>> true_level(learning, np.array([0.0, 3.0, 9.0, 10.0]), np.full(4, 10.0)).tolist()
    [0, 1, 2, 3]
    """
    level: IntArray = (
        (done >= learning.cued_from * needed).astype(np.int64)
        + (done >= learning.conscious_from * needed)
        + (done >= needed)
    )
    return level


def confirms(
    criterion: MasteryCriterion, rating: IntArray, last_automatic: IntArray, day: IntArray
) -> BoolArray:
    """Tell whether a rating is the second automatic one in a row, near enough to the first.

    Parameters
    ----------
    criterion : MasteryCriterion
        Gives the least and most days between the two.
    rating : ndarray of int
        The new rating of a stage.
    last_automatic : ndarray of int
        Day of that stage's last rating if it was automatic, otherwise ``LONG_AGO``.
    day : ndarray of int
        Day of the new rating.

    Returns
    -------
    ndarray of bool
        Whether mastery is documented now.
    """
    gap = day - last_automatic
    near: BoolArray = (gap >= criterion.min_gap_days) & (gap <= criterion.max_gap_days)
    confirmed: BoolArray = (rating == AUTOMATIC) & near
    return confirmed


def next_stage(
    progression: Progression,
    *,
    stage: IntArray,
    target: IntArray,
    rating: IntArray,
    is_confirmed: BoolArray,
    u: FloatArray,
) -> IntArray:
    """Decide at which stage the patient works from now on.

    The clinician sees the rating, not the competence. Nobody goes beyond the target, and there is
    nothing before the first stage.

    Parameters
    ----------
    progression : Progression
        The scenario's section.
    stage, target : ndarray of int
        Working stage so far and target stage.
    rating : ndarray of int
        Today's rating of the working stage, 0 to 3.
    is_confirmed : ndarray of bool
        Whether it confirms mastery.
    u : ndarray of float
        One uniform draw per patient.

    Returns
    -------
    ndarray of int
        The same stage, one above or one below.
    """
    by_rating = np.array([0.0, 0.0, progression.advance_conscious, progression.advance_first])
    up = np.where(is_confirmed, progression.advance_confirmed, by_rating[rating])
    down = np.array([progression.back_unable, progression.back_cued, 0.0, 0.0])[rating]
    moved: IntArray = (
        stage
        + ((u < up) & (stage < target)).astype(np.int64)
        - ((u > 1 - down) & (stage > FIRST_STAGE)).astype(np.int64)
    )
    return moved
