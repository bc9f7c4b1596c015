"""The occupancy as a full step function: levels, errors, areas and influence at any time."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import (
    CountingProcess,
    Floats,
    Integers,
    starting_counts,
)
from hinge_outcomes.analysis.progression.influence import cluster_influence, standard_errors
from hinge_outcomes.analysis.progression.product_integral import (
    cut_times,
    multiply_back,
    multiply_forward,
)
from hinge_outcomes.analysis.progression.starting_mix import StartingMix

ROUNDING = 1e-12
"""Probabilities nearer than this to one another differ by rounding alone."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Hold shares that step from one value to the next at event times.

    A *place* is a number of event times: 0 is before the first, T after the last.

    Parameters
    ----------
    times : ndarray, shape (T,)
        Increasing event times.
    values : ndarray, shape (T + 1, Q)
        The shares at each place.
    """

    times: Floats
    values: Floats

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
        return np.searchsorted(self.times, times, side="right")

    def at(self, times: Floats) -> Floats:
        """Give the shares at given times.

        Parameters
        ----------
        times : ndarray, shape (K,)
            Times, in any order.

        Returns
        -------
        ndarray, shape (K, Q)
            Shares.
        """
        levels: Floats = self.values[self.places(times)]
        return levels

    def area(self, origin: float, upto: float) -> Floats:
        """Compute the area under each curve: the mean time spent in the state.

        Parameters
        ----------
        origin, upto : float
            Bounds of the period; before the first event the starting shares hold.

        Returns
        -------
        ndarray, shape (Q,)
            Mean times.
        """
        inside = (self.times > origin) & (self.times < upto)
        edges = np.concatenate([[origin], self.times[inside], [upto]])
        area: Floats = np.diff(edges) @ self.at(edges[:-1])
        return area


@dataclass(frozen=True, slots=True)
class StepFunction:
    """Hold occupancy between all event times, and what is needed to tell its errors.

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
    pooling : ndarray, shape (S, Q), optional
        How the Q reported states are made up of the S states. Default: each is its own.
    """

    process: CountingProcess
    shares: Floats
    start_influence: Floats | None
    steps: Floats
    pooling: Floats | None = None

    def pooled(self, values: Floats) -> Floats:
        """Add up what belongs to one reported state.

        Parameters
        ----------
        values : ndarray, shape (..., S)
            One number per state.

        Returns
        -------
        ndarray, shape (..., Q)
            One number per reported state.
        """
        return values if self.pooling is None else values @ self.pooling

    def curve(self) -> Levels:
        """Give the occupancy of the reported states.

        Returns
        -------
        Levels
            Shares; what differs from 0 or 1 by rounding is 0 or 1.
        """
        values = self.pooled(np.vstack([self.shares, self.steps])).copy()
        values[values < ROUNDING] = 0.0
        values[values > 1 - ROUNDING] = 1.0
        return Levels(times=self.process.times, values=values)

    def places(self, times: Floats) -> Integers:
        """Count the event times up to each time.

        Parameters
        ----------
        times : ndarray, shape (K,)
            Times, in any order.

        Returns
        -------
        ndarray, shape (K,)
            Places, as in `Levels`.
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
        ndarray, shape (K, Q)
            Occupancy.
        """
        levels: Floats = self.curve().values[places]
        return levels

    def errors(self, places: Integers) -> Floats:
        """Compute the standard errors at many places.

        Parameters
        ----------
        places : ndarray, shape (K,)
            Numbers of event times.

        Returns
        -------
        ndarray, shape (K, Q)
            Infinitesimal-jackknife errors, from influence summed by cluster.
        """
        given, pooling = self.start_influence, self.pooling
        start = np.sqrt((self.pooled(self._start()) ** 2).sum(axis=0))
        cuts = cut_times(places)
        if len(cuts) == 1:
            return np.tile(start, (len(places), 1))
        products = multiply_back(self.process, cuts)
        errors = standard_errors(self.process, products, self.steps, self.shares, given, pooling)
        return np.vstack([start, errors])[np.searchsorted(cuts, places)]

    def influence(self, place: int) -> Floats:
        """Compute what each cluster contributes to the occupancy at one place.

        Parameters
        ----------
        place : int
            Number of event times.

        Returns
        -------
        ndarray, shape (G, Q)
            Influence.
        """
        if place == 0:
            return self.pooled(self._start()).copy()
        products = multiply_back(self.process, cut_times(np.array([place])))
        eye = np.eye(len(self.shares))
        return self.pooled(
            cluster_influence(
                self.process, self.steps, self.shares, self.start_influence, products, eye
            )
        )

    def area_influence(self, origin: float, upto: float) -> Floats:
        """Compute what each cluster contributes to the mean time in each state.

        Parameters
        ----------
        origin, upto : float
            Bounds of the period; no event lies before ``origin``.

        Returns
        -------
        ndarray, shape (G, Q)
            Influence.
        """
        times, given = self.process.times, self.start_influence
        before = (min(float(times[0]), upto) - origin) * self._start()
        place = int(self.places(np.array([upto]))[0])
        if place == 0:
            return self.pooled(before)
        products = multiply_back(self.process, cut_times(np.array([place])), with_durations=True)
        left = (upto - times[place - 1]) * np.eye(len(self.shares))
        after = cluster_influence(self.process, self.steps, self.shares, given, products, left)
        return self.pooled(before + after)

    def _start(self) -> Floats:
        """Give what each cluster contributes to the starting shares."""
        if self.start_influence is not None:
            return self.start_influence
        return np.zeros((self.process.n_clusters, len(self.shares)))


def walk(
    process: CountingProcess, start: StartingMix | None, pooling: Floats | None
) -> StepFunction:
    """Walk from the start to the occupancy after every event time.

    Parameters
    ----------
    process : CountingProcess
        The indexed stays.
    start : StartingMix or None
        Where people start; None counts those at risk just before the first event.
    pooling : ndarray, shape (S, Q), or None
        How the reported states are made up.

    Returns
    -------
    StepFunction
        The full step function.
    """
    mix = StartingMix.of_counts(starting_counts(process)) if start is None else start
    products = multiply_back(process, cut_times(np.array([len(process.times)])))
    return StepFunction(
        process=process,
        shares=mix.shares,
        start_influence=mix.influence(),
        steps=multiply_forward(process, products, mix.shares),
        pooling=pooling,
    )
