"""Where one patient will be, from hazards that begin anew in each state: a Markov renewal process.

Time runs on a grid of equal steps. Everything is a convolution of when a state is entered with how
long it is held.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.forward_prediction import (
    EventShares,
    Step,
    no_more_than_all,
)
from hinge_outcomes.analysis.progression.risk_sets import Floats, Integers

_N_STEPS = 400
"""Steps to the last time of a prediction, where events do not fall on whole or half units."""

_NOBODY = 1e-12
"""What is left where all leave: so little that it does not matter, yet one can divide by it."""


@dataclass(frozen=True, slots=True, repr=False)
class Paths:
    """Hold which moves there are.

    Parameters
    ----------
    left : ndarray, shape (H,)
        The states that can be left, among all S.
    origin : ndarray, shape (J,)
        The state each move leaves, as a place in ``left``.
    destination : ndarray, shape (J,)
        The state each move enters.
    n_states : int
        S.
    """

    left: Integers
    origin: Integers
    destination: Integers
    n_states: int


@dataclass(frozen=True, slots=True, repr=False)
class Sojourns:
    """Hold how long each of H states is held and which of J moves ends it, by step 0, 1, ..., N.

    Parameters
    ----------
    density : ndarray, shape (N + 1, J)
        Share of all in the state left who make the move at each step.
    kept : ndarray, shape (N + 1, H)
        Share of those present just before each step who stay through it.
    held : ndarray, shape (N + 1, H)
        Share who hold the state longer than each step.
    """

    density: Floats
    kept: Floats
    held: Floats


def follow_reset(events: EventShares, state: int, start: float, grid: Floats) -> Iterator[Step]:
    """Follow a patient whose hazards begin anew with each state, and differentiate that.

    Parameters
    ----------
    events : EventShares
        The moves, on the clock since the state was entered.
    state : int
        State held at the start.
    start : float
        How long the patient has held it.
    grid : ndarray, shape (K,)
        Increasing times after the start.

    Yields
    ------
    Step
        One per time; each slope counts all events.

    Notes
    -----
    With n_h(e) the probability of entering h at time e, k_hj(v) that of leaving it for j after v,
    and S_h(v) that of holding it longer: n_j(t) = sum n_h(t - v) k_hj(v), and the patient is in h
    at t with probability sum n_h(t - v) S_h(v) [1]_. The slope is that of these sums: a move at
    duration v turns the future of those who hold h so long into the future of those who enter j.
    Durations are rounded up to steps: of one unit or half a unit where all events allow it, else of
    1/400 of the last time.

    References
    ----------
    .. [1] Pyke R (1961). Markov renewal processes: definitions and preliminary properties. Ann Math
       Stat 32, 1231-1242.

    Examples
    --------
    All leave state 0 two days after they entered it.

    >>> events = EventShares(np.array([2.0]), np.array([0]), np.array([1]), np.ones(1),
    ...                      np.array([9.0, np.inf]))
    >>> [step.occupancy.round(3).tolist() for step in follow_reset(events, 0, 1.0, np.array([1.0]))]
    [[0.0, 1.0]]
    """
    step = step_length(events.time, start, grid)
    n_steps = int(np.floor(grid[-1] / step + 1e-9))
    n_states = events.n_states
    moves, move = np.unique(events.origin * n_states + events.destination, return_inverse=True)
    left, place = np.unique(moves // n_states, return_inverse=True)
    paths = Paths(left, place, moves % n_states, n_states)
    # The first sojourn has lasted for a while: it is entered once, at step 0, and has its own law.
    goes_on = (events.origin == state) & (events.time > start)
    fresh = np.maximum(_whole(events.time / step), 1)
    rest = np.maximum(_whole((events.time - start) / step), 1)
    later = sojourns(paths, events.share, fresh, move, n_steps)
    first = sojourns(paths, np.where(goes_on, events.share, 0.0), rest, move, n_steps)
    begun = np.zeros((n_steps + 1, len(left)))
    begun[0, left == state] = 1.0
    entered, future = entries(paths, first.density, later.density), futures(paths, later)
    mixed = _convolved(entered[:, left[place]], future[:, paths.destination])
    for at in grid:
        last = int(np.floor(at / step + 1e-9))
        occupancy = entered[: last + 1].sum(axis=0)
        present = entered[: last + 1, left] * later.held[last::-1]
        waiting = begun[0] * first.held[last]
        occupancy[left] = present.sum(axis=0) + waiting
        held = step * np.arange(last, -1, -1)[:, None]
        unseen = present[held > events.seen_until[left]].sum()
        unseen += waiting[start + at > events.seen_until[left]].sum()
        slope = np.zeros((len(move), n_states))
        for law, waited, which, begin, ahead in (
            (later, fresh, np.ones(len(move), bool), entered[:, left], mixed),
            (first, rest, goes_on, begun, future[:, paths.destination]),
        ):
            mine = np.flatnonzero(which & (waited <= last))
            slopes = _slopes(paths, law, begin, ahead, last)
            slope[mine] += slopes[waited[mine] - 1, move[mine]]
        yield Step(occupancy, slope, None, float(unseen))


def step_length(time: Floats, start: float, grid: Floats) -> float:
    """Choose the step of the grid.

    Parameters
    ----------
    time : ndarray, shape (E,)
        Durations at which events happen.
    start : float
        How long the first state has been held.
    grid : ndarray, shape (K,)
        Times to predict.

    Returns
    -------
    float
        1 or 0.5 where all are multiples of it, else 1/400 of the last time.

    Examples
    --------
    >>> step_length(np.array([0.5, 7.0]), 0.0, np.array([90.0]))
    0.5
    """
    values = np.concatenate([time[time <= start + grid[-1]], [start], grid])
    for step in (1.0, 0.5):
        if grid[-1] / step <= 10 * _N_STEPS and (values % step == 0).all():
            return step
    return float(grid[-1]) / _N_STEPS


def sojourns(
    paths: Paths, share: Floats, duration: Integers, move: Integers, n_steps: int
) -> Sojourns:
    """Turn the shares that events take away into how long states are held.

    Parameters
    ----------
    paths : Paths
        The moves.
    share : ndarray, shape (E,)
        Share of those in the state left that each event moves.
    duration, move : ndarray, shape (E,)
        At which step, from 1, and by which move.
    n_steps : int
        N.

    Returns
    -------
    Sojourns
        By step.
    """
    shape = (n_steps + 1, len(paths.origin))
    inside = duration <= n_steps
    flat = np.bincount(
        duration[inside] * shape[1] + move[inside], share[inside], shape[0] * shape[1]
    )
    group = np.arange(shape[0])[:, None] * len(paths.left) + paths.origin
    leaving = no_more_than_all(flat.astype(float), group.ravel()).reshape(shape)
    kept = np.maximum(1 - _by_origin(paths, leaving), _NOBODY)
    held = np.cumprod(kept, axis=0, dtype=float)
    return Sojourns((held / kept)[:, paths.origin] * leaving, kept, held)


def entries(paths: Paths, first: Floats, later: Floats) -> Floats:
    """Compute when states are entered.

    Parameters
    ----------
    paths : Paths
        The moves.
    first, later : ndarray, shape (N + 1, J)
        Density of moves in the first sojourn and in later ones.

    Returns
    -------
    ndarray, shape (N + 1, S)
        Probability of entering each state at each step; the start itself is no entry.
    """
    entered = np.zeros((len(first), paths.n_states))
    source = paths.left[paths.origin]
    for step in range(1, len(first)):
        arriving = first[step] + (entered[step - 1 :: -1, source] * later[1 : step + 1]).sum(axis=0)
        entered[step] = np.bincount(paths.destination, arriving, paths.n_states)
    return entered


def futures(paths: Paths, later: Sojourns) -> Floats:
    """Compute where a patient is so long after entering a state.

    Parameters
    ----------
    paths : Paths
        The moves.
    later : Sojourns
        How long states are held.

    Returns
    -------
    ndarray, shape (N + 1, S, S)
        By steps since, state entered, and state held.
    """
    n_steps, n_left, n_states = len(later.held) - 1, len(paths.left), paths.n_states
    is_left = np.isin(paths.destination, paths.left)
    inner = np.zeros((n_left, n_steps + 1, n_left))
    back = np.searchsorted(paths.left, paths.destination[is_left])
    # Steps run backwards, so that a convolution is one product of matrices.
    inner[paths.origin[is_left], :, back] = later.density[::-1, is_left].T
    future = np.zeros((n_steps + 1, n_states, n_states))
    ended = np.setdiff1d(np.arange(n_states), paths.left)
    future[:, ended, ended] = 1.0
    absorbed = np.cumsum(later.density, axis=0)
    for move in np.flatnonzero(~is_left):
        place = paths.left[paths.origin[move]], paths.destination[move]
        future[:, place[0], place[1]] += absorbed[:, move]
    future[:, paths.left, paths.left] += later.held
    for step in range(1, n_steps + 1):
        weights = inner[:, n_steps - step : n_steps].reshape(n_left, -1)
        earlier = future[:step, paths.left].reshape(-1, n_states)
        future[step, paths.left] += weights @ earlier
    return future


def _slopes(paths: Paths, law: Sojourns, begun: Floats, ahead: Floats, last: int) -> Floats:
    """Differentiate the occupancy at a step with respect to the shares that move, by duration.

    ``begun`` (N + 1, H) is when the states were entered, ``ahead`` (N + 1, J, S) where those are
    who moved on so long before.
    """
    back = ahead[last - 1 :: -1] if last else ahead[:0]
    durations = slice(1, last + 1)
    moved = _by_origin(paths, law.density[durations, :, None] * back)
    # Those who hold the state longer: they move later, or hold it still.
    future = np.cumsum(moved[::-1], axis=0)[::-1] - moved
    still = np.cumsum(begun[: last + 1] * law.held[last::-1], axis=0)[:last][::-1]
    future[:, np.arange(len(paths.left)), paths.left] += still
    before = (law.held / law.kept)[durations]
    stays = future / law.kept[durations, :, None]
    slopes: Floats = before[:, paths.origin, None] * back - stays[:, paths.origin]
    return slopes


def _by_origin(paths: Paths, values: Floats) -> Floats:
    """Add up values by move (axis 1) over the moves out of each state."""
    sums = np.zeros((len(values), len(paths.left), *values.shape[2:]))
    for move, origin in enumerate(paths.origin):
        sums[:, origin] += values[:, move]
    return sums


def _convolved(one: Floats, other: Floats) -> Floats:
    """Convolve over steps: (N + 1, J) with (N + 1, J, S)."""
    size = 2 * len(one)
    product = np.fft.rfft(one, size, axis=0)[:, :, None] * np.fft.rfft(other, size, axis=0)
    result: Floats = np.fft.irfft(product, size, axis=0)[: len(one)]
    return result


def _whole(steps: Floats) -> Integers:
    """Round up, but for rounding errors."""
    return np.ceil(steps - 1e-9).astype(np.int64)
