"""Where one patient will be, from hazards that run since the start: the product integral."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hinge_outcomes.analysis.progression.risk_sets import Floats, Integers


@dataclass(frozen=True, slots=True, repr=False)
class EventShares:
    """Hold the events that move a patient, from all models together.

    Parameters
    ----------
    time : ndarray, shape (E,)
        When each happens, on the clock of the hazards.
    origin, destination : ndarray, shape (E,)
        State numbers.
    share : ndarray, shape (E,)
        Share of those in the state left that the event moves.
    seen_until : ndarray, shape (S,)
        The last time at which anybody was seen in each state; infinity for states nobody leaves.
    """

    time: Floats
    origin: Integers
    destination: Integers
    share: Floats
    seen_until: Floats

    @property
    def n_states(self) -> int:
        """Count the states.

        Returns
        -------
        int
            S.
        """
        return len(self.seen_until)


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """Hold where the patient is at one time, and what that rests on.

    Parameters
    ----------
    occupancy : ndarray, shape (S,)
        Probabilities of the states.
    slope : ndarray, shape (E, S)
        How they change with the share of each event.
    carried : ndarray, shape (S, S), or None
        Where ``slope`` counts only the events since the step before: the probabilities of moving
        since then, which carry earlier changes on. None where it counts all events.
    unseen : float
        Probability of being where nobody was seen so late: what happens there is not known.
    """

    occupancy: Floats
    slope: Floats
    carried: Floats | None
    unseen: float


def follow_forward(events: EventShares, state: int, start: float, grid: Floats) -> Iterator[Step]:
    """Multiply the moves after a start into occupancies, and differentiate them.

    Parameters
    ----------
    events : EventShares
        The moves, on the clock since the start of the episode.
    state : int
        State held at the start.
    start : float
        When the patient is in it, on the same clock.
    grid : ndarray, shape (K,)
        Increasing times after the start, on the same clock.

    Yields
    ------
    Step
        One per time.

    Notes
    -----
    p(t) = p(s) prod (I + dLambda(u)) over s < u <= t; its derivative with respect to the share of a
    move from h to j at u is p_h(u-) (P_j(u, t) - P_h(u, t)) [1]_.

    References
    ----------
    .. [1] Andersen P, Hansen L, Keiding N (1991). Non- and semi-parametric estimation of transition
       probabilities from censored observation of a non-homogeneous Markov process. Scand J Stat 18,
       153-167.

    Examples
    --------
    >>> events = EventShares(np.array([2.0, 5.0]), np.array([0, 0]), np.array([1, 1]),
    ...                      np.array([0.5, 0.25]), np.array([9.0, np.inf]))
    >>> [step.occupancy.tolist() for step in follow_forward(events, 0, 0.0, np.array([3.0, 6.0]))]
    [[0.5, 0.5], [0.375, 0.625]]
    """
    n = events.n_states
    times, moment = np.unique(events.time, return_inverse=True)
    keys = (moment * n + events.origin) * n + events.destination
    cells, cell = np.unique(keys, return_inverse=True)
    origin, destination = cells // n % n, cells % n
    taken = np.bincount(cell, events.share, len(cells)).astype(float)
    share = no_more_than_all(taken, cells // n)
    bounds = np.searchsorted(cells // n**2, np.arange(len(times) + 1))
    occupancy = np.eye(n)[state]
    edges = np.searchsorted(times, np.concatenate([[start], grid]), side="right")
    for time, (first, last) in zip(grid, pairwise(edges), strict=True):
        left = np.zeros(len(cells))
        for place in range(first, last):
            now = slice(bounds[place], bounds[place + 1])
            left[now] = occupancy[origin[now]]
            moving = left[now] * share[now]
            occupancy = occupancy - np.bincount(origin[now], moving, n)
            occupancy += np.bincount(destination[now], moving, n)
        ahead = np.eye(n)
        slope = np.zeros((len(cells), n))
        for place in range(last - 1, first - 1, -1):
            now = slice(bounds[place], bounds[place + 1])
            gain = ahead[destination[now]] - ahead[origin[now]]
            slope[now] = left[now, None] * gain
            np.add.at(ahead, origin[now], share[now, None] * gain)
        unseen = float(occupancy[time > events.seen_until].sum())
        yield Step(occupancy, slope[cell], ahead, unseen)


def no_more_than_all(share: Floats, group: Integers) -> Floats:
    """Scale shares down where those of one group add up to more than 1.

    Parameters
    ----------
    share : ndarray, shape (C,)
        Shares.
    group : ndarray, shape (C,)
        Labels of what they are shares of.

    Returns
    -------
    ndarray, shape (C,)
        The same, but where a group takes more than there is.

    Examples
    --------
    >>> no_more_than_all(np.array([0.6, 0.6, 0.5]), np.array([7, 7, 9])).tolist()
    [0.5, 0.5, 0.5]
    """
    _, place = np.unique(group, return_inverse=True)
    scaled: Floats = share / np.maximum(np.bincount(place, share), 1.0)[place]
    return scaled
