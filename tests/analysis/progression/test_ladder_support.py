"""Counts decide which rates can be estimated: verdicts, retreats, and what is said of them."""

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.ladder_panel import see_ladder
from hinge_outcomes.analysis.progression.ladder_structure import KINDS, wanted_shapes
from hinge_outcomes.analysis.progression.ladder_support import (
    count_moves_by_stage,
    describe_ladder_support,
    judge_support,
)
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import NoEventsError
from tests.hand_made import cohort_of, episode


def test_each_rung_passed_between_two_visits_is_a_move() -> None:
    """From stage 1 to 3 are moves at 1 and 2, back to 2 one at 3; days count where they began."""
    one = episode(
        entry=1, target=4, visits=[0, 7, 14], ratings=[(7, 3, 1), (14, 2, 1)], observed=365
    )
    sightings = see_ladder(
        cohort_of(one), criterion=MasteryCriterion(), loss=LossRule(), dates_loss=False
    )
    moves, days, people = count_moves_by_stage(sightings)
    assert moves[KINDS.index("forward")][:4].tolist() == [1, 1, 0, 0]
    assert moves[KINDS.index("backward")][:4].tolist() == [0, 0, 1, 0]
    assert days[:4].tolist() == [7, 0, 7, 0]
    assert people[:4].tolist() == [1, 1, 1, 0]


def test_mastering_the_target_is_a_move_at_the_target() -> None:
    """Two automatic ratings of stage 2: one move forward at stage 2."""
    one = episode(entry=2, target=2, visits=[0, 7, 14], ratings=[(7, 2, 3), (14, 2, 3)])
    sightings = see_ladder(cohort_of(one), criterion=MasteryCriterion(), loss=LossRule())
    assert count_moves_by_stage(sightings)[0][0][:3].tolist() == [0, 1, 0]


def test_what_the_counts_do_not_support_is_simplified_and_said() -> None:
    """Sixty episodes do not support free rates; the paragraph names the kind and the way out."""
    cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=60, seed=7)
    support = describe_ladder_support(cohort, "free")
    assert support.retreats
    assert support.shapes["forward"] in ("smooth", "phase", "tied")
    assert "do not support free rates" in support.summary()
    assert "tie it with other stages" in set(support.table()["verdict"])


def test_what_is_supported_stays_as_asked() -> None:
    """Tied rates of 300 episodes need no retreat; kinds that never happen are left out unsaid."""
    cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=300, seed=7)
    support = describe_ladder_support(cohort, "tied")
    assert not support.retreats
    assert support.shapes["discharged"] == "none"
    assert "support the rates asked for" in support.summary()


def test_a_rate_of_few_moves_is_said_to_be_hardly_known() -> None:
    """Four referrals among many episodes have one rate, which is no retreat if it was tied."""
    told = [episode(f"E{n}", visits=[0, 7, 14], ratings=[(7, 1, 1), (14, 2, 1)]) for n in range(20)]
    told += [
        episode(f"R{n}", end=(14, "referred_out"), visits=[0, 7], ratings=[(7, 1, 1)])
        for n in range(4)
    ]
    sightings = see_ladder(cohort_of(*told), criterion=MasteryCriterion(), loss=LossRule())
    support = judge_support(sightings, wanted_shapes("tied"))
    assert support.shapes["referred"] == "tied"
    assert "Only 4 moves referred. Their rate is hardly known" in support.reasons["referred"]
    assert not support.retreats
    assert judge_support(sightings, wanted_shapes("phase")).retreats


def test_nobody_who_moved_is_a_named_error() -> None:
    """Without a single move forward there is no rate of learning."""
    one = episode(visits=[0, 7], ratings=[(7, 1, 1)])
    with pytest.raises(NoEventsError, match="move up a stage"):
        describe_ladder_support(cohort_of(one))


def test_counts_add_up_to_the_sightings() -> None:
    """Days at risk are those between sightings, and every episode seen twice is counted."""
    cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=200, seed=3)
    sightings = see_ladder(cohort, criterion=MasteryCriterion(), loss=LossRule())
    goes_on = sightings.episode[1:] == sightings.episode[:-1]
    lag = np.diff(sightings.day)[goes_on]
    _, days, _ = count_moves_by_stage(sightings)
    assert days.sum() == pytest.approx(lag.sum())
