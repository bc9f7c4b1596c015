"""Adjusted changes, their differences and their context."""

from dataclasses import replace

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.follow_up_scores import derive_follow_up_scores
from hinge_outcomes.analysis.pain.published_course import natural_ratios
from hinge_outcomes.exceptions import AnalysisError

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=7)


def test_adjusting_for_baseline_makes_groups_alike_in_it() -> None:
    """The adjusted mean is the plain one moved along the common slope, for each group."""
    plain = ho.estimate_change(COHORT, by="sex").table()
    adjusted = ho.estimate_change(COHORT, by="sex", adjust="baseline_score").table()
    assert (adjusted["n_missing_covariate"] == 0).all()
    move = adjusted["estimate"] - plain["estimate"]
    kept = plain["n_analysed"] > 0
    overall = np.average(plain.loc[kept, "baseline_mean"], weights=plain.loc[kept, "n_analysed"])
    slope = move[kept] / (overall - plain.loc[kept, "baseline_mean"])
    np.testing.assert_allclose(slope, slope.iloc[0], rtol=1e-6)


def test_episodes_without_a_covariate_are_left_out_and_counted() -> None:
    """A missing risk class takes an episode out of an analysis that adjusts for it."""
    episodes = COHORT.episodes.copy()
    episodes.loc[:99, "start_back_risk"] = None
    table = ho.estimate_change(
        replace(COHORT, episodes=episodes), adjust=["start_back_risk", "age"]
    ).table()
    row = table.iloc[0]
    due = row["n_missing_baseline"] + row["n_missing_follow_up"] + row["n_missing_covariate"]
    assert row["n_missing_covariate"] > 0
    assert row["n_analysed"] + due == row["n_window_closed"]


def test_the_natural_course_is_that_of_the_same_baselines() -> None:
    """Mean of each baseline times what is published for its duration; only for pain."""
    found = ho.estimate_change(COHORT, "nprs", 182)
    scores = derive_follow_up_scores(COHORT, "nprs", 182)
    due = scores[scores["is_closed"]].dropna(subset=["baseline_score", "follow_up_score"])
    by_hand = due["baseline_score"] * (natural_ratios(due["symptom_duration"], [182])[:, 0] - 1)
    natural = found.natural_course()
    assert natural is not None
    assert natural["n"].iloc[0] == len(due)
    assert natural["natural_change"].iloc[0] == pytest.approx(by_hand.mean())
    assert ho.estimate_change(COHORT, "odi").natural_course() is None
    assert ho.estimate_change(COHORT, "nprs", "in_care").natural_course() is None


def test_few_clinicians_are_said_with_both_other_intervals() -> None:
    """With fewer than ten clinicians the summary sets jackknife and patients beside them."""
    one = COHORT.select(clinic_id="C01")
    found = ho.estimate_change(one, cluster="clinician_id")
    assert found.table()["note"].iloc[0].startswith("too few")
    assert "delete-one jackknife" in found.summary()
    assert "patient_id" in found.summary()


def test_a_later_column_cannot_be_adjusted_for() -> None:
    """How an episode ended is an outcome, and the message says what to do."""
    with pytest.raises(AnalysisError, match="landmark_day"):
        ho.estimate_change(COHORT, adjust="end_reason")
    with pytest.raises(AnalysisError, match=r"day 0\): baseline_score, clinic_id"):
        ho.estimate_change(COHORT, adjust="weight")


def test_the_picture_marks_the_natural_course() -> None:
    """A hollow mark per line, named below."""
    ax = ho.estimate_change(COHORT, by="symptom_duration").plot()
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["published natural course"]
