"""Observation: appointments, ratings and questionnaires behave as the scenario says."""

import numpy as np

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.observation import (
    ATTENDED,
    CANCELLED,
    NO_SHOW,
    Scores,
    attendance,
    home_exercise_days,
    join_scores,
    mailed_scores,
    next_visit_day,
    rate,
)
from hinge_outcomes.simulation.people import simulate_people, simulate_places
from hinge_outcomes.simulation.streams import PatientStreams

DEFAULT = Scenario.default()
GRID = (np.arange(1000) + 0.5) / 1000


def test_attendance_has_its_probabilities() -> None:
    """Over an even grid of draws no-shows and cancellations have their shares."""
    no = np.zeros(1000, dtype=bool)
    status = attendance(
        DEFAULT.visits, no_show=np.full(1000, 0.2), must_attend=no, is_away=no, u=GRID
    )
    assert (status == NO_SHOW).mean() == 0.2
    assert (status == CANCELLED).mean() == DEFAULT.visits.cancelled


def test_the_first_visit_takes_place_and_leavers_stay_away() -> None:
    """Neither depends on the draw."""
    yes, no = np.ones(1000, dtype=bool), np.zeros(1000, dtype=bool)
    share = np.full(1000, 0.5)
    kept = attendance(DEFAULT.visits, no_show=share, must_attend=yes, is_away=no, u=GRID)
    missed = attendance(DEFAULT.visits, no_show=share, must_attend=no, is_away=yes, u=GRID)
    assert (kept == ATTENDED).all()
    assert (missed == NO_SHOW).all()


def test_ratings_err_by_one_level_and_stay_on_the_scale() -> None:
    """An error moves a rating by exactly one, inwards at the ends; its share is the parameter."""
    for level in range(4):
        true = np.full(1000, level)
        rated = rate(true, 0.1, GRID, GRID[::-1])
        assert set(np.abs(rated - true)) == {0, 1}
        assert (rated != true).mean() == 0.1
        assert 0 <= rated.min() <= rated.max() <= 3


def test_visits_fall_on_weekdays_and_move_forward() -> None:
    """Whatever start, day and draw, the next appointment is later and no weekend."""
    start = np.repeat(np.arange(20_000, 20_007), 1000)
    u = np.tile(GRID, 7)
    day = next_visit_day(
        DEFAULT.visits,
        start=start,
        day=np.zeros(7000, dtype=np.int64),
        n_visits=np.ones(7000, dtype=np.int64),
        was_missed=np.zeros(7000, dtype=bool),
        log_interval=np.full(7000, -3.0),
        u=u,
    )
    assert (day >= 1).all()
    assert np.is_busday((start + day).astype("datetime64[D]")).all()


def test_home_exercise_is_binomial() -> None:
    """Mean 7p and variance 7p(1 - p) over an even grid of draws."""
    for p in (0.1, 0.5, 0.9):
        days = home_exercise_days(np.full(1000, p), GRID)
        assert abs(days.mean() - 7 * p) < 0.02  # the grid cuts each step at 0.001
        assert abs(days.var() - 7 * p * (1 - p)) < 0.05


def test_questionnaires_go_out_whatever_the_state_of_care() -> None:
    """Response at 13, 26 and 52 weeks lies within 4 errors of its share, for a typical mix."""
    scenario = DEFAULT.replace({"questionnaires.response_left": 0.0,
                                "questionnaires.response_pain": 0.0,
                                "calendar.last_start": "2024-10-01"})  # fmt: skip
    streams = PatientStreams(3, 0, 5000)
    people = simulate_people(scenario, simulate_places(scenario, 3), streams)
    never = np.full(5000, 32_000)
    scores = mailed_scores(
        scenario, people, left_day=never // 32_000, mastered_day=never,
        last_nprs=np.full(5000, 3.0), streams=streams,
    )  # fmt: skip
    for planned, share in zip((91, 182, 364), scenario.questionnaires.response, strict=True):
        near = (scores.instrument == 0) & (abs(scores.day - planned) < 30)
        found = len(np.unique(scores.who[near])) / 5000
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / 5000)


def test_scores_can_be_joined() -> None:
    """Rows keep their order."""
    one = Scores(np.array([0]), np.array([1]), np.array([0]), np.array([5.0]))
    two = Scores(np.array([1]), np.array([2]), np.array([1]), np.array([30.0]))
    assert join_scores([one, two]).score.tolist() == [5.0, 30.0]
