"""Dating mastery between two visits."""

import pytest

from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.mastery_dating import DATINGS
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError
from tests.hand_made import cohort_of, episode

ONCE = MasteryCriterion(consecutive=1)


def _steps(result: MasteryEstimate) -> dict:
    """Give the share by day, where it changes."""
    curve = result.curve()
    changed = curve[curve["estimate"].diff().fillna(0) != 0]
    return dict(zip(changed["day"], changed["estimate"], strict=True))


def test_right_middle_and_left_of_the_visit_interval() -> None:
    """Confirmed on 21, last seen on 7 (the visit on 14 was missed): 21, 14 or 7."""
    told = episode(
        "A", entry=3, observed=60,
        visits={0: "attended", 7: "attended", 14: "no_show", 21: "attended", 50: "attended"},
        ratings=[(7, 3, 3), (21, 3, 3)],
    )  # fmt: skip
    for dating, day in zip(DATINGS, (21, 14, 7), strict=True):
        result = estimate_mastery(cohort_of(told), horizon_day=60, dating=dating)
        assert _steps(result) == {day: 1.0}
    assert "at the visit before" in result.summary()


def test_ratings_of_other_stages_are_visits_too() -> None:
    """Where no visits are recorded, the rating of another stage on 11 begins the interval."""
    told = episode("A", entry=3, observed=60, ratings=[(11, 2, 1), (21, 3, 3)])
    left = estimate_mastery(cohort_of(told), criterion=ONCE, horizon_day=60, dating="left")
    assert _steps(left) == {11: 1.0}


def test_without_an_earlier_visit_the_interval_begins_on_day_zero() -> None:
    """Seen first on 20: half way is 10; on the left half a day in, so that all are at risk."""
    cohort = cohort_of(episode("A", entry=3, observed=60, ratings=[(20, 3, 3)]))
    days = [
        _steps(estimate_mastery(cohort, criterion=ONCE, horizon_day=60, dating=dating))
        for dating in ("middle", "left")
    ]
    assert days == [{10: 1.0}, {0.5: 1.0}]


def test_lasting_mastery_keeps_its_window() -> None:
    """Confirmed on 10 and seen on 2, lasting to 40: 30 days later in each dating, 40, 36, 32."""
    told = episode(
        "A", entry=3, observed=90, visits=[2, 10, 30, 60], ratings=[(10, 3, 3), (30, 3, 3)]
    )
    for dating, day in zip(DATINGS, (40, 36, 32), strict=True):
        result = estimate_mastery(
            cohort_of(told), kind="durable", durable_days=30, criterion=ONCE, horizon_day=90,
            dating=dating,
        )  # fmt: skip
        assert _steps(result) == {day: 1.0}


def test_mastery_that_is_regained_follows_its_loss() -> None:
    """Held from 10, failed on 20, regained on 30: on the left it begins on 4 and half past 20."""
    told = episode(
        "A", entry=3, observed=60, visits=[4, 10, 20, 30, 50],
        ratings=[(10, 3, 3), (20, 3, 1), (30, 3, 3)],
    )  # fmt: skip
    result = estimate_mastery(
        cohort_of(told), kind="maintained", criterion=ONCE, horizon_day=60, dating="left"
    )
    assert _steps(result) == {4: 1.0, 20: 0.0, 20.5: 1.0}


def test_an_unknown_dating_is_refused_with_those_known() -> None:
    """The error lists right, middle, left."""
    with pytest.raises(AnalysisError, match="right, middle, left"):
        estimate_mastery(cohort_of(episode()), dating="centre")
