"""Find the covariance of the random effects: Newton's method in the Cholesky factor."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.pain.mixed_kernel import (
    Array,
    CrossProducts,
    Evaluation,
    cholesky_directions,
    curvature,
    evaluate,
)

_TOLERANCE = 1e-12
"""The criterion may still fall by this much; its standard errors are then exact to 1e-6."""

_ROUNDING = 1e-13
"""Relative accuracy of the criterion: a fall below it cannot be told from rounding."""

_NEGLIGIBLE = 1e-9
"""A variance below this share of the residual variance is tried as zero."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """Hold where the search for G ended.

    Parameters
    ----------
    lower : ndarray, shape (q, q)
        L with G = L L'.
    evaluation : Evaluation
        The criterion there.
    converged : bool
        Whether no further fall was in sight.
    is_boundary : bool
        Whether G is singular: a variance of zero, or a correlation of one.
    n_iterations : int
        Newton steps taken.
    """

    lower: Array
    evaluation: Evaluation
    converged: bool
    is_boundary: bool
    n_iterations: int


def minimise_criterion(
    data: CrossProducts, *, reml: bool = True, max_iterations: int = 100
) -> Optimum:
    """Find the most likely covariance of the random effects, also where it is singular.

    Parameters
    ----------
    data : CrossProducts
        The data; columns of Z should be orthonormal on average, so that G = I is a fair start.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).
    max_iterations : int, default 100
        Newton steps after which the search is given up and reported as not converged.

    Returns
    -------
    Optimum
        G and whether it is the optimum.

    Notes
    -----
    G = L L' is never indefinite, so no constraint is needed. In L a variance of zero is a
    stationary point; there the search goes on along any direction in which the criterion's
    derivative with respect to G is negative. Eigenvalues of the Hessian enter by absolute value.

    Examples
    --------
    >>> from hinge_outcomes.analysis.pain.mixed_kernel import compress, group_products
    >>> z = np.ones((4, 1)); xy = np.array([[1.0, 0], [1, 2], [1, 0], [1, 2]])
    >>> ztz, products = group_products(z, xy, np.array([0, 2]))
    >>> optimum = minimise_criterion(compress(ztz, products, xy.T @ xy, 4))
    >>> optimum.lower.tolist(), optimum.converged, optimum.is_boundary
    ([[0.0]], True, True)
    """
    q = data.n_random
    lower = np.eye(q)
    current = evaluate(data, lower @ lower.T, reml=reml)
    converged = False
    used = 0
    for _ in range(max_iterations):
        used += 1
        step, decrement = _newton_step(data, lower, current, reml)
        floor = max(_TOLERANCE, _ROUNDING * abs(current.criterion))
        if decrement > floor:
            found = _search(data, lower, current, step, reml, floor)
            if found is not None:
                lower, current = found
                continue
            # The criterion no longer resolves the step: its gradient, which is exact, still does.
            if decrement > 1e4 * floor:
                break
        leave = _leave_boundary(data, lower, current, reml, floor)
        if leave is None:
            lower, current = _polish(data, lower, current, step, reml)
            converged = True
            break
        lower, current = leave
    lower, current = _snap(data, lower, current, reml)
    smallest = float(np.linalg.eigvalsh(lower @ lower.T).min())
    return Optimum(
        lower=lower,
        evaluation=current,
        converged=converged,
        is_boundary=smallest < _NEGLIGIBLE,
        n_iterations=used,
    )


def _newton_step(
    data: CrossProducts, lower: Array, at: Evaluation, reml: bool
) -> tuple[Array, float]:
    """Give the damped Newton step in L and the fall of the criterion that it predicts."""
    rows, columns = np.tril_indices(lower.shape[0])
    gradient = 2 * (at.gradient @ lower)[rows, columns]
    hessian, pull, _ = curvature(data, at, cholesky_directions(lower), reml=reml)
    n_free = data.n_rows - (data.n_fixed if reml else 0)
    hessian = hessian - np.outer(pull, pull) / n_free
    # G is quadratic in L: elements of one column share twice the derivative with respect to G.
    hessian = hessian + np.where(
        columns[:, None] == columns[None, :], 2 * at.gradient[rows[:, None], rows[None, :]], 0.0
    )
    values, vectors = np.linalg.eigh(hessian)
    size = np.abs(values)
    size = np.maximum(size, 1e-10 * max(float(size.max()), 1e-300))
    along = vectors.T @ gradient
    step = np.zeros_like(lower)
    step[rows, columns] = -(vectors @ (along / size))
    return step, float(np.sum(along**2 / size)) / 2


def _search(
    data: CrossProducts, lower: Array, at: Evaluation, step: Array, reml: bool, floor: float
) -> tuple[Array, Evaluation] | None:
    """Halve the step until the criterion falls; None if it never does."""
    # A step many times longer than L is a leap on a flat stretch, not a Newton step.
    longest = 10 * (1 + float(np.abs(lower).max()))
    scale = min(1.0, longest / max(float(np.abs(step).max()), 1e-300))
    for _ in range(40):
        trial = lower + scale * step
        there = evaluate(data, trial @ trial.T, reml=reml)
        if there.criterion < at.criterion - floor / 100:
            return trial, there
        scale /= 2
    return None


def _polish(
    data: CrossProducts, lower: Array, at: Evaluation, step: Array, reml: bool
) -> tuple[Array, Evaluation]:
    """Take the last Newton step if it makes the gradient smaller."""
    trial = lower + step
    there = evaluate(data, trial @ trial.T, reml=reml)
    before = np.abs(at.gradient @ lower).max()
    after = np.abs(there.gradient @ trial).max()
    slack = _ROUNDING * max(1.0, abs(at.criterion))
    is_better = after < before and there.criterion <= at.criterion + slack
    return (trial, there) if is_better else (lower, at)


def _leave_boundary(
    data: CrossProducts, lower: Array, at: Evaluation, reml: bool, floor: float
) -> tuple[Array, Evaluation] | None:
    """Leave a singular G along a direction that lowers the criterion; None if there is none."""
    values, vectors = np.linalg.eigh(at.gradient)
    if values[0] >= -1e-6 * max(1.0, float(np.abs(values).max())):
        return None
    direction = np.outer(vectors[:, 0], vectors[:, 0])
    scale = 0.1
    for _ in range(30):
        wider = lower @ lower.T + scale * direction
        there = evaluate(data, wider, reml=reml)
        if there.criterion < at.criterion - floor:
            root = np.linalg.cholesky(wider + 1e-14 * np.trace(wider) * np.eye(len(wider)))
            return root, evaluate(data, root @ root.T, reml=reml)
        scale /= 4
    return None


def _snap(
    data: CrossProducts, lower: Array, at: Evaluation, reml: bool
) -> tuple[Array, Evaluation]:
    """Set variances that cannot be told from zero to zero exactly."""
    values, vectors = np.linalg.eigh(lower @ lower.T)
    if values[0] >= _NEGLIGIBLE:
        return lower, at
    kept = np.where(values < _NEGLIGIBLE, 0.0, values)
    # R' of a QR factorisation of the root is its lower triangular form, singular or not.
    root = np.asarray(np.linalg.qr((vectors * np.sqrt(kept)).T, mode="r")).T
    there = evaluate(data, root @ root.T, reml=reml)
    if there.criterion <= at.criterion + 1e-9 * max(1.0, abs(at.criterion)):
        return root, there
    return lower, at
