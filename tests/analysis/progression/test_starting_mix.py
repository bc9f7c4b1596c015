"""Where people start: shares, their error, and what is left without a cluster."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.starting_mix import StartingMix

COUNTS = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 4.0]])


def test_counted_shares_have_the_error_of_a_proportion() -> None:
    """With one head per cluster the squares of the influence add to p (1 - p) / n."""
    heads = np.repeat(np.eye(2), [3, 1], axis=0)
    mix = StartingMix.of_counts(heads)
    influence = mix.influence()
    assert influence is not None
    assert mix.shares.tolist() == [0.75, 0.25]
    assert (influence**2).sum(axis=0) == pytest.approx(0.75 * 0.25 / 4)


def test_influence_is_the_derivative_to_the_weight_of_a_cluster() -> None:
    """Counting a cluster a little more moves the shares by its influence."""
    mix = StartingMix.of_counts(COUNTS)
    influence = mix.influence()
    assert influence is not None
    for cluster in range(3):
        weight = np.ones(3, dtype=complex)
        weight[cluster] += 1e-20j
        bent = weight @ COUNTS
        assert (bent / bent.sum()).imag / 1e-20 == pytest.approx(influence[cluster])


def test_a_cluster_can_be_left_out_of_counted_shares_only() -> None:
    """Without the last cluster 3 of 4 start in the first state; given shares stay as they are."""
    assert StartingMix.of_counts(COUNTS).without(2).shares.tolist() == [0.75, 0.25]
    given = StartingMix(shares=np.array([0.5, 0.5]))
    assert given.influence() is None
    assert given.without(2) is given
