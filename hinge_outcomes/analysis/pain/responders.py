"""How many patients improved by enough to matter, and how many got worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import (
    check_conf_level,
    probability_interval,
    t_quantile,
    wilson_interval,
)
from hinge_outcomes.analysis.pain.change import few_clusters_note
from hinge_outcomes.analysis.pain.clustered_means import cluster_mean
from hinge_outcomes.analysis.pain.follow_up_scores import (
    check_cluster,
    derive_follow_up_scores,
    group_names,
    name_question,
    split_groups,
    window_name,
)
from hinge_outcomes.analysis.pain.outcome_panel import find_instrument
from hinge_outcomes.analysis.pain.response_rules import apply_response_rules
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.day0 import check_day0_columns
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.instruments import INSTRUMENTS, Instrument
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import NotIdentifiableError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

ALL = "all"
ALLOWED = "baseline allowed"
POPULATIONS = (ALL, ALLOWED)
"""Both denominators: all with both scores for whom the criterion can be asked; those whose baseline
left room for it."""

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


@dataclass(frozen=True, slots=True)
class ResponderEstimate(Result):
    """Hold shares of responders by each criterion and denominator.

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
        """Give shares with intervals and all counts.

        Returns
        -------
        pandas.DataFrame
            The groups, then instrument, at_day, window, estimand, criterion ("mic", "relative",
            "both", "deteriorated", "recovered"), label (in words), population ("all" or "baseline
            allowed"); estimate (share), std_error (cluster-robust), ci_low, ci_high (Wilson),
            cluster_ci_low, cluster_ci_high; n_responders (numerator), n (denominator), n_analysed
            (both scores), n_missing_baseline, n_missing_follow_up, n_window_closed, n_started,
            n_patients, n_clusters; note.
        """
        return self.estimates.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the shares among all with both scores, with their intervals.

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

        shown = self.estimates[self.estimates["population"] == ALL].drop(columns="criterion")
        label = f"Share of episodes ({self.conf_level:.0%} CI)"
        return draw_intervals(shown.reset_index(drop=True), ax=ax, label=label)

    def summary(self) -> str:
        """Say the shares in one paragraph.

        Returns
        -------
        str
            Shares by the smallest important change with counts, better and worse.
        """
        return _summarise(self)


def estimate_responders(
    cohort: Cohort,
    instrument: str = "odi",
    at_day: int | str = 91,
    by: str | Sequence[str] | None = None,
    *,
    cluster: str | None = None,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
    conf_level: float = 0.95,
) -> ResponderEstimate:
    """Estimate the share of patients who improved by enough to matter.

    Analysed are episodes whose follow-up window had closed by the data cut and that have both
    scores. A missing score is never a non-responder: it is counted beside the share. Every
    criterion is given twice: of all analysed, and of those whose baseline left room for it (at
    least the MIC away from the best score). For the relative criterion, and for MIC and relative
    together ("both"), a baseline of 0 leaves both denominators: 30% of nothing cannot be asked.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "odi"
        Code of the instrument; the relative criterion exists for nprs, odi and rmdq, recovery for
        nprs (0) and rmdq (2 or less).
    at_day : int or "in_care", default 91
        Planned follow-up in days since the start: 42, 91, 182 or 364; or ``in_care``.
    by : str or sequence of str, optional
        Day-0 columns that form groups.
    cluster : str, optional
        Column of the independent units; default patient_id. Also clinician_id or clinic_id.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery; it ends no care, so that no score depends on it.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost; dates the end of care for ``in_care``.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    ResponderEstimate
        ``.table()``, one row per group, criterion and denominator.

    Raises
    ------
    AnalysisError
        If an argument is not allowed: the message lists what is.
    NotIdentifiableError
        If the instrument has no smallest important change, or nobody has both scores.

    Notes
    -----
    Share = responders / denominator, Wilson's interval [1]_; beside it the interval on the logit
    scale with CR2 error and Bell-McCaffrey degrees of freedom by cluster, which allows for patients
    who return. Criteria as in [2]_, decided with a tolerance of 1e-9.

    References
    ----------
    .. [1] Wilson EB. Probable inference, the law of succession, and statistical inference. J Am
       Stat Assoc 1927;22:209-212.
    .. [2] Ostelo RWJG et al. Interpreting change scores for pain and functional status in low back
       pain. Spine 2008;33:90-94.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> table = ho.estimate_responders(cohort, "nprs", at_day=91).table()
    >>> table["criterion"].unique().tolist()
    ['mic', 'relative', 'both', 'deteriorated', 'recovered']
    """
    check_conf_level(conf_level)
    names = group_names(by)
    check_day0_columns(cohort, names)
    scores = derive_follow_up_scores(cohort, instrument, at_day, criterion=criterion, loss=loss)
    unit = check_cluster(scores, cluster)
    tool = find_instrument(cohort, instrument)
    rows = [
        {**labels, **row}
        for labels, members in split_groups(scores, names)
        for row in _one_group(members, tool, unit, conf_level)
    ]
    table = name_question(rows, len(names), instrument, at_day)
    if not (table["n_analysed"] > 0).any():
        raise NotIdentifiableError(
            f"No episode has both a baseline and a follow-up score of {instrument} at "
            f"{window_name(at_day)} among the {int(scores['is_closed'].sum()):,} that were due. "
            "Choose another follow-up (42, 91, 182, 364, 'in_care') or instrument."
        )
    return ResponderEstimate(
        instrument=instrument,
        at_day=at_day,
        by=tuple(names),
        cluster=unit,
        conf_level=conf_level,
        estimates=table,
    )


def _one_group(
    members: pd.DataFrame, tool: Instrument, unit: str, conf_level: float
) -> list[dict[str, Any]]:
    closed = members[members["is_closed"]]
    has_baseline = closed["baseline_score"].notna()
    both = closed[has_baseline & closed["follow_up_score"].notna()]
    counts = {
        "n_analysed": len(both),
        "n_missing_baseline": int((~has_baseline).sum()),
        "n_missing_follow_up": int((has_baseline & closed["follow_up_score"].isna()).sum()),
        "n_window_closed": len(closed),
        "n_started": len(members),
    }
    rows = []
    for rule in apply_response_rules(tool, both["baseline_score"], both["follow_up_score"]):
        for population in POPULATIONS:
            kept = rule.is_allowed if population == ALLOWED else rule.is_defined
            about = {"criterion": rule.code, "label": rule.label, "population": population}
            share = _share(rule.is_met[kept], both.loc[kept, unit], conf_level)
            patients = int(both.loc[kept, "patient_id"].nunique())
            rows.append({**about, **share, **counts, "n_patients": patients})
    for row in rows:
        # The number of units and the warning close the table.
        row["n_clusters"] = row.pop("n_clusters")
        row["note"] = few_clusters_note(row["n_clusters"])
    return rows


def _share(
    is_met: np.ndarray[Any, np.dtype[np.bool_]], units: pd.Series, conf_level: float
) -> dict[str, Any]:
    mean = cluster_mean(is_met.astype(float), units)
    low, high = wilson_interval([is_met.sum()], [mean.n], conf_level=conf_level)
    wide = (np.array([np.nan]), np.array([np.nan]))
    if mean.n_clusters >= 2:
        wide = probability_interval(
            [mean.estimate],
            [mean.std_error],
            "logit",
            n_complete=[mean.n_clusters],
            quantile=t_quantile(mean.degrees_of_freedom, conf_level),
            conf_level=conf_level,
        )
    return {
        "estimate": mean.estimate,
        "std_error": mean.std_error,
        "ci_low": float(low[0]),
        "ci_high": float(high[0]),
        "cluster_ci_low": float(wide[0][0]),
        "cluster_ci_high": float(wide[1][0]),
        "n_responders": int(is_met.sum()),
        "n": mean.n,
        "n_clusters": mean.n_clusters,
    }


def _summarise(result: ResponderEstimate) -> str:
    tool = INSTRUMENTS[result.instrument]
    table = result.estimates
    first = table.iloc[0]
    told = table[
        table["criterion"].isin(["mic", "relative", "deteriorated"]) & (table["population"] == ALL)
    ]
    sentences = []
    for row in told.to_dict("records"):
        group = ", ".join(f"{name} {row[name]}" for name in result.by)
        start = f"{group}, {row['label']}" if group else str(row["label"])
        if not row["n"]:
            sentences.append(f"{start}: no episode has both scores")
            continue
        sentences.append(
            f"{start}: {row['estimate']:.0%} ({row['n_responders']:,} of {row['n']:,}; "
            f"{result.conf_level:.0%} CI {row['ci_low']:.0%} to {row['ci_high']:.0%})"
        )
    due = table.drop_duplicates(list(result.by)) if result.by else table.head(1)
    n_due, n_both = int(due["n_window_closed"].sum()), int(due["n_analysed"].sum())
    return (
        f"{tool.name} at {first['window']}, {first['estimand']}. {'; '.join(sentences)}. Both "
        f"scores are known for {n_both:,} of {n_due:,} episodes that were due; a missing score is "
        "not counted as no response."
    )
