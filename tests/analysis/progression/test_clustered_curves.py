"""Errors of cumulative hazards by cluster: against influence summed one cluster at a time."""

import numpy as np
import pytest
from scipy import sparse

from hinge_outcomes.analysis.progression.clustered_curves import clustered_curve_error
from hinge_outcomes.analysis.progression.hazards import fit_cox
from hinge_outcomes.analysis.progression.patient_hazard import hazard_of
from tests.analysis.progression.cox_references import (
    COLUMNS,
    FORMULA,
    PATIENT,
    assert_close,
    rows_of,
)


@pytest.mark.parametrize("weights", [None, "weight"])
def test_errors_are_the_root_of_squared_influence(weights):
    """One pass over sorted changes is the sum over clusters of each cluster's squared influence.

    Breslow's ties, where the share that moves is the increment of the hazard itself.
    """
    rows = rows_of("days")
    fit = fit_cox(
        rows, FORMULA, strata="site", cluster="cluster", weights=weights, ties="breslow", **COLUMNS
    )
    patient = fit.columns_of(PATIENT)
    errors = clustered_curve_error(fit.model, patient, fit.rows.cluster, fit.influence)
    sets, hazard = fit.model.sets, hazard_of(fit.model, patient)
    assert hazard.increment.max() < 1
    belongs = sparse.csr_array(
        (np.ones(240), (fit.rows.cluster, np.arange(240))), shape=(fit.n_clusters, 240)
    )
    upto = np.array(
        [
            (sets.point_stratum[sets.event_point] == group) & (sets.event_point <= point)
            for point, group in enumerate(sets.point_stratum)
        ],
        dtype=float,
    )
    # Only points at which no share was cut at 1: there influence is that of the hazard.
    influence = hazard.influence(upto.T, belongs, fit.influence)
    assert_close(errors, np.sqrt((influence**2).sum(axis=0)), 1e-9)


def test_one_row_per_cluster_is_close_to_the_model_based_error():
    """Where the model holds, both errors aim at the same number."""
    rows = rows_of("days")
    robust = fit_cox(rows, FORMULA, cluster=np.arange(240), **COLUMNS).baseline(PATIENT)
    plain = fit_cox(rows, FORMULA, **COLUMNS).baseline(PATIENT)
    ratio = (robust["std_error"] / plain["std_error"]).iloc[5:]
    assert ratio.between(0.7, 1.3).all()


def test_the_error_is_the_jackknife_in_the_limit():
    """Leaving out clusters one by one gives nearly the same error of the hazard."""
    rows = rows_of("hours")
    fit = fit_cox(rows, FORMULA, cluster="cluster", **COLUMNS)
    curve = fit.baseline(PATIENT)
    at = curve["time"].iloc[len(curve) // 2]
    left = [
        fit_cox(rows[rows["cluster"] != one], FORMULA, **COLUMNS).baseline(PATIENT)
        for one in rows["cluster"].unique()
    ]
    values = np.array([c.loc[c["time"] <= at, "estimate"].iloc[-1] for c in left])
    jackknife = np.sqrt((1 - 1 / len(values)) * ((values - values.mean()) ** 2).sum())
    error = curve.loc[curve["time"] == at, "std_error"].iloc[0]
    assert error == pytest.approx(jackknife, rel=0.15)
