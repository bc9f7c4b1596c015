"""The log-rank score, by hand."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.log_rank import is_expected_often, log_rank_score


def test_a_score_by_hand_with_a_tie() -> None:
    """x = 0, 1, 2, 5; at the first time the second and third of four move, then the fourth of two.

    Mean 2, variance (4 + 1 + 0 + 9) / 4 = 3.5: the score is 3 - 4, its variance 2 * 2 / 3 * 3.5.
    Then at risk are 0 and 5: 5 - 2.5, variance 6.25. In all 1.5 and 14/3 + 6.25.
    """
    score, variance = log_rank_score(
        np.array([[0.0], [1.0], [2.0], [5.0]]),
        np.array([0, 0, 0, 0]),
        np.array([2, 1, 1, 2]),
        np.array([False, True, True, True]),
        2,
    )
    assert score[0] == pytest.approx(1.5)
    assert variance[0, 0] == pytest.approx(14 / 3 + 6.25)


def test_a_rare_past_is_not_compared_with_the_rest() -> None:
    """Of 12 at risk two have the third past: 12 moves expect 5, 5 and 2 from the three.

    The third is rare; alone it would be the rest, so the least of the others joins it.
    """
    past = np.repeat(np.eye(3), [5, 5, 2], axis=0)
    here = np.zeros(12, dtype=np.int64)
    moves = np.ones(12, dtype=bool)
    assert is_expected_often(past, here, here + 1, moves, 1, 5).tolist() == [False, True, False]
    assert is_expected_often(past, here, here + 1, moves, 1, 2).tolist() == [True, True, False]
