"""The hazard of one patient from one Cox model: what each event adds, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from hinge_outcomes.analysis.progression.cox_kernel import exposure
from hinge_outcomes.analysis.progression.cox_model import CoxModel
from hinge_outcomes.analysis.progression.risk_sets import Floats, RiskSets


@dataclass(frozen=True, slots=True, repr=False)
class PatientHazard:
    """Hold what each event of a model adds to the hazard of one patient.

    Parameters
    ----------
    model : CoxModel
        The fitted model.
    placed : ndarray, shape (p,)
        The patient's columns, centred and scaled as in the fit.
    ratio : float
        The patient's hazard over that at the centre of the fit.
    increment : ndarray, shape (D,)
        Share of such patients at risk that each event takes away.
    derivative : ndarray, shape (D,)
        How much the share taken at a point rises with the hazard of each of its terms.
    """

    model: CoxModel
    placed: Floats
    ratio: float
    increment: Floats
    derivative: Floats

    def influence(
        self, values: Floats, clusters: sparse.csr_array, of_coefficients: Floats
    ) -> Floats:
        """Compute what each cluster contributes to sums of values times increments.

        Parameters
        ----------
        values : ndarray, shape (D, M)
            M values at each event, in the order of ``sets.event``.
        clusters : sparse array, shape (G, n)
            1 where a row belongs to a cluster.
        of_coefficients : ndarray, shape (G, p)
            What each cluster contributes to the coefficients, per unit of the data.

        Returns
        -------
        ndarray, shape (G, M)
            Infinitesimal jackknife, with the parts of the baseline and of the coefficients [1]_.

        References
        ----------
        .. [1] Reid N, Crepeau H (1985). Influence functions for proportional hazards regression.
           Biometrika 72, 1-9.
        """
        sets, likelihood = self.model.sets, self.model.maximum.likelihood
        point = sets.event_point
        own_weight = sets.weight[sets.event]
        weight = sets.by_point(own_weight)[point]
        mean = (
            np.column_stack([sets.by_point(own_weight * column)[point] for column in values.T])
            / weight[:, None]
        )
        slope = self.ratio * self.derivative / likelihood.total
        # An event adds weight to all terms of its point, and moves their mean value to its own.
        added = sets.by_point(slope)[point] / sets.by_point()[point]
        taken = sets.by_point(self.increment)[point]
        own = mean * added[:, None] + (values - mean) * (taken / weight)[:, None]
        pull = slope * sets.term_weight / likelihood.total
        rows = np.column_stack([exposure(sets, column * pull) for column in mean.T])
        rows *= -likelihood.risk[:, None]
        rows[sets.event] += own_weight[:, None] * own
        drift = ((self.placed[:, None] - likelihood.mean) * (slope * sets.term_weight)) @ mean
        return np.asarray(clusters @ rows + of_coefficients * self.model.scale @ drift)


def hazard_of(model: CoxModel, covariates: Floats) -> PatientHazard:
    """Compute the hazard of a patient.

    Parameters
    ----------
    model : CoxModel
        The fitted model.
    covariates : ndarray, shape (p,)
        The patient's columns, in the units of the data.

    Returns
    -------
    PatientHazard
        What each event adds.

    Notes
    -----
    Efron's terms of one point act one after the other, so that they take 1 - prod(1 - h) of those
    at risk; without covariates that is d / n, as in the Aalen-Johansen estimator. Breslow's are
    added. Nobody can be taken away twice: shares are cut at 1.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.cox_model import fit_model
    >>> from hinge_outcomes.analysis.progression.risk_sets import index_risk_sets
    >>> sets = index_risk_sets(np.zeros(4), np.array([1.0, 1, 2, 2]), np.arange(4) < 3)
    >>> model = fit_model(sets, np.empty((0, 4)), [])
    >>> hazard_of(model, np.empty(0)).increment.round(3).tolist()  # two of four, then one of two
    [0.25, 0.25, 0.5]
    """
    sets, likelihood = model.sets, model.maximum.likelihood
    placed = model.place(covariates)
    ratio = float(np.exp(likelihood.coefficients @ placed))
    terms = np.minimum(ratio * likelihood.hazard(sets), 1.0)
    share = sets.weight[sets.event] / sets.by_point(sets.weight[sets.event])[sets.event_point]
    if sets.fraction.any():
        left, derivative = _one_after_the_other(sets, 1 - terms)
        taken = 1 - left
    else:
        taken, derivative = np.minimum(sets.by_point(terms), 1.0), np.ones(len(terms))
    return PatientHazard(model, placed, ratio, share * taken[sets.event_point], derivative)


def _one_after_the_other(sets: RiskSets, stay: Floats) -> tuple[Floats, Floats]:
    """Multiply the shares that stay, over all terms of a point, and over all but each."""
    is_zero = stay <= 0
    safe = np.where(is_zero, 1.0, stay)
    first = np.searchsorted(sets.event_point, np.arange(sets.n_points))
    product = np.multiply.reduceat(safe, first)
    n_zeros = sets.by_point(is_zero.astype(float))
    others = n_zeros[sets.event_point] - is_zero
    without = np.where(others > 0, 0.0, product[sets.event_point] / safe)
    return np.where(n_zeros > 0, 0.0, product), without
