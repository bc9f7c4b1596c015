"""Episodes in and out of mastery, against a plain walk through their days."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from hinge_outcomes.analysis.progression.mastery_stays import (
    MasteryDays,
    count_left_upward,
    durable_stays,
    first_stays,
    from_landmark,
    maintained_stays,
    next_day,
    read_mastery_days,
)
from hinge_outcomes.cohort.confirmation import DAY_SPAN
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from tests.hand_made import cohort_of, episode
from tests.strategies import cohorts

ONCE = MasteryCriterion(consecutive=1)
COLUMNS = ["start_day", "stop_day", "from_state", "to_state"]


def days_of(cohort: Cohort) -> MasteryDays:
    """Read the days of every episode's own target, where one good rating suffices."""
    target = cohort.episodes.set_index("episode_id")["target_stage"].dropna().astype("int64")
    return read_mastery_days(cohort, target, criterion=ONCE, loss=LossRule())


def test_the_next_day_is_strictly_later_and_of_the_same_episode() -> None:
    """A day is not its own successor, and another episode's days are not found."""
    keys = np.array([0, 0, 2]) * DAY_SPAN + np.array([0, 9, 4])
    asked = np.array([0, 0, 0, 1, 2])
    after = np.array([-1.0, 0.0, 9.0, -1.0, 3.0])
    assert next_day(keys, asked, after).tolist() == [0, 9, np.inf, np.inf, 4]
    assert next_day(keys[:0], asked, -1.0).tolist() == [np.inf] * 5


def test_maintained_periods_follow_each_other() -> None:
    """Mastered 10, failed 40, mastered 60, cut 90: three moves and a censored end."""
    told = episode(
        "A", entry=3, observed=90, visits=[0, 40, 80],
        ratings=[(10, 3, 3), (40, 3, 1), (60, 3, 3)],
    )  # fmt: skip
    assert maintained_stays(days_of(cohort_of(told)))[COLUMNS].values.tolist() == [
        [0.0, 10.0, "unmastered", "mastered"],
        [10.0, 40.0, "mastered", "unmastered"],
        [40.0, 60.0, "unmastered", "mastered"],
        [60.0, 90.0, "mastered", None],
    ]


def test_a_landmark_keeps_later_periods_whole() -> None:
    """Followed from day 5 on, only the first period is shortened; from day 10 nobody is left."""
    told = episode("A", entry=3, observed=40, visits=[0], ratings=[(10, 3, 3), (20, 3, 1)])
    stays = maintained_stays(days_of(cohort_of(told)))
    assert from_landmark(stays, 5)["start_day"].tolist() == [5.0, 10.0, 20.0]
    assert from_landmark(stays, 10).empty
    assert stays["start_day"].tolist() == [0.0, 10.0, 20.0]


def test_a_stage_mastered_on_the_day_it_is_left_upward_was_mastered() -> None:
    """Confirmed and moved on at one visit is not leaving unmastered."""
    told = episode("A", entry=2, target=2, visits=[0], ratings=[(10, 2, 3), (10, 3, 1)])
    cohort = cohort_of(told)
    assert count_left_upward(cohort, days_of(cohort)) == (1, 0)


# A plain walk: one day after the other, one episode at a time.


def plain_days(days: MasteryDays, place: int) -> dict[str, set[int]]:
    """Give one episode's days as sets."""
    return {
        name: {int(key % DAY_SPAN) for key in getattr(days, name) if int(key // DAY_SPAN) == place}
        for name in ("confirmed", "failed", "rated")
    }


def plain_maintained(found: dict[str, set[int]], end: int) -> list[bool]:
    """Tell for each day up to the end of care whether mastery is held."""
    held, history = False, []
    for day in range(end + 1):
        if held and day in found["failed"]:
            held = False
        elif not held and day in found["confirmed"]:
            held = True
        history.append(held)
    return history


def plain_durable(found: dict[str, set[int]], end: int, length: int) -> int | None:
    """Give the day on which mastery has lasted, if it comes while in care."""
    day = -1
    while True:
        later = [confirmed for confirmed in found["confirmed"] if confirmed > day]
        if not later:
            return None
        first = min(later)
        window = range(first + 1, first + length + 1)
        failures = [failed for failed in found["failed"] if failed in window]
        if failures:
            day = min(failures)
        elif any(rated in window for rated in found["rated"]):
            return first + length if first + length <= end else None
        else:
            day = first + length


def at(rows: list[list[Any]], day: float) -> str | None:
    """Give the state just after a day."""
    for start, stop, origin, _ in rows:
        if start <= day < stop:
            return origin
    return rows[-1][3] if rows[-1][3] is not None else rows[-1][2]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cohorts(max_episodes=10, max_rows=12))
def test_periods_agree_with_a_plain_walk_through_the_days(cohort: Cohort) -> None:
    """First, maintained and durable mastery are what walking day by day finds."""
    if cohort.episodes["target_stage"].isna().all():
        return
    days = days_of(cohort)
    frames = {
        "first": first_stays(days),
        "maintained": maintained_stays(days),
        "durable": durable_stays(days, 20),
    }
    for place, name in enumerate(days.episode_ids):
        found = plain_days(days, place)
        end, state = int(days.care_end_day[place]), days.care_end_state[place]
        rows = {
            kind: frame.loc[frame["episode_id"] == name, COLUMNS].values.tolist()
            for kind, frame in frames.items()
        }
        first = min((day for day in found["confirmed"] if day <= end), default=None)
        due = [end, state] if first is None else [first, "mastered"]
        lasted = plain_durable(found, end, 20)
        due_durable = [end, state] if lasted is None else [lasted, "mastered"]
        for kind, (day, to) in (("first", due), ("durable", due_durable)):
            assert rows[kind] == [[0.0, float(day) or 0.5, "unmastered", to]]
        history = plain_maintained(found, end)
        for day in range(1, end):
            assert at(rows["maintained"], day) == ("mastered" if history[day] else "unmastered")
        last = at(rows["maintained"], 10_000)
        ended = state if state is not None else "unmastered"
        assert last == ("mastered" if history[end] else ended)


@pytest.mark.parametrize("kind", [first_stays, maintained_stays])
def test_everyone_is_at_risk_for_a_while(kind: Any) -> None:
    """An episode that masters and ends on day 0 has a stay of half a day."""
    told = episode("A", entry=3, end=(0, "goals_met"), ratings=[(0, 3, 3)])
    rows = kind(days_of(cohort_of(told)))[COLUMNS].values.tolist()
    assert rows[0] == [0.0, 0.5, "unmastered", "mastered"]


def test_the_short_form_of_days_names_no_episode() -> None:
    """What was recorded of each episode is never shown at a prompt."""
    days = days_of(cohort_of(episode("SECRETVAL", entry=3, ratings=[(7, 3, 3)])))
    assert days.episode_ids.tolist() == ["SECRETVAL"]
    assert "SECRETVAL" not in repr(days)
