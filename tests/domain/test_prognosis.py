"""The published course of pain, as the curves of this package give it."""

from itertools import pairwise

import pytest

from hinge_outcomes.domain.prognosis import (
    COURSE_SHARES,
    PUBLISHED_COURSE,
    TwoPhaseCourse,
    natural_course,
)


@pytest.mark.parametrize("duration", ["acute", "chronic"])
def test_curves_meet_the_published_points(duration: str) -> None:
    """Each curve passes within 0.02 points (0-10) of all four published means."""
    for week, (mean, _, _) in PUBLISHED_COURSE[duration].items():
        # 0.02 is the accuracy the constants were fitted to; they carry two decimals.
        assert natural_course(duration, week) == pytest.approx(mean / 10, abs=0.0201)


def test_subacute_is_the_mean_of_both() -> None:
    """The assumed subacute course lies half-way between acute and chronic at every week."""
    for week in (0.0, 3.5, 26.0, 104.0):
        half = (natural_course("acute", week) + natural_course("chronic", week)) / 2
        # Only the order of the additions differs, so the last bit may.
        assert natural_course("subacute", week) == pytest.approx(half, rel=1e-14)


@pytest.mark.parametrize("duration", list(COURSE_SHARES))
def test_pain_never_rises_on_average(duration: str) -> None:
    """All three curves fall from week to week."""
    weeks = [natural_course(duration, week) for week in range(0, 105)]
    assert all(later < earlier for earlier, later in pairwise(weeks))


def test_an_unknown_duration_lists_the_known_ones() -> None:
    """A duration nobody published is refused with the three that are known."""
    with pytest.raises(ValueError, match="acute, subacute, chronic"):
        natural_course("forever", 1)


def test_time_before_the_start_is_refused() -> None:
    """A negative week has no natural course."""
    with pytest.raises(ValueError, match="0 or more"):
        TwoPhaseCourse(1, 1, 1, 1, 1).at(-0.1)
