"""Climbing the ladder: latent competence in continuous time, and the ways care is left.

Between two appointments one thing happens after another, at exact times: the working stage becomes
automatic, a setback undoes the learning, what was automatic decays while visits are missed, pain
flares up, the patient leaves or is referred.
"""

import math
from typing import Any, Final

from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE
from hinge_outcomes.simulation.choices import OWN_PACE
from hinge_outcomes.simulation.days import DAYS_PER_YEAR
from hinge_outcomes.simulation.events import flare_left, write_event
from hinge_outcomes.simulation.machine_code import compiled
from hinge_outcomes.simulation.records import (
    ADVANCED,
    DECAYED,
    FLARE_UP,
    LEARNED,
    LEFT,
    MOVED_BACK,
    NEVER,
    REFERRED,
    SETBACK,
)
from hinge_outcomes.simulation.streams import BLOCK, PATH, SECOND_EPISODE, draw, exponential

AUTOMATIC: Final = 3
LONG_AGO: Final = -32_000
"""A day before any record."""

# Effects multiply without bound; what they multiply stays within what can be lived through.
_LEAST_PRACTICE, _MOST_PRACTICE = 1e-6, 1e9  # days a stage takes
_MOST_SETBACKS = 1.0  # a day
_NEARLY = 1 - 1e-9  # rounding must not decide whether something happens


@compiled
def begin(inputs: Any, seed: Any, episode: Any, care: Any) -> None:
    """Put a patient at the entry stage on day 0.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        Whose random numbers, with the episode's patient.
    episode : record of EPISODE
        The episode on day 0.
    care : record of CARE
        Set to the beginning.
    """
    care.path_used, care.path_block = BLOCK, 0
    care.stage = episode.entry
    for place in range(LAST_STAGE):
        care.needed[place] = care.done[place] = 0.0
        care.last_automatic[place] = LONG_AGO
    care.is_confirmed = 0
    care.time = 0.0
    care.setback_factor = math.exp(episode.backward)
    care.day = care.last_attended = care.n_attended = care.still_missed = 0
    care.number = 1
    care.last_nprs = 5.0  # what the clinician goes by until a score is recorded
    care.nprs_day = care.odi_day = LONG_AGO
    care.loss_rate = care.referral_rate = 0.0
    care.loss_budget = exponential(path_uniform(seed, episode, care))
    care.referral_budget = exponential(path_uniform(seed, episode, care))
    care.setback_budget = exponential(path_uniform(seed, episode, care))
    care.decay_budget = NEVER
    care.pause_left = NEVER
    care.next_flare = _wait_for_flare(inputs, seed, episode, care)
    care.flare_time = care.flare_size = 0.0
    care.week = -1
    care.week_nprs = care.week_odi = 0.0
    care.answer = 0
    meet_stage(inputs, seed, episode, care, care.stage)


@compiled
def path_uniform(seed: Any, episode: Any, care: Any) -> Any:
    """Give the next draw of the episode's path.

    Parameters
    ----------
    seed : int
        The seed.
    episode : record of EPISODE
        Whose path.
    care : record of CARE
        Counts the draws.

    Returns
    -------
    float
        Uniform, strictly between 0 and 1.
    """
    if care.path_used == BLOCK:
        occasion = care.path_block + SECOND_EPISODE * episode.is_second
        draw(seed, episode.patient, PATH, occasion, care.path_draws)
        care.path_block += 1
        care.path_used = 0
    care.path_used += 1
    return care.path_draws[care.path_used - 1]


@compiled
def _wait_for_flare(inputs: Any, seed: Any, episode: Any, care: Any) -> Any:
    if inputs.pain.flares_per_year <= 0:
        return NEVER
    wait = exponential(path_uniform(seed, episode, care)) * DAYS_PER_YEAR
    return care.time + wait / inputs.pain.flares_per_year


@compiled
def meet_stage(inputs: Any, seed: Any, episode: Any, care: Any, stage: Any) -> None:
    """Draw how long a stage takes this patient, at the first meeting with it.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    episode : record of EPISODE
        Whose stage.
    care : record of CARE
        Its ``needed`` and ``done`` are set unless they are already.
    stage : int
        1 to 10.
    """
    if care.needed[stage - 1] > 0:
        return
    _learn_anew(inputs, seed, episode, care, stage)
    if stage < episode.entry:
        care.done[stage - 1] = inputs.placement.head_start * care.needed[stage - 1]


@compiled
def _learn_anew(inputs: Any, seed: Any, episode: Any, care: Any, stage: Any) -> None:
    """Weibull days of practice with proportional hazards, and nothing done yet."""
    learning = inputs.learning
    threshold = exponential(path_uniform(seed, episode, care)) * math.exp(-episode.forward)
    shape = learning.dwell_shape[stage - 1]
    days = threshold if shape == 1.0 else threshold ** (1.0 / shape)
    days *= learning.dwell_days[stage - 1]
    care.needed[stage - 1] = min(max(days, _LEAST_PRACTICE), _MOST_PRACTICE)
    care.done[stage - 1] = 0.0


@compiled
def is_automatic(care: Any, stage: Any) -> Any:
    """Tell whether a stage is automatic now.

    Parameters
    ----------
    care : record of CARE
        The patient.
    stage : int
        A stage that was met.

    Returns
    -------
    bool
        Whether as much was practised as the stage takes.
    """
    return care.done[stage - 1] >= care.needed[stage - 1]


@compiled
def true_level(inputs: Any, care: Any, stage: Any) -> Any:
    """Give the true mastery level of a stage from how much of it is learnt.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    care : record of CARE
        The patient.
    stage : int
        A stage that was met.

    Returns
    -------
    int
        0 unable, 1 cued, 2 conscious, 3 automatic.
    """
    done, needed = care.done[stage - 1], care.needed[stage - 1]
    if done >= needed:
        return AUTOMATIC
    if done >= inputs.learning.conscious_from * needed:
        return 2
    return 1 if done >= inputs.learning.cued_from * needed else 0


@compiled
def work_at(inputs: Any, seed: Any, page: Any, episode: Any, care: Any, stage: Any) -> None:
    """Change the working stage.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    page : record of PAGE
        The move is written among the events.
    episode : record of EPISODE
        Whose stage.
    care : record of CARE
        The patient.
    stage : int
        Where work goes on.
    """
    write_event(page, care, ADVANCED if stage > care.stage else MOVED_BACK, stage)
    care.stage = stage
    meet_stage(inputs, seed, episode, care, stage)
    _set_clocks(inputs, seed, episode, care)


@compiled
def _set_clocks(inputs: Any, seed: Any, episode: Any, care: Any) -> None:
    """Start the clocks of an automatic stage: until the patient moves on, and until it decays."""
    care.decay_budget = care.pause_left = NEVER
    if not is_automatic(care, care.stage):
        return
    if inputs.setbacks.decay_per_day > 0:
        care.decay_budget = exponential(path_uniform(seed, episode, care))
    progression = inputs.progression
    if progression.pace == OWN_PACE and care.stage < episode.target:
        care.pause_left = 0.0
        if progression.pause_days > 0:
            care.pause_left = exponential(path_uniform(seed, episode, care))
            care.pause_left *= progression.pause_days


@compiled
def advance(inputs: Any, seed: Any, page: Any, episode: Any, care: Any, until: Any) -> Any:
    """Let happen what happens up to a time, or to the next flare-up; care may end on the way.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    page : record of PAGE
        Events are written there.
    episode : record of EPISODE
        Gets the exact times of mastery, leaving and referral. Once it is closed only pain goes on.
    care : record of CARE
        The patient, moved on to ``until``, or to the end of care if that comes first.
    until : float
        Days since the start.

    Returns
    -------
    bool
        Whether it stopped at a flare-up.
    """
    if _passes_quietly(inputs, episode, care, until):
        return False
    setbacks = inputs.setbacks
    back_rate = 0.0
    while care.time < until:
        stage = care.stage
        learned = back = decayed = left = referred = moved_on = NEVER
        decay_from = max(care.time, care.last_attended + setbacks.decay_after_days)
        if episode.closed == NEVER:
            if is_automatic(care, stage):
                back_rate = 0.0
                moved_on = care.time + care.pause_left
                if setbacks.decay_per_day > 0:
                    decayed = decay_from + care.decay_budget / setbacks.decay_per_day
            else:
                learned = care.time + care.needed[stage - 1] - care.done[stage - 1]
                back_rate = _setback_rate(inputs, care, stage)
                if back_rate > 0:
                    back = care.time + care.setback_budget / back_rate
            if care.loss_rate > 0:
                left = care.time + care.loss_budget / care.loss_rate
            if care.referral_rate > 0:
                referred = care.time + care.referral_budget / care.referral_rate
        soonest = min(learned, back, decayed, left, referred, moved_on, care.next_flare)
        now = min(soonest, until)
        if episode.closed == NEVER:
            step = now - care.time
            if not is_automatic(care, stage):
                care.done[stage - 1] += step
                care.setback_budget -= back_rate * step
            else:
                care.decay_budget -= setbacks.decay_per_day * max(now - decay_from, 0.0)
                care.pause_left -= step
            care.loss_budget -= care.loss_rate * step
            care.referral_budget -= care.referral_rate * step
        care.time = now
        if soonest > until:
            # Rounding must not make a stage automatic before its time has come.
            if learned < NEVER and care.done[stage - 1] >= care.needed[stage - 1]:
                care.done[stage - 1] = care.needed[stage - 1] * (1 - 1e-12)
            return False
        if soonest == care.next_flare:
            _flare_up(inputs, seed, page, episode, care)
            return True
        elif soonest == learned:
            care.done[stage - 1] = care.needed[stage - 1]
            write_event(page, care, LEARNED, stage)
            if stage == episode.target and episode.mastered == NEVER:
                episode.mastered = now
            _set_clocks(inputs, seed, episode, care)
        elif soonest == left:
            episode.left = episode.closed = now
            write_event(page, care, LEFT, stage)
            return False
        elif soonest == referred:
            episode.referred = episode.closed = now
            write_event(page, care, REFERRED, stage)
            return False
        elif soonest == back:
            _set_back(inputs, seed, page, episode, care)
        elif soonest == decayed:
            write_event(page, care, DECAYED, stage)
            _learn_anew(inputs, seed, episode, care, stage)
            care.done[stage - 1] = inputs.learning.conscious_from * care.needed[stage - 1]
            _set_clocks(inputs, seed, episode, care)
        else:
            work_at(inputs, seed, page, episode, care, stage + 1)
    return False


@compiled
def _passes_quietly(inputs: Any, episode: Any, care: Any, until: Any) -> Any:
    """Move on where nothing happens before: most stretches of time need no exact times.

    The same comparisons as in `advance`, multiplied out; what is nearly used up is left to it.
    """
    step = until - care.time
    if care.next_flare <= until or step <= 0:
        return False
    if episode.closed < NEVER:
        care.time = until
        return True
    place, back_used = care.stage - 1, 0.0
    loss_used, referral_used = care.loss_rate * step, care.referral_rate * step
    if loss_used >= _NEARLY * care.loss_budget or referral_used >= _NEARLY * care.referral_budget:
        return False
    done = care.done[place] + step
    if care.done[place] >= care.needed[place]:
        # An automatic stage may be left or lost: rarely, so that `advance` may look at it.
        decays_from = care.last_attended + inputs.setbacks.decay_after_days
        if care.pause_left < NEVER or (care.decay_budget < NEVER and until > decays_from):
            return False
        done = care.done[place]
    else:
        back_used = _setback_rate(inputs, care, care.stage) * step
        if done >= _NEARLY * care.needed[place] or back_used >= _NEARLY * care.setback_budget:
            return False
    care.done[place] = done
    care.setback_budget -= back_used
    care.loss_budget -= loss_used
    care.referral_budget -= referral_used
    care.time = until
    return True


@compiled
def _setback_rate(inputs: Any, care: Any, stage: Any) -> Any:
    return min(inputs.setbacks.per_day[stage - 1] * care.setback_factor, _MOST_SETBACKS)


@compiled
def _set_back(inputs: Any, seed: Any, page: Any, episode: Any, care: Any) -> None:
    write_event(page, care, SETBACK, care.stage)
    care.setback_budget = exponential(path_uniform(seed, episode, care))
    _learn_anew(inputs, seed, episode, care, care.stage)
    if inputs.progression.pace == OWN_PACE and care.stage > FIRST_STAGE:
        below = care.stage - 1
        care.needed[below - 1] = 0.0
        work_at(inputs, seed, page, episode, care, below)


@compiled
def _flare_up(inputs: Any, seed: Any, page: Any, episode: Any, care: Any) -> None:
    care.flare_size = flare_left(inputs, care, care.time) + 1.0
    care.flare_time = care.time
    care.next_flare = _wait_for_flare(inputs, seed, episode, care)
    write_event(page, care, FLARE_UP, care.stage)
