"""Turn stays into who is at risk and who moves at each event time, as flat arrays.

Whoever has a stay (start, stop] is at risk in its state at every time u with start < u <= stop, and
all moves of one time are simultaneous. Times are then only places in the sorted list of event
times, so nothing below needs to compare floating-point times again.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CountingProcess:
    """Hold stays, and the moves they make, indexed by event time.

    A *row* is one (event time, state left), a *cell* one (event time, state left, state entered);
    both are sorted by time, then state left, then state entered.

    Parameters
    ----------
    n_states, n_clusters : int
        Numbers of states S and of clusters G.
    times : ndarray, shape (T,)
        Distinct event times, increasing. Without any event, the earliest stop.
    state : ndarray, shape (N,)
        The state of each stay.
    first, last : ndarray, shape (N,)
        The stay is at risk at event times ``first <= t < last`` (places in ``times``).
    cell : ndarray, shape (N,)
        The cell of the move that ends the stay; -1 if it is censored.
    weight : ndarray, shape (N,)
        Weights of the stays.
    cluster : ndarray, shape (N,)
        Cluster numbers, 0 to G - 1.
    row_time, row_state : ndarray, shape (R,)
        Event time and state left of each row.
    row_at_risk, row_stay : ndarray, shape (R,)
        Weight at risk, and the share of it that stays.
    row_cell : ndarray, shape (R,)
        First cell of each row.
    cell_row, cell_to : ndarray, shape (E,)
        Row and state entered of each cell.
    cell_hazard : ndarray, shape (E,)
        Share of those at risk who make this move.
    """

    n_states: int
    n_clusters: int
    times: Floats
    state: Integers
    first: Integers
    last: Integers
    cell: Integers
    weight: Floats
    cluster: Integers
    row_time: Integers
    row_state: Integers
    row_at_risk: Floats
    row_stay: Floats
    row_cell: Integers
    cell_row: Integers
    cell_to: Integers
    cell_hazard: Floats

    @property
    def cell_time(self) -> Integers:
        """Give the event time of each cell.

        Returns
        -------
        ndarray, shape (E,)
            Places in ``times``.
        """
        return self.row_time[self.cell_row]


def count_moves(
    start: Floats,
    stop: Floats,
    state: Integers,
    destination: Integers,
    weight: Floats,
    cluster: Integers,
    *,
    n_states: int,
    n_clusters: int,
) -> CountingProcess:
    """Count who is at risk and who moves, at each event time.

    Parameters
    ----------
    start, stop : ndarray, shape (N,)
        Bounds of the stays; at risk while start < time <= stop.
    state, destination : ndarray, shape (N,)
        State numbers; destination -1 means censored.
    weight : ndarray, shape (N,)
        Positive weights.
    cluster : ndarray, shape (N,)
        Cluster numbers.
    n_states, n_clusters : int
        How many of each there are.

    Returns
    -------
    CountingProcess
        The indexed stays.

    Examples
    --------
    Two people in state 0; one moves to state 1 at time 3, the other is censored at 5.

    >>> moves = count_moves(
    ...     np.zeros(2), np.array([3.0, 5.0]), np.array([0, 0]), np.array([1, -1]),
    ...     np.ones(2), np.arange(2), n_states=2, n_clusters=2)
    >>> moves.times.tolist(), moves.row_at_risk.tolist(), moves.cell_hazard.tolist()
    ([3.0], [2.0], [0.5])
    """
    moved = destination >= 0
    times = np.unique(stop[moved]) if moved.any() else stop.min(keepdims=True)
    n_times = len(times)
    first = np.searchsorted(times, start, side="right")
    last = np.searchsorted(times, stop, side="right")

    key = ((last[moved] - 1) * n_states + state[moved]) * n_states + destination[moved]
    cells, inverse = _distinct(key, n_times * n_states**2)
    cell = np.full(len(state), -1)
    cell[moved] = inverse
    n_moves = np.bincount(inverse, weight[moved], len(cells))
    is_row_start = np.diff(cells // n_states, prepend=-1) != 0
    row_cell = np.flatnonzero(is_row_start)
    cell_row = np.cumsum(is_row_start) - 1
    row_time, row_state = np.divmod(cells[row_cell] // n_states, n_states)

    heads_moved = np.bincount(inverse, minlength=len(cells)).astype(float)
    left, heads_left = (
        np.add.reduceat(count, row_cell) if len(cells) else np.zeros(0)
        for count in (n_moves, heads_moved)
    )
    here = (row_state, row_time)
    heads = at_risk_by_time(state, first, last, None, n_states, n_times)[here]
    if np.ptp(weight) == 0:
        at_risk = heads * weight[0]
    else:
        at_risk = at_risk_by_time(state, first, last, weight, n_states, n_times)[here]
    # Cumulated weights carry rounding, heads do not: where all leave, exactly nobody stays.
    at_risk = np.where(heads == heads_left, left, np.maximum(at_risk, left))
    return CountingProcess(
        n_states=n_states,
        n_clusters=n_clusters,
        times=times,
        state=state,
        first=first,
        last=last,
        cell=cell,
        weight=weight,
        cluster=cluster,
        row_time=row_time,
        row_state=row_state,
        row_at_risk=at_risk,
        row_stay=(at_risk - left) / at_risk,
        row_cell=row_cell,
        cell_row=cell_row,
        cell_to=cells % n_states,
        cell_hazard=n_moves / at_risk[cell_row],
    )


def _distinct(key: Integers, n_possible: int) -> tuple[Integers, Integers]:
    """List the keys that occur, in order, and the place of each; without a sort if they are few."""
    if n_possible > 4 * len(key):
        return np.unique(key, return_inverse=True)
    occurs = np.bincount(key, minlength=n_possible) > 0
    place = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs), place[key]


def at_risk_by_time(
    state: Integers,
    first: Integers,
    last: Integers,
    weight: Floats | None,
    n_states: int,
    n_times: int,
) -> Floats:
    """Add up the weight at risk in each state at each time.

    Parameters
    ----------
    state, first, last : ndarray, shape (N,)
        State of each stay, and the places ``first <= t < last`` at which it is at risk.
    weight : ndarray, shape (N,), or None
        Weights; None counts heads.
    n_states, n_times : int
        How many states and times there are.

    Returns
    -------
    ndarray, shape (n_states, n_times)
        Weight at risk.

    Examples
    --------
    >>> at_risk_by_time(np.array([0, 1]), np.array([0, 1]), np.array([2, 3]), None, 2, 3).tolist()
    [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]
    """
    width, size = n_times + 1, n_states * (n_times + 1)
    entered = np.bincount(state * width + first, weight, size)
    left = np.bincount(state * width + last, weight, size)
    change = (entered - left).astype(float).reshape(n_states, width)
    return np.cumsum(change, axis=1)[:, :n_times]


def starting_counts(process: CountingProcess) -> Floats:
    """Count who is at risk just before the first event, by cluster and state.

    Parameters
    ----------
    process : CountingProcess
        Indexed stays.

    Returns
    -------
    ndarray, shape (G, S)
        Weight of each cluster in each state.

    Examples
    --------
    >>> moves = count_moves(
    ...     np.zeros(2), np.array([3.0, 5.0]), np.array([0, 1]), np.array([1, -1]),
    ...     np.ones(2), np.arange(2), n_states=2, n_clusters=2)
    >>> starting_counts(moves).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    present = np.flatnonzero((process.first == 0) & (process.last > 0))
    place = process.cluster[present] * process.n_states + process.state[present]
    counts: Floats = np.bincount(
        place, process.weight[present], process.n_clusters * process.n_states
    ).astype(float)
    return counts.reshape(process.n_clusters, process.n_states)
