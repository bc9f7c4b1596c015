"""How much pain (or another outcome) changed from baseline to a planned follow-up."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, mean_interval
from hinge_outcomes.analysis.pain.change_result import ChangeEstimate
from hinge_outcomes.analysis.pain.clustered_means import cluster_mean
from hinge_outcomes.analysis.pain.clustered_regression import FEW_CLUSTERS
from hinge_outcomes.analysis.pain.follow_up_scores import (
    IN_CARE,
    check_cluster,
    derive_follow_up_scores,
    group_names,
    name_question,
    split_groups,
    window_name,
)
from hinge_outcomes.analysis.pain.group_means import fit_group_means
from hinge_outcomes.analysis.pain.outcome_panel import find_instrument
from hinge_outcomes.analysis.pain.published_course import natural_ratios
from hinge_outcomes.cohort.day0 import check_day0_columns
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import NotIdentifiableError

if TYPE_CHECKING:
    pass

BASELINE = "baseline_score"
"""What analysis of covariance adjusts for."""

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


def estimate_change(
    cohort: Cohort,
    instrument: str = "nprs",
    at_day: int | str = 91,
    by: str | Sequence[str] | None = None,
    *,
    adjust: str | Sequence[str] | None = None,
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
    adjust : str or sequence of str, optional
        What groups are made comparable in: ``baseline_score`` (analysis of covariance) and day-0
        columns (case mix). Episodes without one of these are left out and counted.
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
        ``.table()``, one row per group; ``.differences()``, ``.by_unit()``,
        ``.natural_course()``.

    Raises
    ------
    AnalysisError
        If an argument is not allowed: the message lists what is; ``by`` and ``adjust`` must be
        known on day 0.
    NotIdentifiableError
        If there is no score of the instrument, nobody has both scores, or a column to adjust for
        is a combination of others.

    Notes
    -----
    mean(follow-up - baseline), with CR2 standard error and Bell-McCaffrey degrees of freedom [1]_
    by cluster; with ``adjust`` the mean of a group is that of its linear model for the covariates
    of all analysed, from one fit with a common slope. Unbiased for all whose window closed only if
    scores are missing completely at random: `fit_pain` needs less. A change is no effect of
    treatment: pain that brings patients to a clinic falls by itself (natural course, regression to
    the mean).

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
    names, covariates = group_names(by), group_names(adjust)
    check_day0_columns(cohort, names)
    check_day0_columns(cohort, covariates, "adjust", also=(BASELINE,))
    scores = derive_follow_up_scores(cohort, instrument, at_day, criterion=criterion, loss=loss)
    unit = check_cluster(scores, cluster)
    turn = find_instrument(cohort, instrument).sign
    is_known = scores[covariates].notna().all(axis=1) if covariates else None
    groups = split_groups(scores, names)
    parts = [_analysed(members, is_known) for _, members in groups]
    if not any(len(part) for part in parts):
        raise NotIdentifiableError(_nobody(scores, instrument, at_day))
    words = [", ".join(str(value) for value in labels.values()) or "all" for labels, _ in groups]
    together = pd.concat(parts)
    label = pd.Series(np.repeat(words, [len(part) for part in parts]), index=together.index)
    joint = fit_group_means(together, "change", label, covariates, unit, conf_level)
    adjusted = joint.means().set_index("group") if covariates else None
    rows = [
        {**labels, **_one_group(members, part, adjusted, word, unit, turn, conf_level)}
        for (labels, members), part, word in zip(groups, parts, words, strict=True)
    ]
    return ChangeEstimate(
        instrument=instrument,
        at_day=at_day,
        by=tuple(names),
        cluster=unit,
        conf_level=conf_level,
        adjust=tuple(covariates),
        estimates=name_question(rows, len(names), instrument, at_day),
        joint=joint,
        natural=_natural([labels for labels, _ in groups], parts, instrument, at_day),
    )


def _analysed(members: pd.DataFrame, is_known: pd.Series | None) -> pd.DataFrame:
    """Keep those due, with both scores and every covariate."""
    has_both = members["baseline_score"].notna() & members["follow_up_score"].notna()
    kept = members["is_closed"] & has_both
    return members[kept if is_known is None else kept & is_known.loc[members.index]]


def _one_group(
    members: pd.DataFrame,
    both: pd.DataFrame,
    adjusted: pd.DataFrame | None,
    word: str,
    unit: str,
    turn: int,
    conf_level: float,
) -> dict[str, Any]:
    closed = members[members["is_closed"]]
    has_baseline = closed["baseline_score"].notna()
    has_both = has_baseline & closed["follow_up_score"].notna()
    mean = cluster_mean(both["change"].to_numpy(dtype=float), both[unit])
    estimate, error, degrees = mean.estimate, mean.std_error, mean.degrees_of_freedom
    if adjusted is not None and len(both):
        estimate, error, degrees = adjusted.loc[word, ["estimate", "std_error", "df"]]
    low, high = mean_interval(estimate, error, degrees_of_freedom=degrees, conf_level=conf_level)
    sides = sorted((turn * float(low), turn * float(high)))
    left_out = {} if adjusted is None else {"n_missing_covariate": int(has_both.sum()) - len(both)}
    return {
        "estimate": float(estimate),
        "std_error": float(error),
        "ci_low": float(low),
        "ci_high": float(high),
        "df": float(degrees),
        "improvement": turn * float(estimate),
        "improvement_ci_low": sides[0],
        "improvement_ci_high": sides[1],
        "baseline_mean": float(both["baseline_score"].mean()),
        "follow_up_mean": float(both["follow_up_score"].mean()),
        "n_started": len(members),
        "n_window_closed": len(closed),
        "n_missing_baseline": int((~has_baseline).sum()),
        "n_missing_follow_up": int((has_baseline & closed["follow_up_score"].isna()).sum()),
        **left_out,
        "n_analysed": mean.n,
        "n_patients": int(both["patient_id"].nunique()),
        "n_clusters": mean.n_clusters,
        "note": few_clusters_note(mean.n_clusters),
    }


def _natural(
    labels: list[dict[str, object]], parts: list[pd.DataFrame], instrument: str, at_day: int | str
) -> pd.DataFrame | None:
    """Give the published change for the baselines and durations of those analysed."""
    if INSTRUMENTS[instrument].measures != "pain" or isinstance(at_day, str):
        return None
    rows = []
    for label, part in zip(labels, parts, strict=True):
        less = natural_ratios(part["symptom_duration"], [at_day])[:, 0] - 1
        change = part["baseline_score"].to_numpy(dtype=float) * less
        known = change[np.isfinite(change)]
        mean = float(known.mean()) if len(known) else np.nan
        rows.append({**label, "natural_change": mean, "n": len(known)})
    return pd.DataFrame(rows)


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
