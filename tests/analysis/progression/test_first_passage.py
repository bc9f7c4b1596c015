"""First passage of Markov processes: hand cases, general graphs, what cannot be reached."""

import numpy as np
import pytest
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.first_passage import (
    arrival_quantile,
    chance_of_ever,
    mean_given_arrival,
    without_exits,
)

LADDER = np.array(
    [
        [-0.15, 0.10, 0.00, 0.05],
        [0.04, -0.15, 0.08, 0.03],
        [0.00, 0.00, 0.00, 0.00],
        [0.00, 0.00, 0.00, 0.00],
    ]
)
"""Two rungs with a way back, a target and an exit."""


def test_ka8_up_a_tenth_out_a_twentieth() -> None:
    """P(ever) = .1 / .15 = 2/3; given arrival 1 / .15 = 6.667; alone 10; medians as given.

    All leave the first state at .15 in total, so arrival given that it happens is exponential with
    that rate; half of all have arrived where (2/3)(1 - exp(-.15 t)) = 1/2, at 9.242. If nobody
    left, the median is log 2 / .1.
    """
    q = np.array([[-0.15, 0.1, 0.05], [0, 0, 0], [0, 0, 0]])
    alone = without_exits(q, [2])
    assert chance_of_ever(q, [1])[0] == pytest.approx(2 / 3, abs=1e-15)
    assert mean_given_arrival(q, [1])[0] == pytest.approx(20 / 3, abs=1e-12)
    assert mean_given_arrival(alone, [1])[0] == pytest.approx(10, abs=1e-12)
    assert arrival_quantile(q, 0, [1]) == pytest.approx(np.log(4) / 0.15, abs=1e-9)
    assert arrival_quantile(alone, 0, [1]) == pytest.approx(np.log(2) / 0.1, abs=1e-9)


def test_linear_algebra_agrees_with_the_long_run() -> None:
    """The chance is exp(Q t) at a large t, the mean the integral of what is still to come."""
    far = expm(LADDER * 5_000)[:, 2]
    assert chance_of_ever(LADDER, [2]) == pytest.approx(far, abs=1e-12)
    days = np.linspace(0, 1_000, 200_001)
    step = expm(LADDER * days[1])
    row, still = np.array([1.0, 0, 0, 0]), []
    for _ in days:
        still.append(far[0] - row[2])
        row = row @ step
    mean = np.trapezoid(still, days) / far[0]
    assert mean_given_arrival(LADDER, [2])[0] == pytest.approx(mean, rel=1e-7)


def test_the_quantile_inverts_the_chance_by_a_day() -> None:
    """At the returned day exactly the share asked for has arrived."""
    day = arrival_quantile(LADDER, 0, [2], 0.3)
    assert expm(LADDER * day)[0, 2] == pytest.approx(0.3, abs=1e-10)


def test_what_cannot_be_reached_has_no_time() -> None:
    """From the exit the target has chance 0 and no mean; a median that few reach is missing."""
    assert chance_of_ever(LADDER, [2])[3] == 0
    assert np.isnan(mean_given_arrival(LADDER, [2])[3])
    assert np.isnan(arrival_quantile(LADDER, 0, [2], 0.99))


def test_who_is_there_has_arrived() -> None:
    """From a target the chance is 1 and the time 0, also where the target can be left."""
    assert chance_of_ever(LADDER, [1])[1] == 1
    assert mean_given_arrival(LADDER, [1])[1] == 0
    assert arrival_quantile(LADDER, 1, [1]) == 0


def test_several_targets_are_one() -> None:
    """Reaching the target or the exit is certain."""
    assert chance_of_ever(LADDER, [2, 3]) == pytest.approx(np.ones(4))
