"""Mastery and loss are data, and impossible data are refused."""

import pytest

from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import ConfigError


def test_the_default_is_two_automatic_ratings_within_eight_weeks() -> None:
    """DEFINITIONS' criterion and loss rule are the defaults."""
    rule = MasteryCriterion()
    assert (rule.minimum_rating, rule.consecutive, rule.min_gap_days) == (3, 2, 1)
    assert (rule.max_gap_days, rule.passed_by_advancing) == (56, False)
    assert LossRule().gap_days == 42


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"level": "perfect"}, "unable, cued, conscious, automatic"),
        ({"consecutive": 0}, "consecutive"),
        ({"min_gap_days": 9, "max_gap_days": 8}, "min_gap_days <= max_gap_days"),
        ({"min_gap_days": -1}, "min_gap_days"),
    ],
)
def test_an_impossible_criterion_is_named(wrong: dict[str, object], expected: str) -> None:
    """The message names the setting that cannot be."""
    with pytest.raises(ConfigError, match=expected):
        MasteryCriterion(**wrong)  # type: ignore[arg-type]


def test_a_gap_of_no_days_is_refused() -> None:
    """A loss rule of zero days would lose everybody."""
    with pytest.raises(ConfigError, match="gap_days"):
        LossRule(gap_days=0)
