"""The cluster-robust mean, against whole matrices and its special cases."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats

from hinge_outcomes.analysis.pain.clustered_means import cluster_mean, cluster_means
from hinge_outcomes.analysis.pain.clustered_regression import fit_clustered

FOLDER = Path(__file__).resolve().parents[2] / "reference"
VALUES = np.array([1.0, 2.0, 2.5, 7.0, 4.0, 3.0, 9.0])
CLUSTERS = np.array(["a", "a", "b", "c", "c", "c", "d"])


def test_one_row_per_cluster_is_the_plain_mean() -> None:
    """Without repeats error and degrees of freedom are s / sqrt(n) and n - 1."""
    found = cluster_mean(VALUES, np.arange(7))
    # Two ways to the same number.
    assert found.std_error == pytest.approx(stats.sem(VALUES), rel=1e-12)
    assert found.degrees_of_freedom == pytest.approx(6, rel=1e-12)


def test_cr2_and_bell_mccaffrey_are_the_papers_matrices() -> None:
    """With unequal clusters both equal the definition with (I - H)^(-1/2) written out."""
    n = VALUES.size
    x = np.ones((n, 1))
    hat = x @ x.T / n
    keep = np.eye(n) - hat
    residual = keep @ VALUES
    vectors, variance = [], 0.0
    for name in np.unique(CLUSTERS):
        own = np.flatnonzero(name == CLUSTERS)
        adjust = linalg.inv(linalg.sqrtm(keep[np.ix_(own, own)])).real
        weights = adjust @ x[own, 0] / n
        variance += float(weights @ residual[own]) ** 2
        vectors.append(keep[:, own] @ weights)
    gram = np.array(vectors) @ np.array(vectors).T
    degrees = np.trace(gram) ** 2 / np.sum(gram**2)
    found = cluster_mean(VALUES, CLUSTERS)
    # Two ways to the same number; the matrix root costs a few digits.
    assert found.std_error == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(degrees, rel=1e-9)


def test_every_row_twice_in_its_cluster_changes_nothing() -> None:
    """Copies within a cluster add no information."""
    once = cluster_mean(VALUES, np.arange(7))
    twice = cluster_mean(np.repeat(VALUES, 2), np.repeat(np.arange(7), 2))
    assert twice.std_error == pytest.approx(once.std_error, rel=1e-12)
    assert twice.degrees_of_freedom == pytest.approx(once.degrees_of_freedom, rel=1e-12)


def test_one_cluster_has_no_error() -> None:
    """One cluster gives a mean and says that its error is unknown; no rows give nothing."""
    one = cluster_mean(VALUES, np.zeros(7))
    assert (one.estimate, one.n_clusters) == (pytest.approx(VALUES.mean()), 1)
    assert np.isnan(one.std_error)
    assert np.isnan(cluster_mean([], []).estimate)


def test_the_share_and_its_uncorrected_error_are_those_of_geeglm() -> None:
    """geepack's robust error is CR0: the same sums without the correction, so ours is larger."""
    theirs = json.loads((FOLDER / "change.json").read_text(encoding="utf-8"))["share"]
    rows = pd.read_csv(FOLDER / "pain_scores.csv")
    rows = rows[(rows["target_day"] == 91) & rows["baseline_score"].notna()]
    is_better = (rows["baseline_score"] - rows["score"] >= 2).astype(float)
    found = cluster_mean(is_better, rows["clinician_id"])
    share = found.estimate
    assert np.log(share / (1 - share)) == pytest.approx(theirs["logit"], rel=1e-9)
    totals = (is_better - share).groupby(rows["clinician_id"]).sum()
    uncorrected = np.sqrt((totals**2).sum()) / len(rows)
    assert uncorrected / (share * (1 - share)) == pytest.approx(theirs["error"], rel=1e-9)
    assert found.std_error > uncorrected


def test_many_samples_have_the_variances_of_each() -> None:
    """Three samples at once are three means by the general regression."""
    rng = np.random.default_rng(1)
    values, clusters = rng.standard_normal((3, 30)), rng.integers(0, 7, 30)
    means, variances, degrees, n_clusters = cluster_means(values, clusters)
    for sample, mean, variance in zip(values, means, variances, strict=True):
        one = fit_clustered(np.ones((30, 1)), sample, clusters)
        value, error, freedom = (part[0] for part in one.estimates(np.ones((1, 1))))
        assert (mean, variance) == (pytest.approx(value), pytest.approx(error**2))
        assert degrees == pytest.approx(freedom)
    assert n_clusters == len(np.unique(clusters))
