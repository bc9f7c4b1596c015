"""The likelihood of a panel whose true states are not always known: the forward algorithm."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.emission_structure import (
    EmissionStructure,
    StartStructure,
    emission_chances,
    log_odds_gradient,
    start_chances,
)
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.rate_structure import (
    RateStructure,
    generators_of,
    parameter_gradient,
    rates_of,
)
from hinge_outcomes.analysis.progression.lag_matrices import (
    generator_gradient,
    transition_matrices,
)
from hinge_outcomes.exceptions import AnalysisError

_MOST_MOVES = 1e9

_ONE_BY_ONE = 20
"""With so many intervals of one kind it is quicker to sum them in a product of matrices each."""


class HiddenLikelihood:
    """Evaluate the log-likelihood and its exact gradient by the forward and backward recursions.

    Parameters
    ----------
    panel : PanelData
        The observations.
    structure : RateStructure
        The possible moves, and how their rates depend on K parameters.
    emission : EmissionStructure, optional
        How states are seen. Default: as they are. A code for several states says that the true
        state is one of them; a state whose entry is dated exactly is always seen as it is.
    initial : StartStructure or ndarray, optional
        Distribution of the first true state: with parameters, or fixed, of shape (S,). Default:
        every state that the first observation allows is as likely as any other.

    Notes
    -----
    With a_m the row of probabilities of the observations up to the m-th and the state there,
    a_m = a_{m-1} P(t_m) D_m, where D_m holds on its diagonal the chance of what was seen under each
    state; for a state j entered exactly then D_m has only column j, the rates q_ij [1]_. The
    gradient with respect to every probability is the product of the row before and the column
    behind it; one adjoint of the matrix exponential per kind of interval carries it to the rates.

    References
    ----------
    .. [1] Satten G, Longini I (1996). Markov chains with measurement error: estimating the 'true'
       course of a marker of the progression of human immunodeficiency virus disease. J R Stat Soc
       C 45, 275-309.
    """

    def __init__(
        self,
        panel: PanelData,
        structure: RateStructure,
        emission: EmissionStructure | None = None,
        initial: StartStructure | Floats | None = None,
    ) -> None:
        if panel.exact_times:
            raise AnalysisError(
                "With exact_times every state must be known at every row but a subject's last. "
                "Leave out rows whose state is uncertain, or set exact_times=False."
            )
        self.panel, self.structure, self.emission = panel, structure, emission
        self.first = initial if isinstance(initial, StartStructure) else None
        self.course = _Course.of(panel)
        self.fixed_start = _fixed_start(panel, initial, self.course)
        parts = [part for part in (emission, self.first) if part is not None]
        self.names = tuple(name for part in parts for name in part.names)
        self.start = np.concatenate([np.zeros(0), *[part.start for part in parts]])

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        """Give the log-likelihood and its gradient.

        Parameters
        ----------
        parameters : ndarray of shape (K + E + I,)
            Of the rates, of what is seen, of the first state.

        Returns
        -------
        loglik : float
            The log-likelihood; minus infinity where an observation is impossible.
        gradient : ndarray of shape (K + E + I,)
            Its derivatives.
        """
        theta, epsilon, iota = self._split(parameters)
        impossible = (-np.inf, np.zeros(len(parameters)))
        with np.errstate(over="ignore"):
            rates = rates_of(self.structure, self.panel.values, theta)
        if not (rates * max(self.course.lag.max(initial=0.0), 1e-100) < _MOST_MOVES).all():
            return impossible
        generators = generators_of(self.structure, rates)
        seen, shares = self._seen(epsilon)
        begins = self.fixed_start
        by_group = None
        if self.first is not None:
            by_group = start_chances(self.first, iota)
            begins = by_group[self.first.group]
        recursion = _Recursion(self.course, generators, seen, begins)
        if not np.isfinite(recursion.loglik):
            return impossible
        by_entry, by_seen, by_start = recursion.gradients()
        gradient = [parameter_gradient(self.structure, self.panel.values, rates, by_entry)]
        if self.emission is not None:
            odds = log_odds_gradient(shares, by_seen[:, : len(shares)])
            gradient.append(np.einsum("so,soe->e", odds, self.emission.maps))
        if self.first is not None and by_group is not None:
            summed = np.zeros_like(by_group)
            np.add.at(summed, self.first.group, by_start)
            odds = log_odds_gradient(by_group, summed)
            gradient.append(odds.sum(axis=0) @ self.first.maps)
        return recursion.loglik, np.concatenate(gradient)

    def state_chances(self, parameters: Floats) -> Floats:
        """Give the probability of each true state at each observation, given the whole record.

        Parameters
        ----------
        parameters : ndarray of shape (K + E + I,)
            The parameters.

        Returns
        -------
        ndarray of shape (N, S)
            Rows in the panel's order, summing to one.
        """
        theta, epsilon, iota = self._split(parameters)
        rates = rates_of(self.structure, self.panel.values, theta)
        begins = self.fixed_start
        if self.first is not None:
            begins = start_chances(self.first, iota)[self.first.group]
        recursion = _Recursion(
            self.course, generators_of(self.structure, rates), self._seen(epsilon)[0], begins
        )
        return recursion.state_chances()

    def _split(self, parameters: Floats) -> tuple[Floats, Floats, Floats]:
        size = self.structure.maps.shape[2]
        middle = size + (0 if self.emission is None else len(self.emission.names))
        return parameters[:size], parameters[size:middle], parameters[middle:]

    def _seen(self, epsilon: Floats) -> tuple[Floats, Floats]:
        """Give the chance of every code under every state, (S, M), and of the single states."""
        size = len(self.panel.states)
        shares = np.eye(size)
        if self.emission is not None:
            shares = emission_chances(self.emission, epsilon)
        return np.concatenate([shares, self.panel.sets[size:].T.astype(np.float64)], axis=1), shares


def hidden_objective(
    panel: PanelData,
    structure: RateStructure,
    emission: EmissionStructure | None = None,
    initial: StartStructure | Floats | None = None,
) -> HiddenLikelihood:
    """Give the likelihood of a panel with uncertain states, as an objective to be maximised.

    Parameters
    ----------
    panel : PanelData
        The observations.
    structure : RateStructure
        The possible moves and their parameters.
    emission : EmissionStructure, optional
        How states are seen.
    initial : StartStructure or ndarray, optional
        Distribution of the first true state.

    Returns
    -------
    HiddenLikelihood
        Callable; with ``names`` and ``start`` of the parameters beyond the rates.
    """
    return HiddenLikelihood(panel, structure, emission, initial)


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """The observations side by side: subjects by falling length, steps from first to last."""

    rows: tuple[Integers, ...]  # for each step, the row of each subject that goes so far
    order: Integers  # the subjects, longest first
    kind: Integers  # (N,), kind of the interval that ends at a row; -1 for first rows
    pattern: Integers  # (U,), of each kind of interval
    lag: Floats  # (U,)
    code: Integers
    exact: Integers  # (N,), the state entered exactly at a row, or -1

    @classmethod
    def of(cls, panel: PanelData) -> "_Course":
        is_first = np.append(True, panel.subject[1:] != panel.subject[:-1])
        first = np.flatnonzero(is_first)
        length = np.diff(np.append(first, len(panel.subject)))
        order = np.argsort(-length, kind="stable")
        rows = []
        for step in range(int(length.max(initial=0))):
            rows.append(first[order[: int((length > step).sum())]] + step)
        ends = np.flatnonzero(~is_first)
        key = np.stack(
            [panel.pattern[ends - 1].astype(float), panel.time[ends] - panel.time[ends - 1]]
        )
        kinds, number = np.unique(key, axis=1, return_inverse=True)
        kind = np.full(len(panel.subject), -1, dtype=np.int64)
        kind[ends] = number.ravel()
        size = len(panel.states)
        single = np.where(panel.code < size, panel.code, 0)
        exact = np.where((panel.code < size) & panel.is_exact[single] & ~is_first, single, -1)
        # Whoever stays in a state that is dated exactly does not enter it again.
        before = np.append(-1, panel.code[:-1])
        exact = np.where(before == panel.code, -1, exact)
        return cls(tuple(rows), order, kind, kinds[0].astype(np.int64), kinds[1], panel.code, exact)


class _Recursion:
    """One forward pass, and on demand the backward one."""

    def __init__(self, course: _Course, generators: Floats, seen: Floats, begins: Floats) -> None:
        self.course, self.generators, self.seen = course, generators, seen
        self.matrices = transition_matrices(generators, course.pattern, course.lag)
        n_rows, size = len(course.code), len(seen)
        self.before = np.zeros((n_rows, size))  # a_{m-1}, scaled to sum one
        self.after = np.zeros((n_rows, size))  # a_{m-1} P, before what was seen is used
        self.scale = np.ones(n_rows)
        self.begins = begins
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
                    moved = np.einsum("ni,nij->nj", current, self.matrices[course.kind[rows]])
                self.after[rows] = moved
                current = moved * self.seen[:, course.code[rows]].T
                for state, mine in self._entered(rows):
                    into = self._rates_into(rows[mine], state)
                    current[mine] = 0.0
                    current[mine, state] = (moved[mine] * into).sum(axis=1)
                self.scale[rows] = current.sum(axis=1)
                current = current / self.scale[rows][:, None]
            if not (self.scale > 0).all():
                return -np.inf
            return float(np.log(self.scale).sum())

    def gradients(self) -> tuple[Floats, Floats, Floats]:
        """Give derivatives to the generators' entries, to what is seen, and to the first states."""
        course = self.course
        size, n_codes = self.seen.shape
        by_entry = np.zeros_like(self.generators)
        by_seen = np.zeros((n_codes, size))
        behind = np.zeros_like(self.after)  # derivative to each entry of `after`
        self._backward(behind, by_entry, by_seen)
        is_later = course.kind >= 0
        kind = course.kind[is_later]
        weights = _sum_products(self.before[is_later], behind[is_later], kind, len(course.lag))
        by_entry += generator_gradient(self.generators, course.pattern, course.lag, weights)
        by_start = np.zeros((len(course.order), size))
        by_start[course.order] = behind[course.rows[0]]
        return by_entry, by_seen.T, by_start

    def state_chances(self) -> Floats:
        """Give the probabilities of the true states given everything."""
        behind = np.zeros_like(self.after)
        last = self._backward(behind, np.zeros_like(self.generators), None)
        return last

    def _backward(self, behind: Floats, by_entry: Floats, by_seen: Floats | None) -> Floats:
        """Walk back; fill the derivatives, and give the smoothed probabilities."""
        course = self.course
        smoothed = np.zeros_like(self.after)
        column = np.zeros((0, len(self.seen)))
        for step in range(len(course.rows) - 1, -1, -1):
            rows = course.rows[step]
            ends = np.ones((len(rows), len(self.seen)))
            ends[: len(column)] = column
            seen = self.seen[:, course.code[rows]].T
            scale = self.scale[rows][:, None]
            weight = ends / scale
            down = seen * weight
            by_code = self.after[rows] * weight
            smoothed[rows] = self.after[rows] * down
            for state, mine in self._entered(rows):
                into = self._rates_into(rows[mine], state)
                share = weight[mine, state][:, None]
                down[mine] = into * share
                by_code[mine] = 0.0
                smoothed[rows[mine]] = 0.0
                smoothed[rows[mine], state] = 1.0
                change = self.after[rows[mine]] * share
                change[:, state] = 0.0
                pattern = course.pattern[course.kind[rows[mine]]]
                np.add.at(by_entry[:, :, state], pattern, change)
            if by_seen is not None:
                np.add.at(by_seen, course.code[rows], by_code)
            behind[rows] = down
            if step > 0:
                column = np.einsum("nij,nj->ni", self.matrices[course.kind[rows]], down)
        return smoothed

    def _entered(self, rows: Integers) -> list[tuple[int, Integers]]:
        """Give the exactly entered states among some rows, with the places of their rows."""
        exact = self.course.exact[rows]
        return [(int(s), np.flatnonzero(exact == s)) for s in np.unique(exact[exact >= 0])]

    def _rates_into(self, rows: Integers, state: int) -> Floats:
        into = self.generators[self.course.pattern[self.course.kind[rows]], :, state].copy()
        into[:, state] = 0.0
        return into


def _sum_products(left: Floats, right: Floats, kind: Integers, n_kinds: int) -> Floats:
    """Sum the outer products of rows by kind."""
    found = np.zeros((n_kinds, left.shape[1], right.shape[1]))
    order = np.argsort(kind, kind="stable")
    left, right, kind = left[order], right[order], kind[order]
    edge = np.searchsorted(kind, np.arange(n_kinds + 1))
    if len(kind) > _ONE_BY_ONE * n_kinds:
        for number in range(n_kinds):
            mine = slice(edge[number], edge[number + 1])
            found[number] = left[mine].T @ right[mine]
    elif len(kind):
        products = left[:, :, None] * right[:, None, :]
        has = np.flatnonzero(np.diff(edge))
        found[has] = np.add.reduceat(products, edge[has], axis=0)
    return found


def _fixed_start(
    panel: PanelData, initial: StartStructure | Floats | None, course: _Course
) -> Floats:
    """Give the distribution of each subject's first state where it has no parameters."""
    n_subjects, size = len(course.order), len(panel.states)
    if initial is None:
        first = np.zeros(n_subjects, dtype=np.int64)
        first[course.order] = course.rows[0] if course.rows else 0
        possible = panel.sets[panel.code[first]].astype(np.float64)
        return possible / possible.sum(axis=1, keepdims=True)
    if isinstance(initial, StartStructure):
        return np.zeros((n_subjects, size))
    return np.broadcast_to(np.asarray(initial, dtype=np.float64), (n_subjects, size))
