"""Visits in care, who was lost after them, and what was known at each."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.after_loss import LEAVES, MASTERS, STAYS
from hinge_outcomes.analysis.progression.mastery_population import stage_in_question
from hinge_outcomes.analysis.progression.mastery_stays import read_mastery_days
from hinge_outcomes.analysis.progression.visit_history import (
    VisitHistory,
    derive_visit_history,
    last_known,
)
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import NotIdentifiableError
from tests.hand_made import cohort_of, episode

ONCE = MasteryCriterion(consecutive=1)


def history_of(*told: dict, upto: float = 365.0, gap: int = 42) -> VisitHistory:
    """Derive the visits of hand-made episodes."""
    cohort = cohort_of(*told)
    wanted, _ = stage_in_question(cohort, "target")
    loss = LossRule(gap)
    days = read_mastery_days(cohort, wanted, criterion=ONCE, loss=loss)
    return derive_visit_history(cohort, days, gap_days=gap, upto_day=upto, covariates=("sex",))


def test_a_patient_who_stays_away_is_lost_after_the_last_visit():
    """Seen on 0, 7 and 14 and never again: lost after day 14, not 42 days later."""
    found = history_of(episode(visits=[0, 7, 14]))
    assert found.day.tolist() == [0, 7, 14]
    assert found.is_lost.tolist() == [False, False, True]
    assert found.start.tolist() == [0.5, 7, 14]
    assert found.stop.tolist() == [7, 14, 14]


def test_a_patient_who_says_goodbye_is_lost_after_the_last_visit_too():
    """A self-discharge on day 20 follows the visit of day 14."""
    found = history_of(episode(visits=[0, 14], end=(20, "self_discharged")))
    assert found.is_lost.tolist() == [False, True]


def test_mastery_and_planned_ends_stand_at_their_day():
    """Mastery at the visit of day 14; goals met on day 20."""
    mastered = history_of(episode("A", visits=[0, 7, 14], ratings=[(14, 3, 3)]))
    assert mastered.stop.tolist() == [7, 14]
    assert mastered.end.tolist() == [STAYS, MASTERS]
    met = history_of(episode("B", visits=[0, 14], end=(20, "goals_met")))
    assert met.stop.tolist() == [14, 20]
    assert met.end.tolist() == [STAYS, LEAVES]


def test_nobody_is_followed_beyond_the_last_day_on_which_a_loss_would_be_known():
    """Open at the cut on day 100: followed to day 58, whatever was seen later."""
    found = history_of(episode(observed=100, visits=[0, 30, 58, 70, 95]))
    assert found.day.tolist() == [0, 30, 58]
    assert not found.is_lost.any()
    assert found.stop.tolist() == [30, 58, 58]


def test_no_visit_at_all_is_a_loss_after_day_0():
    """Whoever was never seen counts as seen on day 0."""
    found = history_of(episode("A", visits={5: "no_show"}), episode("B", visits=[0, 300]))
    assert found.day[found.episode == 0].tolist() == [0]
    assert found.is_lost[found.episode == 0].tolist() == [True]


def test_an_end_on_day_0_ends_the_half_day():
    """Referred on the first day: no visit to decide after, one end on day 0."""
    found = history_of(episode("A", visits=[0], end=(0, "referred_out")), episode("B", visits=[0]))
    assert found.day0_end.tolist() == [LEAVES, STAYS]
    assert 0 not in found.episode


def test_what_was_known_is_what_was_recorded_by_that_day():
    """Pain, stage, appointments missed and home exercise are those up to the visit."""
    told = episode(
        visits={0: "attended", 5: "no_show", 7: "attended", 14: "attended"},
        ratings=[(7, 2, 1, True)],
        scores=[(-3, "nprs", 6.0), (10, "nprs", 1.0)],
        end=(20, "goals_met"),
    )
    known = history_of(told).known
    assert known["last pain"].tolist() == [6, 6, 1]
    assert known["pain-free"].tolist() == [0, 0, 1]
    assert known["working stage"].tolist() == [1, 2, 2]
    assert known["stages to go"].tolist() == [2, 1, 1]
    assert known["appointments missed"].tolist() == pytest.approx([0, 1 / 3, 1 / 4])
    assert known["home-exercise days"].isna().all()
    assert list(known)[-1] == "sex"


def test_visits_after_the_last_day_asked_about_are_left_out():
    """Only what can matter by that day is listed."""
    assert history_of(episode(visits=[0, 7, 14]), upto=10).day.tolist() == [0, 7]


def test_without_visits_loss_cannot_be_modelled():
    """An empty table of visits is refused with the remedy."""
    with pytest.raises(NotIdentifiableError, match="Map the visits table"):
        history_of(episode())


def test_a_cut_too_soon_is_refused():
    """If every episode began within the gap nobody's loss is known."""
    with pytest.raises(NotIdentifiableError, match="42 days"):
        history_of(episode(observed=30, visits=[0]))


def test_the_last_value_is_taken_per_patient_whatever_the_order():
    """Rows need not be sorted; a value of a later day or another patient does not count."""
    place, day = np.array([1, 0, 0]), np.array([3.0, 7.0, 0.0])
    values = np.array([9.0, 3.0, 5.0])
    asked = last_known(place, day, values, np.array([0, 0, 1, 1]), np.array([6.0, 7.0, 2.0, 3.0]))
    assert asked[[0, 1, 3]].tolist() == [5, 3, 9]
    assert np.isnan(asked[2])
    nothing = last_known(place[:0], day[:0], values[:0], np.array([0]), np.array([1.0]))
    assert np.isnan(nothing).all()
