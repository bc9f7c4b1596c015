"""Ratings and working stages as sorted arrays."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.event_rows import (
    episode_index,
    plain_numbers,
    rating_rows,
    stage_changes,
    visits_are_recorded,
)
from tests.hand_made import cohort_of, episode


def changes(*ratings: tuple, entry: int | None = 2) -> list[tuple[int, int]]:
    """Give (day, stage) of one episode's working stage."""
    target = None if entry is None else 9
    cohort = cohort_of(episode(entry=entry, target=target, ratings=list(ratings)), episode("E2"))
    found, day, stage = stage_changes(cohort, episode_index(cohort))
    return list(zip(day[found == 0].tolist(), stage[found == 0].tolist(), strict=True))


def test_the_entry_stage_holds_from_day_zero() -> None:
    """Without any assessment the patient works at the entry stage from day 0 on."""
    assert changes() == [(0, 2)]


def test_the_marked_stage_is_the_working_stage() -> None:
    """A stage marked as the working stage wins over a higher one rated the same day."""
    assert changes((7, 5, 1), (7, 3, 1, True)) == [(0, 2), (7, 3)]


def test_without_a_mark_the_highest_stage_rated_counts() -> None:
    """A warm-up at stage 2 on a day of stage 3 is not a move back."""
    assert changes((7, 3, 2), (14, 2, 3), (14, 3, 2)) == [(0, 2), (7, 3)]


def test_a_row_marked_as_another_stage_assigns_nothing() -> None:
    """A lone warm-up that the clinic marked as not the working stage leaves it where it was."""
    assert changes((7, 4, 2, True), (14, 2, 3, False)) == [(0, 2), (7, 4)]


def test_a_row_without_a_rating_assigns_the_working_stage() -> None:
    """A row that only assigns a stage moves the patient there."""
    assert changes((7, 4, None)) == [(0, 2), (7, 4)]


def test_day_zero_belongs_to_the_entry_stage() -> None:
    """What is rated on day 0 does not change where the episode begins."""
    assert changes((0, 5, 1), (0, 2, 3)) == [(0, 2)]


def test_the_same_stage_again_is_no_change() -> None:
    """Only changes are listed, moves back included."""
    assert changes((7, 3, 1), (14, 3, 2), (21, 2, 1), (28, 3, 1)) == [
        (0, 2),
        (7, 3),
        (21, 2),
        (28, 3),
    ]


def test_without_an_entry_stage_the_first_assignment_begins() -> None:
    """An episode whose entry stage is unknown has no working stage before its first assignment."""
    assert changes((0, 3, 1), (9, 4, 1), entry=None) == [(0, 3), (9, 4)]


def test_ratings_leave_out_rows_that_only_assign() -> None:
    """A row without a level is no rating; the others come sorted by stage and day."""
    cohort = cohort_of(episode(ratings=[(7, 3, None), (14, 3, 1), (9, 3, 2), (20, 1, 0)]))
    _, stage, day, level = rating_rows(cohort, episode_index(cohort))
    assert stage.tolist() == [1, 3, 3]
    assert day.tolist() == [20, 9, 14]
    assert level.tolist() == [0, 2, 1]


def test_nulls_become_nan() -> None:
    """Nullable whole numbers and booleans become floats with nan."""
    numbers = plain_numbers(pd.Series([True, None], dtype="boolean"))
    assert numbers[0] == 1.0
    assert np.isnan(numbers[1])


def test_a_cohorts_own_word_on_visits_counts_before_its_rows() -> None:
    """A selection without visits says that they are recorded; plain tables show it by a row."""
    cohort = cohort_of(episode("E1", visits=[0]), episode("E2"))
    alone = cohort.select(episode_id="E2")
    assert visits_are_recorded(alone)
    assert not visits_are_recorded(SimpleNamespace(visits=alone.visits))
    assert visits_are_recorded(SimpleNamespace(visits=cohort.visits))
