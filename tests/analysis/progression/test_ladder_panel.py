"""What visits show of the ladder: sightings of hand-made episodes, by the definitions."""

import numpy as np

from hinge_outcomes.analysis.progression.ladder_panel import (
    MASTERED_CODE,
    LadderSightings,
    ladder_data,
    see_ladder,
)
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import STATES
from tests.hand_made import cohort_of, episode


def see(cohort: Cohort, *, dates_loss: bool = True) -> LadderSightings:
    """Sightings under the default rules."""
    return see_ladder(cohort, criterion=MasteryCriterion(), loss=LossRule(), dates_loss=dates_loss)


def told(found: LadderSightings) -> list[tuple[float, str]]:
    """Day and state of every sighting; a doubt is written with a question mark."""
    names = [*STATES, *(f"stage_{k}?" for k in range(1, 11))]
    return [(float(day), names[code]) for day, code in zip(found.day, found.code, strict=True)]


def test_mastery_is_entered_before_the_first_rating_of_the_confirming_pair() -> None:
    """Rated 1 on day 7, automatic on 14 and 21: mastered lies in (7, 14], and ends the path."""
    one = episode(
        entry=3, target=3, visits=[0, 7, 14, 21], ratings=[(7, 3, 1), (14, 3, 3), (21, 3, 3)]
    )
    assert told(see(cohort_of(one))) == [(0, "stage_3"), (7, "stage_3"), (14, "mastered")]


def test_a_good_rating_that_is_last_leaves_mastery_open() -> None:
    """Automatic once, then nothing: the last sighting is stage 3 or mastered."""
    one = episode(entry=3, target=3, visits=[0, 7, 14], ratings=[(7, 3, 1), (14, 3, 3)])
    assert told(see(cohort_of(one))) == [(0, "stage_3"), (7, "stage_3"), (14, "stage_3?")]


def test_a_good_rating_followed_by_a_lower_one_is_the_stage() -> None:
    """Automatic, then lower: at that time the stage was not mastered."""
    one = episode(entry=3, target=3, visits=[0, 7, 14], ratings=[(7, 3, 3), (14, 3, 1)])
    assert told(see(cohort_of(one), dates_loss=False)) == [
        (0, "stage_3"),
        (7, "stage_3"),
        (14, "stage_3"),
    ]


def test_a_loss_lies_before_the_appointment_missed_first() -> None:
    """Attended to day 14, missed on 21: left in (14, 21]; without a missed one, the usual gap."""
    missed = {0: "attended", 7: "attended", 14: "attended", 21: "no_show"}
    ratings = [(7, 1, 1), (14, 2, 1)]
    two = cohort_of(
        episode("E1", visits=missed, ratings=ratings),
        episode("E2", visits=[0, 7, 14], ratings=ratings),
    )
    found = see(two)
    assert told(found)[3] == (21, "lost")
    assert told(found)[7] == (21, "lost")
    assert [state for _, state in told(see(two, dates_loss=False))].count("lost") == 0


def test_discharge_and_referral_are_dated_as_written() -> None:
    """Exits on days 30 and 40 stand there; entry to them is exact."""
    two = cohort_of(
        episode("E1", end=(30, "goals_met"), visits=[0, 28], ratings=[(28, 2, 1)]),
        episode("E2", end=(40, "referred_out"), visits=[0, 28], ratings=[(28, 2, 1)]),
    )
    found = see(two)
    assert (30, "discharged") in told(found)
    assert (40, "referred") in told(found)
    panel, _ = ladder_data(found, np.zeros(2, dtype=np.int64), np.ones((1, 1)))
    assert [STATES[place] for place in np.flatnonzero(panel.is_exact)] == ["discharged", "referred"]


def test_an_interval_too_near_to_the_cut_is_left_out_whatever_followed() -> None:
    """Cut on day 60, gap 42: an interval that begins after day 18 could hide a loss."""
    one = episode(observed=60, visits=[0, 14, 21, 35], ratings=[(14, 1, 1), (21, 2, 1), (35, 2, 1)])
    assert [day for day, _ in told(see(cohort_of(one)))] == [0, 14, 21]
    assert [day for day, _ in told(see(cohort_of(one), dates_loss=False))] == [0, 14, 21, 35]


def test_a_stage_above_the_target_is_the_target() -> None:
    """Working at stage 5 with target 3 shows at least stage 3."""
    one = episode(entry=2, target=3, visits=[0, 7], ratings=[(7, 5, 1)])
    assert told(see(cohort_of(one), dates_loss=False)) == [(0, "stage_2"), (7, "stage_3")]


def test_nobody_is_dropped_in_silence() -> None:
    """No target: excluded and counted; a target automatic from day 0 on as well."""
    both = cohort_of(
        episode("E1", target=None),
        episode("E2", entry=1, target=1, visits=[0, 7], ratings=[(0, 1, 3), (7, 1, 3)]),
    )
    assert list(see(both).excluded.values()) == [1, 1]
    assert not len(see(both).day)


def test_a_doubt_holds_both_states_and_patterns_leave_out() -> None:
    """The code of a doubt allows the stage and mastered; a negative pattern drops the episode."""
    two = cohort_of(
        episode("E1", entry=3, target=3, visits=[0, 7], ratings=[(7, 3, 3)]),
        episode("E2", visits=[0, 7], ratings=[(7, 2, 1)]),
    )
    panel, subjects = ladder_data(see(two), np.array([0, -1]), np.ones((1, 1)))
    assert subjects.tolist() == [0]
    allowed = np.flatnonzero(panel.sets[panel.code[1]])
    assert allowed.tolist() == [2, MASTERED_CODE]
