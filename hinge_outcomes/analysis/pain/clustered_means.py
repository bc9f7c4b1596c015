"""A mean whose rows are not independent: cluster-robust error with small-sample correction."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.pain.clustered_regression import fit_clustered


@dataclass(frozen=True, slots=True)
class ClusterMean:
    """Hold a mean with its cluster-robust error.

    Parameters
    ----------
    estimate : float
        The mean; missing without rows.
    std_error : float
        CR2 standard error; missing with fewer than two clusters.
    degrees_of_freedom : float
        Bell and McCaffrey's; missing with fewer than two clusters.
    n : int
        Rows.
    n_clusters : int
        Independent clusters.
    """

    estimate: float
    std_error: float
    degrees_of_freedom: float
    n: int
    n_clusters: int


def cluster_mean(values: npt.ArrayLike, clusters: npt.ArrayLike) -> ClusterMean:
    """Compute a mean with a standard error that allows for rows of one cluster being alike.

    Parameters
    ----------
    values : array_like, shape (n,)
        One number per row, none missing.
    clusters : array_like, shape (n,)
        To whom a row belongs; clusters are independent of each other.

    Returns
    -------
    ClusterMean
        The mean, its CR2 error and degrees of freedom.

    Notes
    -----
    With n_g rows in cluster g of N and e the residuals, the CR2 variance of a mean is
    sum_g (sum_{i in g} e_i)^2 / (1 - n_g / N) / N^2, unbiased if rows are independent. Its degrees
    of freedom are N^2 / {sum n_g^2 + [(sum b_g)^2 - sum b_g^2] / N^2}, b_g = n_g^2 / (1 - n_g / N).
    With one row per cluster these are s^2 / N and N - 1.

    References
    ----------
    .. [1] Bell RM, McCaffrey DF. Bias reduction in standard errors for linear regression with
       multi-stage samples. Survey Methodology 2002;28:169-181.

    Examples
    --------
    >>> found = cluster_mean([1.0, 2.0, 3.0, 6.0], ["a", "b", "c", "d"])
    >>> found.estimate, round(found.std_error, 6), round(found.degrees_of_freedom, 6)
    (3.0, 1.080123, 3.0)
    """
    y = np.asarray(values, dtype=np.float64)
    n = y.size
    if n == 0:
        return ClusterMean(np.nan, np.nan, np.nan, 0, 0)
    fit = fit_clustered(np.ones((n, 1)), y, clusters)
    _, error, degrees = (float(one[0]) for one in fit.estimates(np.ones((1, 1))))
    return ClusterMean(float(y.mean()), error, degrees, n, fit.n_clusters)
