"""Errors of cumulative hazards that allow for clusters, at all event times in one pass."""

import numpy as np

from hinge_outcomes.analysis.progression.cox_model import CoxModel
from hinge_outcomes.analysis.progression.risk_sets import Floats, Integers


def clustered_curve_error(
    model: CoxModel, covariates: Floats, cluster: Integers, coefficient_influence: Floats
) -> Floats:
    """Compute the infinitesimal-jackknife error of a patient's cumulative hazard at every point.

    Parameters
    ----------
    model : CoxModel
        The fitted model.
    covariates : ndarray, shape (p,)
        The patient's columns, in the units of the data.
    cluster : ndarray, shape (n,)
        Cluster numbers.
    coefficient_influence : ndarray, shape (G, p)
        What each cluster contributes to the coefficients, per unit of the data.

    Returns
    -------
    ndarray, shape (T,)
        Standard errors at the points, each cumulated within its stratum.

    Notes
    -----
    A cluster contributes a - b C(t) + d(t)'B: C cumulates w / S0^2, d is the integral of
    (x - mean) dLambda, B the influence of the cluster on the coefficients [1]_; a and b change only
    where one of its rows enters, leaves or has its event. So the sums over clusters of a a, a b,
    b b, a B and b B are cumulated changes, and the cost is that of sorting the rows.

    References
    ----------
    .. [1] Reid N, Crepeau H (1985). Influence functions for proportional hazards regression.
       Biometrika 72, 1-9.
    """
    sets, likelihood = model.sets, model.maximum.likelihood
    placed = model.place(covariates)
    squared = likelihood.hazard(sets) / likelihood.total
    fall = sets.cumulate(sets.by_point(squared))
    drift = model.drift(placed)
    group, place, a_change, b_change = _changes(model, cluster, squared)
    a, a_before = _running(group, a_change)
    b, b_before = _running(group, b_change)

    def over_clusters(changes: Floats) -> Floats:
        return sets.cumulate(np.bincount(place, changes, sets.n_points).astype(float))

    variance = over_clusters(a * a - a_before * a_before)
    variance -= 2 * fall * over_clusters(a * b - a_before * b_before)
    variance += fall**2 * over_clusters(b * b - b_before * b_before)
    influence = coefficient_influence * model.scale
    for path, column in zip(drift, influence[group % len(influence)].T, strict=True):
        pull = over_clusters(a_change * column) - fall * over_clusters(b_change * column)
        variance += 2 * path * pull
    variance += np.einsum("pt,pq,qt->t", drift, influence.T @ influence, drift)
    ratio = np.exp(likelihood.coefficients @ placed)
    return np.asarray(ratio * np.sqrt(np.maximum(variance, 0.0)))


def _changes(
    model: CoxModel, cluster: Integers, squared: Floats
) -> tuple[Integers, Integers, Floats, Floats]:
    """List where a and b of each cluster in each stratum change, by cluster and point."""
    sets, likelihood = model.sets, model.maximum.likelihood
    rows = np.flatnonzero(sets.first < sets.last)
    first, last, risk = sets.first[rows], sets.last[rows], likelihood.risk[rows]
    stratum = sets.point_stratum[first]
    n_clusters = int(cluster.max()) + 1
    group = stratum * n_clusters + cluster[rows]
    total = np.concatenate([[0.0], np.cumsum(sets.by_point(squared))])
    origin = total[np.searchsorted(sets.point_stratum, stratum, side="left")]
    leaves = last < np.searchsorted(sets.point_stratum, stratum, side="right")
    # The event adds its own share of the hazard; Efron's ties let it leave the risk set early.
    share = sets.by_point(1 / likelihood.total) / sets.by_point()
    early = sets.by_point(squared * sets.fraction)
    own = sets.weight[sets.event] * share[sets.event_point]
    own += likelihood.risk[sets.event] * early[sets.event_point]
    own_group = sets.point_stratum[sets.event_point] * n_clusters + cluster[sets.event]
    everything = (
        np.concatenate([group, group[leaves], own_group]),
        np.concatenate([first, last[leaves], sets.event_point]),
        np.concatenate(
            [
                risk * (total[first] - origin),
                -(risk * (total[last] - origin))[leaves],
                own,
            ]
        ),
        np.concatenate([risk, -risk[leaves], np.zeros(len(own))]),
    )
    order = np.argsort(everything[0] * (sets.n_points + 1) + everything[1], kind="stable")
    return (
        everything[0][order],
        everything[1][order],
        everything[2][order],
        everything[3][order],
    )


def _running(group: Integers, changes: Floats) -> tuple[Floats, Floats]:
    """Cumulate changes within groups: the value after each change, and before it."""
    sums = np.cumsum(changes)
    is_first = np.diff(group, prepend=-1) != 0
    first = np.flatnonzero(is_first)
    offset = np.concatenate([[0.0], sums])[first][np.cumsum(is_first) - 1]
    after = sums - offset
    return after, np.where(is_first, 0.0, np.concatenate([[0.0], after[:-1]]))
