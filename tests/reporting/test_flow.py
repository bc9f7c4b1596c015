"""The flow of episodes always adds up, and its ends follow the same rules as the estimates."""

import pandas as pd
import pytest

from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.domain.rules import LossRule
from hinge_outcomes.reporting.flow import count_activity, count_flow, derive_ends
from tests.records import small_cohort, small_tables


def test_started_is_open_plus_ended() -> None:
    """One mastered, one left on her own, one open: three started."""
    flow = count_flow(small_cohort())
    assert (flow.n_started, flow.n_open) == (3, 1)
    assert flow.ended["mastered"] == flow.ended["self_discharged"] == 1
    assert flow.table()["n_episodes"].sum() == flow.n_started
    assert "3 episodes started, 1 are open and 2 ended" in flow.summary()
    assert len(flow.plot().patches) == len(flow.table())


def test_a_silent_open_episode_is_lost_by_rule() -> None:
    """With a gap of 20 days the open episode, last seen on day 0, is lost exactly at the cut."""
    ends = derive_ends(small_cohort(), loss=LossRule(gap_days=20)).set_index("episode_id")
    assert ends.loc["e3", "reason"] == "lost_to_follow_up"
    assert ends.loc["e3", "end_date"] == pd.Timestamp("2026-09-30")
    assert count_flow(small_cohort(), loss=LossRule(gap_days=21)).n_open == 1


def test_mastery_without_ratings_counts_as_goals_met() -> None:
    """Closed as mastered, but with one automatic rating only: goals met."""
    assessments = small_tables()["assessments"].assign(mastery_level=[1, 2, 3, 1, None])
    flow = count_flow(small_cohort(assessments=assessments))
    assert (flow.ended["mastered"], flow.ended["goals_met"]) == (0, 1)


@pytest.mark.parametrize(
    ("quarter", "expected"), [("2025Q4", (0, 0, 0, 0)), ("2026Q1", (0, 2, 2, 0)),
                              ("2026Q3", (0, 1, 0, 1)), ("2026Q4", (1, 0, 0, 1))]
)  # fmt: skip
def test_a_quarters_traffic_balances(quarter: str, expected: tuple[int, ...]) -> None:
    """Open before + started = ended + open after, in every quarter."""
    traffic = count_activity(small_cohort(), Quarter.parse(quarter))
    ended = sum(traffic.ended.values())
    assert (traffic.n_before, traffic.n_started, ended, traffic.n_after) == expected
    assert traffic.n_before + traffic.n_started == ended + traffic.n_after


def test_administrative_ends_are_neither_lost_nor_open() -> None:
    """An administrative closing before the loss rule fires stands at its day."""
    episodes = small_tables()["episodes"]
    episodes["end_day"] = [14, 21, 5]
    episodes["end_reason"] = ["mastered", "self_discharged", "administrative"]
    ends = derive_ends(small_cohort(episodes=episodes)).set_index("episode_id")
    assert ends.loc["e3", "reason"] == "administrative"
    assert ends.loc["e3", "end_date"] == pd.Timestamp("2026-09-15")
