"""The likelihood of counts by clinician and clinic, against brute force and differences."""

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp
from scipy.stats import nbinom, norm, poisson

from hinge_outcomes.analysis.progression.clinician_likelihood import (
    CountData,
    Spreads,
    integrate,
)

COEFFICIENTS = np.array([-1.0, 0.3])


def some_counts(n_clinics: int = 4, seed: int = 0) -> CountData:
    """Draw 60 episodes of three clinicians at each clinic, five rows each."""
    rng = np.random.default_rng(seed)
    clinic = np.repeat(np.arange(n_clinics), 3)
    clinician = np.sort(np.concatenate([np.arange(len(clinic)), rng.integers(0, len(clinic), 48)]))
    episode = np.repeat(np.arange(len(clinician)), 5)
    n = len(episode)
    design = np.column_stack([np.ones(n), rng.normal(size=n)])
    log_time = np.log(rng.uniform(1, 5, n))
    effect = rng.normal(0, 0.4, len(clinic))[clinician[episode]]
    moves = rng.poisson(np.exp(log_time + design @ COEFFICIENTS + effect)).astype(float)
    return CountData(moves, log_time, design, episode, clinician, clinic, n_clinics)


def _by_brute_force(data: CountData, spreads: Spreads) -> float:
    """Integrate on fine grids of both effects."""
    grid = np.linspace(-6.5, 6.5, 651)
    log_density = norm.logpdf(grid) + np.log(grid[1] - grid[0])
    b = spreads.clinician * grid[np.newaxis, :] + spreads.clinic * grid[:, np.newaxis]
    mean = np.exp(data.log_time + data.design @ COEFFICIENTS)
    total = 0.0
    for clinic in range(data.n_clinics):
        joint = np.zeros(len(grid))
        for clinician in np.flatnonzero(data.clinic == clinic):
            value = np.zeros_like(b)
            for episode in np.flatnonzero(data.clinician == clinician):
                rows = data.episode == episode
                value += _log_chance(data.moves[rows], mean[rows], b, spreads.episode**2)
            joint += logsumexp(value + log_density, axis=1)
        total += logsumexp(joint + log_density)
    return float(total)


def _log_chance(moves: np.ndarray, mean: np.ndarray, b: np.ndarray, phi: float) -> np.ndarray:
    """Chance of the rows of one episode: their sum, times a multinomial split."""
    count, whole = moves.sum(), mean.sum() * np.exp(b)
    split = gammaln(count + 1) - gammaln(moves + 1).sum() + moves @ np.log(mean / mean.sum())
    if phi == 0:
        return poisson.logpmf(count, whole) + split
    return nbinom.logpmf(count, 1 / phi, 1 / (1 + phi * whole)) + split


@pytest.mark.parametrize(
    "spreads", [Spreads(0.35), Spreads(0.35, 0.25), Spreads(0.3, 0.25, 0.5), Spreads(0.0, 0.4)]
)
def test_the_log_likelihood_is_that_of_brute_force(spreads):
    """Adaptive points give what 651 by 651 fixed ones give, constants included."""
    data = some_counts()
    found = integrate(data, COEFFICIENTS, spreads, n_nodes=15).loglik
    assert found == pytest.approx(_by_brute_force(data, spreads), abs=1e-7)
    nine = integrate(data, COEFFICIENTS, spreads).loglik
    assert nine == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize("spreads", [(0.35, 0.25, 0.0), (0.35, 0.25, 0.4), (0.0, 0.0, 0.3)])
def test_the_gradient_is_exact(spreads):
    """Central differences of the log likelihood agree in every parameter."""
    data, h = some_counts(), 1e-5
    parameters = np.array([*COEFFICIENTS, *spreads])

    def loglik(place: np.ndarray) -> float:
        return integrate(data, place[:2], Spreads(*place[2:]), n_nodes=15).loglik

    found = integrate(data, COEFFICIENTS, Spreads(*spreads), n_nodes=15).gradient
    for number in range(5):
        step = np.zeros(5)
        step[number] = h
        difference = (loglik(parameters + step) - loglik(parameters - step)) / (2 * h)
        assert found[number] == pytest.approx(difference, abs=1e-6), number


def test_the_sign_of_a_spread_does_not_matter():
    """Effects are symmetric, so the likelihood is an even function: no bound is needed at 0."""
    data = some_counts()
    plus = integrate(data, COEFFICIENTS, Spreads(0.3, 0.2, 0.4)).loglik
    minus = integrate(data, COEFFICIENTS, Spreads(-0.3, -0.2, -0.4)).loglik
    assert plus == pytest.approx(minus, abs=1e-12)


def test_without_spread_nothing_is_known_of_anybody():
    """All effects are 0 without uncertainty where clinicians do not differ."""
    found = integrate(some_counts(), COEFFICIENTS, Spreads(0.0))
    for values in (found.mean, found.variance, found.clinic_mean, found.clinic_variance):
        assert values == pytest.approx(0, abs=1e-15)


def test_posterior_moments_are_those_of_brute_force():
    """For one clinician: mean and variance of b given 9 moves where 5 are expected."""
    data = CountData(
        np.array([9.0]), np.log([5.0]), np.ones((1, 1)), np.zeros(1, int), np.zeros(1, int),
        np.zeros(1, int), 1,
    )  # fmt: skip
    found = integrate(data, np.zeros(1), Spreads(0.4), n_nodes=15)
    b = np.linspace(-3, 3, 20_001)
    weight = poisson.pmf(9, 5 * np.exp(b)) * norm.pdf(b, 0, 0.4)
    weight /= weight.sum()
    assert found.mean[0] == pytest.approx(weight @ b, abs=1e-8)
    assert found.variance[0] == pytest.approx(weight @ b**2 - (weight @ b) ** 2, abs=1e-8)


def test_many_moves_do_not_overflow():
    """A clinician with 50,000 moves where 10 are expected still has a finite likelihood."""
    data = CountData(
        np.array([5e4, 10.0]), np.log([10.0, 10.0]), np.ones((2, 1)), np.arange(2), np.arange(2),
        np.zeros(2, int), 1,
    )  # fmt: skip
    found = integrate(data, np.zeros(1), Spreads(0.5, 0.5))
    assert np.isfinite(found.loglik)
    assert found.mean[0] == pytest.approx(np.log(5e3), rel=0.01)
