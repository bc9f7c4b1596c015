"""Leave out one cluster after the other: errors that hold with few clusters."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import Floats, Integers
from hinge_outcomes.analysis.progression.starting_mix import StartingMix
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays
from hinge_outcomes.analysis.progression.step_function import Levels, walk

FEW_CLUSTERS = 50
"""Up to so many clinicians or clinics, errors are the delete-one jackknife with t(G - 1)."""

TOO_FEW_CLUSTERS = 10
"""Below this no interval that rests on clusters can be trusted."""


@dataclass(frozen=True, slots=True, repr=False)
class DeleteOne:
    """Hold the curves that remain when each cluster in turn is left out.

    Parameters
    ----------
    left_out : ndarray, shape (R,)
        The number of the cluster that each curve leaves out.
    curves : tuple of Levels
        R curves; where there is one cluster only, the curve of all.
    n_clusters : int
        Number of cluster labels G, which may be more than R.
    n_members : int
        Clusters that have stays; others may take part through a starting mix alone.
    """

    left_out: Integers
    curves: tuple[Levels, ...]
    n_clusters: int
    n_members: int

    @property
    def degrees_of_freedom(self) -> int:
        """Count what is left of the clusters for Student's t.

        Returns
        -------
        int
            Clusters that have stays, less one.
        """
        return self.n_members - 1

    def at(self, times: Floats) -> Floats:
        """Compute what each cluster contributes to the shares at given times.

        Parameters
        ----------
        times : ndarray, shape (K,)
            Times.

        Returns
        -------
        ndarray, shape (G, K, Q)
            The sum of their squares over clusters is the jackknife variance.
        """
        return self._contributions([curve.at(times) for curve in self.curves])

    def area(self, origin: float, upto: float) -> Floats:
        """Compute what each cluster contributes to the mean time in each state.

        Parameters
        ----------
        origin, upto : float
            Bounds of the period.

        Returns
        -------
        ndarray, shape (G, Q)
            The sum of their squares over clusters is the jackknife variance.
        """
        return self._contributions([curve.area(origin, upto) for curve in self.curves])

    def _contributions(self, values: list[Floats]) -> Floats:
        replicates = np.stack(values)
        result = np.zeros((self.n_clusters, *replicates.shape[1:]))
        if self.n_members < 2:
            result[self.left_out] = np.nan
            return result
        spread = replicates.mean(axis=0) - replicates
        result[self.left_out] = np.sqrt(1 - 1 / len(replicates)) * spread
        return result


def leave_out_each(
    stays: StayArrays, start: StartingMix | None, pooling: Floats | None
) -> DeleteOne:
    """Estimate the occupancy without each cluster in turn.

    Parameters
    ----------
    stays : StayArrays
        The stays.
    start : StartingMix or None
        Where people start; None counts those at risk just before the first event.
    pooling : ndarray, shape (S, Q), or None
        How the reported states are made up.

    Returns
    -------
    DeleteOne
        One curve per cluster that has stays, or that has a share in the starting mix.

    Notes
    -----
    With theta_(-c) the estimate without cluster c and G clusters, the jackknife variance is
    (G - 1) / G times the sum of squares of theta_(-c) about their mean [1]_, with Student's t of
    G - 1 degrees of freedom. It needs no derivative, and is a little too large rather than too
    small where clusters are few [2]_.

    References
    ----------
    .. [1] Tukey J (1958). Bias and confidence in not quite large samples. Ann Math Stat 29, 614.
    .. [2] Lipsitz S, Dear K, Zhao L (1994). Jackknife estimators of variance for parameter
       estimates from estimating equations with applications to clustered survival data. Biometrics
       50, 842-846.
    """
    takes_part = np.zeros(len(stays.clusters), dtype=bool)
    takes_part[stays.cluster] = True
    n_members = int(takes_part.sum())
    if start is not None and start.counts is not None:
        takes_part |= start.counts.sum(axis=1) > 0
    left_out = np.flatnonzero(takes_part)
    if n_members < 2:
        curves = [walk(stays.moves(), start, pooling).curve()]
    else:
        curves = [
            walk(
                stays.moves(stays.cluster != cluster),
                None if start is None else start.without(int(cluster)),
                pooling,
            ).curve()
            for cluster in left_out
        ]
    return DeleteOne(
        left_out=left_out,
        curves=tuple(curves),
        n_clusters=len(stays.clusters),
        n_members=n_members,
    )
