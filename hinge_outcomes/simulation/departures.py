"""How an episode ends: mastered, goals met, referred, closed for other reasons, or simply left."""

import math
from typing import Any, Final

from hinge_outcomes.domain.states import END_REASONS
from hinge_outcomes.simulation.choices import MCAR
from hinge_outcomes.simulation.machine_code import compiled
from hinge_outcomes.simulation.paths import path_uniform
from hinge_outcomes.simulation.records import MISSING, NEVER

STAYS: Final = -1
"""Code of an episode that goes on."""

MASTERED, GOALS_MET, SELF_DISCHARGED, LOST, REFERRED_OUT, ADMINISTRATIVE = range(len(END_REASONS))
"""Codes of the ends, in the order of the table's categories."""

_MIDDLE_PAIN = 5.0  # hazards are stated for a patient whose last recorded NPRS is 5
_NO_PAIN = 1.0  # the highest NPRS that counts as pain-free


@compiled
def planned_end(discharge: Any, care: Any, u: Any, u_goals: Any, u_administrative: Any) -> Any:
    """Decide at an attended visit whether care ends there.

    Same-day precedence: mastered, goals met, administrative.

    Parameters
    ----------
    discharge : record
        The scenario's section.
    care : record of CARE
        What is known of the patient, this visit included.
    u, u_goals, u_administrative : float
        Uniform draws.

    Returns
    -------
    int
        Code of the end, or ``STAYS``.
    """
    if care.is_confirmed and u < discharge.after_mastery:
        return MASTERED
    is_better = (
        care.n_attended >= discharge.goals_from_visit and care.last_nprs <= discharge.goals_pain
    )
    if is_better and u_goals < discharge.goals_met:
        return GOALS_MET
    return ADMINISTRATIVE if u_administrative < discharge.administrative else STAYS


@compiled
def set_exit_rates(inputs: Any, episode: Any, care: Any, is_missed: Any) -> None:
    """Say how likely the patient is to leave, or to be referred, before the next appointment.

    Leaving depends on what was recorded, not on what was felt since.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario; under "mcar" pain plays no part.
    episode : record of EPISODE
        Gives the log hazard of day 0.
    care : record of CARE
        Its rates per day are set.
    is_missed : bool
        Whether the last appointment was not kept.
    """
    loss, discharge = inputs.loss, inputs.discharge
    log_hazard = episode.exit
    if is_missed:
        log_hazard += loss.missed
    if loss.mechanism != MCAR:
        log_hazard += loss.recorded_pain_per_point * (care.last_nprs - _MIDDLE_PAIN)
        if care.last_nprs <= _NO_PAIN:
            log_hazard += loss.pain_free
    care.loss_rate = loss.per_day * math.exp(log_hazard)
    hurts = discharge.referred_pain * (care.last_nprs - _MIDDLE_PAIN)
    care.referral_rate = discharge.referred_per_day * math.exp(hurts)


@compiled
def plan_closing(loss: Any, seed: Any, episode: Any, care: Any) -> None:
    """Decide how the record of someone who has just left will be closed.

    Who says so is closed within days. Who just stays away misses one or two appointments more and
    is closed weeks after the last visit.

    Parameters
    ----------
    loss : record
        The scenario's section.
    seed : int
        The seed.
    episode : record of EPISODE
        Who has left.
    care : record of CARE
        Gets reason and day, and the number of appointments still to be missed.
    """
    day = math.ceil(episode.left)
    u_day = path_uniform(seed, episode, care)
    u_missed = path_uniform(seed, episode, care)
    if path_uniform(seed, episode, care) < loss.self_share:
        care.closing_reason = SELF_DISCHARGED
        care.closing_day = day + int(u_day * (loss.self_days + 1))
        care.still_missed = 0
        return
    span = loss.closing_to - loss.closing_from + 1
    care.closing_reason = LOST
    care.closing_day = max(care.last_attended + int(loss.closing_from + u_day * span), day)
    care.still_missed = 1 + (1 if u_missed < 0.5 else 0)


@compiled
def close_record(episode: Any, day: Any, reason: Any) -> None:
    """Close the record, if that falls before the data cut.

    Parameters
    ----------
    episode : record of EPISODE
        Gets day and reason, or stays open.
    day, reason : int
        When and why.
    """
    episode.end_day, episode.end_reason = MISSING, MISSING
    if day <= episode.horizon:
        episode.end_day, episode.end_reason = day, reason


@compiled
def is_closed(episode: Any) -> Any:
    """Tell whether care is over in truth, whatever the record says.

    Parameters
    ----------
    episode : record of EPISODE
        The episode.

    Returns
    -------
    bool
        Whether it was left, ended as planned, or was referred.
    """
    return episode.closed < NEVER
