"""Rows of episode, day and code are cut and joined in order."""

import numpy as np

from hinge_outcomes.analysis.progression.sighting_rows import (
    distinct,
    in_order,
    is_last_row,
    keep_rows,
)


def test_the_last_row_of_each_episode_is_found() -> None:
    """One True per run; none of nothing."""
    assert is_last_row(np.array([0, 0, 2])).tolist() == [False, True, True]
    assert is_last_row(np.zeros(0, dtype=np.int64)).tolist() == []


def test_an_ending_comes_last_on_its_day() -> None:
    """Episode 0 is seen on days 0 and 7 and ends on 7; episode 1 is seen once."""
    seen = np.array([0, 0, 1]), np.array([0.0, 7.0, 0.0]), np.array([1, 2, 3])
    more = np.array([0]), np.array([7.0]), np.array([12])
    episode, day, code = in_order(seen, more)
    assert episode.tolist() == [0, 0, 0, 1]
    assert day.tolist() == [0, 7, 7, 0]
    assert code.tolist() == [1, 2, 12, 3]


def test_rows_are_kept_together() -> None:
    """What is kept of one column is kept of all."""
    rows = np.array([0, 0, 1]), np.array([0.0, 7.0, 0.0]), np.array([1, 2, 3])
    kept = keep_rows(rows, np.array([True, False, True]))
    assert [part.tolist() for part in kept] == [[0, 1], [0, 0], [1, 3]]


def test_distinct_keys_rise() -> None:
    """Each key once, as a set says it; nothing of nothing."""
    keys = np.random.default_rng(1).integers(0, 40, size=200)
    assert distinct(keys).tolist() == sorted(set(keys.tolist()))
    assert len(distinct(keys[:0])) == 0
