"""Care: what the records show agrees with what is true underneath, appointment by appointment."""

from typing import Any

import numpy as np
import pytest

from hinge_outcomes.domain.prognosis import natural_course
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation import departures as ends
from hinge_outcomes.simulation.care import patient_follower
from hinge_outcomes.simulation.inputs import simulated_places, simulation_inputs
from hinge_outcomes.simulation.observation import ATTENDED, NO_SHOW
from hinge_outcomes.simulation.records import (
    ADVANCED,
    CARE,
    FLARE_UP,
    KINDS,
    LEARNED,
    NEVER,
    NPRS,
    ODI,
    PAGE,
    ROOM,
    WEEKS,
)
from tests.simulation.followed import NO_END, NO_SETBACK, SEED, STILL, followed, rows_of

DEFAULT = Scenario.default()
ONE_WAY = {**STILL, "progression.advance_conscious": 0.0, "progression.back_unable": 0.0,
           "progression.back_cued": 0.0}  # fmt: skip
LEAVING = {"loss.per_day": 0.01, "loss.self_share": 0.5}


def test_visits_follow_the_plan_on_weekdays() -> None:
    """Without jitter and misses every visit day can be worked out by hand."""
    sheets, plan = followed(STILL), DEFAULT.visits
    for place in range(30):
        start, horizon = (int(sheets.episodes[key][place]) for key in ("start", "horizon"))
        expected, day = [], 0
        while day <= horizon:
            expected.append(day)
            days = plan.early_days if len(expected) < plan.early_count else plan.later_days
            days = plan.late_days if day >= plan.late_from_day else days
            day += int(np.floor(days + 0.5))
            while not np.is_busday(np.datetime64(start + day, "D")):
                day += 1
        visits = rows_of(sheets.visits, place)
        assert visits["day"].tolist() == expected
        assert visits["number"].tolist() == list(range(1, len(expected) + 1))
        assert (visits["status"] == ATTENDED).all()


def _spells(sheets: Any, episode: int) -> dict[int, tuple[float, float]]:
    """When work at each stage began, and when the stage became automatic, nan if it did not."""
    events = rows_of(sheets.events, episode)
    begun = {int(sheets.episodes["entry"][episode]): 0.0}
    begun |= {int(row["stage"]): float(row["time"]) for row in events if row["kind"] == ADVANCED}
    learned = {int(row["stage"]): float(row["time"]) for row in events if row["kind"] == LEARNED}
    return {stage: (begun[stage], learned.get(stage, np.nan)) for stage in begun}


def test_ratings_follow_the_true_level() -> None:
    """Without error each rating is the level that practice up to that day has brought about."""
    sheets, learning = followed(ONE_WAY), DEFAULT.learning
    n_rated = 0
    for episode in range(100):
        spells = _spells(sheets, episode)
        for row in rows_of(sheets.assessments, episode):
            begun, learned = spells[int(row["stage"])]
            if row["level"] < 0 or np.isnan(learned):
                continue
            share = (row["day"] - begun) / (learned - begun)
            bounds = (learning.cued_from, learning.conscious_from, 1.0)
            assert row["level"] == sum(share >= bound for bound in bounds)
            n_rated += 1
    assert n_rated > 500


def test_the_record_of_mastery_is_its_exact_time() -> None:
    """The target stage becomes automatic once, at the time kept with the episode."""
    sheets = followed(ONE_WAY)
    learned = sheets.events[sheets.events["kind"] == LEARNED]
    learned = learned[learned["stage"] == sheets.episodes["target"][learned["episode"]]]
    has_mastered = np.flatnonzero(sheets.episodes["mastered"] < NEVER)
    assert learned["episode"].tolist() == has_mastered.tolist()
    assert learned["time"].tolist() == sheets.episodes["mastered"][has_mastered].tolist()
    assert len(has_mastered) > 50


@pytest.mark.parametrize("pace", ["visits", "own"])
def test_nobody_works_beyond_the_target_or_at_two_stages(pace: str) -> None:
    """Each day of ratings marks one working stage, from 1 to the target."""
    sheets = followed(
        {"progression.pace": pace, "visits.rating_error": 0.3, "progression.back_unable": 1.0,
         "setbacks.per_day": [0.02] * 10}
    )  # fmt: skip
    rows = sheets.assessments
    working = rows[rows["is_working"] == 1]
    assert (rows["stage"] <= sheets.episodes["target"][rows["episode"]]).all()
    assert rows["stage"].min() >= 1
    days = np.unique(rows[["episode", "day"]])
    assert np.array_equal(np.unique(working[["episode", "day"]]), days)
    assert len(working) == len(days)


def _latent(sheets: Any, episode: int, day: int) -> tuple[float, float]:
    """Latent NPRS and ODI without weeks and flare-ups, by hand."""
    pain, who = DEFAULT.pain, sheets.episodes[episode]
    code = ("acute", "subacute", "chronic")[who["duration"]]
    fallen = 1 - natural_course(code, day / 7) / natural_course(code, 0)
    built = 1 - np.exp(-day / (7 * pain.deviation_weeks))
    gained = 1 - np.exp(-max(day - who["mastered"], 0) / pain.mastery_days)
    return (
        who["nprs"] * (1 - pain.nprs_response * fallen)
        + who["nprs_deviation"] * built
        + pain.mastery_nprs * gained,
        who["odi"] * (1 - pain.odi_response * fallen)
        + who["odi_deviation"] * built
        + pain.mastery_odi * gained,
    )


def test_latent_scores_are_kept_week_by_week_up_to_the_cut() -> None:
    """Each kept value is the formula's, after the end of care too; beyond the cut is none."""
    sheets = followed({**STILL, "discharge.after_mastery": 1.0})
    for episode in range(40):
        for week in range(WEEKS):
            found = sheets.latent[episode, week]
            if 7 * week > sheets.episodes["horizon"][episode]:
                assert np.isnan(found).all()
            else:
                assert found == pytest.approx(_latent(sheets, episode, 7 * week), abs=1e-9)


def test_scores_show_what_is_felt_on_their_day() -> None:
    """Without error NPRS and ODI are the latent scores of the day, to the nearest step."""
    sheets = followed(STILL)
    for episode in range(40):
        for row in rows_of(sheets.scores, episode):
            nprs, odi = _latent(sheets, episode, int(row["day"]))
            if row["instrument"] == NPRS:
                assert row["score"] == np.clip(np.floor(nprs + 0.5), 0, 10)
            if row["instrument"] == ODI:
                assert row["score"] == np.clip(2 * np.floor(odi / 2 + 0.5), 0, 100)


def test_appointments_are_numbered_by_day() -> None:
    """Numbers count from 1 and days rise with them, flare-ups or not."""
    visits = followed({"visits.flare_visit": 1.0, "pain.flares_per_year": 20.0}).visits
    same = visits["episode"][1:] == visits["episode"][:-1]
    assert (visits["day"][1:] > visits["day"][:-1])[same].all()
    assert (visits["number"][1:] == visits["number"][:-1] + 1)[same].all()
    assert (visits["number"][1:][~same] == 1).all()


def test_nothing_of_care_is_recorded_after_the_end_or_the_cut() -> None:
    """Appointments and ratings stay within the episode, scores within the cut."""
    sheets = followed(LEAVING)
    who = sheets.episodes
    last = np.where(who["end_day"] >= 0, who["end_day"], who["horizon"])
    assert (last <= who["horizon"]).all()
    for rows in (sheets.visits, sheets.assessments):
        assert (rows["day"] <= last[rows["episode"]]).all()
    assert (sheets.scores["day"] <= who["horizon"][sheets.scores["episode"]]).all()


def test_everybody_stays_until_the_cut_when_nothing_ends_care() -> None:
    """With every way out closed all episodes are open."""
    who = followed(NO_END).episodes
    assert (who["end_reason"] == ends.STAYS).all()
    assert (who["end_day"] == -1).all()
    assert (who["closed"] == NEVER).all()


def test_whoever_has_left_attends_no_more() -> None:
    """Those lost miss one or two appointments after leaving; those who said so have none."""
    sheets = followed(LEAVING)
    who = sheets.episodes
    seen = set()
    for episode in np.flatnonzero((who["left"] < NEVER) & (who["end_day"] >= 0)):
        visits = rows_of(sheets.visits, episode)
        after = visits[visits["day"] > who["left"][episode]]
        assert (after["status"] == NO_SHOW).all()
        if who["end_reason"][episode] == ends.SELF_DISCHARGED:
            assert len(after) == 0
            late = who["end_day"][episode] - np.ceil(who["left"][episode])
            assert 0 <= late <= DEFAULT.loss.self_days
        else:
            assert who["end_reason"][episode] == ends.LOST
            seen.add(len(after))
            last = visits["day"][visits["status"] == ATTENDED].max()
            closed_after = who["end_day"][episode] - last
            assert closed_after >= DEFAULT.loss.closing_from
            latest = max(last + DEFAULT.loss.closing_to, np.ceil(who["left"][episode]))
            assert who["end_day"][episode] <= max(latest, visits["day"].max())
    assert seen == {1, 2}


def test_an_end_that_would_be_typed_after_the_cut_is_not_known() -> None:
    """Some have left whose record is still open at the cut."""
    who = followed(LEAVING).episodes
    still_open = (who["left"] < NEVER) & (who["end_day"] == -1)
    assert still_open.any()
    assert (who["end_reason"][still_open] == ends.STAYS).all()


def test_referral_closes_the_record_on_its_day() -> None:
    """The closing day is the day on which the exact time falls, and no visit follows."""
    sheets = followed({"discharge.referred_per_day": 0.01})
    who = sheets.episodes
    referred = np.flatnonzero(who["end_reason"] == ends.REFERRED_OUT)
    assert len(referred) > 50
    assert (who["end_day"][referred] == np.ceil(who["referred"][referred])).all()


def test_planned_ends_fall_on_attended_visits() -> None:
    """Mastered, goals met and administrative ends come at the last visit, which was attended."""
    sheets = followed({"discharge.administrative": 0.02})
    reasons = set()
    for episode, who in enumerate(sheets.episodes):
        if who["end_reason"] in (ends.MASTERED, ends.GOALS_MET, ends.ADMINISTRATIVE):
            last = rows_of(sheets.visits, episode)[-1]
            assert (last["day"], last["status"]) == (who["end_day"], ATTENDED)
            reasons.add(int(who["end_reason"]))
    assert reasons == {ends.MASTERED, ends.GOALS_MET, ends.ADMINISTRATIVE}


def test_flare_ups_bring_the_next_visit_forward() -> None:
    """With certainty and within 2 days, every flare-up is followed by a visit within 5."""
    sheets = followed({**STILL, "visits.flare_visit": 1.0, "visits.flare_visit_days": 2.0,
                       "pain.flares_per_year": 6.0, "visits.late_days": 40.0})  # fmt: skip
    flares = sheets.events[sheets.events["kind"] == FLARE_UP]
    flares = flares[flares["time"] < sheets.episodes["horizon"][flares["episode"]] - 5]
    assert len(flares) > 500
    for row in flares[:500]:
        days = rows_of(sheets.visits, int(row["episode"]))["day"]
        # Two days, rounded up to a whole one, and a weekend.
        assert days[days > row["time"]].min() - row["time"] <= 5


def test_stage_ten_takes_months_to_years() -> None:
    """From stage 9, half of those who stay need more than half a year to master the Clean."""
    who = followed(
        {**NO_END, **NO_SETBACK, "placement.entry_shares": [0.0] * 8 + [1.0, 0.0],
         "placement.target_shares": [0.0] * 9 + [1.0], "calendar.last_start": "2023-10-31"}
    ).episodes  # fmt: skip
    late = who[who["target"] == 10]
    assert 180 < np.median(late["mastered"]) < 1095
    assert np.quantile(late["mastered"], 0.05) > 30


@pytest.mark.parametrize(
    ("changes", "is_full_of_episodes"),
    [({}, True), (NO_END, False)],
    ids=["short care", "long care"],
)
def test_a_page_ends_with_the_last_patient_who_fits(
    changes: dict[str, Any], is_full_of_episodes: bool
) -> None:
    """Whatever kind of record fills it, the next page begins with the first who is not written."""
    scenario = DEFAULT.replace(changes)
    inputs, places = simulation_inputs(scenario), simulated_places(scenario, 7)
    page, care = np.empty(1, PAGE), np.empty(1, CARE)
    page["keeps_truth"] = 0
    room = dict(zip(KINDS, ROOM, strict=True))
    first, written, fullest, stop = 0, [], [], 6_000
    while first < stop:
        following = patient_follower()(inputs, places, SEED, first, stop, page, care)
        used = dict(zip(KINDS, page["used"][0].tolist(), strict=True))
        assert all(used[kind] <= room[kind] for kind in KINDS)
        written.extend(page["episodes"]["patient"][0][: used["episodes"]].tolist())
        assert written[-1] == following - 1
        last = page["visits"]["episode"][0][: used["visits"]].max()
        assert last == used["episodes"] - 1
        fullest.append(max(KINDS, key=lambda kind, used=used: used[kind] / room[kind]))
        is_last = following == stop
        assert is_last or used[fullest[-1]] / room[fullest[-1]] > 0.99
        first = following
    assert len(fullest) > 1
    assert {kind == "episodes" for kind in fullest} == {is_full_of_episodes}
    assert sorted(set(written)) == list(range(stop))
