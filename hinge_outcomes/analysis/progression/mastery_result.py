"""The result of a mastery estimate: one tidy table, the curve, one paragraph."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.results import Result
from hinge_outcomes.domain.progression import stage_name
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion

ALL = "all"
"""The name of the one group where no groups were asked for."""

_FEW_CLUSTERS = 10

_END_WORDS = {
    "mastered": "mastered it",
    "discharged": "were discharged as planned without it",
    "referred": "were referred out",
    "lost": "were lost",
    "censored": "were still in care without it when the records end",
}


@dataclass(frozen=True, slots=True)
class MasteryEstimate(Result):
    """Hold how long mastery took, for one stage, one definition and any groups.

    Parameters
    ----------
    stage : str or int
        "target" (each episode's own) or the number of a stage.
    kind : str
        "first", "maintained" or "durable".
    by : str or None
        The column that forms the groups.
    horizon_day : int
        Last day asked about.
    landmark_day : int or None
        Day from which those still in care and unmastered are followed; None is day 0.
    durable_days : int
        How long durable mastery must last.
    answers : DataFrame
        What `table` gives.
    steps : DataFrame
        What `curve` gives.
    end_counts : DataFrame
        Episodes by group and by how they ended: group, state ("mastered", "discharged",
        "referred", "lost", "censored"), n_episodes.
    n_episodes, n_analysed : int
        Episodes in the cohort, and those of them in the analysis.
    n_patients : int
        Patients whose episodes are in the analysis.
    excluded : mapping of str to int
        Episodes left out, by reason.
    n_clusters : int
        Independent units behind the errors.
    cluster : str
        The column that names them.
    n_left_upward, n_left_upward_unmastered : int or None
        For the number of a stage: episodes that moved on above it, and those that did so without
        documented mastery. None for "target".
    criterion : MasteryCriterion
        What documented mastery.
    loss : LossRule
        When a silent patient counted as lost.
    conf_level : float
        Confidence level of the intervals.
    """

    stage: str | int
    kind: str
    by: str | None
    horizon_day: int
    landmark_day: int | None
    durable_days: int
    answers: pd.DataFrame
    steps: pd.DataFrame
    end_counts: pd.DataFrame
    n_episodes: int
    n_analysed: int
    n_patients: int
    excluded: Mapping[str, int]
    n_clusters: int
    cluster: str
    n_left_upward: int | None
    n_left_upward_unmastered: int | None
    criterion: MasteryCriterion
    loss: LossRule
    conf_level: float

    @property
    def n_excluded(self) -> int:
        """Count the episodes left out; with those analysed they are all episodes.

        Returns
        -------
        int
            The sum of ``excluded``.
        """
        return sum(self.excluded.values())

    @property
    def share_left_upward_unmastered(self) -> float:
        """Give the share of those who moved on above the stage that did so unmastered.

        Returns
        -------
        float
            Between 0 and 1; missing for "target", or where nobody moved on.
        """
        if not self.n_left_upward or self.n_left_upward_unmastered is None:
            return float("nan")
        return self.n_left_upward_unmastered / self.n_left_upward

    def table(self) -> pd.DataFrame:
        """Give the answers, one per row.

        Returns
        -------
        DataFrame
            ``group``; ``quantity``: "probability" (of mastery by ``day``; for kind "maintained" of
            being in mastery on it), "quantile_25_days", "median_days", "quantile_75_days" (first
            day by which that share of all had mastered), "mean_days_mastered" (area under the curve
            up to ``day``) and "mean_days_unmastered" (the rest of that time; leavers count as
            unmastered); ``day``; ``estimate``, ``std_error``, ``ci_low``, ``ci_high``;
            ``n_at_risk`` on that day, or on the day of the quantile, and ``n_events`` up to it.
        """
        return self.answers.copy()

    def curve(self) -> pd.DataFrame:
        """Give the step function, for drawing.

        Returns
        -------
        DataFrame
            ``group``, ``day``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``n_at_risk``
            (start < day <= stop; on the first row, everyone who is followed) and ``n_events``
            since the previous row.
        """
        return self.steps.copy()

    def plot(self, ax: Any = None) -> Any:
        """Draw the curve with its band and the numbers at risk.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_mastery_curve

        return draw_mastery_curve(self.curve(), ax=ax)

    def summary(self) -> str:
        """Say in one paragraph how likely mastery was, how long it took, and who is behind it.

        Returns
        -------
        str
            Clinical words, with intervals and numbers at risk.
        """
        groups = list(dict.fromkeys(self.answers["group"]))
        told = [self._headline(group) for group in groups]
        if self.by is None:
            told.append(self._times())
        told.append(self._followed())
        if self.n_left_upward is not None:
            told.append(self._left_upward())
        if self.n_clusters < _FEW_CLUSTERS:
            told.append(
                f"The errors rest on {self.n_clusters} independent units ({self.cluster}): too few "
                "for the intervals to be trusted."
            )
        return f"{self._question()}: " + " ".join(told)

    def _question(self) -> str:
        of = "the target stage" if self.stage == "target" else f"stage {self.stage}"
        of += "" if isinstance(self.stage, str) else f" ({stage_name(self.stage)})"
        n = self.criterion.consecutive
        rule = f"rated {self.criterion.level} " + ("once" if n == 1 else f"{n} times in a row")
        if self.kind == "maintained":
            return f"Documented mastery of {of} ({rule}) that is still held"
        if self.kind == "durable":
            return f"Documented mastery of {of} ({rule}) that lasted {self.durable_days} days"
        return f"First documented mastery of {of} ({rule})"

    def _headline(self, group: str) -> str:
        rows = self.answers[self.answers["group"] == group]
        chances = rows[rows["quantity"] == "probability"]
        on = "on day" if self.kind == "maintained" else "by day"
        known = chances[chances["estimate"].notna()]
        levels = [f"{self.conf_level:.0%} CI ", *[""] * len(known)]
        parts = [
            f"{row.estimate:.1%}{_interval(row.ci_low, row.ci_high, '.1%', level)} {on} "
            f"{int(row.day)} ({int(row.n_at_risk):,} still at risk)"
            for row, level in zip(known.itertuples(), levels, strict=False)
        ]
        unknown = [f"{int(day)}" for day in chances.loc[chances["estimate"].isna(), "day"]]
        if unknown:
            parts.append(f"not known {on} {', '.join(unknown)}, beyond anyone's follow-up")
        name = "" if self.by is None else f"{self.by} {group}: "
        return name + "; ".join(parts) + "."

    def _times(self) -> str:
        rows = self.answers.set_index("quantity")
        median, mean = rows.loc["median_days"], rows.loc["mean_days_mastered"]
        if np.isfinite(median["estimate"]):
            interval = _interval(median["ci_low"], median["ci_high"], ".0f")
            words = f"Half had mastered it by day {median['estimate']:.0f}{interval}."
        elif np.isfinite(mean["estimate"]):
            words = f"Fewer than half had mastered it by day {self.horizon_day}."
        else:
            return (
                f"Means and quantiles to day {self.horizon_day} are missing: nobody was followed "
                "that long. Choose an earlier horizon_day."
            )
        interval = _interval(mean["ci_low"], mean["ci_high"], ".0f")
        total = self.horizon_day - (self.landmark_day or 0)
        return words + (
            f" Of {total} days a patient spent {mean['estimate']:.0f}{interval} having mastered it "
            "on average, leavers counting as unmastered."
        )

    def _followed(self) -> str:
        counts = self.end_counts.groupby("state", sort=False)["n_episodes"].sum()
        ends = ", ".join(f"{counts[state]:,} {words}" for state, words in self._end_words().items())
        since = "" if self.landmark_day is None else f" from day {self.landmark_day}"
        closing = "Leaving care counts as an end without mastery, not as missing."
        if self.kind == "maintained":
            closing = "Leaving care does not undo mastery: only a recorded failure does."
        told = (
            f"{self.n_analysed:,} episodes of {self.n_patients:,} patients were followed{since}: "
            f"{ends}. {closing}"
        )
        if self.n_excluded:
            reasons = ", ".join(f"{n:,} {reason}" for reason, n in self.excluded.items() if n)
            told += f" {self.n_excluded:,} of {self.n_episodes:,} episodes are left out: {reasons}."
        return told

    def _end_words(self) -> dict[str, str]:
        if self.kind != "maintained":
            return _END_WORDS
        return _END_WORDS | {"mastered": "held it when last known"}

    def _left_upward(self) -> str:
        if not self.n_left_upward:
            return "Nobody moved on above this stage."
        return (
            f"{self.n_left_upward_unmastered:,} of the {self.n_left_upward:,} who moved on above "
            f"this stage ({self.share_left_upward_unmastered:.0%}) did so before it was documented "
            "as mastered."
        )


def _interval(low: float, high: float, form: str, level: str = "") -> str:
    """Write an interval in brackets; a missing limit is said to be not reached."""
    if np.isnan(low) and np.isnan(high):
        return ""
    words = [f"{limit:{form}}" if np.isfinite(limit) else "not reached" for limit in (low, high)]
    return f" ({level}{words[0]} to {words[1]})"
