"""Days on which something was recorded, as one sorted list of (episode, day) keys."""

import numpy as np
from numpy.typing import NDArray

from hinge_outcomes.cohort.confirmation import DAY_SPAN

Floats = NDArray[np.float64]


def day_keys(episode: NDArray[np.integer], day: NDArray[np.generic]) -> NDArray[np.int64]:
    """Make sortable whole numbers of episodes and days.

    Parameters
    ----------
    episode : ndarray of int, shape (n,)
        Places of the episodes.
    day : ndarray, shape (n,)
        Whole days, 0 or later.

    Returns
    -------
    ndarray of int, shape (n,)
        Sorted keys.

    Examples
    --------
    >>> (day_keys(np.array([1, 0]), np.array([3, 5])) - np.array([0, DAY_SPAN])).tolist()
    [5, 3]
    """
    return np.sort(episode.astype(np.int64) * DAY_SPAN + day.astype(np.int64))


def next_day(keys: NDArray[np.int64], episode: NDArray[np.int64], after: Floats | float) -> Floats:
    """Find each episode's first recorded day after a given day.

    Parameters
    ----------
    keys : ndarray of int
        Sorted (episode, day) keys.
    episode : ndarray of int
        Places of the episodes asked about.
    after : ndarray or float
        Days; -1 finds the first day of all.

    Returns
    -------
    ndarray of float
        The first later day, infinity where there is none.

    Examples
    --------
    >>> keys = np.array([0, 1]) * DAY_SPAN + np.array([7, 9])
    >>> next_day(keys, np.array([0, 1]), np.array([7.0, 7.0])).tolist()
    [inf, 9.0]
    """
    if not len(keys):
        return np.full(len(episode), np.inf)
    asked = episode * DAY_SPAN + np.broadcast_to(after, len(episode)).astype(np.int64)
    found = np.searchsorted(keys, asked, side="right")
    key = keys[np.minimum(found, len(keys) - 1)]
    is_there = (found < len(keys)) & (key // DAY_SPAN == episode)
    return np.where(is_there, key % DAY_SPAN, np.inf)


def previous_day(keys: NDArray[np.int64], episode: NDArray[np.int64], before: Floats) -> Floats:
    """Find each episode's last recorded day before a given day.

    Parameters
    ----------
    keys : ndarray of int
        Sorted (episode, day) keys.
    episode : ndarray of int
        Places of the episodes asked about.
    before : ndarray
        Days.

    Returns
    -------
    ndarray of float
        The last earlier day, minus infinity where there is none.

    Examples
    --------
    >>> keys = np.array([0, 1]) * DAY_SPAN + np.array([7, 9])
    >>> previous_day(keys, np.array([0, 1]), np.array([8.0, 9.0])).tolist()
    [7.0, -inf]
    """
    if not len(keys):
        return np.full(len(episode), -np.inf)
    found = np.searchsorted(keys, episode * DAY_SPAN + before.astype(np.int64), side="left") - 1
    key = keys[np.maximum(found, 0)]
    is_there = (found >= 0) & (key // DAY_SPAN == episode)
    return np.where(is_there, key % DAY_SPAN, -np.inf)
