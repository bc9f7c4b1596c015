"""The partial likelihood: by plain loops, by numeric derivatives, and where it has no maximum."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.cox_kernel import (
    evaluate,
    exposure,
    information,
    maximise,
)
from hinge_outcomes.analysis.progression.risk_sets import index_risk_sets


def _problem(seed, ties="efron"):
    generator = np.random.default_rng(seed)
    n = 50
    start = generator.integers(0, 6, n).astype(float)
    stop = start + generator.integers(1, 8, n)
    weight = generator.uniform(0.5, 2, n)
    is_event = generator.random(n) < 0.6
    sets = index_risk_sets(
        start, stop, is_event, stratum=generator.integers(0, 2, n), weight=weight, ties=ties
    )
    return sets, generator.normal(size=(3, n))


def _plain_loglik(sets, columns, coefficients):
    """The textbook sum, one term after the other."""
    eta = coefficients @ columns
    risk = sets.weight * np.exp(eta)
    total = 0.0
    for term, row in enumerate(sets.event):
        point = sets.event_point[term]
        present = (sets.first <= point) & (point < sets.last)
        tied = sets.event[sets.event_point == point]
        left = risk[present].sum() - sets.fraction[term] * risk[tied].sum()
        total += sets.weight[row] * eta[row] - sets.term_weight[term] * np.log(left)
    return total


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_likelihood_is_that_of_a_plain_loop(ties):
    """Cumulated counts of who enters and leaves give the same risk sets as looking at each."""
    sets, columns = _problem(1, ties)
    coefficients = np.array([0.3, -0.5, 0.1])
    ours = evaluate(sets, columns, coefficients).loglik
    assert ours == pytest.approx(_plain_loglik(sets, columns, coefficients), rel=1e-13)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_score_and_information_are_its_derivatives(ties):
    """Central differences of the value and of the score agree with both."""
    sets, columns = _problem(2, ties)
    at, size = np.array([0.2, 0.4, -0.3]), 1e-5
    here = evaluate(sets, columns, at)
    steps = [
        (evaluate(sets, columns, at + size * unit), evaluate(sets, columns, at - size * unit))
        for unit in np.eye(3)
    ]
    slope = [(up.loglik - down.loglik) / (2 * size) for up, down in steps]
    bend = [(down.score - up.score) / (2 * size) for up, down in steps]
    np.testing.assert_allclose(here.score, slope, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(information(sets, columns, here), bend, rtol=1e-7, atol=1e-6)


def test_the_maximum_is_flat_and_no_point_near_it_is_higher():
    """The score is zero there, to rounding."""
    sets, columns = _problem(3)
    zero = evaluate(sets, columns, np.zeros(3))
    found = maximise(sets, columns, zero, information(sets, columns, zero))
    assert found.has_converged
    assert np.abs(found.likelihood.score).max() < 1e-10
    for unit in np.eye(3):
        nearby = evaluate(sets, columns, found.likelihood.coefficients + 0.01 * unit)
        assert nearby.loglik < found.likelihood.loglik


def test_a_likelihood_without_maximum_is_told_from_a_slow_one():
    """All events have x = 1: the first coefficient runs away, the second does not."""
    sets, columns = _problem(4)
    columns[0] = np.isin(np.arange(50), sets.event)
    zero = evaluate(sets, columns, np.zeros(3))
    found = maximise(sets, columns, zero, information(sets, columns, zero))
    assert not found.has_converged
    assert found.is_infinite.tolist() == [True, False, False]


def test_extreme_columns_do_not_overflow_the_search():
    """A heavy-tailed column far from the others still leads to a flat point, or says it did not."""
    sets, columns = _problem(5)
    columns[1] = np.exp(3 * columns[1])
    columns[1] /= columns[1].std()
    zero = evaluate(sets, columns, np.zeros(3))
    found = maximise(sets, columns, zero, information(sets, columns, zero))
    assert found.has_converged
    assert np.abs(found.likelihood.score).max() < 1e-8


def test_exposure_counts_a_tied_event_only_until_it_leaves():
    """Two tied events: each is in the first term, and half of it in the second."""
    sets = index_risk_sets(np.zeros(3), np.array([2.0, 2.0, 5.0]), np.array([1, 1, 0]) > 0)
    assert exposure(sets, np.ones(2)).tolist() == [1.5, 1.5, 2.0]
