"""Departures: who ends care, who leaves, and how a record is closed."""

from typing import Any

import numpy as np
import pytest

from hinge_outcomes.domain.states import END_REASONS
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation import departures as ends
from hinge_outcomes.simulation.departures import (
    close_record,
    is_closed,
    plan_closing,
    planned_end,
    set_exit_rates,
)
from hinge_outcomes.simulation.records import NEVER
from tests.simulation.followed import SEED, a_care, an_episode, inputs_of

DEFAULT = Scenario.default()


def test_codes_stand_in_the_order_of_the_tables_categories() -> None:
    """Each code is the place of its reason."""
    codes = {
        "mastered": ends.MASTERED, "goals_met": ends.GOALS_MET,
        "self_discharged": ends.SELF_DISCHARGED, "lost_to_follow_up": ends.LOST,
        "referred_out": ends.REFERRED_OUT, "administrative": ends.ADMINISTRATIVE,
    }  # fmt: skip
    assert [codes[reason] for reason in END_REASONS] == list(range(len(END_REASONS)))


def _end(confirmed: int, visits: int, pain: float, u: tuple[float, float, float]) -> int:
    discharge = inputs_of({"discharge.goals_from_visit": 9, "discharge.goals_pain": 3.0,
                           "discharge.after_mastery": 0.5, "discharge.goals_met": 0.5,
                           "discharge.administrative": 0.5})["discharge"]  # fmt: skip
    care = a_care(is_confirmed=confirmed, n_attended=visits, last_nprs=pain)
    return int(planned_end(discharge, care, *u))


def test_the_ends_have_their_conditions_and_their_precedence() -> None:
    """Mastered needs confirmation, goals met needs visits and little pain; the first one wins."""
    assert _end(1, 9, 3.0, (0.4, 0.4, 0.4)) == ends.MASTERED
    assert _end(1, 9, 3.0, (0.6, 0.4, 0.4)) == ends.GOALS_MET
    assert _end(0, 9, 3.0, (0.4, 0.4, 0.4)) == ends.GOALS_MET
    assert _end(0, 8, 3.0, (0.4, 0.4, 0.4)) == ends.ADMINISTRATIVE
    assert _end(0, 9, 4.0, (0.4, 0.4, 0.4)) == ends.ADMINISTRATIVE
    assert _end(1, 9, 3.0, (0.6, 0.6, 0.6)) == ends.STAYS


def _rates(changes: dict[str, Any], pain: float, *, missed: bool = False) -> tuple[float, float]:
    care = a_care(last_nprs=pain)
    set_exit_rates(inputs_of(changes), an_episode(exit=0.5), care, missed)
    return float(care["loss_rate"]), float(care["referral_rate"])


RATES = {
    "loss.mechanism": "mar", "loss.per_day": 0.01, "loss.recorded_pain_per_point": 0.2,
    "loss.pain_free": 0.8, "loss.missed": 0.7, "discharge.referred_per_day": 0.001,
    "discharge.referred_pain": 0.3,
}  # fmt: skip


@pytest.mark.parametrize("mechanism", ["mar", "mnar"])
@pytest.mark.parametrize(
    ("pain", "missed", "log_hazard"),
    [
        (5.0, False, 0.0),
        (8.0, False, 0.6),
        (2.0, False, -0.6),
        (1.0, False, 0.0),  # -0.8 for little pain and +0.8 for none
        (0.0, False, -0.2),
        (5.0, True, 0.7),
    ],
)
def test_leaving_depends_on_recorded_pain_and_misses(
    mechanism: str, pain: float, missed: bool, log_hazard: float
) -> None:
    """The rate is the hazard at NPRS 5 times what is known on day 0, by hand."""
    left, referred = _rates({**RATES, "loss.mechanism": mechanism}, pain, missed=missed)
    assert left == pytest.approx(0.01 * np.exp(0.5 + log_hazard))
    assert referred == pytest.approx(0.001 * np.exp(0.3 * (pain - 5)))


def test_completely_random_leaving_does_not_know_pain() -> None:
    """Under mcar the rate is the same at every pain; a missed visit still counts."""
    mcar = {**RATES, "loss.mechanism": "mcar"}
    assert len({_rates(mcar, pain)[0] for pain in (0.0, 1.0, 5.0, 9.0)}) == 1
    assert _rates(mcar, 5.0, missed=True) > _rates(mcar, 5.0)


def test_a_hazard_of_zero_stays_zero() -> None:
    """With nobody leaving no effect makes anybody leave."""
    nobody = {**RATES, "loss.per_day": 0.0, "discharge.referred_per_day": 0.0}
    assert _rates(nobody, 10.0, missed=True) == (0, 0)


def _closings(changes: dict[str, Any], n: int = 2_000) -> Any:
    """Reason, closing day and misses to come of people last seen on day 34 who left at 39.2."""
    loss = inputs_of(changes)["loss"]
    found = []
    for patient in range(n):
        care = a_care(last_attended=34)
        plan_closing(loss, SEED, an_episode(patient=patient, left=39.2), care)
        found.append([int(care[key]) for key in ("closing_reason", "closing_day", "still_missed")])
    return np.array(found).T


def test_records_are_closed_as_the_scenario_says() -> None:
    """Who says so is closed within days without misses; others weeks after the last visit."""
    reason, day, missed = _closings(
        {"loss.self_share": 0.4, "loss.self_days": 10.0, "loss.closing_from": 42.0,
         "loss.closing_to": 84.0}
    )  # fmt: skip
    told = reason == ends.SELF_DISCHARGED
    assert set(reason) == {ends.SELF_DISCHARGED, ends.LOST}
    assert abs(told.mean() - 0.4) < 4 * np.sqrt(0.24 / len(told))
    assert set(day[told]) == set(range(40, 51))
    assert (missed[told] == 0).all()
    assert set(day[~told]) == set(range(34 + 42, 34 + 85))
    assert set(missed[~told]) == {1, 2}


def test_nobody_is_closed_before_having_left() -> None:
    """A long silence before leaving does not date the end back."""
    _, day, _ = _closings({"loss.self_share": 0.0, "loss.closing_from": 1.0,
                           "loss.closing_to": 1.0}, n=50)  # fmt: skip
    assert (day == 40).all()


@pytest.mark.parametrize(("day", "expected"), [(100, (100, ends.LOST)), (101, (-1, -1))])
def test_what_would_be_closed_after_the_cut_is_open(day: int, expected: tuple[int, int]) -> None:
    """On the last day the record closes; a day later it is still open, whatever it said before."""
    episode = an_episode(horizon=100, end_day=50, end_reason=ends.LOST)
    close_record(episode, day, ends.LOST)
    assert (episode["end_day"], episode["end_reason"]) == expected


def test_care_is_over_once_it_is_closed() -> None:
    """Whatever the record says."""
    assert is_closed(an_episode(closed=12.5))
    assert not is_closed(an_episode(closed=NEVER, end_day=3))
