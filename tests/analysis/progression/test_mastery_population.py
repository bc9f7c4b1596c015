"""Whose mastery is asked about, and in which groups."""

import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.mastery_population import (
    check_group_column,
    group_labels,
    stage_in_question,
)
from hinge_outcomes.exceptions import AnalysisError
from tests.hand_made import cohort_of, episode
from tests.records import small_cohort


def test_every_episode_is_analysed_or_excluded_for_one_reason() -> None:
    """Entry <= k <= target is analysed; above, below and unrecorded are counted."""
    cohort = cohort_of(
        episode("A", entry=2, target=5),
        episode("B", entry=6, target=8),
        episode("C", entry=1, target=3),
        episode("D", entry=None, target=4),
    )
    wanted, excluded = stage_in_question(cohort, 4)
    assert wanted.to_dict() == {"A": 4}
    assert list(excluded.values()) == [1, 1, 1]
    wanted, excluded = stage_in_question(cohort, "target")
    assert wanted.to_dict() == {"A": 5, "B": 8, "C": 3, "D": 4}
    assert list(excluded.values()) == [0]


def test_groups_keep_the_order_of_their_codes() -> None:
    """Risk groups come low, medium, high, and those not recorded last."""
    cohort = cohort_of(
        episode("A", start_back_risk="high"),
        episode("B", start_back_risk="low"),
        episode("C"),
    )
    labels = group_labels(cohort, pd.Series(["C", "A", "B", "A"]), "start_back_risk", None)
    assert labels is not None
    assert labels.tolist() == ["not recorded", "high", "low", "high"]
    assert labels.cat.categories.tolist() == ["low", "high", "not recorded"]
    assert group_labels(cohort, pd.Series(["A"]), None, None) is None


def test_numbers_are_ordered_as_numbers() -> None:
    """Entry stages are ordered 2, 10, not as text."""
    cohort = cohort_of(episode("A", entry=10, target=10), episode("B", entry=2))
    labels = group_labels(cohort, pd.Series(["A", "B"]), "entry_stage", None)
    assert labels is not None
    assert labels.cat.categories.tolist() == ["2", "10"]


def test_the_working_stage_forms_groups_only_from_a_landmark_on() -> None:
    """On day 0 the working stage is the entry stage; later it needs landmark_day=."""
    cohort = cohort_of(episode("A", entry=1, target=9, ratings=[(5, 2, 1), (9, 4, 1)]))
    with pytest.raises(AnalysisError, match="landmark_day="):
        check_group_column(cohort, "working_stage", None)
    check_group_column(cohort, "working_stage", 7)
    labels = group_labels(cohort, pd.Series(["A"]), "working_stage", 7)
    assert labels is not None
    assert labels.tolist() == ["2"]


def test_an_end_forms_no_groups_even_from_a_landmark_on() -> None:
    """How an episode ended is not known while it goes on."""
    cohort = cohort_of(episode("A"))
    with pytest.raises(AnalysisError, match="end_reason"):
        check_group_column(cohort, "end_reason", 60)


def test_a_list_of_columns_is_refused_by_name() -> None:
    """by= takes one column; a list is an error that shows how."""
    with pytest.raises(AnalysisError, match="name of one column"):
        check_group_column(small_cohort(), ["sex"], None)  # type: ignore[arg-type]
