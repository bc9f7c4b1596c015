"""Which moves share a model: order of states, kinds, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.hazard_moves import ends_in, group_moves, read_moves
from hinge_outcomes.exceptions import AnalysisError, DataError, NoEventsError


def _moves(origin, destination, states=None):
    return read_moves(
        pd.Series(origin, name="from_state"), pd.Series(destination, name="to_state"), states
    )


LADDER = _moves(
    ["stage_9", "stage_10", "stage_2", "stage_10", "stage_9"],
    ["stage_10", "stage_9", "lost", "mastered", None],
)


def test_stages_are_in_the_order_of_the_ladder():
    """Stage 10 comes after stage 9, and the ends after the stages."""
    assert LADDER.states == ("stage_2", "stage_9", "stage_10", "mastered", "lost")
    assert group_moves(LADDER, None, "kind") == {
        "forward": [(1, 2)],
        "backward": [(2, 1)],
        "mastered": [(2, 3)],
        "lost": [(0, 4)],
    }


def test_a_stage_is_no_end_even_if_nobody_is_seen_in_it():
    """Stages can be left; other states that nobody is seen in are ends."""
    moves = _moves(["stage_1", "stage_1"], ["stage_2", "lost"])
    assert list(group_moves(moves, None, "kind")) == ["forward", "lost"]


def test_each_move_can_have_its_own_model():
    """Models are named by their move, in the order of the states."""
    names = list(group_moves(LADDER, None, "transition"))
    assert names == [
        "stage_2 -> lost",
        "stage_9 -> stage_10",
        "stage_10 -> stage_9",
        "stage_10 -> mastered",
    ]


def test_moves_can_be_chosen():
    """Only those asked for, observed or not; unknown states and odd shapes are refused."""
    chosen = group_moves(LADDER, [("stage_9", "lost")], "transition")
    assert chosen == {"stage_9 -> lost": [(1, 4)]}
    for wrong in ([("stage_9", "nowhere")], ["stage_9"], [("stage_9", "lost", "lost")]):
        with pytest.raises(AnalysisError, match="pairs"):
            group_moves(LADDER, wrong, "transition")


def test_whole_numbers_stay_whole_beside_missing_ones():
    """A missing destination does not turn state 3 into 3.0."""
    moves = _moves([1, 2, 1], [2, 3, np.nan])
    assert [str(state) for state in moves.states] == ["1", "2", "3"]
    assert moves.destination.tolist() == [1, 2, -1]


def test_categories_and_given_states_keep_their_order():
    """The order of categories, or of ``states``, decides what is forward."""
    ordered = pd.Categorical(["well", "ill"], categories=["well", "ill"])
    moves = _moves(ordered, ["ill", "well"])
    assert group_moves(moves, None, "kind") == {"forward": [(0, 1)], "backward": [(1, 0)]}
    turned = _moves(["well", "ill"], ["ill", "well"], states=["ill", "well"])
    assert turned.kind((0, 1)) == "forward"
    assert _moves(["a", 1], [1, "a"]).states == (1, "a")


def test_who_is_at_risk_and_who_moves():
    """All stays in a state of the group are at risk; others of the frame are not."""
    at_risk, moved = ends_in(LADDER, [(1, 2), (2, 1)])
    assert at_risk.tolist() == [True, True, False, True, True]
    assert moved.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("origin", "destination", "states", "message"),
    [
        (["a", None], ["b", "b"], None, "from_state is missing in 1 of 2"),
        (["a", "b"], ["b", "b"], None, "the state the stay was in already in 1 of 2 .*: 1"),
        (["a", "b"], ["b", "c"], ["a", "b"], "to_state names an unknown state in 1 of 2"),
    ],
)
def test_impossible_states_are_refused(origin, destination, states, message):
    """Rows are named by number."""
    with pytest.raises(DataError, match=message):
        _moves(origin, destination, states)


def test_no_moves_are_refused():
    """All censored: nothing to fit."""
    with pytest.raises(NoEventsError):
        group_moves(_moves(["a", "a"], [None, None]), None, "kind")
