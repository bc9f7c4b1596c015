"""One group's chance of mastery by day: its curve, and the answers read from it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.follow_up import potential_follow_up
from hinge_outcomes.analysis.progression.mastery_standard import Standard
from hinge_outcomes.analysis.progression.mastery_stays import REPORTED, UNMASTERED
from hinge_outcomes.analysis.progression.occupancy_arrays import Reporting, occupancy_of
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.progression.starting_mix import StartingMix
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays, read_stays
from hinge_outcomes.domain.states import MASTERED

REPORT_DAYS = (90, 180, 365)
"""Days by which the share mastered is always given, as far as the horizon reaches."""

QUANTILES = {"quantile_25_days": 0.25, "median_days": 0.5, "quantile_75_days": 0.75}

MEASURES = ["estimate", "std_error", "ci_low", "ci_high"]


@dataclass(frozen=True, slots=True)
class Question:
    """Say up to when mastery is asked about, and how its errors are made.

    Parameters
    ----------
    horizon_day : int
        The last day.
    first_day : int
        Where follow-up begins: 0, or the landmark.
    is_jackknife : bool
        Whether errors come from leaving out each cluster.
    conf_level : float
        Confidence level of the intervals.
    """

    horizon_day: int
    first_day: int
    is_jackknife: bool
    conf_level: float

    def report_days(self) -> list[float]:
        """List the days whose chance is reported.

        Returns
        -------
        list of float
            The standard days inside the period, and the horizon.
        """
        days = {*REPORT_DAYS, self.horizon_day}
        return [float(day) for day in sorted(days) if self.first_day < day <= self.horizon_day]


@dataclass(frozen=True, slots=True, repr=False)
class MasteryCurve:
    """Hold what one group's stays say.

    Parameters
    ----------
    occupancy : Occupancy
        Unmastered, mastered, discharged, referred and lost over time.
    answers : DataFrame
        quantity, day, estimate, std_error, ci_low, ci_high, n_at_risk, n_events.
    steps : DataFrame
        day, estimate, std_error, ci_low, ci_high, n_at_risk, n_events.
    """

    occupancy: Occupancy
    answers: pd.DataFrame
    steps: pd.DataFrame


def estimate_curve(
    stays: pd.DataFrame, question: Question, standard: Standard | None = None
) -> MasteryCurve:
    """Estimate one group.

    Parameters
    ----------
    stays : DataFrame
        episode_id, start_day, stop_day, from_state, to_state, cluster; with a standard also
        stratum.
    question : Question
        What is asked.
    standard : Standard, optional
        The mix of strata to which the group is brought. Default: its own.

    Returns
    -------
    MasteryCurve
        The curve, its errors and answers.
    """
    occupancy = _occupancy(stays, question, standard)
    horizon, known_to = float(question.horizon_day), known_to_day(stays)
    if standard is not None:
        parts = stays[stays["stratum"].isin(standard.weighty)].groupby("stratum", sort=False)
        known_to = min(known_to_day(part) for _, part in parts)
    reach = min(horizon, known_to)
    asked = set(question.report_days())
    events = occupancy.event_times
    grid = {float(question.first_day), *asked, reach, *events[events <= reach].tolist()}
    curve = _in_mastery(occupancy.probability_at(sorted(grid)))
    curve["n_at_risk"] = _at_risk(stays, curve["day"].to_numpy())
    rows = curve[curve["day"].isin(asked)].assign(quantity="probability")
    rows["n_events"] = curve["n_events"].cumsum()[rows.index]
    rows.loc[rows["day"] > known_to, MEASURES] = np.nan
    last = rows.iloc[-1]
    is_known = horizon <= known_to
    quantiles = [
        _quantile(occupancy, curve, name, share, is_known=is_known, last=last)
        for name, share in QUANTILES.items()
    ]
    means = _means(occupancy, question, is_known=is_known, last=last)
    followed = potential_follow_up(
        stays, first_day=question.first_day, conf_level=question.conf_level
    )
    found = pd.DataFrame([*quantiles, *means, followed])
    answers = pd.concat([rows, found], ignore_index=True)
    steps = curve[curve["day"] <= reach].reset_index(drop=True)
    steps.loc[0, "n_at_risk"] = stays["episode_id"].nunique()
    columns = ["quantity", "day", *MEASURES, "n_at_risk", "n_events"]
    return MasteryCurve(occupancy=occupancy, answers=answers[columns], steps=steps)


def known_to_day(stays: pd.DataFrame) -> float:
    """Give the last day anyone is at risk; without censoring all is known for ever.

    Parameters
    ----------
    stays : DataFrame
        episode_id, stop_day, from_state, to_state, sorted by episode and day.

    Returns
    -------
    float
        The day, or infinity.
    """
    last = stays.drop_duplicates("episode_id", keep="last")
    goes_on = last["to_state"].isna() | last["to_state"].isin(stays["from_state"].unique())
    return float(stays["stop_day"].max()) if goes_on.any() else float("inf")


def _occupancy(stays: pd.DataFrame, question: Question, standard: Standard | None) -> Occupancy:
    reporting = Reporting(
        times=np.array([float(question.horizon_day)]),
        is_jackknife=question.is_jackknife,
        conf_type="cloglog",
        conf_level=question.conf_level,
    )
    if standard is None:
        # Everybody begins unmastered, also those who come into sight later.
        start = StartingMix(shares=np.array([float(state == UNMASTERED) for state in REPORTED]))
        return occupancy_of(_arrays(stays, REPORTED), reporting, start=start)
    states, pooling = standard.states(stays)
    arrays = _arrays(standard.told_apart(stays), states)
    # One list of clusters for all groups, because all of them may make up the standard.
    arrays = replace(
        arrays,
        cluster=standard.clusters.get_indexer(arrays.clusters)[arrays.cluster],
        clusters=standard.clusters.to_numpy(dtype=object),
        # Exact limits are for plain shares, not for weighted ones.
        complete_until=-np.inf,
    )
    reporting = replace(reporting, states=REPORTED, pooling=pooling)
    return occupancy_of(arrays, reporting, start=standard.mix(states))


def _arrays(stays: pd.DataFrame, states: tuple[str, ...]) -> StayArrays:
    return read_stays(
        stays,
        id="episode_id",
        start="start_day",
        stop="stop_day",
        from_state="from_state",
        to_state="to_state",
        states=states,
        cluster="cluster",
    )


def _in_mastery(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["state"] == MASTERED].drop(columns="state").rename(columns={"time": "day"})
    return rows.reset_index(drop=True)


def _at_risk(stays: pd.DataFrame, days: Any) -> Any:
    """Count the episodes with start < day <= stop, mastered or not as long as they may move."""
    start, stop = np.sort(stays["start_day"].to_numpy()), np.sort(stays["stop_day"].to_numpy())
    return np.searchsorted(start, days, side="left") - np.searchsorted(stop, days, side="left")


def _quantile(
    occupancy: Occupancy,
    curve: pd.DataFrame,
    name: str,
    share: float,
    *,
    is_known: bool,
    last: pd.Series,
) -> dict[str, Any]:
    found = occupancy.quantile(MASTERED, share).iloc[0]
    horizon = float(last["day"])
    # A day beyond the horizon was not asked about; so is a limit.
    day, low, high = (
        float(found[key]) if is_known and found[key] <= horizon else np.nan
        for key in ("estimate", "ci_low", "ci_high")
    )
    upto = curve[curve["day"] <= day] if np.isfinite(day) else None
    return {
        "quantity": name,
        "day": horizon,
        "estimate": day,
        "std_error": np.nan,
        "ci_low": low,
        "ci_high": high,
        "n_at_risk": last["n_at_risk"] if upto is None else upto["n_at_risk"].iloc[-1],
        "n_events": last["n_events"] if upto is None else upto["n_events"].sum(),
    }


def _means(
    occupancy: Occupancy, question: Question, *, is_known: bool, last: pd.Series
) -> list[dict[str, Any]]:
    means = occupancy.restricted_mean(question.horizon_day)
    found = means[means["state"] == MASTERED].iloc[0]
    total = float(question.horizon_day - question.first_day)
    base = {"day": last["day"], "n_at_risk": last["n_at_risk"], "n_events": last["n_events"]}
    mean, error, low, high = (
        float(found[key]) if is_known else np.nan
        for key in ("estimate", "std_error", "ci_low", "ci_high")
    )
    high = min(high, total) if np.isfinite(high) else high
    mastered = {"estimate": mean, "std_error": error, "ci_low": low, "ci_high": high}
    rest = {
        "estimate": total - mean,
        "std_error": error,
        "ci_low": total - high,
        "ci_high": total - low,
    }
    return [
        {"quantity": "mean_days_mastered", **base, **mastered},
        {"quantity": "mean_days_unmastered", **base, **rest},
    ]
