"""What the clinic gets to see of a patient: appointments, home exercise, and ratings with error."""

import math
from typing import Any

from hinge_outcomes.domain.progression import FIRST_STAGE
from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.simulation.choices import OWN_PACE
from hinge_outcomes.simulation.days import to_weekday
from hinge_outcomes.simulation.machine_code import compiled
from hinge_outcomes.simulation.paths import (
    AUTOMATIC,
    LONG_AGO,
    meet_stage,
    true_level,
    work_at,
)
from hinge_outcomes.simulation.records import ASSESSMENTS, EPISODES, MISSING, ROOM, VISITS
from hinge_outcomes.simulation.streams import ASSESSMENT, SECOND_EPISODE, draw

ATTENDED, NO_SHOW, CANCELLED = 0, 1, 2
"""Codes of a visit's status, in the order of the table's categories."""

# The draws of an assessment, by place. Changing one mechanism moves no other's draws.
_ERROR, _DIRECTION, _MOVE, _LOAD, _WARM_UP, _WARM_ERROR, _WARM_DIRECTION = range(7)

_CRITERION = MasteryCriterion()  # the clinic records mastery by the default rule
_LEAST_GAP, _MOST_GAP = _CRITERION.min_gap_days, _CRITERION.max_gap_days


@compiled
def attendance(visits: Any, no_show: Any, is_first: Any, is_away: Any, u: Any) -> Any:
    """Decide whether an appointment is kept.

    Parameters
    ----------
    visits : record
        The scenario's section.
    no_show : float
        The patient's probability to miss an appointment.
    is_first : bool
        Whether it is the visit that starts the episode, which is kept.
    is_away : bool
        Whether the patient has left and is still on the books.
    u : float
        A uniform draw.

    Returns
    -------
    int
        ``ATTENDED``, ``NO_SHOW`` or ``CANCELLED``.
    """
    if is_first:
        return ATTENDED
    if is_away or u < no_show:
        return NO_SHOW
    return CANCELLED if u < no_show + visits.cancelled else ATTENDED


@compiled
def holding_clinician(visits: Any, episode: Any, u: Any) -> Any:
    """Say who holds an appointment: the patient's own clinician, or sometimes a colleague.

    Parameters
    ----------
    visits : record
        The scenario's section.
    episode : record of EPISODE
        Whose appointment.
    u : float
        A uniform draw.

    Returns
    -------
    int
        A clinician of the same clinic.
    """
    others = episode.n_colleagues - 1
    if u >= visits.covered or others == 0:
        return episode.clinician
    first = episode.first_colleague
    step = 1 + int(u / visits.covered * others)
    return first + (episode.clinician - first + step) % (others + 1)


@compiled
def write_visit(page: Any, care: Any, status: Any, clinician: Any, home_days: Any) -> None:
    """Write an appointment.

    Parameters
    ----------
    page : record of PAGE
        Gets one visit more; what has no room is only counted.
    care : record of CARE
        Says which day, and the how manieth.
    status, clinician, home_days : int
        What is recorded.
    """
    place = page.used[VISITS]
    page.used[VISITS] += 1
    if place < ROOM[VISITS]:
        row = page.visits[place]
        row.episode = page.used[EPISODES]
        row.day = care.day
        row.number = care.number
        row.status = status
        row.clinician = clinician
        row.home_days = home_days


@compiled
def next_visit_day(visits: Any, episode: Any, care: Any, is_missed: Any, u: Any) -> Any:
    """Give the day of the next appointment: the clinic's habit, some jitter, on a weekday.

    Parameters
    ----------
    visits : record
        The scenario's section.
    episode : record of EPISODE
        Whose appointment; gives the clinic's habit.
    care : record of CARE
        Says how many visits were attended, and which day it is.
    is_missed : bool
        Whether this appointment was not kept.
    u : float
        A uniform draw.

    Returns
    -------
    int
        At least one day later.
    """
    planned = visits.early_days if care.n_attended < visits.early_count else visits.later_days
    if care.day >= visits.late_from_day:
        planned = visits.late_days
    planned *= episode.interval_factor
    if is_missed:
        planned = min(planned, visits.rebook_days)
    jittered = planned + visits.jitter_days * (2 * u - 1)
    due = care.day + max(math.floor(jittered + 0.5), 1)
    return to_weekday(episode.start, due)


@compiled
def fill_home_bounds(adherence: Any, bounds: Any) -> None:
    """Cumulate the binomial probabilities of exercising at home on 0 to 6 days of 7.

    Parameters
    ----------
    adherence : float
        Probability of exercise on a day.
    bounds : ndarray of shape (7,)
        Filled.
    """
    p = min(max(adherence, 1e-9), 1 - 1e-9)
    odds = p / (1 - p)
    term = (1 - p) ** 7
    bounds[0] = term
    for days in range(1, 7):
        term *= odds * (8 - days) / days
        bounds[days] = bounds[days - 1] + term


@compiled
def home_exercise_days(bounds: Any, u: Any) -> Any:
    """Draw on how many of the last seven days the patient exercised at home.

    Parameters
    ----------
    bounds : ndarray of shape (7,)
        Cumulated binomial probabilities of 0 to 6 days, as `fill_home_bounds` gives them.
    u : float
        A uniform draw.

    Returns
    -------
    int
        0 to 7 (by inversion, so that one draw suffices).
    """
    days = 0
    while days < len(bounds) and u > bounds[days]:
        days += 1
    return days


@compiled
def rate(level: Any, rating_error: Any, u: Any, direction: Any) -> Any:
    """Rate a stage: the true level, or one level off.

    Parameters
    ----------
    level : int
        True level, 0 to 3.
    rating_error : float
        Probability to be one level off.
    u, direction : float
        Uniform draws: whether there is an error, and whether it is upwards.

    Returns
    -------
    int
        0 to 3; at the ends of the scale an error can only go inwards.
    """
    if u >= rating_error:
        return level
    if level == 0:
        return 1
    if level == AUTOMATIC:
        return AUTOMATIC - 1
    return level + 1 if direction < 0.5 else level - 1


@compiled
def next_stage(
    progression: Any, episode: Any, care: Any, rating: Any, confirms: Any, u: Any
) -> Any:
    """Decide at which stage the patient works from now on.

    The clinician sees the rating, not the competence. Nobody goes beyond the target, and there is
    nothing before the first stage.

    Parameters
    ----------
    progression : record
        The scenario's section.
    episode : record of EPISODE
        Gives the target.
    care : record of CARE
        Gives the working stage so far.
    rating : int
        Today's rating of it, 0 to 3.
    confirms : bool
        Whether it confirms mastery.
    u : float
        A uniform draw.

    Returns
    -------
    int
        The same stage, one above or one below.
    """
    up = down = 0.0
    if confirms:
        up = progression.advance_confirmed
    elif rating == AUTOMATIC:
        up = progression.advance_first
    elif rating == 2:
        up = progression.advance_conscious
    elif rating == 1:
        down = progression.back_cued
    else:
        down = progression.back_unable
    if u < up and care.stage < episode.target:
        return care.stage + 1
    if u > 1 - down and care.stage > FIRST_STAGE:
        return care.stage - 1
    return care.stage


@compiled
def assess(inputs: Any, seed: Any, page: Any, episode: Any, care: Any) -> None:
    """Rate the working stage, sometimes the one below too, and decide where to work on.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    page : record of PAGE
        Gets the ratings, in order of stage.
    episode : record of EPISODE
        Whose visit.
    care : record of CARE
        Gets the new working stage, and whether mastery of the target is documented.
    """
    visits = inputs.visits
    draws, day, stage = care.rating_draws, care.day, care.stage
    draw(seed, episode.patient, ASSESSMENT, care.number + SECOND_EPISODE * episode.is_second, draws)
    level = true_level(inputs, care, stage)
    rating = rate(level, visits.rating_error, draws[_ERROR], draws[_DIRECTION])
    gap = day - care.last_automatic[stage - 1]
    confirms = rating == AUTOMATIC and _LEAST_GAP <= gap <= _MOST_GAP
    care.last_automatic[stage - 1] = day if rating == AUTOMATIC else LONG_AGO
    if confirms and stage == episode.target:
        care.is_confirmed = 1
    moved = stage
    if care.number > 1 and inputs.progression.pace != OWN_PACE:
        moved = next_stage(inputs.progression, episode, care, rating, confirms, draws[_MOVE])
    # One row per stage and day: after a move back the stage below has its row already.
    if draws[_WARM_UP] < visits.warm_up and stage > FIRST_STAGE and moved >= stage:
        below = stage - 1
        meet_stage(inputs, seed, episode, care, below)
        level = true_level(inputs, care, below)
        second = rate(level, visits.rating_error, draws[_WARM_ERROR], draws[_WARM_DIRECTION])
        care.last_automatic[below - 1] = day if second == AUTOMATIC else LONG_AGO
        _write_assessment(page, day, below, second, 0, -1.0)
    if moved < stage:
        _write_assessment(page, day, moved, MISSING, 1, -1.0)
    load = _load(visits.load_kg[stage - 1], draws[_LOAD])
    _write_assessment(page, day, stage, rating, 1 if moved == stage else 0, load)
    if moved > stage:
        _write_assessment(page, day, moved, MISSING, 1, -1.0)
    if moved != stage:
        work_at(inputs, seed, page, episode, care, moved)


@compiled
def _load(typical: Any, u: Any) -> Any:
    """Weight in steps of 2 kg, from 0.6 to 1.4 times the typical load; -1 where none is used."""
    if typical <= 0:
        return -1.0
    return max(2 * math.floor(typical * (0.6 + 0.8 * u) / 2 + 0.5), 2.0)


@compiled
def _write_assessment(
    page: Any, day: Any, stage: Any, level: Any, is_working: Any, load: Any
) -> None:
    place = page.used[ASSESSMENTS]
    page.used[ASSESSMENTS] += 1
    if place < ROOM[ASSESSMENTS]:
        row = page.assessments[place]
        row.episode = page.used[EPISODES]
        row.day = day
        row.stage = stage
        row.level = level
        row.is_working = is_working
        row.load = load
