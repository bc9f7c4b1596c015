"""The Markov renewal process of one patient: by hand, by simulation of weights, by differences."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.forward_prediction import EventShares, follow_forward
from hinge_outcomes.analysis.progression.reset_prediction import (
    Paths,
    entries,
    follow_reset,
    futures,
    sojourns,
    step_length,
)
from tests.analysis.progression.event_shares import numeric_slopes, random_events

GRID = np.array([4.0, 7.0, 12.0, 30.0])


@pytest.mark.parametrize("start", [0.0, 3.0])
def test_slopes_are_derivatives(start):
    """Central differences agree for every event, state and time, with ties and cycles."""
    events = random_events(1)

    def follow(moves):
        return follow_reset(moves, 0, start, GRID)

    ours = [step.slope for step in follow(events)]
    np.testing.assert_allclose(ours, numeric_slopes(follow, events), atol=1e-9)


def test_probabilities_add_up_to_one():
    """At every time, from every state."""
    events = random_events(3)
    for state in range(3):
        for step in follow_reset(events, state, 2.0, GRID):
            assert step.occupancy.sum() == pytest.approx(1.0, abs=1e-12)
            assert step.occupancy.min() > -1e-12


def test_a_chain_is_the_convolution_of_its_sojourns():
    """0 to 1 after 1 or 2 days (half each), 1 to 2 after 1 or 3 days (half each): by hand.

    On day 3: still in 1 are those who entered on day 1 and stay 3 days (1/4 leave on day 4), and
    those who entered on day 2 and stay 3 days (1/4); 1/4 + 1/4 have arrived in 2.
    """
    events = EventShares(
        time=np.array([1.0, 2.0, 1.0, 3.0]),
        origin=np.array([0, 0, 1, 1]),
        destination=np.array([1, 1, 2, 2]),
        share=np.array([0.5, 1.0, 0.5, 1.0]),
        seen_until=np.array([2.0, 3.0, np.inf]),
    )
    steps = list(follow_reset(events, 0, 0.0, np.array([1.0, 2.0, 3.0, 4.0, 5.0])))
    expected = [[0.5, 0.5, 0], [0, 0.75, 0.25], [0, 0.5, 0.5], [0, 0.25, 0.75], [0, 0, 1]]
    np.testing.assert_allclose([step.occupancy for step in steps], expected, atol=1e-11)


def test_time_already_spent_conditions_the_first_sojourn():
    """Whoever has held state 0 for a day leaves it on the next."""
    events = EventShares(
        np.array([1.0, 2.0]), np.zeros(2, int), np.ones(2, int), np.array([0.5, 1.0]),
        np.array([2.0, np.inf]),
    )  # fmt: skip
    (step,) = follow_reset(events, 0, 1.0, np.array([1.0]))
    np.testing.assert_allclose(step.occupancy, [0, 1], atol=1e-11)


def test_without_a_second_sojourn_both_clocks_agree():
    """From one state straight to ends, time in the state is time since the start."""
    events = random_events(4)
    events = EventShares(
        events.time, np.zeros(60, int), np.where(events.destination > 2, 2, 1), events.share,
        np.array([20.0, np.inf, np.inf]),
    )  # fmt: skip
    for one, other in zip(
        follow_reset(events, 0, 2.0, GRID),
        follow_forward(events, 0, 2.0, 2.0 + GRID),
        strict=True,
    ):
        np.testing.assert_allclose(one.occupancy, other.occupancy, atol=1e-11)


def test_a_memoryless_process_is_that_of_its_constant_hazards():
    """Equal shares every day in every state: occupancy is the power of one matrix."""
    n_days, step = 40, np.array([[0.8, 0.15, 0.05], [0.1, 0.7, 0.2], [0, 0, 1.0]])
    days = np.arange(1, n_days + 1, dtype=float)
    moves = [(0, 1), (0, 2), (1, 0), (1, 2)]
    events = EventShares(
        time=np.tile(days, 4),
        origin=np.repeat([one for one, _ in moves], n_days),
        destination=np.repeat([other for _, other in moves], n_days),
        share=np.repeat([step[move] for move in moves], n_days),
        seen_until=np.array([n_days, n_days, np.inf], dtype=float),
    )
    found = [each.occupancy for each in follow_reset(events, 0, 0.0, np.array([5.0, 40.0]))]
    expected = [np.linalg.matrix_power(step, power)[0] for power in (5, 40)]
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_continuous_times_are_rounded_up_to_a_fine_grid():
    """Halves are kept; other fractions become steps of 1/400 of the last time."""
    assert step_length(np.array([1.0, 2.0]), 0.0, np.array([9.0])) == 1.0
    assert step_length(np.array([1.0, 2.5]), 0.0, np.array([9.0])) == 0.5
    assert step_length(np.array([1.0, 2.3]), 0.0, np.array([40.0])) == 0.1
    fine = random_events(5, unit=np.pi)
    coarse = random_events(5)
    ours = [step.occupancy for step in follow_reset(fine, 0, 0.0, GRID * np.pi)]
    exact = [step.occupancy for step in follow_reset(coarse, 0, 0.0, GRID)]
    # A step is 1/400 of the horizon, and the occupancy changes by a few percent a day.
    np.testing.assert_allclose(ours[-1], exact[-1], atol=0.02)


def test_the_parts_by_hand():
    """One state left for an end, half on day 1 and all on day 2: sojourns, entries, futures."""
    paths = Paths(np.array([0]), np.array([0]), np.array([1]), 2)
    law = sojourns(paths, np.array([0.5, 1.0]), np.array([1, 2]), np.zeros(2, int), 3)
    np.testing.assert_allclose(law.density[:, 0], [0, 0.5, 0.5, 0], atol=1e-11)
    np.testing.assert_allclose(law.held[:, 0], [1, 0.5, 0, 0], atol=1e-11)
    entered = entries(paths, law.density, law.density)
    np.testing.assert_allclose(entered[:, 1], [0, 0.5, 0.5, 0], atol=1e-11)
    future = futures(paths, law)
    np.testing.assert_allclose(future[:, 0, 1], [0, 0.5, 1, 1], atol=1e-11)
    np.testing.assert_allclose(future[:, 1], [[0, 1]] * 4, atol=1e-11)
