"""How the rates of a Markov model depend on its parameters: one linear form on the log scale."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RateStructure:
    """Say which moves are possible and how their log rates follow from the parameters.

    The log rate of move r under covariate pattern p is the sum over c of
    values[p, c] (maps[c] theta)[r]. The first covariate is the constant 1, so ``maps[0]`` holds the
    baseline: the identity where each rate is free, one column of ones where all are tied, a spline
    basis where they are smooth. Effects shared between moves are columns with several ones.

    Parameters
    ----------
    n_states : int
        States S; a move is a pair of their numbers.
    moves : ndarray of shape (R, 2)
        From and to of each possible move.
    maps : ndarray of shape (C + 1, R, K)
        One matrix per covariate, the constant first, from K parameters to R log rates.
    names : tuple of str
        What each of the K parameters is.
    """

    n_states: int
    moves: Integers
    maps: Floats
    names: tuple[str, ...]


def rates_of(structure: RateStructure, values: Floats, theta: Floats) -> Floats:
    """Give the rate of each move under each covariate pattern.

    Parameters
    ----------
    structure : RateStructure
        The moves and their maps.
    values : ndarray of shape (P, C + 1)
        Covariates of each pattern, the constant 1 first.
    theta : ndarray of shape (K,)
        The parameters.

    Returns
    -------
    ndarray of shape (P, R)
        Rates per unit of time.
    """
    return np.exp(values @ (structure.maps @ theta))


def generators_of(structure: RateStructure, rates: Floats) -> Floats:
    """Put rates into generators, whose rows sum to zero.

    Parameters
    ----------
    structure : RateStructure
        The moves.
    rates : ndarray of shape (P, R)
        Rate of each move under each pattern.

    Returns
    -------
    ndarray of shape (P, S, S)
        One generator per pattern.
    """
    size = structure.n_states
    generators = np.zeros((len(rates), size, size))
    generators[:, structure.moves[:, 0], structure.moves[:, 1]] = rates
    generators[:, range(size), range(size)] = -generators.sum(axis=2)
    return generators


def parameter_gradient(
    structure: RateStructure, values: Floats, rates: Floats, by_entry: Floats
) -> Floats:
    """Carry a gradient from the entries of the generators to the parameters.

    Parameters
    ----------
    structure : RateStructure
        The moves and their maps.
    values : ndarray of shape (P, C + 1)
        Covariates of each pattern.
    rates : ndarray of shape (P, R)
        Rates under each pattern.
    by_entry : ndarray of shape (P, S, S)
        Derivatives to every entry of each generator, taken as if entries were free.

    Returns
    -------
    ndarray of shape (K,)
        Derivatives to the parameters.
    """
    start, end = structure.moves.T
    by_log_rate = rates * (by_entry[:, start, end] - by_entry[:, start, start])
    return np.asarray(np.einsum("cr,crk->k", values.T @ by_log_rate, structure.maps))
