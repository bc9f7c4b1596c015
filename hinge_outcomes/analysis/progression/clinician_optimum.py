"""The most likely rates and spreads of clinicians and clinics, with profile intervals."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.stats import chi2

from hinge_outcomes.analysis.progression.clinician_likelihood import CountData, Spreads, integrate
from hinge_outcomes.analysis.progression.counting_process import Floats, Integers

_START_SD = 0.3
_SETTLED = 1e-5
"""Largest gradient left, in units in which the curvature is about 1."""

_ROUGHLY_SETTLED = 1e-3
"""Enough for a profile: the height is then exact to 1e-6."""

_ROUGH_SD = 0.1

_AT_ZERO = 1e-4
"""A standard deviation of log rates below this is 0: nothing tells clinicians apart."""

_WIDEST_SD = 5.0


@dataclass(frozen=True, slots=True, repr=False)
class Optimum:
    """Hold the maximum of the likelihood.

    Parameters
    ----------
    parameters : ndarray, shape (p + 3,)
        Coefficients, then the spreads of clinicians, clinics and episodes, not negative.
    loglik : float
        There.
    covariance : ndarray, shape (p + 3, p + 3)
        Inverse observed information; 0 for a spread that is 0 or was held.
    is_free : ndarray of bool, shape (p + 3,)
        Parameters that were fitted and are not at their bound.
    converged : bool
        Whether gradient and curvature are those of a maximum.
    message : str
        Why not, and what to do; or which spread is 0.
    """

    parameters: Floats
    loglik: float
    covariance: Floats
    is_free: npt.NDArray[np.bool_]
    converged: bool
    message: str


def fit_plain_rates(data: CountData) -> Floats:
    """Fit the rates as if all clinicians were alike.

    Parameters
    ----------
    data : CountData
        The counts.

    Returns
    -------
    ndarray, shape (p,)
        Poisson coefficients, by Newton's method.
    """
    coefficients = _starting_rates(data)
    for _ in range(100):
        expected = np.exp(data.log_time + data.design @ coefficients)
        information = (data.design * expected[:, np.newaxis]).T @ data.design
        step = np.linalg.solve(information, data.design.T @ (data.moves - expected))
        step = step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-11:
            break
    return coefficients


def find_optimum(data: CountData, *, free: tuple[int, ...], n_nodes: int) -> Optimum:
    """Maximise the marginal likelihood.

    Parameters
    ----------
    data : CountData
        The counts.
    free : tuple of int
        Spreads to be fitted: 0 of clinicians, 1 of clinics, 2 of episodes. Others are 0.
    n_nodes : int
        Quadrature points per effect.

    Returns
    -------
    Optimum
        The maximum, and whether it is one.
    """
    rates = fit_plain_rates(data)
    n_rates = len(rates)
    base = np.concatenate([rates, np.zeros(3)])
    moving = np.array([*range(n_rates), *(n_rates + spread for spread in free)])
    base[moving[n_rates:]] = _START_SD
    search = _Search(data, base, moving, _rough_scale(data, rates, len(free)), n_nodes)
    parameters, loglik, slope = search.climb(_SETTLED)
    spreads = np.abs(parameters[n_rates:])
    parameters[n_rates:] = np.where(spreads < _AT_ZERO, 0.0, spreads)
    is_free = np.ones(len(parameters), dtype=bool)
    is_free[n_rates:] = parameters[n_rates:] > 0
    information = search.information(parameters, is_free)
    eigenvalues = np.linalg.eigvalsh(information)
    covariance = np.zeros((len(parameters),) * 2)
    is_maximum = bool(eigenvalues[0] > 0)
    if is_maximum:
        covariance[np.ix_(is_free, is_free)] = np.linalg.inv(information)
    converged = is_maximum and slope < 100 * _SETTLED
    message = "converged"
    if not converged:
        message = (
            "The search did not end at a maximum. The next simpler model has fewer terms in "
            "adjust=, clinic=None or frailty=False."
        )
    return Optimum(parameters, loglik, covariance, is_free, converged, message)


def profile_interval(
    data: CountData,
    optimum: Optimum,
    which: int,
    *,
    free: tuple[int, ...],
    n_nodes: int,
    conf_level: float,
) -> tuple[float, float]:
    """Give the interval of a spread that the likelihood itself supports.

    Parameters
    ----------
    data : CountData
        The counts.
    optimum : Optimum
        The maximum.
    which : int
        0 for clinicians, 1 for clinics, 2 for episodes.
    free : tuple of int
        Spreads that were fitted.
    n_nodes : int
        Quadrature points per effect.
    conf_level : float
        Confidence level.

    Returns
    -------
    ci_low, ci_high : float
        Where twice the drop of the log likelihood, maximised over all else, reaches the quantile
        of chi-squared with 1 degree of freedom; 0 where it does not on the way down.

    Notes
    -----
    The profile likelihood of a variance never leaves the parameter space [1]_.

    References
    ----------
    .. [1] Venzon D, Moolgavkar S (1988). A method for computing profile-likelihood-based confidence
       intervals. Appl Stat 37, 87-94.
    """
    n_rates = data.design.shape[1]
    drop = float(chi2.ppf(conf_level, 1)) / 2
    best = float(optimum.parameters[n_rates + which])
    held = n_rates + which
    moving = np.array([*range(n_rates), *(n_rates + k for k in free if k != which)])
    search = _Search(data, optimum.parameters, moving, _profile_scale(optimum, moving), n_nodes)

    def excess(sd: float) -> float:
        found = replace(search, base=_predict(optimum, held, sd, moving))
        return found.climb(_ROUGHLY_SETTLED)[1] - (optimum.loglik - drop)

    low = 0.0 if best == 0 or excess(0.0) >= 0 else _root(excess, 0.0, best)
    above = max(2 * best, 0.1)
    while excess(above) > 0:
        if above > _WIDEST_SD:
            return low, np.inf
        above = 2 * above
    return low, _root(excess, best, above)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-5))


@dataclass(frozen=True, slots=True, repr=False)
class _Search:
    """The likelihood in coordinates whose curvature is about 1; what does not move is held."""

    data: CountData
    base: Floats
    moving: Integers
    scale: Floats
    n_nodes: int

    def gradient(self, parameters: Floats) -> tuple[float, Floats]:
        n = self.data.design.shape[1]
        found = integrate(
            self.data, parameters[:n], Spreads(*parameters[n:].tolist()), n_nodes=self.n_nodes
        )
        return found.loglik, found.gradient

    def parameters(self, inside: Floats) -> Floats:
        result = self.base.copy()
        result[self.moving] += self.scale @ inside
        return result

    def climb(self, settled: float) -> tuple[Floats, float, float]:
        """Climb to the maximum; give the place, its height, and the largest slope left."""

        def descend(inside: Floats) -> tuple[float, Floats]:
            height, slope = self.gradient(self.parameters(inside))
            return -height, -self.scale.T @ slope[self.moving]

        found = minimize(
            descend,
            np.zeros(len(self.moving)),
            jac=True,
            method="BFGS",
            options={"gtol": settled, "maxiter": 500},
        )
        return self.parameters(found.x), -float(found.fun), float(np.abs(found.jac).max())

    def information(self, parameters: Floats, is_free: npt.NDArray[np.bool_]) -> Floats:
        """Differentiate the exact gradient by central differences."""
        places = np.flatnonzero(is_free)
        rows = []
        for place in places:
            step = np.zeros(len(parameters))
            step[place] = 1e-4 * max(abs(float(parameters[place])), 0.1)
            ahead, behind = (
                self.gradient(parameters + sign * step)[1][places] for sign in (1.0, -1.0)
            )
            rows.append((behind - ahead) / (2 * step[place]))
        matrix: Floats = np.array(rows, dtype=float)
        return (matrix + matrix.T) / 2


def _rough_scale(data: CountData, rates: Floats, n_spreads: int) -> Floats:
    """Scale by the information of equal rates, and a tenth for each spread."""
    expected = np.exp(data.log_time + data.design @ rates)
    information = (data.design * expected[:, np.newaxis]).T @ data.design
    scale = np.eye(len(rates) + n_spreads) * _ROUGH_SD
    scale[: len(rates), : len(rates)] = np.linalg.inv(np.linalg.cholesky(information)).T
    return scale


def _profile_scale(optimum: Optimum, moving: Integers) -> Floats:
    """Scale by the curvature at the optimum; a tenth for a spread at 0."""
    scale = np.eye(len(moving)) * _ROUGH_SD
    inside = np.flatnonzero(optimum.is_free[moving])
    places = moving[inside]
    scale[np.ix_(inside, inside)] = np.linalg.cholesky(
        np.linalg.inv(_information(optimum)[np.ix_(places, places)])
    )
    return scale


def _predict(optimum: Optimum, held: int, value: float, moving: Integers) -> Floats:
    """Guess where the maximum lies with one spread held, from the curvature at the optimum."""
    base = optimum.parameters.copy()
    places = moving[optimum.is_free[moving]]
    if optimum.is_free[held]:
        matrix = _information(optimum)
        pull = np.linalg.solve(matrix[np.ix_(places, places)], matrix[places, held])
        base[places] -= pull * (value - base[held])
    base[held] = value
    # A spread of exactly 0 is a stationary point: start beside it.
    spreads = moving[moving >= len(base) - 3]
    base[spreads] = np.maximum(base[spreads], 0.05)
    return base


def _information(optimum: Optimum) -> Floats:
    places = np.flatnonzero(optimum.is_free)
    matrix = np.zeros_like(optimum.covariance)
    matrix[np.ix_(places, places)] = np.linalg.inv(optimum.covariance[np.ix_(places, places)])
    return matrix


def _starting_rates(data: CountData) -> Floats:
    """Start at the overall rate: a column of ones, or of disjoint stages, takes it up."""
    level = np.log(data.moves.sum() / np.exp(data.log_time).sum())
    return np.asarray(np.linalg.lstsq(data.design, np.full(len(data.moves), level), rcond=None)[0])
