"""Rows of episode, day and code: which come last, which stay, how endings join them."""

import numpy as np

from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers

DAYS = 1 << 20
"""More than any day: an episode's number times this plus a day is a key that sorts."""

Rows = tuple[Integers, Floats, Integers]
"""Episode, day and code (or stage) of some sightings."""


def distinct(keys: Integers) -> Integers:
    """Give each key once, in order: by sorting, which is quick where they are nearly in order.

    Parameters
    ----------
    keys : ndarray
        Whole numbers.

    Returns
    -------
    ndarray
        Rising.
    """
    rising = np.sort(keys, kind="stable")
    return rising[is_last_row(rising)]


def is_last_row(episode: Integers) -> Bools:
    """Tell which rows are the last of their episode.

    Parameters
    ----------
    episode : ndarray
        Never falling.

    Returns
    -------
    ndarray of bool
        One True per episode.
    """
    return np.append(episode[1:] != episode[:-1], np.ones(min(len(episode), 1), dtype=bool))


def keep_rows(rows: Rows, keep: Bools) -> Rows:
    """Give some of the sightings.

    Parameters
    ----------
    rows : tuple of ndarray
        Episode, day, code.
    keep : ndarray of bool
        Which.

    Returns
    -------
    tuple of ndarray
        Those.
    """
    return rows[0][keep], rows[1][keep], rows[2][keep]


def in_order(seen: Rows, more: Rows) -> Rows:
    """Put endings behind the sightings of their episodes.

    Parameters
    ----------
    seen : tuple of ndarray
        Episode, day, code of the sightings.
    more : tuple of ndarray
        Of the endings.

    Returns
    -------
    tuple of ndarray
        All, in order of episode and day; an ending comes last on its day.
    """
    episode, day, code = (np.concatenate(parts) for parts in zip(seen, more, strict=True))
    is_ending = np.arange(len(episode)) >= len(seen[0])
    order = np.lexsort((is_ending, day, episode))
    return episode[order], day[order], code[order]
