"""The result of a Cox model: curves as R's, words, drawing, and further rows."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.hazards import fit_cox
from hinge_outcomes.exceptions import AnalysisError, DataError
from tests.analysis.progression.cox_references import (
    CASES,
    COLUMNS,
    FORMULA,
    PATIENT,
    assert_close,
    reference,
    rows_of,
)


@pytest.mark.parametrize(("case", "ties"), CASES)
@pytest.mark.parametrize(
    ("curve", "options"),
    [
        ("curve", {}),
        ("curve_by_site", {"strata": "site"}),
        ("curve_counted", {"weights": "count"}),
    ],
)
def test_a_patients_cumulative_hazard_is_that_of_r(case, ties, curve, options):
    """survfit's cumhaz and std.chaz, by stratum, with ties and weights."""
    fit = fit_cox(rows_of(case), FORMULA, ties=ties, **COLUMNS, **options)
    table, expected = fit.baseline(PATIENT), reference()[f"{case} {ties}"][curve]
    assert_close(table["time"], expected["time"])
    assert_close(table["estimate"], expected["estimate"])
    assert_close(table["std_error"], expected["std_error"])
    if curve != "curve_counted":
        assert table["n_at_risk"].to_list() == expected["n_at_risk"]


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_the_baseline_is_basehaz_without_centring(case, ties):
    """All columns 0, as ``basehaz(fit, centered = FALSE)`` at the event times."""
    table = fit_cox(rows_of(case), FORMULA, ties=ties, **COLUMNS).baseline()
    expected = reference()[f"{case} {ties}"]["baseline"]
    by_time = dict(zip(expected["time"], expected["hazard"], strict=True))
    assert_close(table["estimate"], [by_time[time] for time in table["time"]])


def test_strata_are_named_in_the_baseline():
    """The stratum's own columns come first, and risk sets never mix."""
    fit = fit_cox(rows_of("days"), "x", strata=["site", "female"], **COLUMNS)
    table = fit.baseline()
    assert list(table.columns[:3]) == ["site", "female", "time"]
    assert (table.groupby(["site", "female"])["estimate"].diff().dropna() > 0).all()
    assert table["n_events"].sum() == fit.n_events


def test_a_model_without_covariates_is_nelson_aalen():
    """The table is empty, the baseline the cumulative hazard of all: 1/4, then 1/2."""
    frame = pd.DataFrame({"start": 0, "stop": [1, 2, 2, 3], "event": [1, 0, 0, 1]})
    fit = fit_cox(frame, "1", **COLUMNS)
    assert fit.table().empty
    assert fit.baseline()["estimate"].to_list() == [0.25, 1.25]
    assert fit.loglik == pytest.approx(-np.log(4))
    assert "none (no covariates)" in fit.summary()
    with pytest.raises(AnalysisError, match="no hazard ratios to test"):
        fit.proportional_hazards_test()
    with pytest.raises(DataError):
        fit.plot()


def test_the_summary_says_ratio_interval_numbers_and_strata():
    """One paragraph holds what a reader needs."""
    fit = fit_cox(rows_of("days"), FORMULA, strata="site", cluster="cluster", **COLUMNS)
    text = fit.summary()
    for part in ("x 1.80", "95% CI", "149 events in 240 rows", "3 strata of site", "39 clusters"):
        assert part in text, part
    assert "CoxFit: Hazard ratios" in repr(fit)
    assert "<table" in fit._repr_html_()


def test_covariance_and_coefficients_are_named_by_term():
    """The robust covariance where there are clusters; its roots are the errors of the table."""
    fit = fit_cox(rows_of("days"), FORMULA, cluster="cluster", **COLUMNS)
    assert (
        list(fit.coefficients.index)
        == list(fit.covariance.columns)
        == fit.table()["term"].to_list()
    )
    assert_close(np.sqrt(np.diag(fit.covariance)), fit.table()["robust_std_error"])


def test_further_patients_must_be_complete_and_known():
    """A missing covariate and an unknown group are named, without their values."""
    fit = fit_cox(rows_of("days"), FORMULA, **COLUMNS)
    with pytest.raises(AnalysisError, match="needs arm too"):
        fit.baseline({"x": 1, "age": 50})
    with pytest.raises(AnalysisError, match="arm holds a group that the fit has not seen") as error:
        fit.baseline({"x": 1, "age": 50, "arm": "secret"})
    assert "secret" not in str(error.value)


def test_ratios_are_drawn_on_a_logarithmic_axis():
    """One line per term."""
    ax = fit_cox(rows_of("days"), FORMULA, **COLUMNS).plot()
    assert ax.get_xscale() == "log"
    assert ax.get_yticklabels()[0].get_text() == "x"


def test_hazards_that_were_not_maximised_are_not_tested():
    """The message says why."""
    rows = rows_of("days")
    rows.loc[rows["arm"] == "b", "event"] = 0
    fit = fit_cox(rows, FORMULA, **COLUMNS)
    with pytest.raises(AnalysisError, match="infinite coefficient"):
        fit.proportional_hazards_test()
