"""The Cox partial likelihood on arrays: value, derivatives and the search for its maximum."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from hinge_outcomes.analysis.progression.risk_sets import Flags, Floats, RiskSets

_MOST_STEPS = 60
_SMALL_STEP = 1e-6
"""A Newton step this small, in standard deviations of a column, leaves an error of its square."""
_NOTHING_TO_GAIN = 1e-6
"""Where the log-likelihood can rise by no more than this, a fit that still walks walks for ever."""


@dataclass(frozen=True, slots=True, repr=False)
class Likelihood:
    """Hold the partial likelihood at one value of the coefficients.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        Where it was evaluated.
    loglik : float
        Its logarithm.
    score : ndarray, shape (p,)
        Its derivative.
    risk : ndarray, shape (n,)
        Weight times relative hazard of each row.
    total : ndarray, shape (D,)
        Risk in the risk set of each term.
    mean : ndarray, shape (p, D)
        Mean of the columns in the risk set of each term.
    """

    coefficients: Floats
    loglik: float
    score: Floats
    risk: Floats
    total: Floats
    mean: Floats

    def hazard(self, sets: RiskSets) -> Floats:
        """Give the baseline hazard that each term adds.

        Parameters
        ----------
        sets : RiskSets
            The rows.

        Returns
        -------
        ndarray, shape (D,)
            Increments.
        """
        increments: Floats = sets.term_weight / self.total
        return increments


@dataclass(frozen=True, slots=True, repr=False)
class Maximum:
    """Hold what the search found.

    Parameters
    ----------
    likelihood : Likelihood
        At the last coefficients.
    information : ndarray, shape (p, p)
        Minus the second derivative there.
    null_loglik : float
        Log-likelihood with all coefficients 0.
    is_infinite : ndarray of bool, shape (p,)
        Coefficients that grow without bound.
    has_converged : bool
        Whether a finite maximum was reached.
    n_steps : int
        Newton steps.
    """

    likelihood: Likelihood
    information: Floats
    null_loglik: float
    is_infinite: Flags
    has_converged: bool
    n_steps: int


def evaluate(sets: RiskSets, columns: Floats, coefficients: Floats) -> Likelihood:
    """Compute the log partial likelihood and its derivative.

    Parameters
    ----------
    sets : RiskSets
        The rows.
    columns : ndarray, shape (p, n)
        Covariates, one row each.
    coefficients : ndarray, shape (p,)
        Log hazard ratios.

    Returns
    -------
    Likelihood
        Value, score, and the sums they are made of.

    Notes
    -----
    Sum over terms of w (eta - log(S0 - f E0)), with S0 the risk of all at risk, E0 that of the
    events of the point, f the term's fraction and w its weight [1]_ [2]_. Risk sets are cumulated
    counts of who enters and who leaves, so the cost is linear in rows.

    References
    ----------
    .. [1] Cox D (1975). Partial likelihood. Biometrika 62, 269-276.
    .. [2] Efron B (1977). The efficiency of Cox's likelihood function for censored data. J Am Stat
       Assoc 72, 557-565.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.risk_sets import index_risk_sets
    >>> sets = index_risk_sets(np.zeros(2), np.array([1.0, 2.0]), np.array([True, True]))
    >>> at_zero = evaluate(sets, np.array([[1.0, 0.0]]), np.zeros(1))
    >>> round(at_zero.loglik, 4), at_zero.score.tolist()  # -log 2; one of two means 1/2
    (-0.6931, [0.5])
    """
    with np.errstate(over="ignore"):
        eta = coefficients @ columns
        risk = sets.weight * np.exp(eta)
    own = risk[sets.event]
    total = _left_at_risk(sets, risk, own)
    mean = np.empty((len(columns), len(own)))
    with np.errstate(invalid="ignore", divide="ignore"):
        for place, column in enumerate(columns):
            values = _left_at_risk(sets, risk * column, own * column[sets.event], floor=False)
            mean[place] = values / total
        loglik = float(sets.event_weight @ eta - sets.term_weight @ np.log(total))
        score = columns @ sets.event_weight - mean @ sets.term_weight
    return Likelihood(coefficients, loglik, score, risk, total, mean)


def _left_at_risk(sets: RiskSets, values: Floats, own: Floats, *, floor: bool = True) -> Floats:
    """Add up values over the risk set of each term."""
    everybody, leaving = sets.at_risk(values), sets.by_point(own)
    if floor:
        # Cumulated sums carry rounding; the events of a point are at risk there for certain.
        everybody = np.maximum(everybody, leaving)
    point = sets.event_point
    left: Floats = everybody[point] - sets.fraction * leaving[point]
    return left


def information(
    sets: RiskSets, columns: Floats, likelihood: Likelihood, factor: Floats | None = None
) -> Floats:
    """Compute minus the second derivative of the log partial likelihood.

    Parameters
    ----------
    sets : RiskSets
        The rows.
    columns : ndarray, shape (p, n)
        Covariates.
    likelihood : Likelihood
        The likelihood at the coefficients.
    factor : ndarray, shape (D,), optional
        What to multiply each term with. Default: 1.

    Returns
    -------
    ndarray, shape (p, p)
        Information. The second moments of all risk sets come from one matrix product, in which
        each row is weighted with the hazard it went through.
    """
    weight = sets.term_weight if factor is None else sets.term_weight * factor
    passed = likelihood.risk * exposure(sets, weight / likelihood.total)
    mean = likelihood.mean
    result: Floats = (columns * passed) @ columns.T - (mean * weight) @ mean.T
    return (result + result.T) / 2


def exposure(sets: RiskSets, increments: Floats) -> Floats:
    """Add up, for each row, the increments of all terms in whose risk set it is.

    Parameters
    ----------
    sets : RiskSets
        The rows.
    increments : ndarray, shape (D,)
        One number per term.

    Returns
    -------
    ndarray, shape (n,)
        Sums; a row that ends in an event counts 1 - f of the terms of its own point.
    """
    sums = sets.while_at_risk(sets.by_point(increments))
    sums[sets.event] -= sets.by_point(increments * sets.fraction)[sets.event_point]
    return sums


def maximise(sets: RiskSets, columns: Floats, start: Likelihood, second: Floats) -> Maximum:
    """Find the coefficients that maximise the partial likelihood.

    Newton's method from 0, with halving where a step does not rise. Where the likelihood keeps
    rising towards infinity, ever less, the search stops and names the coefficients that run away
    [1]_.

    Parameters
    ----------
    sets : RiskSets
        The rows.
    columns : ndarray, shape (p, n)
        Covariates of mean about 0 and variance about 1, none a combination of others.
    start : Likelihood
        The likelihood with all coefficients 0.
    second : ndarray, shape (p, p)
        The information there.

    Returns
    -------
    Maximum
        The last coefficients, and what can be said of them.

    References
    ----------
    .. [1] Bryson M, Johnson M (1981). The incidence of monotone likelihood in the Cox model.
       Technometrics 23, 381-383.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.risk_sets import index_risk_sets
    >>> sets = index_risk_sets(np.zeros(3), np.array([1.0, 2, 3]), np.array([True, True, True]))
    >>> columns = np.array([[0.0, 1.0, 0.0]])
    >>> at_zero = evaluate(sets, columns, np.zeros(1))
    >>> found = maximise(sets, columns, at_zero, information(sets, columns, at_zero))
    >>> round(float(found.likelihood.coefficients[0]), 6)  # hazard ratio root 2
    0.346574
    """
    here, gain, n_steps = start, np.inf, 0
    is_infinite = np.zeros(len(columns), dtype=bool)
    has_converged = len(columns) == 0
    while not has_converged and n_steps < _MOST_STEPS:
        step = _newton_step(second, here.score)
        if step is None:
            break
        previous, gain = gain, float(here.score @ step)
        here, taken = _climb(sets, columns, here, step)
        second = information(sets, columns, here)
        n_steps += 1
        if gain < _NOTHING_TO_GAIN and gain > 0.01 * previous and np.abs(step).max() > 0.01:
            is_infinite = np.abs(step) > 0.05 * np.abs(step).max()
            break
        has_converged = bool(taken and np.abs(step).max() < _SMALL_STEP)
    return Maximum(here, second, start.loglik, is_infinite, has_converged, n_steps)


def _newton_step(second: Floats, score: Floats) -> Floats | None:
    try:
        step: Floats = linalg.solve(second, score, assume_a="pos")
    except (linalg.LinAlgError, linalg.LinAlgWarning, ValueError):
        return None
    return step


def _climb(
    sets: RiskSets, columns: Floats, here: Likelihood, step: Floats
) -> tuple[Likelihood, bool]:
    """Take a step, or the half of it, and so on, until the likelihood does not fall."""
    slack = 1e-11 * abs(here.loglik) + 1e-12
    share = 1.0
    for _ in range(30):
        there = evaluate(sets, columns, here.coefficients + share * step)
        if np.isfinite(there.loglik) and there.loglik >= here.loglik - slack:
            return there, share == 1.0
        share /= 2
    return here, False
