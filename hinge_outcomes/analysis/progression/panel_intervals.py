"""Standard errors of whatever follows from fitted parameters, by the delta method."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.inference import normal_quantile
from hinge_outcomes.analysis.progression.panel_optimum import Optimum

Floats = npt.NDArray[np.float64]

_WIDTH = 1e-5
"""Step of the central differences, as a share of each parameter's scale."""

_MOVES = 1e-4
"""A quantity that changes more than this along a flat direction has no standard error."""


_FLAT_SHARE = 0.01
"""A parameter that makes up more than this of a flat direction has no variance."""


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """Hold quantities that follow from the parameters.

    Parameters
    ----------
    estimate : ndarray
        The quantities, of any shape.
    std_error : ndarray
        Their standard errors; missing where the likelihood does not bound them.
    """

    estimate: Floats
    std_error: Floats


def derive_from(function: Callable[[Floats], Floats], optimum: Optimum) -> Derived:
    """Give quantities with their standard errors.

    Parameters
    ----------
    function : callable
        From the parameters to an array of quantities.
    optimum : Optimum
        The fitted parameters with their covariance.

    Returns
    -------
    Derived
        Estimates and standard errors.

    Notes
    -----
    Delta method: the variance of g(theta) is J V J' with J the derivatives of g, here by central
    differences [1]_. Where g changes along a direction in which the likelihood is flat, no
    standard error exists; it is missing.

    References
    ----------
    .. [1] van der Vaart A (1998). Asymptotic statistics. Cambridge University Press, chapter 3.
    """
    theta = optimum.theta
    centre = np.asarray(function(theta), dtype=np.float64)
    jacobian = np.empty((len(theta), centre.size))
    for number, scale in enumerate(optimum.scale):
        shift = np.zeros(len(theta))
        shift[number] = _WIDTH * scale
        change = function(theta + shift) - function(theta - shift)
        jacobian[number] = np.ravel(change) / (2 * _WIDTH * scale)
    variance = np.einsum("kq,kl,lq->q", jacobian, optimum.covariance, jacobian)
    error = np.sqrt(np.maximum(variance, 0.0))
    moves = np.abs(optimum.flat.T @ jacobian)
    size = np.maximum(1.0, np.abs(centre).ravel())
    error[(moves > _MOVES * size).any(axis=0)] = np.nan
    return Derived(centre, error.reshape(centre.shape))


def known_covariance(optimum: Optimum) -> Floats:
    """Give the covariance of the parameters, missing where the likelihood does not bound them.

    Parameters
    ----------
    optimum : Optimum
        The fitted parameters.

    Returns
    -------
    ndarray of shape (K, K)
        Inverse of the observed information.
    """
    found = optimum.covariance.copy()
    lost = (np.abs(optimum.flat) > _FLAT_SHARE * optimum.scale[:, None]).any(axis=1)
    found[lost] = np.nan
    found[:, lost] = np.nan
    return found


def positive_interval(found: Derived, conf_level: float) -> tuple[Floats, Floats]:
    """Put an interval around positive quantities, symmetric on the log scale.

    Parameters
    ----------
    found : Derived
        Rates, ratios or times.
    conf_level : float
        Share of intervals meant to hold the truth.

    Returns
    -------
    ci_low, ci_high : ndarray
        The limits; missing where there is no standard error, or at 0.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = np.exp(normal_quantile(conf_level) * found.std_error / found.estimate)
        low, high = found.estimate / reach, found.estimate * reach
    is_bad = ~(np.isfinite(low) & np.isfinite(high))
    return np.where(is_bad, np.nan, low), np.where(is_bad, np.nan, high)
