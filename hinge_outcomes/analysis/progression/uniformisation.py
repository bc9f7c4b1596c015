"""Transition probabilities of a Markov process as a mixture over its jump chain, with gradients."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, pdtrc, xlogy

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MOST_JUMPS = 400.0
"""Beyond so many expected jumps the mixture has too many terms; squaring is better."""


@dataclass(frozen=True, slots=True, eq=False)
class JumpChain:
    """Hold the jump chains of several generators, observed at the jumps of one Poisson process.

    With mu at least as large as every rate of leaving, P(t) = exp(Q t) is the sum over k of
    Pois(k; mu t) R^k with R = I + Q / mu [1]_. All terms are non-negative, so nothing cancels and
    repeated eigenvalues or defective generators need no care.

    Parameters
    ----------
    speed : float
        The rate mu of the Poisson process, shared by all generators.
    steps : ndarray of shape (P, S, S)
        Transition matrix R of each chain.

    References
    ----------
    .. [1] Jensen A (1953). Markoff chains as an aid in the study of Markoff processes.
       Skandinavisk Aktuarietidskrift 36, 87-91.
    """

    speed: float
    steps: Floats


def jump_chain(generators: Floats, speed: float | None = None) -> JumpChain:
    """Give the jump chains of generators.

    Parameters
    ----------
    generators : ndarray of shape (P, S, S)
        One generator per covariate pattern.
    speed : float, optional
        Rate of the Poisson process, at least the largest rate of leaving. Default: that rate.

    Returns
    -------
    JumpChain
        The chains.
    """
    size = generators.shape[-1]
    if speed is None:
        speed = fastest(generators) or 1.0
    return JumpChain(speed, generators / speed + np.eye(size))


def fastest(generators: Floats) -> float:
    """Give the largest rate of leaving any state.

    Parameters
    ----------
    generators : ndarray of shape (P, S, S)
        One generator per covariate pattern.

    Returns
    -------
    float
        The rate.
    """
    return float(-np.diagonal(generators, axis1=1, axis2=2).min(initial=0.0))


def poisson_weights(jumps: Floats, n_states: int) -> Floats:
    """Give the probability of each number of jumps.

    Parameters
    ----------
    jumps : ndarray of shape (L,)
        Expected numbers of jumps, mu t.
    n_states : int
        States S: rare moves over many states need at least so many jumps.

    Returns
    -------
    ndarray of shape (L, N)
        Poisson probabilities of 0 to N - 1 jumps, as many as `count_terms` says.
    """
    number = np.arange(count_terms(float(jumps.max(initial=0.0)), n_states), dtype=np.float64)
    mean = jumps[:, None]
    found: Floats = np.exp(xlogy(number, mean) - mean - gammaln(number + 1))
    return found


def count_terms(most: float, n_states: int) -> int:
    """Give how many numbers of jumps must be summed over.

    Parameters
    ----------
    most : float
        Largest expected number of jumps.
    n_states : int
        States S.

    Returns
    -------
    int
        N, such that more jumps are 1e14 times less likely than S jumps, which the rarest move over
        S states needs.
    """
    number = np.arange(n_states, int(most + 10 * np.sqrt(most)) + 30 + 2 * n_states)
    tail = pdtrc(number, most)
    rarest = np.exp(xlogy(n_states, most) - most - gammaln(n_states + 1.0))
    enough = np.flatnonzero(tail <= 1e-14 * min(1.0, float(rarest)))
    return int(number[enough[0]] if len(enough) else number[-1]) + 1


def chain_powers(chain: JumpChain, ends: Floats, n_terms: int) -> Floats:
    """Multiply powers of the chains into end vectors.

    Parameters
    ----------
    chain : JumpChain
        Chains of P patterns.
    ends : ndarray of shape (P, S, C)
        Vectors over the states at the end of the lag.
    n_terms : int
        Number N of powers, from 0.

    Returns
    -------
    ndarray of shape (N, P, S, C)
        R^k ends.
    """
    powers = np.empty((n_terms, *ends.shape))
    powers[0] = ends
    for k in range(1, n_terms):
        np.matmul(chain.steps, powers[k - 1], out=powers[k])
    return powers


def chain_gradient(chain: JumpChain, powers: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Differentiate weighted sums of powers to the generators and to the end vectors.

    Parameters
    ----------
    chain : JumpChain
        Chains of P patterns.
    powers : ndarray of shape (N, P, S, C)
        What `chain_powers` gave.
    weights : ndarray of shape (N, P, S, C)
        Derivative of the objective to each entry of the powers.

    Returns
    -------
    by_entry : ndarray of shape (P, S, S)
        Derivatives to every entry of the generators, as if entries were free.
    by_end : ndarray of shape (P, S, C)
        Derivatives to the end vectors.
    """
    back = np.swapaxes(chain.steps, 1, 2)
    by_step = np.zeros_like(chain.steps)
    current = weights[-1]
    for k in range(len(weights) - 2, -1, -1):
        by_step += current @ np.swapaxes(powers[k], 1, 2)
        current = back @ current
        current += weights[k]
    return by_step / chain.speed, current
