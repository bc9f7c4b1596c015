"""A fitted Cox model on arrays: coefficients, errors, residuals, baseline hazard."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.cox_kernel import (
    Maximum,
    evaluate,
    exposure,
    information,
    maximise,
)
from hinge_outcomes.analysis.progression.risk_sets import Flags, Floats, Integers, RiskSets
from hinge_outcomes.exceptions import NotIdentifiableError

_NO_VARIANCE = 1e-9
"""A column whose variance among those at risk together is a smaller share of all never varies."""

_DEPENDENT = 1e-8
"""A column whose own share of its variance is smaller is a combination of others."""


@dataclass(frozen=True, slots=True, repr=False)
class CoxModel:
    """Hold a Cox model at the maximum of its partial likelihood.

    Columns are kept centred and scaled, so that the search meets tame numbers; what the methods
    give is in the units of the data.

    Parameters
    ----------
    sets : RiskSets
        The rows.
    columns : ndarray, shape (p, n)
        Covariates, centred and scaled.
    centre, scale : ndarray, shape (p,)
        Their means and standard deviations in the data.
    maximum : Maximum
        What the search found.
    """

    sets: RiskSets
    columns: Floats
    centre: Floats
    scale: Floats
    maximum: Maximum

    @property
    def coefficients(self) -> Floats:
        """Give the log hazard ratios.

        Returns
        -------
        ndarray, shape (p,)
            Per unit of each column.
        """
        found: Floats = self.maximum.likelihood.coefficients / self.scale
        return found

    def covariance(self) -> Floats:
        """Give the inverse information.

        Returns
        -------
        ndarray, shape (p, p)
            Model-based covariance of the coefficients; missing where one is infinite.
        """
        return self._scaled_covariance() / np.outer(self.scale, self.scale)

    def _scaled_covariance(self) -> Floats:
        second, runs = self.maximum.information, self.maximum.is_infinite
        covariance = np.full(second.shape, np.nan)
        kept = np.ix_(~runs, ~runs)
        if not runs.all():
            covariance[kept] = np.linalg.pinv(second[kept], hermitian=True)
        return covariance

    def relative_hazard(self) -> Floats:
        """Give the hazard of each row relative to one with average columns.

        Returns
        -------
        ndarray, shape (n,)
            Hazard ratios.
        """
        ratio: Floats = self.maximum.likelihood.risk / self.sets.weight
        return ratio

    def martingale_residuals(self) -> Floats:
        """Compute events less expected events, by row.

        Returns
        -------
        ndarray, shape (n,)
            Residuals; their weighted sum is 0.
        """
        hazard = self.maximum.likelihood.hazard(self.sets)
        residuals = -self.relative_hazard() * exposure(self.sets, hazard)
        residuals[self.sets.event] += 1
        return residuals

    def schoenfeld_residuals(self) -> Floats:
        """Compute how far the covariates of each event lie from the mean of its risk set.

        Returns
        -------
        ndarray, shape (D, p)
            One row per event, in the order of ``sets.event``; with Efron's ties the mean is that of
            the terms of the point.
        """
        return ((self.columns[:, self.sets.event] - self._mean_at_events()) * self.scale[:, None]).T

    def score_residuals(self) -> Floats:
        """Compute what each row contributes to the score.

        Returns
        -------
        ndarray, shape (n, p)
            Residuals; their weighted sum is 0.
        """
        residuals: Floats = (self._score_residuals() * self.scale[:, None]).T
        return residuals

    def _mean_at_events(self) -> Floats:
        sets, mean = self.sets, self.maximum.likelihood.mean
        n_tied = sets.by_point()
        points = [(sets.by_point(row) / n_tied)[sets.event_point] for row in mean]
        return np.array(points).reshape(mean.shape)

    def _score_residuals(self) -> Floats:
        sets, likelihood = self.sets, self.maximum.likelihood
        hazard = likelihood.hazard(sets)
        passed = exposure(sets, hazard)
        residuals = np.empty_like(self.columns)
        for place, (column, mean) in enumerate(zip(self.columns, likelihood.mean, strict=True)):
            residuals[place] = exposure(sets, hazard * mean) - passed * column
        residuals *= self.relative_hazard()
        residuals[:, sets.event] += self.columns[:, sets.event] - self._mean_at_events()
        return residuals

    def influence(self, cluster: Integers, n_clusters: int) -> Floats:
        """Compute what each cluster contributes to the coefficients.

        Parameters
        ----------
        cluster : ndarray, shape (n,)
            Cluster numbers from 0.
        n_clusters : int
            How many there are.

        Returns
        -------
        ndarray, shape (G, p)
            Infinitesimal jackknife [1]_: score residuals times weight and covariance, summed by
            cluster. The sum of their squares is the robust variance.

        References
        ----------
        .. [1] Lin D, Wei L (1989). The robust inference for the Cox proportional hazards model. J
           Am Stat Assoc 84, 1074-1078.
        """
        residuals = self._score_residuals() * self.sets.weight
        sums = [np.bincount(cluster, row, n_clusters) for row in residuals]
        scores = np.array(sums).reshape(len(residuals), n_clusters)
        runs = self.maximum.is_infinite
        covariance = np.where(runs | runs[:, None], 0.0, self._scaled_covariance())
        influence: Floats = (covariance @ scores / self.scale[:, None]).T
        influence[:, runs] = np.nan
        return influence

    def place(self, covariates: Floats) -> Floats:
        """Give a patient's columns in the scale of the fit.

        Parameters
        ----------
        covariates : ndarray, shape (p,)
            In the units of the data.

        Returns
        -------
        ndarray, shape (p,)
            Centred and scaled.
        """
        placed: Floats = (covariates - self.centre) / self.scale
        return placed

    def cumulative_hazard(self, covariates: Floats) -> tuple[Floats, Floats]:
        """Compute the cumulative hazard of a patient in each stratum, with model-based errors.

        Parameters
        ----------
        covariates : ndarray, shape (p,)
            The patient's columns, in the units of the data.

        Returns
        -------
        hazard, std_error : ndarray, shape (T,)
            At each point, cumulated within its stratum.

        Notes
        -----
        The variance adds the noise of the increments to that of the coefficients: the sum of
        w / S0^2 plus d' V d with d the integral of (x - mean) dLambda [1]_.

        References
        ----------
        .. [1] Tsiatis A (1981). A large sample study of Cox's regression model. Ann Stat 9, 93-108.
        """
        sets, likelihood = self.sets, self.maximum.likelihood
        placed = self.place(covariates)
        ratio = float(np.exp(likelihood.coefficients @ placed))
        hazard = likelihood.hazard(sets)
        noise = sets.cumulate(sets.by_point(hazard / likelihood.total))
        drift = self.drift(placed)
        variance = noise + np.einsum("pt,pq,qt->t", drift, self._scaled_covariance(), drift)
        return ratio * sets.cumulate(sets.by_point(hazard)), ratio * np.sqrt(variance)

    def drift(self, placed: Floats) -> Floats:
        """Compute how the cumulative hazard of a patient changes with the coefficients.

        Parameters
        ----------
        placed : ndarray, shape (p,)
            The patient's columns, centred and scaled.

        Returns
        -------
        ndarray, shape (p, T)
            Integral of (x - mean) dLambda up to each point, for the hazard at the centre.
        """
        sets, likelihood = self.sets, self.maximum.likelihood
        hazard = likelihood.hazard(sets)
        drift = np.empty((len(placed), sets.n_points))
        for place, (at, mean) in enumerate(zip(placed, likelihood.mean, strict=True)):
            drift[place] = sets.cumulate(sets.by_point(hazard * (at - mean)))
        return drift


def fit_model(sets: RiskSets, columns: Floats, names: Sequence[str]) -> CoxModel:
    """Fit a Cox model on arrays.

    Parameters
    ----------
    sets : RiskSets
        The rows.
    columns : ndarray, shape (p, n)
        Covariates in the units of the data.
    names : sequence of str
        Their names, for messages.

    Returns
    -------
    CoxModel
        The model.

    Raises
    ------
    NotIdentifiableError
        If a column never varies among those at risk together, or is a combination of others.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.risk_sets import index_risk_sets
    >>> sets = index_risk_sets(np.zeros(3), np.array([1.0, 2, 3]), np.array([True, True, True]))
    >>> model = fit_model(sets, np.array([[0.0, 1.0, 0.0]]), ["is_female"])
    >>> model.coefficients.round(4).tolist()  # half of log 2
    [0.3466]
    """
    centre, scale, scaled = _standardised(columns)
    start = evaluate(sets, scaled, np.zeros(len(scaled)))
    second = information(sets, scaled, start)
    is_constant, is_combination = poor_columns(second, float(sets.term_weight.sum()))
    if is_constant.any():
        named = ", ".join(np.array(names)[is_constant])
        raise NotIdentifiableError(
            f"The columns {named} never vary among those at risk together (within strata), so no "
            "hazards can be compared. Leave them out of the formula; a column that is constant in "
            "each stratum is accounted for by strata=."
        )
    if is_combination.any():
        named = ", ".join(np.array(names)[is_combination])
        raise NotIdentifiableError(
            f"The columns {named} are combinations of the columns before them (within strata), so "
            "their effects cannot be told apart. Leave them out of the formula."
        )
    return CoxModel(sets, scaled, centre, scale, maximise(sets, scaled, start, second))


def is_estimable(sets: RiskSets, columns: Floats) -> Flags:
    """Tell which columns the risk sets say something about.

    Parameters
    ----------
    sets : RiskSets
        The rows.
    columns : ndarray, shape (p, n)
        Covariates.

    Returns
    -------
    ndarray of bool, shape (p,)
        False where a column never varies among those at risk together, or is a combination of the
        columns before it.
    """
    scaled = _standardised(columns)[2]
    second = information(sets, scaled, evaluate(sets, scaled, np.zeros(len(scaled))))
    is_constant, is_combination = poor_columns(second, float(sets.term_weight.sum()))
    return ~(is_constant | is_combination)


def _standardised(columns: Floats) -> tuple[Floats, Floats, Floats]:
    centre = columns.mean(axis=1)
    scaled = columns - centre[:, None]
    scale = np.sqrt((scaled**2).mean(axis=1))
    # What is left of a constant column is rounding, and must not be blown up.
    scale[scale <= 1e-13 * np.abs(centre)] = 1.0
    scale[scale == 0] = 1.0
    scaled /= scale[:, None]
    return centre, scale, scaled


def poor_columns(second: Floats, n_events: float) -> tuple[Flags, Flags]:
    """Find columns whose effect the risk sets say nothing about.

    Parameters
    ----------
    second : ndarray, shape (p, p)
        Information with all coefficients 0, of columns of variance 1.
    n_events : float
        Weight of the events.

    Returns
    -------
    is_constant, is_combination : ndarray of bool, shape (p,)
        Columns that never vary among those at risk together; others that are a combination of the
        columns before them.

    Examples
    --------
    >>> poor_columns(np.array([[0.0, 0.0], [0.0, 5.0]]), 5.0)[0].tolist()
    [True, False]
    """
    is_constant = np.diag(second) < _NO_VARIANCE * n_events
    is_combination = np.zeros(len(second), dtype=bool)
    spread = np.sqrt(np.where(is_constant, 1.0, np.diag(second)))
    left = second / np.outer(spread, spread)
    for place in np.flatnonzero(~is_constant):
        if left[place, place] < _DEPENDENT:
            is_combination[place] = True
        else:
            left = left - np.outer(left[:, place], left[place]) / left[place, place]
    return is_constant, is_combination
