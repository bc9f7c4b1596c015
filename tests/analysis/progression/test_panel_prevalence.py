"""Observed and expected numbers over time."""

import numpy as np
import pytest
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.panel_prevalence import (
    expected_numbers,
    observed_states,
)
from tests.analysis.progression.panel_examples import panel_of

GENERATOR = np.array([[-0.2, 0.2], [0.1, -0.1]])


def test_a_state_holds_until_the_next_look():
    """Before the first and after the last observation nobody counts."""
    panel = panel_of([0, 0, 0], [2, 5, 9], [0, 1, 0], 2)
    seen = observed_states(panel, np.array([0.0, 2.0, 4.9, 5.0, 9.0, 9.1]), np.array([False] * 2))
    assert seen.tolist() == [[-1, 0, 0, 1, 0, -1]]


def test_those_who_reached_an_end_stay():
    """A state that nobody leaves is held for ever."""
    panel = panel_of([0, 0, 1, 1], [0, 5, 0, 5], [0, 1, 0, 0], 2)
    seen = observed_states(panel, np.array([99.0]), np.array([False, True]))
    assert seen.tolist() == [[1], [-1]]


def test_expected_numbers_are_those_at_risk_times_occupancy():
    """Without covariates: heads times the first distribution times exp(Qt)."""
    panel = panel_of([0, 0, 1, 1], [0, 5, 0, 5], [0, 1, 0, 0], 2)
    at_risk = np.array([[True, True], [True, False]])
    first = np.array([0.7, 0.3])
    found = expected_numbers(panel, GENERATOR[None], first, 0.0, np.array([1.0, 4.0]), at_risk)
    assert found[0] == pytest.approx(2 * first @ expm(GENERATOR))
    assert found[1] == pytest.approx(first @ expm(4 * GENERATOR))


def test_each_subject_follows_the_own_covariates():
    """A covariate that changes at time 3 changes the generator from there on."""
    panel = panel_of([0, 0, 0], [0, 3, 5], [0, 1, 0], 2, x=[0, 1, 0])
    generators = np.stack([GENERATOR, 3 * GENERATOR])
    found = expected_numbers(
        panel, generators, np.array([1.0, 0.0]), 0.0, np.array([2.0, 5.0]), np.ones((1, 2), bool)
    )
    assert found[0] == pytest.approx(expm(2 * GENERATOR)[0])
    assert found[1] == pytest.approx((expm(3 * GENERATOR) @ expm(6 * GENERATOR))[0])
