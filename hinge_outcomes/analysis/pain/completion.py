"""How many scores there are at each planned follow-up, of all and of those that were due."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, wilson_interval
from hinge_outcomes.analysis.pain.follow_up_scores import (
    derive_follow_up_scores,
    group_names,
    split_groups,
)
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.day0 import check_day0_columns
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.follow_up import FOLLOW_UPS, WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

AVAILABLE, COMPLETED = "available data", "completion"
"""Rates with the fixed denominator (all who started) and with the variable one (those due)."""


@dataclass(frozen=True, slots=True)
class CompletionRates(Result):
    """Hold how many scores there are at each planned follow-up.

    Parameters
    ----------
    instrument : str
        Code of the instrument.
    by : tuple of str
        Columns that form the groups; empty for all patients together.
    conf_level : float
        Coverage that the intervals aim at.
    estimates : pandas.DataFrame
        What `table` gives.
    """

    instrument: str
    by: tuple[str, ...]
    conf_level: float
    estimates: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Give both rates at every planned follow-up.

        Returns
        -------
        pandas.DataFrame
            The groups, then instrument, at_day, window, rate ("available data": of all who
            started; "completion": of those due), estimate, ci_low, ci_high (Wilson), n_scores
            (numerator), n (denominator).
        """
        return self.estimates.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the completion rates with their intervals.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_intervals

        shown = self.estimates[self.estimates["rate"] == COMPLETED]
        shown = shown.drop(columns=["instrument", "at_day", "rate"]).reset_index(drop=True)
        label = f"Share of those due with a score ({self.conf_level:.0%} CI)"
        return draw_intervals(shown, ax=ax, label=label)

    def summary(self) -> str:
        """Say the completion rates in one paragraph.

        Returns
        -------
        str
            Shares with counts at each follow-up.
        """
        told = []
        for row in self.estimates[self.estimates["rate"] == COMPLETED].to_dict("records"):
            group = ", ".join(f"{name} {row[name]}" for name in self.by)
            start = f"{group}, {row['window']}" if group else str(row["window"])
            share = f"{row['estimate']:.0%} " if row["n"] else ""
            told.append(f"{start}: {share}({row['n_scores']:,} of {row['n']:,})")
        return (
            f"{INSTRUMENTS[self.instrument].name}, scores inside the window among those whose "
            f"window had closed by the data cut: {'; '.join(told)}."
        )


def describe_completion(
    cohort: Cohort,
    instrument: str = "nprs",
    by: str | Sequence[str] | None = None,
    *,
    conf_level: float = 0.95,
) -> CompletionRates:
    """Describe how many scores there are at each planned follow-up.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "nprs"
        Code of the instrument.
    by : str or sequence of str, optional
        Day-0 columns that form groups.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    CompletionRates
        ``.table()``, one row per group, follow-up and rate.

    Raises
    ------
    AnalysisError
        If an argument is not allowed.
    NotIdentifiableError
        If there is no score of the instrument, or dates were reduced to years.

    Notes
    -----
    After [1]_: the available data rate has a fixed denominator, everybody who started; the
    completion rate a variable one, those from whom a score is expected at that time. Here that is
    everybody whose window has closed by the data cut: questionnaires go out whatever the state of
    the episode, so leaving care does not take a patient out of the denominator.

    References
    ----------
    .. [1] Coens C, Pe M, Dueck A et al. (2020). International standards for the analysis of
       quality-of-life and patient-reported outcome endpoints in cancer randomised controlled
       trials: recommendations of the SISAQOL Consortium. Lancet Oncol 21, e83-e96.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=100, seed=7)
    >>> rates = describe_completion(cohort).table()
    >>> bool((rates["n_scores"] <= rates["n"]).all()), rates["at_day"].unique().tolist()
    (True, [0, 42, 91, 182, 364])
    """
    check_conf_level(conf_level)
    names = group_names(by)
    check_day0_columns(cohort, names)
    rows: list[dict[str, Any]] = []
    for window in (WINDOWS[0], *FOLLOW_UPS):
        scores = _due(cohort, instrument, window.target_day)
        for labels, members in split_groups(scores, names):
            due = members[members["is_due"]]
            seen = int(due["is_seen"].sum())
            for rate, denominator in ((AVAILABLE, len(members)), (COMPLETED, len(due))):
                low, high = wilson_interval([seen], [denominator], conf_level=conf_level)
                rows.append(
                    {
                        **labels,
                        "instrument": instrument,
                        "at_day": window.target_day,
                        "window": window.name,
                        "rate": rate,
                        "estimate": seen / denominator if denominator else float("nan"),
                        "ci_low": float(low[0]),
                        "ci_high": float(high[0]),
                        "n_scores": seen,
                        "n": denominator,
                    }
                )
    return CompletionRates(instrument, tuple(names), conf_level, pd.DataFrame(rows))


def _due(cohort: Cohort, instrument: str, day: int) -> pd.DataFrame:
    """List episodes: whether the score of a planned day was due by the cut, and is there."""
    at_day = FOLLOW_UPS[0].target_day if day == 0 else day
    frame = derive_follow_up_scores(cohort, instrument, at_day)
    if day == 0:
        ahead = cut_days(cohort.episodes, cohort.data_cut)
        is_due = (ahead >= WINDOWS[0].last_day).fillna(False).to_numpy(dtype=bool)
        return frame.assign(is_due=is_due, is_seen=frame["baseline_score"].notna())
    return frame.assign(is_due=frame["is_closed"], is_seen=frame["follow_up_score"].notna())
