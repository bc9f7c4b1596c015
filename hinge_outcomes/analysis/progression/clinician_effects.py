"""What is known of each clinician and clinic once it is not known how much they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from hinge_outcomes.analysis.progression.clinician_likelihood import CountData, Spreads, integrate
from hinge_outcomes.analysis.progression.clinician_optimum import Optimum
from hinge_outcomes.analysis.progression.counting_process import Floats

_N_SPREADS = 6
"""Points per spread: the likelihood is smooth in it."""

_BEYOND = 1.3
"""Spreads up to so many times the upper limit are weighed."""

_WIDEST = 1.5


@dataclass(frozen=True, slots=True, repr=False)
class Effects:
    """Hold what is known of each clinician's and each clinic's log rate ratio.

    Parameters
    ----------
    mean, std_error : ndarray, shape (G,)
        Clinicians, the clinic's part included.
    clinic_mean, clinic_std_error : ndarray, shape (K,)
        Clinics.
    clinician_variance, clinic_variance : float
        Posterior mean of the variance between clinicians (the clinics' included) and clinics.
    """

    mean: Floats
    std_error: Floats
    clinic_mean: Floats
    clinic_std_error: Floats
    clinician_variance: float
    clinic_variance: float


def estimate_effects(
    data: CountData, optimum: Optimum, limits: Mapping[int, float], *, n_nodes: int
) -> Effects:
    """Shrink each clinician's and each clinic's rate towards what is expected of it.

    Parameters
    ----------
    data : CountData
        The counts.
    optimum : Optimum
        The maximum.
    limits : mapping of int to float
        Upper limits of the spreads of clinicians (0) and, if they were fitted, of clinics (1).
    n_nodes : int
        Quadrature points per effect.

    Returns
    -------
    Effects
        Posterior means and errors.

    Notes
    -----
    The spreads are averaged over with a flat prior and their likelihood [1]_: taking the most
    likely ones as known gives intervals that are too narrow where clinicians are few, and none at
    all where the most likely spread is 0. The uncertainty of the rates is added to first order,
    Var + D V D', with D the derivative of the posterior mean to the rates and V their covariance
    [2]_. The spread of the episodes' own pace is taken as known.

    References
    ----------
    .. [1] Gelman A (2006). Prior distributions for variance parameters in hierarchical models.
       Bayesian Anal 1, 515-534.
    .. [2] Kass R, Steffey D (1989). Approximate Bayesian inference in conditionally independent
       hierarchical models (parametric empirical Bayes models). J Am Stat Assoc 84, 717-726.
    """
    n_rates = data.design.shape[1]
    rates, best = optimum.parameters[:n_rates], optimum.parameters[n_rates:]
    # exp(b) has mean exp(variance / 2): a wider spread goes with a lower level.
    level = np.linalg.lstsq(data.design, np.ones(len(data.moves)), rcond=None)[0]
    axes = [_spread_points(limits.get(which)) for which in (0, 1)]
    logs, means, variances, squares = [], [], [], []
    for (s, s_share), (r, r_share) in product(*axes):
        lower = (s**2 + r**2 - best[0] ** 2 - best[1] ** 2) / 2
        found = integrate(
            data, rates - lower * level, Spreads(s, r, float(best[2])), n_nodes=n_nodes
        )
        logs.append(found.loglik + np.log(s_share * r_share))
        means.append(np.concatenate([found.mean, found.clinic_mean]))
        variances.append(np.concatenate([found.variance, found.clinic_variance]))
        squares.append((s**2, r**2))
    share = np.exp(np.array(logs) - max(logs))
    share /= share.sum()
    mean = share @ np.array(means)
    variance = share @ (np.array(variances) + np.array(means) ** 2) - mean**2
    variance += _from_rates(data, optimum, n_nodes)
    error = np.sqrt(np.maximum(variance, 0.0))
    n, between = len(data.clinic), share @ np.array(squares)
    return Effects(
        mean=mean[:n],
        std_error=error[:n],
        clinic_mean=mean[n:],
        clinic_std_error=error[n:],
        clinician_variance=float(between.sum()),
        clinic_variance=float(between[1]),
    )


def _spread_points(limit: float | None) -> list[tuple[float, float]]:
    """Place Gauss-Legendre points between 0 and somewhat beyond the upper limit."""
    if limit is None:
        return [(0.0, 1.0)]
    x, w = np.polynomial.legendre.leggauss(_N_SPREADS)
    most = min(_BEYOND * limit, _WIDEST)
    return [
        (float(most * (1 + place) / 2), float(weight)) for place, weight in zip(x, w, strict=True)
    ]


def _from_rates(data: CountData, optimum: Optimum, n_nodes: int) -> Floats:
    """Give the part of the variance that comes from the fitted rates."""
    n_rates = data.design.shape[1]
    spreads = Spreads(*optimum.parameters[n_rates:].tolist())
    errors = np.sqrt(np.diag(optimum.covariance))[:n_rates]
    slopes = []
    for place in range(n_rates):
        step = np.zeros(n_rates)
        step[place] = 0.1 * float(errors[place])
        ahead, behind = (
            integrate(data, optimum.parameters[:n_rates] + sign * step, spreads, n_nodes=n_nodes)
            for sign in (1.0, -1.0)
        )
        change = np.concatenate([ahead.mean - behind.mean, ahead.clinic_mean - behind.clinic_mean])
        slopes.append(change / (2 * step[place]))
    d = np.array(slopes).T
    return np.asarray(np.einsum("ij,jk,ik->i", d, optimum.covariance[:n_rates, :n_rates], d))
