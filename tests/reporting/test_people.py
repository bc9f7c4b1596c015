"""Follow-up figures speak of people who have all been followed long enough, and name them."""

import datetime as dt

import pytest

from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.reporting.people import followed, starters
from tests.records import small_cohort

PAGE = Quarter.parse("2026Q3")


@pytest.mark.parametrize(
    ("days", "expected"), [(20, "2026Q3"), (21, "2026Q1"), (240, "2026Q1"), (241, None)]
)
def test_the_last_quarter_whose_members_all_qualify(days: int, expected: str | None) -> None:
    """The starter of 10 September has 20 days by 30 September; 2 February has 240."""
    people = followed(small_cohort(), PAGE, days)
    assert (None if people is None else str(people.last)) == expected


def test_a_later_cut_does_not_lengthen_the_page_quarter() -> None:
    """For the page of 2026Q1 only days up to 31 March count, though data go on."""
    people = followed(small_cohort(), Quarter.parse("2026Q1"), 57)
    assert people is not None
    assert people.cohort.n_episodes == 2
    assert followed(small_cohort(), Quarter.parse("2026Q1"), 58) is None


def test_an_earlier_cut_of_the_clinic_counts() -> None:
    """Where a clinic's data end earlier than the quarter, its own cut decides."""
    episodes = small_cohort().episodes
    episodes.loc[2, "last_observed_day"] = 10
    cohort = small_cohort(episodes=episodes, data_cut=dt.date(2026, 9, 20))
    people = followed(cohort, PAGE, 20)
    assert people is not None
    assert str(people.last) == "2026Q1"


def test_labels_name_the_people() -> None:
    """A quarter and its twelve-month stand-in say when their people started."""
    cohort = small_cohort()
    people = starters(cohort, Quarter.parse("2026Q1"))
    assert people.label == "started Jan–Mar 2026"
    assert not people.is_year
    year = people.year(cohort)
    assert year.label == "started Apr 2025–Mar 2026"
    assert year.is_year
    assert year.cohort.n_episodes == 2


def test_nobody_to_follow() -> None:
    """An empty cohort has no follow-up people."""
    assert followed(small_cohort().select(quarter="2020Q1"), PAGE, 10) is None
