"""Differences between estimates that share clusters: one influence vector for all of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.progression.counting_process import Floats


def joint_influence(parts: Sequence[tuple[npt.NDArray[np.object_], Floats]]) -> Floats:
    """Put the influences of several estimates on common rows, one per cluster.

    A cluster that belongs to several estimates has one row, so that what it adds to one and to
    another belongs together; where it belongs to one only, it adds nothing to the others.

    Parameters
    ----------
    parts : sequence of (ndarray, shape (G,), ndarray, shape (G, K))
        Cluster labels and influence of each estimate.

    Returns
    -------
    ndarray, shape (n_estimates, n_labels, K)
        The covariance of two estimates is the sum over labels of their products.

    Examples
    --------
    >>> one = (np.array(["P1", "P2"], object), np.array([[1.0], [-1.0]]))
    >>> other = (np.array(["P2", "P3"], object), np.array([[2.0], [-2.0]]))
    >>> joint_influence([one, other])[:, :, 0].tolist()
    [[1.0, -1.0, 0.0], [0.0, 2.0, -2.0]]
    """
    labels = pd.Index(pd.unique(np.concatenate([clusters for clusters, _ in parts])))
    joint = np.zeros((len(parts), len(labels), parts[0][1].shape[1]))
    for number, (clusters, influence) in enumerate(parts):
        joint[number, labels.get_indexer(clusters)] = influence
    return joint


def difference_errors(one: Floats, other: Floats) -> Floats:
    """Give the standard errors of differences, from two influences on common rows.

    Parameters
    ----------
    one, other : ndarray, shape (G, K)
        Influence of each cluster.

    Returns
    -------
    ndarray, shape (K,)
        The root of the sum over clusters of the squared difference.

    Examples
    --------
    >>> difference_errors(np.array([[3.0], [0.0]]), np.array([[0.0], [4.0]])).tolist()
    [5.0]
    """
    errors: Floats = np.sqrt(((one - other) ** 2).sum(axis=0))
    return errors


def correlation(one: Floats, other: Floats) -> float:
    """Give the correlation of two estimates, from their influences on common rows.

    Parameters
    ----------
    one, other : ndarray, shape (G,)
        Influence of each cluster.

    Returns
    -------
    float
        0 where one of them is certain.

    Examples
    --------
    >>> correlation(np.array([1.0, -1.0]), np.array([2.0, -2.0]))
    1.0
    """
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float(np.clip((one * other).sum() / size, -1, 1)) if size > 0 else 0.0
