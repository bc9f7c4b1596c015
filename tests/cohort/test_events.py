"""Working stage, documented mastery, failures, loss and ends: known answers and a slow twin."""

import datetime as dt
import random
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hinge_outcomes.cohort.events import (
    episode_ends,
    last_attended_days,
    mastery_dates,
    mastery_failures,
    working_stages,
)
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from tests.hand_made import cohort_of, episode
from tests.strategies import cohorts

DEFAULT = MasteryCriterion()
ADVANCING = MasteryCriterion(passed_by_advancing=True)


def mastered_days(*ratings: tuple, criterion: MasteryCriterion = DEFAULT) -> list[int]:
    """Give every confirming day of stage 3."""
    cohort = cohort_of(episode(entry=3, target=5, ratings=list(ratings)))
    found = mastery_dates(cohort, criterion=criterion)
    return found.loc[found["stage"] == 3, "mastered_day"].tolist()


def end_of(told: dict[str, Any], *others: dict[str, Any], **rules: Any) -> tuple[int, str | None]:
    """Give day and state of the first told episode's end."""
    ends = episode_ends(cohort_of(told, *others), **rules).set_index("episode_id")
    row = ends.loc[told["row"]["episode_id"]]
    return int(row["end_day"]), row["end_state"]


def test_known_answer_6_two_ratings_with_a_no_show_between() -> None:
    """KA6: automatic on 7 and on 21, the no-show on 14 neither counts nor breaks: mastered on 21.

    The two ratings are 14 days apart, within 1 to 56, and no rating of the stage lies between.
    """
    ratings = [(7, 3, 3), (21, 3, 3)]
    visits = {7: "attended", 14: "no_show", 21: "attended"}
    cohort = cohort_of(episode(entry=3, ratings=ratings, visits=visits))
    assert mastery_dates(cohort)["mastered_day"].tolist() == [21]


def test_known_answer_6_a_lower_rating_breaks_the_run() -> None:
    """KA6: 7: 3, 14: 2, 21: 3, 28: 3 gives 28, since the run begins anew on 21."""
    assert mastered_days((7, 3, 3), (14, 3, 2), (21, 3, 3), (28, 3, 3)) == [28]


def test_known_answer_6_moving_on_confirms_only_if_the_criterion_says_so() -> None:
    """KA6: 7: 3, then working stage k + 1 on 21: no mastery; 21 with passed_by_advancing."""
    told = ((7, 3, 3), (21, 4, 1))
    assert mastered_days(*told) == []
    assert mastered_days(*told, criterion=ADVANCING) == [21]


def test_known_answer_6_a_long_gap_breaks_the_run() -> None:
    """KA6: 7: 3, 80: 3 gives none, since 73 days are more than 56."""
    assert mastered_days((7, 3, 3), (80, 3, 3)) == []


def test_ratings_of_other_stages_do_not_break_a_run() -> None:
    """Consecutive means the next ratings of that very stage."""
    assert mastered_days((7, 3, 3), (14, 2, 0), (14, 4, 1), (21, 3, 3)) == [21]


def test_every_further_rating_of_a_run_confirms_again() -> None:
    """All confirming days are listed, the first of them being first mastery."""
    assert mastered_days((7, 3, 3), (14, 3, 3), (21, 3, 3)) == [14, 21]


def test_a_criterion_may_ask_for_less() -> None:
    """With level conscious, ratings of 2 and 3 both count."""
    criterion = MasteryCriterion(level="conscious")
    assert mastered_days((7, 3, 2), (14, 3, 3), criterion=criterion) == [14]


def test_advancing_past_a_poorly_rated_stage_does_not_pass_it() -> None:
    """A rating of 2 before the move up leaves the stage unmastered, an automatic one passes it."""
    assert mastered_days((7, 3, 3), (14, 3, 2), (21, 4, 1), criterion=ADVANCING) == []
    assert mastered_days((14, 3, 3), (14, 4, 1), criterion=ADVANCING) == [14]


def test_a_confirmation_by_rating_and_by_advancing_on_one_day_is_one() -> None:
    """The second automatic rating and the move up on the same day give one date."""
    assert mastered_days((7, 3, 3), (21, 3, 3), (21, 4, 1, True), criterion=ADVANCING) == [21]


def test_working_stages_lists_changes_by_episode() -> None:
    """Changes come with the episode they belong to, day 0 first."""
    cohort = cohort_of(episode("E2", entry=2, ratings=[(7, 3, 1)]), episode("E1", entry=1))
    assert working_stages(cohort).values.tolist() == [["E1", 0, 1], ["E2", 0, 2], ["E2", 7, 3]]


def test_a_mastered_stage_fails_by_a_lower_rating_or_by_moving_down_to_it() -> None:
    """Stage 3 fails when rated below automatic, and when the working stage falls to 3 or lower."""
    told = episode(
        entry=3, target=9,
        ratings=[(7, 5, 1), (14, 4, 1), (21, 3, 3), (28, 3, 2), (35, 6, 1), (42, 2, 1)],
    )  # fmt: skip
    found = mastery_failures(cohort_of(told), pd.Series({"E1": 3}))
    # 7: up to 5. 14: down to 4, above 3. 21: down to 3. 28: rated 2. 35: up. 42: down to 2.
    assert found["failed_day"].tolist() == [21, 28, 42]


def test_failures_of_nobody_asked_about_are_not_listed() -> None:
    """An episode without a stage in question has no failures."""
    cohort = cohort_of(episode(ratings=[(7, 1, 0)]))
    assert mastery_failures(cohort, pd.Series({"E1": pd.NA}, dtype="Int16")).empty


def test_last_attended_day_counts_attended_visits_up_to_the_last_observed_day() -> None:
    """No-shows, and appointments after the last observed day, are not attendance."""
    cohort = cohort_of(
        episode("E1", observed=50, visits={0: "attended", 9: "no_show", 60: "attended"}),
        episode("E2"),
    )
    days = last_attended_days(cohort)
    assert days["E1"] == 0
    assert pd.isna(days["E2"])


@pytest.mark.parametrize(
    ("observed", "expected"),
    [(120, (120, None)), (141, (141, None)), (142, (142, "lost")), (150, (142, "lost"))],
)
def test_known_answer_7_the_loss_rule(observed: int, expected: tuple[int, str | None]) -> None:
    """KA7: last visit on 100, gap 42: cut 120 is censored at 120, cut 150 is lost on 142.

    100 + 42 = 142; on the day itself records reach the rule's day, so the cut at 142 is a loss.
    """
    assert end_of(episode(observed=observed, visits=[0, 100])) == expected


def test_known_answer_7_mastery_wins_a_shared_day() -> None:
    """KA7: mastered and discharged on day 60 is mastered on day 60."""
    told = episode(
        entry=3, end=(60, "goals_met"), visits=[0, 53, 60], ratings=[(53, 3, 3), (60, 3, 3)]
    )
    assert end_of(told) == (60, "mastered")


def test_closed_as_mastered_without_ratings_counts_as_goals_met() -> None:
    """A clinic's word without the ratings is a planned discharge at its day, whatever the gap."""
    assert end_of(episode(visits=[0], end=(300, "mastered"))) == (300, "discharged")


@pytest.mark.parametrize(
    ("reason", "state"), [("goals_met", "discharged"), ("referred_out", "referred")]
)
def test_planned_ends_and_referrals_stand_whatever_the_gap(reason: str, state: str) -> None:
    """A discharge 200 days after the last visit is a discharge on its day."""
    assert end_of(episode(visits=[0, 100], end=(300, reason))) == (300, state)


@pytest.mark.parametrize("reason", ["lost_to_follow_up", "administrative", None])
@pytest.mark.parametrize("typed", [101, 200])
def test_lost_administrative_and_open_episodes_follow_the_rule(
    reason: str | None, typed: int
) -> None:
    """Whatever closing day was typed, silence after day 100 is a loss on day 142."""
    end = None if reason is None else (typed, reason)
    assert end_of(episode(observed=365, visits=[0, 100], end=end)) == (142, "lost")
    assert end_of(episode(observed=205, visits=[0, 180], end=end)) == (205, None)


def test_self_discharge_is_dated_by_what_comes_first() -> None:
    """A self-discharge typed long after the last visit is dated by the rule, otherwise as typed."""
    assert end_of(episode(visits=[0, 10], end=(20, "self_discharged"))) == (20, "lost")
    assert end_of(episode(visits=[0, 10], end=(90, "self_discharged"))) == (52, "lost")


def test_a_gap_followed_by_an_attended_visit_is_no_loss() -> None:
    """A patient who comes back after 100 days was not lost in between."""
    assert end_of(episode(observed=130, visits=[0, 100])) == (130, None)


def test_no_attended_visit_counts_as_attended_on_day_zero() -> None:
    """Somebody who never came is lost on day 42."""
    told = episode("E1", visits={7: "no_show"})
    assert end_of(told) == (42, "lost")
    assert end_of(episode("E1"), episode("E2", visits=[0])) == (42, "lost")


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (None, (365, None)),
        ((90, "self_discharged"), (90, "lost")),
        ((90, "lost_to_follow_up"), (90, "lost")),
        ((90, "administrative"), (90, None)),
    ],
)
def test_without_any_visits_in_the_cohort_there_is_no_rule_loss(
    end: tuple[int, str] | None, expected: tuple[int, str | None]
) -> None:
    """A cohort whose visits table is empty has only the ends its clinics wrote."""
    assert end_of(episode(end=end)) == expected


def test_the_gap_is_data() -> None:
    """The sensitivity values 28 and 84 move the loss."""
    told = episode(visits=[0, 100])
    assert end_of(told, loss=LossRule(gap_days=28)) == (128, "lost")
    assert end_of(told, loss=LossRule(gap_days=84)) == (184, "lost")


def test_mastery_after_a_loss_by_rule_is_not_counted() -> None:
    """Ratings without a visit, long after the rule fired, do not undo the loss."""
    told = episode(entry=3, visits=[0], ratings=[(60, 3, 3), (67, 3, 3)])
    assert end_of(told) == (42, "lost")


def test_care_goes_on_being_dated_after_mastery() -> None:
    """The end of care is kept beside the end by mastery."""
    told = episode(
        entry=3, end=(90, "goals_met"), visits=[7, 14, 90], ratings=[(7, 3, 3), (14, 3, 3)]
    )
    row = episode_ends(cohort_of(told)).iloc[0]
    assert (row["end_day"], row["end_state"], row["mastered_day"]) == (14, "mastered", 14)
    assert (row["care_end_day"], row["care_end_state"]) == (90, "discharged")
    assert (row["last_attended_day"], row["last_observed_day"]) == (90, 90)


def test_an_episode_with_a_removed_last_observed_day_has_no_end() -> None:
    """Where deidentification removed the last observed day, an open episode's end is unknown."""
    cohort = cohort_of(episode(visits=[0]))
    episodes = cohort.episodes.assign(last_observed_day=pd.array([None], dtype="Int16"))
    records = SimpleNamespace(
        episodes=episodes, visits=cohort.visits, assessments=cohort.assessments
    )
    row = episode_ends(records).iloc[0]
    assert pd.isna(row["end_day"])
    assert row["end_state"] is None


def test_the_last_visit_is_not_the_end_of_observation() -> None:
    """Open episodes are observed to the cut: censoring them at the last visit inflates mastery.

    Last attended day 20, cut on day 50: the episode is at risk up to day 50, not up to day 20.
    """
    told = episode(observed=50, visits=[0, 20])
    assert end_of(told) == (50, None)
    assert last_attended_days(cohort_of(told))["E1"] == 20


# A slow, plain implementation of DEFINITIONS, one episode and one row at a time.


def plain_stages(rows: list[dict[str, Any]], entry: int | None) -> list[tuple[int, int]]:
    """Give (day, stage) changes of one episode."""
    found = [] if entry is None else [(0, entry)]
    for day in sorted({row["assessed_day"] for row in rows}):
        if day == 0 and entry is not None:
            continue
        here = [row for row in rows if row["assessed_day"] == day]
        marked = [row["stage"] for row in here if row["is_working_stage"] is True]
        others = [row["stage"] for row in here if row["is_working_stage"] is not False]
        stage = marked[0] if marked else max(others, default=None)
        if stage is not None and (not found or found[-1][1] != stage):
            found.append((day, stage))
    return found


def plain_mastery(
    rows: list[dict[str, Any]], moves: list[tuple[int, int]], stage: int, rule: MasteryCriterion
) -> list[int]:
    """Give all confirming days of one stage of one episode."""
    ratings = sorted(
        (row["assessed_day"], row["mastery_level"])
        for row in rows
        if row["stage"] == stage and row["mastery_level"] is not None
    )
    found = set()
    counted: list[int] = []
    before: int | None = None
    for day, level in ratings:
        if level < rule.minimum_rating or (before is not None and day - before > rule.max_gap_days):
            counted = []
        before = day
        if level < rule.minimum_rating:
            continue
        if not counted or day - counted[-1] >= rule.min_gap_days:
            counted.append(day)
            if len(counted) >= rule.consecutive:
                found.add(day)
    if rule.passed_by_advancing:
        for (_, origin), (day, destination) in pairwise(moves):
            if origin <= stage < destination:
                past = [rating for rating in ratings if rating[0] <= day]
                is_good = bool(past) and past[-1][1] >= rule.minimum_rating
                if is_good and day - past[-1][0] <= rule.max_gap_days:
                    found.add(day)
    return sorted(found)


def plain_end(
    row: dict[str, Any], attended: list[int], mastered: list[int], gap: int, has_visits: bool
) -> tuple[int, str | None]:
    """Give day and state of one episode's end."""
    observed = row["last_observed_day"]
    last = max([day for day in attended if day <= observed], default=0)
    reason = row["end_reason"]
    if reason in ("mastered", "goals_met"):
        candidates = [(row["end_day"], 1, "discharged")]
    elif reason == "referred_out":
        candidates = [(row["end_day"], 2, "referred")]
    elif reason == "self_discharged":
        day = min(row["end_day"], last + gap) if has_visits else row["end_day"]
        candidates = [(day, 3, "lost")]
    elif not has_visits and reason is not None:
        state = "lost" if reason == "lost_to_follow_up" else None
        candidates = [(row["end_day"], 3, state)]
    else:
        candidates = [(observed, 4, None)]
        if has_visits and last + gap <= observed:
            candidates.append((last + gap, 3, "lost"))
    if mastered:
        candidates.append((mastered[0], 0, "mastered"))
    day, _, state = min(candidates, key=lambda end: end[:2])
    return day, state


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give a table as dictionaries with None for null."""
    return frame.astype("object").where(frame.notna(), None).to_dict("records")


criteria = st.builds(
    MasteryCriterion,
    level=st.sampled_from(["conscious", "automatic"]),
    consecutive=st.integers(1, 3),
    min_gap_days=st.sampled_from([0, 1, 7, 20]),
    max_gap_days=st.sampled_from([20, 56, 150]),
    passed_by_advancing=st.booleans(),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cohorts(max_episodes=10, max_rows=10), criteria, st.sampled_from([7, 28, 42, 84]))
def test_events_agree_with_a_plain_reading_of_the_definitions(
    cohort: Cohort, criterion: MasteryCriterion, gap: int
) -> None:
    """Stages, mastery and ends are those of a slow implementation, one episode at a time."""
    stages = working_stages(cohort)
    mastery = mastery_dates(cohort, criterion=criterion)
    ends = episode_ends(cohort, criterion=criterion, loss=LossRule(gap_days=gap))
    ends = ends.set_index("episode_id")
    visits = plain_rows(cohort.visits)
    for row in plain_rows(cohort.episodes):
        own = row["episode_id"]
        ratings = [one for one in plain_rows(cohort.assessments) if one["episode_id"] == own]
        moves = plain_stages(ratings, row["entry_stage"])
        assert stages.loc[stages["episode_id"] == own, ["day", "stage"]].values.tolist() == [
            list(move) for move in moves
        ]
        mine = mastery[mastery["episode_id"] == own]
        expected = {
            stage: plain_mastery(ratings, moves, stage, criterion) for stage in range(1, 11)
        }
        for stage, days in expected.items():
            assert mine.loc[mine["stage"] == stage, "mastered_day"].tolist() == days
        attended = [
            one["visit_day"]
            for one in visits
            if one["episode_id"] == own and one["status"] == "attended"
        ]
        target = expected.get(row["target_stage"], [])
        due = plain_end(row, attended, target, gap, has_visits=bool(visits))
        assert (ends.loc[own, "end_day"], ends.loc[own, "end_state"]) == due


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cohorts(), criteria, st.randoms(use_true_random=False))
def test_row_order_never_matters(
    cohort: Cohort, criterion: MasteryCriterion, shuffler: random.Random
) -> None:
    """Shuffled tables give the same events, row for row."""
    shuffled = SimpleNamespace(
        **{
            name: frame.sample(frac=1, random_state=shuffler.randrange(2**32))
            for name in ("episodes", "visits", "assessments")
            for frame in (getattr(cohort, name),)
        }
    )
    pd.testing.assert_frame_equal(working_stages(cohort), working_stages(shuffled))
    pd.testing.assert_frame_equal(
        mastery_dates(cohort, criterion=criterion), mastery_dates(shuffled, criterion=criterion)
    )
    pd.testing.assert_frame_equal(
        episode_ends(cohort, criterion=criterion), episode_ends(shuffled, criterion=criterion)
    )


def test_the_tables_are_left_as_they_were() -> None:
    """Deriving events changes no table."""
    cohort = cohort_of(episode(visits=[0, 7], ratings=[(7, 3, 3), (14, 3, 3)]))
    before = cohort.assessments.copy()
    episode_ends(cohort)
    working_stages(cohort)
    pd.testing.assert_frame_equal(cohort.assessments, before)
    assert cohort.data_cut == dt.date(2026, 9, 30)


def test_selecting_an_episode_does_not_change_its_end() -> None:
    """Never seen in a clinic that records visits is lost on day 42, alone or among others."""
    cohort = cohort_of(episode("E1", visits=[0, 7]), episode("E2"))
    among = episode_ends(cohort).set_index("episode_id").loc[["E2"]]
    alone = episode_ends(cohort.select(episode_id="E2")).set_index("episode_id")
    assert among[["end_day", "end_state"]].values.tolist() == [[42, "lost"]]
    pd.testing.assert_frame_equal(alone, among)


def test_records_that_say_nothing_of_visits_are_judged_by_their_rows() -> None:
    """Plain tables without has_visits have a loss rule exactly if they have visits."""
    cohort = cohort_of(episode("E1", visits=[0]), episode("E2"))
    tables = {name: getattr(cohort, name) for name in ("episodes", "visits", "assessments")}
    assert episode_ends(SimpleNamespace(**tables))["end_state"].tolist() == ["lost", "lost"]
    tables["visits"] = cohort.visits.iloc[:0]
    assert episode_ends(SimpleNamespace(**tables))["end_state"].isna().all()
