"""The log-rank score of a move for what was known when a stay began."""

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.progression.counting_process import (
    Floats,
    Integers,
    at_risk_by_time,
)

Flags = npt.NDArray[np.bool_]


def log_rank_score(
    past: Floats, first: Integers, last: Integers, moves: Flags, n_times: int
) -> tuple[Floats, Floats]:
    """Compute the log-rank score of a move for covariates known when a stay begins.

    Parameters
    ----------
    past : ndarray, shape (N, Q)
        Covariates of the stays in one state.
    first, last : ndarray, shape (N,)
        The stay is at risk at event times ``first <= t < last``.
    moves : ndarray of bool, shape (N,)
        Whether the move in question ends the stay, at its last event time.
    n_times : int
        Number of event times.

    Returns
    -------
    score : ndarray, shape (Q,)
        Sum over moves of the covariate less its mean among those at risk.
    variance : ndarray, shape (Q, Q)
        Its hypergeometric variance.

    Examples
    --------
    Two at risk, x = 0 and x = 1, and the second moves: 1 - 1/2, with variance 1/4.

    >>> score, variance = log_rank_score(
    ...     np.array([[0.0], [1.0]]), np.array([0, 0]), np.array([1, 1]),
    ...     np.array([False, True]), 1)
    >>> score.tolist(), variance.tolist()
    ([0.5], [[0.25]])
    """
    x = past - past.mean(axis=0)
    n_past = x.shape[1]
    alone = np.zeros(len(x), dtype=np.int64)

    def summed(weight: Floats | None) -> Floats:
        sums: Floats = at_risk_by_time(alone, first, last, weight, 1, n_times)[0]
        return sums

    when = last[moves] - 1
    deaths = np.bincount(when, minlength=n_times).astype(float)
    used = np.flatnonzero(deaths)
    n, d = summed(None)[used], deaths[used]
    mean = np.column_stack([summed(column)[used] / n for column in x.T])
    score = x[moves].sum(axis=0) - d @ mean
    factor = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    variance = np.zeros((n_past, n_past))
    for a in range(n_past):
        for b in range(a + 1):
            moment = summed(x[:, a] * x[:, b])[used] / n - mean[:, a] * mean[:, b]
            variance[a, b] = variance[b, a] = factor @ moment
    return score, variance


def is_expected_often(
    past: Floats, first: Integers, last: Integers, moves: Flags, n_times: int, fewest: int
) -> Flags:
    """Find the pasts from which enough moves are expected; the others count as one, as the rest.

    Parameters
    ----------
    past : ndarray, shape (N, Q)
        Indicators of Q pasts, one of them 1 in each row.
    first, last : ndarray, shape (N,)
        The stay is at risk at event times ``first <= t < last``.
    moves : ndarray of bool, shape (N,)
        Whether the move in question ends the stay, at its last event time.
    n_times : int
        Number of event times.
    fewest : int
        Moves that must be expected of a past: the sum over moves of its share of those at risk.

    Returns
    -------
    ndarray of bool, shape (Q,)
        Which pasts stand alone. The rest has enough as well, or nothing.

    Examples
    --------
    Six move at once, one at a time expected from the first past and five from the second: the first
    is too rare, and joined by the second there is nothing left to compare.

    >>> past = np.repeat(np.eye(2), [1, 5], axis=0)
    >>> here = np.zeros(6, dtype=np.int64)
    >>> is_expected_often(past, here, here + 1, np.ones(6, dtype=bool), 1, 5).tolist()
    [False, False]
    """
    alone = np.zeros(len(past), dtype=np.int64)
    when = last[moves] - 1
    n = at_risk_by_time(alone, first, last, None, 1, n_times)[0][when]
    expected = np.array(
        [
            (at_risk_by_time(alone, first, last, column, 1, n_times)[0][when] / n).sum()
            for column in past.T
        ]
    )
    is_often: Flags = expected >= fewest
    if is_often.any() and expected[~is_often].sum() < fewest:
        # The rest is too small to be compared with: the least of the others joins it.
        is_often[np.argmin(np.where(is_often, expected, np.inf))] = False
    return is_often
