"""Imputation by chained equations, and Rubin's rules."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.imputation import impute_scores, pool_means
from hinge_outcomes.analysis.pain.score_history import ScoreHistory
from hinge_outcomes.exceptions import NotIdentifiableError


def _history(n: int = 400, *, seed: int = 1, shift: float = 0.0) -> tuple[ScoreHistory, float]:
    """Who hurts more at the last score is likelier to have no follow-up; the true mean change."""
    rng = np.random.default_rng(seed)
    baseline = rng.normal(6, 1.5, n)
    last = 0.7 * baseline + rng.normal(0, 1, n)
    is_gone = rng.random(n) < 1 / (1 + np.exp(4 - 0.8 * last))
    follow_up = 0.6 * last + rng.normal(0, 1, n) + shift * is_gone
    truth = float(0.6 * 0.7 * 6 + shift * is_gone.mean() - 6)
    frame = pd.DataFrame(
        {
            "episode_id": np.arange(n), "patient_id": np.arange(n),
            "baseline": np.where(rng.random(n) < 0.05, np.nan, baseline),
            "follow_up": np.where(is_gone, np.nan, follow_up),
            "last": last, "last_day": 60.0, "is_lost": is_gone, "is_lost_early": is_gone,
            "has_ended_early": False,
        }
    )  # fmt: skip
    return ScoreHistory(frame, rng.standard_normal((n, 2)), n), truth


def _pooled(history: ScoreHistory, seed: int = 3):  # type: ignore[no-untyped-def]
    made = impute_scores(history, 91, n_imputations=20, rng=np.random.default_rng(seed))
    return pool_means(made.follow_up - made.baseline, history.frame["patient_id"].to_numpy(), 0.95)


def test_scores_missing_at_random_are_made_up_for() -> None:
    """Over 100 samples imputation is unbiased and covers, where complete cases are wrong."""
    apart, covered, plain = [], 0, []
    for seed in range(100):
        history, truth = _history(seed=seed)
        found = _pooled(history, seed)
        apart.append(found.estimate - truth)
        covered += found.ci_low <= truth <= found.ci_high
        plain.append(float((history.frame["follow_up"] - history.frame["baseline"]).mean()) - truth)
    error = np.std(apart) / 10
    assert abs(np.mean(apart)) < 4 * error
    assert covered >= 88
    assert abs(np.mean(plain)) > 6 * error


def test_recorded_scores_are_never_changed() -> None:
    """In every completed sample what was recorded stands as it was."""
    history, _ = _history()
    made = impute_scores(history, 91, n_imputations=5, rng=np.random.default_rng(0))
    for name, values in (("baseline", made.baseline), ("follow_up", made.follow_up)):
        known = history.frame[name].notna().to_numpy()
        expected = np.broadcast_to(history.frame[name].to_numpy()[known], (5, known.sum()))
        assert (values[:, known] == expected).all()
        assert np.isfinite(values).all()
        assert (values[:, ~known].std(axis=0) > 0).all()


def test_delta_moves_those_lost_alone_and_not_beyond_the_scale() -> None:
    """A score near the end of the scale moves by what is left of it."""
    history, _ = _history()
    made = impute_scores(history, 91, n_imputations=5, rng=np.random.default_rng(0))
    moved = made.shifted(1.5, 0.0, 10.0) - made.follow_up
    assert (moved[:, ~made.is_shifted] == 0).all()
    assert moved.max() == pytest.approx(1.5)
    assert (moved >= 0).all()
    high = made.follow_up[:, made.is_shifted] > 8.5
    assert (moved[:, made.is_shifted][high] < 1.5).all()
    assert made.shifted(0.0, 0.0, 10.0) is made.follow_up


def test_rubins_rules_by_hand() -> None:
    """Two samples of four: means 3 and 4, variances 7/6 and 7/6, T = 7/6 + 1.5 x 0.5."""
    values = np.array([[1.0, 2.0, 3.0, 6.0], [2.0, 3.0, 4.0, 7.0]])
    found = pool_means(values, np.arange(4), 0.95)
    total = 7 / 6 + 1.5 * 0.5
    assert found.estimate == 3.5
    assert found.std_error == pytest.approx(np.sqrt(total))
    share = 0.75 / total
    old, observed = 1 / share**2, 3 * 4 / 6 * (1 - share)
    assert found.degrees_of_freedom == pytest.approx(old * observed / (old + observed))
    assert found.missing_information == pytest.approx(share)


def test_too_few_follow_ups_are_refused() -> None:
    """Nine scores cannot say what eight columns mean."""
    history, _ = _history(40)
    frame = history.frame.copy()
    frame.loc[8:, "follow_up"] = np.nan
    with pytest.raises(NotIdentifiableError, match="too few"):
        impute_scores(
            ScoreHistory(frame, history.covariates, 40), 91, n_imputations=2,
            rng=np.random.default_rng(0),
        )  # fmt: skip
