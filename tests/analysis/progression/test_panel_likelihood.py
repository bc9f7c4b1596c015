"""The direct likelihood against its definition, for every kind of observation."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_likelihood import DirectLikelihood
from hinge_outcomes.analysis.progression.rate_structure import RateStructure
from tests.analysis.progression.panel_examples import (
    free_structure,
    loglik_by_definition,
    panel_of,
    random_panel,
)

MOVES = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 3), (1, 3), (2, 3)]


def check(panel, structure, theta, rtol=1e-11):
    likelihood = DirectLikelihood(panel, structure)
    loglik, gradient = likelihood(theta)
    assert loglik == pytest.approx(loglik_by_definition(panel, structure, theta), rel=rtol)
    for number in range(len(theta)):
        shift = np.zeros(len(theta))
        shift[number] = 1e-5
        slope = (likelihood(theta + shift)[0] - likelihood(theta - shift)[0]) / 2e-5
        assert gradient[number] == pytest.approx(slope, rel=1e-6, abs=1e-6)
    return likelihood


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("exact", [None, 3])
@pytest.mark.parametrize("set_last", [True, False])
def test_the_likelihood_is_its_definition(whole, exact, set_last):
    """Looks, exact entries and uncertain ends give the definition's value and its derivative."""
    panel = random_panel(3, moves=MOVES, n_states=4, exact=exact, whole=whole, set_last=set_last)
    structure = free_structure(4, MOVES)
    check(panel, structure, np.log(np.linspace(0.05, 0.4, len(MOVES))))


def test_covariates_act_on_log_rates():
    """Patterns of a covariate, free on one move and shared by two, give the definition's value."""
    panel = random_panel(4, moves=MOVES, n_states=4, exact=3, x=True)
    maps = np.zeros((2, 7, 9))
    maps[0, :, :7] = np.eye(7)
    maps[1, 0, 7] = 1
    maps[1, [4, 5], 8] = 1
    structure = RateStructure(4, np.array(MOVES), maps, tuple("abcdefghi"))
    theta = np.append(np.log(np.linspace(0.05, 0.4, 7)), [0.3, -0.5])
    check(panel, structure, theta)


def test_exact_times_give_a_product_of_rates_and_stays():
    """With every time exact, log L = sum of q_ii t + log q_ij, and the optimum is moves / time."""
    panel = panel_of([0, 0, 0, 1, 1], [0, 3, 5, 0, 10], [0, 1, 2, 0, 1], 3, exact_times=True)
    structure = free_structure(3, [(0, 1), (1, 2)])
    likelihood = check(panel, structure, np.log([0.2, 0.3]))
    assert np.abs(likelihood(np.log([2 / 13, 1 / 2]))[1]).max() < 1e-12


def test_a_very_long_lag_is_computed_by_squaring():
    """Beyond hundreds of expected moves the value and the gradient are still the definition's."""
    panel = panel_of([0, 0, 0, 1, 1], [0, 2, 9000, 0, 12], [0, 1, 0, 1, 1], 2)
    structure = free_structure(2, [(0, 1), (1, 0)])
    check(panel, structure, np.log([0.3, 0.2]))


def test_lag_0_into_an_exact_state_contributes_the_rate():
    """An exit on the day of a visit has the density of its rate alone."""
    panel = panel_of([0, 0], [5, 5], [0, 1], 2, exact=(1,))
    loglik, _ = DirectLikelihood(panel, free_structure(2, [(0, 1)]))(np.log([0.25]))
    assert loglik == pytest.approx(np.log(0.25), rel=1e-14)


def test_equal_rates_make_a_defective_generator_and_no_trouble():
    """A chain of equal rates has no full set of eigenvectors, and still the right value."""
    moves = [(state, state + 1) for state in range(5)]
    panel = panel_of([0, 0, 0], [0, 4, 20], [0, 2, 5], 6)
    check(panel, free_structure(6, moves), np.full(5, np.log(0.3)))


def test_a_hundred_states_are_right():
    """A move over 30 of 100 states within one lag keeps all its digits."""
    moves = [(state, state + 1) for state in range(99)]
    structure = RateStructure(100, np.array(moves), np.ones((1, 99, 1)), ("rate",))
    panel = panel_of([0, 0, 1, 1], [0, 2, 0, 50], [0, 30, 5, 80], 100)
    loglik, gradient = DirectLikelihood(panel, structure)(np.log([0.8]))
    jumps = np.array([(30, 1.6), (75, 40.0)])
    # One rate everywhere: the number of moves is Poisson.
    number, mean = jumps.T
    log_factorial = np.array([np.log(np.arange(1, n + 1)).sum() for n in number])
    assert loglik == pytest.approx((number * np.log(mean) - mean - log_factorial).sum(), rel=1e-12)
    assert gradient[0] == pytest.approx((number - mean).sum(), rel=1e-10)


def test_an_impossible_observation_has_no_likelihood():
    """Where nothing leads from one state to the next the log-likelihood is minus infinity."""
    panel = panel_of([0, 0], [0, 1], [1, 0], 2)
    assert DirectLikelihood(panel, free_structure(2, [(0, 1)]))(np.zeros(1))[0] == -np.inf


def test_overflowing_rates_have_no_likelihood():
    """Rates beyond all reason are refused without a warning."""
    panel = panel_of([0, 0], [0, 1], [0, 1], 2)
    assert DirectLikelihood(panel, free_structure(2, [(0, 1)]))(np.array([800.0]))[0] == -np.inf


def test_days_to_weeks_changes_only_the_density_of_exact_entries():
    """-2 log L falls by 2 log 7 per exact entry when days become weeks, and not otherwise."""
    panel = random_panel(8, moves=MOVES, n_states=4, exact=3)
    n_exact = int((panel.code == 3).sum())
    assert n_exact > 0
    weeks = panel_of(panel.subject, panel.time / 7, panel.code, 4, exact=(3,))
    structure, theta = free_structure(4, MOVES), np.full(7, -2.0)
    by_day = DirectLikelihood(panel, structure)(theta)[0]
    by_week = DirectLikelihood(weeks, structure)(theta + np.log(7))[0]
    assert by_week - by_day == pytest.approx(n_exact * np.log(7), rel=1e-10)
