"""The likelihood of a mixed model from cross-products, against the same from whole matrices."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.mixed_kernel import (
    Array,
    CrossProducts,
    cholesky_directions,
    compress,
    curvature,
    evaluate,
    group_products,
)

LOWER = np.array([[0.8, 0.0], [-0.3, 0.5]])


def made_rows(n_groups: int = 12, seed: int = 1) -> tuple[Array, Array, Array, Array]:
    """Unbalanced rows: y, X, Z and the first row of each group."""
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 6, n_groups)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    n = int(sizes.sum())
    day = generator.integers(0, 4, n).astype(float)
    x = np.column_stack([np.ones(n), day, generator.normal(size=n)])
    return generator.normal(size=n) + day, x, x[:, :2].copy(), starts


def packed(y: Array, x: Array, z: Array, starts: Array) -> CrossProducts:
    """The cross-products of such rows."""
    xy = np.column_stack([x, y])
    return compress(*group_products(z, xy, starts), xy.T @ xy, y.size)


def dense_criterion(y: Array, x: Array, z: Array, starts: Array, g: Array, reml: bool) -> float:
    """-2 log-likelihood with V written out, b and s2 profiled out."""
    n, p = x.shape
    v = np.eye(n)
    for first, last in zip(starts, [*starts[1:], n], strict=True):
        v[first:last, first:last] += z[first:last] @ g @ z[first:last].T
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    residual = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    free = n - p if reml else n
    variance = residual @ inverse @ residual / free
    value = free * (np.log(2 * np.pi * variance) + 1) + np.linalg.slogdet(v)[1]
    return float(value + (np.linalg.slogdet(information)[1] if reml else 0.0))


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("relative", [LOWER @ LOWER.T, np.zeros((2, 2)), np.diag([2.0, 0.0])])
def test_criterion_is_that_of_the_whole_matrices(relative: Array, reml: bool) -> None:
    """The criterion from cross-products is the textbook one, also where G is singular."""
    rows = made_rows()
    expected = dense_criterion(*rows, relative, reml)
    # Two ways to the same number; 40 rows leave no room for more than rounding.
    assert evaluate(packed(*rows), relative, reml=reml).criterion == pytest.approx(
        expected, rel=1e-12
    )


@pytest.mark.parametrize("reml", [True, False])
def test_gradient_is_the_slope_of_the_criterion(reml: bool) -> None:
    """The exact gradient is what central differences of the criterion approach."""
    data = packed(*made_rows())
    relative = LOWER @ LOWER.T
    at = evaluate(data, relative, reml=reml)
    for change in cholesky_directions(LOWER):
        ahead = evaluate(data, relative + 1e-5 * change, reml=reml).criterion
        behind = evaluate(data, relative - 1e-5 * change, reml=reml).criterion
        # A central difference with step 1e-5 is good to about 1e-8 here.
        assert np.sum(at.gradient * change) == pytest.approx((ahead - behind) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("reml", [True, False])
def test_curvature_is_the_slope_of_the_gradient(reml: bool) -> None:
    """The exact second derivatives are what central differences of the gradient approach."""
    data = packed(*made_rows())
    relative = LOWER @ LOWER.T
    at = evaluate(data, relative, reml=reml)
    directions = cholesky_directions(LOWER)
    hessian, pull, _ = curvature(data, at, directions, reml=reml)
    free = data.n_rows - (data.n_fixed if reml else 0)
    profiled = hessian - np.outer(pull, pull) / free
    for row, change in zip(profiled, directions, strict=True):
        ahead = evaluate(data, relative + 1e-5 * change, reml=reml).gradient
        behind = evaluate(data, relative - 1e-5 * change, reml=reml).gradient
        slope = [np.sum((ahead - behind) * other) / 2e-5 for other in directions]
        # As above.
        np.testing.assert_allclose(row, slope, atol=1e-6)


def test_joining_equal_designs_changes_nothing() -> None:
    """Many patients with the same days give the same criterion and estimates when joined."""
    generator = np.random.default_rng(3)
    day = np.tile([0.0, 1, 2, 3], 50)
    x = np.column_stack([np.ones(200), day])
    y = generator.normal(size=200) + np.repeat(generator.normal(size=50), 4)
    starts = np.arange(0, 200, 4)
    joined = packed(y, x, x, starts)
    assert joined.counts.tolist() == [50.0]
    assert len(joined.products) == 6  # q (p + 1) pseudo-patients stand for 50
    relative = LOWER @ LOWER.T
    expected = dense_criterion(y, x, x, starts, relative, True)
    # Two ways to the same number.
    assert evaluate(joined, relative).criterion == pytest.approx(expected, rel=1e-12)
