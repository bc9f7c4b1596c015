"""The panel of scores: windows, baseline, change, stage on the day."""

import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.outcome_panel import derive_outcome_panel
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort
from tests.records import small_cohort


def test_each_score_has_its_window_baseline_and_change() -> None:
    """The nearest score stands for a follow-up, of two equally near the earlier; no other does."""
    cohort = scored_cohort(
        [("e1", -2, 7.0), ("e1", 1, 6.0), ("e1", 81, 4.0), ("e1", 101, 3.0), ("e1", 10, 5.0)]
    )
    panel = derive_outcome_panel(cohort)
    assert panel["measured_day"].tolist() == [-2, 1, 10, 81, 101]
    assert panel["window"].fillna("").tolist() == ["", "baseline", "", "13 weeks", ""]
    assert panel["target_day"].fillna(-1).tolist() == [-1, 0, -1, 91, -1]
    assert panel["baseline_score"].tolist() == [6.0] * 5
    assert panel["change"].tolist() == [1.0, 0.0, -1.0, -2.0, -3.0]


def test_a_score_of_day_ten_is_no_baseline() -> None:
    """Without a score inside [-14, 3] baseline and change are missing."""
    panel = derive_outcome_panel(scored_cohort([("e1", 10, 5.0), ("e1", 91, 2.0)]))
    assert panel["baseline_score"].isna().all()
    assert panel["change"].isna().all()


def test_working_stage_is_that_of_the_day() -> None:
    """A score takes the stage assigned last, its own day included; before day 0 there is none."""
    assessments = pd.DataFrame(
        {
            "episode_id": ["e2", "e2"],
            "assessed_day": [0, 7],
            "stage": [2, 4],
            "mastery_level": [1, 1],
            "is_working_stage": [True, True],
        }
    )
    outcomes = pd.DataFrame(
        {
            "episode_id": ["e2"] * 4,
            "measured_day": [-3, 6, 7, 9],
            "instrument": "nprs",
            "score": [5.0, 4.0, 3.0, 2.0],
        }
    )
    visits = pd.DataFrame(
        {
            "episode_id": ["e2"] * 2,
            "visit_day": [0, 7],
            "visit_number": [1, 2],
            "status": "attended",
        }
    )
    base = small_cohort()
    episodes = base.episodes.assign(
        end_reason=base.episodes["end_reason"].astype("object").replace("mastered", "goals_met")
    )
    cohort = small_cohort(
        assessments=assessments, outcomes=outcomes, visits=visits, episodes=episodes
    )
    panel = derive_outcome_panel(cohort)
    assert panel["working_stage"].fillna(0).tolist() == [0, 2, 4, 4]


def test_day0_columns_come_with_every_score() -> None:
    """Age, sex and the clinic's own day-0 columns stand beside each score, later ones do not."""
    columns = (
        ExtraColumn("episodes", "x_group", "text"),
        ExtraColumn("episodes", "x_attendance", "number", timing="later"),
    )
    cohort = scored_cohort(
        [("e1", 0, 5.0)],
        episodes={"e1": {"x_group": "usual care", "x_attendance": 0.9}},
        extra_columns=columns,
    )
    row = derive_outcome_panel(cohort).iloc[0]
    assert (row["age"], row["sex"], row["x_group"]) == (45, "female", "usual care")
    assert "x_attendance" not in row.index


def test_an_instrument_that_is_not_there_is_named() -> None:
    """An unknown code lists the known ones; a known one without scores lists those that have."""
    cohort = scored_cohort([("e1", 0, 5.0)])
    with pytest.raises(AnalysisError, match="Allowed: nprs, odi"):
        derive_outcome_panel(cohort, "vas")
    with pytest.raises(NotIdentifiableError, match="It holds: nprs"):
        derive_outcome_panel(cohort, "odi")
