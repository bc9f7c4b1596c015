"""Find the covariances of nested random effects: Newton's method in their Cholesky factors."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.pain.mixed_kernel import Array
from hinge_outcomes.analysis.pain.nested_kernel import (
    NestedEvaluation,
    NestedProducts,
    evaluate_nested,
)

_STEP = 1e-4
"""Of the central differences of exact slopes that give second derivatives."""

_TOLERANCE, _ROUNDING = 1e-10, 1e-13
_NEGLIGIBLE = 1e-8
"""A variance below this share of the residual variance is tried as zero."""

_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class NestedOptimum:
    """Hold where the search for the covariances ended.

    Parameters
    ----------
    factors : list of ndarray, shape (q_l, q_l)
        L_l with G_l = L_l L_l', from the innermost level.
    evaluation : NestedEvaluation
        The criterion there, its slopes along `element_directions`.
    hessian : ndarray, shape (k, k)
        Second derivatives of the criterion by the elements of the factors, s2 profiled out.
    converged : bool
        Whether no further fall was in sight.
    is_boundary : tuple of bool
        For each level, whether its covariance is singular.
    n_iterations : int
        Steps taken.
    """

    factors: list[Array]
    evaluation: NestedEvaluation
    hessian: Array
    converged: bool
    is_boundary: tuple[bool, ...]
    n_iterations: int


def element_directions(sizes: tuple[int, ...]) -> list[tuple[int, Array]]:
    """List the symmetric unit changes of every level's covariance, lower triangle row by row.

    Parameters
    ----------
    sizes : tuple of int
        Random columns of each level.

    Returns
    -------
    list of (int, ndarray)
        Level and change.

    Examples
    --------
    >>> [(level, change.tolist()) for level, change in element_directions((1, 1))]
    [(0, [[1.0]]), (1, [[1.0]])]
    """
    found = []
    for level, size in enumerate(sizes):
        for row, column in zip(*(one.tolist() for one in np.tril_indices(size)), strict=True):
            change = np.zeros((size, size))
            change[row, column] = change[column, row] = 1.0
            found.append((level, change))
    return found


def minimise_nested(data: NestedProducts, *, reml: bool = True) -> NestedOptimum:
    """Find the most likely covariances of all levels, also where some are zero.

    Parameters
    ----------
    data : NestedProducts
        The data; random columns should be orthonormal on average.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    NestedOptimum
        The covariances and whether they are the optimum.

    Notes
    -----
    G = L L' is never indefinite. Slopes are exact; second derivatives are central differences of
    them. In L a variance of zero is a stationary point: from there the search goes on along any
    direction in which the criterion's derivative by G is negative.

    Examples
    --------
    Clinicians alike, each with unlike patients: the variance between clinicians is zero.

    >>> from hinge_outcomes.analysis.pain.nested_kernel import nested_products
    >>> data = nested_products(
    ...     [np.ones((8, 1)), np.ones((8, 1))],
    ...     np.column_stack([np.ones(8), [0.0, 1, 9, 10, 0, 1, 9, 10]]),
    ...     [np.array([0, 2, 4, 6]), np.array([0, 4])])
    >>> found = minimise_nested(data)
    >>> found.converged, found.is_boundary
    (True, (False, True))
    """
    basis = element_directions(data.sizes)
    flat = _flatten([np.eye(size) * (0.7 if level == 0 else 0.3)
                     for level, size in enumerate(data.sizes)])  # fmt: skip
    at = _evaluate(data, flat, basis, reml)
    hessian = _hessian(data, flat, basis, reml)
    converged, used = False, 0
    while used < _MOST_STEPS:
        used += 1
        gradient = _gradient(data, flat, at)
        values, vectors = np.linalg.eigh(hessian)
        size = np.maximum(np.abs(values), 1e-8 * max(float(np.abs(values).max()), 1e-300))
        pull = vectors.T @ gradient
        step, fall = -(vectors @ (pull / size)), float(np.sum(pull**2 / size)) / 2
        floor = max(_TOLERANCE, _ROUNDING * abs(at.criterion))
        found = _search(data, flat, at, step, basis, reml, floor) if fall > floor else None
        if found is None:
            if fall > 1e4 * floor:
                break
            found = _leave_boundary(data, flat, at, basis, reml, floor)
            if found is None:
                flat, at = _polish(data, flat, at, step, basis, reml)
                converged = True
                break
        flat, at = found
        hessian = _hessian(data, flat, basis, reml)
    flat, at = _snap(data, flat, at, basis, reml)
    factors = _factors(data, flat)
    return NestedOptimum(
        factors=factors,
        evaluation=at,
        hessian=_hessian(data, flat, basis, reml),
        converged=converged,
        is_boundary=tuple(
            bool(np.linalg.eigvalsh(one @ one.T)[0] < _NEGLIGIBLE) for one in factors
        ),
        n_iterations=used,
    )


def _flatten(factors: list[Array]) -> Array:
    return np.concatenate([one[np.tril_indices(len(one))] for one in factors])


def _factors(data: NestedProducts, flat: Array) -> list[Array]:
    found, place = [], 0
    for size in data.sizes:
        lower = np.zeros((size, size))
        n = size * (size + 1) // 2
        lower[np.tril_indices(size)] = flat[place : place + n]
        found.append(lower)
        place += n
    return found


def _evaluate(
    data: NestedProducts, flat: Array, basis: list[tuple[int, Array]], reml: bool
) -> NestedEvaluation:
    covariances = [lower @ lower.T for lower in _factors(data, flat)]
    return evaluate_nested(data, covariances, basis, reml=reml)


def slope_matrices(data: NestedProducts, at: NestedEvaluation) -> list[Array]:
    """Arrange the slopes as matrices: the derivative of the criterion by each level's covariance.

    Parameters
    ----------
    data : NestedProducts
        The data.
    at : NestedEvaluation
        Slopes along `element_directions`.

    Returns
    -------
    list of ndarray, shape (q_l, q_l)
        Symmetric; along a change E the criterion changes by the sum over places of both.
    """
    found = []
    for matrix in _factors(data, at.slopes):
        # An element off the diagonal stands for two places.
        found.append(np.tril(matrix, -1) / 2 + np.tril(matrix, -1).T / 2 + np.diag(np.diag(matrix)))
    return found


def _gradient(data: NestedProducts, flat: Array, at: NestedEvaluation) -> Array:
    """Give the derivative by the elements of the factors: 2 (dc/dG) L."""
    pairs = zip(slope_matrices(data, at), _factors(data, flat), strict=True)
    return _flatten([2 * slope @ lower for slope, lower in pairs])


def _hessian(
    data: NestedProducts, flat: Array, basis: list[tuple[int, Array]], reml: bool
) -> Array:
    columns = []
    for one in np.eye(len(flat)):
        step = _STEP * one * max(1.0, float(np.abs(flat @ one)))
        sides = [
            _gradient(data, flat + sign * step, _evaluate(data, flat + sign * step, basis, reml))
            for sign in (1.0, -1.0)
        ]
        columns.append((sides[0] - sides[1]) / (2 * float(step.sum())))
    found = np.stack(columns)
    return (found + found.T) / 2


_Found = tuple[Array, NestedEvaluation]


def _search(
    data: NestedProducts,
    flat: Array,
    at: NestedEvaluation,
    step: Array,
    basis: list[tuple[int, Array]],
    reml: bool,
    floor: float,
) -> _Found | None:
    """Halve the step until the criterion falls; None if it never does."""
    longest = 3 * (1 + float(np.abs(flat).max()))
    scale = min(1.0, longest / max(float(np.abs(step).max()), 1e-300))
    for _ in range(40):
        trial = flat + scale * step
        there = _evaluate(data, trial, basis, reml)
        if there.criterion < at.criterion - floor / 100:
            return trial, there
        scale /= 2
    return None


def _polish(
    data: NestedProducts,
    flat: Array,
    at: NestedEvaluation,
    step: Array,
    basis: list[tuple[int, Array]],
    reml: bool,
) -> _Found:
    """Take the last step if it makes the slopes smaller."""
    trial = flat + step
    there = _evaluate(data, trial, basis, reml)
    before = np.abs(_gradient(data, flat, at)).max()
    after = np.abs(_gradient(data, trial, there)).max()
    slack = _ROUNDING * max(1.0, abs(at.criterion))
    is_better = after < before and there.criterion <= at.criterion + slack
    return (trial, there) if is_better else (flat, at)


def _leave_boundary(
    data: NestedProducts,
    flat: Array,
    at: NestedEvaluation,
    basis: list[tuple[int, Array]],
    reml: bool,
    floor: float,
) -> _Found | None:
    """Leave a singular covariance along a direction that lowers the criterion, if there is one."""
    slopes, factors = slope_matrices(data, at), _factors(data, flat)
    scale = max(1.0, *(float(np.abs(one).max()) for one in slopes))
    for level, slope in enumerate(slopes):
        values, vectors = np.linalg.eigh(slope)
        if values[0] >= -1e-6 * scale:
            continue
        length = 0.1
        for _ in range(30):
            wider = factors[level] @ factors[level].T + length * np.outer(
                vectors[:, 0], vectors[:, 0]
            )
            tried = list(factors)
            tried[level] = _root(wider)
            trial = _flatten(tried)
            there = _evaluate(data, trial, basis, reml)
            if there.criterion < at.criterion - floor:
                return trial, there
            length /= 4
    return None


def _snap(
    data: NestedProducts,
    flat: Array,
    at: NestedEvaluation,
    basis: list[tuple[int, Array]],
    reml: bool,
) -> _Found:
    """Set variances that cannot be told from zero to zero exactly, level by level."""
    for level in range(len(data.sizes)):
        factors = _factors(data, flat)
        values, vectors = np.linalg.eigh(factors[level] @ factors[level].T)
        if values[0] >= _NEGLIGIBLE:
            continue
        kept = np.where(values < _NEGLIGIBLE, 0.0, values)
        factors[level] = _root((vectors * kept) @ vectors.T)
        trial = _flatten(factors)
        there = _evaluate(data, trial, basis, reml)
        if there.criterion <= at.criterion + 1e-9 * max(1.0, abs(at.criterion)):
            flat, at = trial, there
    return flat, at


def _root(matrix: Array) -> Array:
    """Give a lower triangular L with L L' = the matrix, singular or not."""
    values, vectors = np.linalg.eigh(matrix)
    half = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    return np.asarray(np.linalg.qr(half, mode="r"), dtype=np.float64).T
