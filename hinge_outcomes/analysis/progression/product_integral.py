"""Multiply the matrices of all event times, many stretches of time side by side.

Occupancy is p(t) = p0 H(t1) H(t2) ... with H = I + dLambda [1]_. The list of event times is cut
into segments that are walked together, so a Python loop is as long as the longest segment rather
than as the list.

References
----------
.. [1] Aalen O, Johansen S (1978). An empirical transition matrix for non-homogeneous Markov chains
   based on censored observations. Scand J Stat 5, 141-150.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import CountingProcess, Floats, Integers

_LONGEST = 4096
"""Longest segment: more of them cost matrix products, fewer cost steps of the Python loop."""


@dataclass(frozen=True, slots=True)
class Products:
    """Hold what a walk back through each segment leaves behind.

    With B(u) = P(u, c] the transition matrix from just after u to the end c of u's segment, and
    A(u) the expected time in each state between them.

    Parameters
    ----------
    cuts : ndarray, shape (M + 1,)
        Segment m holds the event times ``cuts[m] <= t < cuts[m + 1]``.
    gain : ndarray, shape (E', S) or (E', 2S)
        For each cell j -> k before the last cut, row k minus row j of B, then of A if asked for.
    whole : ndarray, shape (M, S, S) or (M, S, 2S)
        B over each whole segment, then A (from just after the last event before the segment).
    """

    cuts: Integers
    gain: Floats
    whole: Floats


def cut_times(targets: Integers, longest: int = _LONGEST) -> Integers:
    """Cut the list of event times at the targets, and so that no segment is too long.

    Parameters
    ----------
    targets : ndarray
        Places at which a segment must end: the number of event times up to each time of interest.
    longest : int, default 4096
        Most event times a segment may hold.

    Returns
    -------
    ndarray
        Increasing cuts, the first of them 0.

    Examples
    --------
    >>> cut_times(np.array([3, 9]), longest=3).tolist()
    [0, 3, 6, 9]
    """
    ends = np.unique(np.concatenate([[0], targets]))
    pieces = [
        np.linspace(low, high, -(-(high - low) // longest) + 1)[1:].astype(np.int64)
        for low, high in pairwise(ends)
    ]
    return np.concatenate([[0], *pieces]).astype(np.int64)


def multiply_back(
    process: CountingProcess, cuts: Integers, *, with_durations: bool = False
) -> Products:
    """Walk back through every segment at once, from its end to its start.

    Parameters
    ----------
    process : CountingProcess
        Indexed stays.
    cuts : ndarray, shape (M + 1,)
        From `cut_times`.
    with_durations : bool, default False
        Also gather the expected time in each state.

    Returns
    -------
    Products
        Per cell and per segment.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.counting_process import count_moves
    >>> moves = count_moves(
    ...     np.zeros(2), np.array([3.0, 5.0]), np.array([0, 0]), np.array([1, 1]),
    ...     np.ones(2), np.arange(2), n_states=2, n_clusters=2)
    >>> multiply_back(moves, np.array([0, 1, 2])).whole.tolist()
    [[[0.5, 0.5], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]]
    """
    n_states, n_segments = process.n_states, len(cuts) - 1
    width = n_states * (2 if with_durations else 1)
    lengths = np.diff(cuts)
    segment = np.repeat(np.arange(n_segments), lengths)
    step = cuts[segment + 1] - 1 - np.arange(cuts[-1])
    gap = np.diff(process.times, prepend=process.times[0])

    n_cells = int(np.searchsorted(process.cell_time, cuts[-1]))
    cell_time, cell_row = process.cell_time[:n_cells], process.cell_row[:n_cells]
    # A step fits 16 bits, for which a stable sort is linear.
    order = np.argsort(step[cell_time].astype(np.uint16), kind="stable")
    offsets = _offsets(step[cell_time], int(lengths.max(initial=0)))
    base = segment[cell_time[order]] * n_states
    source = base + process.row_state[cell_row[order]]
    target = base + process.cell_to[order]
    hazard = process.cell_hazard[order][:, np.newaxis]
    # Where several moves leave one state at one time, their sum changes that state's row.
    heads = np.flatnonzero(np.diff(cell_row[order], prepend=-1) != 0)
    head_offsets = np.searchsorted(heads, offsets)

    whole = np.zeros((n_segments, n_states, width))
    whole[:, range(n_states), range(n_states)] = 1.0
    matrix = whole.reshape(n_segments * n_states, width)
    gain = np.empty((n_cells, width))
    for number in range(len(offsets) - 1):
        low, high = offsets[number], offsets[number + 1]
        if high > low:
            difference = matrix[target[low:high]] - matrix[source[low:high]]
            gain[order[low:high]] = difference
            change = difference * hazard[low:high]
            head = heads[head_offsets[number] : head_offsets[number + 1]]
            if len(head) < high - low:
                change = np.add.reduceat(change, head - low, axis=0)
            matrix[source[head]] += change
        if with_durations:
            walking = np.flatnonzero(lengths > number)
            durations = gap[cuts[walking + 1] - 1 - number]
            for state in range(n_states):
                whole[walking, state, n_states + state] += durations
    return Products(cuts=cuts, gain=gain, whole=whole)


def multiply_forward(process: CountingProcess, products: Products, shares: Floats) -> Floats:
    """Walk forward from the starting distribution to the occupancy after every event time.

    Parameters
    ----------
    process : CountingProcess
        Indexed stays.
    products : Products
        From `multiply_back`; its last cut is where the walk ends.
    shares : ndarray, shape (S,)
        The starting distribution.

    Returns
    -------
    ndarray, shape (cuts[-1], S)
        Occupancy just after each event time.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.counting_process import count_moves
    >>> moves = count_moves(
    ...     np.zeros(2), np.array([3.0, 5.0]), np.array([0, 0]), np.array([1, 1]),
    ...     np.ones(2), np.arange(2), n_states=2, n_clusters=2)
    >>> back = multiply_back(moves, np.array([0, 1, 2]))
    >>> multiply_forward(moves, back, np.array([1.0, 0.0])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    n_states, cuts = process.n_states, products.cuts
    n_segments, lengths = len(cuts) - 1, np.diff(cuts)
    now = np.empty((n_segments, n_states))
    for number in range(n_segments):
        now[number] = shares
        shares = shares @ products.whole[number, :, :n_states]

    segment = np.repeat(np.arange(n_segments), lengths)
    step = np.arange(cuts[-1]) - cuts[segment]
    n_rows = int(np.searchsorted(process.row_time, cuts[-1]))
    n_cells = int(np.searchsorted(process.cell_time, cuts[-1]))
    row_time, cell_row = process.row_time[:n_rows], process.cell_row[:n_cells]
    rows = np.argsort(step[row_time].astype(np.uint16), kind="stable")
    cells = np.argsort(step[row_time[cell_row]].astype(np.uint16), kind="stable")
    longest = int(lengths.max(initial=0))
    row_offsets = _offsets(step[row_time], longest)
    cell_offsets = _offsets(step[row_time[cell_row]], longest)
    source = segment[row_time[rows]] * n_states + process.row_state[rows]
    stay = process.row_stay[rows]
    cell_base = segment[row_time[cell_row[cells]]] * n_states
    leaving = cell_base + process.row_state[cell_row[cells]]
    target, hazard = cell_base + process.cell_to[cells], process.cell_hazard[cells]

    occupancy = np.empty((int(cuts[-1]), n_states))
    flat = now.reshape(-1)
    for number in range(longest):
        some = slice(cell_offsets[number], cell_offsets[number + 1])
        flow = flat[leaving[some]] * hazard[some]
        left = slice(row_offsets[number], row_offsets[number + 1])
        # Staying is a share of its own: when all leave, exactly nobody is left.
        flat[source[left]] *= stay[left]
        np.add.at(flat, target[some], flow)
        walking = np.flatnonzero(lengths > number)
        occupancy[cuts[walking] + number] = now[walking]
    return occupancy


def _offsets(step: Integers, n_steps: int) -> Integers:
    counts = np.bincount(step, minlength=n_steps)
    return np.concatenate([[0], np.cumsum(counts)])
