"""What each cluster contributes to occupancies and mean times: the infinitesimal jackknife.

A move e from state j to k at time u changes p(t) by x_e = p_j(u-) / n_j(u) (B_k - B_j), where
B = P(u, t]. Subject i adds the x_e of its own moves and, while at risk in j, takes away
lambda_e x_e of every move out of j: prefix sums C_j give each stay in two look-ups [1]_. So the
work is linear in stays.

References
----------
.. [1] Therneau T, Crowson C, Atkinson E (2024). Multi-state models and competing risks. Vignette
   of the R package survival.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.progression.counting_process import CountingProcess, Floats, Integers
from hinge_outcomes.analysis.progression.product_integral import Products

_BLOCK = 2048
"""Clusters handled together: few enough to stay in a processor's cache."""


@dataclass(frozen=True, slots=True)
class _PrefixSums:
    """Sums of lambda_e x_e over the moves out of a state before an event time."""

    place: npt.NDArray[np.int32]
    sums: Floats
    n_times: int

    def at(self, state: Integers, time: Integers) -> Integers:
        """Find where in ``sums`` the total for the moves before a time lies."""
        place: Integers = self.place[state * (self.n_times + 1) + time].astype(np.int64)
        return place


def _prefix_sums(process: CountingProcess, x: Floats) -> _PrefixSums:
    n_cells = len(x)
    n_rows = int(process.cell_row[n_cells - 1]) + 1 if n_cells else 0
    by_row = x * process.cell_hazard[:n_cells, np.newaxis]
    if n_rows < n_cells:
        by_row = np.add.reduceat(by_row, process.row_cell[:n_rows], axis=0)
    n_times = len(process.times)
    state, time = process.row_state[:n_rows], process.row_time[:n_rows]
    key = state * (n_times + 1) + time
    sums = np.zeros((n_rows + 1, x.shape[1]))
    np.cumsum(by_row[np.argsort(key)], axis=0, out=sums[1:])
    # One number per state and time: small numbers, since they are looked up at random.
    is_there = np.zeros(process.n_states * (n_times + 1) + 1, dtype=np.int32)
    is_there[key + 1] = 1
    place = np.cumsum(is_there, dtype=np.int32)
    return _PrefixSums(place=place, sums=sums, n_times=n_times)


def _occupied_before(process: CountingProcess, occupancy: Floats, shares: Floats) -> Floats:
    """Give p_j(u-) / n_j(u) for each cell."""
    before = np.vstack([shares, occupancy[:-1]])[process.row_time, process.row_state]
    return (before / process.row_at_risk)[process.cell_row]


def standard_errors(
    process: CountingProcess,
    products: Products,
    occupancy: Floats,
    shares: Floats,
    start_influence: Floats | None,
    pooling: Floats | None = None,
) -> Floats:
    """Compute the standard error of the occupancy at the end of every segment.

    The influence of each cluster is carried from cut to cut, U(c') = U(c) P(c, c'] + what its stays
    add between; those with nothing left to add are kept only as the sum of their squares.

    Parameters
    ----------
    process : CountingProcess
        Indexed stays.
    products : Products
        From `product_integral.multiply_back`, without durations.
    occupancy : ndarray, shape (T, S)
        After each event time.
    shares : ndarray, shape (S,)
        The starting distribution.
    start_influence : ndarray, shape (G, S), or None
        Influence on the starting distribution; None takes it as given.
    pooling : ndarray, shape (S, Q), optional
        How the Q reported states are made up of the S states. Default: each is its own.

    Returns
    -------
    ndarray, shape (M, Q)
        Standard errors at ``products.cuts[1:]``.

    Examples
    --------
    One of two people moves: the share 1/2 has the binomial error.

    >>> from hinge_outcomes.analysis.progression.counting_process import count_moves
    >>> from hinge_outcomes.analysis.progression.product_integral import multiply_back
    >>> moves = count_moves(
    ...     np.zeros(2), np.array([3.0, 5.0]), np.array([0, 0]), np.array([1, -1]),
    ...     np.ones(2), np.arange(2), n_states=2, n_clusters=2)
    >>> back = multiply_back(moves, np.array([0, 1]))
    >>> errors = standard_errors(moves, back, np.array([[0.5, 0.5]]), np.array([1.0, 0.0]), None)
    >>> errors.round(6).tolist()
    [[0.353553, 0.353553]]
    """
    cuts, n_states = products.cuts, process.n_states
    n_segments, end = len(cuts) - 1, int(cuts[-1])
    n_cells = len(products.gain)
    x = np.zeros((n_cells + 1, n_states))
    scale = _occupied_before(process, occupancy, shares)[:n_cells, np.newaxis]
    np.multiply(products.gain, scale, out=x[:-1])
    prefix = _prefix_sums(process, x[:-1])
    all_states = np.arange(n_states)
    base = prefix.at(all_states, cuts[:, np.newaxis])
    passing = prefix.sums[base[:-1]] - prefix.sums[base[1:]]

    segment = np.repeat(np.arange(n_segments), np.diff(cuts))
    counted = (process.first < end) & (process.last > process.first)
    state, weight = process.state[counted], process.weight[counted]
    first, last = process.first[counted], process.last[counted]
    entered, left = segment[first], segment[np.minimum(last, end) - 1]
    # The clusters whose last stay ends first come first, so that whole blocks finish early.
    finish = np.zeros(process.n_clusters, dtype=np.int64)
    np.maximum.at(finish, process.cluster[counted], left)
    by_finish = np.argsort(finish, kind="stable")
    number = np.empty_like(by_finish)
    number[by_finish] = np.arange(len(by_finish))
    cluster = number[process.cluster[counted]]

    # One record for each entry and each exit, sorted by block, segment and cluster.
    block, local = np.divmod(np.concatenate([cluster, cluster]), _BLOCK)
    key = (block * n_segments + np.concatenate([entered, left])) * _BLOCK + local
    order = _order(key)
    key = key[order]
    is_exit = order >= len(state)
    stay = np.where(is_exit, order - len(state), order)
    moved = is_exit & (last[stay] <= end)
    records = _Records(
        state=state[stay],
        weight=np.where(is_exit, -weight[stay], weight[stay]),
        upto=np.where(
            is_exit,
            prefix.at(state, np.minimum(last, end))[stay],
            prefix.at(state, first)[stay],
        ),
        since=base[np.where(is_exit, left[stay], entered[stay]), state[stay]],
        cell=np.where(moved, process.cell[counted][stay], -1),
        local=key % _BLOCK,
        group=np.flatnonzero(np.diff(key, prepend=-1) != 0),
    )
    n_blocks = -(-process.n_clusters // _BLOCK)
    bounds = np.searchsorted(key, np.arange(n_blocks * n_segments + 1) * _BLOCK)

    pool = np.eye(n_states) if pooling is None else pooling
    squares = np.zeros((n_segments, pool.shape[1]))
    finished = np.zeros((n_segments, n_states, n_states))
    transitions = products.whole[:, :, :n_states]
    for piece in range(n_blocks):
        members = by_finish[piece * _BLOCK : (piece + 1) * _BLOCK]
        influence = (
            np.zeros((len(members), n_states))
            if start_influence is None
            else start_influence[members]
        )
        spanning = np.zeros((len(members), n_states))
        span = bounds[piece * n_segments : (piece + 1) * n_segments + 1]
        added, who, offsets = records.add_up(span, prefix.sums, x)
        for m in range(int(finish[members[-1]]) + 1):
            some = slice(span[m], span[m + 1])
            place = records.local[some] * n_states + records.state[some]
            np.add.at(spanning.reshape(-1), place, records.weight[some])
            influence = influence @ transitions[m]
            influence += spanning @ passing[m]
            these = slice(offsets[m], offsets[m + 1])
            influence[who[these]] += added[these]
            reported = influence if pooling is None else influence @ pooling
            squares[m] += np.einsum("ij,ij->j", reported, reported)
        finished[int(finish[members[-1]])] += influence.T @ influence

    moment = np.zeros((n_states, n_states))
    for m in range(n_segments):
        moment = transitions[m].T @ moment @ transitions[m]
        squares[m] += np.einsum("jq,jk,kq->q", pool, moment, pool)
        moment += finished[m]
    return np.sqrt(np.maximum(squares, 0))


def _order(key: Integers) -> Integers:
    """Sort non-negative keys 16 bits at a time, for which a stable sort is linear."""
    order = np.argsort(key.astype(np.uint16), kind="stable")
    for shift in range(16, int(key.max(initial=0)).bit_length(), 16):
        digits = (key >> shift).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


@dataclass(frozen=True, slots=True)
class _Records:
    """Entries into and exits from stays, sorted by block of clusters, segment and cluster."""

    state: Integers
    weight: Floats
    upto: Integers
    since: Integers
    cell: Integers
    local: Integers
    group: Integers

    def add_up(self, span: Integers, sums: Floats, x: Floats) -> tuple[Floats, Integers, Integers]:
        """Sum what one block's records add, by segment and cluster; say where each segment is."""
        some = slice(int(span[0]), int(span[-1]))
        low, high = np.searchsorted(self.group, [span[0], span[-1]])
        group = self.group[low:high]
        offsets = np.searchsorted(group, span)
        values = sums[self.upto[some]]
        values -= sums[self.since[some]]
        moved = np.flatnonzero(self.cell[some] >= 0)
        values[moved] -= x[self.cell[some][moved]]
        values *= self.weight[some, np.newaxis]
        if len(group):
            values = np.add.reduceat(values, group - span[0], axis=0)
        return values, self.local[group], offsets


def cluster_influence(
    process: CountingProcess,
    occupancy: Floats,
    shares: Floats,
    start_influence: Floats | None,
    products: Products,
    onward: Floats,
) -> Floats:
    """Compute the influence of each cluster on one linear functional of the occupancy's future.

    Parameters
    ----------
    process : CountingProcess
        Indexed stays.
    occupancy : ndarray, shape (T, S)
        After each event time.
    shares : ndarray, shape (S,)
        The starting distribution.
    start_influence : ndarray, shape (G, S), or None
        Influence on the starting distribution; None takes it as given.
    products : Products
        From `product_integral.multiply_back`. With durations, the functional is the time spent in
        each state; without, the occupancy itself.
    onward : ndarray, shape (S, S)
        What being in each state just after the last event counts for: the identity for an
        occupancy, the time left times the identity for a duration.

    Returns
    -------
    ndarray, shape (G, S)
        Influence of each cluster.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.counting_process import count_moves
    >>> from hinge_outcomes.analysis.progression.product_integral import multiply_back
    >>> moves = count_moves(
    ...     np.zeros(2), np.array([3.0, 5.0]), np.array([0, 0]), np.array([1, -1]),
    ...     np.ones(2), np.arange(2), n_states=2, n_clusters=2)
    >>> back = multiply_back(moves, np.array([0, 1]))
    >>> cluster_influence(
    ...     moves, np.array([[0.5, 0.5]]), np.array([1.0, 0.0]), None, back, np.eye(2)).tolist()
    [[-0.25, 0.25], [0.25, -0.25]]
    """
    n_states, cuts = process.n_states, products.cuts
    end, n_cells = int(cuts[-1]), len(products.gain)
    cell_cuts = np.searchsorted(process.cell_time[:n_cells], cuts)
    x = np.zeros((n_cells + 1, n_states))
    for m in reversed(range(len(cuts) - 1)):
        some = slice(cell_cuts[m], cell_cuts[m + 1])
        x[some] = products.gain[some, :n_states] @ onward
        x[some] += products.gain[some, n_states:] if products.gain.shape[1] > n_states else 0.0
        onward = products.whole[m, :, :n_states] @ onward + (
            products.whole[m, :, n_states:] if products.whole.shape[2] > n_states else 0.0
        )
    x[:-1] *= _occupied_before(process, occupancy, shares)[:n_cells, np.newaxis]
    prefix = _prefix_sums(process, x[:-1])
    first, last = np.minimum(process.first, end), np.minimum(process.last, end)
    values = prefix.sums[prefix.at(process.state, first)]
    values -= prefix.sums[prefix.at(process.state, last)]
    values += x[np.where(process.last <= end, process.cell, -1)]
    values *= process.weight[:, np.newaxis]
    columns = [np.bincount(process.cluster, column, process.n_clusters) for column in values.T]
    total: Floats = np.stack(columns, axis=1)
    return total if start_influence is None else total + start_influence @ onward
