"""A scenario as the compiled functions read it: numbers, and tables worked out beforehand."""

import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from hinge_outcomes.cohort.tables import DURATIONS
from hinge_outcomes.domain.prognosis import natural_course
from hinge_outcomes.simulation.days import DAYS_PER_YEAR
from hinge_outcomes.simulation.parameters import Parameter, declared
from hinge_outcomes.simulation.scenario import SECTIONS, Scenario
from hinge_outcomes.simulation.streams import CLINICIANS, CLINICS, FloatArray, normals

IntArray = npt.NDArray[np.int64]

LONGEST: Final = 4_000
"""Days for which courses are tabulated; the slowest is over long before."""

_SECTIONS = (
    "people", "placement", "recurrence", "learning", "setbacks", "progression", "visits",
    "discharge", "loss", "pain", "questionnaires",
)  # fmt: skip


CLINIC = np.dtype(
    [("first_clinician", "i8"), ("n_clinicians", "i8"), ("interval_factor", "f8")], align=True
)
"""One clinic: its clinicians, and its visit intervals over the average (the clinic's habit)."""

CLINICIAN = np.dtype(
    [("clinic", "i8"), ("log_hazard", "f8"), ("nprs", "f8"), ("odi", "f8")], align=True
)
"""One clinician: true effect, the clinic's included, on the log hazard of learning and on the
change of NPRS and ODI."""

TABLES = np.dtype(
    [
        ("first_start", "i8"), ("last_start", "i8"), ("data_cut", "i8"),  # days since 1970-01-01
        ("age_minimum", "f8"),  # youngest, in whole years
        ("duration_bounds", "f8", (2,)),  # of the classes, for a uniform draw
        ("risk_bounds", "f8", (2,)),  # of the classes, for a normal score, as the two that follow
        ("entry_bounds", "f8", (9,)), ("target_bounds", "f8", (9,)),
        ("nprs_sd", "f8", (3,)), ("odi_sd", "f8", (3,)),  # latent, on day 0, by duration
        ("baseline_correlation", "f8", (3,)),  # likewise
        ("own_share", "f8"),  # root of the share of the variance of change that is the patient's
        ("weekly_step", "f8"),  # SD of a week given the one before, as a share of its SD
        ("course", "f8", (3, LONGEST)),  # published pain relative to day 0, by duration and day
        ("deviation", "f8", (LONGEST,)),  # how much of a departure has built up by day
    ],
    align=True,
)  # fmt: skip
"""What follows from a scenario once, for all patients."""


class Places(NamedTuple):
    """Hold where and when patients come.

    Attributes
    ----------
    clinics, clinicians : structured ndarray
        Records of ``CLINIC`` and ``CLINICIAN``.
    start_weights, age_weights : ndarray of float
        Cumulated shares of start days, from the first possible, and of ages, from the youngest.
    """

    clinics: npt.NDArray[Any]
    clinicians: npt.NDArray[Any]
    start_weights: FloatArray
    age_weights: FloatArray


def simulation_inputs(scenario: Scenario) -> Any:
    """Turn a scenario into what the compiled functions read.

    Parameters
    ----------
    scenario : Scenario
        The scenario.

    Returns
    -------
    ndarray of inputs_dtype, shape (1,)
        Its sections, and what follows from them in ``tables``; words become their place among the
        choices. A record is handed on by its address, however much it holds.
    """
    made = np.zeros(1, inputs_dtype())
    for name in _SECTIONS:
        section = getattr(scenario, name)
        for key, rule in _numeric(section).items():
            value = getattr(section, key)
            made[name][key][0] = rule.choices.index(value) if rule.choices else value
    for key, value in _tables(scenario).items():
        made["tables"][key][0] = value
    return made


@lru_cache(maxsize=1)
def inputs_dtype() -> np.dtype[Any]:
    """Declare the record that holds a scenario in plain numbers.

    Returns
    -------
    dtype
        One nested record per section with parameters that patients depend on, and ``TABLES``.
    """
    sections = [
        (
            name,
            np.dtype(
                [
                    (key, "f8", (rule.length,)) if rule.length else (key, "f8")
                    for key, rule in _numeric(SECTIONS[name]).items()
                ]
            ),
        )
        for name in _SECTIONS
    ]
    return np.dtype([*sections, ("tables", TABLES)], align=True)


def _numeric(section: Any) -> dict[str, Parameter]:
    """The parameters that are numbers, lists of numbers, or one of several words."""
    return {
        key: rule
        for key, rule in declared(section).items()
        if rule.choices or rule.kind in ("number", "integer", "numbers")
    }


def simulated_places(scenario: Scenario, seed: int) -> Places:
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
    >>> simulated_places(Scenario.default(), seed=7).clinics["n_clinicians"].tolist()
    [3, 3, 3, 3, 2, 2]
    """
    count, pattern = scenario.clinics.count, scenario.clinics.clinicians
    n_clinicians = np.array([pattern[i % len(pattern)] for i in range(count)], dtype=np.int64)
    clinic_of = np.repeat(np.arange(count), n_clinicians)
    clinic = normals(seed, CLINICS, count, 3)
    clinician = normals(seed, CLINICIANS, len(clinic_of), 2)
    learning, pain = scenario.learning, scenario.pain
    # One effect serves both instruments: whoever relieves pain relieves disability.
    share = (
        np.sqrt(pain.clinic_icc) * clinic[clinic_of, 1]
        + np.sqrt(pain.clinician_icc) * clinician[:, 1]
    )
    clinics = np.zeros(count, CLINIC)
    clinics["n_clinicians"] = n_clinicians
    clinics["first_clinician"] = np.concatenate([[0], np.cumsum(n_clinicians)[:-1]])
    clinics["interval_factor"] = np.exp(scenario.visits.clinic_sd * clinic[:, 2])
    clinicians = np.zeros(len(clinic_of), CLINICIAN)
    clinicians["clinic"] = clinic_of
    clinicians["log_hazard"] = (
        learning.clinic_sd * clinic[clinic_of, 0] + learning.clinician_sd * clinician[:, 0]
    )
    for instrument in ("nprs", "odi"):
        clinicians[instrument] = share * total_deviation_sd(scenario, instrument)
    return Places(clinics, clinicians, start_weights(scenario), age_weights(scenario))


def total_deviation_sd(scenario: Scenario, instrument: str) -> float:
    """Give the SD of what makes one patient's change unlike another's: the ICCs are shares of it.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    instrument : str
        "nprs" or "odi".

    Returns
    -------
    float
        Departure from the course, good and bad weeks, and measurement error, in points.
    """
    parts = ("deviation", "weekly", "error")
    return float(
        np.sqrt(sum(getattr(scenario.pain, f"{instrument}_{part}_sd") ** 2 for part in parts))
    )


def _tables(scenario: Scenario) -> dict[str, Any]:
    people, placement, pain = scenario.people, scenario.placement, scenario.pain
    nprs_sd, odi_sd, correlation = _latent_spread(scenario)
    days = np.arange(LONGEST)
    return {
        "first_start": _day_number(scenario.calendar.first_start),
        "last_start": _day_number(scenario.calendar.last_start),
        "data_cut": _day_number(scenario.calendar.data_cut),
        "age_minimum": np.floor(people.age_minimum),
        "duration_bounds": np.cumsum(people.duration_shares)[:-1],
        "risk_bounds": _probit_bounds(people.start_back_shares),
        "entry_bounds": _probit_bounds(placement.entry_shares),
        "target_bounds": _probit_bounds(placement.target_shares),
        "nprs_sd": nprs_sd,
        "odi_sd": odi_sd,
        "baseline_correlation": correlation,
        "own_share": np.sqrt(max(1 - pain.clinician_icc - pain.clinic_icc, 0.0)),
        "weekly_step": np.sqrt(1 - pain.weekly_correlation**2),
        "course": _published_course(),
        "deviation": 1 - np.exp(-days / (7 * pain.deviation_weeks)),
    }


def age_weights(scenario: Scenario) -> FloatArray:
    """Cumulate the shares of ages: normal, within the limits, in whole years.

    Parameters
    ----------
    scenario : Scenario
        The scenario.

    Returns
    -------
    ndarray of float
        One value per year of age from the youngest, ending at 1.
    """
    people = scenario.people
    ages = np.arange(np.floor(people.age_minimum), np.floor(people.age_maximum) + 1)
    bounds = np.append(ages, ages[-1] + 1)
    weights = np.cumsum(np.diff(ndtr((bounds - people.age_mean) / max(people.age_sd, 1e-9))))
    if weights[-1] <= 0:  # a mean far outside the limits: everybody has the nearest age
        nearest = np.clip(np.floor(people.age_mean), ages[0], ages[-1])
        weights = np.where(ages >= nearest, 1.0, 0.0)
    shares: FloatArray = weights / weights[-1]
    return shares


def start_weights(scenario: Scenario) -> FloatArray:
    """Cumulate the shares of start days: weekdays, with trend and season.

    Parameters
    ----------
    scenario : Scenario
        The scenario.

    Returns
    -------
    ndarray of float
        One value per day from the first possible start to the last, ending at 1.
    """
    calendar = scenario.calendar
    first = np.datetime64(calendar.first_start, "D")
    days = np.arange(first, np.datetime64(calendar.last_start, "D") + 1)
    years = (days - first).astype(np.int64) / DAYS_PER_YEAR
    of_year = (days - days.astype("datetime64[Y]")).astype(np.int64) / DAYS_PER_YEAR
    season = np.cos(2 * np.pi * (of_year - (calendar.season_peak_month - 0.5) / 12))
    weight = (1 + calendar.yearly_growth * years).clip(min=0.0)
    weight = weight * (1 + calendar.season_amplitude * season)
    is_weekday = np.is_busday(days)
    weight = weight * (is_weekday if is_weekday.any() else 1)
    cumulated = np.cumsum(weight)
    shares: FloatArray = cumulated / cumulated[-1]
    return shares


def _latent_spread(scenario: Scenario) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Latent SDs and correlation on day 0, so that the scores seen have those of the scenario."""
    pain = scenario.pain
    noise = {
        name: getattr(pain, f"{name}_error_sd") ** 2 + getattr(pain, f"{name}_weekly_sd") ** 2
        for name in ("nprs", "odi")
    }
    seen = {"nprs": np.array(pain.nprs_sd), "odi": np.array(pain.odi_sd)}
    latent = {name: np.sqrt(np.maximum(seen[name] ** 2 - noise[name], 0.0)) for name in seen}
    # The correlation was observed; what is not shared thins it, so the latent one is higher.
    shared_weeks = pain.deviation_correlation * pain.nprs_weekly_sd * pain.odi_weekly_sd
    wanted = pain.baseline_correlation * seen["nprs"] * seen["odi"] - shared_weeks
    spread = (latent["nprs"] * latent["odi"]).clip(1e-9)
    return latent["nprs"], latent["odi"], np.clip(wanted / spread, -0.99, 0.99)


@lru_cache(maxsize=1)
def _published_course() -> FloatArray:
    """Published pain relative to day 0, by duration and day."""
    table = np.array(
        [[natural_course(code, day / 7) for day in range(LONGEST)] for code in DURATIONS]
    )
    relative: FloatArray = table / table[:, :1]
    relative.setflags(write=False)
    return relative


def _probit_bounds(shares: tuple[float, ...]) -> FloatArray:
    bounds: FloatArray = ndtri(np.cumsum(shares)[:-1].clip(0.0, 1.0))
    return bounds


def _day_number(day: datetime.date) -> int:
    return (day - datetime.date(1970, 1, 1)).days
