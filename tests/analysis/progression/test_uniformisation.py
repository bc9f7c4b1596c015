"""The jump chain and its Poisson mixture."""

import numpy as np
import pytest
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.uniformisation import (
    chain_gradient,
    chain_powers,
    count_terms,
    fastest,
    jump_chain,
    poisson_weights,
)

GENERATOR = np.array([[[-0.5, 0.3, 0.2], [0.1, -0.1, 0.0], [0.0, 0.0, 0.0]]])


def test_the_mixture_is_the_exponential():
    """Poisson weights times powers of the chain give exp(Qt), at any speed that is enough."""
    for speed in (None, 2.0):
        chain = jump_chain(GENERATOR, speed)
        weights = poisson_weights(np.array([chain.speed * 4.0]), 3)
        powers = chain_powers(chain, np.eye(3)[None], weights.shape[1])
        found = np.einsum("k,kij->ij", weights[0], powers[:, 0])
        assert found == pytest.approx(expm(GENERATOR[0] * 4.0), abs=1e-14)


def test_the_chain_is_stochastic():
    """Its rows are probabilities, and its speed the fastest way out."""
    chain = jump_chain(GENERATOR)
    assert chain.speed == fastest(GENERATOR) == 0.5
    assert chain.steps.sum(axis=2) == pytest.approx(np.ones((1, 3)))
    assert (chain.steps >= 0).all()


@pytest.mark.parametrize("jumps", [0.0, 0.01, 3.0, 400.0])
def test_the_weights_leave_nothing_out(jumps):
    """They sum to one whatever the expected number of jumps."""
    assert poisson_weights(np.array([jumps]), 4).sum() == pytest.approx(1.0, abs=1e-12)


def test_rare_moves_over_many_states_are_summed_far_enough():
    """At least as many jumps as states are counted, and more where more are expected."""
    assert count_terms(0.01, 100) > 100
    assert count_terms(300.0, 5) > 400


def test_the_gradient_reaches_end_vectors():
    """The derivative to an end vector is the weighted powers of the chain, transposed."""
    chain = jump_chain(GENERATOR)
    ends = np.array([[[1.0], [0.5], [0.0]]])
    powers = chain_powers(chain, ends, 6)
    weights = np.random.default_rng(1).normal(size=powers.shape)
    _, by_end = chain_gradient(chain, powers, weights)
    expected = sum(np.linalg.matrix_power(chain.steps[0], k).T @ weights[k, 0] for k in range(6))
    assert by_end[0] == pytest.approx(expected)
