"""Day 0 of a made-up patient in plain Python, for the peers of the simulator."""

import datetime
import math
from bisect import bisect_left
from random import Random
from typing import Any

from benchmarks.patient_course import Episode
from benchmarks.patient_setting import Setting
from hinge_outcomes.simulation.people import TYPICAL_ADHERENCE, TYPICAL_NPRS, TYPICAL_ODI
from hinge_outcomes.simulation.records import MISSING

_EPOCH = datetime.date(1970, 1, 1).toordinal()


def first_episode(setting: Setting, rng: Random, patient: int, rows: Any) -> Episode:
    """Draw a patient and day 0 of the first episode."""
    people, visits = setting.people, setting.visits
    episode = Episode(setting, rng, rows)
    episode.patient, episode.is_second, episode.code = patient, 0, 2 * patient
    episode.clinic = int(rng.random() * len(setting.clinics))
    first, count, episode.interval_factor = setting.clinics[episode.clinic]
    episode.colleagues = range(first, first + count)
    episode.clinician = first + int(rng.random() * count)
    age = int(setting.age_minimum) + bisect_left(setting.age_weights, rng.random())
    u = rng.random()
    episode.sex = 0 if u <= people.female_share else (1 if u <= 1 - people.other_share else 2)
    z = rng.gauss(people.adherence_logit_mean, people.adherence_logit_sd)
    episode.adherence = 1 / (1 + math.exp(-z))
    p = min(max(visits.no_show, 1e-12), 1 - 1e-12)
    z = rng.gauss(math.log(p / (1 - p)), visits.no_show_sd)
    episode.no_show = 1 / (1 + math.exp(-z))
    episode.frailty = rng.gauss(0.0, setting.learning.frailty_sd)
    episode.start = setting.first_start + bisect_left(setting.start_weights, rng.random())
    episode.birth_year = year_of(episode.start) - age
    draw_start(setting, rng, episode, age)
    return episode


def draw_start(setting: Setting, rng: Random, episode: Episode, age: int) -> None:
    """Draw scores, risk and placement of day 0, and work out the log hazards."""
    pain, placement, people = setting.pain, setting.placement, setting.people
    gauss = rng.gauss
    duration = episode.duration = bisect_left(setting.duration_bounds, rng.random())
    z_nprs, rho = gauss(0.0, 1.0), setting.baseline_correlation[duration]
    z_odi = rho * z_nprs + math.sqrt(1 - rho * rho) * gauss(0.0, 1.0)
    nprs = pain.nprs_mean[duration] + setting.nprs_sd[duration] * z_nprs
    odi = pain.odi_mean[duration] + setting.odi_sd[duration] * z_odi
    episode.nprs = nprs = min(max(nprs, 0.5), 10.0)
    episode.odi = odi = min(max(odi, 2.0), 100.0)
    tie = people.start_back_pain_correlation
    z_risk = tie * z_nprs + math.sqrt(1 - tie * tie) * gauss(0.0, 1.0)
    risk = episode.risk = bisect_left(setting.risk_bounds, z_risk)
    decades = (age - people.age_mean) / 10
    ability = (
        gauss(0.0, 1.0)
        + placement.age_per_decade * decades
        + placement.pain_per_point * (nprs - TYPICAL_NPRS)
        + placement.start_back_high * (risk == 2)
    )
    ambition = gauss(0.0, 1.0) + placement.target_age_per_decade * decades
    episode.entry = 1 + bisect_left(setting.entry_bounds, ability)
    episode.target = max(episode.entry, 1 + bisect_left(setting.target_bounds, ambition))
    z_own, both = gauss(0.0, 1.0), pain.deviation_correlation
    second = both * z_own + math.sqrt(1 - both * both) * gauss(0.0, 1.0)
    _, of_clinician, clinician_nprs, clinician_odi = setting.clinicians[episode.clinician]
    own = setting.own_share
    episode.nprs_deviation = clinician_nprs + own * pain.nprs_deviation_sd * z_own
    episode.odi_deviation = clinician_odi + own * pain.odi_deviation_sd * second
    forward = _effects(setting.learning, decades, episode, True)
    # Days of practice are Weibull with proportional hazards: the hazard divides the threshold.
    episode.ease = math.exp(-(forward + episode.frailty + of_clinician))
    episode.setback_factor = math.exp(_effects(setting.setbacks, decades, episode, True))
    episode.exit = _effects(setting.loss, decades, episode, setting.loss.mechanism != "mcar")
    episode.horizon = setting.data_cut - episode.start
    episode.has_risk = int(rng.random() >= people.start_back_missing)


def _effects(effects: Any, decades: float, episode: Episode, pain_counts: bool) -> float:
    """Log hazard over the average from what is known on day 0, and home exercise."""
    total = effects.age_per_decade * decades
    total += effects.adherence * (episode.adherence - TYPICAL_ADHERENCE)
    total += (0.0, effects.subacute, effects.chronic)[episode.duration]
    total += (0.0, effects.start_back_medium, effects.start_back_high)[episode.risk]
    if pain_counts:
        total += effects.pain_per_point * (episode.nprs - TYPICAL_NPRS)
        total += effects.odi_per_10 * (episode.odi - TYPICAL_ODI) / 10
    return float(total)


def second_episode(setting: Setting, rng: Random, first: Episode) -> Episode | None:
    """Decide whether and when a patient comes back, and draw day 0 if so."""
    recurrence = setting.recurrence
    if first.end_day == MISSING or rng.random() >= recurrence.returns:
        return None
    wait = rng.expovariate(math.log(2.0) / recurrence.median_days)
    start = first.start + first.end_day + 1 + int(wait)
    start += (0, 0, 0, 0, 0, 2, 1)[(start + 3) % 7]
    if start > setting.last_start:
        return None
    episode = Episode(setting, rng, first.rows)
    episode.is_second, episode.code = 1, first.code + 1
    for name in (
        "patient", "clinic", "clinician", "colleagues", "interval_factor", "sex", "adherence",
        "no_show", "frailty", "birth_year",
    ):  # fmt: skip
        setattr(episode, name, getattr(first, name))
    episode.start = start
    draw_start(setting, rng, episode, year_of(start) - first.birth_year)
    episode.entry = max(episode.entry, first.stage - int(recurrence.kept_stages))
    episode.target = max(episode.target, episode.entry)
    return episode


def year_of(day: int) -> int:
    """Calendar year of a day since 1970-01-01."""
    return datetime.date.fromordinal(_EPOCH + day).year
