"""Selection: whom a criterion means."""

import datetime as dt

import pytest

from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.cohort.selection import chosen_episodes
from hinge_outcomes.exceptions import DataError
from tests.records import small_cohort


def test_criteria_narrow_together() -> None:
    """Two criteria select those who meet both."""
    episodes = small_cohort().episodes
    criteria = {"clinic_id": "C01", "symptom_duration": "chronic"}
    assert chosen_episodes(episodes, criteria).tolist() == [False, True, False]


def test_dates_are_included_at_both_ends() -> None:
    """started_from and started_to include their own day; a Quarter works like its text."""
    episodes = small_cohort().episodes
    day = dt.date(2026, 2, 2)
    assert chosen_episodes(episodes, {"started_from": day, "started_to": day}).sum() == 1
    assert chosen_episodes(episodes, {"quarter": Quarter(2026, 1)}).sum() == 2


def test_dates_of_a_deidentified_cohort_cannot_be_selected_by() -> None:
    """Where dates were reduced to years, a quarter is refused by name."""
    with pytest.raises(DataError, match="deidentified"):
        chosen_episodes(small_cohort().episodes, {"quarter": "2026Q1"}, is_deidentified=True)


def test_messages_list_codes_but_no_patients() -> None:
    """An absent episode id selects nobody, in silence about who there is."""
    episodes = small_cohort().episodes
    assert not chosen_episodes(episodes, {"episode_id": "nobody"}).any()
    with pytest.raises(DataError, match="acute, chronic"):
        chosen_episodes(episodes, {"symptom_duration": "cronic"})
