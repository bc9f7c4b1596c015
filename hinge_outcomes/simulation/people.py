"""Who comes: clinic, start, age, risk, placement, and what makes one patient unlike another."""

import math
from typing import Any, Final

import numpy as np

from hinge_outcomes.domain.progression import FIRST_STAGE
from hinge_outcomes.simulation.choices import MCAR
from hinge_outcomes.simulation.days import to_weekday, year_of
from hinge_outcomes.simulation.machine_code import compiled
from hinge_outcomes.simulation.records import MISSING, NEVER
from hinge_outcomes.simulation.streams import PERSON, RETURN, START, draw, normal

TYPICAL_NPRS: Final = 5.4
TYPICAL_ODI: Final = 31.0
TYPICAL_ADHERENCE: Final = 0.45
"""Effects are centred at these, so that they shift nobody on average."""

_LOWEST_NPRS, _LOWEST_ODI = 0.5, 2.0  # nobody seeks care for no pain at all
_HIGH_RISK = 2
_OLDEST = 120  # years: nobody comes back older than people get


@compiled
def draw_person(
    inputs: Any, places: Any, seed: Any, patient: Any, draws: Any, episode: Any
) -> None:
    """Draw what stays the same of a patient in every episode.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    places : Places
        Its clinics and clinicians.
    seed, patient : int
        Whose random numbers.
    draws : ndarray of shape (8,)
        Room for them.
    episode : record of EPISODE
        Filled: patient, clinic, clinician, sex, adherence, no_show, frailty, what the
        clinic is like, and start and age of a first episode.
    """
    people, visits, tables = inputs.people, inputs.visits, inputs.tables
    draw(seed, patient, PERSON, 0, draws)
    episode.patient = patient
    episode.is_second = 0
    episode.clinic = int(draws[0] * len(places.clinics))
    clinic = places.clinics[episode.clinic]
    episode.first_colleague = clinic.first_clinician
    episode.n_colleagues = clinic.n_clinicians
    episode.interval_factor = clinic.interval_factor
    episode.clinician = clinic.first_clinician + int(draws[1] * clinic.n_clinicians)
    episode.age = int(tables.age_minimum) + _class_of(draws[2], places.age_weights)
    is_woman = draws[3] <= people.female_share
    episode.sex = 0 if is_woman else (1 if draws[3] <= 1 - people.other_share else 2)
    logit = people.adherence_logit_mean + people.adherence_logit_sd * normal(draws[4])
    episode.adherence = _inverse_logit(logit)
    logit = _logit(visits.no_show) + visits.no_show_sd * normal(draws[5])
    episode.no_show = _inverse_logit(logit)
    episode.frailty = inputs.learning.frailty_sd * normal(draws[6])
    episode.start = tables.first_start + _class_of(draws[7], places.start_weights)
    episode.birth_year = year_of(episode.start) - episode.age


@compiled
def draw_start(inputs: Any, places: Any, seed: Any, draws: Any, episode: Any) -> None:
    """Draw what is new on day 0 of an episode: scores, risk, placement, and the log hazards.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    places : Places
        Its clinics and clinicians.
    seed : int
        Whose random numbers, with the episode's patient.
    draws : ndarray of shape (8,)
        Room for them.
    episode : record of EPISODE
        Filled, but for what `draw_person` fills; nothing has happened yet.
    """
    tables, pain, placement = inputs.tables, inputs.pain, inputs.placement
    draw(seed, episode.patient, START, episode.is_second, draws)
    duration = _class_of(draws[0], tables.duration_bounds)
    episode.duration = duration
    z_nprs, rho = normal(draws[1]), tables.baseline_correlation[duration]
    z_odi = rho * z_nprs + math.sqrt(1 - rho * rho) * normal(draws[2])
    nprs = pain.nprs_mean[duration] + tables.nprs_sd[duration] * z_nprs
    odi = pain.odi_mean[duration] + tables.odi_sd[duration] * z_odi
    episode.nprs = min(max(nprs, _LOWEST_NPRS), 10.0)
    episode.odi = min(max(odi, _LOWEST_ODI), 100.0)
    tie = inputs.people.start_back_pain_correlation
    z_risk = tie * z_nprs + math.sqrt(1 - tie * tie) * normal(draws[3])
    episode.risk = _class_of(z_risk, tables.risk_bounds)
    decades = (episode.age - inputs.people.age_mean) / 10
    ability = (
        normal(draws[4])
        + placement.age_per_decade * decades
        + placement.pain_per_point * (episode.nprs - TYPICAL_NPRS)
        + placement.start_back_high * (episode.risk == _HIGH_RISK)
    )
    ambition = normal(draws[5]) + placement.target_age_per_decade * decades
    episode.entry = FIRST_STAGE + _class_of(ability, tables.entry_bounds)
    target = FIRST_STAGE + _class_of(ambition, tables.target_bounds)
    episode.target = max(episode.entry, target)
    z_own, both = normal(draws[6]), pain.deviation_correlation
    second = both * z_own + math.sqrt(1 - both * both) * normal(draws[7])
    own, clinician = tables.own_share, places.clinicians[episode.clinician]
    episode.nprs_deviation = clinician.nprs + own * pain.nprs_deviation_sd * z_own
    episode.odi_deviation = clinician.odi + own * pain.odi_deviation_sd * second
    _set_hazards(inputs, clinician.log_hazard, decades, episode)
    episode.horizon = tables.data_cut - episode.start
    episode.left = episode.referred = episode.mastered = episode.closed = NEVER
    episode.end_day = episode.end_reason = MISSING
    draw(seed, episode.patient, RETURN, episode.is_second, draws)
    episode.has_risk = 1 if draws[0] >= inputs.people.start_back_missing else 0


@compiled
def _set_hazards(inputs: Any, of_clinician: Any, decades: Any, episode: Any) -> None:
    learning, loss = inputs.learning, inputs.loss
    episode.forward = _effects(learning, decades, episode, 1.0) + episode.frailty + of_clinician
    episode.backward = _effects(inputs.setbacks, decades, episode, 1.0)
    hurts = 0.0 if loss.mechanism == MCAR else 1.0
    episode.exit = _effects(loss, decades, episode, hurts)


@compiled
def _effects(effects: Any, decades: Any, episode: Any, pain_counts: Any) -> Any:
    """Log hazard over the average from what is known on day 0, and home exercise."""
    by_duration = (
        0.0
        if episode.duration == 0
        else (effects.subacute if episode.duration == 1 else effects.chronic)
    )
    by_risk = (
        0.0
        if episode.risk == 0
        else (effects.start_back_medium if episode.risk == 1 else effects.start_back_high)
    )
    by_pain = (
        effects.pain_per_point * (episode.nprs - TYPICAL_NPRS)
        + effects.odi_per_10 * (episode.odi - TYPICAL_ODI) / 10
    )
    return (
        effects.age_per_decade * decades
        + by_duration
        + by_risk
        + pain_counts * by_pain
        + effects.adherence * (episode.adherence - TYPICAL_ADHERENCE)
    )


@compiled
def draw_return(inputs: Any, seed: Any, draws: Any, first: Any, second: Any) -> Any:
    """Decide whether and when a patient comes back, once the first episode is over.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        Whose random numbers, with the first episode's patient.
    draws : ndarray of shape (8,)
        Room for them.
    first : record of EPISODE
        The first episode, followed to its end.
    second : record of EPISODE
        Filled as `draw_person` does if the patient comes back.

    Returns
    -------
    bool
        Whether a second episode starts before the last possible start.
    """
    recurrence, tables = inputs.recurrence, inputs.tables
    draw(seed, first.patient, RETURN, 0, draws)
    if first.end_day == MISSING or draws[1] >= recurrence.returns:
        return False
    wait = -math.log(draws[2]) * recurrence.median_days / math.log(2.0)
    # Far beyond any calendar the day would not fit; the second start is then too late anyway.
    start = to_weekday(0, first.start + first.end_day + 1 + int(min(wait, 1e6)))
    if start > tables.last_start:
        return False
    if year_of(start) - first.birth_year > _OLDEST:
        return False
    second.patient = first.patient
    second.is_second = 1
    second.clinic = first.clinic
    second.clinician = first.clinician
    second.sex = first.sex
    second.adherence = first.adherence
    second.no_show = first.no_show
    second.frailty = first.frailty
    second.first_colleague = first.first_colleague
    second.n_colleagues = first.n_colleagues
    second.interval_factor = first.interval_factor
    second.birth_year = first.birth_year
    second.start = start
    second.age = year_of(start) - first.birth_year
    return True


@compiled
def keep_stages(inputs: Any, first: Any, second: Any) -> None:
    """Let a patient who comes back enter not far below where the first episode ended.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    first, second : record of EPISODE
        Both episodes; entry and target of the second are raised where they lie lower.
    """
    kept = first.last_stage - int(inputs.recurrence.kept_stages)
    second.entry = max(second.entry, kept)
    second.target = max(second.target, second.entry)


@compiled
def _class_of(value: Any, bounds: Any) -> Any:
    """Count the bounds that lie below a value."""
    low, high = 0, len(bounds)
    while low < high:
        middle = (low + high) // 2
        if bounds[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _logit(probability: Any) -> Any:
    # A probability of 0 or 1 becomes so small or large that no 32-bit draw tells the difference.
    p = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(p / (1 - p))


@compiled
def _inverse_logit(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))
