"""A mean whose rows are not independent: cluster-robust error with small-sample correction."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


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
    if y.size == 0:
        return ClusterMean(np.nan, np.nan, np.nan, 0, 0)
    mean, variance, degrees, n_clusters = cluster_means(y[np.newaxis], clusters)
    error = float(np.sqrt(variance[0]))
    return ClusterMean(float(mean[0]), error, degrees, y.size, n_clusters)


def cluster_means(values: Floats, clusters: npt.ArrayLike) -> tuple[Floats, Floats, float, int]:
    """Compute the means of many samples of the same rows, with their CR2 variances.

    Parameters
    ----------
    values : ndarray, shape (m, n)
        One sample per line.
    clusters : array_like, shape (n,)
        To whom a row belongs.

    Returns
    -------
    means, variances : ndarray, shape (m,)
        Variances are missing with fewer than two clusters.
    degrees_of_freedom : float
        Bell and McCaffrey's, the same for all samples.
    n_clusters : int
        Independent clusters.

    Examples
    --------
    >>> means, variances, degrees, _ = cluster_means(np.array([[1.0, 3.0]]), ["a", "b"])
    >>> means.tolist(), variances.tolist(), degrees
    ([2.0], [1.0], 1.0)
    """
    labels, codes = np.unique(np.asarray(clusters), return_inverse=True)
    m, n = values.shape
    means: Floats = values.mean(axis=1)
    if labels.size < 2:
        return means, np.full(m, np.nan), float(np.nan), int(labels.size)
    size = np.bincount(codes).astype(np.float64)
    room = 1 - size / n
    order = np.argsort(codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(size[:-1])]).astype(np.intp)
    totals = np.add.reduceat((values - means[:, np.newaxis])[:, order], starts, axis=1)
    variances: Floats = (totals**2 / room).sum(axis=1) / n**2
    b = size**2 / room
    spread = np.sum(size**2) + (b.sum() ** 2 - np.sum(b**2)) / n**2
    return means, variances, float(n**2 / spread), int(labels.size)
