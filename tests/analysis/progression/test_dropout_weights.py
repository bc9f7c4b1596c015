"""The model of loss, and the weights that come from it."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from hinge_outcomes.analysis.progression.after_loss import MASTERS, STAYS
from hinge_outcomes.analysis.progression.dropout_weights import (
    LossModel,
    fit_loss_model,
    weigh_against_loss,
)
from hinge_outcomes.analysis.progression.visit_history import VisitHistory


def history_of(n: int = 4000, seed: int = 2, **known: object) -> VisitHistory:
    """Make n patients with two visits each, days 0 and 7, of whom more leave as x grows."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    lost_first = rng.random(n) < 1 / (1 + np.exp(2 - x))
    lost_second = ~lost_first & (rng.random(n) < 1 / (1 + np.exp(2 - x)))
    episode = np.concatenate([np.arange(n), np.flatnonzero(~lost_first)])
    order = np.argsort(episode, kind="stable")
    episode = episode[order]
    day = np.where(np.diff(episode, prepend=-1) != 0, 0.0, 7.0)
    is_lost = np.where(day == 0, lost_first[episode], lost_second[episode])
    start = np.maximum(day, 0.5)
    return VisitHistory(
        episode=episode,
        day=day,
        is_lost=is_lost,
        start=start,
        stop=np.where(is_lost, start, day + 7.0),
        end=np.full(len(day), STAYS),
        day0_end=np.full(n, STAYS),
        day0_episode=np.arange(n),
        known=pd.DataFrame({"x": x[episode], **known}),
    )


def test_coefficients_are_those_of_a_logistic_regression():
    """With many losses the penalty is negligible: statsmodels' Logit agrees to 1e-3."""
    history = history_of()
    model = fit_loss_model(history)
    x = sm.add_constant(history.known["x"].to_numpy())
    reference = sm.Logit(history.is_lost.astype(float), x).fit(disp=0)
    slope = model.coefficients[1] / model.scale[1]
    assert model.terms == ("level", "x")
    assert slope == pytest.approx(reference.params[1], abs=2e-3)
    assert model.probability == pytest.approx(reference.predict(), abs=1e-3)


def test_influence_gives_the_robust_error():
    """The sum of squares of the influence is the sandwich variance of the coefficients."""
    history = history_of()
    model = fit_loss_model(history)
    x = sm.add_constant(history.known["x"].to_numpy())
    reference = sm.Logit(history.is_lost.astype(float), x).fit(disp=0, cov_type="HC0")
    error = np.sqrt((model.influence[:, 1] ** 2).sum()) / model.scale[1]
    assert error == pytest.approx(reference.bse[1], rel=2e-3)


def test_a_group_that_is_never_lost_has_a_finite_coefficient():
    """Complete separation, by a yes or no held by one visit in a hundred, still converges."""
    history = history_of()
    is_rare = (np.arange(len(history.day)) % 100 == 0) & ~history.is_lost
    known = history.known.assign(rare=is_rare)
    model = fit_loss_model(_with(history, known))
    assert np.isfinite(model.coefficients).all()
    assert model.coefficients[model.terms.index("rare: True")] < -1


def test_what_is_missing_gets_a_column_of_its_own():
    """Missing numbers and categories are told by a yes or no, and no visit is dropped."""
    history = history_of()
    n = len(history.day)
    pain = np.where(np.arange(n) % 5 == 0, np.nan, np.arange(n) % 7)
    group = pd.Categorical(np.where(np.arange(n) % 3 == 0, "b", "a"), ["a", "b", "c"])
    known = history.known.assign(pain=pain, group=group, constant=1.0)
    model = fit_loss_model(_with(history, known))
    assert model.terms == ("level", "x", "pain not recorded", "pain", "group: b")
    assert np.isfinite(model.design).all()
    assert len(model.probability) == n


def test_nobody_lost_leaves_weights_at_one():
    """Without any loss everyone stands for one person, exactly."""
    history = history_of()
    history = _with(history, history.known, is_lost=np.zeros(len(history.day), dtype=bool))
    weights = weigh_against_loss(history, fit_loss_model(history), truncate=1.0)
    assert (weights.intervals.weight == 1).all()


def test_weights_are_products_over_the_visits_so_far():
    """Probabilities .2 and .5 after two visits give weights 1, 1.25 and 2.5."""
    history, model = _two_visits()
    weights = weigh_against_loss(history, model, truncate=1.0)
    assert weights.intervals.start.tolist() == [0.0, 0.5, 7.0]
    assert weights.intervals.stop.tolist() == [0.5, 7.0, 9.0]
    assert weights.intervals.end.tolist() == [STAYS, STAYS, MASTERS]
    assert weights.intervals.weight == pytest.approx([1.0, 1.25, 2.5])


def test_slopes_are_derivatives_of_log_weights():
    """d log W / d b is the sum of p x over the visits so far: .2 and .2 + .5 for the level."""
    history, model = _two_visits()
    weights = weigh_against_loss(history, model, truncate=1.0)
    assert weights.slope[:, 0] == pytest.approx([0.0, 0.2, 0.7])


def test_the_largest_weights_are_cut_and_no_longer_depend_on_the_model():
    """Stabilised weights above the quantile are set to it, and their slope is 0."""
    history = history_of()
    model = fit_loss_model(history)
    cut = weigh_against_loss(history, model, truncate=0.9)
    whole = weigh_against_loss(history, model, truncate=1.0)
    assert cut.stabilised.max() == pytest.approx(cut.cap)
    assert cut.n_truncated > 0
    assert (cut.slope[whole.stabilised > cut.cap] == 0).all()
    assert (cut.intervals.weight >= 1).all()


def test_stabilised_weights_have_mean_one():
    """Among those still seen, the weight times the share not lost is 1 on average."""
    history = history_of(20_000)
    weights = weigh_against_loss(history, fit_loss_model(history), truncate=1.0)
    later = weights.intervals.start == 7.0
    assert weights.stabilised[later].mean() == pytest.approx(1.0, abs=0.01)


def _two_visits() -> tuple[VisitHistory, LossModel]:
    history = VisitHistory(
        episode=np.zeros(2, dtype=np.int64),
        day=np.array([0.0, 7.0]),
        is_lost=np.zeros(2, dtype=bool),
        start=np.array([0.5, 7.0]),
        stop=np.array([7.0, 9.0]),
        end=np.array([STAYS, MASTERS]),
        day0_end=np.array([STAYS]),
        day0_episode=np.array([0]),
        known=pd.DataFrame({"x": [0.0, 0.0]}),
    )
    model = LossModel(
        ("level",), np.ones(1), np.zeros(1), np.ones((2, 1)), np.array([0.2, 0.5]), np.zeros((2, 1))
    )
    return history, model


def _with(history: VisitHistory, known: pd.DataFrame, **more: object) -> VisitHistory:
    from dataclasses import replace

    return replace(history, known=known, **more)
