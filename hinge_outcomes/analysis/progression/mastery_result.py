"""The result of a mastery estimate: one tidy table, the curve, one paragraph."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hinge_outcomes.analysis.progression.mastery_differences import group_differences
from hinge_outcomes.analysis.progression.mastery_words import mastery_paragraph
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion

ALL = "all"
"""The name of the one group where no groups were asked for."""


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
    dating : str
        "right", "middle" or "left" of the interval since the visit before the confirming rating.
    period : str or None
        The quarter of the calendar in which episodes are at risk; None is any time.
    answers : DataFrame
        What `table` gives.
    steps : DataFrame
        What `curve` gives.
    of_patients : DataFrame or None
        The answers with errors over patients, where the clusters are too few; else None.
    standard : DataFrame or None
        The mix of entry stages to which groups were brought: stratum, first_stage, last_stage,
        share. None where groups are as they are.
    has_given_standard : bool
        Whether that mix was given rather than counted.
    occupancies : mapping of str to Occupancy
        The curve of each group, with the influence of every cluster.
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
    dating: str
    period: str | None
    answers: pd.DataFrame
    steps: pd.DataFrame
    of_patients: pd.DataFrame | None
    standard: pd.DataFrame | None
    has_given_standard: bool
    occupancies: Mapping[str, Occupancy]
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
            up to ``day``), "mean_days_unmastered" (the rest of that time; leavers count as
            unmastered) and "median_follow_up_days" (for how long half could have been followed, by
            reverse Kaplan-Meier); ``day``; ``estimate``, ``std_error``, ``ci_low``, ``ci_high``;
            ``n_at_risk`` on that day, or on the day of the quantile, and ``n_events`` up to it (of
            follow-up: episodes whose records had ended).
        """
        return self.answers.copy()

    def differences(self, reference: str | None = None) -> pd.DataFrame:
        """Give how every other group differs from one of them.

        A cluster with episodes in both groups counts once: what it contributes to the two is
        subtracted before it is squared.

        Parameters
        ----------
        reference : str, optional
            The group to compare with. Default: the first.

        Returns
        -------
        DataFrame
            ``group``, ``reference``, ``quantity``, ``day``, ``estimate`` (group minus reference),
            ``std_error``, ``ci_low``, ``ci_high``. Quantiles have limits but no error.

        Raises
        ------
        AnalysisError
            If there is one group only, or no such group.
        """
        return group_differences(self.answers, self.occupancies, reference, self.conf_level)

    def compare_levels(self) -> pd.DataFrame:
        """Set the errors over the sampling unit beside those over patients.

        Returns
        -------
        DataFrame
            ``group``, ``quantity``, ``day``, ``level`` (the column sampled independently),
            ``method`` of the errors, then the columns of `table`. Where the unit is the patient, or
            there are ten or more, it has rows of that level alone.
        """
        method = "infinitesimal jackknife, normal"
        some = next(iter(self.occupancies.values()))
        own = method if some.delete_one is None else "delete-one jackknife, Student's t"
        parts = [self.answers.assign(level=self.cluster, method=own)]
        if self.of_patients is not None:
            parts.append(self.of_patients.assign(level="patient_id", method=method))
        # Both have the same rows in the same order.
        rows = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
        about = ["group", "quantity", "day"]
        return rows[[*about, "level", "method", *self.answers.columns[3:]]]

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
        return mastery_paragraph(self)
