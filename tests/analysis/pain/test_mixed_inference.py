"""Errors and degrees of freedom of fixed effects, against closed forms and whole matrices."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.mixed_inference import (
    kenward_roger,
    satterthwaite,
    variance_parameters,
)
from hinge_outcomes.analysis.pain.mixed_kernel import Array, compress, evaluate, group_products
from hinge_outcomes.analysis.pain.mixed_optimum import minimise_criterion
from tests.analysis.pain.test_mixed_kernel import made_rows, packed


def whole_matrix_kenward_roger(
    y: Array, x: Array, z: Array, starts: Array, gamma: Array, variance: float
) -> tuple[Array, list[float]]:
    """Adjusted covariance and degrees of freedom as the paper writes them."""
    n, p = x.shape
    group = np.searchsorted(starts, np.arange(n), side="right") - 1
    same = group[:, None] == group[None, :]
    basis = [np.array([[1.0, 0], [0, 0]]), np.array([[0, 1.0], [1, 0]]), np.diag([0.0, 1.0])]
    parts = [same * (z @ one @ z.T) for one in basis] + [np.eye(n)]
    weights = [gamma[0, 0], gamma[0, 1], gamma[1, 1], variance]
    total = np.tensordot(np.array(weights), np.array(parts), axes=1)
    inverse = np.linalg.inv(total)
    phi = np.linalg.inv(x.T @ inverse @ x)
    once = [-x.T @ inverse @ part @ inverse @ x for part in parts]
    twice = [[x.T @ inverse @ a @ inverse @ b @ inverse @ x for b in parts] for a in parts]
    information = np.array(
        [
            [
                np.trace(inverse @ a @ inverse @ b)
                - 2 * np.trace(phi @ twice[i][j])
                + np.trace(phi @ once[i] @ phi @ once[j])
                for j, b in enumerate(parts)
            ]
            for i, a in enumerate(parts)
        ]
    )
    spread = np.linalg.inv(information / 2)
    middle = sum(
        spread[i, j] * (twice[i][j] - once[i] @ phi @ once[j]) for i in range(4) for j in range(4)
    )
    degrees = []
    for contrast in np.eye(p):
        slope = np.array([contrast @ phi @ one @ phi @ contrast for one in once])
        degrees.append(2 * (contrast @ phi @ contrast) ** 2 / (slope @ spread @ slope))
    return phi + 2 * phi @ middle @ phi, [float(value) for value in degrees]


def test_kenward_roger_is_the_papers_formula() -> None:
    """On unbalanced rows covariance and degrees of freedom equal those of whole matrices."""
    y, x, z, starts = made_rows(n_groups=25, seed=8)
    # Differences between groups are added, so that the optimum is an inner one.
    group = np.searchsorted(starts, np.arange(y.size), side="right") - 1
    own = np.random.default_rng(2).normal(size=(25, 2))
    y = y + 2 * own[group, 0] + own[group, 1] * x[:, 1]
    data = packed(y, x, z, starts)
    optimum = minimise_criterion(data)
    assert not optimum.is_boundary
    variance = optimum.evaluation.residual_variance
    gamma = variance * optimum.lower @ optimum.lower.T
    covariance, degrees = whole_matrix_kenward_roger(y, x, z, starts, gamma, variance)
    found = kenward_roger(data, optimum)
    # The same formula by another route: rounding, magnified by inverting the information.
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(found.degrees_of_freedom(np.eye(3)), degrees, rtol=1e-7)


def test_information_is_the_curvature_of_the_likelihood() -> None:
    """The variance of a log variance is that of second differences of the likelihood."""
    z = np.ones((12, 1))
    y = np.array([1.0, 2, 4, 6, 5, 5, 9, 8, 2, 4, 7, 9])
    xy = np.column_stack([np.ones(12), y])
    data = compress(*group_products(z, xy, np.arange(0, 12, 3)), xy.T @ xy, 12)
    optimum = minimise_criterion(data)

    def criterion(element: float, log_variance: float) -> float:
        at = evaluate(data, np.array([[element**2]]))
        free = 11
        ratio = at.residual_variance / np.exp(log_variance)
        shift = free * (log_variance - np.log(at.residual_variance) + ratio - 1)
        return float(at.criterion + shift)

    at = (float(optimum.lower[0, 0]), float(np.log(optimum.evaluation.residual_variance)))
    step = 1e-4
    hessian = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            a, b = step * np.eye(2)[i], step * np.eye(2)[j]
            hessian[i, j] = (
                criterion(*(at + a + b))
                - criterion(*(at + a - b))
                - criterion(*(at - a + b))
                + criterion(*(at - a - b))
            ) / (4 * step**2)
    _, covariance = variance_parameters(data, optimum)
    # Second differences with step 1e-4 of a number near 50 are good to about 1e-6.
    np.testing.assert_allclose(covariance, 2 * np.linalg.inv(hessian), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", [satterthwaite, kenward_roger])
def test_a_balanced_mean_rests_on_its_groups(method: object) -> None:
    """With equal groups the mean has G - 1 degrees of freedom by either method."""
    z = np.ones((12, 1))
    y = np.array([1.0, 2, 4, 6, 5, 5, 9, 8, 2, 4, 7, 9])
    xy = np.column_stack([np.ones(12), y])
    data = compress(*group_products(z, xy, np.arange(0, 12, 3)), xy.T @ xy, 12)
    found = method(data, minimise_criterion(data))  # type: ignore[operator]
    # The optimum is exact to about 1e-7.
    assert found.degrees_of_freedom(np.eye(1))[0] == pytest.approx(3, rel=1e-5)
