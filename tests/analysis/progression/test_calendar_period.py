"""What one calendar quarter shows."""

import datetime as dt

import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.calendar_period import within_quarter
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.cohort.deidentified import deidentify
from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.exceptions import DataError, NotIdentifiableError
from tests.hand_made import DATA_CUT, cohort_of, episode

ONCE = MasteryCriterion(consecutive=1)

# The records are complete to 30 September 2026, the last day of 2026Q3, which has 92 days.
assert dt.date(2026, 9, 30) == DATA_CUT


def _told(name: str, observed: int, day: int | None) -> dict:
    ratings = [] if day is None else [(day, 3, 3)]
    visits = list(range(0, observed, 14))
    return episode(name, entry=3, observed=observed, visits=visits, ratings=ratings)


COHORT = cohort_of(
    _told("old", 191, 120),  # began 100 days before the quarter: day 100 is its first day
    _told("young", 50, 40),  # began in the quarter
    _told("before", 191, 60),  # mastered before the quarter
    _told("still", 191, None),
)


def test_episodes_come_into_sight_on_the_first_day_of_the_quarter() -> None:
    """The quarter begins on 1 July: on day max(0, 100 - 1) of an episode of 191 days."""
    stays = pd.DataFrame(
        {
            "episode_id": ["old", "young"],
            "start_day": 0.0,
            "stop_day": [120.0, 40.0],
            "from_state": "unmastered",
            "to_state": pd.Series(["mastered", "mastered"], dtype="object"),
        }
    )
    start = dt.date(2026, 7, 1) - (DATA_CUT - dt.timedelta(days=191))
    inside, excluded = within_quarter(COHORT, stays, "2026Q3")
    assert inside["start_day"].tolist() == [start.days, 0]
    assert inside["stop_day"].tolist() == [120, 40]
    assert sum(excluded.values()) == 0


def test_a_quarter_ends_what_can_be_seen() -> None:
    """In 2026Q2 the old episode was seen up to 30 June, its day 99, and had not mastered it."""
    stays = pd.DataFrame(
        {
            "episode_id": ["old", "young"],
            "start_day": 0.0,
            "stop_day": [120.0, 40.0],
            "from_state": "unmastered",
            "to_state": pd.Series(["mastered", "mastered"], dtype="object"),
        }
    )
    inside, excluded = within_quarter(COHORT, stays, "2026Q2")
    assert inside["episode_id"].tolist() == ["old"]
    assert inside["to_state"].isna().all()
    last = dt.date(2026, 6, 30) - (DATA_CUT - dt.timedelta(days=191))
    assert inside["stop_day"].tolist() == [last.days]
    assert excluded == {"ended before 2026Q2": 0, "began after 2026Q2": 1}


def test_late_entry_changes_who_is_at_risk() -> None:
    """In 2026Q3 the young one alone is at risk on day 40, old and still on day 120.

    F(40) = 1; then nobody is left unmastered of those who began... so F stays 1. The plain estimate
    has all four at risk on day 40: 1/4.
    """
    quarter = estimate_mastery(COHORT, criterion=ONCE, horizon_day=180, period="2026Q3")
    curve = quarter.curve().set_index("day")
    assert curve.loc[40, "n_at_risk"] == 1
    assert curve.loc[120, "n_at_risk"] == 2
    assert quarter.excluded["ended before 2026Q3"] == 1
    assert quarter.n_analysed + quarter.n_excluded == 4
    plain = estimate_mastery(COHORT, criterion=ONCE, horizon_day=180)
    assert plain.curve().set_index("day").loc[40, "estimate"] == 0.25
    assert "at the pace of 2026Q3" in quarter.summary()
    assert "within 2026Q3" in quarter.summary()


def test_mastery_held_at_entry_is_held_and_not_new() -> None:
    """Who had mastered before the quarter comes into sight mastered, where mastery is held."""
    held = estimate_mastery(
        COHORT, kind="maintained", criterion=ONCE, horizon_day=180, period="2026Q3"
    )
    assert held.n_analysed == 4
    assert held.curve()["estimate"].iloc[0] == 0


def test_years_alone_and_words_that_are_no_quarter_are_refused() -> None:
    """A deidentified cohort has no dates; a mistyped quarter is shown how to be written."""
    with pytest.raises(DataError, match="2026Q3"):
        estimate_mastery(COHORT, period="last")
    ended = cohort_of(episode("A", entry=3, end=(30, "goals_met")))
    with pytest.raises(NotIdentifiableError, match="years only"):
        estimate_mastery(deidentify(ended), period="2026Q3")
