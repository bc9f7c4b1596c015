"""Runs of good ratings, and moves up that confirm."""

import numpy as np
import pytest

from hinge_outcomes.cohort.confirmation import (
    advances_confirm,
    confirming_ratings,
    crossings,
    starts_block,
)


def confirmed_days(
    *ratings: tuple[int, bool], consecutive: int = 2, least: int = 1, most: int = 56
) -> list[int]:
    """Give the confirming days of one stage's (day, is good) ratings."""
    day = np.array([rating[0] for rating in ratings])
    is_high = np.array([rating[1] for rating in ratings])
    confirms = confirming_ratings(
        np.zeros(len(day), dtype=int),
        day,
        is_high,
        consecutive=consecutive,
        min_gap_days=least,
        max_gap_days=most,
    )
    return day[confirms].tolist()


def test_one_good_rating_may_be_luck() -> None:
    """A single good rating confirms nothing unless the criterion asks for one only."""
    assert confirmed_days((7, True)) == []
    assert confirmed_days((7, True), consecutive=1) == [7]


def test_three_in_a_row_are_counted() -> None:
    """With consecutive=3 the third good rating confirms, and the fourth again."""
    run = [(7, True), (14, True), (21, True), (28, True)]
    assert confirmed_days(*run, consecutive=3) == [21, 28]


@pytest.mark.parametrize(("gap", "expected"), [(56, [63]), (57, [])])
def test_a_gap_above_the_most_breaks_the_run(gap: int, expected: list[int]) -> None:
    """56 days between two ratings are allowed, 57 break the run."""
    assert confirmed_days((7, True), (7 + gap, True)) == expected


def test_a_rating_too_soon_neither_counts_nor_breaks() -> None:
    """With a least gap of 7 days, days 7, 10 and 14 confirm on day 14: day 10 is passed over."""
    assert confirmed_days((7, True), (10, True), least=7) == []
    assert confirmed_days((7, True), (10, True), (14, True), least=7) == [14]
    run = [(0, True), (3, True), (7, True), (10, True), (14, True)]
    assert confirmed_days(*run, least=7, consecutive=3) == [14]


def test_a_poor_rating_breaks_however_soon_it_comes() -> None:
    """A poor rating inside the least gap still breaks the run."""
    assert confirmed_days((7, True), (10, False), (14, True), least=7) == []


def test_runs_do_not_reach_into_the_next_group() -> None:
    """A good rating that ends one group does not help the next."""
    confirms = confirming_ratings(
        np.array([0, 1]),
        np.array([7, 14]),
        np.array([True, True]),
        consecutive=2,
        min_gap_days=1,
        max_gap_days=56,
    )
    assert not confirms.any()


def test_no_ratings_confirm_nothing() -> None:
    """Empty arrays, and arrays without a good rating, are answered."""
    assert confirmed_days() == []
    assert confirmed_days((7, False)) == []


def test_a_move_over_two_stages_leaves_both() -> None:
    """A move from 3 to 5 leaves 3 and 4; a move back and a new episode leave nothing."""
    episode = np.array([0, 0, 0, 1])
    day = np.array([0, 9, 12, 0])
    left = crossings(episode, day, np.array([3, 5, 4, 7]))
    assert [part.tolist() for part in left] == [[0, 0], [3, 4], [9, 9]]


@pytest.mark.parametrize(
    ("day", "is_high", "move", "expected"),
    [
        ([7], [True], 7, True),
        ([7], [True], 6, False),
        ([7], [True], 63, True),
        ([7], [True], 64, False),
        ([7, 14], [True, False], 21, False),
        ([7, 14], [True, False], 10, True),
    ],
    ids=["same day", "before", "56 days later", "57 days later", "poor since", "poor later"],
)
def test_the_last_rating_before_the_move_decides(
    day: list[int], is_high: list[bool], move: int, expected: bool
) -> None:
    """A move up confirms if the last rating up to that day is good and at most 56 days old."""
    zeros = np.zeros(len(day), dtype=int)
    passes = advances_confirm(
        zeros, np.array(day), np.array(is_high), zeros[:1], np.array([move]), max_gap_days=56
    )
    assert passes.tolist() == [expected]


def test_without_ratings_no_move_confirms() -> None:
    """Advancing alone documents nothing."""
    none = np.array([], dtype=int)
    passes = advances_confirm(
        none, none, none.astype(bool), np.array([3]), np.array([9]), max_gap_days=56
    )
    assert passes.tolist() == [False]


def test_a_block_starts_where_the_key_changes() -> None:
    """The first entry and every change start a block."""
    assert starts_block(np.array([2, 2, 5, 2])).tolist() == [True, False, True, True]
    assert starts_block(np.array([], dtype=int)).tolist() == []
