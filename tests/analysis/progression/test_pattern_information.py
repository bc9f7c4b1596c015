"""The observed information by spectra against differences of the gradient."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_likelihood import DirectLikelihood
from hinge_outcomes.analysis.progression.rate_structure import RateStructure
from tests.analysis.progression.panel_examples import panel_of, random_panel

MOVES = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 3), (1, 3), (2, 3)]


def with_effects(moves, n_states):
    """Free rates and a free effect of one covariate on each."""
    n = len(moves)
    maps = np.zeros((2, n, 2 * n))
    maps[0, :, :n], maps[1, :, n:] = np.eye(n), np.eye(n)
    return RateStructure(n_states, np.array(moves), maps, tuple(map(str, range(2 * n))))


def differences(likelihood, theta):
    """Minus the second derivatives by central differences of the exact gradient."""
    rows = []
    for number in range(len(theta)):
        shift = np.zeros(len(theta))
        shift[number] = 1e-4
        rows.append((likelihood(theta - shift)[1] - likelihood(theta + shift)[1]) / 2e-4)
    return np.array(rows)


@pytest.mark.parametrize("exact", [None, 3])
@pytest.mark.parametrize("whole", [True, False])
def test_it_agrees_with_differences_of_the_gradient(exact, whole):
    """Looks, exact entries and uncertain ends give the second derivatives to five digits."""
    panel = random_panel(
        5, moves=MOVES, n_states=4, exact=exact, whole=whole, set_last=True, x=True
    )
    likelihood = DirectLikelihood(panel, with_effects(MOVES, 4))
    theta = np.append(np.log(np.linspace(0.05, 0.4, 7)), np.linspace(-0.2, 0.2, 7))
    found = likelihood.information(theta)
    assert found == pytest.approx(differences(likelihood, theta), rel=1e-5, abs=1e-4)


def test_cycles_with_complex_eigenvalues_are_right():
    """A one-way cycle of three states has complex eigenvalues and real second derivatives."""
    moves = [(0, 1), (1, 2), (2, 0)]
    panel = random_panel(6, moves=moves, n_states=3, x=True)
    likelihood = DirectLikelihood(panel, with_effects(moves, 3))
    theta = np.array([-1.0, -1.2, -0.9, 0.1, 0.2, -0.1])
    found = likelihood.information(theta)
    assert found == pytest.approx(differences(likelihood, theta), rel=1e-5, abs=1e-4)


def test_a_defective_generator_is_left_to_differences():
    """Where there is no full set of eigenvectors it says so instead of giving a wrong number."""
    moves = [(0, 1), (1, 2), (2, 3)]
    panel = panel_of([0, 0, 1, 1], [0, 3, 0, 5], [0, 2, 0, 3], 4, x=[0, 0, 1, 1])
    likelihood = DirectLikelihood(panel, with_effects(moves, 4))
    assert likelihood.information(np.array([-1.0, -1.0, -1.0, 0.0, 0.0, 0.0])) is None
