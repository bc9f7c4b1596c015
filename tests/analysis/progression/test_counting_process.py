"""Who is at risk and who moves at each event time."""

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import (
    at_risk_by_time,
    count_moves,
    starting_counts,
)
from hinge_outcomes.analysis.progression.starting_mix import StartingMix


def _count(start, stop, state, destination, weight=None, cluster=None, n_states=3):
    n = len(start)
    return count_moves(
        np.array(start, float),
        np.array(stop, float),
        np.array(state),
        np.array(destination),
        np.ones(n) if weight is None else np.array(weight, float),
        np.arange(n) if cluster is None else np.array(cluster),
        n_states=n_states,
        n_clusters=n if cluster is None else max(cluster) + 1,
    )


def test_entry_at_a_time_is_not_at_risk_then_and_exit_at_it_is():
    """At risk means start < time <= stop, so an entry on the day of an event comes after it."""
    moves = _count([0, 3, 0], [3, 9, 3], [0, 0, 0], [1, 1, -1])
    assert moves.times.tolist() == [3, 9]
    assert moves.row_at_risk.tolist() == [2, 1]
    assert moves.cell_hazard.tolist() == [0.5, 1]


def test_moves_of_one_time_share_one_risk_set():
    """Two different moves out of a state at one time both count everybody there."""
    moves = _count([0, 0, 0, 0], [5, 5, 5, 8], [0, 0, 0, 0], [1, 1, 2, -1])
    assert moves.row_at_risk.tolist() == [4]
    assert moves.cell_hazard.tolist() == [0.5, 0.25]
    assert moves.row_stay.tolist() == [0.25]
    assert moves.cell.tolist() == [0, 0, 1, -1]
    assert moves.cell_time.tolist() == [0, 0]


def test_weights_count_in_the_risk_set_and_in_the_moves():
    """A weight of 3 is three people."""
    moves = _count([0, 0], [2, 4], [0, 0], [1, -1], weight=[3, 1])
    assert moves.row_at_risk.tolist() == [4]
    assert moves.cell_hazard.tolist() == [0.75]


def test_rounding_of_weights_never_lets_more_leave_than_were_there():
    """When the last one leaves after millions of weight, the share that stays is exactly 0."""
    weight = [1e9, 0.1, 1e9 / 3, 0.1 + 0.2]
    moves = _count([0] * 4, [1, 2, 3, 4], [0] * 4, [1] * 4, weight=weight)
    assert moves.row_stay[-1] == 0
    assert (moves.cell_hazard <= 1).all()


def test_without_any_event_the_first_stop_stands_in():
    """Nobody moves: one time without cells, so that the starting shares exist."""
    moves = _count([0, 0], [5, 8], [0, 1], [-1, -1])
    assert moves.times.tolist() == [5]
    assert len(moves.cell_to) == 0
    assert StartingMix.of_counts(starting_counts(moves)).shares.tolist() == [0.5, 0.5, 0]


def test_the_starting_set_is_who_is_there_just_before_the_first_event():
    """Censored before it, or entering at it, is not there; influences cancel over clusters."""
    moves = _count([0, 0, 5, 2], [4, 5, 9, 9], [1, 0, 0, 2], [-1, 1, 1, -1])
    mix = StartingMix.of_counts(starting_counts(moves))
    influence = mix.influence()
    assert mix.shares.tolist() == [0.5, 0, 0.5]
    assert np.allclose(influence.sum(axis=0), 0)
    assert influence[0].tolist() == [0, 0, 0]


def test_at_risk_by_time_counts_heads_without_weights():
    """One stay over two times, one over three."""
    at_risk = at_risk_by_time(np.array([0, 0]), np.array([0, 1]), np.array([2, 4]), None, 1, 4)
    assert at_risk.tolist() == [[1, 2, 1, 1]]
