"""Shares of responders: KA9 through the tables, both denominators, intervals."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_outcomes.analysis.pain.responders import estimate_responders
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort, silent_cohort

PAIRS = {"a": (10.0, 7.0), "b": (7.0, 5.0), "c": (3.0, 2.0), "d": (0.0, 0.0), "e": (3.3, 2.31),
         "f": (7.0, 4.9), "g": (4.0, 7.0), "h": (6.0, 0.0)}  # fmt: skip
SCORES = [row for name, (before, after) in PAIRS.items()
          for row in ((name, 0, before), (name, 91, after))] + [("i", 0, 5.0)]  # fmt: skip


def share(table: pd.DataFrame, criterion: str, population: str) -> tuple[int, int]:
    """Numerator and denominator of one row."""
    row = table[(table["criterion"] == criterion) & (table["population"] == population)].iloc[0]
    return int(row["n_responders"]), int(row["n"])


def test_known_answers_through_the_table() -> None:
    """KA9: each criterion counts the right patients out of both denominators."""
    table = estimate_responders(scored_cohort(SCORES), "nprs").table()
    # Better by 2: a, b, f, h. All but d (0) have a baseline of 2 or more.
    assert share(table, "mic", "all") == (4, 8)
    assert share(table, "mic", "baseline allowed") == (4, 7)
    # Better by 30%: a, c, e, f, h; d leaves the denominator.
    assert share(table, "relative", "all") == (5, 7)
    assert share(table, "relative", "baseline allowed") == (5, 7)
    # By 2 and by 30%: a, f, h; d leaves this denominator too.
    assert share(table, "both", "all") == (3, 7)
    assert share(table, "both", "baseline allowed") == (3, 7)
    # Worse by 2: g; a (10) cannot get worse.
    assert share(table, "deteriorated", "baseline allowed") == (1, 7)
    # At 0: d and h; d was there before.
    assert share(table, "recovered", "all") == (2, 8)
    assert share(table, "recovered", "baseline allowed") == (1, 7)


def test_a_missing_score_is_never_a_non_responder() -> None:
    """The episode without a follow-up is counted beside the share, not in its denominator."""
    row = estimate_responders(scored_cohort(SCORES), "nprs").table().iloc[0]
    counts = ["n", "n_analysed", "n_missing_baseline", "n_missing_follow_up", "n_window_closed"]
    assert row[counts].tolist() == [8, 8, 0, 1, 9]


def test_intervals_are_wilsons_and_by_cluster() -> None:
    """4 of 8 has Wilson's interval, and a robust one that is wider when patients return."""
    row = estimate_responders(scored_cohort(SCORES), "nprs").table().iloc[0]
    # Wilson: (p + z2/2n -+ z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n) with z = 1.959964.
    assert row["ci_low"] == pytest.approx(0.2152, abs=1e-4)
    assert row["ci_high"] == pytest.approx(0.7848, abs=1e-4)
    # Without repeats the robust error is s / sqrt(n) = sqrt(.5 .5 / 7).
    assert row["std_error"] == pytest.approx(np.sqrt(0.25 / 7), rel=1e-12)
    same = {name: {"patient_id": "p1"} for name in "ab"} | {"f": {"patient_id": "p2"}}
    same["h"] = {"patient_id": "p2"}
    clustered = estimate_responders(scored_cohort(SCORES, episodes=same), "nprs").table().iloc[0]
    assert clustered["ci_low"] == row["ci_low"]
    assert clustered["cluster_ci_low"] < row["cluster_ci_low"]
    assert (clustered["n_patients"], clustered["n_analysed"]) == (6, 8)


def test_no_responder_at_all_has_a_one_sided_limit() -> None:
    """A share of zero has a cluster interval from zero to the exact limit."""
    scores = [row for i in range(5) for row in ((f"e{i}", 0, 5.0), (f"e{i}", 91, 5.0))]
    row = estimate_responders(scored_cohort(scores), "nprs").table().iloc[0]
    assert (row["estimate"], row["cluster_ci_low"]) == (0, 0)
    assert row["cluster_ci_high"] == pytest.approx(1 - 0.05 ** (1 / 5), rel=1e-12)


def test_groups_and_summary() -> None:
    """By group each criterion has its own rows, and the summary names the group."""
    episodes = {name: {"symptom_duration": "acute"} for name in "abc"}
    result = estimate_responders(
        scored_cohort(SCORES, episodes=episodes), "nprs", by="symptom_duration"
    )
    table = result.table()
    assert share(table[table["symptom_duration"] == "acute"], "mic", "all") == (2, 3)
    assert "symptom_duration acute, better by 2 points: 67% (2 of 3" in result.summary()
    assert "8 of 9 episodes that were due" in result.summary()


def test_relative_response_exists_for_three_instruments_only() -> None:
    """The PSFS has no 30% criterion, and says so by not having the row."""
    table = estimate_responders(scored_cohort(SCORES, instrument="psfs"), "psfs").table()
    assert table["criterion"].unique().tolist() == ["mic", "deteriorated"]


def test_what_cannot_be_answered_is_refused() -> None:
    """Unknown days, later groups, missing instruments and empty denominators are named errors."""
    cohort = scored_cohort(SCORES)
    with pytest.raises(AnalysisError, match="42, 91, 182, 364"):
        estimate_responders(cohort, "nprs", at_day=30)
    with pytest.raises(AnalysisError, match="landmark_day="):
        estimate_responders(cohort, "nprs", by="end_reason")
    with pytest.raises(NotIdentifiableError, match="no score of odi"):
        estimate_responders(cohort)
    with pytest.raises(NotIdentifiableError, match="No episode has both"):
        estimate_responders(cohort, "nprs", at_day=364)


@settings(max_examples=4, deadline=None)
@given(st.permutations(SCORES))
def test_row_order_never_matters(scores: list[tuple[str, int, float]]) -> None:
    """Shuffled scores give the same table."""
    straight = estimate_responders(scored_cohort(SCORES), "nprs").table()
    assert estimate_responders(scored_cohort(scores), "nprs").table().equals(straight)


def test_the_plot_shows_each_criterion_once() -> None:
    """The plot has one line per criterion, among all with both scores."""
    axes = estimate_responders(scored_cohort(SCORES), "nprs").plot()
    assert len(axes.get_yticks()) == 5
    plt.close(axes.figure)


def test_the_loss_rule_asked_for_decides_who_left_care() -> None:
    """Nobody has left care by the default rule; by a gap of 28 days one did, with both scores."""
    cohort = silent_cohort()
    with pytest.raises(NotIdentifiableError, match="No episode has both"):
        estimate_responders(cohort, "nprs", at_day="in_care")
    row = estimate_responders(
        cohort,
        "nprs",
        at_day="in_care",
        criterion=MasteryCriterion(),
        loss=LossRule(gap_days=28),
    ).table()
    assert row[["n_window_closed", "n_analysed"]].iloc[0].tolist() == [1, 1]
