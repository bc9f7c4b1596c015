"""What the missing scores would have said: answers under several assumptions, side by side."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.results import Result
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

AVAILABLE, WEIGHTED, IMPUTED, MIXED, MMRM, SHIFTED = (
    "available cases", "inverse-probability weights", "multiple imputation", "mixed model", "MMRM",
    "imputation with delta",
)  # fmt: skip

ASSUMES = {
    AVAILABLE: "those without a score are like those with one",
    WEIGHTED: "like those with one who have the same last score, state of care and day-0 columns",
    IMPUTED: "like those with one who have the same earlier scores and day-0 columns",
    MIXED: "as their own earlier and later scores foretell, on a smooth course",
    MMRM: "as their own earlier scores foretell, visit by visit",
    SHIFTED: "like comparable patients, but those lost are worse by delta",
}
"""What each row assumes of the scores that are missing."""


@dataclass(frozen=True, slots=True)
class MissingAnalysis(Result):
    """Hold a mean change under several assumptions about missing scores.

    Parameters
    ----------
    instrument : str
        Code of the instrument.
    at_day : int
        The follow-up.
    cluster : str
        Column of the independent units.
    conf_level : float
        Coverage that the intervals aim at.
    estimates : pandas.DataFrame
        What `table` gives.
    curve : pandas.DataFrame
        What `by_delta` gives.
    threshold : float
        The change at which the conclusion tips.
    tipping_delta : float
        What `tipping_point` gives.
    n_started, n_due, n_seen, n_lost, n_lost_seen : int
        Episodes; those whose window has closed; with both scores; lost before the follow-up; of
        these with a score.
    message : str
        What a model met; empty if nothing.
    """

    instrument: str
    at_day: int
    cluster: str
    conf_level: float
    estimates: pd.DataFrame
    curve: pd.DataFrame
    threshold: float
    tipping_delta: float
    n_started: int
    n_due: int
    n_seen: int
    n_lost: int
    n_lost_seen: int
    message: str

    def table(self) -> pd.DataFrame:
        """Give the mean change by method, with what each assumes.

        Returns
        -------
        pandas.DataFrame
            Columns method, delta (points by which those lost are worse; null but for imputation
            with delta), assumes (of the scores that are missing), estimate (mean follow-up minus
            baseline), std_error, ci_low, ci_high, df, baseline_mean, follow_up_mean, n (episodes
            the number speaks of), n_seen (with both scores), note.
        """
        return self.estimates.copy()

    def by_delta(self) -> pd.DataFrame:
        """Give the mean change for a range of assumptions about those lost.

        Returns
        -------
        pandas.DataFrame
            Columns delta, estimate, std_error, ci_low, ci_high.
        """
        return self.curve.copy()

    def tipping_point(self) -> float:
        """Give the delta at which the mean change passes the threshold.

        Returns
        -------
        float
            Points by which those lost must be worse than comparable patients; missing if no delta
            of the range does it.
        """
        return self.tipping_delta

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the mean change against delta, with the other answers across.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_tipping_point

        tool = INSTRUMENTS[self.instrument]
        known = self.estimates[self.estimates["method"].isin([AVAILABLE, WEIGHTED])]
        return draw_tipping_point(
            self.curve,
            ax,
            references=dict(zip(known["method"], known["estimate"], strict=True)),
            threshold=self.threshold,
            tipping=self.tipping_delta,
            label=f"Mean change in {tool.name}",
            delta_label=f"Those lost are worse than comparable patients by ({tool.unit})",
            is_share=False,
        )

    def summary(self) -> str:
        """Say the answers in one paragraph.

        Returns
        -------
        str
            How many scores are missing, the change by method, and where the conclusion tips.
        """
        tool = INSTRUMENTS[self.instrument]
        level = f"{self.conf_level:.0%} CI"
        told = "; ".join(
            f"{row['method']} {row['estimate']:.2f} ({level} {row['ci_low']:.2f} to "
            f"{row['ci_high']:.2f})"
            for row in self.estimates[self.estimates["method"] != SHIFTED].to_dict("records")
            if np.isfinite(row["estimate"])
        )
        tipping = (
            f"The mean change passes {self.threshold:.2f} if those lost are worse than comparable "
            f"patients by {self.tipping_delta:.1f} {tool.unit} or more."
            if np.isfinite(self.tipping_delta)
            else f"No delta tried moves the mean change to {self.threshold:.2f}."
        )
        more = f" {self.message}" if self.message else ""
        return (
            f"{tool.name} at {WINDOWS[self.at_day].name}: of {self.n_due:,} episodes that were due "
            f"{self.n_due - self.n_seen:,} lack a score, and {self.n_lost_seen:,} of the "
            f"{self.n_lost:,} lost before have one. Mean change: {told}. {tipping} None of these "
            f"assumptions can be checked in the records; they can only be set side by side.{more}"
        )
