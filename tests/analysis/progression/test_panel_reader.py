"""Reading observations: order, ties, codes for uncertain states."""

import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.panel_reader import read_observations
from hinge_outcomes.analysis.progression.state_graph import read_graph
from hinge_outcomes.exceptions import DataError

GRAPH = read_graph([(1, 2), (2, 1), (1, 3), (2, 3)], exact_states=[3], censored_states={9: (1, 2)})


def read(days, states, **options):
    frame = pd.DataFrame({"id": 1, "day": days, "state": states})
    return read_observations(frame, GRAPH, subject="id", time="day", state="state", **options)


def test_an_exact_state_comes_after_the_visit_of_its_day():
    """An exit and a visit on one day are ordered, whichever row stands first."""
    seen = read([7, 0, 7], [3, 1, 2])
    assert seen.row.tolist() == [1, 2, 0]


def test_two_states_at_one_time_contradict():
    """Two looks of one day that differ are refused, and so are two exits."""
    with pytest.raises(DataError, match="contradicts"):
        read([0, 7, 7], [1, 1, 2])


def test_an_uncertain_code_beside_its_state_is_dropped():
    """On one day 'ill or well' beside 'ill' says nothing more; beside the exit it contradicts."""
    assert read([0, 7, 7], [1, 9, 2]).code.tolist() == [0, 1]
    assert read([0, 7, 7], [1, 2, 9]).code.tolist() == [0, 1]


def test_identical_rows_count_once():
    """A row that is there twice is read once and counted."""
    seen = read([0, 7, 7], [1, 2, 2])
    assert len(seen.row) == 2
    assert seen.n_duplicates == 1


def test_covariates_can_contradict():
    """Rows of one day that differ in a covariate only are no duplicates but a contradiction."""
    frame = pd.DataFrame({"id": 1, "day": [0, 7, 7], "state": [1, 2, 2], "x": [0, 0, 1]})
    with pytest.raises(DataError, match="contradicts"):
        read_observations(frame, GRAPH, subject="id", time="day", state="state", also=["x"])


def test_nothing_comes_after_a_state_nobody_leaves():
    """A row after the exit is a move that the graph does not have."""
    with pytest.raises(DataError, match="no way"):
        read([0, 7, 14], [1, 3, 1])


def test_exact_times_allow_single_steps_only():
    """Where every move is dated, two states in a row must be one move apart."""
    graph = read_graph([(1, 2), (2, 3)])
    frame = pd.DataFrame({"id": 1, "day": [0, 7], "state": [1, 3]})
    names = {"subject": "id", "time": "day", "state": "state"}
    assert len(read_observations(frame, graph, **names).row) == 2
    with pytest.raises(DataError, match="no way"):
        read_observations(frame, graph, **names, exact_times=True)


def test_lag_0_needs_a_move_of_its_own():
    """An exit on the day of a visit needs the move from that very state."""
    graph = read_graph([(1, 2), (2, 3)], exact_states=[3])
    frame = pd.DataFrame({"id": 1, "day": [0, 0], "state": [1, 3]})
    with pytest.raises(DataError, match="no way"):
        read_observations(frame, graph, subject="id", time="day", state="state")


def test_a_missing_state_may_have_a_code():
    """A missing value that censored_states explains is read as that set."""
    graph = read_graph([(1, 2), (2, 1)], censored_states={None: (1, 2)})
    frame = pd.DataFrame({"id": 1, "day": [0, 7], "state": [1, None]})
    seen = read_observations(frame, graph, subject="id", time="day", state="state")
    assert seen.code.tolist() == [0, 2]


def test_states_seen_with_error_are_not_checked_for_moves():
    """Where ratings err, a move without a way may be an error of rating and is let through."""
    graph = read_graph([(1, 2)])
    frame = pd.DataFrame({"id": 1, "day": [0, 7], "state": [2, 1]})
    seen = read_observations(frame, graph, subject="id", time="day", state="state", is_hidden=True)
    assert seen.code.tolist() == [1, 0]
