"""Agreement beyond chance of two ratings on an ordered scale: weighted kappa from arrays."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.inference import cluster_sums
from hinge_outcomes.exceptions import AnalysisError, DataError

WEIGHTS = ("quadratic", "linear", "none")
"""How much a disagreement counts: by its square, by its distance, or any as much as another."""


@dataclass(frozen=True, slots=True)
class WeightedKappa:
    """Hold the agreement of two raters.

    Parameters
    ----------
    estimate : float
        Kappa: 1 if they always agree, 0 if as often as by chance; missing where chance alone would
        make them agree always.
    std_error : float
        Error that allows for ratings of one cluster being alike; missing with one cluster.
    independent_std_error : float
        Error as if all ratings were independent.
    agreed : float
        Share of ratings that are the same.
    counts : ndarray of int, shape (k, k)
        First rating down, second across.
    n, n_clusters : int
        Pairs of ratings, and independent clusters.
    """

    estimate: float
    std_error: float
    independent_std_error: float
    agreed: float
    counts: npt.NDArray[np.int64]
    n: int
    n_clusters: int


def weighted_kappa(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    *,
    n_levels: int,
    weights: str = "quadratic",
) -> WeightedKappa:
    """Compute how far two ratings agree beyond chance.

    Parameters
    ----------
    first, second : array_like of int, shape (n,)
        Ratings from 0 to ``n_levels - 1``, none missing.
    clusters : array_like, shape (n,), optional
        To whom each pair belongs; pairs are independent if not given.
    n_levels : int
        Levels of the scale, used or not.
    weights : {"quadratic", "linear", "none"}, default "quadratic"
        What a disagreement by d levels counts: d squared, d, or 1.

    Returns
    -------
    WeightedKappa
        Kappa and its errors.

    Raises
    ------
    AnalysisError
        If the weights are not known.
    DataError
        If there is no pair, or a rating lies outside the scale.

    Notes
    -----
    kappa = 1 - sum w_ij p_ij / sum w_ij p_i. p_.j [1]_. The error is that of the delta method:
    with clusters of one pair it is the large-sample error of [2]_; otherwise contributions are
    added up by cluster first, with the factor G / (G - 1).

    References
    ----------
    .. [1] Cohen J (1968). Weighted kappa: nominal scale agreement with provision for scaled
       disagreement or partial credit. Psychol Bull 70, 213-220.
    .. [2] Fleiss J, Cohen J, Everitt B (1969). Large sample standard errors of kappa and weighted
       kappa. Psychol Bull 72, 323-327.

    Examples
    --------
    >>> found = weighted_kappa([0, 0, 1, 1], [0, 1, 0, 1], n_levels=2)
    >>> found.estimate, found.agreed
    (0.0, 0.5)
    """
    if weights not in WEIGHTS:
        raise AnalysisError(
            f"weights={weights!r} are not known. Allowed: {', '.join(WEIGHTS)}; quadratic is usual "
            "for an ordered scale."
        )
    rows, columns = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    n = len(rows)
    if n == 0 or len(columns) != n:
        raise DataError("Agreement needs the same number of first and second ratings, one or more.")
    both = np.concatenate([rows, columns])
    if both.min() < 0 or both.max() >= n_levels:
        raise DataError(f"A rating lies outside the scale, which runs from 0 to {n_levels - 1}.")
    counts = np.bincount(rows * n_levels + columns, minlength=n_levels**2)
    shares = counts.reshape(n_levels, n_levels) / n
    distance = np.abs(np.subtract.outer(np.arange(n_levels), np.arange(n_levels))).astype(float)
    loss = {"quadratic": distance**2, "linear": distance, "none": np.sign(distance)}[weights]
    by_row, by_column = loss @ shares.sum(axis=0), shares.sum(axis=1) @ loss
    observed, expected = float((loss * shares).sum()), float(shares.sum(axis=1) @ by_row)
    labels = np.arange(n) if clusters is None else np.asarray(clusters)
    error = independent = estimate = float(np.nan)
    n_clusters = len(np.unique(labels))
    if expected > 0:
        estimate = 1 - observed / expected
        lost = loss[rows, columns] - observed
        chance = by_row[rows] + by_column[columns] - 2 * expected
        influence = (chance * observed / expected - lost) / (expected * n)
        independent = float(np.sqrt(np.sum(influence**2)))
        if n_clusters > 1:
            total = cluster_sums(influence, labels)
            few = n_clusters / (n_clusters - 1) if clusters is not None else 1.0
            error = float(np.sqrt(few * np.sum(total**2)))
    return WeightedKappa(
        estimate=estimate,
        std_error=error,
        independent_std_error=independent,
        agreed=float(np.trace(shares)),
        counts=counts.reshape(n_levels, n_levels),
        n=n,
        n_clusters=n_clusters,
    )
