"""Who comes: clinic, start, age, risk, placement, and what makes one patient unlike another."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from hinge_outcomes.simulation.scenario import Scenario
from hinge_outcomes.simulation.sections import Calendar
from hinge_outcomes.simulation.streams import FloatArray, PatientStreams

IntArray = npt.NDArray[np.int64]

_DAYS_PER_YEAR = 365.25
_LOWEST_PAIN, _LOWEST_ODI = 0.5, 2.0  # nobody seeks care for no pain at all
_TYPICAL_PAIN = 5.4  # effects are centred here, so that they shift nobody on average
_TYPICAL_ADHERENCE = 0.45


@dataclass(frozen=True, slots=True)
class Places:
    """Hold the clinics and clinicians of a scenario with their true effects.

    Parameters
    ----------
    clinic_of : ndarray of int
        Clinic of each clinician.
    first_clinician, n_clinicians : ndarray of int
        Per clinic.
    log_rate : ndarray of float
        Clinic and clinician effect on the log rate of learning, per clinician.
    nprs, odi : ndarray of float
        Their effect on the change of the scores, per clinician.
    log_interval : ndarray of float
        The clinic's habit, log of its visit interval over the average, per clinic.
    """

    clinic_of: IntArray
    first_clinician: IntArray
    n_clinicians: IntArray
    log_rate: FloatArray
    nprs: FloatArray
    odi: FloatArray
    log_interval: FloatArray


@dataclass(frozen=True, slots=True)
class People:
    """Hold what is true of each patient on day 0; every array has one value per patient.

    Parameters
    ----------
    clinic, clinician : ndarray of int
        Counted from 0.
    start : ndarray of int
        Start date in days since 1970-01-01.
    horizon : ndarray of int
        Days from the start to the data cut.
    age, sex, duration, risk : ndarray of int
        Age in years; codes in the order of the tables' categories.
    has_risk : ndarray of bool
        Whether the risk class was recorded.
    nprs, odi : ndarray of float
        Latent scores on day 0.
    nprs_deviation, odi_deviation : ndarray of float
        The patient's departure from the published course, clinician and clinic included.
    entry, target : ndarray of int
        Stages, 1 to 10.
    adherence : ndarray of float
        Probability of home exercise on a day.
    log_rate : ndarray of float
        Log of the patient's rate of learning over the average.
    no_show : ndarray of float
        Probability to miss an appointment.
    leaving : ndarray of float
        Log odds of leaving at an appointment, at NPRS 5.
    dwell : ndarray of shape (n, 10)
        Days of practice each stage takes until it is automatic.
    """

    clinic: IntArray
    clinician: IntArray
    start: IntArray
    horizon: IntArray
    age: IntArray
    sex: IntArray
    duration: IntArray
    risk: IntArray
    has_risk: npt.NDArray[np.bool_]
    nprs: FloatArray
    odi: FloatArray
    nprs_deviation: FloatArray
    odi_deviation: FloatArray
    entry: IntArray
    target: IntArray
    adherence: FloatArray
    log_rate: FloatArray
    no_show: FloatArray
    leaving: FloatArray
    dwell: FloatArray


def simulate_places(scenario: Scenario, seed: int) -> Places:
    """Make the clinics and clinicians of a scenario.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    seed : int
        Seed of the simulation.

    Returns
    -------
    Places
        The same whatever the number of patients.

    Examples
    --------
    >>> simulate_places(Scenario.default(), seed=7).n_clinicians.tolist()
    [3, 3, 3, 3, 2, 2]
    """
    count, pattern = scenario.clinics.count, scenario.clinics.clinicians
    n_clinicians = np.array([pattern[i % len(pattern)] for i in range(count)], dtype=np.int64)
    clinic_of = np.repeat(np.arange(count), n_clinicians)
    clinic = PatientStreams(seed, 0, count).normal("clinics", 3)
    clinician = PatientStreams(seed, 0, len(clinic_of)).normal("clinicians", 2)
    learning, pain = scenario.learning, scenario.pain
    # One effect serves both instruments: whoever relieves pain relieves disability.
    share = (
        np.sqrt(pain.clinic_icc) * clinic[clinic_of, 1]
        + np.sqrt(pain.clinician_icc) * clinician[:, 1]
    )
    return Places(
        clinic_of=clinic_of,
        first_clinician=np.concatenate([[0], np.cumsum(n_clinicians)[:-1]]),
        n_clinicians=n_clinicians,
        log_rate=learning.clinic_sd * clinic[clinic_of, 0]
        + learning.clinician_sd * clinician[:, 0],
        nprs=share * np.hypot(pain.nprs_deviation_sd, pain.nprs_error_sd),
        odi=share * np.hypot(pain.odi_deviation_sd, pain.odi_error_sd),
        log_interval=scenario.visits.clinic_sd * clinic[:, 2],
    )


def simulate_people(scenario: Scenario, places: Places, streams: PatientStreams) -> People:
    """Draw a run of patients as they are on day 0.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    places : Places
        Its clinics and clinicians.
    streams : PatientStreams
        Says which patients, and gives their random numbers.

    Returns
    -------
    People
        One value per patient in every array.

    Examples
    --------
    >>> scenario = Scenario.default()
    >>> people = simulate_people(scenario, simulate_places(scenario, 7), PatientStreams(7, 0, 4))
    >>> bool((people.entry <= people.target).all())
    True
    """
    who = scenario.people
    u = streams.uniform("person", 8)
    start, horizon = _starts(scenario.calendar, u[:, 0])
    clinic = np.floor(u[:, 1] * scenario.clinics.count).astype(np.int64)
    clinician = places.first_clinician[clinic] + np.floor(
        u[:, 2] * places.n_clinicians[clinic]
    ).astype(np.int64)
    low, high = ndtr((np.array([who.age_minimum, who.age_maximum + 1]) - who.age_mean)
                     / max(who.age_sd, 1e-9))  # fmt: skip
    age = np.floor(who.age_mean + who.age_sd * ndtri(low + u[:, 3] * (high - low)))
    age = np.clip(age, who.age_minimum, who.age_maximum).astype(np.int64)
    cut = who.female_share, 1 - who.other_share
    sex = (u[:, 4] > cut[0]).astype(np.int64) + (u[:, 4] > cut[1])
    duration = _cut(u[:, 5], who.duration_shares)
    adherence = _inverse_logit(who.adherence_logit_mean + who.adherence_logit_sd * ndtri(u[:, 6]))
    severity = _severity(scenario, duration, places, clinician, streams)
    risk = _cut(ndtr(severity["risk"]), who.start_back_shares)
    entry, target = _placement(scenario, age, severity["nprs"], risk, streams)
    decades = (age - who.age_mean) / 10
    dwell_draws = streams.uniform("dwell", 12)
    log_rate = places.log_rate[clinician] + _learning_effects(
        scenario, decades, duration, risk, severity["nprs"], adherence
    )
    log_rate += scenario.learning.frailty_sd * ndtri(dwell_draws[:, 10])
    visits, loss = scenario.visits, scenario.loss
    no_show = _inverse_logit(_logit(visits.no_show) + visits.no_show_sd * ndtri(dwell_draws[:, 11]))
    leaving = (
        _logit(loss.per_visit)
        + loss.age_per_decade * decades
        + loss.start_back_high * (risk == 2)
        + loss.adherence * (adherence - _TYPICAL_ADHERENCE)
    )
    return People(
        clinic=clinic,
        clinician=clinician,
        start=start,
        horizon=horizon,
        age=age,
        sex=sex,
        duration=duration,
        risk=risk,
        has_risk=u[:, 7] >= who.start_back_missing,
        nprs=severity["nprs"],
        odi=severity["odi"],
        nprs_deviation=severity["nprs_deviation"],
        odi_deviation=severity["odi_deviation"],
        entry=entry,
        target=target,
        adherence=adherence,
        log_rate=log_rate,
        no_show=no_show,
        leaving=leaving,
        dwell=_dwell(scenario, log_rate, dwell_draws[:, :10]),
    )


def _starts(calendar: Calendar, u: FloatArray) -> tuple[IntArray, IntArray]:
    """Start dates on weekdays, with trend and season, and the days from there to the cut."""
    first = np.datetime64(calendar.first_start, "D")
    days = np.arange(first, np.datetime64(calendar.last_start, "D") + 1)
    years = (days - first).astype(np.int64) / _DAYS_PER_YEAR
    of_year = (days - days.astype("datetime64[Y]")).astype(np.int64) / _DAYS_PER_YEAR
    season = np.cos(2 * np.pi * (of_year - (calendar.season_peak_month - 0.5) / 12))
    weight = (1 + calendar.yearly_growth * years).clip(min=0.0)
    weight = weight * (1 + calendar.season_amplitude * season)
    is_weekday = np.is_busday(days)
    weight = weight * (is_weekday if is_weekday.any() else 1)
    cumulated = np.cumsum(weight)
    chosen = days[np.searchsorted(cumulated, u * cumulated[-1])]
    horizon = np.datetime64(calendar.data_cut, "D") - chosen
    return chosen.astype(np.int64), horizon.astype(np.int64)


def _severity(
    scenario: Scenario,
    duration: IntArray,
    places: Places,
    clinician: IntArray,
    streams: PatientStreams,
) -> dict[str, FloatArray]:
    """Latent baseline scores, risk, and departures from the course, as correlated normals."""
    pain = scenario.pain
    z = streams.normal("severity", 5)
    observed_sd = np.array(pain.nprs_sd)[duration], np.array(pain.odi_sd)[duration]
    error_sd = pain.nprs_error_sd, pain.odi_error_sd
    nprs_sd, odi_sd = (
        np.sqrt(np.maximum(sd**2 - error**2, 0.0))
        for sd, error in zip(observed_sd, error_sd, strict=True)
    )
    # The correlation was observed; measurement error thins it, so the latent one is higher.
    thinning = (nprs_sd / observed_sd[0].clip(1e-9)) * (odi_sd / observed_sd[1].clip(1e-9))
    rho = np.clip(pain.baseline_correlation / thinning.clip(1e-9), -0.99, 0.99)
    nprs = np.array(pain.nprs_mean)[duration] + nprs_sd * z[:, 0]
    odi_z = rho * z[:, 0] + np.sqrt(1 - rho**2) * z[:, 1]
    odi = np.array(pain.odi_mean)[duration] + odi_sd * odi_z
    tie = scenario.people.start_back_pain_correlation
    risk = tie * z[:, 0] + np.sqrt(1 - tie**2) * z[:, 2]
    own = np.sqrt(max(1 - pain.clinician_icc - pain.clinic_icc, 0.0))
    both = pain.deviation_correlation
    second = both * z[:, 3] + np.sqrt(1 - both**2) * z[:, 4]
    return {
        "nprs": nprs.clip(_LOWEST_PAIN, 10),
        "odi": odi.clip(_LOWEST_ODI, 100),
        "risk": risk,
        "nprs_deviation": places.nprs[clinician] + own * pain.nprs_deviation_sd * z[:, 3],
        "odi_deviation": places.odi[clinician] + own * pain.odi_deviation_sd * second,
    }


def _placement(
    scenario: Scenario, age: IntArray, nprs: FloatArray, risk: IntArray, streams: PatientStreams
) -> tuple[IntArray, IntArray]:
    """Entry and target stage by ordered probit; the target is never below the entry."""
    placement = scenario.placement
    decades = (age - scenario.people.age_mean) / 10
    z = streams.normal("placement", 2)
    ability = (
        z[:, 0]
        + placement.age_per_decade * decades
        + placement.pain_per_point * (nprs - _TYPICAL_PAIN)
        + placement.start_back_high * (risk == 2)
    )
    ambition = z[:, 1] + placement.target_age_per_decade * decades
    entry = 1 + _cut(ndtr(ability), placement.entry_shares)
    target = 1 + _cut(ndtr(ambition), placement.target_shares)
    return entry, np.maximum(entry, target)


def _learning_effects(
    scenario: Scenario,
    decades: FloatArray,
    duration: IntArray,
    risk: IntArray,
    nprs: FloatArray,
    adherence: FloatArray,
) -> Any:
    learning = scenario.learning
    by_duration = np.array([0.0, learning.subacute, learning.chronic])
    by_risk = np.array([0.0, learning.start_back_medium, learning.start_back_high])
    return (
        learning.age_per_decade * decades
        + by_duration[duration]
        + by_risk[risk]
        + learning.pain_per_point * (nprs - _TYPICAL_PAIN)
        + learning.adherence * (adherence - _TYPICAL_ADHERENCE)
    )


def _dwell(scenario: Scenario, log_rate: FloatArray, u: FloatArray) -> FloatArray:
    """Weibull days of practice that each stage takes each patient."""
    learning = scenario.learning
    days = np.array(learning.dwell_days) * (-np.log(u)) ** (1 / np.array(learning.dwell_shape))
    dwell: FloatArray = days * np.exp(-log_rate)[:, None]
    return dwell


def _cut(u: FloatArray, shares: tuple[float, ...]) -> IntArray:
    """Code of the share that each number between 0 and 1 falls into."""
    bounds = np.cumsum(shares)[:-1]
    return np.searchsorted(bounds, u).astype(np.int64)


def _logit(probability: float) -> float:
    # A probability of 0 or 1 becomes so small or large that no 24-bit draw tells the difference.
    p = min(max(probability, 1e-12), 1 - 1e-12)
    return float(np.log(p / (1 - p)))


def _inverse_logit(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))
