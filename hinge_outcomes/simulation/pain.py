"""How pain and disability run in a patient, and what a questionnaire shows of it."""

from functools import lru_cache

import numpy as np

from hinge_outcomes.cohort.tables import DURATIONS
from hinge_outcomes.domain.prognosis import natural_course
from hinge_outcomes.simulation.care_sections import Pain
from hinge_outcomes.simulation.people import IntArray
from hinge_outcomes.simulation.streams import FloatArray

NEVER = 32_000
"""A day later than any record, for what has not happened."""

_LONGEST = 4_000  # days tabulated; the slow phase is over long before


@lru_cache(maxsize=1)
def _course() -> FloatArray:
    """Published pain relative to day 0, by duration and day."""
    days = range(_LONGEST)
    table = np.array([[natural_course(code, day / 7) for day in days] for code in DURATIONS])
    relative: FloatArray = table / table[:, :1]
    relative.setflags(write=False)
    return relative


def published_course(duration: IntArray, day: IntArray) -> FloatArray:
    """Give the published course of pain relative to day 0.

    Parameters
    ----------
    duration : ndarray of int
        0 acute, 1 subacute, 2 chronic.
    day : ndarray of int
        Days since the start.

    Returns
    -------
    ndarray of float
        1 on day 0, falling.

    Examples
    --------
    >>> published_course(np.array([0]), np.array([0])).tolist()
    [1.0]
    """
    relative: FloatArray = _course()[duration, np.minimum(day, _LONGEST - 1)]
    return relative


def latent_scores(
    pain: Pain,
    *,
    nprs: FloatArray,
    odi: FloatArray,
    nprs_deviation: FloatArray,
    odi_deviation: FloatArray,
    duration: IntArray,
    day: IntArray,
    mastered_day: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Give latent pain and disability on a day.

    With c the published relative course, g(t) = 1 - exp(-t / weeks) and m the day on which the
    target stage became automatic,
    ``score(t) = baseline (1 - response (1 - c(t))) + deviation g(t) + effect (1 - exp(-(t - m)+ /
    days))``. The effect of mastery is causal and net of the course.

    Parameters
    ----------
    pain : Pain
        The scenario's section.
    nprs, odi : ndarray of float
        Latent scores on day 0.
    nprs_deviation, odi_deviation : ndarray of float
        Departure from the course once complete.
    duration : ndarray of int
        0 acute, 1 subacute, 2 chronic.
    day : ndarray of int
        Days since the start.
    mastered_day : ndarray of int
        Day the target stage became automatic; ``NEVER`` if it has not.

    Returns
    -------
    tuple of ndarray
        NPRS and ODI on their latent scales, which have no floor.

    Examples
    --------
    >>> from hinge_outcomes.simulation import Scenario
    >>> one, chronic, never = np.array([5.0]), np.array([2]), np.array([NEVER])
    >>> nprs, odi = latent_scores(
    ...     Scenario.default().pain, nprs=one, odi=6 * one, nprs_deviation=0 * one,
    ...     odi_deviation=0 * one, duration=chronic, day=np.array([0]), mastered_day=never)
    >>> nprs.tolist(), odi.tolist()
    ([5.0], [30.0])
    """
    fallen = 1 - published_course(duration, day)
    spread = 1 - np.exp(-day / (7 * pain.deviation_weeks))
    gained = 1 - np.exp(-np.maximum(day - mastered_day, 0) / pain.mastery_days)
    return (
        nprs * (1 - pain.nprs_response * fallen)
        + nprs_deviation * spread
        + pain.mastery_nprs * gained,
        odi * (1 - pain.odi_response * fallen) + odi_deviation * spread + pain.mastery_odi * gained,
    )


def reported_nprs(latent: FloatArray, error: FloatArray) -> FloatArray:
    """Give the number a patient names: whole, from 0 to 10.

    Parameters
    ----------
    latent : ndarray of float
        Latent pain.
    error : ndarray of float
        Measurement error.

    Returns
    -------
    ndarray of float
        0, 1, … 10.

    Examples
    --------
    >>> reported_nprs(np.array([-1.0, 3.4, 12.0]), np.zeros(3)).tolist()
    [0.0, 3.0, 10.0]
    """
    return np.clip(np.floor(latent + error + 0.5), 0.0, 10.0)


def reported_odi(latent: FloatArray, error: FloatArray) -> FloatArray:
    """Give the ODI of ten answered sections: in steps of 2, from 0 to 100.

    Parameters
    ----------
    latent : ndarray of float
        Latent disability.
    error : ndarray of float
        Measurement error.

    Returns
    -------
    ndarray of float
        0, 2, … 100.

    Examples
    --------
    >>> reported_odi(np.array([-1.0, 31.2, 130.0]), np.zeros(3)).tolist()
    [0.0, 32.0, 100.0]
    """
    score: FloatArray = np.clip(2 * np.floor((latent + error) / 2 + 0.5), 0.0, 100.0)
    return score
