"""The search for the covariance of scores at visits that makes them most likely."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.pain.covariance_structures import CovarianceStructure
from hinge_outcomes.analysis.pain.model_columns import Array
from hinge_outcomes.analysis.pain.visit_blocks import (
    VisitBlocks,
    VisitEvaluation,
    evaluate_visits,
    second_derivatives,
)

_MOST_STEPS = 100
_SETTLED = 1e-9
"""A search ends where the next step would lower -2 log L by less."""

_SINGULAR = 1e-7
"""Smallest eigenvalue of the correlations below which a covariance counts as singular."""

_UNKNOWN = 1e-8
"""Smallest eigenvalue of the scaled information below which a parameter cannot be told."""


@dataclass(frozen=True, slots=True)
class VisitOptimum:
    """Hold where the search for a covariance ended.

    Parameters
    ----------
    parameters : ndarray, shape (k,)
        Of the structure.
    matrix : ndarray, shape (v, v)
        The covariance.
    evaluation : VisitEvaluation
        The criterion there.
    information : ndarray, shape (k, k)
        Second derivatives of the criterion by the parameters, exact.
    converged : bool
        Whether this is a maximum of the likelihood inside the family.
    reason : str
        Why not; empty if it is.
    n_iterations : int
        Steps taken.
    """

    parameters: Array
    matrix: Array
    evaluation: VisitEvaluation
    information: Array
    converged: bool
    reason: str
    n_iterations: int


def start_covariance(data: VisitBlocks) -> Array:
    """Give a covariance to start from: moments of least-squares residuals, made positive definite.

    Parameters
    ----------
    data : VisitBlocks
        The data; the outcome is what least squares leave of it.

    Returns
    -------
    ndarray, shape (v, v)
        The matrix.

    Examples
    --------
    >>> from hinge_outcomes.analysis.pain.visit_blocks import make_blocks
    >>> xy = np.array([[1.0, -1.0], [1.0, 1.0]])
    >>> start_covariance(make_blocks(xy, np.array([0, 1]), np.array([0, 0]), 1)).tolist()
    [[1.0]]
    """
    left = data.blocks[:, :, -1]
    moments = left.T @ left / np.maximum(data.pairs, 1)
    variances = np.maximum(np.diag(moments), 0.01 * float(np.diag(moments).max()))
    deviations = np.sqrt(variances)
    correlations = moments / np.outer(deviations, deviations)
    np.fill_diagonal(correlations, 1.0)
    values, vectors = np.linalg.eigh(np.clip(correlations, -0.9, 0.95))
    # A start well inside the family: correlations are drawn towards zero until none is extreme.
    lowest, wanted = float(values[0]), 0.1
    if lowest < wanted:
        pulled = (wanted - lowest) / (1 - lowest)
        correlations = (1 - pulled) * (vectors * values) @ vectors.T + pulled * np.eye(len(values))
    made: Array = correlations * np.outer(deviations, deviations)
    return made


def find_visit_optimum(
    data: VisitBlocks, structure: CovarianceStructure, *, reml: bool = True
) -> VisitOptimum:
    """Minimise -2 log L by Newton's method with exact derivatives.

    Where the exact second derivatives are not positive definite, their expectation takes their
    place; a step is halved until the criterion falls.

    Parameters
    ----------
    data : VisitBlocks
        The data.
    structure : CovarianceStructure
        The family.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    VisitOptimum
        Where it ended, and whether that is a maximum.

    References
    ----------
    .. [1] Jennrich RI, Schluchter MD (1986). Unbalanced repeated-measures models with structured
       covariance matrices. Biometrics 42, 805-820.

    Examples
    --------
    >>> from hinge_outcomes.analysis.pain.covariance_structures import covariance_structure
    >>> from hinge_outcomes.analysis.pain.visit_blocks import make_blocks
    >>> xy = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 5.0]])
    >>> data = make_blocks(xy, np.arange(3), np.zeros(3, dtype=int), 1)
    >>> found = find_visit_optimum(data, covariance_structure("unstructured", 1))
    >>> found.matrix.round(6).tolist()  # the variance of 0, 1 and 5
    [[7.0]]
    """
    parameters = structure.start(start_covariance(data))
    at = _required(evaluate_visits(data, structure.matrix(parameters), reml=reml))
    reason = f"no maximum was reached in {_MOST_STEPS} steps"
    used = 0
    used = 0
    is_settled = False
    for _ in range(_MOST_STEPS):
        used += 1
        directions = structure.first(parameters)
        gradient = np.tensordot(directions, at.slope, axes=2)
        step, fall = _step(data, structure, parameters, at, directions, gradient, reml)
        is_settled = fall < _SETTLED * max(1.0, abs(at.criterion) * 1e-4)
        found = _search(data, structure, parameters, at, step, reml)
        if found is not None:
            parameters, at = found
        elif not is_settled:
            reason = "the criterion stopped falling short of a maximum"
            break
        if is_settled:
            break
    matrix = structure.matrix(parameters)
    information = _information(structure, parameters, at, reml)
    if is_settled:
        reason = _fault(matrix, information)
    return VisitOptimum(parameters, matrix, at, information, not reason, reason, used)


def _required(at: VisitEvaluation | None) -> VisitEvaluation:
    if at is None:
        raise ArithmeticError("The start of the search is not positive definite.")
    return at


def _information(
    structure: CovarianceStructure, parameters: Array, at: VisitEvaluation, reml: bool
) -> Array:
    """Give exact second derivatives by the parameters, the structure's own curvature included."""
    linear = second_derivatives(at, structure.first(parameters), reml=reml)
    return linear + np.tensordot(structure.second(parameters), at.slope, axes=2)


def _step(
    data: VisitBlocks,
    structure: CovarianceStructure,
    parameters: Array,
    at: VisitEvaluation,
    directions: Array,
    gradient: Array,
    reml: bool,
) -> tuple[Array, float]:
    """Give the next step and the fall of the criterion that it promises."""
    for exact in (True, False):
        hessian = (
            _information(structure, parameters, at, reml)
            if exact
            else second_derivatives(at, directions, reml=reml, is_expected=True)
        )
        scale = np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-300))
        values, vectors = np.linalg.eigh(hessian / np.outer(scale, scale))
        if values[0] > 1e-6 or not exact:
            break
    pull = vectors.T @ (gradient / scale)
    values = np.maximum(values, 1e-10 * float(values[-1]))
    step = -(vectors @ (pull / values)) / scale
    return step, float(np.sum(pull**2 / values)) / 2


def _search(
    data: VisitBlocks,
    structure: CovarianceStructure,
    parameters: Array,
    at: VisitEvaluation,
    step: Array,
    reml: bool,
) -> tuple[Array, VisitEvaluation] | None:
    """Halve the step until the criterion falls, or does not rise by more than rounding."""
    rounding = 1e-12 * max(1.0, abs(at.criterion))
    scale = 1.0
    for _ in range(40):
        trial = parameters + scale * step
        there = evaluate_visits(data, structure.matrix(trial), reml=reml)
        if there is not None and there.criterion <= at.criterion + rounding * (scale == 1.0):
            return trial, there
        scale /= 2
    return None


def _fault(matrix: Array, information: Array) -> str:
    """Say why a point where the search settled is no maximum; empty if it is one."""
    deviations = np.sqrt(np.diag(matrix))
    if np.linalg.eigvalsh(matrix / np.outer(deviations, deviations))[0] < _SINGULAR:
        return "the covariance between visits runs off to a singular one"
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    if np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < _UNKNOWN:
        return "the scores cannot tell all elements of the covariance between visits"
    return ""
