"""Errors, degrees of freedom and predicted effects of a mixed model with nested levels."""

import numpy as np

from hinge_outcomes.analysis.pain.mixed_inference import (
    Uncertainty,
    adjust_covariance,
    parameter_covariance,
)
from hinge_outcomes.analysis.pain.mixed_kernel import Array, cholesky_directions
from hinge_outcomes.analysis.pain.nested_design import NestedDesign
from hinge_outcomes.analysis.pain.nested_kernel import (
    NestedProducts,
    absorb_levels,
    evaluate_nested,
)
from hinge_outcomes.analysis.pain.nested_optimum import NestedOptimum, element_directions

_STEP = 1e-4


def nested_parameters(
    data: NestedProducts, optimum: NestedOptimum, *, reml: bool = True
) -> tuple[list[Array], Array]:
    """Compute the directions and the covariance of the variance parameters.

    Parameters
    ----------
    data : NestedProducts
        The data.
    optimum : NestedOptimum
        Where the criterion is least.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    directions : list of ndarray, shape (k, q_l, q_l)
        Change of each level's G with each element of all factors.
    covariance : ndarray, shape (k + 1, k + 1)
        From the observed information, the last row for log s2.
    """
    directions = _directions(optimum)
    at = optimum.evaluation
    contrast = np.append(-at.coefficients, 1.0)
    cross = np.tensordot(_chain(data, directions), at.cross_slopes, axes=1)
    pull = -(cross @ contrast @ contrast) / at.residual_variance
    n_free = data.n_rows - (data.n_fixed if reml else 0)
    hessian = optimum.hessian + np.outer(pull, pull) / n_free
    return directions, parameter_covariance(hessian, pull, n_free)


def nested_satterthwaite(
    data: NestedProducts, optimum: NestedOptimum, *, reml: bool = True
) -> Uncertainty:
    """Compute what Satterthwaite's degrees of freedom need, from the observed information.

    Parameters
    ----------
    data : NestedProducts
        The data.
    optimum : NestedOptimum
        Where the criterion is least.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    Uncertainty
        Covariance of the fixed effects and its derivatives.
    """
    directions, covariance = nested_parameters(data, optimum, reml=reml)
    at, p = optimum.evaluation, data.n_fixed
    inverse, scale = at.unscaled_covariance, at.residual_variance
    cross = np.tensordot(_chain(data, directions), at.cross_slopes, axes=1)[:, :p, :p]
    model = scale * inverse
    slopes = np.concatenate([-scale * inverse @ cross @ inverse, model[None]])
    return Uncertainty(model, model, slopes, covariance)


def nested_kenward_roger(data: NestedProducts, optimum: NestedOptimum) -> Uncertainty:
    """Compute Kenward and Roger's adjusted covariance.

    Parameters
    ----------
    data : NestedProducts
        The data.
    optimum : NestedOptimum
        Where the restricted criterion is least.

    Returns
    -------
    Uncertainty
        Adjusted covariance of the fixed effects, the model's, and its derivatives.

    Notes
    -----
    V is linear in the elements of s2 G and in s2. Second derivatives of log|V| and of X'V^-1 X by
    the elements give the traces and the products that the method needs; they are central
    differences of exact first derivatives.

    References
    ----------
    .. [1] Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted
       maximum likelihood. Biometrics 53, 983-997.
    """
    basis = element_directions(data.sizes)
    covariances = [lower @ lower.T for lower in optimum.factors]
    at, p, k = optimum.evaluation, data.n_fixed, len(basis)
    within = np.linalg.inv(at.unscaled_covariance)
    first = np.empty((k + 1, p, p))
    second = np.empty((k + 1, k + 1, p, p))
    traces = np.empty((k + 1, k + 1))
    first[:k], first[k] = -at.cross_slopes[:, :p, :p], within
    for number, (level, change) in enumerate(basis):
        sides = []
        step = _STEP * max(1.0, float(np.abs(covariances[level]).max()))
        for sign in (1.0, -1.0):
            moved = list(covariances)
            moved[level] = covariances[level] + sign * step * change
            sides.append(evaluate_nested(data, moved, basis))
        more, less = sides
        second[number, :k] = (more.cross_slopes - less.cross_slopes)[:, :p, :p] / (4 * step)
        traces[number, :k] = -(more.logdet_slopes - less.logdet_slopes) / (2 * step)
    # The direction of V itself, in place of that of s2: the method does not depend on the basis.
    second[:k, k] = second[k, :k] = first[:k]
    second[k, k], traces[k, k] = within, data.n_rows
    traces[:k, k] = traces[k, :k] = at.logdet_slopes
    return adjust_covariance(at.unscaled_covariance, at.residual_variance, first, second, traces)


def nested_effects(design: NestedDesign, optimum: NestedOptimum) -> list[tuple[Array, Array]]:
    """Predict the effects of every unit: best linear unbiased, with their errors.

    Parameters
    ----------
    design : NestedDesign
        The data.
    optimum : NestedOptimum
        Where the criterion is least.

    Returns
    -------
    list of (ndarray, ndarray), each of shape (n_l, q_l)
        Values and errors of each level from the innermost, in the units of the data. Errors are
        those given the coefficients and the variances.
    """
    unit, scale = design.fixed.spread, optimum.evaluation.residual_variance
    found = []
    for level, (effects, spread) in zip(design.levels, _predict(design, optimum), strict=True):
        q = len(level.terms)
        back = np.linalg.inv(level.scale)
        within = spread[:, :q, :q]
        variance = np.maximum(np.einsum("jk,nkl,jl->nj", back, within, back), 0.0)
        found.append((unit * effects[:, :q] @ back.T, unit * np.sqrt(scale * variance)))
    return found


def summed_effects(design: NestedDesign, optimum: NestedOptimum) -> tuple[Array, Array]:
    """Predict the sum of each innermost unit's effect and of those of all units above it.

    Parameters
    ----------
    design : NestedDesign
        The data; every level has an intercept alone.
    optimum : NestedOptimum
        Where the criterion is least.

    Returns
    -------
    values, errors : ndarray, shape (n_1,)
        In the units of the data; errors allow for effects of one level being known only together
        with those of another.
    """
    effects, spread = _predict(design, optimum)[0]
    weights = np.array([1 / level.scale[0, 0] for level in design.levels])
    variance = np.einsum("i,nij,j->n", weights, spread, weights)
    unit = design.fixed.spread
    errors = np.sqrt(optimum.evaluation.residual_variance * np.maximum(variance, 0.0))
    return unit * effects @ weights, unit * errors


def _predict(design: NestedDesign, optimum: NestedOptimum) -> list[tuple[Array, Array]]:
    """Give each unit's effects, followed by those above it, and their joint covariance over s2.

    From the outermost level inwards, u = H (Z'V^-1 r - Z'V^-1 Z_above u_above), and the covariance
    given the data is H + H B W B'H, W that of the levels above.
    """
    levels = absorb_levels(design.products, [lower @ lower.T for lower in optimum.factors])
    contrast = np.append(-optimum.evaluation.coefficients, 1.0)
    above, spread_above = np.empty((1, 0)), np.empty((1, 0, 0))
    found: list[tuple[Array, Array]] = []
    for number in reversed(range(len(levels))):
        one = levels[number]
        parent = (
            design.parents[number]
            if number < len(design.parents)
            else np.zeros(len(one.spread), dtype=np.int64)
        )
        effects, beyond = above[parent], spread_above[parent]
        n_above = effects.shape[1]
        linked = one.across[:, :, :n_above]
        pull = one.across[:, :, n_above:] @ contrast - np.einsum("nqa,na->nq", linked, effects)
        values = np.einsum("nqr,nr->nq", one.spread, pull)
        turned = one.spread @ linked
        within = one.spread + turned @ beyond @ turned.transpose(0, 2, 1)
        beside = -turned @ beyond
        upper = np.concatenate([within, beside], axis=2)
        lower = np.concatenate([beside.transpose(0, 2, 1), beyond], axis=2)
        above = np.concatenate([values, effects], axis=1)
        spread_above = np.concatenate([upper, lower], axis=1)
        found.append((above, spread_above))
    return found[::-1]


def _directions(optimum: NestedOptimum) -> list[Array]:
    """Embed each level's directions among those of all elements."""
    parts = [cholesky_directions(lower) for lower in optimum.factors]
    total = sum(len(part) for part in parts)
    found, place = [], 0
    for part in parts:
        whole = np.zeros((total, *part.shape[1:]))
        whole[place : place + len(part)] = part
        found.append(whole)
        place += len(part)
    return found


def _chain(data: NestedProducts, directions: list[Array]) -> Array:
    """Write each direction as a combination of `element_directions`."""
    return np.hstack(
        [
            whole[:, *np.tril_indices(size)]
            for whole, size in zip(directions, data.sizes, strict=True)
        ]
    )
