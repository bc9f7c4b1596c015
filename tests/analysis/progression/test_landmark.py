"""Following from a later day."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen, estimate_occupancy
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

STAYS = pd.DataFrame(
    [
        (1, 0, 2, "a", "b"),
        (1, 2, 8, "b", "c"),
        (2, 0, 5, "b", "c"),
        (3, 0, 6, "a", "c"),
        (4, 0, 4, "a", None),
        (5, 0, 3, "b", None),
        (5, 6, 9, "b", "c"),
    ],
    columns=["id", "tstart", "tstop", "from", "to"],
)


def test_those_in_one_state_at_the_landmark_by_hand() -> None:
    """At 4, 1 and 2 are in b (5 is out of sight, 4 is gone): half in c from 5, all from 8.

    Mean days in b from 4 to 8: 1 of one and 4 of the other, 2.5.
    """
    result = aalen_johansen(STAYS, landmark=4, landmark_state="b", start_distribution="estimated")
    table = result.table().set_index(["state", "time"])
    assert table.loc[("c", 5.0), "estimate"] == 0.5
    assert table.loc[("c", 8.0), "estimate"] == 1
    assert result.stays.n_subjects == 2
    assert sorted(result.clusters) == [1, 2]
    mean = result.restricted_mean(8).set_index("state")
    assert mean.loc["b", "estimate"] == pytest.approx(2.5)
    assert "of those seen at time 4" in result.summary()


def test_the_state_at_the_landmark_is_the_one_moved_to() -> None:
    """A move at the very landmark has happened: at 2, 1 is in b."""
    result = aalen_johansen(STAYS, landmark=2, landmark_state="b")
    assert sorted(result.clusters) == [1, 2, 5]


def test_without_a_state_all_who_are_seen_are_followed() -> None:
    """At 4, 1 and 2 are in b and 3 in a: the shares they start from."""
    result = aalen_johansen(STAYS, landmark=4)
    assert result.curve.shares[:2] == pytest.approx([1 / 3, 2 / 3])


def test_a_later_landmark_forgets_censoring_before_it() -> None:
    """After the last censoring follow-up is complete again, so exact limits hold."""
    seen = STAYS[STAYS["id"] < 4]
    result = aalen_johansen(seen, landmark=4, times=[4.5])
    assert np.isfinite(result.table()["ci_high"]).all()


def test_a_landmark_that_nobody_reaches_is_refused() -> None:
    """An unknown state, an empty landmark and a state without a landmark say what to do."""
    with pytest.raises(NotIdentifiableError, match="earlier landmark"):
        aalen_johansen(STAYS, landmark=99)
    with pytest.raises(NotIdentifiableError, match="in state a"):
        aalen_johansen(STAYS, landmark=7, landmark_state="a")
    with pytest.raises(AnalysisError, match="a, b, c"):
        aalen_johansen(STAYS, landmark=4, landmark_state="z")
    with pytest.raises(AnalysisError, match="needs landmark="):
        aalen_johansen(STAYS, landmark_state="a")
    with pytest.raises(AnalysisError, match="must be a number"):
        aalen_johansen(STAYS, landmark=np.nan)


def test_episodes_take_a_landmark_day_too() -> None:
    """From day 10 on, the one still at stage 2 is followed to mastery on day 30."""
    stays = pd.DataFrame(
        {
            "episode_id": ["E1", "E1", "E2"],
            "patient_id": ["P1", "P1", "P2"],
            "start_day": [0, 5, 0],
            "stop_day": [5, 30, 9],
            "from_state": ["stage_1", "stage_2", "stage_1"],
            "to_state": ["stage_2", "mastered", "lost"],
        }
    )
    result = estimate_occupancy(stays, landmark_day=10, landmark_state="stage_2", times=[30])
    table = result.table().set_index("state")
    assert table.loc["mastered", "estimate"] == 1
    assert "1 episodes of 1 patients" in result.summary()
