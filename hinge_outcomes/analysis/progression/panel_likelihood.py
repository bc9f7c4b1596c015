"""The likelihood of states seen at visits, where it is a product over pairs of visits."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hinge_outcomes.analysis.progression.lag_matrices import (
    generator_gradient,
    transition_matrices,
)
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.panel_pairs import PanelPairs, count_pairs
from hinge_outcomes.analysis.progression.pattern_information import observed_information
from hinge_outcomes.analysis.progression.rate_structure import (
    RateStructure,
    generators_of,
    parameter_gradient,
    rates_of,
)
from hinge_outcomes.analysis.progression.uniformisation import (
    MOST_JUMPS,
    chain_gradient,
    chain_powers,
    count_terms,
    fastest,
    jump_chain,
    poisson_weights,
)

_MOST_NUMBERS = 200_000
"""Powers of so many numbers are held at once: few enough to stay in the processor's cache."""

_MANY_PATTERNS = 8
"""From so many patterns on the information is had from spectra, below from differences."""

_PAIRS_A_CELL = 20

_MOST_MOVES = 1e9
"""With more expected moves within a lag, rounding leaves no correct digit of a probability."""

_MOST_KEPT = 20_000_000
"""Poisson weights are kept from one evaluation to the next up to so many numbers."""


class DirectLikelihood:
    """Evaluate the log-likelihood and its exact gradient from counted pairs.

    Parameters
    ----------
    panel : PanelData
        The observations; an uncertain state only where it is the subject's last.
    structure : RateStructure
        The possible moves, and how their rates depend on the parameters.

    Notes
    -----
    A pair (i at s, j at s + t) contributes log P_ij(t) [1]_; a state j whose entry is dated exactly
    log sum over m other than j of P_im(t) q_mj; a set of states the log of the sum of their
    probabilities. Where all times are exact, a stay of length t in i that ends in j contributes
    q_ii t + log q_ij. Given the state, the visits must not depend on the future course [2]_.

    References
    ----------
    .. [1] Kalbfleisch J, Lawless J (1985). The analysis of panel data under a Markov assumption.
       J Am Stat Assoc 80, 863-871.
    .. [2] Jackson C (2011). Multi-state models for panel data: the msm package for R. J Stat
       Softw 38(8), 1-29.
    """

    def __init__(self, panel: PanelData, structure: RateStructure) -> None:
        self.structure, self.values = structure, panel.values
        self.pairs = count_pairs(panel)
        self._ends = _Ends.of(panel, self.pairs)
        self._longest = max(float(self.pairs.lag.max(initial=0.0)), 1e-100)
        self._speed = 0.0
        self._blocks: list[_Block] = []
        self._long: Integers = np.zeros(0, dtype=np.int64)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Give the log-likelihood and its gradient.

        Parameters
        ----------
        theta : ndarray of shape (K,)
            The parameters of the rate structure.

        Returns
        -------
        loglik : float
            The log-likelihood; minus infinity where an observation is impossible.
        gradient : ndarray of shape (K,)
            Its derivatives.
        """
        loglik, rates, by_entry = self.by_entry(theta)
        if not np.isfinite(loglik):
            return -np.inf, np.zeros(len(theta))
        return loglik, parameter_gradient(self.structure, self.values, rates, by_entry)

    @property
    def has_information(self) -> bool:
        """Tell whether `information` is cheaper than differences of the gradient.

        Returns
        -------
        bool
            True for many patterns of covariates.
        """
        return len(self.values) >= _MANY_PATTERNS and not self.pairs.stayed.any()

    def information(self, theta: Floats) -> Floats | None:
        """Give the observed information.

        Parameters
        ----------
        theta : ndarray of shape (K,)
            The parameters of the rate structure.

        Returns
        -------
        ndarray of shape (K, K)
            Minus the second derivatives; None where they must be found by differences.
        """
        pairs = self.pairs
        rates = rates_of(self.structure, self.values, theta)
        generators = generators_of(self.structure, rates)
        return observed_information(
            self.structure,
            self.values,
            rates,
            generators,
            self._ends.vectors(generators),
            self._ends.states(),
            (pairs.pattern, pairs.lag, pairs.start, self._ends.column, pairs.count),
        )

    def by_entry(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Give the log-likelihood with its gradient to the entries of each pattern's generator.

        Parameters
        ----------
        theta : ndarray of shape (K,)
            The parameters of the rate structure.

        Returns
        -------
        loglik : float
            The log-likelihood.
        rates : ndarray of shape (P, R)
            Rate of each move under each pattern.
        by_entry : ndarray of shape (P, S, S)
            Derivatives, as if the entries were free.
        """
        with np.errstate(over="ignore"):
            rates = rates_of(self.structure, self.values, theta)
        if not (rates * self._longest < _MOST_MOVES).all():
            return -np.inf, rates, np.zeros((len(rates), 1, 1))
        generators = generators_of(self.structure, rates)
        self._plan(fastest(generators))
        ends = self._ends.vectors(generators)
        by_entry, by_end = np.zeros_like(generators), np.zeros_like(ends)
        loglik = _exact_part(self.pairs, generators, by_entry)
        for block in self._blocks:
            loglik += block.add(generators, ends, by_entry, by_end)
        if len(self._long):
            loglik += self._add_long(generators, ends, by_entry, by_end)
        self._ends.add_gradient(by_end, by_entry)
        return loglik, rates, by_entry

    def _plan(self, speed: float) -> None:
        """Cut the pairs into blocks whose Poisson weights hold for a range of speeds."""
        if self._speed / 2 < speed <= self._speed:
            return
        pairs, self._speed = self.pairs, 1.25 * speed if speed else 1.0
        is_long = self._speed * pairs.lag > MOST_JUMPS
        self._long = np.flatnonzero(is_long)
        short = np.flatnonzero(~is_long)
        self._blocks = []
        if not len(short):
            return
        size = self.structure.n_states
        n_terms = count_terms(self._speed * float(pairs.lag[short].max()), size)
        n_patterns = max(1, int(_MOST_NUMBERS / (n_terms * size * self._ends.number)))
        n_rows = max(1, int(4 * _MOST_NUMBERS / n_terms))
        is_kept = n_terms * len(short) <= _MOST_KEPT
        used, first = np.unique(pairs.pattern[short], return_index=True)
        edge = np.append(first, len(short))
        for left in range(0, len(used), n_patterns):
            right = min(left + n_patterns, len(used))
            for start in range(edge[left], edge[right], n_rows):
                rows = short[start : min(start + n_rows, edge[right])]
                self._blocks.append(_Block(pairs, rows, self._ends, self._speed, size, is_kept))

    def _add_long(
        self, generators: Floats, ends: Floats, by_entry: Floats, by_end: Floats
    ) -> float:
        """Add pairs with very many expected moves, by whole transition matrices."""
        rows, pairs = self._long, self.pairs
        key = np.stack([pairs.pattern[rows].astype(float), pairs.lag[rows]])
        (pattern, lag), number = np.unique(key, axis=1, return_inverse=True)
        number = number.ravel()
        which = pattern.astype(np.int64)
        matrices = transition_matrices(generators, which, lag)
        place, column = pairs.pattern[rows], self._ends.column[rows]
        start = pairs.start[rows]
        vector = ends[place, :, column]
        probability = np.maximum((matrices[number, start] * vector).sum(axis=1), 0.0)
        with np.errstate(divide="ignore"):
            loglik = float(pairs.count[rows] @ np.log(probability))
        if not np.isfinite(loglik):
            return -np.inf
        share = pairs.count[rows] / probability
        weights = np.zeros_like(matrices)
        np.add.at(weights, (number, start), share[:, None] * vector)
        by_entry += generator_gradient(generators, which, lag, weights)
        by_column = np.swapaxes(by_end, 1, 2)
        np.add.at(by_column, (place, column), share[:, None] * matrices[number, start])
        return loglik


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """The vectors over states that the ends of pairs stand for: only those that occur."""

    fixed: Floats  # (S, C), of states and sets; 0 for exact entries
    exact_column: Integers
    exact_state: Integers
    column: Integers  # (G,), the end vector of each kind of pair

    @classmethod
    def of(cls, panel: PanelData, pairs: PanelPairs) -> "_Ends":
        used, column = np.unique(pairs.end, return_inverse=True)
        n_codes = len(panel.sets)
        is_exact = used >= n_codes
        fixed = np.where(is_exact, 0.0, panel.sets[np.where(is_exact, 0, used)].T.astype(float))
        return cls(fixed, np.flatnonzero(is_exact), used[is_exact] - n_codes, column)

    @property
    def number(self) -> int:
        return max(1, int(self.fixed.shape[1]))

    def vectors(self, generators: Floats) -> Floats:
        """Give the vectors under each pattern, (P, S, C); exact entries are columns of rates."""
        found = np.broadcast_to(self.fixed, (len(generators), *self.fixed.shape)).copy()
        for column, state in zip(self.exact_column, self.exact_state, strict=True):
            found[:, :, column] = generators[:, :, state]
            found[:, state, column] = 0.0
        return found

    def states(self) -> Integers:
        """Give the state that an exact end enters, -1 for the others."""
        found = np.full(self.fixed.shape[1], -1, dtype=np.int64)
        found[self.exact_column] = self.exact_state
        return found

    def add_gradient(self, by_end: Floats, by_entry: Floats) -> None:
        for column, state in zip(self.exact_column, self.exact_state, strict=True):
            by_end[:, state, column] = 0.0
            by_entry[:, :, state] += by_end[:, :, column]


class _Block:
    """Some pairs of some patterns, with the Poisson weights of their lags."""

    def __init__(
        self,
        pairs: PanelPairs,
        rows: Integers,
        ends: _Ends,
        speed: float,
        size: int,
        is_kept: bool,
    ) -> None:
        self.patterns, place = np.unique(pairs.pattern[rows], return_inverse=True)
        self.count, self.lag, self.speed, self.size = (
            pairs.count[rows],
            pairs.lag[rows],
            speed,
            size,
        )
        cell = (place * size + pairs.start[rows]) * ends.number + ends.column[rows]
        # Pairs are in order of pattern, start and end, so equal cells stand together.
        self.cells, self.first, self.cell = np.unique(cell, return_index=True, return_inverse=True)
        self.kept = self._jumps() if is_kept else None
        edge = [*self.first, len(rows)]
        # Few cells of many pairs are quicker one by one, many cells of few pairs together.
        is_many = len(rows) > _PAIRS_A_CELL * len(self.cells)
        self.slices = [slice(*ends) for ends in pairwise(edge)] if is_many else []

    def _jumps(self) -> Floats:
        return np.ascontiguousarray(poisson_weights(self.speed * self.lag, self.size).T)

    def add(self, generators: Floats, ends: Floats, by_entry: Floats, by_end: Floats) -> float:
        """Add the gradients of these pairs; give their log-likelihood."""
        jumps = self._jumps() if self.kept is None else self.kept
        chain = jump_chain(generators[self.patterns], self.speed)
        powers = chain_powers(chain, ends[self.patterns], len(jumps))
        seen = powers.reshape(len(powers), -1)[:, self.cells]
        if self.slices:
            parts = [jumps[:, rows].T @ seen[:, cell] for cell, rows in enumerate(self.slices)]
            probability = np.concatenate(parts)
        else:
            probability = np.einsum("kg,kg->g", jumps, seen[:, self.cell])
        with np.errstate(divide="ignore"):
            loglik = float(self.count @ np.log(probability))
        if not np.isfinite(loglik):
            return -np.inf
        share = self.count / probability
        if self.slices:
            summed = np.stack([jumps[:, rows] @ share[rows] for rows in self.slices], axis=1)
        else:
            summed = np.add.reduceat(jumps * share, self.first, axis=1)
        weights = np.zeros_like(powers)
        weights.reshape(len(weights), -1)[:, self.cells] = summed
        entry, end = chain_gradient(chain, powers, weights)
        by_entry[self.patterns] += entry
        by_end[self.patterns] += end
        return loglik


def _exact_part(pairs: PanelPairs, generators: Floats, by_entry: Floats) -> float:
    """Add stays whose ends are all dated exactly."""
    moved = pairs.moved > 0
    if not (pairs.stayed.any() or moved.any()):
        return 0.0
    diagonal = np.arange(generators.shape[1])
    rate = generators[moved]
    if (rate <= 0).any():
        return -np.inf
    by_entry[moved] += pairs.moved[moved] / rate
    by_entry[:, diagonal, diagonal] += pairs.stayed
    stays = float((pairs.stayed * generators[:, diagonal, diagonal]).sum())
    return stays + float(pairs.moved[moved] @ np.log(rate))
