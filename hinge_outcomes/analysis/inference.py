"""Interval and variance arithmetic on arrays, shared by every estimator."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import expit
from statsmodels.stats.proportion import proportion_confint

from hinge_outcomes.exceptions import AnalysisError, DataError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CONF_TYPES = ("plain", "log", "cloglog", "logit")
"""Scales on which an interval of a probability can be symmetric."""

_EDGE = 1e-12
"""A probability this close to 0 or 1 differs from it by rounding alone."""


def check_conf_level(conf_level: float) -> None:
    """Refuse a confidence level that is not strictly between 0 and 1.

    Parameters
    ----------
    conf_level : float
        Share of intervals meant to hold the truth, such as 0.95.

    Raises
    ------
    AnalysisError
        If it is not strictly between 0 and 1.

    Examples
    --------
    >>> check_conf_level(0.95)
    """
    if not 0 < conf_level < 1:
        raise AnalysisError(
            f"conf_level is {conf_level}, but must lie strictly between 0 and 1. "
            "For a 95% interval write conf_level=0.95."
        )


def check_conf_type(conf_type: str) -> None:
    """Refuse an interval scale this package does not know.

    Parameters
    ----------
    conf_type : str
        One of ``CONF_TYPES``.

    Raises
    ------
    AnalysisError
        If it is none of them.

    Examples
    --------
    >>> check_conf_type("log")
    """
    if conf_type not in CONF_TYPES:
        raise AnalysisError(
            f"conf_type is {conf_type!r}, but must be one of: {', '.join(CONF_TYPES)}."
        )


def normal_quantile(conf_level: float = 0.95) -> float:
    """Give the number of standard errors to each side of a normal interval.

    Parameters
    ----------
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    float
        Quantile of the standard normal at ``(1 + conf_level) / 2``.

    Raises
    ------
    AnalysisError
        If ``conf_level`` is not strictly between 0 and 1.

    Examples
    --------
    >>> round(normal_quantile(), 4)
    1.96
    """
    check_conf_level(conf_level)
    return float(stats.norm.ppf(0.5 + conf_level / 2))


def t_quantile(degrees_of_freedom: float, conf_level: float = 0.95) -> float:
    """Give the number of standard errors to each side of a Student interval.

    Parameters
    ----------
    degrees_of_freedom : float
        Degrees of freedom, above 0; infinity gives the normal quantile.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    float
        Quantile of Student's t at ``(1 + conf_level) / 2``.

    Raises
    ------
    AnalysisError
        If ``conf_level`` is not strictly between 0 and 1.

    Examples
    --------
    >>> round(t_quantile(4), 3)
    2.776
    """
    check_conf_level(conf_level)
    return float(stats.t.ppf(0.5 + conf_level / 2, degrees_of_freedom))


def probability_interval(
    estimate: npt.ArrayLike,
    std_error: npt.ArrayLike,
    conf_type: str = "log",
    *,
    n_complete: npt.ArrayLike | None = None,
    quantile: float | None = None,
    conf_level: float = 0.95,
) -> tuple[Floats, Floats]:
    """Put an interval around probabilities.

    The interval is symmetric on the scale g of ``conf_type``, so its limits are
    ``g^-1(g(p) +- z se g'(p))``: "plain" is p itself, "log" is log p, "cloglog" is
    log(-log(1 - p)) as used for cumulative incidence, "logit" is log(p / (1 - p)). Limits are cut
    at 0 and 1. At an estimate of 0 or 1 no such interval exists: where ``n_complete`` subjects were
    followed without loss the exact one-sided limit is given [1]_, otherwise both limits are
    missing.

    Parameters
    ----------
    estimate : array_like
        Probabilities, of any shape.
    std_error : array_like
        Their standard errors, of the same shape.
    conf_type : str, default "log"
        One of ``CONF_TYPES``.
    n_complete : array_like, optional
        Independent subjects followed completely up to each estimate; 0 where follow-up is
        incomplete. Default: incomplete everywhere.
    quantile : float, optional
        Standard errors to each side, such as a Student quantile. Default: the normal one.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    ci_low, ci_high : ndarray
        The limits, of the shape of ``estimate``.

    Raises
    ------
    AnalysisError
        If ``conf_type`` or ``conf_level`` is not allowed.

    References
    ----------
    .. [1] Clopper C, Pearson E (1934). The use of confidence or fiducial limits illustrated in the
       case of the binomial. Biometrika 26, 404-413.

    Examples
    --------
    >>> low, high = probability_interval([0.5, 0.0], [0.1, 0.0], "plain", n_complete=[0, 20])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.304, 0.0], [0.696, 0.139])
    """
    check_conf_type(conf_type)
    p, error = np.broadcast_arrays(np.asarray(estimate, float), np.asarray(std_error, float))
    reach = (normal_quantile(conf_level) if quantile is None else quantile) * error
    at_edge = (p <= _EDGE) | (p >= 1 - _EDGE)
    # Any inner value will do at the edges: those limits are replaced below.
    inner = np.where(at_edge, 0.5, p)
    low, high = _limits(inner, np.where(at_edge, 0.0, reach), conf_type)
    n = np.zeros(p.shape) if n_complete is None else np.broadcast_to(n_complete, p.shape)
    exact = np.where(n > 0, (1 - conf_level) ** (1 / np.maximum(n, 1)), np.nan)
    is_zero, is_one, known = p <= _EDGE, p >= 1 - _EDGE, n > 0
    low = np.where(is_zero, np.where(known, 0.0, np.nan), np.where(is_one, exact, low))
    high = np.where(is_zero, 1 - exact, np.where(is_one, np.where(known, 1.0, np.nan), high))
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def _limits(p: Floats, reach: Floats, conf_type: str) -> tuple[Floats, Floats]:
    if conf_type == "plain":
        return p - reach, p + reach
    if conf_type == "log":
        return p * np.exp(-reach / p), p * np.exp(np.minimum(reach / p, -np.log(p)))
    if conf_type == "logit":
        centre, width = np.log(p / (1 - p)), reach / (p * (1 - p))
        return expit(centre - width), expit(centre + width)
    remaining = np.log1p(-p)
    width = reach / ((1 - p) * -remaining)
    # Beyond 700 the power would overflow, and the limit is 0 or 1 to every digit long before.
    width = np.minimum(width, 700.0)
    return -np.expm1(remaining * np.exp(-width)), -np.expm1(remaining * np.exp(width))


def mean_interval(
    estimate: npt.ArrayLike,
    std_error: npt.ArrayLike,
    *,
    degrees_of_freedom: float = np.inf,
    minimum: float = -np.inf,
    maximum: float = np.inf,
    conf_level: float = 0.95,
) -> tuple[Floats, Floats]:
    """Put a symmetric interval around means or differences.

    Parameters
    ----------
    estimate : array_like
        Estimates, of any shape.
    std_error : array_like
        Their standard errors, of the same shape.
    degrees_of_freedom : float, default infinity
        Of Student's t; infinity means normal.
    minimum, maximum : float
        Values the quantity cannot pass; the limits are cut there. Default: none.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    ci_low, ci_high : ndarray
        The limits, of the shape of ``estimate``.

    Raises
    ------
    AnalysisError
        If ``conf_level`` is not strictly between 0 and 1.

    Examples
    --------
    >>> low, high = mean_interval([-2.0], [0.5])
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([-2.98], [-1.02])
    """
    centre, error = np.asarray(estimate, float), np.asarray(std_error, float)
    reach = t_quantile(degrees_of_freedom, conf_level) * error
    return np.clip(centre - reach, minimum, maximum), np.clip(centre + reach, minimum, maximum)


def wilson_interval(
    n_events: npt.ArrayLike, n: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[Floats, Floats]:
    """Put Wilson's interval around plain proportions.

    Parameters
    ----------
    n_events : array_like
        How many had the event.
    n : array_like
        Out of how many; where 0, the limits are missing.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    ci_low, ci_high : ndarray
        The limits, between 0 and 1.

    Raises
    ------
    AnalysisError
        If ``conf_level`` is not strictly between 0 and 1.

    References
    ----------
    .. [1] Wilson E (1927). Probable inference, the law of succession, and statistical inference.
       J Am Stat Assoc 22, 209-212.

    Examples
    --------
    >>> low, high = wilson_interval([5], [10])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.237], [0.763])
    """
    check_conf_level(conf_level)
    events, total = np.broadcast_arrays(np.asarray(n_events, float), np.asarray(n, float))
    safe = np.maximum(total, 1)
    limits: Any = proportion_confint(events, safe, alpha=1 - conf_level, method="wilson")
    low, high = (np.where(total > 0, np.asarray(limit, float), np.nan) for limit in limits)
    return low, high


def cluster_sums(influence: npt.ArrayLike, clusters: npt.ArrayLike) -> Floats:
    """Add up the influence of all rows that belong to one cluster.

    Parameters
    ----------
    influence : array_like, shape (n,) or (n, q)
        What each row contributes to q estimates.
    clusters : array_like, shape (n,)
        The cluster of each row: labels of any kind that can be sorted.

    Returns
    -------
    ndarray, shape (n_clusters,) or (n_clusters, q)
        One row per cluster, clusters in sorted order.

    Raises
    ------
    DataError
        If the two differ in length.

    Examples
    --------
    >>> cluster_sums([1.0, 2.0, 4.0], ["P2", "P1", "P2"]).tolist()
    [2.0, 5.0]
    """
    rows = np.asarray(influence, float)
    labels, codes = np.unique(np.asarray(clusters), return_inverse=True)
    if len(codes) != len(rows):
        raise DataError(
            f"There are {len(rows)} rows of influence but {len(codes)} cluster labels. "
            "Give one label per row."
        )
    columns = rows.reshape(len(rows), -1)
    sums = np.stack([np.bincount(codes, column, len(labels)) for column in columns.T], axis=1)
    return sums.reshape((len(labels), *rows.shape[1:]))


def clustered_std_error(influence: npt.ArrayLike, clusters: npt.ArrayLike) -> Floats:
    """Give the standard errors that the influence of independent clusters implies.

    The infinitesimal jackknife: the square root of the sum of squares of each cluster's total.

    Parameters
    ----------
    influence : array_like, shape (n,) or (n, q)
        What each row contributes to q estimates.
    clusters : array_like, shape (n,)
        The cluster of each row.

    Returns
    -------
    ndarray, shape () or (q,)
        Standard errors.

    Raises
    ------
    DataError
        If the two differ in length.

    Examples
    --------
    >>> float(clustered_std_error([3.0, -3.0, 4.0], ["P1", "P1", "P2"]))
    4.0
    """
    return np.asarray(np.sqrt((cluster_sums(influence, clusters) ** 2).sum(axis=0)))
