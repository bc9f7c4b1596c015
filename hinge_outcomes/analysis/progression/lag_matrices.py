"""Probabilities of moving between states over a lag, and how they change with the generator."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.uniformisation import (
    MOST_JUMPS,
    chain_gradient,
    chain_powers,
    count_terms,
    fastest,
    jump_chain,
    poisson_weights,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MOST_NUMBERS = 200_000
"""Powers of so many numbers are held at once: few enough to stay in the processor's cache."""


def transition_matrices(generators: Floats, pattern: Integers, lag: Floats) -> Floats:
    """Give the matrix exponential of each generator times each lag.

    Parameters
    ----------
    generators : ndarray of shape (P, S, S)
        One generator per covariate pattern.
    pattern : ndarray of shape (L,)
        Which generator each row uses.
    lag : ndarray of shape (L,)
        Time between two looks, 0 or more.

    Returns
    -------
    ndarray of shape (L, S, S)
        Probabilities, rows from, columns to.

    Notes
    -----
    Short lags by uniformisation, lags of very many expected moves by scaling and squaring.
    """
    size = generators.shape[1]
    found = np.empty((len(lag), size, size))
    speed = fastest(generators)
    is_long = speed * lag > MOST_JUMPS
    if is_long.any():
        found[is_long] = expm(generators[pattern[is_long]] * lag[is_long, None, None])
    for block, rows in _blocks(generators, pattern, lag, ~is_long, speed):
        chain = jump_chain(generators[block], speed or 1.0)
        weights = poisson_weights(chain.speed * lag[rows], size)
        powers = chain_powers(chain, _identities(len(block), size), weights.shape[1])
        for mine, number in _by_pattern(pattern[rows], block):
            flat = powers[:, number].reshape(len(powers), -1)
            found[rows[mine]] = (weights[mine] @ flat).reshape(-1, size, size)
    return found


def generator_gradient(
    generators: Floats, pattern: Integers, lag: Floats, weights: Floats
) -> Floats:
    """Differentiate weighted sums of transition probabilities to the entries of the generators.

    Parameters
    ----------
    generators : ndarray of shape (P, S, S)
        One generator per covariate pattern.
    pattern : ndarray of shape (L,)
        Which generator each row uses.
    lag : ndarray of shape (L,)
        Time between two looks.
    weights : ndarray of shape (L, S, S)
        What each probability counts for: the derivative of the objective to it.

    Returns
    -------
    ndarray of shape (P, S, S)
        Derivatives of sum over l, i, j of weights[l, i, j] P_l[i, j], as if entries were free.

    Notes
    -----
    Uniformisation is differentiated backwards through its powers. For long lags the adjoint of
    the Frechet derivative L(A, E) of the exponential is L(A', .), the upper right block of
    exp([[A', W], [0, A']]).
    """
    size = generators.shape[1]
    found = np.zeros_like(generators)
    speed = fastest(generators)
    is_long = speed * lag > MOST_JUMPS
    if is_long.any():
        rows = np.flatnonzero(is_long)
        block = np.zeros((len(rows), 2 * size, 2 * size))
        turned = np.swapaxes(generators[pattern[rows]], 1, 2) * lag[rows, None, None]
        block[:, :size, :size] = turned
        block[:, size:, size:] = turned
        block[:, :size, size:] = weights[rows] * lag[rows, None, None]
        np.add.at(found, pattern[rows], expm(block)[:, :size, size:])
    for chosen, rows in _blocks(generators, pattern, lag, ~is_long, speed):
        chain = jump_chain(generators[chosen], speed or 1.0)
        jumps = poisson_weights(chain.speed * lag[rows], size)
        powers = chain_powers(chain, _identities(len(chosen), size), jumps.shape[1])
        counts = np.zeros_like(powers)
        for mine, number in _by_pattern(pattern[rows], chosen):
            flat = weights[rows[mine]].reshape(-1, size * size)
            counts[:, number] = (jumps[mine].T @ flat).reshape(-1, size, size)
        found[chosen] += chain_gradient(chain, powers, counts)[0]
    return found


def _identities(number: int, size: int) -> Floats:
    return np.broadcast_to(np.eye(size), (number, size, size))


def _blocks(
    generators: Floats, pattern: Integers, lag: Floats, wanted: npt.NDArray[np.bool_], speed: float
) -> Iterator[tuple[Integers, Integers]]:
    """Give patterns in blocks of bearable size, each with its rows in order of pattern."""
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return
    rows = rows[np.argsort(pattern[rows], kind="stable")]
    used, first = np.unique(pattern[rows], return_index=True)
    edge = np.append(first, len(rows))
    size = generators.shape[1]
    numbers = count_terms(speed * float(lag[rows].max()), size) * size**2
    width = max(1, int(_MOST_NUMBERS / numbers))
    for start in range(0, len(used), width):
        stop = min(start + width, len(used))
        yield used[start:stop], rows[edge[start] : edge[stop]]


def _by_pattern(pattern: Integers, block: Integers) -> Iterator[tuple[slice, int]]:
    """Give the rows of each pattern, which are in order, with its place in the block."""
    edge = np.searchsorted(pattern, np.append(block, block[-1] + 1))
    for number in range(len(block)):
        yield slice(int(edge[number]), int(edge[number + 1])), number
