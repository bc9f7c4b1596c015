"""Errors and degrees of freedom of an MMRM: Satterthwaite, Kenward-Roger."""

import numpy as np

from hinge_outcomes.analysis.pain.covariance_structures import log_cholesky_curvature
from hinge_outcomes.analysis.pain.mixed_inference import Uncertainty
from hinge_outcomes.analysis.pain.mmrm_optimum import VisitOptimum
from hinge_outcomes.analysis.pain.model_columns import Array
from hinge_outcomes.analysis.pain.visit_blocks import VisitBlocks, VisitEvaluation, along


def satterthwaite_of_visits(optimum: VisitOptimum, directions: Array) -> Uncertainty:
    """Compute what Satterthwaite's degrees of freedom need.

    Parameters
    ----------
    optimum : VisitOptimum
        Where the criterion is least.
    directions : ndarray, shape (k, v, v)
        First derivatives of the covariance by its parameters.

    Returns
    -------
    Uncertainty
        Covariance of the fixed effects C, its derivatives C H C, and the covariance of the
        parameters from the observed information.

    References
    ----------
    .. [1] Satterthwaite FE (1946). An approximate distribution of estimates of variance
       components. Biometrics Bull 2, 110-114.
    """
    at = optimum.evaluation
    slopes = at.covariance @ along(at, directions) @ at.covariance
    spread = np.asarray(2 * np.linalg.inv(optimum.information), dtype=np.float64)
    return Uncertainty(at.covariance, at.covariance, slopes, spread)


def kenward_roger_of_visits(
    data: VisitBlocks, optimum: VisitOptimum, directions: Array, *, is_linear: bool = False
) -> Uncertainty:
    """Compute Kenward and Roger's adjusted covariance for an unstructured covariance.

    Parameters
    ----------
    data : VisitBlocks
        The data.
    optimum : VisitOptimum
        Where the restricted criterion is least.
    directions : ndarray, shape (k, v, v)
        First derivatives of the covariance by its parameters.
    is_linear : bool, default False
        Leave out the term with second derivatives, as SAS does for unstructured covariances; the
        term is that of the log-Cholesky parameters, as in R's mmrm.

    Returns
    -------
    Uncertainty
        With the adjusted covariance; degrees of freedom come from the model's.

    Notes
    -----
    C + 2 C {sum_ab W_ab (Q_ab - H_a C H_b - R_ab / 4)} C, W the covariance of the parameters from
    the observed information, Q_ab = X'V^-1 V_a V^-1 V_b V^-1 X, R_ab = X'V^-1 V_ab V^-1 X. Q and H
    do not depend on how the covariance is parametrised; R does, and is zero for linear parameters.

    References
    ----------
    .. [1] Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted
       maximum likelihood. Biometrics 53, 983-997.
    """
    found = satterthwaite_of_visits(optimum, directions)
    at, spread = optimum.evaluation, found.parameter_covariance
    inverse = at.covariance
    through = along(at, directions)
    middle = _twice_weighted(data, at, directions, spread)
    middle -= np.einsum("ab,axy,yz,bzw->xw", spread, through, inverse, through, optimize=True)
    if not is_linear:
        first, second = log_cholesky_curvature(optimum.matrix)
        rows, columns = np.tril_indices(len(optimum.matrix))
        # The same covariance of parameters, carried over to the log-Cholesky ones.
        jacobian = first[:, rows, columns].T
        back = np.linalg.inv(jacobian)
        moved = back @ spread @ back.T
        middle -= along(at, np.tensordot(moved, second, axes=2)[None])[0] / 4
    adjusted = inverse + 2 * inverse @ middle @ inverse
    return Uncertainty(
        (adjusted + adjusted.T) / 2, inverse, found.derivatives, found.parameter_covariance
    )


def _twice_weighted(
    data: VisitBlocks, at: VisitEvaluation, directions: Array, spread: Array
) -> Array:
    """Compute sum_ab W_ab Q_ab, Q_ab = sum (PX)'V_a P V_b (PX)."""
    # sum_ab W_ab V_a P V_b for each pattern, from the tensor of pairs of elements.
    pairs = np.einsum("ab,ajk,blm->jklm", spread, directions, directions, optimize=True)
    weighted = np.einsum("jklm,nkl->njm", pairs, at.precision, optimize=True)
    turned = weighted[data.pattern] @ at.solved
    p = at.solved.shape[2]
    total: Array = at.solved.reshape(-1, p).T @ turned.reshape(-1, p)
    return total
