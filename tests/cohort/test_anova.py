"""One-way analysis of variance."""

import numpy as np
import pytest

from hinge_outcomes.cohort.anova import mean_squares


def test_the_share_between_groups_is_that_of_anova() -> None:
    """Known answer KA10: two clinicians with changes 0 and 2 each give -1."""
    assert mean_squares(np.array([0.0, 2.0, 0.0, 2.0]), np.array([5, 5, 9, 9])).share == -1.0
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(4_000), 20)
    values = rng.normal(0, 1, 4_000)[group] + rng.normal(0, 3, len(group))
    assert mean_squares(values, group).share == pytest.approx(0.1, abs=0.015)


def test_one_value_each_has_no_mean_square_within() -> None:
    """Groups of one value, or a single group, leave both mean squares missing."""
    assert np.isnan(mean_squares([1.0, 2.0], ["a", "b"]).within)
    assert np.isnan(mean_squares([1.0, 2.0], ["a", "a"]).share)
