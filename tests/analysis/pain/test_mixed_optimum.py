"""The search for the covariance of the random effects, on easy and on singular data."""

import numpy as np
import pytest
from scipy import optimize

from hinge_outcomes.analysis.pain.mixed_kernel import (
    Array,
    CrossProducts,
    compress,
    evaluate,
    group_products,
)
from hinge_outcomes.analysis.pain.mixed_optimum import minimise_criterion


def simulated(seed: int, slope_sd: float, intercept_sd: float) -> CrossProducts:
    """Fifteen patients with four scores each and given spreads between patients."""
    generator = np.random.default_rng(seed)
    day = np.tile([-1.5, -0.5, 0.5, 1.5], 15)
    x = np.column_stack([np.ones(60), day])
    own = generator.normal(size=(15, 2)) * [intercept_sd, slope_sd]
    y = generator.normal(size=60) + (x * np.repeat(own, 4, axis=0)).sum(axis=1)
    xy = np.column_stack([x, y])
    return compress(*group_products(x, xy, np.arange(0, 60, 4)), xy.T @ xy, 60)


def best_by_search(data: CrossProducts) -> float:
    """The least criterion a derivative-free search finds from many starts."""

    def criterion(theta: Array) -> float:
        lower = np.array([[theta[0], 0.0], [theta[1], theta[2]]])
        return evaluate(data, lower @ lower.T).criterion

    starts = [[1, 0, 1], [0.1, 0, 0.1], [0, 0, 0]]
    options = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000}
    runs = [
        optimize.minimize(criterion, start, method="Nelder-Mead", options=options)
        for start in starts
    ]
    return float(min(run.fun for run in runs))


@pytest.mark.parametrize("seed", range(12))
def test_singular_and_regular_fits_reach_the_optimum(seed: int) -> None:
    """Whether patients differ or not, no search from many starts finds a better criterion."""
    data = simulated(seed, slope_sd=[0.0, 0.3][seed % 2], intercept_sd=[0.0, 0.7, 0.1][seed % 3])
    found = minimise_criterion(data)
    assert found.converged
    # The derivative-free search stops within about 1e-9.
    assert found.evaluation.criterion <= best_by_search(data) + 1e-8


def test_no_difference_between_groups_gives_zero() -> None:
    """Groups that agree more than chance allows get a variance of exactly zero."""
    z = np.ones((4, 1))
    xy = np.array([[1.0, 0.0], [1, 2], [1, 0], [1, 2]])
    data = compress(*group_products(z, xy, np.array([0, 2])), xy.T @ xy, 4)
    found = minimise_criterion(data)
    assert (found.lower.tolist(), found.converged, found.is_boundary) == ([[0.0]], True, True)
    assert found.evaluation.gradient[0, 0] > 0


def test_a_start_on_the_boundary_is_no_trap() -> None:
    """Strong differences between groups are found although zero is a stationary point in L."""
    found = minimise_criterion(simulated(5, slope_sd=3.0, intercept_sd=5.0))
    assert not found.is_boundary
    np.testing.assert_allclose(found.evaluation.gradient, 0, atol=1e-6)


def test_running_out_of_steps_is_reported() -> None:
    """A search that is stopped early says that it did not converge."""
    assert not minimise_criterion(simulated(5, 3.0, 5.0), max_iterations=1).converged
