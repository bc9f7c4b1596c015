"""Weights that let those with a score stand for those without one."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from hinge_outcomes.analysis.inference import cluster_sums, t_quantile
from hinge_outcomes.analysis.pain.imputation import Pooled
from hinge_outcomes.analysis.pain.model_columns import Array
from hinge_outcomes.analysis.pain.score_history import ScoreHistory

_PRIOR_SD = 2.5
"""Log odds per column are drawn softly to 0, so that they are finite."""

_LARGEST = 20.0
"""A weight is cut here: one patient does not stand for more."""


@dataclass(frozen=True, slots=True)
class WeightedMean:
    """Hold a weighted mean change.

    Parameters
    ----------
    pooled : Pooled
        The estimate with its interval.
    baseline_mean, follow_up_mean : float
        Weighted means of both scores.
    n_seen : int
        Episodes with both scores.
    effective_n : float
        How many equally weighted episodes would be as sure.
    largest_weight : float
        After cutting.
    n_cut : int
        Weights that were cut.
    n_lost_seen : int
        Of those lost, how many have a score: they stand for all lost.
    """

    pooled: Pooled
    baseline_mean: float
    follow_up_mean: float
    n_seen: int
    effective_n: float
    largest_weight: float
    n_cut: int
    n_lost_seen: int


def weigh_scores(
    history: ScoreHistory, at_day: int, clusters: np.ndarray, conf_level: float
) -> WeightedMean:
    """Estimate the mean change by weighting those with both scores for those without.

    Parameters
    ----------
    history : ScoreHistory
        Baseline, follow-up and history.
    at_day : int
        Planned day of the follow-up.
    clusters : ndarray, shape (n,)
        To whom a row belongs.
    conf_level : float
        Coverage that the interval aims at.

    Returns
    -------
    WeightedMean
        Estimate, weights' size and what they rest on.

    Notes
    -----
    w = 1 / P(both scores are there | last score, its day, whether and how care had ended, day-0
    columns), by logistic regression; the estimate is the weighted mean [1]_. Its influence is taken
    less what the scores of the logistic model explain of it, which allows for the weights being
    estimated [2]_, divided by the root of what a row's own leverage leaves, and added up by
    cluster.

    References
    ----------
    .. [1] Seaman SR, White IR (2013). Review of inverse probability weighting for dealing with
       missing data. Stat Methods Med Res 22, 278-295.
    .. [2] Lunceford JK, Davidian M (2004). Stratification and weighting via the propensity score in
       estimation of causal treatment effects. Stat Med 23, 2937-2960.
    """
    frame = history.frame
    baseline, follow_up = frame["baseline"].to_numpy(), frame["follow_up"].to_numpy()
    is_seen = np.isfinite(baseline) & np.isfinite(follow_up)
    design = _design(history, at_day)
    probability = _seen_probability(design, is_seen)
    weight = np.where(is_seen, 1 / probability, 0.0)
    is_cut = weight > _LARGEST
    weight = np.minimum(weight, _LARGEST)
    change = np.where(is_seen, follow_up - baseline, 0.0)
    total = weight.sum()
    mean = float(weight @ change / total)
    influence = weight * (change - mean) / total
    scores = design * (is_seen - probability)[:, np.newaxis]
    # What the scores explain of the influence is known; the root makes up for their fitting noise.
    basis = np.linalg.qr(scores)[0]
    free = 1 - (basis**2).sum(axis=1)
    influence = (influence - basis @ (basis.T @ influence)) / np.sqrt(np.maximum(free, 0.1))
    by_cluster = cluster_sums(influence, clusters)
    n_clusters = len(by_cluster)
    error = float(np.sqrt(n_clusters / max(n_clusters - 1, 1) * np.sum(by_cluster**2)))
    seen_clusters = len(np.unique(clusters[is_seen]))
    degrees = float(max(seen_clusters - 1, 1))
    reach = t_quantile(degrees, conf_level) * error
    return WeightedMean(
        pooled=Pooled(mean, error, mean - reach, mean + reach, degrees, np.nan),
        baseline_mean=float(weight @ np.where(is_seen, baseline, 0.0) / total),
        follow_up_mean=float(weight @ np.where(is_seen, follow_up, 0.0) / total),
        n_seen=int(is_seen.sum()),
        effective_n=float(total**2 / (weight @ weight)),
        largest_weight=float(weight.max()),
        n_cut=int(is_cut.sum()),
        n_lost_seen=int((is_seen & frame["is_lost"].to_numpy(dtype=bool)).sum()),
    )


def _design(history: ScoreHistory, at_day: int) -> Array:
    frame = history.frame
    first = frame["baseline"].to_numpy()
    is_unknown = np.isnan(first)
    middle = float(np.nanmean(first))
    first = np.where(is_unknown, middle, first) - middle
    last = frame["last"].to_numpy() - middle
    last = np.where(np.isnan(last), first, last)
    when = frame["last_day"].to_numpy() / at_day
    lost = frame["is_lost_early"].to_numpy(dtype=float)
    ended = frame["has_ended_early"].to_numpy(dtype=float)
    made = np.column_stack(
        [
            np.ones(len(frame)), lost, ended, last, when, last * when, lost * last, lost * when,
            ended * last, ended * when, first, is_unknown.astype(float), history.covariates,
        ]
    )  # fmt: skip
    varies = np.ptp(made, axis=0) > 0
    varies[0] = True
    kept: Array = made[:, varies]
    return kept


def _seen_probability(design: Array, is_seen: np.ndarray) -> Array:
    """Fit a logistic regression by Newton's method, all coefficients but the first drawn to 0."""
    penalty = np.full(design.shape[1], 1 / _PRIOR_SD**2)
    penalty[0] = 0.0
    b = np.zeros(design.shape[1])
    for _ in range(50):
        p = expit(design @ b)
        gradient = design.T @ (is_seen - p) - penalty * b
        curvature = (design * (p * (1 - p))[:, np.newaxis]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(b)), gradient)
        b = b + step * min(1.0, 5 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-9:
            break
    fitted: Array = np.maximum(expit(design @ b), 1e-6)
    return fitted
