"""The result of an analysis of loss: three rows a day, a grid of assumptions, who leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.results import Result

WHILE_IN_CARE = "while in care"
IF_NOBODY_LOST = "if nobody were lost"
AFTER_LOSS = "after-loss assumption"


@dataclass(frozen=True, slots=True)
class LossAnalysis(Result):
    """Hold mastery under three answers to what became of those lost.

    Parameters
    ----------
    stage : str or int
        "target" (each episode's own) or the number of a stage.
    answers : DataFrame
        What `table` gives.
    grid : DataFrame
        What `by_delta` gives.
    tipping : DataFrame
        What `tipping_points` gives.
    spread : DataFrame
        What `weights` gives.
    terms : DataFrame
        What `loss_model` gives.
    target : float or None
        The share that was to be reached, if one was named.
    n_episodes, n_analysed : int
        Episodes in the cohort, and those in the analysis.
    excluded : mapping of str to int
        Episodes left out, by reason; with those analysed they are all episodes.
    n_patients : int
        Patients whose episodes are in the analysis.
    n_followed : int
        Those of them that the weighted rows follow.
    n_lost : int
        Followed episodes that were lost by the last day asked about.
    cap : float
        Largest stabilised weight after truncation.
    truncate : float
        Quantile at which they were truncated.
    cluster : str
        The column that names the independent units.
    n_clusters : int
        How many of them there are.
    by_patient : DataFrame or None
        The rows of ``answers`` with errors by patient, where there are fewer than 10 clusters.
    conf_level : float
        Confidence level of the intervals.
    """

    stage: str | int
    answers: pd.DataFrame
    grid: pd.DataFrame
    tipping: pd.DataFrame
    spread: pd.DataFrame
    terms: pd.DataFrame
    target: float | None
    n_episodes: int
    n_analysed: int
    excluded: Mapping[str, int]
    n_patients: int
    n_followed: int
    n_lost: int
    cap: float
    truncate: float
    cluster: str
    n_clusters: int
    by_patient: pd.DataFrame | None
    conf_level: float

    def table(self) -> pd.DataFrame:
        """Give the three answers for each day.

        Returns
        -------
        DataFrame
            ``estimand``: "while in care", "if nobody were lost" or "after-loss assumption";
            ``day``; ``delta`` (0, 1 or the assumption); ``tipping_delta`` (on the last row of a
            day, see `tipping_points`); ``estimate`` (probability of mastery by the day),
            ``std_error``, ``ci_low``, ``ci_high``; ``n_at_risk`` on that day and ``n_events``
            (masteries) up to it, of those the row follows. Missing where nobody is followed so
            long.
        """
        return self.answers.copy()

    def by_delta(self) -> pd.DataFrame:
        """Give the third answer over a grid of assumptions.

        Returns
        -------
        DataFrame
            ``day``, ``delta``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.
        """
        return self.grid.copy()

    def tipping_points(self) -> pd.DataFrame:
        """Give the assumption at which the conclusion changes.

        Returns
        -------
        DataFrame
            ``day``; ``conclusion``, in words; ``threshold``: the named target, or the lower limit
            of "if nobody were lost"; ``tipping_delta``: the delta at which the estimate equals it,
            missing where no delta of the grid reaches it.
        """
        return self.tipping.copy()

    def weights(self) -> pd.DataFrame:
        """Say how unequal the weights are among those at risk on each day.

        Returns
        -------
        DataFrame
            ``day``, ``n_at_risk``, ``mean_weight``, ``largest_weight`` (stabilised, after
            truncation), ``effective_sample_size`` ((sum w)^2 / sum w^2) and ``n_truncated``.
        """
        return self.spread.copy()

    def loss_model(self) -> pd.DataFrame:
        """Say who leaves: the odds of being lost after a visit.

        Returns
        -------
        DataFrame
            ``term``; ``estimate`` (odds ratio per unit), ``std_error`` (of its logarithm),
            ``ci_low``, ``ci_high``.
        """
        return self.terms.copy()

    def plot(self, ax: Any = None) -> Any:
        """Draw the answer against the assumption about those lost, for the last day.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_tipping_point

        day = self.answers["day"].max()
        rows = self.answers[self.answers["day"] == day].set_index("estimand")
        tipping = self.tipping.set_index("day").loc[day]
        return draw_tipping_point(
            self.grid[self.grid["day"] == day].drop(columns="day"),
            ax=ax,
            references={
                name: float(rows.loc[name, "estimate"]) for name in (WHILE_IN_CARE, IF_NOBODY_LOST)
            },
            threshold=float(tipping["threshold"]),
            tipping=float(tipping["tipping_delta"]),
            label=f"Mastery by day {day:.0f}",
        )

    def summary(self) -> str:
        """Say in one paragraph what loss may hide.

        Returns
        -------
        str
            Clinical words, with intervals and numbers.
        """
        of = "the target stage" if self.stage == "target" else f"stage {self.stage}"
        first, *further = (self._of_day(day) for day in self.answers["day"].unique())
        told = [first, *(words[0].upper() + words[1:] for words in further)]
        last = self.spread.iloc[-1]
        told.append(
            f"{self.n_analysed:,} of {self.n_episodes:,} episodes are analysed; {self.n_lost:,} of "
            f"the {self.n_followed:,} followed long enough to know were lost by then. On day "
            f"{last['day']:.0f} the {last['n_at_risk']:,.0f} still at risk count as "
            f"{last['effective_sample_size']:,.0f} after weighting; weights were cut at their "
            f"{self.truncate:.0%} quantile, the largest is {last['largest_weight']:.1f}."
        )
        if self.by_patient is not None:
            told.append(self._few())
        return f"Documented mastery of {of}: " + " ".join(told)

    def _of_day(self, day: float) -> str:
        rows = self.answers[self.answers["day"] == day].set_index("estimand")
        if not rows["estimate"].notna().all():
            return f"by day {day:.0f} it is not known, beyond anyone's follow-up."
        in_care, nobody, after = (
            _told(rows.loc[name]) for name in (WHILE_IN_CARE, IF_NOBODY_LOST, AFTER_LOSS)
        )
        delta = rows.loc[AFTER_LOSS, "delta"]
        tipping = self.tipping.set_index("day").loc[day]
        return (
            f"by day {day:.0f} {in_care} ({self.conf_level:.0%} CI) while in care; {nobody} if "
            f"nobody were lost and those lost are like others with the same records; {after} if "
            f"they went on at {delta:g} times the pace of the comparable. {tipping['conclusion']}"
        )

    def _few(self) -> str:
        parts = self.by_patient if self.by_patient is not None else self.answers
        row = parts[parts["estimand"] == IF_NOBODY_LOST].iloc[-1]
        return (
            f"The errors rest on {self.n_clusters} independent units ({self.cluster}): too few for "
            f"the intervals to be trusted; by patient, if nobody were lost, the last is "
            f"{_told(row)}."
        )


def _told(row: pd.Series) -> str:
    if not np.isfinite(row["ci_low"]):
        return f"{row['estimate']:.1%}"
    return f"{row['estimate']:.1%} ({row['ci_low']:.1%} to {row['ci_high']:.1%})"
