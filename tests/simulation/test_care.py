"""Care: what the records show agrees with what is true underneath."""

from typing import Any

import numpy as np
import pytest

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation import departures as ends
from hinge_outcomes.simulation.care import simulate_care
from hinge_outcomes.simulation.care_records import Care
from hinge_outcomes.simulation.pain import NEVER
from hinge_outcomes.simulation.people import People, simulate_people, simulate_places
from hinge_outcomes.simulation.streams import PatientStreams

N = 1500


def _care(changes: dict[str, Any]) -> tuple[People, Care]:
    scenario = Scenario.default().replace(changes)
    places, streams = simulate_places(scenario, 7), PatientStreams(7, 0, N)
    people = simulate_people(scenario, places, streams)
    return people, simulate_care(scenario, places, people, streams)


@pytest.fixture(scope="module")
def default() -> tuple[People, Care]:
    return _care({})


def test_without_rating_error_no_rating_runs_ahead_of_competence() -> None:
    """The target stage is never rated automatic before it is, and always from then on."""
    people, care = _care({"visits.rating_error": 0.0})
    rows = care.assessments
    at_target = (rows["stage"] == people.target[rows["who"]]) & (rows["level"] >= 0)
    is_automatic = rows["day"] >= care.mastered_day[rows["who"]]
    assert ((rows["level"] == 3) == is_automatic)[at_target].all()


def test_rating_error_touches_ratings_and_not_competence() -> None:
    """With error the target is sometimes rated below automatic after it has become so."""
    people, care = _care({"visits.rating_error": 0.1})
    rows = care.assessments
    late = (rows["stage"] == people.target[rows["who"]]) & (rows["level"] >= 0)
    late &= rows["day"] >= care.mastered_day[rows["who"]]
    wrong = (rows["level"][late] < 3).mean()
    # Shares of 0.1 over the rows found, within 4 standard errors.
    assert abs(wrong - 0.1) < 4 * np.sqrt(0.09 / late.sum())


def test_stage_ten_takes_months_to_years() -> None:
    """From stage 9, half of those who stay need more than half a year to master the Clean."""
    only_ten = [0.0] * 9 + [1.0]
    at_nine = [0.0] * 8 + [1.0, 0.0]
    _, care = _care(
        {"placement.target_shares": only_ten, "placement.entry_shares": at_nine,
         "loss.per_visit": 0.0, "discharge.goals_met": 0.0, "calendar.last_start": "2023-10-31"}
    )  # fmt: skip
    reached = np.sort(np.where(care.mastered_day == NEVER, 10_000, care.mastered_day))
    assert 180 < reached[N // 2] < 1095
    assert reached[N // 20] > 60


def test_appointments_are_numbered_by_day(default: tuple[People, Care]) -> None:
    """Numbers count from 1 and days rise with them, patient by patient."""
    _, care = default
    visits = care.visits
    same = visits["who"][1:] == visits["who"][:-1]
    assert (visits["day"][1:] > visits["day"][:-1])[same].all()
    assert (visits["number"][1:] == visits["number"][:-1] + 1)[same].all()
    assert (visits["number"][1:][~same] == 1).all()


def test_nothing_is_recorded_after_the_end_or_the_cut(default: tuple[People, Care]) -> None:
    """Appointments, ratings and scores in care stay within the episode and the cut."""
    people, care = default
    last = np.where(care.end_day >= 0, care.end_day, people.horizon)
    assert (last <= people.horizon).all()
    for who, day in (
        (care.visits["who"], care.visits["day"]),
        (care.assessments["who"], care.assessments["day"]),
        (care.scores.who, care.scores.day),
    ):
        assert (day <= last[who]).all()


def test_everybody_stays_until_the_cut_when_nothing_ends_care() -> None:
    """With every way out closed all episodes are open."""
    _, care = _care(
        {"loss.per_visit": 0.0, "discharge.goals_met": 0.0, "discharge.after_mastery": 0.0,
         "discharge.referred": 0.0, "discharge.administrative": 0.0,
         "calendar.first_start": "2026-01-01"}
    )  # fmt: skip
    assert (care.end_reason == ends.STAYS).all()
    assert (care.end_day == -1).all()
    assert (care.left_day == NEVER).all()


def test_an_end_is_taken_back_when_it_would_be_typed_after_the_cut(
    default: tuple[People, Care],
) -> None:
    """Some have left whose record is still open at the cut, and none is closed beyond it."""
    _, care = default
    still_open = (care.left_day < NEVER) & (care.end_day == -1)
    assert still_open.any()
    assert (care.end_reason[still_open] == ends.STAYS).all()


def test_one_clinician_clinics_have_nobody_to_cover() -> None:
    """Where a clinic has one clinician, that one holds every visit."""
    people, care = _care({"clinics.clinicians": [1], "visits.covered": 1.0})
    assert (care.visits["clinician"] == people.clinician[care.visits["who"]]).all()
