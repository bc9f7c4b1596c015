"""Rates, generators and the gradient to parameters."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.rate_structure import (
    RateStructure,
    generators_of,
    parameter_gradient,
    rates_of,
)

MAPS = np.zeros((2, 3, 3))
MAPS[0, :2, 0], MAPS[0, 2, 1], MAPS[1, [0, 2], 2] = 1, 1, 1
STRUCTURE = RateStructure(3, np.array([(0, 1), (1, 2), (2, 0)]), MAPS, ("up", "back", "effect"))
VALUES = np.array([[1.0, 0.0], [1.0, 2.0]])
THETA = np.array([-1.0, -2.0, 0.5])


def test_rates_follow_the_maps():
    """Two moves share a rate, and a covariate of 2 multiplies two of them by e."""
    found = rates_of(STRUCTURE, VALUES, THETA)
    assert found[0] == pytest.approx(np.exp([-1, -1, -2]))
    assert found[1] == pytest.approx(np.exp([0, -1, -1]))


def test_generators_have_rows_that_sum_to_zero():
    """The rates stand where their moves say, the diagonal balances them."""
    found = generators_of(STRUCTURE, rates_of(STRUCTURE, VALUES, THETA))
    assert found.sum(axis=2) == pytest.approx(np.zeros((2, 3)))
    assert found[0, 1, 2] == pytest.approx(np.exp(-1))


def test_the_gradient_is_carried_to_the_parameters():
    """It agrees with differences of any function of the entries."""
    weights = np.random.default_rng(1).normal(size=(2, 3, 3))

    def function(theta):
        return (weights * generators_of(STRUCTURE, rates_of(STRUCTURE, VALUES, theta))).sum()

    found = parameter_gradient(STRUCTURE, VALUES, rates_of(STRUCTURE, VALUES, THETA), weights)
    for number in range(3):
        shift = np.eye(3)[number] * 1e-6
        slope = (function(THETA + shift) - function(THETA - shift)) / 2e-6
        assert found[number] == pytest.approx(slope, rel=1e-6)
