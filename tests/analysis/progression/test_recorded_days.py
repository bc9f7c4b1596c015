"""Sorted keys of episodes and days."""

import numpy as np

from hinge_outcomes.analysis.progression.recorded_days import day_keys, next_day, previous_day

KEYS = day_keys(np.array([0, 0, 2]), np.array([5, 9, 1]))


def test_the_next_and_previous_days_lie_within_the_episode_and_not_on_the_day() -> None:
    """After 5 comes 9, before 9 comes 5; other episodes' days are not found."""
    episode = np.array([0, 0, 1, 2])
    after = next_day(KEYS, episode, np.array([4.0, 5.0, 0.0, 1.0]))
    assert after.tolist() == [5, 9, np.inf, np.inf]
    before = previous_day(KEYS, episode, np.array([5.0, 9.0, 99.0, 2.0]))
    assert before.tolist() == [-np.inf, 5, -np.inf, 1]


def test_nothing_recorded_is_found_nowhere() -> None:
    """Without keys there is no next and no previous day."""
    none = np.zeros(0, dtype=np.int64)
    assert next_day(none, np.array([0]), 3.0).tolist() == [np.inf]
    assert previous_day(none, np.array([0]), np.array([3.0])).tolist() == [-np.inf]
