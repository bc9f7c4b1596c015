"""What was known before a follow-up."""

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.score_history import derive_score_history
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort

LOSS = ho.LossRule()


def test_history_ends_before_the_window_and_begins_after_the_baseline() -> None:
    """Of scores on 2, 20, 60 and 75 the last before the window of 13 weeks is that of day 60."""
    cohort = scored_cohort([("a", 0, 8.0), ("a", 20, 7.0), ("a", 60, 6.0), ("a", 75, 3.0)])
    row = derive_score_history(cohort, "nprs", 91, loss=LOSS).frame.iloc[0]
    assert (row["baseline"], row["follow_up"], row["last"], row["last_day"]) == (8, 3, 6, 60)


def test_without_a_score_between_there_is_no_last_one() -> None:
    """The day is 0 and the score missing, so that the baseline can stand for it."""
    cohort = scored_cohort([("a", 0, 8.0), ("a", 91, 6.0)])
    row = derive_score_history(cohort, "nprs", 91, loss=LOSS).frame.iloc[0]
    assert np.isnan(row["last"])
    assert row["last_day"] == 0


def test_all_who_were_due_are_there_once() -> None:
    """Episodes whose window has not closed are counted as started alone."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=7)
    history = derive_score_history(cohort, "nprs", 91, loss=LOSS)
    due = ho.estimate_change(cohort).table()["n_window_closed"].iloc[0]
    frame = history.frame
    assert len(frame) == due == frame["episode_id"].nunique()
    assert history.n_started == 300
    assert np.allclose(history.covariates.mean(axis=0), 0)
    assert (frame["last_day"] < WINDOWS[91].first_day).all()
    early = frame["is_lost_early"]
    assert (frame["is_lost"] | ~early).all()
    assert not (early & frame["has_ended_early"]).any()


def test_what_cannot_be_asked_is_refused() -> None:
    """In care no score is missing on a day; where nobody answered, nothing tells."""
    cohort = scored_cohort([("a", 0, 8.0), ("a", 91, 6.0)])
    with pytest.raises(AnalysisError, match="42, 91, 182 or 364"):
        derive_score_history(cohort, "nprs", "in_care", loss=LOSS)  # type: ignore[arg-type]
    with pytest.raises(NotIdentifiableError, match="none has a score"):
        derive_score_history(cohort, "nprs", 182, loss=LOSS)
