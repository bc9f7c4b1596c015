"""The product integral of one patient: by hand, and its slopes by differences."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.forward_prediction import (
    EventShares,
    follow_forward,
    no_more_than_all,
)
from tests.analysis.progression.event_shares import numeric_slopes, random_events

GRID = np.array([4.0, 7.0, 12.0, 30.0])


@pytest.mark.parametrize("start", [0.0, 2.0])
def test_slopes_are_derivatives(start):
    """Central differences agree for every event, state and time, with ties and cycles."""
    events = random_events(1)

    def follow(moves):
        return follow_forward(moves, 0, start, GRID)

    total = np.zeros((60, 5))
    for step, numeric in zip(follow(events), numeric_slopes(follow, events), strict=True):
        total = total @ step.carried + step.slope
        np.testing.assert_allclose(total, numeric, atol=1e-9)


def test_occupancy_is_the_product_of_matrices():
    """I + dLambda multiplied in the order of time gives the same probabilities."""
    events = random_events(2)
    product, expected = np.eye(5)[1], []
    for time in np.unique(events.time):
        now = events.time == time
        step = np.eye(5)
        np.add.at(step, (events.origin[now], events.destination[now]), events.share[now])
        np.add.at(step, (events.origin[now], events.origin[now]), -events.share[now])
        product = product @ step
        expected.append(product)
    times = np.unique(events.time).astype(float)
    ours = [step.occupancy for step in follow_forward(events, 1, 0.0, times)]
    np.testing.assert_allclose(ours, expected, rtol=1e-13)


def test_only_moves_after_the_start_count():
    """At the start itself nothing has happened yet; events at the start are over."""
    events = EventShares(
        np.array([2.0, 5.0]), np.zeros(2, int), np.ones(2, int), np.array([0.5, 0.25]),
        np.array([9.0, np.inf]),
    )  # fmt: skip
    (step,) = follow_forward(events, 0, 2.0, np.array([5.0]))
    assert step.occupancy.tolist() == [0.75, 0.25]
    assert step.unseen == 0


def test_where_nobody_was_seen_so_late_is_said():
    """Beyond the last time anybody was in the state, its occupancy is not known."""
    events = EventShares(
        np.array([2.0]), np.zeros(1, int), np.ones(1, int), np.array([0.5]), np.array([9.0, np.inf])
    )
    late = list(follow_forward(events, 0, 0.0, np.array([9.0, 10.0])))
    assert [step.unseen for step in late] == [0.0, 0.5]


def test_more_than_all_is_all():
    """Shares of one group that add up to more than 1 are scaled."""
    assert no_more_than_all(np.array([2.0, 0.5]), np.array([1, 3])).tolist() == [1.0, 0.5]
