"""Pain: the published course, the patient's departure from it, good and bad weeks, flare-ups."""

from typing import Any

import numpy as np
import pytest

from hinge_outcomes.domain.prognosis import natural_course
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.pain import latent_scores, reach_week, reported, write_score
from hinge_outcomes.simulation.records import NPRS, ODI, PSFS, RMDQ, ROOM, SCORES
from tests.simulation.followed import SEED, a_care, a_page, an_episode, inputs_of

PAIN = Scenario.default().pain


def _scores(
    day: int, changes: dict[str, Any] | None = None, care: Any = None, **episode: Any
) -> tuple[float, float]:
    found = latent_scores(
        inputs_of(changes or {}), an_episode(**episode), a_care() if care is None else care, day
    )
    return float(found[0]), float(found[1])


def test_the_latent_score_is_its_formula() -> None:
    """All six parts together, with round numbers: course, departure, mastery, week, flare-up."""
    changes = {
        "pain.nprs_response": 0.5, "pain.odi_response": 0.25, "pain.deviation_weeks": 10.0,
        "pain.mastery_nprs": -2.0, "pain.mastery_odi": -12.0, "pain.mastery_days": 20.0,
        "pain.nprs_weekly_sd": 0.5, "pain.odi_weekly_sd": 3.0, "pain.flare_nprs": 2.0,
        "pain.flare_odi": 8.0, "pain.flare_days": 10.0,
    }  # fmt: skip
    care = a_care(week_nprs=1.5, week_odi=-1.0, flare_time=60.0, flare_size=1.25)
    found = _scores(
        70, changes, care, nprs=6.0, odi=40.0, duration=1, nprs_deviation=1.0, odi_deviation=-5.0,
        mastered=50.5,
    )  # fmt: skip
    fallen = 1 - natural_course("subacute", 10) / natural_course("subacute", 0)
    built = 1 - np.exp(-70 / 70)
    gained = 1 - np.exp(-(70 - 50.5) / 20)
    flare = 1.25 * np.exp(-10 / 10)
    nprs = 6 * (1 - 0.5 * fallen) + built - 2 * gained + 0.5 * 1.5 + 2 * flare
    odi = 40 * (1 - 0.25 * fallen) - 5 * built - 12 * gained - 3.0 + 8 * flare
    assert found == pytest.approx((nprs, odi), abs=1e-12)


def test_pain_falls_in_two_phases() -> None:
    """The first six weeks bring more relief per week than the twenty after them."""
    start, six, half_year = (_scores(day)[0] for day in (0, 42, 182))
    assert (start - six) / 6 > 3 * (six - half_year) / 20 > 0


def test_mastery_lowers_pain_from_its_time_on() -> None:
    """Up to mastery nothing, a day later the first of it, in the end the whole stated effect."""
    first = 1 - np.exp(-1 / PAIN.mastery_days)
    for day, share in ((50, 0.0), (51, first), (50 + 3000, 1.0)):
        with_it, without = _scores(day, mastered=50.0), _scores(day)
        assert with_it[0] - without[0] == pytest.approx(share * PAIN.mastery_nprs, abs=1e-3)
        assert with_it[1] - without[1] == pytest.approx(share * PAIN.mastery_odi, abs=1e-3)


def test_departures_build_up_from_nothing() -> None:
    """On day 0 a patient's departure from the course is 0; in the end it is complete."""
    for day, share in ((0, 0.0), (3_999, 1.0), (9_999, 1.0)):
        gap = _scores(day, nprs_deviation=2.0)[0] - _scores(day)[0]
        assert gap == pytest.approx(2 * share, abs=1e-2)


@pytest.mark.parametrize(("mechanism", "shift"), [("mnar", 1.5), ("mar", 0.0), ("mcar", 0.0)])
def test_pain_shifts_after_leaving_under_mnar_alone(mechanism: str, shift: float) -> None:
    """From the day of leaving NPRS is the stated amount higher; ODI and those who stay are not."""
    changes = {"loss.mechanism": mechanism, "loss.shift_after_leaving": 1.5}
    stayed = _scores(100, changes)
    for left, expected in ((99.5, shift), (100.0, shift), (100.5, 0.0)):
        gone = _scores(100, changes, left=left)
        assert gone[0] - stayed[0] == pytest.approx(expected)
        assert gone[1] == stayed[1]


def _weeks(changes: dict[str, Any], days: tuple[int, ...], n: int = 4_000) -> Any:
    inputs = inputs_of(changes)
    found = []
    for patient in range(n):
        care, episode = a_care(week=-1), an_episode(patient=patient)
        for day in days:
            reach_week(inputs, SEED, episode, care, day)
            found.append((float(care["week_nprs"]), float(care["week_odi"])))
    return np.array(found).reshape(n, len(days), 2)


def test_weeks_follow_each_other_with_the_stated_correlation() -> None:
    """Variance 1 in every week, r from one to the next, r^3 over three; NPRS and ODI as stated."""
    n = 4_000
    weeks = _weeks({"pain.weekly_correlation": 0.7, "pain.deviation_correlation": 0.6},
                   (0, 7, 28, 35), n)  # fmt: skip
    assert (abs(weeks.var(axis=0) - 1) < 4 * np.sqrt(2 / n)).all()
    correlation = np.corrcoef(weeks[:, :, 0].T)
    assert abs(correlation[0, 1] - 0.7) < 4 / np.sqrt(n)
    assert abs(correlation[1, 2] - 0.7**3) < 4 / np.sqrt(n)
    assert abs(correlation[2, 3] - 0.7) < 4 / np.sqrt(n)
    for week in range(4):
        assert abs(np.corrcoef(weeks[:, week].T)[0, 1] - 0.6) < 4 / np.sqrt(n)


def test_weeks_do_not_depend_on_when_somebody_looks() -> None:
    """Looking every week or only at week 30 finds the same, and a day is its week."""
    often = _weeks({}, tuple(range(0, 217)), n=20)
    assert np.array_equal(often[:, 216], _weeks({}, (216,), n=20)[:, 0])
    assert np.array_equal(often[:, 210], often[:, 216])
    assert not np.array_equal(often[:, 209], often[:, 210])


def test_answers_are_whole_steps_inside_the_range() -> None:
    """NPRS 0 to 10, ODI even numbers to 100, RMDQ 0 to 24, PSFS thirds to 10: all are reached."""
    inputs = inputs_of({})
    latent = np.linspace(-30, 130, 3_001)
    found = {
        code: {reported(inputs, code, odi / 10, odi, 0.0) for odi in latent}
        for code in (NPRS, ODI, RMDQ, PSFS)
    }
    assert found[NPRS] == set(range(11))
    assert found[ODI] == set(range(0, 101, 2))
    assert found[RMDQ] == set(range(25))
    assert found[PSFS] == {third / 3 for third in range(31)}


def test_answers_are_the_nearest_step_to_what_is_felt_with_error() -> None:
    """Worked by hand for each instrument; PSFS runs the other way."""
    inputs = inputs_of({"pain.nprs_error_sd": 1.0, "pain.odi_error_sd": 4.0,
                        "pain.rmdq_error_sd": 2.0, "pain.psfs_error_sd": 0.5,
                        "pain.rmdq_per_odi": 0.25, "pain.psfs_per_odi": 0.1})  # fmt: skip
    assert reported(inputs, NPRS, 4.6, 0.0, 1.0) == 6  # 5.6
    assert reported(inputs, ODI, 0.0, 30.0, -1.0) == 26
    assert reported(inputs, ODI, 0.0, 30.9, 0.5) == 32  # 32.9, and 33 and above would be 34
    assert reported(inputs, RMDQ, 0.0, 40.0, 1.0) == 12
    assert reported(inputs, PSFS, 0.0, 40.0, 2.0) == 7
    assert reported(inputs, PSFS, 0.0, 40.0, 0.5) == pytest.approx(6 + 1 / 3)  # 6.25


def test_a_score_that_has_no_room_is_counted() -> None:
    """So that whoever does not fit on a page is followed again on the next."""
    page = a_page()
    page["used"][SCORES] = ROOM[SCORES] - 1
    for day in (5, 6):
        write_score(page, 3, day, ODI, 20.0)
    assert page["used"][SCORES] == ROOM[SCORES] + 1
    assert page["scores"][-1].tolist() == (20.0, 3, 5, ODI)
