"""Residuals, errors and curves of a fitted model: R's, and identities they must keep."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.cox_model import fit_model, is_estimable, poor_columns
from hinge_outcomes.analysis.progression.hazards import fit_cox
from hinge_outcomes.analysis.progression.risk_sets import index_risk_sets
from hinge_outcomes.exceptions import NotIdentifiableError
from tests.analysis.progression.cox_references import (
    CASES,
    COLUMNS,
    FORMULA,
    assert_close,
    reference,
    rows_of,
)


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_martingale_residuals_are_those_of_r(case, ties):
    """Events less expected events, row by row."""
    fit = fit_cox(rows_of(case), FORMULA, strata="site", ties=ties, **COLUMNS)
    residuals = fit.model.martingale_residuals()
    assert_close(residuals, reference()[f"{case} {ties}"]["martingale"])
    assert abs(residuals.sum()) < 1e-10


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_score_residuals_are_those_of_r(case, ties):
    """With weights, strata and ties; their weighted sum is the score, which is zero."""
    fit = fit_cox(
        rows_of(case), FORMULA, weights="weight", strata="site", cluster="cluster", ties=ties,
        **COLUMNS,
    )  # fmt: skip
    residuals = fit.model.score_residuals()
    assert_close(residuals, reference()[f"{case} {ties}"]["score"])
    assert np.abs(fit.rows.weight @ residuals).max() < 1e-9


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_schoenfeld_residuals_are_those_of_r(case, ties):
    """Covariates of each event less the mean of its risk set, by time."""
    fit = fit_cox(rows_of(case), FORMULA, ties=ties, **COLUMNS)
    residuals = fit.model.schoenfeld_residuals()
    assert_close(residuals, reference()[f"{case} {ties}"]["schoenfeld"])
    assert np.abs(residuals.sum(axis=0)).max() < 1e-9


def test_the_influence_of_a_row_is_the_derivative_to_its_weight():
    """A little more weight for one row moves the coefficients by its influence."""
    rows, size = rows_of("days"), 1e-5
    fit = fit_cox(rows, FORMULA, weights="weight", cluster=np.arange(240), **COLUMNS)
    for row in (0, 17, 101):
        moved = []
        for sign in (1, -1):
            weight = rows["weight"].to_numpy().copy()
            weight[row] *= 1 + sign * size
            one = fit_cox(rows, FORMULA, weights=weight, cluster="cluster", **COLUMNS)
            moved.append(one.model.coefficients)
        slope = (moved[0] - moved[1]) / (2 * size)
        np.testing.assert_allclose(fit.influence[row], slope, rtol=1e-5, atol=1e-8)


def test_units_of_a_column_do_not_matter():
    """Grams for kilograms divide coefficient and error by 1000, also far from zero."""
    rows = rows_of("days").assign(grams=lambda frame: 1e6 + 1000 * frame["x"])
    one = fit_cox(rows, "x", **COLUMNS).table()
    other = fit_cox(rows, "grams", **COLUMNS).table()
    assert_close(one["estimate"], 1000 * other["estimate"], 1e-8)
    assert_close(one["std_error"], 1000 * other["std_error"], 1e-8)


def test_columns_without_information_are_told_apart():
    """A constant, a double, and a column that varies only between strata."""
    generator = np.random.default_rng(1)
    stratum = generator.integers(0, 2, 40)
    sets = index_risk_sets(
        np.zeros(40), generator.integers(1, 9, 40).astype(float), np.ones(40, bool), stratum=stratum
    )
    x = generator.normal(size=40)
    columns = np.array([x, np.full(40, 0.1), stratum.astype(float), 3 - 2 * x])
    assert is_estimable(sets, columns).tolist() == [True, False, False, False]
    with pytest.raises(NotIdentifiableError, match="one, group never vary"):
        fit_model(sets, columns, ["x", "one", "group", "double"])


def test_a_nearly_collinear_column_is_still_estimated():
    """A correlation of 0.9999 is hard, not impossible."""
    second = np.array([[1.0, 0.9999], [0.9999, 1.0]]) * 100
    assert not np.any(poor_columns(second, 100.0))
