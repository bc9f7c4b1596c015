"""What ratings show of the ladder: learning or automatic, and which errors can be estimated."""

import numpy as np

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.emission_structure import emission_chances, start_chances
from hinge_outcomes.analysis.progression.ladder_panel import LadderSightings
from hinge_outcomes.analysis.progression.ladder_ratings import (
    count_waiting,
    model_ratings,
    see_ratings,
    stage_sightings,
)
from hinge_outcomes.analysis.progression.ladder_structure import HIDDEN_STATES
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import STATES
from tests.hand_made import cohort_of, episode


def see(cohort: Cohort, *, dates_loss: bool = False) -> LadderSightings:
    """Sightings under the default rules."""
    return see_ratings(cohort, criterion=MasteryCriterion(), loss=LossRule(), dates_loss=dates_loss)


def told(found: LadderSightings) -> list[tuple[float, str]]:
    """Day and state of every sighting; an unrated stage is written with a question mark."""
    names = [*HIDDEN_STATES, *(f"stage_{k}?" for k in range(1, 11))]
    return [(float(day), names[code]) for day, code in zip(found.day, found.code, strict=True)]


def test_a_rating_says_learning_or_automatic_and_no_rating_leaves_it_open() -> None:
    """Day 0 without a rating; then 1, 3, and a day that only assigns the stage."""
    one = episode(
        entry=2, target=5, visits=[0, 7, 14, 21], ratings=[(7, 2, 1), (14, 2, 3), (21, 2, None)]
    )
    assert told(see(cohort_of(one))) == [
        (0, "stage_2?"),
        (7, "learning_2"),
        (14, "automatic_2"),
        (21, "stage_2?"),
    ]


def test_who_moves_up_at_a_visit_was_rated_at_the_stage_before() -> None:
    """Stage 2 rated automatic and stage 3 assigned on day 14: that day shows stage 2, automatic."""
    one = episode(
        entry=2,
        target=5,
        visits=[0, 7, 14, 21],
        ratings=[(7, 2, 1), (14, 2, 3, False), (14, 3, None, True), (21, 3, 1)],
    )
    assert told(see(cohort_of(one)))[1:] == [
        (7, "learning_2"),
        (14, "automatic_2"),
        (21, "learning_3"),
    ]


def test_the_path_ends_with_the_rating_that_confirms_the_target() -> None:
    """Automatic on 14 and 21: both are seen, what follows is not."""
    one = episode(
        entry=3,
        target=3,
        visits=[0, 14, 21, 28],
        ratings=[(14, 3, 3), (21, 3, 3), (28, 3, 1)],
    )
    assert [day for day, _ in told(see(cohort_of(one)))] == [0, 14, 21]


def test_without_ratings_the_simple_sightings_are_left() -> None:
    """Both states of a stage become the stage; ends keep their names."""
    one = episode(entry=2, target=5, end=(30, "referred_out"), visits=[0, 7], ratings=[(7, 3, 3)])
    simple = stage_sightings(see(cohort_of(one)))
    assert [STATES[code] for code in simple.code] == ["stage_2", "stage_3", "referred"]


def test_waiting_is_being_automatic_below_the_target() -> None:
    """Automatic at stage 2 with target 5 waits; at the target nobody waits."""
    two = cohort_of(
        episode("E1", entry=2, target=5, visits=[0, 7], ratings=[(7, 2, 3)]),
        episode("E2", entry=2, target=2, visits=[0, 7], ratings=[(7, 2, 3)]),
    )
    assert count_waiting(see(two)) == 1


def test_errors_of_rating_are_estimated_as_far_as_ratings_fell_back() -> None:
    """Few reversals: none; five or more: one chance for both; forty or more: two."""

    def clinic(n: int) -> LadderSightings:
        ratings = [(0, 2, 1), (7, 2, 3), (14, 2, 1)]
        episodes = [
            episode(f"E{k:02}", entry=2, target=5, visits=[0, 7, 14], ratings=ratings)
            for k in range(n)
        ]
        return see(cohort_of(*episodes))

    for n, names in ((3, 0), (6, 1), (40, 2)):
        sightings = clinic(n)
        model = model_ratings(sightings, np.arange(n), "estimated")
        assert model.falls.sum() == n
        assert (0 if model.emission is None else len(model.emission.names)) == names
    assert "taken as true" in " ".join(model_ratings(clinic(3), np.arange(3), "estimated").reasons)


def test_ratings_that_never_fall_back_at_a_target_are_taken_as_true() -> None:
    """Up to stage 3 and back to 2 between two visits looks like an error of rating: ten times."""
    ratings = [(0, 2, 1), (7, 2, 3), (14, 2, 1), (21, 3, 1), (28, 2, 1)]
    days = [0, 7, 14, 21, 28]
    episodes = [
        episode(f"E{k}", entry=2, target=5, visits=days, ratings=ratings) for k in range(10)
    ]
    model = model_ratings(see(cohort_of(*episodes)), np.arange(10), "estimated")
    assert model.emission is None
    assert not model.needs_relapse
    assert "never at a target" in " ".join(model.reasons)


def test_true_ratings_that_fall_back_at_a_target_need_relapses() -> None:
    """Automatic at the target, then lower, and ratings are right: what was automatic was lost."""
    ratings = [(0, 2, 1), (7, 2, 3), (14, 2, 1)]
    one = cohort_of(episode(entry=2, target=2, visits=[0, 7, 14], ratings=ratings))
    assert model_ratings(see(one), np.arange(1), "none").needs_relapse
    assert not model_ratings(see(one), np.arange(1), (0.1, 0.1)).needs_relapse


def test_errors_that_stand_beside_relapses_share_one_chance() -> None:
    """Forty reversals allow two chances of error, but not with relapses."""
    ratings = [(0, 2, 1), (7, 2, 3), (14, 2, 1)]
    episodes = [
        episode(f"E{k:02}", entry=2, target=2, visits=[0, 7, 14], ratings=ratings)
        for k in range(40)
    ]
    sightings = see(cohort_of(*episodes))
    for is_tied, names in ((False, 2), (True, 1)):
        model = model_ratings(sightings, np.arange(40), "estimated", is_tied=is_tied)
        assert model.emission is not None
        assert len(model.emission.names) == names


def test_known_errors_of_rating_are_taken_as_given() -> None:
    """0.1 and 0.2 are the chances of automatic while learning, and of lower while automatic."""
    cohort = ho.simulate(ho.Scenario.named("misrated"), n_episodes=40, seed=1)
    sightings = see(cohort)
    model = model_ratings(sightings, np.unique(sightings.episode), (0.1, 0.2))
    assert model.emission is not None
    chances = emission_chances(model.emission, np.zeros(0))
    learning, automatic = (HIDDEN_STATES.index(f"{word}_4") for word in ("learning", "automatic"))
    assert np.isclose(chances[learning, automatic], 0.1)
    assert np.isclose(chances[automatic, learning], 0.2)


def test_a_patient_starts_learning_unless_entry_stages_are_seen_automatic() -> None:
    """Without automatic ratings at the first sighting the start is certain."""
    one = cohort_of(episode(entry=2, target=5, visits=[0, 7], ratings=[(0, 2, 1), (7, 2, 1)]))
    model = model_ratings(see(one), np.arange(1), "none")
    assert model.start.names == ()
    row = start_chances(model.start, np.zeros(0))[model.start.group[0]]
    assert HIDDEN_STATES[int(row.argmax())] == "learning_2"
    assert row.max() == 1
