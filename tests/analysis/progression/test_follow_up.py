"""Potential follow-up by reverse Kaplan-Meier."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.follow_up import potential_follow_up


def _stays(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["episode_id", "stop_day", "to_state"])
    return frame.assign(start_day=0.0, cluster=frame["episode_id"])


def test_ends_are_censored_and_censorings_are_the_event() -> None:
    """Cut at 10, 40, 60; ended at 20, 30: (1 - 1/5) then (1 - 1/2) passes one half on day 40."""
    rows = [(1, 10, None), (2, 20, "lost"), (3, 30, "mastered"), (4, 40, None), (5, 60, None)]
    found = potential_follow_up(_stays(rows))
    assert found["estimate"] == 40
    assert (found["n_at_risk"], found["n_events"]) == (2, 2)
    assert found["ci_low"] <= 40


def test_the_last_period_of_an_episode_tells_how_it_ended() -> None:
    """Out of mastery and back is one episode, seen to the last of its days."""
    stays = pd.DataFrame(
        {
            "episode_id": [1, 1, 2],
            "cluster": [1, 1, 2],
            "start_day": [0, 10, 0],
            "stop_day": [10, 50, 50],
            "to_state": ["mastered", None, None],
        }
    )
    assert potential_follow_up(stays)["estimate"] == 50


def test_where_nobody_is_censored_or_some_come_later_there_is_no_median() -> None:
    """Without a censoring nothing was cut short; with late entry the day is an age, not a time."""
    assert np.isnan(potential_follow_up(_stays([(1, 10, "lost")]))["estimate"])
    late = _stays([(1, 10, None), (2, 20, None)]).assign(start_day=[0.0, 5.0])
    assert np.isnan(potential_follow_up(late)["estimate"])
    since = _stays([(1, 10, None), (2, 20, None)]).assign(start_day=5.0)
    assert potential_follow_up(since, first_day=5)["estimate"] == 10
