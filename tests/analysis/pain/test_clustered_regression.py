"""Least squares with cluster-robust errors."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.clustered_regression import fit_clustered
from hinge_outcomes.exceptions import NotIdentifiableError

FOLDER = Path(__file__).resolve().parents[2] / "reference"


def _rows(n: int = 60, groups: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    cluster = rng.integers(0, groups, n)
    x = np.column_stack([np.ones(n), rng.standard_normal(n), cluster % 2])
    return x, x @ [1.0, 2.0, -1.0] + rng.standard_normal(n) + cluster * 0.1, cluster


def test_errors_and_degrees_are_those_written_out_in_rows() -> None:
    """CR2 and Bell and McCaffrey's degrees of freedom by n x n matrices, without a shortcut."""
    x, y, cluster = _rows()
    n, p = x.shape
    bread = np.linalg.inv(x.T @ x)
    left = y - x @ bread @ x.T @ y
    hat = np.eye(n) - x @ bread @ x.T
    roots, meat = {}, np.zeros((p, p))
    for label in np.unique(cluster):
        mine = cluster == label
        values, vectors = np.linalg.eigh(hat[np.ix_(mine, mine)])
        roots[label] = (vectors / np.sqrt(values)) @ vectors.T
        score = x[mine].T @ roots[label] @ left[mine]
        meat += np.outer(score, score)
    fit = fit_clustered(x, y, cluster)
    np.testing.assert_allclose(fit.covariance, bread @ meat @ bread, rtol=1e-9)
    _, error, degrees = fit.estimates(np.eye(p))
    np.testing.assert_allclose(error, np.sqrt(np.diag(bread @ meat @ bread)), rtol=1e-9)
    for k in range(p):
        columns = [
            hat[:, cluster == label] @ roots[label] @ x[cluster == label] @ bread[:, k]
            for label in roots
        ]
        products = np.array([[one @ other for other in columns] for one in columns])
        assert degrees[k] == pytest.approx(np.trace(products) ** 2 / np.sum(products**2), rel=1e-8)


def test_one_row_each_is_hc2() -> None:
    """Where every row is its own cluster the covariance is that of heteroscedasticity, HC2."""
    x, y, _ = _rows()
    bread = np.linalg.inv(x.T @ x)
    leverage = np.einsum("ij,jk,ik->i", x, bread, x)
    left = y - x @ bread @ x.T @ y
    meat = (x * (left**2 / (1 - leverage))[:, None]).T @ x
    fit = fit_clustered(x, y, np.arange(len(y)))
    np.testing.assert_allclose(fit.covariance, bread @ meat @ bread, rtol=1e-9)


def test_leaving_out_a_cluster_is_fitting_without_it() -> None:
    """The jackknife's coefficients are those of as many fits."""
    x, y, cluster = _rows()
    fit = fit_clustered(x, y, cluster)
    for place, label in enumerate(np.unique(cluster)):
        kept = cluster != label
        expected = np.linalg.lstsq(x[kept], y[kept], rcond=None)[0]
        np.testing.assert_allclose(fit.delete_one[place], expected, rtol=1e-8)
    apart = fit.delete_one - fit.coefficients
    by_hand = np.sqrt(8 / 9 * (apart**2).sum(axis=0))
    np.testing.assert_allclose(fit.jackknife_errors(np.eye(3)), by_hand, rtol=1e-12)


def test_digits_are_those_of_clubsandwich() -> None:
    """Analysis of covariance on our own scores: CR2 errors and Satterthwaite's degrees of R."""
    theirs = json.loads((FOLDER / "change.json").read_text(encoding="utf-8"))
    rows = pd.read_csv(FOLDER / "pain_scores.csv")
    rows = rows[(rows["target_day"] == 91) & rows["baseline_score"].notna()]
    duration = rows["symptom_duration"]
    x = np.column_stack(
        [np.ones(len(rows)), rows["baseline_score"], rows["age"], duration == "chronic",
         duration == "subacute"]
    ).astype(float)  # fmt: skip
    y = (rows["score"] - rows["baseline_score"]).to_numpy()
    for unit in ("clinician_id", "episode_id"):
        value, error, degrees = fit_clustered(x, y, rows[unit]).estimates(np.eye(5))
        np.testing.assert_allclose(value, theirs[unit]["estimate"], rtol=1e-9)
        np.testing.assert_allclose(error, theirs[unit]["error"], rtol=1e-9)
        np.testing.assert_allclose(degrees, theirs[unit]["df"], rtol=1e-7)


def test_a_cluster_that_fits_itself_does_not_break_the_errors() -> None:
    """A column that only one cluster has leaves it no residual; its part counts as nothing."""
    x, y, cluster = _rows()
    alone = np.column_stack([x, cluster == 4])
    fit = fit_clustered(alone, y, cluster)
    _, error, degrees = fit.estimates(np.eye(4)[:3])
    assert np.isfinite(error).all()
    assert (degrees > 1).all()
    assert np.isnan(fit.delete_one[4]).any()


def test_one_cluster_has_no_error() -> None:
    """Estimates stand, errors are missing."""
    x, y, _ = _rows()
    value, error, degrees = fit_clustered(x, y, np.zeros(len(y))).estimates(np.eye(3))
    assert np.isfinite(value).all()
    assert np.isnan(error).all()
    assert np.isnan(degrees).all()


def test_combinations_of_columns_are_refused() -> None:
    """A copy of a column cannot be told from it."""
    x, y, cluster = _rows()
    with pytest.raises(NotIdentifiableError, match="cannot be told apart"):
        fit_clustered(np.column_stack([x, x[:, 1]]), y, cluster)
