"""Weights for scores that are there."""

import numpy as np

from hinge_outcomes.analysis.pain.score_history import ScoreHistory
from hinge_outcomes.analysis.pain.score_weights import weigh_scores
from tests.analysis.pain.test_imputation import _history


def _seen_at_random(seed: int) -> tuple[ScoreHistory, float]:
    """A history in which the chance of a follow-up depends on the last score alone."""
    rng = np.random.default_rng(1_000 + seed)
    history, truth = _history(seed=seed)
    frame = history.frame.copy()
    n = len(frame)
    full = 0.6 * frame["last"] + rng.normal(0, 1, n)
    is_gone = rng.random(n) < 1 / (1 + np.exp(3.2 - 0.5 * frame["last"]))
    frame["follow_up"] = full.where(~is_gone)
    frame["is_lost"] = frame["is_lost_early"] = False
    return ScoreHistory(frame, history.covariates, n), truth


def test_weighting_is_unbiased_and_its_error_is_that_of_many_samples() -> None:
    """Over 100 samples the bias is within 4 errors, the stated error within 25% of the spread."""
    apart, errors = [], []
    for seed in range(100):
        history, truth = _seen_at_random(seed)
        found = weigh_scores(history, 91, history.frame["patient_id"].to_numpy(), 0.95).pooled
        apart.append(found.estimate - truth)
        errors.append(found.std_error)
    assert abs(np.mean(apart)) < 4 * np.std(apart) / 10
    assert 0.8 < np.mean(errors) / np.std(apart) < 1.25


def test_nobody_missing_is_the_plain_mean() -> None:
    """With all scores there every weight is nearly one."""
    history, _ = _history(shift=0.0)
    frame = history.frame.copy()
    frame["baseline"] = frame["baseline"].fillna(6.0)
    frame["follow_up"] = frame["follow_up"].fillna(3.0)
    whole = ScoreHistory(frame, history.covariates, len(frame))
    found = weigh_scores(whole, 91, frame["patient_id"].to_numpy(), 0.95)
    assert abs(found.pooled.estimate - (frame["follow_up"] - frame["baseline"]).mean()) < 1e-6
    assert abs(found.effective_n - len(frame)) < 1e-3
    assert found.n_cut == 0


def test_lost_who_never_answer_are_counted() -> None:
    """Where no lost patient has a score nobody stands for them, and the count says it."""
    history, _ = _history()
    found = weigh_scores(history, 91, history.frame["patient_id"].to_numpy(), 0.95)
    assert found.n_lost_seen == 0
    assert found.largest_weight <= 20
