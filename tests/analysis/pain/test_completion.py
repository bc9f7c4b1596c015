"""Scores there are, of all and of those due."""

import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.completion import describe_completion
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort


def test_fixed_and_variable_denominators_by_hand() -> None:
    """Three started; one is too young for 13 weeks; one of the two due answered."""
    cohort = scored_cohort(
        [("a", 0, 5.0), ("a", 91, 3.0), ("b", 0, 5.0), ("c", 0, 6.0)],
        episodes={"c": {"start_date": "2026-08-01"}},
    )
    table = describe_completion(cohort).table().set_index(["at_day", "rate"])
    assert table.loc[(91, "available data"), ["n_scores", "n"]].tolist() == [1, 3]
    assert table.loc[(91, "completion"), ["n_scores", "n"]].tolist() == [1, 2]
    assert table.loc[(0, "completion"), "estimate"] == 1.0
    assert table.loc[(91, "completion"), "ci_low"] == pytest.approx(0.0945, abs=1e-4)


def test_groups_add_up() -> None:
    """By a day-0 column the counts of groups add up to those of all."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=150, seed=3)
    whole = describe_completion(cohort).table()
    split = describe_completion(cohort, by="symptom_duration").table()
    keys = ["at_day", "rate"]
    sums = split.groupby(keys)[["n_scores", "n"]].sum()
    assert (sums == whole.set_index(keys)[["n_scores", "n"]].sort_index()).all().all()
    assert "6 weeks" in describe_completion(cohort, by="symptom_duration").summary()


def test_the_picture_has_a_line_for_each_follow_up() -> None:
    """Baseline and four follow-ups."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=150, seed=3)
    assert len(describe_completion(cohort).plot().get_yticklabels()) == 5


def test_an_instrument_that_is_not_there_is_named() -> None:
    """A cohort without it, a code nobody knows, a column of later days."""
    cohort = scored_cohort([("a", 0, 5.0)])
    with pytest.raises(NotIdentifiableError, match="no score of odi"):
        describe_completion(cohort, "odi")
    with pytest.raises(AnalysisError):
        describe_completion(cohort, "vas")
    with pytest.raises(AnalysisError, match="landmark_day"):
        describe_completion(cohort, by="end_reason")
