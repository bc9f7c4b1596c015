"""The occupancy as a full step function: levels, errors, areas and influence at any time."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import CountingProcess, Floats, Integers
from hinge_outcomes.analysis.progression.influence import cluster_influence, standard_errors
from hinge_outcomes.analysis.progression.product_integral import cut_times, multiply_back

ROUNDING = 1e-12
"""Probabilities nearer than this to one another differ by rounding alone."""


@dataclass(frozen=True, slots=True)
class StepFunction:
    """Hold occupancy between all event times, and what is needed to tell its errors.

    A *place* is a number of event times: 0 is before the first, T after the last.

    Parameters
    ----------
    process : CountingProcess
        The stays by event time.
    shares : ndarray, shape (S,)
        Occupancy before the first event.
    start_influence : ndarray, shape (G, S), or None
        Influence of the clusters on ``shares``; None takes them as given.
    steps : ndarray, shape (T, S)
        Occupancy from each event time to the next.
    """

    process: CountingProcess
    shares: Floats
    start_influence: Floats | None
    steps: Floats

    def places(self, times: Floats) -> Integers:
        """Count the event times up to each time.

        Parameters
        ----------
        times : ndarray, shape (K,)
            Times, in any order.

        Returns
        -------
        ndarray, shape (K,)
            Places.
        """
        return np.searchsorted(self.process.times, times, side="right")

    def levels(self, places: Integers) -> Floats:
        """Give the occupancy at places.

        Parameters
        ----------
        places : ndarray, shape (K,)
            Numbers of event times.

        Returns
        -------
        ndarray, shape (K, S)
            Occupancy; what differs from 0 or 1 by rounding is 0 or 1.
        """
        levels: Floats = np.vstack([self.shares, self.steps])[places]
        levels[levels < ROUNDING] = 0.0
        levels[levels > 1 - ROUNDING] = 1.0
        return levels

    def errors(self, places: Integers) -> Floats:
        """Compute the standard errors at many places.

        Parameters
        ----------
        places : ndarray, shape (K,)
            Numbers of event times.

        Returns
        -------
        ndarray, shape (K, S)
            Infinitesimal-jackknife errors, from influence summed by cluster.
        """
        given = self.start_influence
        start = np.zeros(len(self.shares)) if given is None else np.sqrt((given**2).sum(axis=0))
        cuts = cut_times(places)
        if len(cuts) == 1:
            return np.tile(start, (len(places), 1))
        products = multiply_back(self.process, cuts)
        errors = standard_errors(self.process, products, self.steps, self.shares, given)
        return np.vstack([start, errors])[np.searchsorted(cuts, places)]

    def influence(self, place: int) -> Floats:
        """Compute what each cluster contributes to the occupancy at one place.

        Parameters
        ----------
        place : int
            Number of event times.

        Returns
        -------
        ndarray, shape (G, S)
            Influence.
        """
        n_states = len(self.shares)
        if place == 0:
            none = np.zeros((self.process.n_clusters, n_states))
            return none if self.start_influence is None else self.start_influence.copy()
        products = multiply_back(self.process, cut_times(np.array([place])))
        return cluster_influence(
            self.process, self.steps, self.shares, self.start_influence, products, np.eye(n_states)
        )

    def area(self, origin: float, upto: float) -> Floats:
        """Compute the area under each state's curve: the mean time spent there.

        Parameters
        ----------
        origin, upto : float
            Bounds of the period; before the first event the starting shares hold.

        Returns
        -------
        ndarray, shape (S,)
            Mean times.
        """
        times = self.process.times
        edges = np.concatenate([[origin], times[(times > origin) & (times < upto)], [upto]])
        return np.diff(edges) @ self.levels(self.places(edges[:-1]))

    def area_influence(self, origin: float, upto: float) -> Floats:
        """Compute what each cluster contributes to the mean time in each state.

        Parameters
        ----------
        origin, upto : float
            Bounds of the period; no event lies before ``origin``.

        Returns
        -------
        ndarray, shape (G, S)
            Influence.
        """
        times, given, n_states = self.process.times, self.start_influence, len(self.shares)
        before: Floats = np.zeros((self.process.n_clusters, n_states))
        if given is not None:
            before = (min(float(times[0]), upto) - origin) * given
        place = int(self.places(np.array([upto]))[0])
        if place == 0:
            return before
        products = multiply_back(self.process, cut_times(np.array([place])), with_durations=True)
        left = upto - times[place - 1]
        return before + cluster_influence(
            self.process, self.steps, self.shares, given, products, left * np.eye(n_states)
        )
