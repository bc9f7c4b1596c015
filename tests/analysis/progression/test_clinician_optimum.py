"""The most likely spreads, their intervals, and what is known of each clinician."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import chi2

from hinge_outcomes.analysis.progression.clinician_likelihood import (
    CountData,
    Spreads,
    integrate,
)
from hinge_outcomes.analysis.progression.clinician_optimum import (
    Optimum,
    find_optimum,
    fit_plain_rates,
    profile_interval,
)


@cache
def counts(sd: float = 0.4, pace: float = 0.0, seed: int = 4) -> CountData:
    """Draw 40 clinicians of 10 clinics with 6 episodes each."""
    rng = np.random.default_rng(seed)
    clinic, clinician = np.repeat(np.arange(10), 4), np.repeat(np.arange(40), 6)
    n = len(clinician)
    design = np.column_stack([np.ones(n), rng.normal(size=n)])
    own = 1.0 if pace == 0 else rng.gamma(1 / pace**2, pace**2, n)
    effect = sd * rng.normal(size=40)
    mean = own * np.exp(0.8 + 0.3 * design[:, 1] + effect[clinician])
    return CountData(
        rng.poisson(mean).astype(float), np.zeros(n), design, np.arange(n), clinician, clinic, 10
    )


@cache
def optimum() -> Optimum:
    """Fit clinicians and clinics."""
    return find_optimum(counts(), free=(0, 1), n_nodes=9)


def test_plain_rates_are_a_poisson_regression():
    """Without spread the coefficients are those of statsmodels' Poisson GLM."""
    data = counts()
    reference = sm.GLM(data.moves, data.design, family=sm.families.Poisson()).fit()
    assert fit_plain_rates(data) == pytest.approx(reference.params, abs=1e-8)


def test_at_the_optimum_the_gradient_is_zero():
    """No free parameter can be bettered."""
    found = optimum()
    assert found.converged
    n = 2
    gradient = integrate(
        counts(), found.parameters[:n], Spreads(*found.parameters[n:].tolist())
    ).gradient
    assert np.abs(gradient[found.is_free]).max() < 1e-3


def test_covariance_is_the_inverse_of_the_curvature():
    """Second differences of the log likelihood give the errors of the coefficients."""
    found, h = optimum(), 1e-3

    def loglik(slope: float) -> float:
        # The slope of x is nearly uncorrelated with the rest, so its curvature is its own.
        place = found.parameters.copy()
        place[1] = slope
        return integrate(counts(), place[:2], Spreads(*place[2:].tolist())).loglik

    middle = found.parameters[1]
    bend = -(loglik(middle + h) - 2 * loglik(middle) + loglik(middle - h)) / h**2
    assert np.sqrt(found.covariance[1, 1]) == pytest.approx(bend**-0.5, rel=0.05)


def test_the_profile_interval_is_where_the_likelihood_has_dropped():
    """At its limits the best log likelihood lies chi-squared / 2 below the maximum."""
    found = find_optimum(counts(), free=(0,), n_nodes=9)
    low, high = profile_interval(counts(), found, 0, free=(0,), n_nodes=9, conf_level=0.95)
    drop = chi2.ppf(0.95, 1) / 2
    for limit in (low, high):
        best = max(
            integrate(counts(), np.array([level, slope]), Spreads(limit)).loglik
            for level in np.linspace(-0.25, 0.25, 41) + found.parameters[0]
            for slope in np.linspace(-0.02, 0.02, 5) + found.parameters[1]
        )
        assert found.loglik - best == pytest.approx(drop, abs=0.03)
    assert low < found.parameters[2] < high


def test_clinicians_who_are_alike_have_a_spread_of_zero():
    """The boundary is an answer, not an exception: estimate 0 and an upper limit.

    Every episode has two moves, so clinicians differ less than chance would make them.
    """
    data = replace(counts(), moves=np.full(240, 2.0))
    found = find_optimum(data, free=(0, 1), n_nodes=9)
    assert found.converged
    assert found.parameters[2] == 0
    low, high = profile_interval(data, found, 0, free=(0, 1), n_nodes=9, conf_level=0.95)
    assert low == 0
    assert 0 < high < 0.4


def test_an_episodes_own_pace_is_told_apart_from_the_clinicians():
    """With a pace of SD 0.7 and equal clinicians, the pace takes up what they would."""
    data = counts(sd=0.0, pace=0.7, seed=2)
    without = find_optimum(data, free=(0,), n_nodes=9).parameters[2]
    found = find_optimum(data, free=(0, 2), n_nodes=9)
    assert found.parameters[4] == pytest.approx(0.7, abs=0.15)
    assert found.parameters[2] < 0.6 * without
