"""Chances of what is seen: rows sum to one, derivatives are exact."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.emission_structure import (
    EmissionStructure,
    StartStructure,
    emission_chances,
    log_odds_gradient,
    start_chances,
)

POSSIBLE = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1]], dtype=bool)


def structure() -> EmissionStructure:
    """Three states; the first two are confused, with one shared parameter and one of its own."""
    maps = np.zeros((3, 3, 2))
    maps[0, 1, 0] = maps[1, 0, 0] = maps[1, 2, 1] = 1.0
    return EmissionStructure(POSSIBLE, maps, np.zeros((3, 3)), ("shared", "own"), np.zeros(2))


def test_rows_are_multinomial_logits_of_what_is_possible() -> None:
    """With log odds -2 a state is seen as the other with chance e^-2 / (1 + e^-2)."""
    found = emission_chances(structure(), np.array([-2.0, -800.0]))
    wrong = np.exp(-2) / (1 + np.exp(-2))
    assert found[0] == pytest.approx([1 - wrong, wrong, 0])
    assert found[1] == pytest.approx([wrong, 1 - wrong, 0])
    assert found[2].tolist() == [0, 0, 1]


def test_the_start_is_shared_among_the_possible_states_of_a_group() -> None:
    """Equal odds are halves and thirds; what a group cannot start in has none."""
    possible = np.array([[1, 1, 0], [1, 1, 1]], dtype=bool)
    start = StartStructure(
        np.array([0, 1]), possible, np.zeros((3, 0)), np.zeros(3), (), np.zeros(0)
    )
    assert start_chances(start, np.zeros(0)).tolist() == [
        [0.5, 0.5, 0],
        pytest.approx([1 / 3, 1 / 3, 1 / 3]),
    ]


def test_the_gradient_through_the_logit_is_that_of_differences() -> None:
    """A weighted sum of chances, differentiated to the log odds."""
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(3, 3))
    at = np.array([-1.0, 0.4])
    shares = emission_chances(structure(), at)
    exact = np.einsum("so,soe->e", log_odds_gradient(shares, weights), structure().maps)
    for number, shift in enumerate(np.eye(2) * 1e-6):
        above, below = (
            (emission_chances(structure(), at + side * shift) * weights).sum() for side in (1, -1)
        )
        assert (above - below) / 2e-6 == pytest.approx(exact[number], abs=1e-8)
