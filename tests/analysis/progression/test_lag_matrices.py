"""Transition probabilities and their adjoint against the matrix exponential."""

import numpy as np
import pytest
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.lag_matrices import (
    generator_gradient,
    transition_matrices,
)


def random_generators(seed, number=4, size=5):
    rng = np.random.default_rng(seed)
    found = rng.gamma(1, 0.2, (number, size, size))
    found[:, range(size), range(size)] = 0
    found[:, range(size), range(size)] = -found.sum(axis=2)
    return found


LAGS = np.array([0.0, 0.3, 5.0, 40.0, 3000.0, 5.0])
PATTERN = np.array([2, 0, 3, 0, 1, 2])


def test_they_are_matrix_exponentials():
    """Lag 0, short, long and very long lags of several patterns in any order."""
    generators = random_generators(1)
    expected = expm(generators[PATTERN] * LAGS[:, None, None])
    assert transition_matrices(generators, PATTERN, LAGS) == pytest.approx(expected, abs=1e-13)


def test_the_gradient_is_the_derivative():
    """The adjoint agrees with differences of the weighted sum in every entry."""
    generators = random_generators(2)
    weights = np.random.default_rng(3).normal(size=(len(LAGS), 5, 5))
    found = generator_gradient(generators, PATTERN, LAGS, weights)
    for place in np.ndindex(generators.shape):
        shift = np.zeros_like(generators)
        shift[place] = 1e-6
        above, below = (
            (weights * expm((generators + sign * shift)[PATTERN] * LAGS[:, None, None])).sum()
            for sign in (1, -1)
        )
        assert found[place] == pytest.approx((above - below) / 2e-6, rel=1e-4, abs=1e-5)


def test_a_generator_of_zeros_stays_where_it_is():
    """Without rates every matrix is the identity."""
    found = transition_matrices(np.zeros((1, 3, 3)), np.zeros(2, np.int64), np.array([0.0, 9.0]))
    assert found == pytest.approx(np.broadcast_to(np.eye(3), (2, 3, 3)))


def test_no_rows_give_no_matrices():
    """Nothing asked, nothing given."""
    generators, none = random_generators(1), np.zeros(0)
    assert transition_matrices(generators, none.astype(int), none).shape == (0, 5, 5)
    empty = generator_gradient(generators, none.astype(int), none, np.zeros((0, 5, 5)))
    assert not empty.any()
