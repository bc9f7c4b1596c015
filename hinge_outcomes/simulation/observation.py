"""What the clinic gets to see: appointments, ratings with error, and questionnaires."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.simulation.care_sections import Questionnaires, Visits
from hinge_outcomes.simulation.pain import latent_scores, reported_nprs, reported_odi
from hinge_outcomes.simulation.people import IntArray, People
from hinge_outcomes.simulation.scenario import Scenario
from hinge_outcomes.simulation.streams import FloatArray, PatientStreams

BoolArray = npt.NDArray[np.bool_]

ATTENDED, NO_SHOW, CANCELLED = 0, 1, 2
"""Codes of a visit's status, in the order of the table's categories."""

MAILED_DAYS = (91, 182, 364)
"""Planned days of the questionnaires that go out whatever the episode's state."""

_HIGHEST_RATING = 3
_TYPICAL_LEFT = 0.35  # response is stated for the average patient: a third has left by then
_TYPICAL_PAIN = 3.0
_EARLIEST_ANSWER = -3
_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True, slots=True)
class Scores:
    """Hold questionnaire scores as columns.

    Parameters
    ----------
    who : ndarray of int
        Patient, counted from the first of the run.
    day : ndarray of int
        Days since the start.
    instrument : ndarray of int
        0 NPRS, 1 ODI.
    score : ndarray of float
        The score.
    """

    who: IntArray
    day: IntArray
    instrument: IntArray
    score: FloatArray


def attendance(
    visits: Visits, *, no_show: FloatArray, must_attend: BoolArray, is_away: BoolArray,
    u: FloatArray,
) -> IntArray:  # fmt: skip
    """Decide which appointments are kept.

    Parameters
    ----------
    visits : Visits
        The scenario's section.
    no_show : ndarray of float
        The patient's probability to miss an appointment.
    must_attend : ndarray of bool
        The first visit, which starts the episode.
    is_away : ndarray of bool
        Whether the patient has left and is still on the books.
    u : ndarray of float
        One uniform draw per appointment.

    Returns
    -------
    ndarray of int
        ``ATTENDED``, ``NO_SHOW`` or ``CANCELLED``.

    Examples
    --------
    >>> from hinge_outcomes.simulation import Scenario
    >>> no, yes = np.array([False]), np.array([True])
    >>> attendance(Scenario.default().visits, no_show=np.array([0.1]), must_attend=no,
    ...            is_away=yes, u=np.array([0.9])).tolist()
    [1]
    """
    status = np.where(u < no_show, NO_SHOW, ATTENDED)
    status = np.where((u >= no_show) & (u < no_show + visits.cancelled), CANCELLED, status)
    status = np.where(is_away, NO_SHOW, status)
    return np.where(must_attend, ATTENDED, status)


def rate(level: IntArray, rating_error: float, u: FloatArray, direction: FloatArray) -> IntArray:
    """Rate a stage: the true level, or one level off.

    Parameters
    ----------
    level : ndarray of int
        True levels, 0 to 3.
    rating_error : float
        Probability to be one level off.
    u, direction : ndarray of float
        Uniform draws: whether there is an error, and whether it is upwards.

    Returns
    -------
    ndarray of int
        Ratings, 0 to 3; at the ends of the scale an error can only go inwards.

    Examples
    --------
    >>> level, none = np.array([3, 0, 1]), np.zeros(3)
    >>> rate(level, 1.0, none, none).tolist(), rate(level, 0.0, none, none).tolist()
    ([2, 1, 2], [3, 0, 1])
    """
    step = np.where(direction < 0.5, 1, -1)
    step = np.where(level == 0, 1, np.where(level == _HIGHEST_RATING, -1, step))
    return level + np.where(u < rating_error, step, 0)


def next_visit_day(
    visits: Visits,
    *,
    start: IntArray,
    day: IntArray,
    n_visits: IntArray,
    was_missed: BoolArray,
    log_interval: FloatArray,
    u: FloatArray,
) -> IntArray:
    """Give the day of the next appointment: the clinic's habit, some jitter, on a weekday.

    Parameters
    ----------
    visits : Visits
        The scenario's section.
    start : ndarray of int
        Start date, days since 1970-01-01.
    day : ndarray of int
        Day of this appointment.
    n_visits : ndarray of int
        Attended visits so far.
    was_missed : ndarray of bool
        Whether this appointment was not kept.
    log_interval : ndarray of float
        The clinic's habit.
    u : ndarray of float
        One uniform draw per appointment.

    Returns
    -------
    ndarray of int
        At least one day later.

    Examples
    --------
    >>> from hinge_outcomes.simulation import Scenario
    >>> monday, middle = np.array([4]), np.full(1, 0.5)
    >>> day = next_visit_day(Scenario.default().visits, start=monday, day=0 * monday,
    ...     n_visits=20 + monday, was_missed=monday < 0, log_interval=np.zeros(1), u=middle)
    >>> day.tolist()
    [7]
    """
    planned = np.where(n_visits < visits.early_count, visits.early_days, visits.later_days)
    planned = np.where(day >= visits.late_from_day, visits.late_days, planned)
    planned = planned * np.exp(log_interval)
    planned = np.where(was_missed, np.minimum(planned, visits.rebook_days), planned)
    jittered = planned + visits.jitter_days * (2 * u - 1)
    due = day + np.maximum(np.floor(jittered + 0.5).astype(np.int64), 1)
    weekday = (start + due + _MONDAY_OFFSET) % 7
    return due + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))


def home_exercise_days(adherence: FloatArray, u: FloatArray) -> IntArray:
    """Draw on how many of the last seven days the patient exercised at home.

    Parameters
    ----------
    adherence : ndarray of float
        Probability of exercise on a day.
    u : ndarray of float
        One uniform draw per patient.

    Returns
    -------
    ndarray of int
        0 to 7, binomial (by inversion, so that one draw suffices).

    Examples
    --------
    >>> home_exercise_days(np.array([0.0, 0.5, 1.0]), np.array([0.5, 0.4, 0.5])).tolist()
    [0, 3, 7]
    """
    p = np.clip(adherence, 1e-9, 1 - 1e-9)
    odds = p / (1 - p)
    term = (1 - p) ** 7
    cumulated = term.copy()
    days = (u > cumulated).astype(np.int64)
    for k in range(1, 7):
        term = term * odds * (8 - k) / k
        cumulated += term
        days += u > cumulated
    return days


def mailed_scores(
    scenario: Scenario,
    people: People,
    *,
    left_day: IntArray,
    mastered_day: IntArray,
    last_nprs: FloatArray,
    streams: PatientStreams,
) -> Scores:
    """Ask every patient at 13, 26 and 52 weeks, whatever the episode's state.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    people : People
        The patients.
    left_day : ndarray of int
        Day on which the patient left unplanned, or a day after any record.
    mastered_day : ndarray of int
        Day on which the target stage became automatic, or a day after any record.
    last_nprs : ndarray of float
        Last NPRS recorded in care.
    streams : PatientStreams
        Gives the random numbers.

    Returns
    -------
    Scores
        The answers that came back before the data cut.
    """
    asked, pain = scenario.questionnaires, scenario.pain
    draws = streams.uniform("questionnaires", 5 * len(MAILED_DAYS))
    parts: list[Scores] = []
    for turn, planned in enumerate(MAILED_DAYS):
        u = draws[:, 5 * turn : 5 * turn + 5]
        earliest = min(_EARLIEST_ANSWER, 0)
        late = earliest + np.floor(u[:, 0] * (asked.late_days - earliest + 1)).astype(np.int64)
        day = np.minimum(planned + late, WINDOWS[planned].last_day)
        log_odds = _response_log_odds(asked, turn, left_day <= day, last_nprs)
        is_back = (day <= people.horizon) & (u[:, 1] < 1 / (1 + np.exp(-log_odds)))
        who = np.flatnonzero(is_back)
        nprs, odi = latent_scores(
            pain,
            nprs=people.nprs[who],
            odi=people.odi[who],
            nprs_deviation=people.nprs_deviation[who],
            odi_deviation=people.odi_deviation[who],
            duration=people.duration[who],
            day=day[who],
            mastered_day=mastered_day[who],
        )
        if scenario.loss.mechanism == "mnar":
            nprs = nprs + scenario.loss.shift_after_leaving * (left_day[who] <= day[who])
        error = ndtri(u[who, 2:4])
        has_odi = u[who, 4] >= asked.odi_blank
        parts += [
            _scores(who, day, 0, reported_nprs(nprs, pain.nprs_error_sd * error[:, 0])),
            _scores(who[has_odi], day, 1,
                    reported_odi(odi, pain.odi_error_sd * error[:, 1])[has_odi]),
        ]  # fmt: skip
    return join_scores(parts)


def _response_log_odds(
    asked: Questionnaires, turn: int, has_left: BoolArray, last_nprs: FloatArray
) -> FloatArray:
    share = asked.response[turn]
    log_odds: FloatArray = (
        np.log(share / (1 - share))
        + asked.response_left * (has_left - _TYPICAL_LEFT)
        + asked.response_pain * (last_nprs - _TYPICAL_PAIN)
    )
    return log_odds


def _scores(who: IntArray, day: IntArray, instrument: int, score: FloatArray) -> Scores:
    return Scores(who, day[who], np.full(len(who), instrument), score)


def join_scores(parts: list[Scores]) -> Scores:
    """Put scores under each other.

    Parameters
    ----------
    parts : list of Scores
        Any number of them.

    Returns
    -------
    Scores
        All rows, in the given order.
    """
    return Scores(
        np.concatenate([part.who for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.instrument for part in parts]),
        np.concatenate([part.score for part in parts]),
    )
