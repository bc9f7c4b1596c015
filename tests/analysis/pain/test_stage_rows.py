"""Scores with their stage, and how far they lie from mastery."""

import numpy as np

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.stage_rows import (
    WINDOWS_AROUND,
    consecutive_changes,
    derive_stage_rows,
)
from hinge_outcomes.cohort.events import mastery_dates

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=120, seed=7)
ROWS = derive_stage_rows(COHORT, "nprs", criterion=ho.MasteryCriterion(), loss=ho.LossRule())


def test_stages_are_split_into_own_mean_and_what_is_above_it() -> None:
    """Within an episode the deviations add up to nothing."""
    assert np.allclose(ROWS.groupby("episode_id")["above_own"].sum(), 0)
    assert np.allclose(ROWS["own_stage"] + ROWS["above_own"], ROWS["stage"])
    assert (ROWS["day"] >= 0).all()


def test_flags_are_the_windows_around_first_masteries() -> None:
    """Each flag, worked out score by score."""
    dates = mastery_dates(COHORT).drop_duplicates(["episode_id", "stage"])
    days = dates.groupby(dates["episode_id"].astype(str))["mastered_day"].apply(list).to_dict()
    for row in ROWS.head(300).to_dict("records"):
        apart = [row["day"] - day for day in days.get(row["episode_id"], [])]
        for name, (low, high) in WINDOWS_AROUND.items():
            assert row[name] == float(any(low <= gap <= high for gap in apart))


def test_changes_are_between_neighbours_of_one_episode() -> None:
    """Each row has the step of the stage in the interval before, in it, and after it."""
    frame = ROWS[["episode_id", "patient_id", "day", "score", "stage"]]
    changes = consecutive_changes(frame)
    one = frame[frame["episode_id"] == frame["episode_id"].value_counts().index[0]]
    mine = changes[changes["patient_id"] == one["patient_id"].iloc[0]]
    steps, falls = np.diff(one["stage"]), np.diff(one["score"])
    assert mine["same"].tolist()[: len(steps) - 2] == steps[1:-1].tolist()
    assert mine["before"].tolist()[: len(steps) - 2] == steps[:-2].tolist()
    assert mine["after"].tolist()[: len(steps) - 2] == steps[2:].tolist()
    assert mine["change"].tolist()[: len(steps) - 2] == falls[1:-1].tolist()
