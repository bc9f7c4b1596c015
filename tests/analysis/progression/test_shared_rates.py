"""What the episodes of one clinician say about the clinician's rate."""

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from hinge_outcomes.analysis.progression.shared_rates import SharedRates

MOVES, EXPECTED = np.array([0.0, 3.0, 1.0, 7.0]), np.array([0.5, 2.0, 3.0, 2.5])
CLINICIAN = np.array([0, 0, 1, 1])
B = np.array([[-0.4, 0.0, 0.7], [0.2, 1.0, -2.0]])


def rates(phi: float) -> SharedRates:
    """Two clinicians with two episodes each."""
    return SharedRates.of(MOVES, EXPECTED, CLINICIAN, 2, phi)


def test_without_own_pace_moves_are_poisson():
    """Up to a constant the log likelihood is that of Poisson counts with mean E exp(b)."""
    value, _, _ = rates(0.0).at(B)
    logs = poisson.logpmf(MOVES[:, None], EXPECTED[:, None] * np.exp(B[CLINICIAN]))
    reference = np.stack([logs[:2].sum(axis=0), logs[2:].sum(axis=0)])
    assert np.diff(value) == pytest.approx(np.diff(reference))


def test_with_own_pace_moves_are_negative_binomial():
    """A gamma pace of variance phi makes the counts negative binomial with size 1 / phi."""
    phi = 0.6
    value, _, _ = rates(phi).at(B)
    mean = EXPECTED[:, None] * np.exp(B[CLINICIAN])
    logs = nbinom.logpmf(MOVES[:, None], 1 / phi, 1 / (1 + phi * mean))
    reference = np.stack([logs[:2].sum(axis=0), logs[2:].sum(axis=0)])
    assert np.diff(value) == pytest.approx(np.diff(reference))


@pytest.mark.parametrize("phi", [0.0, 0.6])
def test_slope_and_bend_are_derivatives(phi):
    """Central differences of the value and of the slope agree."""
    h = 1e-5
    ahead, behind = rates(phi).at(B + h), rates(phi).at(B - h)
    _, slope, bend = rates(phi).at(B)
    assert slope == pytest.approx((ahead[0] - behind[0]) / (2 * h), abs=1e-8)
    assert bend == pytest.approx(-(ahead[1] - behind[1]) / (2 * h), abs=1e-8)


@pytest.mark.parametrize("phi", [1e-5, 1e-3, 0.6])
def test_the_derivative_to_phi_is_one(phi):
    """Central differences agree, also where a series takes the formula's place."""
    h = 0.01 * phi
    difference = (rates(phi + h).at(B)[0] - rates(phi - h).at(B)[0]) / (2 * h)
    assert rates(phi).by_phi(B) == pytest.approx(difference, rel=1e-4, abs=1e-5)


def test_pull_is_the_derivative_to_what_is_expected():
    """A little more time at risk lowers the log likelihood by the pull."""
    phi, h = 0.6, 1e-6
    more = SharedRates.of(MOVES, EXPECTED + h * np.eye(4)[0], CLINICIAN, 2, phi).at(B)[0]
    # The moves' own share of the derivative, N / E, is not part of the value.
    change = (more - rates(phi).at(B)[0])[0] / h
    mean = 1 + phi * EXPECTED[0] * np.exp(B[0])
    assert change == pytest.approx(-np.exp(B[0]) * (1 + phi * MOVES[0]) / mean, rel=1e-4)
    assert rates(phi).pull(B)[0] == pytest.approx(-change, rel=1e-4)
