"""An estimated change: means, differences, errors by unit, the natural course as context."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.pain.group_means import GroupMeans
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.domain.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes


@dataclass(frozen=True, slots=True)
class ChangeEstimate(Result):
    """Hold the mean change of an outcome, overall or by group.

    Parameters
    ----------
    instrument : str
        Code of the instrument.
    at_day : int or str
        The follow-up.
    by : tuple of str
        Columns that form the groups; empty for all patients together.
    cluster : str
        Column of the independent units.
    conf_level : float
        Coverage that the intervals aim at.
    adjust : tuple of str
        Columns the means are adjusted for; empty for plain means.
    estimates : pandas.DataFrame
        What `table` gives.
    joint : GroupMeans
        All groups in one fit, for their differences.
    natural : pandas.DataFrame or None
        What `natural_course` gives.
    """

    instrument: str
    at_day: int | str
    by: tuple[str, ...]
    cluster: str
    conf_level: float
    adjust: tuple[str, ...]
    estimates: pd.DataFrame
    joint: GroupMeans
    natural: pd.DataFrame | None

    def table(self) -> pd.DataFrame:
        """Give mean changes with their errors and all counts.

        Returns
        -------
        pandas.DataFrame
            The groups, then instrument, at_day, window, estimand; estimate (mean of follow-up minus
            baseline; negative = a lower score), std_error, ci_low, ci_high, df; improvement and its
            limits (positive = better, whatever the instrument's direction); baseline_mean and
            follow_up_mean of those analysed; n_started, n_window_closed, n_missing_baseline,
            n_missing_follow_up, n_analysed, n_patients, n_clusters; note. With ``adjust`` also
            n_missing_covariate, and estimates are those of a group with the covariates of all.
        """
        return self.estimates.copy()

    def differences(self, reference: str | None = None) -> pd.DataFrame:
        """Give how groups differ in their change, from one joint fit.

        Parameters
        ----------
        reference : str, optional
            The group compared with, as `table` names it (several columns joined by a comma);
            default the first.

        Returns
        -------
        pandas.DataFrame
            Columns group, reference, estimate (group less reference; negative = fell more),
            std_error, ci_low, ci_high, df. Patients in both groups count in both.

        Raises
        ------
        AnalysisError
            If there is one group only, or the reference is none of them.
        """
        return self.joint.differences(reference)

    def by_unit(self) -> pd.DataFrame:
        """Set errors by unit and method side by side, as fewer than ten clusters call for.

        Returns
        -------
        pandas.DataFrame
            Columns group, unit (the cluster, and patient_id), method ("CR2", "delete-one
            jackknife"), estimate, std_error, ci_low, ci_high, df.
        """
        return self.joint.by_unit(self.cluster)

    def natural_course(self) -> pd.DataFrame | None:
        """Give the published change of such patients whatever is done, as context.

        Returns
        -------
        pandas.DataFrame or None
            The groups, natural_change (mean over the baselines analysed times what is published
            for their symptom duration) and n (those whose duration is known). None for
            instruments that do not measure pain and for the end of care. Nothing is subtracted
            from anything: they are other patients in other places.
        """
        return None if self.natural is None else self.natural.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the mean changes with their intervals, the natural course beside them.

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

        label = f"Mean change in {INSTRUMENTS[self.instrument].name} ({self.conf_level:.0%} CI)"
        shown = self.table()
        if self.natural is not None:
            shown["context"] = self.natural["natural_change"].to_numpy()
        return draw_intervals(
            shown, ax=ax, reference=0.0, label=label, context="published natural course"
        )

    def summary(self) -> str:
        """Say the change in one paragraph.

        Returns
        -------
        str
            Change with interval, on how many of how many it rests, and what it cannot say.
        """
        return _summarise(self)


def _summarise(result: ChangeEstimate) -> str:
    instrument = INSTRUMENTS[result.instrument]
    sentences = []
    for row in result.estimates.to_dict("records"):
        group = ", ".join(f"{name} {row[name]}" for name in result.by)
        start = f"{group}: mean" if group else "Mean"
        if not row["n_analysed"]:
            sentences.append(f"{start} change unknown: no episode has both scores.")
            continue
        if np.isnan(row["std_error"]):
            interval = "no interval"
        else:
            interval = f"{result.conf_level:.0%} CI {row['ci_low']:.2f} to {row['ci_high']:.2f}"
        sentences.append(
            f"{start} change {row['estimate']:.2f} {instrument.unit} ({interval}) in "
            f"{row['n_analysed']:,} of {row['n_window_closed']:,} episodes that were due "
            f"({row['n_missing_baseline']:,} without baseline, {row['n_missing_follow_up']:,} "
            "without follow-up)."
        )
    if result.estimates["note"].str.startswith("too few").any():
        beside = "; ".join(
            f"{row['group']}, {row['unit']}, {row['method']}: {row['ci_low']:.2f} to "
            f"{row['ci_high']:.2f}"
            for row in result.by_unit().to_dict("records")
        )
        sentences.append(f"Too few independent units for one interval; side by side: {beside}.")
    first = result.estimates.iloc[0]
    made_alike = (
        f" Groups are compared as if all had the {', '.join(result.adjust)} of all analysed."
        if result.adjust
        else ""
    )
    better = "higher" if instrument.higher_is_better else "lower"
    return (
        f"{instrument.name} at {first['window']} minus baseline, {first['estimand']}; "
        f"{better} is better. {' '.join(sentences)}{made_alike} A change is not an effect of "
        "treatment: natural course and regression to the mean are part of it."
    )
