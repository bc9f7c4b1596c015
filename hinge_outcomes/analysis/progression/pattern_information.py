"""Observed information of a panel likelihood with many covariate patterns, by their spectra."""

from typing import Any

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.progression.panel_data import Floats, Integers
from hinge_outcomes.analysis.progression.rate_structure import RateStructure

Numbers = npt.NDArray[Any]
"""Real where all eigenvalues are, else complex."""

_SPREAD = 1e-4
"""Nodes of divided differences are kept so far apart, times the mean lag."""

_MOST_NUMBERS = 100_000
"""Pairs times eigenvalues squared that are held at once: few enough for the cache."""


def observed_information(
    structure: RateStructure,
    values: Floats,
    rates: Floats,
    generators: Floats,
    ends: Floats,
    exact: Integers,
    pairs: tuple[Integers, Floats, Integers, Integers, Floats],
) -> Floats | None:
    """Give minus the second derivatives of sums of log probabilities of pairs.

    Parameters
    ----------
    structure : RateStructure
        The moves and their maps.
    values : ndarray of shape (P, C + 1)
        Covariates of each pattern.
    rates : ndarray of shape (P, R)
        Rates under each pattern.
    generators : ndarray of shape (P, S, S)
        The generators.
    ends : ndarray of shape (P, S, E)
        Vectors over the states that the ends of pairs stand for.
    exact : ndarray of shape (E,)
        The state whose column of rates an end vector is; -1 for vectors that are fixed.
    pairs : tuple of ndarray of shape (G,)
        Pattern (never falling), lag, starting state, end vector and count of each kind of pair.

    Returns
    -------
    ndarray of shape (K, K)
        The information; None where a spectrum is too ill-conditioned.

    Notes
    -----
    With Q = V diag(l) W, the second derivative of exp(Qt) in directions E and F is a sum over
    i, j, k of divided differences f[l_i, l_j, l_k] of exp(t .) [1]_. Their nodes are moved apart
    by +-h and the two results averaged, so that equal eigenvalues need no case of their own; the
    error is of order h^2.

    References
    ----------
    .. [1] Higham N (2008). Functions of matrices. SIAM, chapter 3.
    """
    # LAPACK gives real numbers where no eigenvalue is complex, and these cost a quarter.
    value, vector = np.linalg.eig(generators)
    try:
        inverse = np.linalg.inv(vector)
    except np.linalg.LinAlgError:
        return None
    size = np.abs(generators).max(axis=(1, 2))
    back = np.abs((vector * value[:, None]) @ inverse - generators).max(axis=(1, 2))
    if not (back <= 1e-9 * size).all():
        return None
    start, end = structure.moves.T
    # A move changes the generator by q (e_i (e_j - e_i)'): in the eigenbasis by left times right.
    left = rates[:, :, None] * np.swapaxes(inverse[:, :, start], 1, 2)
    right = vector[:, end] - vector[:, start]
    number = np.bincount(pairs[0], minlength=len(values))
    first = np.append(0, np.cumsum(number))
    order = np.argsort(number, kind="stable")
    order = order[number[order] > 0]
    moments = np.zeros((values.shape[1], values.shape[1], len(start), len(start)))
    while len(order):
        widest = int(number[order[-1]])
        width = max(1, int(_MOST_NUMBERS / (widest * max(generators.shape[1] ** 2, len(start)))))
        chosen, order = np.sort(order[-width:]), order[:-width]
        place = first[chosen, None] + np.arange(widest)
        inside = np.arange(widest) < number[chosen, None]
        place = np.where(inside, place, first[chosen, None])
        block = _Block(
            value[chosen],
            vector[chosen[:, None], pairs[2][place]],
            np.einsum("psk,pgk->pgs", inverse[chosen], _columns(ends, chosen, pairs[3][place])),
            pairs[1][place],
            np.where(inside, pairs[4][place], 0.0),
            left[chosen],
            right[chosen],
        )
        into = [
            (int(state), exact[pairs[3][place]] == state) for state in np.unique(exact[exact >= 0])
        ]
        entry = {state: rates[chosen] * (end == state) for state, _ in into}
        hessian = block.hessian(into, entry, inverse[chosen], start)
        moments += np.einsum(
            "pc,pd,pab->cdab", values[chosen], values[chosen], hessian, optimize=True
        )
    maps = structure.maps
    found: Floats = -np.einsum("crk,cdrs,dsl->kl", maps, moments, maps, optimize=True)
    return found


def _columns(ends: Floats, chosen: Integers, column: Integers) -> Floats:
    return ends[chosen[:, None], :, column]


class _Block:
    """Some patterns with their pairs side by side, (p, g)."""

    def __init__(
        self,
        value: Numbers,
        from_left: Numbers,
        from_right: Numbers,
        lag: Floats,
        count: Floats,
        left: Numbers,
        right: Numbers,
    ) -> None:
        self.value, self.left, self.right = value, left, right
        self.from_left, self.from_right = from_left, from_right
        self.lag, self.count = lag, count
        self.spread = _SPREAD / max(float(lag.mean()), 1e-300)
        self.grown = np.exp(value[:, None] * lag[:, :, None])
        self.probability = np.real((from_left * self.grown * from_right).sum(axis=2))
        self.share = count / self.probability

    def hessian(
        self,
        into: list[tuple[int, npt.NDArray[np.bool_]]],
        entry: dict[int, Floats],
        inverse: Numbers,
        start: Integers,
    ) -> Floats:
        """Give the second derivatives to the log rates of each pattern, (p, a, b)."""
        first = self._slopes()
        found = self._second()
        by_move = np.einsum("pg,pga->pa", self.share, first)
        for state, is_into in into:
            # The end vector is itself made of rates: its derivatives come on top.
            direct = np.real(
                np.einsum("pgs,psa->pga", self.from_left * self.grown, inverse[:, :, start])
            )
            direct = direct * entry[state][:, None] * is_into[:, :, None]
            first = first + direct
            by_move += np.einsum("pg,pga->pa", self.share, direct)
            cross = np.real(self._cross(is_into) @ (inverse[:, :, start] * entry[state][:, None]))
            found += cross + np.swapaxes(cross, 1, 2)
        diagonal = np.arange(found.shape[1])
        found[:, diagonal, diagonal] += by_move
        scaled = first * (np.sqrt(self.count) / self.probability)[:, :, None]
        return np.asarray(found - np.swapaxes(scaled, 1, 2) @ scaled)

    def _first_differences(self) -> Numbers:
        """Give (exp(l_i t) - exp(l_j t)) / (l_i - l_j) by pair, (p, g, i, j)."""
        total = 0.0
        for h in (self.spread, -self.spread):
            up = self.grown * np.exp(h * self.lag)[:, :, None]
            down = self.grown * np.exp(-h * self.lag)[:, :, None]
            gap = self.value[:, :, None] - self.value[:, None] + 2 * h
            total = total + (up[..., None] - down[:, :, None]) / gap[:, None]
        return np.asarray(total / 2)

    def _slopes(self) -> Floats:
        """Give the derivative of each pair's probability to each log rate, (p, g, a)."""
        inner = self.from_left[..., None] * self._first_differences() * self.from_right[:, :, None]
        n_patterns, n_pairs, size, _ = inner.shape
        outer = self.left[..., None] * self.right[:, :, None]
        flat = outer.reshape(n_patterns, -1, size * size)
        return np.real(inner.reshape(n_patterns, n_pairs, -1) @ np.swapaxes(flat, 1, 2))

    def _cross(self, is_into: npt.NDArray[np.bool_]) -> Numbers:
        """Give, by move and eigenvector, what multiplies the derivative of an exact end vector."""
        share = np.where(is_into, self.share, 0.0)
        summed = np.einsum(
            "pg,pgi,pgij->pij", share, self.from_left, self._first_differences(), optimize=True
        )
        return np.asarray((self.left @ summed) * self.right)

    def _second(self) -> Floats:
        """Sum the second derivatives of the exponentials over pairs, (p, a, b)."""
        tensor = (
            self._second_differences(self.spread) + self._second_differences(-self.spread)
        ) / 2
        n_patterns, size = tensor.shape[:2]
        flat = self.left @ tensor.reshape(n_patterns, size, size * size)
        by_first = flat.reshape(n_patterns, -1, size, size) * self.right[..., None]
        by_second = self.left[..., None] * self.right[:, :, None]
        total = by_first.reshape(n_patterns, -1, size * size) @ np.swapaxes(
            by_second.reshape(n_patterns, -1, size * size), 1, 2
        )
        return np.real(total + np.swapaxes(total, 1, 2))

    def _second_differences(self, h: float) -> Numbers:
        """Sum f[l_i - h, l_j, l_k + h] of exp(t .) over pairs, (p, i, j, k)."""
        value, weight = self.value, self.share[..., None] * self.from_left
        low, high = np.exp(-h * self.lag)[..., None], np.exp(h * self.lag)[..., None]
        gap12 = (value - h)[:, :, None] - value[:, None]
        gap13 = (value - h)[:, :, None] - (value + h)[:, None]
        gap23 = value[:, :, None] - (value + h)[:, None]
        n_patterns, n_pairs, size = weight.shape
        turned = np.swapaxes(weight * self.grown * low, 1, 2)
        first = (turned @ self.from_right) / gap13
        third = (np.swapaxes(weight, 1, 2) @ (self.grown * high * self.from_right)) / gap13
        pair = (weight[..., None] * self.grown[:, :, None]).reshape(n_patterns, n_pairs, -1)
        middle = (np.swapaxes(pair, 1, 2) @ self.from_right).reshape(-1, size, size, size)
        return np.asarray(
            first[:, :, None] / gap12[..., None]
            - middle / (gap12[..., None] * gap23[:, None])
            + third[:, :, None] / gap23[:, None]
        )
