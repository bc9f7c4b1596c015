"""Pain: the published course, the patient's departure from it, and the effect of mastery."""

import numpy as np
import pytest

from hinge_outcomes.domain.prognosis import natural_course
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.care_sections import Pain
from hinge_outcomes.simulation.pain import (
    NEVER,
    latent_scores,
    published_course,
    reported_nprs,
    reported_odi,
)


def _scores(
    pain: Pain, day: int, *, deviation: float = 0.0, mastered: int = NEVER
) -> tuple[float, float]:
    one = np.ones(1)
    nprs, odi = latent_scores(
        pain,
        nprs=5 * one,
        odi=30 * one,
        nprs_deviation=deviation * one,
        odi_deviation=deviation * one,
        duration=np.array([2]),
        day=np.array([day]),
        mastered_day=np.array([mastered]),
    )
    return float(nprs[0]), float(odi[0])


@pytest.mark.parametrize(("place", "code"), [(0, "acute"), (1, "subacute"), (2, "chronic")])
def test_the_course_is_the_published_one(place: int, code: str) -> None:
    """Relative to day 0 it agrees with the domain's curve at 6, 26 and 52 weeks."""
    for week in (6, 26, 52):
        found = published_course(np.array([place]), np.array([7 * week]))[0]
        assert found == pytest.approx(natural_course(code, week) / natural_course(code, 0))


def test_a_full_response_follows_the_course() -> None:
    """With response 1 and no departure, pain is baseline times the relative course."""
    pain = Scenario.default().replace({"pain.nprs_response": 1.0}).pain
    expected = 5 * natural_course("chronic", 13) / natural_course("chronic", 0)
    assert _scores(pain, 91)[0] == pytest.approx(expected)


def test_pain_falls_in_two_phases() -> None:
    """The first six weeks bring more relief per week than the twenty after them."""
    pain = Scenario.default().pain
    start, six, half_year = (_scores(pain, day)[0] for day in (0, 42, 182))
    assert (start - six) / 6 > 3 * (six - half_year) / 20 > 0


def test_mastery_lowers_pain_from_its_day_on() -> None:
    """Before mastery nothing; long after it, the whole stated effect, net of the course."""
    pain = Scenario.default().pain
    for day, share in ((50, 0.0), (50 + 1000, 1.0)):
        with_it, without = _scores(pain, day, mastered=50), _scores(pain, day)
        assert with_it[0] - without[0] == pytest.approx(share * pain.mastery_nprs, abs=1e-9)
        assert with_it[1] - without[1] == pytest.approx(share * pain.mastery_odi, abs=1e-9)


def test_departures_build_up_from_nothing() -> None:
    """On day 0 a patient's departure from the course is 0; in the end it is complete."""
    pain = Scenario.default().pain
    for day, share in ((0, 0.0), (3000, 1.0)):
        gap = _scores(pain, day, deviation=2.0)[0] - _scores(pain, day)[0]
        assert gap == pytest.approx(2.0 * share, abs=1e-9)


def test_answers_are_whole_steps_inside_the_range() -> None:
    """NPRS is one of 0 to 10, ODI an even number from 0 to 100: floors and ceilings hold."""
    latent = np.linspace(-30, 130, 1001)
    zero = np.zeros(1001)
    assert set(reported_nprs(latent / 10, zero)) == set(range(11))
    assert set(reported_odi(latent, zero)) == set(range(0, 101, 2))
