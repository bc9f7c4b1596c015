"""How long until patients have improved by enough to matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.pain.follow_up_scores import check_cluster, group_names, split_groups
from hinge_outcomes.analysis.pain.outcome_panel import derive_outcome_panel, find_instrument
from hinge_outcomes.analysis.pain.response_rules import apply_response_rules
from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.day0 import check_day0_columns
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.follow_up import FOLLOW_UPS, WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

_WAITING, _RESPONDED = "waiting", "responded"
_DAYS = tuple(window.last_day for window in FOLLOW_UPS)
"""Shares are given where each planned window closes: a follow-up may be answered that late."""


@dataclass(frozen=True, slots=True)
class ResponseTimes(Result):
    """Hold how long response takes.

    Parameters
    ----------
    instrument, rule : str
        What responds, and by which criterion.
    is_confirmed : bool
        Whether the next score must say so too.
    by : tuple of str
        Columns that form the groups; empty for all patients together.
    cluster : str
        Column of the independent units.
    conf_level : float
        Coverage that the intervals aim at.
    estimates : pandas.DataFrame
        What `table` gives.
    curve : pandas.DataFrame
        What `curve_table` gives.
    """

    instrument: str
    rule: str
    is_confirmed: bool
    by: tuple[str, ...]
    cluster: str
    conf_level: float
    estimates: pd.DataFrame
    curve: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Give shares that have responded, and the median time.

        Returns
        -------
        pandas.DataFrame
            The groups, then instrument, rule, is_confirmed, quantity ("share" or "median_days"),
            day (null for the median), estimate, std_error (null for the median), ci_low, ci_high,
            n_at_risk (on that day), n_events, n (episodes), n_without_baseline, n_no_room,
            n_without_later_score.
        """
        return self.estimates.copy()

    def curve_table(self) -> pd.DataFrame:
        """Give the share that has responded by every day on which somebody did.

        Returns
        -------
        pandas.DataFrame
            The groups, time (days), estimate, std_error, ci_low, ci_high, n_at_risk, n_events.
        """
        return self.curve.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the share that has responded over time, with numbers at risk.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_mastery_curve

        ax = draw_mastery_curve(self.curve.rename(columns={"time": "day"}), ax)
        confirmed = "confirmed " if self.is_confirmed else ""
        ax.set_ylabel(f"Share with a {confirmed}response")
        return ax

    def summary(self) -> str:
        """Say the times in one paragraph.

        Returns
        -------
        str
            Shares and median with intervals, on how many they rest, and how events are dated.
        """
        return _summarise(self)


def estimate_time_to_response(
    cohort: Cohort,
    instrument: str = "nprs",
    rule: str = "mic",
    *,
    confirmed: bool = False,
    by: str | Sequence[str] | None = None,
    cluster: str | None = None,
    conf_level: float = 0.95,
) -> ResponseTimes:
    """Estimate how long it takes until a score is better by enough to matter.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "nprs"
        Code of the instrument.
    rule : str, default "mic"
        "mic", "relative", "both", "recovered" or "deteriorated", as far as the instrument has it.
    confirmed : bool, default False
        Whether the next score of the instrument must meet the rule too; the event is then dated at
        that score, as documented mastery is at the rating that confirms it.
    by : str or sequence of str, optional
        Day-0 columns that form groups.
    cluster : str, optional
        Column of the independent units; default patient_id. Also clinician_id or clinic_id.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    ResponseTimes
        ``.table()``, ``.curve_table()``, ``.plot()``, ``.summary()``.

    Raises
    ------
    AnalysisError
        If an argument is not allowed: the message lists what is.
    NotIdentifiableError
        If there is no score of the instrument, or nobody has a baseline and a later score.

    Notes
    -----
    Aalen-Johansen estimate (here Kaplan and Meier's) of the time from day 0 to the score that first
    shows a response. A response is seen at questionnaires only, so it is dated at the score that
    shows it, not when it happened, and nobody can respond after the last score: there follow-up
    ends. Nothing competes, since questionnaires go out whatever the state of the episode. Unbiased
    if the last score comes when it comes for reasons that have nothing to do with the response.
    Episodes whose baseline leaves no room for the rule are left out and counted.

    References
    ----------
    .. [1] Kaplan E, Meier P (1958). Nonparametric estimation from incomplete observations. J Am
       Stat Assoc 53, 457-481.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> first = estimate_time_to_response(cohort).table()
    >>> sure = estimate_time_to_response(cohort, confirmed=True).table()
    >>> bool((sure["estimate"].iloc[:2] <= first["estimate"].iloc[:2]).all())
    True
    """
    check_conf_level(conf_level)
    names = group_names(by)
    check_day0_columns(cohort, names)
    tool = find_instrument(cohort, instrument)
    panel = derive_outcome_panel(cohort, instrument)
    unit = check_cluster(panel, cluster)
    times = _response_times(panel, tool, rule, confirmed)
    rows, curves = [], []
    for labels, members in split_groups(times, names):
        about = {**labels, "instrument": instrument, "rule": rule, "is_confirmed": confirmed}
        found, curve = _one_group(members, unit, conf_level)
        rows += [{**about, **row} for row in found]
        curves.append(curve.assign(**{name: str(value) for name, value in labels.items()}))
    if all(curve.empty for curve in curves):
        raise NotIdentifiableError(
            f"No episode has a baseline of {instrument} that leaves room to respond and a later "
            "score. Choose another rule or instrument."
        )
    curve = pd.concat(curves, ignore_index=True)
    return ResponseTimes(
        instrument=instrument,
        rule=rule,
        is_confirmed=confirmed,
        by=tuple(names),
        cluster=unit,
        conf_level=conf_level,
        estimates=pd.DataFrame(rows),
        curve=curve[[*names, *[name for name in curve.columns if name not in names]]],
    )


def _response_times(panel: pd.DataFrame, tool: Any, rule: str, confirmed: bool) -> pd.DataFrame:
    """Give each episode's time and whether it responded, and why it has none."""
    first = panel.drop_duplicates("episode_id").set_index("episode_id")
    later = panel[
        (panel["measured_day"] > WINDOWS[0].last_day) & panel["baseline_score"].notna()
    ].sort_values(["episode_id", "measured_day"])
    verdicts = apply_response_rules(tool, later["baseline_score"], later["score"])
    known = {one.code: one for one in verdicts}
    if rule not in known:
        raise AnalysisError(
            f"rule={rule!r} is not there for {tool.name}. Allowed: {', '.join(known)}."
        )
    of_baseline = {
        one.code: one
        for one in apply_response_rules(
            tool, first["baseline_score"].fillna(0.0), first["baseline_score"].fillna(0.0)
        )
    }[rule]
    is_met = pd.Series(known[rule].is_met, index=later.index)
    if confirmed:
        same = later["episode_id"] == later["episode_id"].shift()
        is_met = is_met & is_met.shift(fill_value=False) & same
    hits = later[is_met].drop_duplicates("episode_id").set_index("episode_id")["measured_day"]
    last = later.groupby("episode_id")["measured_day"].max()
    frame = first.reset_index()
    event = frame["episode_id"].map(hits).astype("Float64")
    frame["time"] = event.fillna(frame["episode_id"].map(last).astype("Float64"))
    frame["responded"] = event.notna()
    has_baseline = frame["baseline_score"].notna()
    can = of_baseline.is_allowed & of_baseline.is_defined
    frame["reason"] = np.select(
        [~has_baseline, ~can, frame["time"].isna()],
        ["no baseline", "no room", "no later score"],
        "",
    )
    return frame


def _one_group(
    members: pd.DataFrame, unit: str, conf_level: float
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    kept = members[members["reason"] == ""]
    counts = {
        "n": len(kept),
        "n_without_baseline": int((members["reason"] == "no baseline").sum()),
        "n_no_room": int((members["reason"] == "no room").sum()),
        "n_without_later_score": int((members["reason"] == "no later score").sum()),
    }
    if kept.empty:
        return [], pd.DataFrame()
    stays = pd.DataFrame(
        {
            "id": kept["episode_id"],
            "tstart": 0.0,
            "tstop": kept["time"].astype(float),
            "from": _WAITING,
            "to": kept["responded"].map({True: _RESPONDED, False: None}),
            "unit": kept[unit].astype("str"),
        }
    )
    states = [_WAITING, _RESPONDED]
    days = [day for day in _DAYS if day <= stays["tstop"].max()]
    if not kept["responded"].any():
        share = [
            {"quantity": "share", "day": day, "estimate": 0.0, "std_error": np.nan,
             "ci_low": 0.0, "ci_high": np.nan, "n_at_risk": int((stays["tstop"] >= day).sum()),
             "n_events": 0, **counts}
            for day in days
        ]  # fmt: skip
        return share, pd.DataFrame()
    found = aalen_johansen(
        stays, states=states, cluster="unit", conf_type="cloglog", conf_level=conf_level
    )
    table = found.probability_at(days)
    table = table[table["state"] == _RESPONDED].rename(columns={"time": "day"})
    names = ["day", "estimate", "std_error", "ci_low", "ci_high"]
    rows = [
        {
            "quantity": "share",
            **row,
            "n_at_risk": int((stays["tstop"] >= row["day"]).sum()),
            "n_events": int((kept["responded"] & (stays["tstop"] <= row["day"])).sum()),
            **counts,
        }
        for row in table[names].to_dict("records")
    ]
    median = found.quantile(_RESPONDED, 0.5).iloc[0]
    rows.append(
        {
            "quantity": "median_days",
            "day": np.nan,
            **{name: float(median[name]) for name in ("estimate", "ci_low", "ci_high")},
            "std_error": np.nan,
            "n_at_risk": pd.NA,
            "n_events": int(kept["responded"].sum()),
            **counts,
        }
    )
    curve = found.table()
    waiting = curve[curve["state"] == _WAITING].set_index("time")["n_at_risk"]
    curve = curve[curve["state"] == _RESPONDED].drop(columns="state")
    return rows, curve.assign(n_at_risk=curve["time"].map(waiting)).reset_index(drop=True)


def _summarise(result: ResponseTimes) -> str:
    table = result.estimates
    sentences = []
    for row in table.to_dict("records"):
        group = ", ".join(f"{name} {row[name]}" for name in result.by)
        start = f"{group}: " if group else ""
        limits = f"{result.conf_level:.0%} CI"
        if row["quantity"] == "share":
            sentences.append(
                f"{start}{row['estimate']:.0%} by day {row['day']:.0f} ({limits} "
                f"{row['ci_low']:.0%} to {row['ci_high']:.0%}, {row['n_at_risk']:,} still followed)"
            )
        elif np.isfinite(row["estimate"]):
            sentences.append(f"{start}half of them by day {row['estimate']:.0f}")
    n = int(table.drop_duplicates(list(result.by) or ["instrument"])["n"].sum())
    confirmed = ", confirmed by the next score" if result.is_confirmed else ""
    return (
        f"{INSTRUMENTS[result.instrument].name}, first response by the rule “{result.rule}”"
        f"{confirmed}, in {n:,} episodes with a baseline that leaves room for it and a later "
        f"score: {'; '.join(sentences)}. A response is dated at the score that shows it."
    )
