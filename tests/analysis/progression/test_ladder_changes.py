"""What consecutive ratings prove: errors or relapses, and who began with a stage automatic."""

import numpy as np

from hinge_outcomes.analysis.progression.ladder_changes import RatedPairs, pair_ratings
from hinge_outcomes.analysis.progression.ladder_ratings import see_ratings
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from tests.hand_made import cohort_of, episode


def pairs_of(cohort: Cohort) -> RatedPairs:
    """All pairs of a cohort under the default rules."""
    sightings = see_ratings(cohort, criterion=MasteryCriterion(), loss=LossRule(), dates_loss=False)
    return pair_ratings(sightings, np.unique(sightings.episode))


def starters(n_high: int, n_stay: int, n_low: int, n_learn: int) -> RatedPairs:
    """Pairs from day 0: so many rated automatic, of whom so many stay; so many lower, who learn."""
    stays = np.arange(n_high) < n_stay
    learns = np.arange(n_low) < n_learn
    rung = np.ones(n_high + n_low, dtype=np.int64)
    return RatedPairs(
        stage=rung,
        next_stage=rung,
        rating=np.repeat([1, 0], [n_high, n_low]),
        next_rating=np.append(stays, learns).astype(np.int64),
        target=rung + 3,
        is_first=np.ones(len(rung), dtype=bool),
    )


def test_sightings_are_paired_within_episodes_with_stage_and_rating() -> None:
    """Unrated, automatic, lower, referred: three pairs, the last into an end."""
    one = episode(
        entry=2, target=5, end=(21, "referred_out"), visits=[0, 7, 14],
        ratings=[(7, 2, 3), (14, 2, 1)],
    )  # fmt: skip
    two = episode("E2", entry=1, target=5, visits=[0])
    pairs = pairs_of(cohort_of(one, two))
    assert pairs.stage.tolist() == [1, 1, 1]
    assert pairs.next_stage.tolist() == [1, 1, 10]
    assert pairs.rating.tolist() == [-1, 1, 0]
    assert pairs.next_rating.tolist() == [1, 0, -1]
    assert pairs.is_first.tolist() == [True, False, False]
    assert pairs.reversals().tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_at_the_target_alone_a_fall_is_impossible_once_moves_down_are_seen() -> None:
    """Below it a step up and one down explain it; without any moves down nothing does."""
    falls = [(7, 2, 3), (14, 2, 1)]
    below = episode("E1", entry=2, target=5, visits=[0, 7, 14], ratings=falls)
    at = episode("E2", entry=2, target=2, visits=[0, 7, 14], ratings=falls)
    down = episode("E3", entry=3, target=5, visits=[0, 7], ratings=[(7, 2, 1)])
    assert pairs_of(cohort_of(below, at)).impossible_if_true() == 2
    assert pairs_of(cohort_of(below, at, down)).impossible_if_true() == 1
    assert pairs_of(cohort_of(below, down)).impossible_if_true() == 0


def test_who_is_rated_automatic_on_day_0_by_error_does_not_stay_so() -> None:
    """A fifth are automatic next whatever the first rating: errors. Most of them: a head start."""
    assert not starters(80, 16, 400, 80).begins_automatic()
    assert starters(80, 70, 400, 80).begins_automatic()
    assert not starters(4, 4, 400, 80).begins_automatic()
    assert starters(6, 6, 0, 0).begins_automatic()
