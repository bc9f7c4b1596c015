"""Mean change: numbers by hand, denominators, clusters, and what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_outcomes.analysis.pain.change import estimate_change, few_clusters_note
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort, silent_cohort

SCORES = [
    ("e1", 0, 8.0), ("e1", 91, 5.0),  # -3
    ("e2", 0, 6.0), ("e2", 91, 5.0),  # -1
    ("e3", 2, 7.0), ("e3", 100, 7.0),  # 0
    ("e4", 0, 5.0),  # no follow-up
    ("e5", 91, 4.0),  # no baseline
    ("e7", 0, 9.0), ("e7", 91, 1.0),  # not due yet: started 100 days before the cut
]  # fmt: skip
EPISODES = {
    "e1": {"symptom_duration": "acute", "clinic_id": "C02"},
    "e6": {},  # no score at all
    "e7": {"start_date": "2026-06-22"},
}


def test_the_mean_rests_on_those_who_were_due_and_have_both_scores() -> None:
    """Mean, error, interval and every count are those of a calculation by hand."""
    row = estimate_change(scored_cohort(SCORES, episodes=EPISODES)).table().iloc[0]
    assert row["estimate"] == pytest.approx(-4 / 3, rel=1e-12)
    # s^2 of -3, -1, 0 is 7/3, so the error is sqrt(7/9), with 2 degrees of freedom (t = 4.302653).
    error = np.sqrt(7 / 9)
    assert row["std_error"] == pytest.approx(error, rel=1e-12)
    assert row["ci_low"] == pytest.approx(-4 / 3 - 4.302653 * error, abs=1e-6)
    assert row["ci_high"] == pytest.approx(-4 / 3 + 4.302653 * error, abs=1e-6)
    counts = ["n_started", "n_window_closed", "n_missing_baseline", "n_missing_follow_up"]
    assert row[counts].tolist() == [7, 6, 2, 1]
    assert (row["n_analysed"], row["estimand"]) == (3, "treatment policy")
    assert (row["baseline_mean"], row["follow_up_mean"]) == (7.0, pytest.approx(17 / 3))


def test_improvement_turns_the_change_by_direction() -> None:
    """Less pain and more function are both improvements."""
    pain = estimate_change(scored_cohort(SCORES, episodes=EPISODES)).table().iloc[0]
    cohort = scored_cohort(SCORES, episodes=EPISODES, instrument="psfs")
    function = estimate_change(cohort, "psfs").table().iloc[0]
    assert pain["improvement"] == -pain["estimate"]
    assert pain["improvement_ci_low"] == -pain["ci_high"]
    assert function["improvement"] == function["estimate"]
    assert function["improvement_ci_low"] == function["ci_low"]


def test_groups_share_the_patients_out() -> None:
    """By a day-0 column each episode is counted in one group."""
    table = estimate_change(scored_cohort(SCORES, episodes=EPISODES), by="symptom_duration").table()
    assert table["symptom_duration"].tolist() == ["acute", "chronic"]
    assert table["n_started"].tolist() == [1, 6]
    assert table["estimate"].tolist() == [-3.0, -0.5]
    assert table["note"].str.startswith("no interval").tolist() == [True, False]


def test_returning_patients_are_one_unit() -> None:
    """Two episodes of one patient count as one cluster; patients and episodes are both printed."""
    episodes = {**EPISODES, "e2": {"patient_id": "patient of e1"}}
    row = estimate_change(scored_cohort(SCORES, episodes=episodes)).table().iloc[0]
    assert (row["n_analysed"], row["n_patients"], row["n_clusters"]) == (3, 2, 2)
    by_clinic = estimate_change(scored_cohort(SCORES, episodes=EPISODES), cluster="clinic_id")
    row = by_clinic.table().iloc[0]
    # Residuals -5/3 | 1/3, 4/3: CR2 variance (25/9) (1 / (2/3) + 1 / (1/3)) / 9 = 1.25 by hand.
    assert row["std_error"] == pytest.approx(np.sqrt((25 / 9) * 4.5 / 9), rel=1e-12)


def test_while_in_care_has_its_own_estimand() -> None:
    """The last score within 14 days of the end of care, among those whose care has ended."""
    ended = {"end_day": 95, "end_reason": "goals_met"}
    cohort = scored_cohort(SCORES, episodes={**EPISODES, "e2": ended, "e4": ended})
    result = estimate_change(cohort, at_day="in_care")
    row = result.table().iloc[0]
    assert (row["estimand"], row["at_day"]) == ("while in care", "in_care")
    assert (row["n_window_closed"], row["n_analysed"], row["estimate"]) == (2, 1, -1.0)
    assert "no interval" in result.summary()


@pytest.mark.parametrize("by", ["end_reason", "end_day", ["clinic_id", "adherence"]])
def test_later_columns_need_a_landmark(by: object) -> None:
    """Grouping by what happened after day 0 is refused with landmark_day= and the allowed names."""
    with pytest.raises(AnalysisError, match=r"landmark_day=.*symptom_duration"):
        estimate_change(scored_cohort(SCORES, episodes=EPISODES), by=by)  # type: ignore[arg-type]


def test_nobody_with_both_scores_is_said_with_counts() -> None:
    """Where no episode has both scores the error says who was due and what is there."""
    with pytest.raises(
        NotIdentifiableError, match=r"of 7 episodes, 6 .* 4 of these have a baseline"
    ):
        estimate_change(scored_cohort(SCORES, episodes=EPISODES), at_day=182)


def test_the_plot_is_one_drawing() -> None:
    """The plot is one Axes with a line per group."""
    result = estimate_change(scored_cohort(SCORES, episodes=EPISODES), by="symptom_duration")
    axes = result.plot()
    assert len(axes.get_yticks()) == 2
    plt.close(axes.figure)


def test_the_summary_is_a_sentence_with_its_numbers() -> None:
    """Summary and notebook view carry the estimate, the counts and the caution."""
    result = estimate_change(scored_cohort(SCORES, episodes=EPISODES))
    assert "-1.33 points" in result.summary()
    assert "3 of 6 episodes that were due (2 without baseline, 1 without follow-up)" in (
        result.summary()
    )
    assert "not an effect of treatment" in result._repr_html_()


def test_few_units_are_called_too_few() -> None:
    """Below 10 units the table warns."""
    assert "too few" in few_clusters_note(9)
    assert few_clusters_note(10) == ""


@settings(max_examples=5, deadline=None)
@given(st.permutations(SCORES))
def test_row_order_never_matters(scores: list[tuple[str, int, float]]) -> None:
    """Shuffled scores give the same numbers."""
    straight = estimate_change(scored_cohort(SCORES, episodes=EPISODES)).table()
    assert estimate_change(scored_cohort(scores, episodes=EPISODES)).table().equals(straight)


def test_the_loss_rule_asked_for_decides_who_left_care() -> None:
    """Nobody has left care by the default rule; by a gap of 28 days one did, with both scores."""
    cohort = silent_cohort()
    with pytest.raises(NotIdentifiableError, match="No episode has both"):
        estimate_change(cohort, "nprs", at_day="in_care")
    row = estimate_change(
        cohort,
        "nprs",
        at_day="in_care",
        criterion=MasteryCriterion(),
        loss=LossRule(gap_days=28),
    ).table()
    assert row[["n_window_closed", "n_analysed"]].iloc[0].tolist() == [1, 1]
