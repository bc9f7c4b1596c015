"""The forward and backward recursions over observations, subjects side by side."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.lag_matrices import (
    generator_gradient,
    transition_matrices,
)
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers, PanelData

_MANY_ALIKE = 4
"""With so many rows of one kind it is quicker to multiply them together than each on its own."""

_MOST_NUMBERS = 500_000
"""Derivatives to so many probabilities are held at once: few enough for the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Hold the observations side by side: subjects by falling length, steps from first to last.

    Parameters
    ----------
    rows : tuple of ndarray
        For each step, the row of each subject that goes so far, longest subject first.
    order : ndarray of shape (n,)
        The subjects, longest first.
    kind : ndarray of shape (N,)
        Kind of the interval that ends at a row; -1 for first rows.
    pattern : ndarray of shape (U,)
        Covariate pattern of each kind of interval.
    lag : ndarray of shape (U,)
        Length of each kind of interval.
    code : ndarray of shape (N,)
        What was seen: a column of the chances of what is seen.
    exact : ndarray of shape (N,)
        The state entered exactly at a row, or -1.
    """

    rows: tuple[Integers, ...]
    order: Integers
    kind: Integers
    pattern: Integers
    lag: Floats
    code: Integers
    exact: Integers

    @property
    def first(self) -> Integers:
        """Give each subject's first row.

        Returns
        -------
        ndarray of shape (n,)
            In the order of the subjects.
        """
        found = np.zeros(len(self.order), dtype=np.int64)
        found[self.order] = self.rows[0] if self.rows else 0
        return found


def line_up(panel: PanelData) -> Course:
    """Put the observations of all subjects side by side.

    Parameters
    ----------
    panel : PanelData
        The observations.

    Returns
    -------
    Course
        With the distinct kinds of interval, each of which needs one matrix.
    """
    is_first = np.append(True, panel.subject[1:] != panel.subject[:-1])
    first = np.flatnonzero(is_first)
    length = np.diff(np.append(first, len(panel.subject)))
    order = np.argsort(-length, kind="stable")
    rows = tuple(
        first[order[: int((length > step).sum())]] + step
        for step in range(int(length.max(initial=0)))
    )
    ends = np.flatnonzero(~is_first)
    key = np.stack([panel.pattern[ends - 1].astype(float), panel.time[ends] - panel.time[ends - 1]])
    kinds, number = np.unique(key, axis=1, return_inverse=True)
    kind = np.full(len(panel.subject), -1, dtype=np.int64)
    kind[ends] = number.ravel()
    size = len(panel.states)
    single = np.where(panel.code < size, panel.code, 0)
    exact = np.where((panel.code < size) & panel.is_exact[single] & ~is_first, single, -1)
    # Whoever stays in a state that is dated exactly does not enter it again.
    exact = np.where(np.append(-1, panel.code[:-1]) == panel.code, -1, exact)
    return Course(rows, order, kind, kinds[0].astype(np.int64), kinds[1], panel.code, exact)


class Recursion:
    """Walk forward over the observations, and on demand back.

    Parameters
    ----------
    course : Course
        The observations.
    generators : ndarray of shape (P, S, S)
        One generator per covariate pattern.
    seen : ndarray of shape (S, M)
        Chance of every code under every state.
    begins : ndarray of shape (n, S)
        Distribution of each subject's first state.

    Notes
    -----
    Rows are scaled to sum to one at each step, so that long records do not underflow [1]_.

    References
    ----------
    .. [1] Rabiner L (1989). A tutorial on hidden Markov models and selected applications in speech
       recognition. Proc IEEE 77, 257-286.
    """

    def __init__(self, course: Course, generators: Floats, seen: Floats, begins: Floats) -> None:
        self.course, self.generators, self.seen, self.begins = course, generators, seen, begins
        self.matrices = transition_matrices(generators, course.pattern, course.lag)
        n_rows, size = len(course.code), len(seen)
        self.before = np.zeros((n_rows, size))  # a_{m-1}, scaled to sum to one
        self.after = np.zeros((n_rows, size))  # a_{m-1} P, before what was seen is used
        self.scale = np.ones(n_rows)
        self.loglik = self._forward()

    def _forward(self) -> float:
        course = self.course
        current = np.zeros((0, len(self.seen)))
        with np.errstate(divide="ignore", invalid="ignore"):
            for step, rows in enumerate(course.rows):
                if step == 0:
                    moved = self.begins[course.order]
                else:
                    current = current[: len(rows)]
                    self.before[rows] = current
                    moved = self._through(current, course.kind[rows], self.matrices)
                self.after[rows] = moved
                current = moved * self.seen.T[course.code[rows]]
                for state, mine in self.entered(rows):
                    into = self.rates_into(rows[mine], state)
                    current[mine] = 0.0
                    current[mine, state] = (moved[mine] * into).sum(axis=1)
                self.scale[rows] = current.sum(axis=1)
                current = current / self.scale[rows][:, None]
            if not (self.scale > 0).all():
                return -np.inf
            return float(np.log(self.scale).sum())

    def gradients(self) -> tuple[Floats, Floats, Floats]:
        """Give the derivatives of the log-likelihood.

        Returns
        -------
        by_entry : ndarray of shape (P, S, S)
            To every entry of the generators, as if free.
        by_seen : ndarray of shape (S, M)
            To the chances of what is seen.
        by_start : ndarray of shape (n, S)
            To the distribution of each subject's first state.
        """
        course = self.course
        by_entry = np.zeros_like(self.generators)
        by_code = np.zeros_like(self.after)
        behind, _ = self._backward(by_entry, by_code)
        self._add_moves(behind, by_entry)
        by_start = np.zeros((len(course.order), len(self.seen)))
        by_start[course.order] = behind[course.rows[0]]
        by_seen = np.zeros_like(self.seen)
        for code in np.unique(course.code):
            by_seen[:, code] = by_code[course.code == code].sum(axis=0)
        return by_entry, by_seen, by_start

    def state_chances(self) -> Floats:
        """Give the probabilities of the true states given everything that was seen.

        Returns
        -------
        ndarray of shape (N, S)
            Rows sum to one.
        """
        return self._backward(np.zeros_like(self.generators), np.zeros_like(self.after))[1]

    def _backward(self, by_entry: Floats, by_code: Floats) -> tuple[Floats, Floats]:
        """Fill two derivatives; give that to each entry of ``after``, and the state chances."""
        course = self.course
        behind, smoothed = np.zeros_like(self.after), np.zeros_like(self.after)
        column = np.zeros((0, len(self.seen)))
        for step in range(len(course.rows) - 1, -1, -1):
            rows = course.rows[step]
            weight = np.ones((len(rows), len(self.seen)))
            weight[: len(column)] = column
            weight /= self.scale[rows][:, None]
            down = self.seen.T[course.code[rows]] * weight
            after = self.after[rows]
            by_code[rows] = after * weight
            smoothed[rows] = after * down
            for state, mine in self.entered(rows):
                into = self.rates_into(rows[mine], state)
                share = weight[mine, state][:, None]
                down[mine] = into * share
                by_code[rows[mine]] = smoothed[rows[mine]] = 0.0
                smoothed[rows[mine], state] = 1.0
                change = after[mine] * share
                change[:, state] = 0.0
                np.add.at(by_entry[:, :, state], course.pattern[course.kind[rows[mine]]], change)
            behind[rows] = down
            if step > 0:
                back = np.swapaxes(self.matrices, 1, 2)
                column = self._through(down, course.kind[rows], back)
        return behind, smoothed

    def _through(self, vectors: Floats, kind: Integers, matrices: Floats) -> Floats:
        """Multiply each row vector by the matrix of its kind."""
        if len(kind) < _MANY_ALIKE * len(matrices):
            return np.asarray(np.einsum("ni,nij->nj", vectors, matrices[kind]))
        found = np.empty_like(vectors)
        for number in np.unique(kind):
            mine = kind == number
            found[mine] = vectors[mine] @ matrices[number]
        return found

    def _add_moves(self, behind: Floats, by_entry: Floats) -> None:
        """Carry the derivatives to transition probabilities on to the generators, in place."""
        course, n_kinds = self.course, len(self.course.lag)
        rows = np.flatnonzero(course.kind >= 0)
        rows = rows[np.argsort(course.kind[rows], kind="stable")]
        width = max(1, _MOST_NUMBERS // len(self.seen) ** 2)
        for low in range(0, n_kinds, width):
            kinds = slice(low, min(low + width, n_kinds))
            mine = rows[slice(*np.searchsorted(course.kind[rows], (kinds.start, kinds.stop)))]
            weights = sum_products(
                self.before[mine], behind[mine], course.kind[mine] - low, kinds.stop - low
            )
            by_entry += generator_gradient(
                self.generators, course.pattern[kinds], course.lag[kinds], weights
            )

    def likeliest_states(self) -> Integers:
        """Give the most likely course of true states as a whole.

        Returns
        -------
        ndarray of shape (N,)
            The state at each row.

        Notes
        -----
        Viterbi's recursion [1]_ on the log scale: the best course to each state, and back along
        the places it came from.

        References
        ----------
        .. [1] Viterbi A (1967). Error bounds for convolutional codes and an asymptotically optimum
           decoding algorithm. IEEE Trans Inf Theory 13, 260-269.
        """
        course = self.course
        found = np.zeros(len(course.code), dtype=np.int64)
        came_from = np.zeros(self.after.shape, dtype=np.int64)
        last = np.zeros(len(course.order), dtype=np.int64)
        with np.errstate(divide="ignore"):
            best = np.log(self.begins[course.order])
            seen, matrices = np.log(self.seen.T), np.log(np.maximum(self.matrices, 0.0))
            for step, rows in enumerate(course.rows):
                if step > 0:
                    ways = best[: len(rows), :, None] + matrices[course.kind[rows]]
                    for state, mine in self.entered(rows):
                        into = self.rates_into(rows[mine], state)
                        moved = self.matrices[course.kind[rows[mine]]]
                        ways[mine] = -np.inf
                        entry = np.log(np.einsum("nij,nj->ni", moved, into))
                        ways[mine, :, state] = best[mine] + entry
                    came_from[rows] = ways.argmax(axis=1)
                    best = np.take_along_axis(ways, came_from[rows][:, None], axis=1)[:, 0]
                is_seen = np.where(course.exact[rows, None] < 0, seen[course.code[rows]], 0.0)
                best = best + is_seen
                last[: len(rows)] = best.argmax(axis=1)
        for step in range(len(course.rows) - 1, -1, -1):
            rows = course.rows[step]
            found[rows] = last[: len(rows)]
            last[: len(rows)] = came_from[rows, found[rows]]
        return found

    def entered(self, rows: Integers) -> list[tuple[int, Integers]]:
        """Give the exactly entered states among some rows.

        Parameters
        ----------
        rows : ndarray
            Rows of the panel.

        Returns
        -------
        list of (int, ndarray)
            Each state with the places of its rows.
        """
        exact = self.course.exact[rows]
        return [(int(s), np.flatnonzero(exact == s)) for s in np.unique(exact[exact >= 0])]

    def rates_into(self, rows: Integers, state: int) -> Floats:
        """Give the rates into a state during the intervals that end at some rows.

        Parameters
        ----------
        rows : ndarray
            Rows of the panel.
        state : int
            The state.

        Returns
        -------
        ndarray of shape (len(rows), S)
            From each state; 0 from itself.
        """
        into = self.generators[self.course.pattern[self.course.kind[rows]], :, state]
        into[:, state] = 0.0
        return into


def sum_products(left: Floats, right: Floats, kind: Integers, n_kinds: int) -> Floats:
    """Sum the outer products of rows by kind.

    Parameters
    ----------
    left, right : ndarray of shape (N, S)
        The rows.
    kind : ndarray of shape (N,)
        Kind of each, never falling.
    n_kinds : int
        How many kinds there are.

    Returns
    -------
    ndarray of shape (n_kinds, S, S)
        Zero for a kind without rows.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0], [3.0, 0.0]])
    >>> sum_products(rows, rows, np.array([1, 1]), 2).tolist()
    [[[0.0, 0.0], [0.0, 0.0]], [[10.0, 2.0], [2.0, 4.0]]]
    """
    found = np.zeros((n_kinds, left.shape[1], right.shape[1]))
    edge = np.searchsorted(kind, np.arange(n_kinds + 1))
    count = np.diff(edge)
    for number in np.flatnonzero(count > 1):
        mine = slice(edge[number], edge[number + 1])
        np.matmul(left[mine].T, right[mine], out=found[number])
    alone = np.flatnonzero(count == 1)
    found[alone] = left[edge[alone], :, None] * right[edge[alone], None, :]
    return found
