"""Observation: appointments, home exercise and ratings behave as the scenario says."""

from typing import Any

import numpy as np
import pytest

from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.observation import (
    ATTENDED,
    CANCELLED,
    NO_SHOW,
    assess,
    attendance,
    fill_home_bounds,
    holding_clinician,
    home_exercise_days,
    next_stage,
    next_visit_day,
    rate,
    write_visit,
)
from hinge_outcomes.simulation.paths import LONG_AGO
from hinge_outcomes.simulation.records import ASSESSMENTS, ROOM, VISITS
from tests.simulation.followed import (
    GRID,
    NO_NOISE,
    SEED,
    a_care,
    a_page,
    an_episode,
    followed,
    inputs_of,
)

DEFAULT = Scenario.default()


def _attendance(changes: dict[str, Any], no_show: float, *, first: bool, away: bool) -> Any:
    visits = inputs_of(changes)["visits"]
    return np.array([attendance(visits, no_show, first, away, u) for u in GRID])


def test_attendance_has_its_probabilities() -> None:
    """Over an even grid of draws no-shows and cancellations have their shares."""
    status = _attendance({"visits.cancelled": 0.1}, 0.2, first=False, away=False)
    assert (status == NO_SHOW).mean() == 0.2
    assert (status == CANCELLED).mean() == pytest.approx(0.1)


def test_the_first_visit_takes_place_and_leavers_stay_away() -> None:
    """Neither depends on the draw."""
    assert (_attendance({}, 0.5, first=True, away=False) == ATTENDED).all()
    assert (_attendance({}, 0.5, first=False, away=True) == NO_SHOW).all()


def test_colleagues_cover_as_often_as_stated_and_evenly() -> None:
    """Of four clinicians the patient's own holds the rest, the other three a third of a share."""
    visits = inputs_of({"visits.covered": 0.3})["visits"]
    episode = an_episode(clinician=12, first_colleague=10, n_colleagues=4)
    holding = [holding_clinician(visits, episode, u) for u in GRID]
    share = np.bincount(holding, minlength=14)[10:] / len(GRID)
    assert share == pytest.approx([0.1, 0.1, 0.7, 0.1])


def test_one_clinician_clinics_have_nobody_to_cover() -> None:
    """Where a clinic has one clinician, that one holds every visit."""
    sheets = followed({"clinics.clinicians": [1], "visits.covered": 1.0})
    own = sheets.episodes["clinician"][sheets.visits["episode"]]
    assert (sheets.visits["clinician"] == own).all()


def _next_day(changes: dict[str, Any], u: float = 0.5, *, missed: bool = False,
              factor: float = 1.0, **care: Any) -> int:  # fmt: skip
    # 1970-01-05 was a Monday, so day 0 is one, and days 0 to 4 of each week are weekdays.
    episode = an_episode(start=4, interval_factor=factor)
    visits = inputs_of({**NO_NOISE, **changes})["visits"]
    return int(next_visit_day(visits, episode, a_care(**care), missed, u))


def test_visits_are_spaced_by_count_day_clinic_and_misses() -> None:
    """Early, later and late intervals in turn; a clinic's habit stretches, a miss shortens them."""
    plan = {"visits.early_count": 3, "visits.early_days": 7.0, "visits.later_days": 14.0,
            "visits.late_days": 28.0, "visits.late_from_day": 100.0,
            "visits.rebook_days": 2.0}  # fmt: skip
    assert _next_day(plan, n_attended=2, day=14) == 21
    assert _next_day(plan, n_attended=3, day=14) == 28
    assert _next_day(plan, n_attended=3, day=105) == 133
    assert _next_day(plan, n_attended=2, day=14, factor=2.0) == 28
    assert _next_day(plan, n_attended=3, day=14, missed=True) == 16
    jitter = {**plan, "visits.jitter_days": 2.0}
    assert [_next_day(jitter, u, n_attended=2, day=16) for u in (0.001, 0.999)] == [21, 25]


def test_the_next_visit_is_a_later_weekday() -> None:
    """Whatever start, jitter and draw, the next appointment is later and no weekend."""
    visits = inputs_of({"visits.early_days": 1.0, "visits.jitter_days": 14.0})["visits"]
    for start in range(20_000, 20_007):
        episode, care = an_episode(start=start), a_care(day=3)
        days = [next_visit_day(visits, episode, care, False, u) for u in GRID[::5]]
        assert min(days) > 3
        assert np.is_busday((start + np.array(days)).astype("datetime64[D]")).all()


def test_home_exercise_is_binomial() -> None:
    """Mean 7p and variance 7p(1 - p) over an even grid of draws; 0 and 7 at the ends."""
    for p in (0.1, 0.5, 0.9):
        days = np.array([_home_days(p, u) for u in GRID])
        assert abs(days.mean() - 7 * p) < 0.02  # the grid cuts each step at 0.001
        assert abs(days.var() - 7 * p * (1 - p)) < 0.05
    assert [_home_days(p, 0.5) for p in (0.0, 1.0)] == [0, 7]


def _home_days(adherence: float, u: float) -> int:
    bounds = np.zeros(7)
    fill_home_bounds(adherence, bounds)
    return home_exercise_days(bounds, u)


@pytest.mark.parametrize("level", range(4))
def test_ratings_err_by_one_level_and_stay_on_the_scale(level: int) -> None:
    """An error moves a rating by exactly one, inwards at the ends; its share is the parameter."""
    rated = np.array(
        [rate(level, 0.1, u, v) for u, v in zip(GRID, np.roll(GRID, 500), strict=True)]
    )
    assert (rated != level).mean() == 0.1
    assert set(np.abs(rated - level)) == {0, 1}
    assert 0 <= rated.min() <= rated.max() <= 3


def test_errors_go_either_way_alike() -> None:
    """In the middle of the scale half of the errors are upwards."""
    assert np.mean([rate(2, 1.0, 0.5, direction) for direction in GRID]) == 2


def _moves(stage: int, target: int, rating: int, confirms: bool) -> Any:
    progression = inputs_of({})["progression"]
    episode, care = an_episode(target=target), a_care(stage=stage)
    found = [next_stage(progression, episode, care, rating, confirms, u) for u in GRID]
    return np.array(found) - stage


def test_nobody_leaves_the_ladder() -> None:
    """At the target there is no way up, at the first stage no way down, whatever the draw."""
    assert (_moves(6, 6, 3, True) == 0).all()
    assert (_moves(1, 6, 0, False) == 0).all()


@pytest.mark.parametrize(
    ("rating", "confirms", "step", "key"),
    [
        (3, True, 1, "advance_confirmed"),
        (3, False, 1, "advance_first"),
        (2, False, 1, "advance_conscious"),
        (1, False, -1, "back_cued"),
        (0, False, -1, "back_unable"),
    ],
)
def test_moves_have_their_probabilities(rating: int, confirms: bool, step: int, key: str) -> None:
    """Over an even grid of draws the share that moves is the parameter, in one direction only."""
    moved = _moves(4, 6, rating, confirms)
    assert set(moved.tolist()) <= {0, step}
    assert abs((moved == step).mean() - getattr(DEFAULT.progression, key)) <= 0.001  # one draw


def _assessed(changes: dict[str, Any], *, done: float = 10.0, last: int = LONG_AGO,
              day: int = 70, number: int = 5, stage: int = 4, target: int = 6) -> Any:  # fmt: skip
    """Ratings and care after one assessment of a stage that takes 10 days of practice."""
    needed, practised, rated = np.full(10, 10.0), np.zeros(10), np.full(10, LONG_AGO)
    practised[stage - 1], rated[stage - 1] = done, last
    care = a_care(stage=stage, day=day, number=number, needed=needed, done=practised,
                  last_automatic=rated)  # fmt: skip
    page = a_page()
    assess(inputs_of({**NO_NOISE, **changes}), SEED, page, an_episode(target=target), care)
    rows = page["assessments"][: page["used"][ASSESSMENTS]]
    return [tuple(row[["stage", "level", "is_working"]].tolist()) for row in rows], care


def test_one_stage_is_rated_and_worked_at() -> None:
    """Without a move there is one row, rated at the true level."""
    stay = {"progression.advance_conscious": 0.0}
    assert _assessed(stay, done=9.0)[0] == [(4, 2, 1)]


def test_a_move_is_written_as_a_row_without_a_rating() -> None:
    """Up or down, the stage worked at from now on is marked, and its row stands in stage order."""
    up, care = _assessed({"progression.advance_first": 1.0})
    assert up == [(4, 3, 0), (5, -1, 1)]
    assert care["stage"] == 5
    down, care = _assessed({"progression.back_unable": 1.0, "learning.cued_from": 0.2}, done=1.0)
    assert down == [(3, -1, 1), (4, 0, 0)]
    assert care["stage"] == 3


def test_a_warm_up_is_one_more_rating_of_the_stage_below() -> None:
    """It is no working stage, and gives way to the row of a move back."""
    warm = {"visits.warm_up": 1.0, "progression.advance_conscious": 0.0}
    assert _assessed(warm, done=9.0)[0] == [(3, 0, 0), (4, 2, 1)]
    back = {**warm, "progression.back_unable": 1.0, "learning.cued_from": 0.2}
    assert _assessed(back, done=1.0)[0] == [(3, -1, 1), (4, 0, 0)]
    assert _assessed(warm, done=9.0, stage=1)[0] == [(1, 2, 1)]


def test_the_first_assessment_moves_nobody() -> None:
    """On day 0 work begins at the entry stage, whatever it is rated."""
    assert _assessed({"progression.advance_first": 1.0}, number=1)[0] == [(4, 3, 1)]


def test_at_the_own_pace_the_clinician_moves_nobody() -> None:
    """The rating is written and the working stage stays."""
    own = {"progression.pace": "own", "progression.advance_first": 1.0}
    assert _assessed(own)[0] == [(4, 3, 1)]


_RULE = MasteryCriterion()


@pytest.mark.parametrize(
    ("gap", "is_confirmed"),
    [
        (_RULE.min_gap_days - 1, 0),
        (_RULE.min_gap_days, 1),
        (_RULE.max_gap_days, 1),
        (_RULE.max_gap_days + 1, 0),
    ],
)
def test_two_automatic_ratings_of_the_target_confirm_mastery(gap: int, is_confirmed: int) -> None:
    """The gap between them must be the criterion's, both ends included."""
    _, care = _assessed({}, last=70 - gap, target=4)
    assert care["is_confirmed"] == is_confirmed


def test_a_rating_below_automatic_breaks_the_run() -> None:
    """It confirms nothing, and what was automatic before counts no longer."""
    _, care = _assessed({"progression.advance_conscious": 0.0}, done=9.0, last=63, target=4)
    assert care["is_confirmed"] == 0
    assert care["last_automatic"][3] == LONG_AGO
    _, care = _assessed({"progression.advance_confirmed": 0.0}, last=63)
    assert care["is_confirmed"] == 0  # stage 4 is not the target
    assert care["last_automatic"][3] == 70


def test_loads_are_steps_of_two_kilograms_around_the_typical() -> None:
    """From 0.6 to 1.4 times the typical load, and none where no weight is used."""
    sheets = followed({"visits.load_kg": [0.0] * 3 + [20.0] * 7})
    rated = sheets.assessments[sheets.assessments["is_working"] == 1]
    rated = rated[rated["level"] >= 0]
    heavy = rated["load"][rated["stage"] > 3]
    assert (rated["load"][rated["stage"] <= 3] == -1).all()
    assert set(heavy.tolist()) == set(range(12, 29, 2))


def test_what_has_no_room_is_counted() -> None:
    """Visits and ratings beyond a page's room are not written, and not forgotten."""
    page = a_page()
    page["used"][VISITS] = ROOM[VISITS] - 1
    for day in (5, 6):
        write_visit(page, a_care(day=day), ATTENDED, 0, 3)
    assert page["used"][VISITS] == ROOM[VISITS] + 1
    assert page["visits"]["day"][-1] == 5
