"""How much pain (or another outcome) changed from baseline to a planned follow-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, mean_interval
from hinge_outcomes.analysis.pain.clustered_means import FEW_CLUSTERS, cluster_mean
from hinge_outcomes.analysis.pain.follow_up_scores import (
    IN_CARE,
    check_cluster,
    derive_follow_up_scores,
    group_names,
    name_question,
    split_groups,
    window_name,
)
from hinge_outcomes.analysis.pain.outcome_panel import find_instrument
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.day0 import check_day0_columns
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import NotIdentifiableError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


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
    estimates : pandas.DataFrame
        What `table` gives.
    """

    instrument: str
    at_day: int | str
    by: tuple[str, ...]
    cluster: str
    conf_level: float
    estimates: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Give mean changes with their errors and all counts.

        Returns
        -------
        pandas.DataFrame
            The groups, then instrument, at_day, window, estimand; estimate (mean of follow-up minus
            baseline; negative = a lower score), std_error, ci_low, ci_high, df; improvement and its
            limits (positive = better, whatever the instrument's direction); baseline_mean and
            follow_up_mean of those analysed; n_started, n_window_closed, n_missing_baseline,
            n_missing_follow_up, n_analysed, n_patients, n_clusters; note.
        """
        return self.estimates.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the mean changes with their intervals.

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
        return draw_intervals(self.table(), ax=ax, reference=0.0, label=label)

    def summary(self) -> str:
        """Say the change in one paragraph.

        Returns
        -------
        str
            Change with interval, on how many of how many it rests, and what it cannot say.
        """
        return _summarise(self)


def estimate_change(
    cohort: Cohort,
    instrument: str = "nprs",
    at_day: int | str = 91,
    by: str | Sequence[str] | None = None,
    *,
    cluster: str | None = None,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
    conf_level: float = 0.95,
) -> ChangeEstimate:
    """Estimate how much a score changed from baseline to a planned follow-up.

    Analysed are episodes whose follow-up window had closed by the data cut and that have both
    scores; every episode that is left out is counted. At 42, 91, 182 and 364 days the score counts
    whatever became of the episode (estimand: treatment policy); ``in_care`` takes the last score
    within 14 days of the end of care (estimand: while in care).

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "nprs"
        Code of the instrument.
    at_day : int or "in_care", default 91
        Planned follow-up in days since the start: 42, 91, 182 or 364; or ``in_care``.
    by : str or sequence of str, optional
        Day-0 columns that form groups; rows without a group are shown as one (missing).
    cluster : str, optional
        Column of the independent units; default patient_id (patients return). Also clinician_id or
        clinic_id.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery; it ends no care, so that no score depends on it.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost; dates the end of care for ``in_care``.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    ChangeEstimate
        ``.table()``, one row per group.

    Raises
    ------
    AnalysisError
        If an argument is not allowed: the message lists what is; ``by`` must be known on day 0.
    NotIdentifiableError
        If there is no score of the instrument, or nobody has both scores.

    Notes
    -----
    mean(follow-up - baseline), with CR2 standard error and Bell-McCaffrey degrees of freedom [1]_
    by cluster. Unbiased for all whose window closed only if scores are missing completely at
    random: `fit_pain` needs less. A change is no effect of treatment: pain that brings patients to
    a clinic falls by itself (natural course, regression to the mean).

    References
    ----------
    .. [1] Bell RM, McCaffrey DF. Bias reduction in standard errors for linear regression with
       multi-stage samples. Survey Methodology 2002;28:169-181.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> change = ho.estimate_change(cohort, "nprs", at_day=91).table()
    >>> int(change["n_analysed"].iloc[0]) <= int(change["n_window_closed"].iloc[0]) <= 200
    True
    """
    check_conf_level(conf_level)
    names = group_names(by)
    check_day0_columns(cohort, names)
    scores = derive_follow_up_scores(cohort, instrument, at_day, criterion=criterion, loss=loss)
    unit = check_cluster(scores, cluster)
    turn = find_instrument(cohort, instrument).sign
    rows = [
        {**labels, **_one_group(members, unit, turn, conf_level)}
        for labels, members in split_groups(scores, names)
    ]
    table = name_question(rows, len(names), instrument, at_day)
    if not (table["n_analysed"] > 0).any():
        raise NotIdentifiableError(_nobody(scores, instrument, at_day))
    return ChangeEstimate(
        instrument=instrument,
        at_day=at_day,
        by=tuple(names),
        cluster=unit,
        conf_level=conf_level,
        estimates=table,
    )


def _one_group(members: pd.DataFrame, unit: str, turn: int, conf_level: float) -> dict[str, Any]:
    closed = members[members["is_closed"]]
    has_baseline = closed["baseline_score"].notna()
    both = closed[has_baseline & closed["follow_up_score"].notna()]
    mean = cluster_mean(both["change"].to_numpy(dtype=float), both[unit])
    low, high = mean_interval(
        mean.estimate,
        mean.std_error,
        degrees_of_freedom=mean.degrees_of_freedom,
        conf_level=conf_level,
    )
    sides = sorted((turn * float(low), turn * float(high)))
    return {
        "estimate": mean.estimate,
        "std_error": mean.std_error,
        "ci_low": float(low),
        "ci_high": float(high),
        "df": mean.degrees_of_freedom,
        "improvement": turn * mean.estimate,
        "improvement_ci_low": sides[0],
        "improvement_ci_high": sides[1],
        "baseline_mean": float(both["baseline_score"].mean()),
        "follow_up_mean": float(both["follow_up_score"].mean()),
        "n_started": len(members),
        "n_window_closed": len(closed),
        "n_missing_baseline": int((~has_baseline).sum()),
        "n_missing_follow_up": int((has_baseline & closed["follow_up_score"].isna()).sum()),
        "n_analysed": mean.n,
        "n_patients": int(both["patient_id"].nunique()),
        "n_clusters": mean.n_clusters,
        "note": few_clusters_note(mean.n_clusters),
    }


def few_clusters_note(n_clusters: int) -> str:
    """Warn where an interval rests on too few independent units.

    Parameters
    ----------
    n_clusters : int
        Independent units.

    Returns
    -------
    str
        The warning, or an empty text from 10 units on.

    Examples
    --------
    >>> few_clusters_note(40)
    ''
    """
    if n_clusters >= FEW_CLUSTERS:
        return ""
    if n_clusters < 2:
        return "no interval: fewer than 2 independent units"
    return f"too few: {n_clusters} independent units; the interval is unsure"


def _nobody(scores: pd.DataFrame, instrument: str, at_day: int | str) -> str:
    closed = scores[scores["is_closed"]]
    when = "whose care has ended" if at_day == IN_CARE else "whose window has closed by the cut"
    return (
        f"No episode has both a baseline and a follow-up score of {instrument} at "
        f"{window_name(at_day)}: of {len(scores):,} episodes, {len(closed):,} are those {when}, "
        f"{int(closed['baseline_score'].notna().sum()):,} of these have a baseline and "
        f"{int(closed['follow_up_score'].notna().sum()):,} a follow-up score. Choose another "
        "follow-up (42, 91, 182, 364, 'in_care') or instrument."
    )


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
    first = result.estimates.iloc[0]
    better = "higher" if instrument.higher_is_better else "lower"
    return (
        f"{instrument.name} at {first['window']} minus baseline, {first['estimand']}; "
        f"{better} is better. {' '.join(sentences)} A change is not an effect of treatment: "
        "natural course and regression to the mean are part of it."
    )
