"""Whether and when a Markov process reaches a state: chances, mean times, quantiles."""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import expm
from scipy.optimize import brentq

from hinge_outcomes.analysis.progression.panel_data import Bools, Floats

_NEVER = 1e-12
"""A chance below this is none: the state cannot be reached."""


def chance_of_ever(generator: Floats, targets: Sequence[int]) -> Floats:
    """Give the probability of ever reaching one of some states.

    Parameters
    ----------
    generator : ndarray of shape (S, S)
        Rates per unit of time; rows sum to zero.
    targets : sequence of int
        Places of the states to reach.

    Returns
    -------
    ndarray of shape (S,)
        From each state; 1 from the targets themselves.

    Notes
    -----
    h is the least non-negative solution of sum over j of q_ij h_j = 0 outside the targets and
    h = 1 on them [1]_; states from which the targets cannot be reached have h = 0.

    References
    ----------
    .. [1] Norris J (1997). Markov chains. Cambridge University Press, section 3.3.

    Examples
    --------
    Up at 0.1, out at 0.05: two of three get there.

    >>> generator = np.array([[-0.15, 0.1, 0.05], [0, 0, 0], [0, 0, 0]])
    >>> chance_of_ever(generator, [1]).round(4).tolist()
    [0.6667, 1.0, 0.0]
    """
    found = np.zeros(len(generator))
    found[list(targets)] = 1.0
    inside = _can_reach(generator, targets)
    inside[list(targets)] = False
    if inside.any():
        part = generator[inside][:, inside]
        arriving = generator[inside][:, list(targets)].sum(axis=1)
        found[inside] = np.linalg.solve(part, -arriving)
    return np.clip(found, 0.0, 1.0)


def mean_given_arrival(generator: Floats, targets: Sequence[int]) -> Floats:
    """Give the mean time to reach one of some states, among those who ever do.

    Parameters
    ----------
    generator : ndarray of shape (S, S)
        Rates per unit of time.
    targets : sequence of int
        Places of the states to reach.

    Returns
    -------
    ndarray of shape (S,)
        From each state, in the unit of time; missing where the chance is zero.

    Notes
    -----
    With h the chance of ever arriving, w = h times the conditional mean solves
    sum over j of q_ij w_j = -h_i outside the targets, w = 0 on them. Whoever may leave for good has
    no mean time that is not conditional: it is infinite.

    Examples
    --------
    >>> generator = np.array([[-0.15, 0.1, 0.05], [0, 0, 0], [0, 0, 0]])
    >>> mean_given_arrival(generator, [1])[:2].round(3).tolist()
    [6.667, 0.0]
    """
    chance = chance_of_ever(generator, targets)
    inside = chance > _NEVER
    inside[list(targets)] = False
    found = np.full(len(generator), np.nan)
    found[list(targets)] = 0.0
    if inside.any():
        part = generator[inside][:, inside]
        found[inside] = np.linalg.solve(part, -chance[inside]) / chance[inside]
    return found


def without_exits(generator: Floats, exits: Sequence[int]) -> Floats:
    """Remove the moves into some states: the process if nobody left that way.

    Parameters
    ----------
    generator : ndarray of shape (S, S)
        Rates per unit of time.
    exits : sequence of int
        Places of the states that are not entered any more.

    Returns
    -------
    ndarray of shape (S, S)
        The generator without these moves.

    Examples
    --------
    Up at 0.1: ten days on average.

    >>> generator = np.array([[-0.15, 0.1, 0.05], [0, 0, 0], [0, 0, 0]])
    >>> float(mean_given_arrival(without_exits(generator, [2]), [1])[0])
    10.0
    """
    found = generator.copy()
    found[:, list(exits)] = 0.0
    size = np.arange(len(found))
    found[size, size] = 0.0
    found[size, size] = -found.sum(axis=1)
    return found


def arrival_quantile(
    generator: Floats, start: int, targets: Sequence[int], share: float = 0.5
) -> float:
    """Give the time by which a share of all who start in a state have reached the targets.

    Parameters
    ----------
    generator : ndarray of shape (S, S)
        Rates per unit of time.
    start : int
        Place of the state they start in.
    targets : sequence of int
        Places of the states to reach.
    share : float, default 0.5
        Of all who start, those who never arrive included.

    Returns
    -------
    float
        In the unit of time; missing where fewer ever arrive.

    Examples
    --------
    >>> generator = np.array([[-0.15, 0.1, 0.05], [0, 0, 0], [0, 0, 0]])
    >>> round(arrival_quantile(generator, 0, [1]), 3)
    9.242
    >>> round(arrival_quantile(without_exits(generator, [2]), 0, [1]), 3)
    6.931
    """
    if start in targets:
        return 0.0
    if chance_of_ever(generator, targets)[start] <= share:
        return float("nan")
    stopped = generator.copy()
    stopped[list(targets)] = 0.0

    def excess(time: float) -> float:
        return float(expm(stopped * time)[start, list(targets)].sum() - share)

    late = 1.0 / max(float(np.abs(np.diagonal(generator)).max()), 1e-300)
    while excess(late) < 0:
        late *= 2
    return float(brentq(excess, 0.0, late, xtol=1e-12 * late, rtol=1e-12))


def _can_reach(generator: Floats, targets: Sequence[int]) -> Bools:
    """Tell from which states the targets can be reached."""
    found = np.zeros(len(generator), dtype=bool)
    found[list(targets)] = True
    for _ in range(len(generator)):
        more = found | (generator[:, found] > 0).any(axis=1)
        if (more == found).all():
            break
        found = more
    return found
