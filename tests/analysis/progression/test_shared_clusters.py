"""Influences of estimates that share clusters."""

import numpy as np

from hinge_outcomes.analysis.progression.shared_clusters import (
    correlation,
    difference_errors,
    joint_influence,
)


def test_a_shared_cluster_has_one_row() -> None:
    """What P2 adds to both is subtracted before it is squared; P1 and P3 stand alone."""
    joint = joint_influence(
        [
            (np.array(["P1", "P2"], object), np.array([[3.0], [1.0]])),
            (np.array(["P2", "P3"], object), np.array([[1.0], [4.0]])),
        ]
    )
    assert joint[:, :, 0].tolist() == [[3, 1, 0], [0, 1, 4]]
    assert difference_errors(joint[0], joint[1]).tolist() == [5.0]


def test_correlation_of_estimates() -> None:
    """Equal influences correlate fully, those of different clusters not at all, certainty is 0."""
    one = np.array([1.0, -1.0, 0.0])
    assert correlation(one, one) == 1
    assert correlation(one, np.array([0.0, 0.0, 2.0])) == 0
    assert correlation(one, np.zeros(3)) == 0
