"""Pairs of baseline and follow-up: who was due, which score counts, what is refused."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.follow_up_scores import (
    check_cluster,
    derive_follow_up_scores,
    split_groups,
)
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import CUT, scored_cohort, silent_cohort


@pytest.mark.parametrize(("days_before", "is_closed"), [(112, True), (111, False)])
def test_a_window_closes_on_its_last_day(days_before: int, is_closed: bool) -> None:
    """The 13-week follow-up was due once the cut is 112 days after the start, not a day sooner."""
    start = pd.Timestamp(CUT) - pd.Timedelta(days=days_before)
    cohort = scored_cohort(
        [("e1", 0, 5.0), ("e1", 90, 2.0)],
        episodes={"e1": {"start_date": start.date().isoformat()}},
    )
    assert derive_follow_up_scores(cohort)["is_closed"].tolist() == [is_closed]


def test_in_care_takes_the_last_score_before_the_end() -> None:
    """Of scores around the end of care the last within its 14 days counts, none after it."""
    cohort = scored_cohort(
        [
            *[("e1", 0, 8.0), ("e1", 46, 6.0), ("e1", 60, 5.0), ("e1", 61, 1.0)],
            *[("e2", 0, 7.0), ("e2", 45, 3.0), ("e3", 0, 4.0), ("e3", 59, 2.0)],
        ],
        episodes={
            "e1": {"end_day": 60, "end_reason": "goals_met"},
            "e2": {"end_day": 60, "end_reason": "referred_out"},
        },
    )
    found = derive_follow_up_scores(cohort, at_day="in_care").set_index("episode_id")
    assert found["is_closed"].to_dict() == {"e1": True, "e2": True, "e3": False}
    assert found.loc["e1", ["follow_up_score", "follow_up_day"]].tolist() == [5.0, 60]
    assert np.isnan(found.loc["e2", "follow_up_score"])


def test_care_of_the_lost_ended_at_their_last_visit() -> None:
    """Where the loss rule dates the end, the last score before the last visit counts."""
    visits = pd.DataFrame(
        {"episode_id": "e1", "visit_day": [0, 30], "visit_number": [1, 2], "status": "attended"}
    )
    cohort = scored_cohort([("e1", 0, 8.0), ("e1", 28, 6.0), ("e1", 91, 1.0)], visits=visits)
    found = derive_follow_up_scores(cohort, at_day="in_care").iloc[0]
    assert (found["is_closed"], found["follow_up_score"]) == (True, 6.0)


def test_the_loss_rule_asked_for_decides_who_left_care() -> None:
    """Silent for 30 days is in care by the default rule, and gone since day 30 by 28 days."""
    cohort = silent_cohort()
    assert not derive_follow_up_scores(cohort, at_day="in_care")["is_closed"].any()
    found = derive_follow_up_scores(
        cohort, at_day="in_care", criterion=MasteryCriterion(), loss=LossRule(gap_days=28)
    ).iloc[0]
    assert (found["is_closed"], found["follow_up_score"], found["follow_up_day"]) == (True, 6.0, 28)


def test_a_selection_without_visits_keeps_its_ends_of_care() -> None:
    """An episode never attended left care on day 0 in the cohort, and so it did when selected."""
    visits = pd.DataFrame(
        {"episode_id": ["e1"], "visit_day": 0, "visit_number": 1, "status": "attended"}
    )
    cohort = scored_cohort([("e1", 0, 8.0), ("e2", -3, 8.0), ("e2", 50, 6.0)], visits=visits)
    whole = derive_follow_up_scores(cohort, at_day="in_care").set_index("episode_id").loc[["e2"]]
    alone = derive_follow_up_scores(cohort.select(episode_id="e2"), at_day="in_care")
    columns = ["is_closed", "follow_up_score", "follow_up_day"]
    assert whole["is_closed"].all()
    pd.testing.assert_frame_equal(alone.set_index("episode_id")[columns], whole[columns])


def test_the_baseline_is_not_its_own_follow_up() -> None:
    """Care that ended days after the baseline, with no second score, has no follow-up."""
    cohort = scored_cohort(
        [("e1", 1, 8.0)], episodes={"e1": {"end_day": 5, "end_reason": "goals_met"}}
    )
    assert derive_follow_up_scores(cohort, at_day="in_care")["follow_up_score"].isna().all()


@pytest.mark.parametrize("at_day", [90, 0, "13 weeks", True])
def test_other_days_are_refused_with_the_allowed_ones(at_day: object) -> None:
    """A day without a planned follow-up is an error that lists the planned ones."""
    with pytest.raises(AnalysisError, match="42, 91, 182, 364"):
        derive_follow_up_scores(scored_cohort([("e1", 0, 5.0)]), at_day=at_day)  # type: ignore[arg-type]


def test_dates_reduced_to_years_cannot_tell_who_was_due() -> None:
    """A deidentified cohort is refused by name."""
    cohort = scored_cohort(
        [("e1", 0, 5.0)], episodes={"e1": {"start_date": "2025-01-01"}}, is_deidentified=True
    )
    with pytest.raises(NotIdentifiableError, match="reduced to years"):
        derive_follow_up_scores(cohort)


def test_units_that_are_not_independent_are_refused() -> None:
    """Episodes are no clusters, and a unit that is missing is counted."""
    rows = pd.DataFrame({"clinician_id": ["T1", None], "patient_id": ["p1", "p2"]})
    with pytest.raises(AnalysisError, match="not independent"):
        check_cluster(rows, "episode_id")
    with pytest.raises(AnalysisError, match="missing for 1 episodes"):
        check_cluster(rows, "clinician_id")


def test_groups_cover_everybody() -> None:
    """Every episode is in exactly one group, with the missing as a group of their own."""
    rows = pd.DataFrame({"sex": pd.Categorical(["male", None, "female"]), "n": [1, 2, 3]})
    split = split_groups(rows, ["sex"])
    assert [labels["sex"] for labels, _ in split] == ["female", "male", "(missing)"]
    assert sum(len(members) for _, members in split) == 3
