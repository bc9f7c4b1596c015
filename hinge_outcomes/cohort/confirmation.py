"""When a run of ratings, or a move up the ladder, confirms mastery: the rule on plain arrays."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAY_SPAN = 1 << 20
"""More days than any record holds: (group, day) becomes one sortable whole number."""


def confirming_ratings(
    group: Ints,
    day: Ints,
    is_high: Bools,
    *,
    consecutive: int,
    min_gap_days: int,
    max_gap_days: int,
) -> Bools:
    """Find the ratings at which a run of good ratings is long enough to document mastery.

    A run is broken by a lower rating and by more than ``max_gap_days`` since the rating before. A
    good rating less than ``min_gap_days`` after the last one counted neither counts nor breaks.
    Every further rating of a run that is long enough confirms again.

    Parameters
    ----------
    group : array of int
        Which stage of which episode was rated; sorted, then by day.
    day : array of int
        Day of the rating.
    is_high : array of bool
        Whether the rating reaches the level the criterion asks for.
    consecutive : int
        How many such ratings in a row.
    min_gap_days, max_gap_days : int
        Least and most days between one rating of the run and the next.

    Returns
    -------
    array of bool
        True at each confirming rating, in the order given.

    Examples
    --------
    >>> day = np.array([7, 14, 21, 28])
    >>> confirming_ratings(np.zeros(4, int), day, np.array([True, False, True, True]),
    ...                    consecutive=2, min_gap_days=1, max_gap_days=56).tolist()
    [False, False, False, True]
    """
    confirms = np.zeros(len(day), dtype=bool)
    if not is_high.any():
        return confirms
    joins_previous = np.zeros(len(day), dtype=bool)
    joins_previous[1:] = (
        is_high[1:] & is_high[:-1] & (group[1:] == group[:-1]) & (np.diff(day) <= max_gap_days)
    )
    run: Ints = np.cumsum(is_high & ~joins_previous)[is_high].astype(np.int64)
    run_day = run * DAY_SPAN + day[is_high]
    place = _place_in_run(run, run_day, min_gap_days)
    confirms[is_high] = place >= consecutive
    return confirms


def _place_in_run(run: Ints, run_day: Ints, min_gap_days: int) -> Ints:
    """Number the counted ratings of each run 1, 2, …; a rating that comes too soon gets 0."""
    index = np.arange(len(run))
    is_first = starts_block(run)
    first = index[is_first]
    if not np.any(np.diff(run_day)[~is_first[1:]] < min_gap_days):
        return index - np.repeat(first, np.diff(np.append(first, len(run)))) + 1
    place = np.zeros(len(run), dtype=np.int64)
    current, number = first, 1
    # One step per counted rating of the longest run, all runs side by side.
    while len(current):
        place[current] = number
        following = np.searchsorted(run_day, run_day[current] + min_gap_days)
        inside = np.minimum(following, len(run) - 1)
        goes_on = (following < len(run)) & (run[inside] == run[current])
        current, number = following[goes_on], number + 1
    return place


def crossings(episode: Ints, day: Ints, stage: Ints) -> tuple[Ints, Ints, Ints]:
    """List the stages that each move up the ladder leaves behind.

    Parameters
    ----------
    episode, day, stage : array of int
        Working stages by day, changes only, sorted by episode and day.

    Returns
    -------
    episode, stage, day : array of int
        One entry per move and per stage left upward: a move from 3 to 5 leaves 3 and 4.

    Examples
    --------
    >>> [part.tolist() for part in crossings(*np.array([[0, 0], [0, 9], [3, 5]]))]
    [[0, 0], [3, 4], [9, 9]]
    """
    is_up = np.zeros(len(day), dtype=bool)
    is_up[1:] = (episode[1:] == episode[:-1]) & (stage[1:] > stage[:-1])
    moves = np.flatnonzero(is_up)
    height = stage[moves] - stage[moves - 1]
    row = np.repeat(moves, height)
    step = np.arange(len(row)) - np.repeat(np.cumsum(height) - height, height)
    return episode[row], stage[row - 1] + step, day[row]


def advances_confirm(
    rated_group: Ints,
    rated_day: Ints,
    is_high: Bools,
    crossed_group: Ints,
    crossed_day: Ints,
    *,
    max_gap_days: int,
) -> Bools:
    """Tell which moves up confirm the stage left behind by the last rating it was given.

    Parameters
    ----------
    rated_group, rated_day, is_high : array
        Ratings sorted by group and day, as in `confirming_ratings`.
    crossed_group, crossed_day : array of int
        The stage of an episode left upward, and the first day above it.
    max_gap_days : int
        Most days from the rating to the move.

    Returns
    -------
    array of bool
        One per move: the last rating of that stage up to and including that day is good and not
        too old.

    Examples
    --------
    >>> zero = np.zeros(1, int)
    >>> advances_confirm(zero, np.array([7]), np.array([True]), zero, np.array([21]),
    ...                  max_gap_days=56).tolist()
    [True]
    """
    rated = rated_group * DAY_SPAN + rated_day
    last = np.searchsorted(rated, crossed_group * DAY_SPAN + crossed_day, side="right") - 1
    if not len(rated):
        return np.zeros(len(crossed_day), dtype=bool)
    kept = np.maximum(last, 0)
    is_rated = (last >= 0) & (rated_group[kept] == crossed_group)
    result: Bools = is_rated & is_high[kept] & (crossed_day - rated_day[kept] <= max_gap_days)
    return result


def starts_block(key: Ints) -> Bools:
    """Mark each entry that differs from the one before it.

    Parameters
    ----------
    key : array of int
        In the order in which it is read.

    Returns
    -------
    array of bool
        True for the first entry and wherever the key changes.

    Examples
    --------
    >>> starts_block(np.array([1, 1, 4, 1])).tolist()
    [True, False, True, True]
    """
    is_first = np.ones(len(key), dtype=bool)
    is_first[1:] = key[1:] != key[:-1]
    return is_first
