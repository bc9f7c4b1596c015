"""Maintained and durable mastery by counting: the known answers, and the estimators' own curves."""

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.events import mastery_dates
from hinge_outcomes.simulation.calibration import followed_up
from hinge_outcomes.simulation.true_mastery import (
    MasteryRecords,
    durable_days_of,
    is_maintained,
)


def records(
    confirmed: list[float], failed: list[float], rated: list[float], end: float
) -> MasteryRecords:
    """One episode."""
    days = ([np.array(each, dtype=float)] for each in (confirmed, failed, rated))
    return MasteryRecords(*days, care_end=np.array([end]))


def test_mastery_is_held_until_it_fails() -> None:
    """KA11: mastered on 10, rated lower on 40: held on day 30, not on day 50."""
    one = records([10], [40], [3, 10, 40], 100)
    assert [bool(is_maintained(one, day)[0]) for day in (9, 10, 30, 40, 50)] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_mastery_found_again_is_held_again() -> None:
    """A later confirmation counts from its own day."""
    one = records([10, 60], [40], [10, 40, 53, 60], 100)
    assert not is_maintained(one, 50)[0]
    assert is_maintained(one, 60)[0]


def test_durable_mastery_needs_a_rating_and_no_failure() -> None:
    """KA11: a failure or a window without a rating is no event; a quiet, rated one is."""
    assert durable_days_of(records([10], [40], [10, 40], 400), 90)[0] == np.inf
    assert durable_days_of(records([10], [], [10], 400), 90)[0] == np.inf
    assert durable_days_of(records([10], [], [10, 50], 400), 90)[0] == 100
    assert durable_days_of(records([10], [], [10, 50], 99), 90)[0] == np.inf
    assert durable_days_of(records([10, 60], [40], [10, 40, 60, 70], 400), 90)[0] == 150
    assert durable_days_of(records([10, 120], [], [10, 120, 130], 400), 90)[0] == 210


@pytest.mark.parametrize("kind", ["maintained", "durable"])
def test_without_censoring_the_estimator_finds_the_counted_shares(kind: str) -> None:
    """Aalen-Johansen on everybody's complete record is the plain proportion."""
    scenario = followed_up(ho.Scenario.default(), 500).replace(
        {"discharge.after_mastery": 0.1, "discharge.goals_met": 0.0, "visits.rating_error": 0.08}
    )
    cohort = ho.simulate(scenario, n_episodes=600, seed=3)
    own = MasteryRecords.read(cohort, mastery_dates(cohort))
    found = ho.estimate_mastery(cohort, kind=kind, durable_days=30, horizon_day=365).table()
    lasted = durable_days_of(own, 30)
    for day in (90, 180, 365):
        row = found[(found["quantity"] == "probability") & (found["day"] == day)].iloc[0]
        counted = is_maintained(own, day) if kind == "maintained" else lasted <= day
        assert 0.01 < counted.mean() < 0.99
        assert row["estimate"] == pytest.approx(counted.mean(), abs=1e-12)
