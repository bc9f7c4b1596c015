"""The hazard of one patient: shares by hand, and influence as a derivative to the weights."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from hinge_outcomes.analysis.progression.cox_model import fit_model
from hinge_outcomes.analysis.progression.hazards import fit_cox
from hinge_outcomes.analysis.progression.patient_hazard import hazard_of
from hinge_outcomes.analysis.progression.risk_sets import index_risk_sets
from tests.analysis.progression.cox_references import COLUMNS, FORMULA, PATIENT, rows_of


def _shares(fit, columns, weight, patient):
    """Fit anew with other weights, and give what each event takes from the patient."""
    rows = fit.rows
    sets = index_risk_sets(
        rows.start, rows.stop, rows.is_event, stratum=rows.stratum, weight=weight, ties=fit.ties
    )
    return hazard_of(fit_model(sets, columns, rows.covariates.names), patient).increment


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_influence_is_the_derivative_to_the_weight_of_a_row(ties):
    """Ties, strata, weights, and several values per event: baseline and coefficients both move."""
    frame, size = rows_of("days"), 1e-5
    fit = fit_cox(
        frame,
        FORMULA,
        strata="site",
        weights="weight",
        cluster=np.arange(240),
        ties=ties,
        **COLUMNS,
    )
    model = fit.model
    columns = model.columns * model.scale[:, None] + model.centre[:, None]
    patient = fit.columns_of({**PATIENT, "x": -0.5, "arm": "a"})
    values = np.random.default_rng(1).normal(size=(fit.n_events, 3))
    eye = sparse.csr_array(np.eye(240))
    influence = hazard_of(model, patient).influence(values, eye, fit.influence)
    # Where a share is cut at 1 there is no derivative: these events are left out.
    is_cut = hazard_of(model, patient).increment > 0.9
    values[is_cut] = 0.0
    influence = hazard_of(model, patient).influence(values, eye, fit.influence)
    for row in (2, 40, 90, 150, 200):
        sums = []
        for sign in (1, -1):
            weight = fit.rows.weight.copy()
            weight[row] *= 1 + sign * size
            sums.append(_shares(fit, columns, weight, patient) @ values)
        slope = (sums[0] - sums[1]) / (2 * size)
        np.testing.assert_allclose(influence[row], slope, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_without_covariates_the_share_is_events_over_those_at_risk(ties):
    """d / n at each time, as in Kaplan-Meier, for both ways with ties."""
    stop = np.array([1.0, 1, 2, 2, 2, 3])
    sets = index_risk_sets(np.zeros(6), stop, np.array([1, 1, 1, 0, 1, 1]) > 0, ties=ties)
    hazard = hazard_of(fit_model(sets, np.empty((0, 6)), []), np.empty(0))
    np.testing.assert_allclose(sets.by_point(hazard.increment), [2 / 6, 2 / 4, 1], rtol=1e-14)


def test_nobody_is_taken_twice():
    """A patient of hundredfold risk loses all there is, and no more."""
    fit = fit_cox(rows_of("days"), "x", **COLUMNS)
    increment = hazard_of(fit.model, np.array([12.0])).increment
    assert fit.model.sets.by_point(increment).max() == pytest.approx(1.0)
    assert np.isfinite(hazard_of(fit.model, np.array([12.0])).derivative).all()


def test_two_of_three_tied_terms_that_take_all_leave_no_slope():
    """Where several terms take everybody, none of them changes the share that stays."""
    sets = index_risk_sets(np.zeros(3), np.ones(3), np.ones(3, bool))
    model = fit_model(sets, np.empty((0, 3)), [])
    likelihood = replace(model.maximum.likelihood, total=np.array([3.0, 1.0, 1.0]))
    changed = replace(model, maximum=replace(model.maximum, likelihood=likelihood))
    hazard = hazard_of(changed, np.empty(0))
    assert hazard.derivative.tolist() == [0.0, 0.0, 0.0]
    assert hazard.increment.sum() == pytest.approx(1.0)
