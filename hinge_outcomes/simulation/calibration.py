"""Hold a scenario against published figures: simulated value, Monte Carlo error, verdict."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.cohort.profile import profile_values
from hinge_outcomes.domain.published_figures import PUBLISHED_FIGURES
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation.generator import check_counts, simulate
from hinge_outcomes.simulation.scenario import Scenario

_FOLLOW_UP_DAYS = 800  # everybody can be followed for a year, and come back within another
_ERRORS_ALLOWED = 3.0  # a verdict allows for this many Monte Carlo errors

MEETS, MISSES, CONTEXT = "meets", "misses", "context"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold how a scenario compares with published figures.

    Parameters
    ----------
    scenario : str
        Its name.
    values : ndarray of shape (replicates, figures)
        Every figure in every replicate.
    n_episodes : int
        Episodes per replicate.
    """

    scenario: str
    values: npt.NDArray[np.float64]
    n_episodes: int

    def table(self) -> pd.DataFrame:
        """Give target, population, source, simulated value, Monte Carlo error and verdict.

        Returns
        -------
        DataFrame
            target, population, source, mark, low, high, simulated, mc_error, verdict ("meets" or
            "misses" where the default is held to the figure, otherwise "context"), note.
        """
        mean = np.nanmean(self.values, axis=0)
        error = np.nanstd(self.values, axis=0, ddof=1) / np.sqrt(len(self.values))
        rows = []
        for figure, value, mc_error in zip(PUBLISHED_FIGURES, mean, error, strict=True):
            reach = _ERRORS_ALLOWED * mc_error
            is_met = figure.low - reach <= value <= figure.high + reach
            rows.append(
                {
                    "target": figure.label,
                    "population": figure.population,
                    "source": figure.source,
                    "mark": figure.mark,
                    "low": figure.low,
                    "high": figure.high,
                    "simulated": value,
                    "mc_error": mc_error,
                    "verdict": CONTEXT if not figure.is_held else MEETS if is_met else MISSES,
                    "note": figure.note,
                }
            )
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Say in one sentence how many held figures are met, and which are not.

        Returns
        -------
        str
            A sentence.
        """
        table = self.table()
        held = table[table["verdict"] != CONTEXT]
        missed = held.loc[held["verdict"] == MISSES, "target"].tolist()
        text = (
            f"The scenario {self.scenario!r} meets {len(held) - len(missed)} of {len(held)} "
            f"physiotherapy figures ({len(self.values)} runs of {self.n_episodes:,} episodes)"
        )
        return f"{text}; it misses {', '.join(missed)}." if missed else f"{text}."


def calibrate(
    scenario: Scenario,
    *,
    n_episodes: int = 2_000,
    replicates: int = 20,
    seed: int = 2026,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Simulate a scenario again and again and hold it against published figures.

    The data cut is moved so that every episode can be followed for more than a year. Replicates
    have their own clinics and clinicians, so that the Monte Carlo error, their standard deviation
    over the root of their number, holds for every figure, variance shares included.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    n_episodes : int, default 2000
        Episodes in each replicate.
    replicates : int, default 20
        How many, 2 or more.
    seed : int, default 2026
        Seed of the first replicate; the others count on.
    progress : callable, optional
        Told how many replicates are done, and of how many.

    Returns
    -------
    Calibration
        With ``table()`` and ``summary()``.

    Raises
    ------
    ConfigError
        If a number is not allowed.

    Examples
    --------
    >>> found = calibrate(Scenario.default(), n_episodes=200, replicates=2)
    >>> list(found.table().columns[:3])
    ['target', 'population', 'source']
    """
    check_counts(n_episodes=n_episodes)
    check_replicates(replicates)
    followed = followed_up(scenario, _FOLLOW_UP_DAYS)
    values = np.empty((replicates, len(PUBLISHED_FIGURES)))
    for replicate in range(replicates):
        cohort = simulate(followed, n_episodes=n_episodes, seed=seed + replicate)
        found = profile_values(cohort)
        values[replicate] = [found[figure.name][0] for figure in PUBLISHED_FIGURES]
        if progress is not None:
            progress(replicate + 1, replicates)
    return Calibration(scenario.name, values, n_episodes)


def followed_up(scenario: Scenario, days: int) -> Scenario:
    """Move the data cut so that every episode can be followed.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    days : int
        Least number of days from the last possible start to the cut.

    Returns
    -------
    Scenario
        The same patients, longer observed.
    """
    cut = scenario.calendar.last_start + dt.timedelta(days=days)
    return scenario.replace({"calendar.data_cut": max(cut, scenario.calendar.data_cut)})


def check_replicates(replicates: int) -> None:
    """Refuse fewer than two replicates: one has no Monte Carlo error.

    Parameters
    ----------
    replicates : int
        How many.

    Raises
    ------
    ConfigError
        If it is no whole number of 2 or more.
    """
    if not isinstance(replicates, int) or isinstance(replicates, bool) or replicates < 2:
        raise ConfigError("replicates must be a whole number of 2 or more, such as replicates=20.")
