"""Departures: who ends care, who leaves, and how a record is closed."""

import numpy as np

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.departures import (
    ADMINISTRATIVE,
    GOALS_MET,
    LOST,
    MASTERED,
    REFERRED,
    SELF_DISCHARGED,
    STAYS,
    closing,
    leaves,
    planned_end,
)

DEFAULT = Scenario.default()
GRID = (np.arange(1000) + 0.5) / 1000


def _end(confirmed: bool, visits: int, pain: float, u: list[float]) -> int:
    end = planned_end(
        DEFAULT.discharge,
        is_target_confirmed=np.array([confirmed]),
        n_visits=np.array([visits]),
        last_nprs=np.array([pain]),
        u=np.array([u]),
    )
    return int(end[0])


def test_the_ends_have_their_conditions_and_their_precedence() -> None:
    """Mastered needs confirmation, goals met needs visits and little pain; the first one wins."""
    assert _end(True, 20, 1, [0, 0, 0, 0]) == MASTERED
    assert _end(False, 20, 1, [0, 0, 0, 0]) == GOALS_MET
    assert _end(False, 2, 1, [0, 0, 0, 0]) == REFERRED
    assert _end(False, 20, 8, [0, 0, 0, 0]) == REFERRED
    assert _end(False, 2, 1, [0, 0, 0.999, 0]) == ADMINISTRATIVE
    assert _end(True, 20, 1, [0.999] * 4) == STAYS


def _share_leaving(scenario: Scenario, pain: float, missed: bool = False) -> float:
    gone = leaves(
        scenario.loss,
        leaving=np.full(1000, -2.0),
        last_nprs=np.full(1000, pain),
        was_missed=np.full(1000, missed),
        u=GRID,
    )
    return float(gone.mean())


def test_those_who_hurt_or_are_pain_free_leave() -> None:
    """Leaving rises with pain, is higher at 0 than a plain slope says, and after a miss."""
    low, middle, high = (_share_leaving(DEFAULT, pain) for pain in (2, 5, 9))
    assert low < middle < high
    free = Scenario.default().replace({"loss.pain_free": 0.0})
    assert _share_leaving(DEFAULT, 0) > _share_leaving(free, 0)
    assert _share_leaving(DEFAULT, 5, missed=True) > middle


def test_completely_random_leaving_does_not_know_pain() -> None:
    """Under mcar the share is the same at every pain."""
    mcar = DEFAULT.replace({"loss.mechanism": "mcar"})
    assert len({_share_leaving(mcar, pain) for pain in (0, 2, 5, 9)}) == 1


def test_a_zero_probability_never_happens() -> None:
    """With per_visit 0 nobody leaves, even at the smallest draw a stream can give."""
    log_odds = np.log(1e-12)
    gone = leaves(
        DEFAULT.loss,
        leaving=np.full(1, log_odds),
        last_nprs=np.full(1, 10.0),
        was_missed=np.full(1, True),
        u=np.full(1, 2.0**-25),
    )
    assert not gone.any()


def test_records_are_closed_as_the_scenario_says() -> None:
    """Who says so is closed within days without misses; others weeks after the last visit."""
    day, last = np.full(1000, 40), np.full(1000, 34)
    u = np.column_stack([GRID, GRID[::-1], GRID])
    closed = closing(DEFAULT.loss, day=day, last_attended=last, u=u)
    told = closed.reason == SELF_DISCHARGED
    assert told.mean() == DEFAULT.loss.self_share
    assert set(closed.reason) == {SELF_DISCHARGED, LOST}
    assert (closed.missed[told] == 0).all()
    assert set(closed.missed[~told]) <= {1, 2}
    assert (closed.end_day[told] - 40 <= DEFAULT.loss.self_days).all()
    weeks = closed.end_day[~told] - 34
    assert weeks.min() >= DEFAULT.loss.closing_from
    assert weeks.max() <= DEFAULT.loss.closing_to
