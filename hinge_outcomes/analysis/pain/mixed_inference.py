"""Errors and degrees of freedom of a mixed model's fixed effects: Satterthwaite, Kenward-Roger."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.pain.mixed_kernel import (
    Array,
    CrossProducts,
    Evaluation,
    cholesky_directions,
    curvature,
)
from hinge_outcomes.analysis.pain.mixed_optimum import Optimum


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Hold the covariance of the fixed effects and how it hangs on the variance parameters.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
        Covariance for standard errors (adjusted, with Kenward-Roger).
    model_covariance : ndarray, shape (p, p)
        The model's s2 (X'V^-1 X)^-1, from which the degrees of freedom come.
    derivatives : ndarray, shape (k, p, p)
        Its derivative with respect to each variance parameter.
    parameter_covariance : ndarray, shape (k, k)
        Covariance of the variance parameters.
    """

    covariance: Array
    model_covariance: Array
    derivatives: Array
    parameter_covariance: Array

    def variance(self, contrasts: Array) -> Array:
        """Compute the variance of each contrast of the fixed effects.

        Parameters
        ----------
        contrasts : ndarray, shape (m, p)
            One contrast per row.

        Returns
        -------
        ndarray, shape (m,)
            The variances l'Vl.
        """
        result: Array = np.einsum("mi,ij,mj->m", contrasts, self.covariance, contrasts)
        return result

    def degrees_of_freedom(self, contrasts: Array) -> Array:
        """Compute the degrees of freedom of each contrast of the fixed effects.

        Parameters
        ----------
        contrasts : ndarray, shape (m, p)
            One contrast per row.

        Returns
        -------
        ndarray, shape (m,)
            Each 2 (l'Vl)^2 / g'Wg; infinite where the variance hangs on no parameter.

        Notes
        -----
        g is the gradient of l'Vl and W the covariance of the variance parameters. With the
        expected information as W^-1 this is what Kenward and Roger's method gives for one contrast
        (their scale factor is then 1).
        """
        value = np.einsum("mi,ij,mj->m", contrasts, self.model_covariance, contrasts)
        slope = np.einsum("mi,kij,mj->mk", contrasts, self.derivatives, contrasts, optimize=True)
        spread = np.einsum("mk,kl,ml->m", slope, self.parameter_covariance, slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(spread > 0, 2 * value**2 / spread, np.inf)


def variance_parameters(
    data: CrossProducts, optimum: Optimum, *, reml: bool = True
) -> tuple[Array, Array]:
    """Compute the directions and the covariance of the variance parameters (L, log s2).

    Parameters
    ----------
    data : CrossProducts
        The data.
    optimum : Optimum
        Where the criterion is least.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    directions : ndarray, shape (k - 1, q, q)
        Change of G with each element of L.
    covariance : ndarray, shape (k, k)
        Twice the inverse of the criterion's second derivatives, the last row for log s2. A
        direction along which the criterion is flat, as at a variance of zero, counts as fixed.

    Examples
    --------
    >>> from hinge_outcomes.analysis.pain.mixed_kernel import compress, group_products
    >>> from hinge_outcomes.analysis.pain.mixed_optimum import minimise_criterion
    >>> z = np.ones((4, 1)); xy = np.array([[1.0, 0], [1, 2], [1, 8], [1, 9]])
    >>> ztz, products = group_products(z, xy, np.array([0, 2]))
    >>> data = compress(ztz, products, xy.T @ xy, 4)
    >>> variance_parameters(data, minimise_criterion(data))[1].shape
    (2, 2)
    """
    lower, at = optimum.lower, optimum.evaluation
    rows, columns = np.tril_indices(lower.shape[0])
    directions = cholesky_directions(lower)
    hessian, pull, _ = curvature(data, at, directions, reml=reml)
    hessian = hessian + np.where(
        columns[:, None] == columns[None, :], 2 * at.gradient[rows[:, None], rows[None, :]], 0.0
    )
    n_free = data.n_rows - (data.n_fixed if reml else 0)
    return directions, parameter_covariance(hessian, pull, n_free)


def parameter_covariance(hessian: Array, pull: Array, n_free: int) -> Array:
    """Invert the observed information of the variance parameters and log s2.

    Parameters
    ----------
    hessian : ndarray, shape (k, k)
        Second derivatives of -2 log L by the parameters, s2 held fixed.
    pull : ndarray, shape (k,)
        Its mixed derivatives with log s2.
    n_free : int
        The second derivative by log s2.

    Returns
    -------
    ndarray, shape (k + 1, k + 1)
        A direction along which the criterion is flat, as at a variance of zero, counts as fixed.

    Examples
    --------
    >>> parameter_covariance(np.array([[4.0]]), np.zeros(1), 2).tolist()
    [[0.5, 0.0], [0.0, 1.0]]
    """
    full = np.block([[hessian, pull[:, None]], [pull[None, :], np.array([[float(n_free)]])]])
    values, vectors = np.linalg.eigh(full)
    is_kept = values > 1e-9 * values.max()
    covariance: Array = 2 * (vectors[:, is_kept] / values[is_kept]) @ vectors[:, is_kept].T
    return covariance


def satterthwaite(data: CrossProducts, optimum: Optimum, *, reml: bool = True) -> Uncertainty:
    """Compute what Satterthwaite's degrees of freedom need, from the observed information.

    Parameters
    ----------
    data : CrossProducts
        The data.
    optimum : Optimum
        Where the criterion is least.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    Uncertainty
        Covariance of the fixed effects and its derivatives.

    References
    ----------
    .. [1] Satterthwaite FE. Synthesis of variance. Psychometrika 1941;6:309-316.
    .. [2] Kuznetsova A, Brockhoff PB, Christensen RHB. lmerTest. J Stat Softw 2017;82(13).

    Examples
    --------
    >>> from hinge_outcomes.analysis.pain.mixed_kernel import compress, group_products
    >>> from hinge_outcomes.analysis.pain.mixed_optimum import minimise_criterion
    >>> z = np.ones((4, 1)); xy = np.array([[1.0, 0], [1, 2], [1, 8], [1, 9]])
    >>> ztz, products = group_products(z, xy, np.array([0, 2]))
    >>> data = compress(ztz, products, xy.T @ xy, 4)
    >>> found = satterthwaite(data, minimise_criterion(data))
    >>> found.degrees_of_freedom(np.eye(1)).round(6).tolist()  # two groups, one mean
    [1.0]
    """
    at = optimum.evaluation
    directions, covariance = variance_parameters(data, optimum, reml=reml)
    _, _, fixed = curvature(data, at, directions, reml=reml)
    inverse = at.unscaled_covariance
    model = at.residual_variance * inverse
    slopes = np.concatenate([at.residual_variance * inverse @ fixed @ inverse, model[None]])
    return Uncertainty(model, model, slopes, covariance)


def kenward_roger(data: CrossProducts, optimum: Optimum) -> Uncertainty:
    """Compute Kenward and Roger's adjusted covariance and what their degrees of freedom need.

    Parameters
    ----------
    data : CrossProducts
        The data.
    optimum : Optimum
        Where the restricted criterion is least.

    Returns
    -------
    Uncertainty
        Adjusted covariance of the fixed effects, the model's, and its derivatives.

    Notes
    -----
    V is linear in the parameters (elements of s2 G, and s2), so the term with second derivatives
    is absent. In units of s2, with C = (X'V^-1 X)^-1, P_r = -X'V^-1 V_r V^-1 X, Q_rs = X'V^-1 V_r
    V^-1 V_s V^-1 X and W the inverse of the expected information
    I_rs = [tr(V^-1 V_r V^-1 V_s) - 2 tr(C Q_rs) + tr(C P_r C P_s)] / 2,
    the covariance is C + 2 C {sum W_rs (Q_rs - P_r C P_s)} C.

    References
    ----------
    .. [1] Kenward MG, Roger JH. Small sample inference for fixed effects from restricted maximum
       likelihood. Biometrics 1997;53:983-997.

    Examples
    --------
    >>> from hinge_outcomes.analysis.pain.mixed_kernel import compress, group_products
    >>> from hinge_outcomes.analysis.pain.mixed_optimum import minimise_criterion
    >>> z = np.ones((4, 1)); xy = np.array([[1.0, 0], [1, 2], [1, 8], [1, 9]])
    >>> ztz, products = group_products(z, xy, np.array([0, 2]))
    >>> data = compress(ztz, products, xy.T @ xy, 4)
    >>> found = kenward_roger(data, minimise_criterion(data))
    >>> found.degrees_of_freedom(np.eye(1)).round(6).tolist()  # two groups, one mean
    [1.0]
    """
    at = optimum.evaluation
    relative = optimum.lower @ optimum.lower.T
    first, second, traces = _information_parts(data, at, relative)
    return adjust_covariance(at.unscaled_covariance, at.residual_variance, first, second, traces)


def adjust_covariance(
    inverse: Array, residual_variance: float, first: Array, second: Array, traces: Array
) -> Uncertainty:
    """Adjust the covariance of the fixed effects as Kenward and Roger do, for linear parameters.

    Parameters
    ----------
    inverse : ndarray, shape (p, p)
        C = (X'V^-1 X)^-1 in units of s2.
    residual_variance : float
        s2.
    first : ndarray, shape (k, p, p)
        X'V^-1 V_r V^-1 X for each direction of V.
    second : ndarray, shape (k, k, p, p)
        X'V^-1 V_r V^-1 V_s V^-1 X.
    traces : ndarray, shape (k, k)
        tr(V^-1 V_r V^-1 V_s).

    Returns
    -------
    Uncertainty
        Adjusted covariance, the model's, and its derivatives.
    """
    bent = inverse @ first
    information = traces - 2 * np.einsum("ab,rsba->rs", inverse, second)
    information += np.einsum("rab,sba->rs", bent, bent)
    covariance: Array = np.asarray(
        np.linalg.pinv((information + information.T) / 4, rcond=1e-12, hermitian=True)
    )
    middle = np.einsum("rs,rsab->ab", covariance, second)
    middle -= np.einsum("rs,rab,bc,scd->ad", covariance, first, inverse, first, optimize=True)
    model = residual_variance * inverse
    adjusted = model + 2 * residual_variance * inverse @ ((middle + middle.T) / 2) @ inverse
    slopes = residual_variance * inverse @ first @ inverse
    return Uncertainty(adjusted, model, slopes, covariance)


def _information_parts(
    data: CrossProducts, at: Evaluation, relative: Array
) -> tuple[Array, Array, Array]:
    """Give -P_r, Q_rs and tr(V^-1 V_r V^-1 V_s) in units of s2; the last parameter is s2."""
    q, p = data.n_random, data.n_fixed
    rows, columns = np.tril_indices(q)
    m = rows.size
    basis = np.zeros((m, q, q))
    basis[np.arange(m), rows, columns] = basis[np.arange(m), columns, rows] = 1.0
    inner, fixed = at.inner, at.fixed_products
    inner_rows = inner[data.pattern]
    shrunk = relative @ inner
    # Z'V^-2 Z, Z'V^-2 X, X'V^-2 X and X'V^-3 X from V^-1 = I - Z G K Z'.
    inner_twice = inner - inner @ shrunk
    fixed_twice = fixed - inner_rows @ relative @ fixed
    pulled = relative @ fixed
    once = np.linalg.inv(at.unscaled_covariance)
    twice = once - np.einsum("rja,rjb->ab", fixed, pulled, optimize=True)
    thrice = twice - np.einsum("rja,rjb->ab", fixed_twice, pulled, optimize=True)
    first = np.empty((m + 1, p, p))
    second = np.empty((m + 1, m + 1, p, p))
    traces = np.empty((m + 1, m + 1))
    for a in range(m):
        carried = basis[a] @ fixed
        first[a] = np.einsum("rja,rjb->ab", fixed, carried, optimize=True)
        turned = inner @ basis[a]
        for b in range(m):
            onward = inner_rows @ (basis[b] @ fixed)
            second[a, b] = np.einsum("rja,rjb->ab", carried, onward, optimize=True)
            traces[a, b] = np.einsum("m,mij,mji->", data.counts, turned, inner @ basis[b])
        second[a, m] = np.einsum("rja,rjb->ab", carried, fixed_twice, optimize=True)
        second[m, a] = second[a, m].T
        traces[a, m] = np.einsum("m,ij,mji->", data.counts, basis[a], inner_twice)
        traces[m, a] = traces[a, m]
    first[m], second[m, m] = twice, thrice
    traces[m, m] = data.n_rows - float(
        np.einsum("m,mii->", data.counts, 2 * shrunk - shrunk @ shrunk)
    )
    return first, second, traces
