"""Answers under several assumptions about missing scores."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.missing_scores import analyse_missing, visit_scores
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=7)
FOUND = analyse_missing(COHORT, n_imputations=10)


def test_every_row_says_what_it_assumes() -> None:
    """Five answers and four deltas, each with words, interval and both means."""
    table = FOUND.table()
    assert table["method"].tolist() == [
        "available cases", "inverse-probability weights", "multiple imputation", "mixed model",
        "MMRM", *["imputation with delta"] * 4,
    ]  # fmt: skip
    assert table["assumes"].str.len().min() > 20
    assert (table["ci_low"] < table["estimate"]).all()
    change = table["follow_up_mean"] - table["baseline_mean"]
    np.testing.assert_allclose(change, table["estimate"], atol=1e-6)
    assert (table["delta"].notna() == (table["method"] == "imputation with delta")).all()


def test_available_cases_are_those_of_estimate_change() -> None:
    """The first row is the number everybody else gives."""
    expected = ho.estimate_change(COHORT).table().iloc[0]
    row = FOUND.table().iloc[0]
    assert row["estimate"] == expected["estimate"]
    assert row["n"] == expected["n_analysed"]


def test_the_worse_those_lost_the_smaller_the_fall_of_pain() -> None:
    """Deltas move the change up, and the tipping point lies where the curve passes the line."""
    curve = FOUND.by_delta()
    assert (np.diff(curve["estimate"]) > 0).all()
    tip = FOUND.tipping_point()
    assert np.interp(tip, curve["delta"], curve["estimate"]) == pytest.approx(FOUND.threshold)
    far = analyse_missing(COHORT, n_imputations=5, threshold=5.0)
    assert np.isnan(far.tipping_point())
    assert "No delta tried" in far.summary()


def test_where_high_is_better_worse_is_lower() -> None:
    """For function a delta makes the improvement smaller as well."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=3)
    curve = analyse_missing(cohort, "psfs", n_imputations=5).by_delta()
    assert (np.diff(curve["estimate"]) < 0).all()


def test_the_same_seed_gives_the_same_answer() -> None:
    """Imputations are drawn from the seed alone; another one differs."""
    again = analyse_missing(COHORT, n_imputations=10)
    pd.testing.assert_frame_equal(FOUND.table(), again.table())
    other = analyse_missing(COHORT, n_imputations=10, seed=2)
    assert other.table()["estimate"].iloc[2] != FOUND.table()["estimate"].iloc[2]


def test_all_missing_at_another_follow_up_changes_nothing() -> None:
    """Without a single score of 26 weeks the answer at 13 weeks by imputation is the same."""
    rows = COHORT.outcomes
    kept = rows[~rows["measured_day"].between(140, 224)]
    less = analyse_missing(replace(COHORT, outcomes=kept.reset_index(drop=True)), n_imputations=10)
    for method in ("available cases", "multiple imputation", "inverse-probability weights", "MMRM"):
        ours, theirs = (
            one.table().set_index("method").loc[method, "estimate"] for one in (less, FOUND)
        )
        assert ours == pytest.approx(theirs, rel=1e-9)


def test_scores_stand_for_one_visit_each() -> None:
    """Nearest first, the earlier of two equally near, and none outside its window."""
    cohort = scored_cohort(
        [("a", 0, 8.0), ("a", 12, 7.0), ("a", 16, 6.0), ("a", 55, 5.0), ("a", 78, 4.0),
         ("a", 92, 3.0), ("a", 150, 2.0)]
    )  # fmt: skip
    rows = visit_scores(cohort, "nprs", 91)
    assert rows[["visit", "score"]].to_numpy().tolist() == [
        [0, 8.0], [14, 7.0], [42, 5.0], [91, 3.0]
    ]  # fmt: skip


def test_the_summary_says_what_cannot_be_checked() -> None:
    """How many are missing, what the methods say, where it tips; the picture names both axes."""
    text = FOUND.summary()
    assert "lack a score" in text
    assert "None of these assumptions can be checked" in text
    ax = FOUND.plot()
    assert "worse than comparable patients" in ax.get_xlabel()
    assert "Mean change" in ax.get_ylabel()


def test_what_cannot_be_asked_is_refused() -> None:
    """An instrument that is not there, nobody followed, a single imputation."""
    with pytest.raises(NotIdentifiableError):
        analyse_missing(COHORT, "fabq")
    with pytest.raises(NotIdentifiableError, match="none has a score"):
        analyse_missing(scored_cohort([("a", 0, 5.0), ("b", 0, 6.0)]))
    with pytest.raises(AnalysisError, match="2 or more"):
        analyse_missing(COHORT, n_imputations=1)
    with pytest.raises(AnalysisError, match="42, 91, 182 or 364"):
        analyse_missing(COHORT, at_day="in_care")  # type: ignore[arg-type]
