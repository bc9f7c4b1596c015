"""Weighted kappa from arrays."""

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from hinge_outcomes.analysis.pain.kappa import WEIGHTS, weighted_kappa
from hinge_outcomes.exceptions import AnalysisError, DataError


def _expand(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """List the pairs behind a table."""
    rows, columns = np.indices(counts.shape)
    return np.repeat(rows.ravel(), counts.ravel()), np.repeat(columns.ravel(), counts.ravel())


def test_a_two_by_two_table_by_hand() -> None:
    """20 and 15 agreed of 50: observed .7, expected .5, so kappa is .4 (Cohen's own arithmetic)."""
    found = weighted_kappa(*_expand(np.array([[20, 5], [10, 15]])), n_levels=2)
    assert found.agreed == pytest.approx(0.7)
    assert found.estimate == pytest.approx(0.4)


def test_quadratic_weights_by_hand() -> None:
    """Three levels, four pairs: disagreement observed 5/4, expected 7/4, so kappa is 2/7."""
    first, second = [0, 0, 1, 2], [0, 2, 0, 2]
    # rows (1/2, 1/4, 1/4), columns (1/2, 0, 1/2); squares of distances weigh.
    expected = 0.5 * 0.5 * 4 + 0.25 * (0.5 * 1 + 0.5 * 1) + 0.25 * 0.5 * 4
    found = weighted_kappa(first, second, n_levels=3)
    assert expected == 7 / 4
    assert found.estimate == pytest.approx(2 / 7)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_estimate_and_independent_error_are_those_of_statsmodels(weights: str) -> None:
    """Another implementation of Fleiss, Cohen and Everitt gives the same kappa and error."""
    counts = np.array([[11, 3, 1, 0], [4, 9, 6, 1], [0, 5, 20, 8], [1, 0, 7, 31]])
    named = {"quadratic": "quadratic", "linear": "linear", "none": None}[weights]
    theirs = cohens_kappa(counts, wt=named)
    ours = weighted_kappa(*_expand(counts), n_levels=4, weights=weights)
    assert ours.estimate == pytest.approx(theirs.kappa, rel=1e-12)
    assert ours.independent_std_error == pytest.approx(theirs.std_kappa, rel=1e-10)
    assert ours.std_error == pytest.approx(ours.independent_std_error)
    assert (ours.counts == counts).all()


def test_pairs_given_twice_by_one_patient_add_no_certainty() -> None:
    """Every pair twice in a cluster of its own: the error is that of the pairs once."""
    first, second = _expand(np.array([[6, 2], [3, 9]]))
    once = weighted_kappa(first, second, np.arange(20), n_levels=2)
    twice = weighted_kappa(
        np.tile(first, 2), np.tile(second, 2), np.tile(np.arange(20), 2), n_levels=2
    )
    assert twice.std_error == pytest.approx(once.std_error)
    assert twice.independent_std_error == pytest.approx(once.independent_std_error / np.sqrt(2))


def test_the_clustered_error_is_that_of_many_samples() -> None:
    """Over 600 samples of 40 patients the mean error is the spread of kappa, within 8%."""
    rng = np.random.default_rng(11)
    estimates, errors = [], []
    for _ in range(600):
        skill = np.repeat(rng.normal(1.5, 1.0, 40), 5)
        taste = np.repeat(rng.normal(0, 0.5, 40), 5)
        first = np.clip(np.round(skill + rng.normal(0, 0.5, 200)), 0, 3).astype(int)
        second = np.clip(np.round(skill + taste + rng.normal(0, 0.5, 200)), 0, 3).astype(int)
        found = weighted_kappa(first, second, np.repeat(np.arange(40), 5), n_levels=4)
        estimates.append(found.estimate)
        errors.append(found.std_error)
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.08)


def test_one_level_only_leaves_kappa_undefined() -> None:
    """Where all ratings are equal, chance agrees always, and kappa is 0 / 0."""
    found = weighted_kappa([3, 3], [3, 3], n_levels=4)
    assert np.isnan(found.estimate)
    assert found.agreed == 1


@pytest.mark.parametrize(("first", "second"), [([0], [4]), ([-1], [0]), ([], [])])
def test_what_is_no_rating_is_refused(first: list[int], second: list[int]) -> None:
    """Levels outside the scale, and no pairs, are errors."""
    with pytest.raises(DataError):
        weighted_kappa(first, second, n_levels=4)


def test_unknown_weights_are_refused() -> None:
    """The message lists the weights there are."""
    with pytest.raises(AnalysisError, match="quadratic, linear, none"):
        weighted_kappa([0], [1], n_levels=2, weights="cubic")
