"""Tables of an analysis of loss, on small numbers."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.after_loss import MASTERS, STAYS, CareIntervals
from hinge_outcomes.analysis.progression.dropout_weights import DropoutWeights, LossModel
from hinge_outcomes.analysis.progression.loss_estimates import LossQuestion
from hinge_outcomes.analysis.progression.loss_tables import (
    answer_tables,
    odds_ratios,
    weight_table,
)

SEEN = CareIntervals(
    np.zeros(4),
    np.array([5.0, 9.0, 9.0, 9.0]),
    np.array([MASTERS, STAYS, STAYS, STAYS]),
    np.ones(4),
)


def test_counts_are_of_those_each_row_follows():
    """On day 5 four are at risk and one has mastered; intervals are on the cloglog scale."""
    question = LossQuestion(np.array([5.0]), np.array([0.5, 1.0]), 1.0)
    answers, grid = answer_tables(
        np.array([[0.25, 0.2, 0.25]]), np.full((1, 3), 0.1), 1.96, (SEEN, SEEN), question, 0.5
    )
    assert answers["n_at_risk"].tolist() == [4, 4, 4]
    assert answers["n_events"].tolist() == [1, 1, 1]
    assert answers["estimate"].tolist() == [0.25, 0.25, 0.2]
    assert (answers["ci_low"] < answers["estimate"]).all()
    assert grid["delta"].tolist() == [0.5, 1.0]


def test_a_day_nobody_is_followed_to_is_missing():
    """Day 12 lies beyond the last follow-up."""
    question = LossQuestion(np.array([12.0]), np.array([1.0]), 1.0)
    answers, grid = answer_tables(
        np.array([[0.25, 0.25]]), np.full((1, 2), 0.1), 1.96, (SEEN, SEEN), question, 1.0
    )
    assert answers[["estimate", "std_error", "ci_low", "ci_high"]].isna().all(axis=None)
    assert grid["estimate"].isna().all()


def test_effective_sample_size_by_hand():
    """Weights 1 and 3 are worth (1 + 3)^2 / (1 + 9) = 1.6 people."""
    intervals = CareIntervals(np.zeros(2), np.full(2, 9.0), np.full(2, STAYS), np.array([1.0, 3.0]))
    weights = DropoutWeights(
        intervals, np.arange(2), np.array([1.0, 3.0]), np.zeros((2, 1)), 3.0, 0
    )
    row = weight_table(weights, np.array([5.0])).iloc[0]
    assert row["effective_sample_size"] == pytest.approx(1.6)
    assert row["largest_weight"] == 3
    after = weight_table(weights, np.array([20.0])).iloc[0]
    assert after["n_at_risk"] == 0
    assert np.isnan(after["largest_weight"])


def test_odds_ratios_are_per_unit():
    """A coefficient of log 4 per 2 points is an odds ratio of 2 a point; the level is left out."""
    model = LossModel(
        ("level", "pain"),
        np.array([1.0, 2.0]),
        np.array([0.3, np.log(4.0)]),
        np.ones((2, 2)),
        np.full(2, 0.1),
        np.array([[0.0, 0.3], [0.0, -0.3]]),
    )
    patients = np.array(["P1", "P2"], dtype=object)
    row = odds_ratios(model, np.array([0, 1]), patients, 0.95).iloc[0]
    assert row["term"] == "pain"
    assert row["estimate"] == pytest.approx(2.0)
    assert row["std_error"] == pytest.approx(np.sqrt(2) * 0.3 / 2)
