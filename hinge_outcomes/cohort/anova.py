"""One-way analysis of variance: how much of a number's spread lies between groups."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Hold the mean squares of a one-way analysis of variance.

    Parameters
    ----------
    between, within : float
        Mean squares between and within groups; missing where they cannot be formed.
    typical_size : float
        n0: the group size that, equal for all, would give the same expectation.
    n_groups, n : int
        Groups and values.
    """

    between: float
    within: float
    typical_size: float
    n_groups: int
    n: int

    @property
    def share(self) -> float:
        """Give the ANOVA estimate of the share of variance between groups; it may be negative.

        Returns
        -------
        float
            The intraclass correlation; missing where there is no variance, fewer than two groups,
            or one value per group.
        """
        total = self.between + (self.typical_size - 1) * self.within
        # Where all values are equal 0 / 0 is no share.
        return (self.between - self.within) / total if total > 0 else float(np.nan)


def mean_squares(values: npt.ArrayLike, groups: npt.ArrayLike) -> MeanSquares:
    """Form the mean squares between and within groups.

    Parameters
    ----------
    values : array_like, shape (n,)
        Numbers, none missing.
    groups : array_like, shape (n,)
        To whom each belongs: labels of any kind that can be sorted.

    Returns
    -------
    MeanSquares
        Missing with fewer than two groups or one value per group.

    Notes
    -----
    n0 = (n - sum n_g^2 / n) / (G - 1), so that E(between) = s2_within + n0 s2_between [1]_.

    References
    ----------
    .. [1] Searle S, Casella G, McCulloch C (1992). Variance components. Wiley, chapter 3.

    Examples
    --------
    >>> found = mean_squares([0.0, 2.0, 0.0, 2.0], [1, 1, 2, 2])
    >>> found.between, found.within, found.typical_size, found.share
    (0.0, 2.0, 2.0, -1.0)
    """
    y = np.asarray(values, dtype=np.float64)
    _, codes, size = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    n, count = len(y), len(size)
    if count < 2 or n <= count:
        return MeanSquares(np.nan, np.nan, np.nan, count, n)
    means = np.bincount(codes, weights=y) / size
    between = float((size * (means - y.mean()) ** 2).sum()) / (count - 1)
    within = float(((y - means[codes]) ** 2).sum()) / (n - count)
    typical = (n - float((size**2).sum()) / n) / (count - 1)
    return MeanSquares(between, within, typical, count, n)
