"""Counting pairs of observations."""

import numpy as np

from hinge_outcomes.analysis.progression.panel_pairs import (
    absorbing_states,
    count_pairs,
    has_hidden_middle,
)
from tests.analysis.progression.panel_examples import free_structure, panel_of

STRUCTURE = free_structure(3, [(0, 1), (1, 0), (1, 2)])


def kinds(pairs):
    """The kinds of pair as tuples with their counts."""
    rows = zip(pairs.lag, pairs.start, pairs.end, pairs.count, strict=True)
    return sorted(tuple(float(x) for x in row) for row in rows)


def test_equal_pairs_are_counted_together_and_subjects_apart():
    """Two moves 0 to 1 in 7 days are one kind of count 2; nothing joins two subjects."""
    panel = panel_of([0, 0, 1, 1, 1], [0, 7, 0, 7, 10], [0, 1, 0, 1, 0], 3)
    assert kinds(count_pairs(panel)) == [(3, 1, 0, 1), (7, 0, 1, 2)]


def test_broken_lags_are_kept_exactly():
    """Lags that are no whole numbers are counted by their own values."""
    panel = panel_of([0, 0, 1, 1], [0, 0.25, 0, 0.25], [0, 1, 0, 1], 3)
    assert kinds(count_pairs(panel)) == [(0.25, 0, 1, 2)]


def test_an_exact_entry_has_a_code_of_its_own():
    """Entries into an exact state are told from seeing it again, which is certain."""
    panel = panel_of([0, 0, 0], [0, 7, 9], [1, 2, 2], 3, exact=(2,))
    assert kinds(count_pairs(panel)) == [(2, 2, 2, 1), (7, 1, 5, 1)]


def test_exact_times_are_summed():
    """Dated moves become time in each state and moves between them, and no pairs."""
    panel = panel_of([0, 0, 1, 1], [0, 4, 0, 6], [0, 1, 0, 0], 3, exact_times=True)
    pairs = count_pairs(panel)
    assert len(pairs.count) == 0
    assert pairs.stayed[0].tolist() == [10, 0, 0]
    assert pairs.moved[0, 0, 1] == 1


def test_uncertain_states_are_hidden_only_before_another_look():
    """A set as the last observation factorises, one in the middle does not."""
    sets = [[True, True, False]]
    assert not has_hidden_middle(panel_of([0, 0], [0, 1], [0, 3], 3, sets=sets))
    assert has_hidden_middle(panel_of([0, 0, 0], [0, 1, 2], [0, 3, 0], 3, sets=sets))


def test_many_lags_are_sorted_not_tabulated():
    """A table too large to hold gives the same counts as one that is held."""
    rng = np.random.default_rng(1)
    lag = rng.uniform(0, 9, 2000)
    panel = panel_of(
        np.repeat(np.arange(2000), 2), np.stack([lag * 0, lag], 1).ravel(), [0, 1] * 2000, 3
    )
    pairs = count_pairs(panel)
    assert pairs.count.sum() == 2000
    assert np.allclose(np.sort(pairs.lag), np.sort(lag))


def test_states_nobody_leaves_are_absorbing():
    """Only the state without a move out of it."""
    assert absorbing_states(STRUCTURE).tolist() == [False, False, True]
