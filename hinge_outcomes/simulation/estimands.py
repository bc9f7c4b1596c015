"""The true value of every headline estimand of a scenario, exactly or by a large run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.cohort.anova import mean_squares
from hinge_outcomes.cohort.events import mastery_dates
from hinge_outcomes.domain.follow_up import FOLLOW_UPS
from hinge_outcomes.domain.progression import LAST_STAGE
from hinge_outcomes.simulation.calibration import check_replicates, followed_up
from hinge_outcomes.simulation.generator import check_counts, cohort_of, simulated_sheets
from hinge_outcomes.simulation.inputs import simulated_places
from hinge_outcomes.simulation.markov_ladder import (
    exact_latent_mastery,
    exact_rates,
    has_exact_mastery,
)
from hinge_outcomes.simulation.records import LEARNED, Sheets
from hinge_outcomes.simulation.scenario import Scenario
from hinge_outcomes.simulation.streams import check_seed
from hinge_outcomes.simulation.true_mastery import MasteryRecords, durable_days_of, is_maintained
from hinge_outcomes.simulation.true_scores import (
    draw_scores,
    mean_scores,
    responder_shares,
)

DAYS = (30, 60, 90, 120, 180, 270, 365)
"""Days at which probabilities are given."""

HORIZON_DAY = 365
DURABLE_DAYS = 90
_FOLLOW_UP_DAYS = 420  # the longest window has closed

EXACT, LARGE_RUN = "exact", "large run"

Row = tuple[str, str, float, float]
"""Estimand, stage ("target", "1" to "10", or ""), day (nan for none), value."""


@dataclass(frozen=True, slots=True)
class Estimands:
    """Hold true values with their Monte Carlo errors.

    Parameters
    ----------
    scenario : str
        Name of the scenario.
    values : DataFrame
        What ``table`` gives.
    """

    scenario: str
    values: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Give the true values.

        Returns
        -------
        DataFrame
            estimand, stage ("target", "1" to "10", or ""), day (missing where none applies), value,
            mc_error (0 where exact), method ("exact" or "large run").
        """
        return self.values.copy()

    def value(self, estimand: str, *, stage: str = "", day: float | None = None) -> float:
        """Look one true value up.

        Parameters
        ----------
        estimand : str
            A name in the table.
        stage : str, default ""
            "target", "1" to "10", or "".
        day : float, optional
            The day, where one applies.

        Returns
        -------
        float
            The true value.

        Raises
        ------
        KeyError
            If there is no such row; the message lists the estimands.
        """
        rows = self.values
        is_asked = (rows["estimand"] == estimand) & (rows["stage"] == stage)
        is_asked &= rows["day"].isna() if day is None else rows["day"] == day
        if not is_asked.any():
            names = ", ".join(rows["estimand"].unique())
            raise KeyError(f"No such true value. Estimands: {names}; see table() for stages, days.")
        return float(rows.loc[is_asked, "value"].iloc[0])


def true_estimands(
    scenario: Scenario,
    *,
    replicates: int = 40,
    n_episodes: int = 5_000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Estimands:
    """Work out the true value of every headline estimand of a scenario.

    The large run follows everybody long enough that nothing is censored, so every probability is a
    plain proportion. Each replicate has clinics and clinicians of its own: the value is their mean,
    its Monte Carlo error their standard deviation over the root of their number. Given the latent
    score, scores and responders are averaged over the measurement error exactly.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    replicates : int, default 40
        Independent simulations, 2 or more.
    n_episodes : int, default 5000
        Episodes in each.
    seed : int, default 1
        Seed of the first; the others count on.
    progress : callable, optional
        Told how many replicates are done, and of how many.

    Returns
    -------
    Estimands
        Rows: ``documented_mastery`` (first, of the target and of each stage k among those with
        entry <= k <= target) and ``latent_mastery`` (competence automatic, exact time) by day;
        ``maintained_mastery`` and ``durable_mastery`` (90 days) of the target by day;
        ``mean_days_mastered`` and ``mean_days_unmastered`` to day 365; ``left`` and ``referred``
        by day, exact times; mean observed-scale ``nprs`` and ``odi`` of the full population on day
        0 and the planned days, their ``_change``, and responders (``_mic``, ``_relative``,
        ``_both``); ``nprs_change_icc`` of clinicians, the clinic included, at 13 weeks; and, where
        the scenario is a Markov ladder, its rates per day and log hazard ratios, exactly.

    Raises
    ------
    ConfigError
        If a number is not allowed.

    Notes
    -----
    Scores of the full population are those of day t itself, whatever became of care: nobody is
    missing and nobody is late. Definitions are those of the reports; days are whole days at which
    a thing is documented, or exact times for latent ones.
    """
    check_counts(n_episodes=n_episodes)
    check_replicates(replicates)
    followed = followed_up(scenario, _FOLLOW_UP_DAYS)
    columns: list[npt.NDArray[np.float64]] = []
    names: list[tuple[str, str, float]] = []
    for replicate in range(replicates):
        rows = list(_one_replicate(followed, n_episodes, check_seed(seed) + replicate))
        names = [row[:3] for row in rows]
        columns.append(np.array([row[3] for row in rows]))
        if progress is not None:
            progress(replicate + 1, replicates)
    values = np.array(columns)
    frame = pd.DataFrame(names, columns=["estimand", "stage", "day"]).assign(
        value=values.mean(axis=0),
        mc_error=values.std(axis=0, ddof=1) / np.sqrt(replicates),
        method=LARGE_RUN,
    )
    exact = pd.DataFrame(
        _exact_rows(scenario), columns=["estimand", "stage", "day", "value"]
    ).assign(mc_error=0.0, method=EXACT)
    key = ["estimand", "stage", "day"]
    is_known = frame.set_index(key).index.isin(exact.set_index(key).index)
    frame = pd.concat([frame[~is_known], exact], ignore_index=True) if len(exact) else frame
    return Estimands(scenario.name, frame)


def _exact_rows(scenario: Scenario) -> list[Row]:
    """What needs no simulation, where the ladder is a Markov process."""
    rows = [(name, stage, float("nan"), value) for name, stage, value in exact_rates(scenario)]
    if has_exact_mastery(scenario):
        for stage in ("target", *map(str, range(1, LAST_STAGE + 1))):
            found = exact_latent_mastery(scenario, stage, DAYS)
            rows += [
                ("latent_mastery", stage, float(day), value)
                for day, value in zip(DAYS, found, strict=True)
            ]
    return rows


def _one_replicate(scenario: Scenario, n_episodes: int, seed: int) -> Iterator[Row]:
    places = simulated_places(scenario, seed)
    sheets = simulated_sheets(scenario, places, n_episodes=n_episodes, seed=seed, keeps_truth=True)
    cohort = cohort_of(scenario, places, sheets, seed)
    dates = mastery_dates(cohort)
    place = cohort.episodes["episode_id"].searchsorted(dates["episode_id"])
    stage, day = dates["stage"].to_numpy(), dates["mastered_day"].to_numpy(dtype=float)
    yield from _by_stage("documented_mastery", sheets, place, stage, day)
    learned = sheets.events[sheets.events["kind"] == LEARNED]
    yield from _by_stage(
        "latent_mastery", sheets, learned["episode"], learned["stage"], learned["time"]
    )
    yield from _of_target(sheets, MasteryRecords.read(cohort, dates))
    for name in ("left", "referred"):
        for asked in DAYS:
            yield name, "", float(asked), float((sheets.episodes[name] <= asked).mean())
    yield from _of_scores(scenario, sheets, seed)


def _by_stage(
    name: str,
    sheets: Sheets,
    episode: npt.NDArray[np.int64],
    stage: npt.NDArray[np.int64],
    day: npt.NDArray[np.float64],
) -> Iterator[Row]:
    """Probabilities by day of the target, and of each stage among those who pass it."""
    rows = sheets.episodes
    first = np.full((len(rows), LAST_STAGE + 1), np.inf)
    np.minimum.at(first, (episode, stage), day)
    of_target = first[np.arange(len(rows)), rows["target"]]
    for asked in DAYS:
        yield name, "target", float(asked), float((of_target <= asked).mean())
    for number in range(1, LAST_STAGE + 1):
        is_asked = (rows["entry"] <= number) & (number <= rows["target"])
        for asked in DAYS:
            reached = first[is_asked, number] <= asked
            value = float(reached.mean()) if is_asked.any() else float(np.nan)
            yield name, str(number), float(asked), value
    if name == "documented_mastery":
        mastered = np.clip(HORIZON_DAY - of_target, 0.0, None).mean()
        yield "mean_days_mastered", "target", float(HORIZON_DAY), float(mastered)
        yield "mean_days_unmastered", "target", float(HORIZON_DAY), float(HORIZON_DAY - mastered)


def _of_target(sheets: Sheets, records: MasteryRecords) -> Iterator[Row]:
    lasted = durable_days_of(records, DURABLE_DAYS)
    for asked in DAYS:
        share = float(is_maintained(records, asked).mean())
        yield "maintained_mastery", "target", float(asked), share
    for asked in DAYS:
        yield "durable_mastery", "target", float(asked), float((lasted <= asked).mean())


def _of_scores(scenario: Scenario, sheets: Sheets, seed: int) -> Iterator[Row]:
    for place, instrument in enumerate(("nprs", "odi")):
        before = sheets.latent[:, 0, place]
        at_start = mean_scores(before, instrument, scenario).mean()
        yield instrument, "", 0.0, float(at_start)
        for window in FOLLOW_UPS:
            after = sheets.latent[:, window.target_day // 7, place]
            later = mean_scores(after, instrument, scenario).mean()
            day = float(window.target_day)
            yield instrument, "", day, float(later)
            yield f"{instrument}_change", "", day, float(later - at_start)
            shares = responder_shares(before, after, instrument, scenario)
            for rule, share in shares.items():
                yield f"{instrument}_{rule}", "", day, share
    rng = np.random.default_rng([seed, len(sheets.episodes)])
    at_day = 91
    change = draw_scores(sheets.latent[:, at_day // 7, 0], "nprs", scenario, rng) - draw_scores(
        sheets.latent[:, 0, 0], "nprs", scenario, rng
    )
    icc = mean_squares(change, sheets.episodes["clinician"]).share
    yield "nprs_change_icc", "", float(at_day), icc
