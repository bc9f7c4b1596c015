"""How what is seen at a visit arises from the true state, and which states subjects start in."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class EmissionStructure:
    """Say with what chance each state is seen as which state.

    The chance that true state s is seen as state o is exp(eta[s, o]) over the sum of these over
    the states it may be seen as, with eta[s, o] = maps[s, o] epsilon + offsets[s, o]. A state that
    is only ever seen as itself has no parameter.

    Parameters
    ----------
    possible : ndarray of shape (S, S)
        True state by seen state: which of them can happen.
    maps : ndarray of shape (S, S, E)
        From E parameters to log odds.
    offsets : ndarray of shape (S, S)
        Fixed parts of the log odds.
    names : tuple of str
        What each parameter is.
    start : ndarray of shape (E,)
        Where the search begins.
    """

    possible: Bools
    maps: Floats
    offsets: Floats
    names: tuple[str, ...]
    start: Floats


@dataclass(frozen=True, slots=True, eq=False)
class StartStructure:
    """Say in which true state subjects are first seen.

    A subject of group g starts in state s with a chance proportional to exp(maps[s] iota) among
    the states possible for g.

    Parameters
    ----------
    group : ndarray of shape (n,)
        Group of each subject.
    possible : ndarray of shape (G, S)
        States in which a group may start.
    maps : ndarray of shape (S, I)
        From I parameters to log odds.
    offsets : ndarray of shape (S,)
        Fixed parts of the log odds.
    names : tuple of str
        What each parameter is.
    start : ndarray of shape (I,)
        Where the search begins.
    """

    group: Integers
    possible: Bools
    maps: Floats
    offsets: Floats
    names: tuple[str, ...]
    start: Floats


def emission_chances(structure: EmissionStructure, epsilon: Floats) -> Floats:
    """Give the chance of each state being seen as each other.

    Parameters
    ----------
    structure : EmissionStructure
        What can happen.
    epsilon : ndarray of shape (E,)
        The parameters.

    Returns
    -------
    ndarray of shape (S, S)
        True state by seen state; rows sum to one.
    """
    return _shares(structure.maps @ epsilon + structure.offsets, structure.possible)


def start_chances(structure: StartStructure, iota: Floats) -> Floats:
    """Give the distribution over the first true state in each group.

    Parameters
    ----------
    structure : StartStructure
        What can happen.
    iota : ndarray of shape (I,)
        The parameters.

    Returns
    -------
    ndarray of shape (G, S)
        Rows sum to one.
    """
    odds = structure.maps @ iota + structure.offsets
    return _shares(np.broadcast_to(odds, structure.possible.shape), structure.possible)


def log_odds_gradient(shares: Floats, by_share: Floats) -> Floats:
    """Carry a gradient from shares to the log odds they are made from.

    Parameters
    ----------
    shares : ndarray of shape (R, C)
        Rows that sum to one.
    by_share : ndarray of shape (R, C)
        Derivatives to the shares, as if free.

    Returns
    -------
    ndarray of shape (R, C)
        Derivatives to the log odds.
    """
    inside = (shares * by_share).sum(axis=1, keepdims=True)
    return np.asarray(shares * (by_share - inside))


def _shares(odds: Floats, possible: Bools) -> Floats:
    shifted = np.where(possible, odds, -np.inf)
    raised = np.exp(shifted - shifted.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
