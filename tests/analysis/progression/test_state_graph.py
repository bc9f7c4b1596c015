"""The graph of states: order, moves, reach, codes."""

import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.state_graph import read_graph
from hinge_outcomes.exceptions import DataError


def test_states_take_the_order_of_categories_else_sorted_else_given():
    """Categories keep their order; labels are sorted; a list given wins."""
    moves = [("b", "a"), ("b", "c")]
    column = pd.Series(pd.Categorical(["b"], categories=["c", "b", "a", "unused"]))
    assert read_graph(moves, column=column).states == ("c", "b", "a")
    assert read_graph(moves).states == ("a", "b", "c")
    assert read_graph(moves, states=["b", "c", "a"]).states == ("b", "c", "a")


def test_reach_follows_several_moves():
    """1 reaches 3 over 2, 3 reaches only itself."""
    reach = read_graph([(1, 2), (2, 3)]).reach()
    assert reach.tolist() == [[True, True, True], [False, True, True], [False, False, True]]


def test_codes_of_uncertain_states_follow_the_states():
    """A code becomes a further row of sets."""
    graph = read_graph([(1, 2), (2, 3)], censored_states={99: (1, 3)})
    assert graph.codes == (1, 2, 3, 99)
    assert graph.sets[3].tolist() == [True, False, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"transitions": []},
        {"transitions": [(1, 1)]},
        {"transitions": [(1, 2), (1, 2)]},
        {"transitions": [(1, 2)], "states": [1, 1, 2]},
        {"transitions": [(1, 2)], "states": [1]},
        {"transitions": [(1, 2)], "exact_states": [2], "censored_states": {2: (1,)}},
        {"transitions": [(1, 2)], "censored_states": {9: ()}},
        {"transitions": [(1, 2)], "censored_states": {9: (5,)}},
    ],
)
def test_what_is_no_graph_is_refused(wrong):
    """Empty, doubled or looping moves and codes without meaning raise."""
    with pytest.raises(DataError):
        read_graph(**wrong)
