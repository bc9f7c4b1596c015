"""Errors of observation and first states, read from arguments."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.emission_structure import (
    emission_chances,
    start_chances,
)
from hinge_outcomes.analysis.progression.panel_emissions import (
    estimated_start,
    read_initial,
    read_misclassification,
)
from hinge_outcomes.analysis.progression.state_graph import read_graph
from hinge_outcomes.exceptions import DataError
from tests.analysis.progression.panel_examples import panel_of

GRAPH = read_graph([(1, 2), (2, 3), (1, 4)], exact_states=[4])


def test_the_search_starts_at_the_probabilities_given():
    """Errors of 0.1 and 0.2 are where the parameters start; the rest is seen as it is."""
    structure = read_misclassification(GRAPH, {(2, 1): 0.1, (2, 3): 0.2, (1, 2): None})
    found = emission_chances(structure, structure.start)
    assert found[1] == pytest.approx([0.1, 0.7, 0.2, 0.0])
    assert found[0] == pytest.approx([0.95, 0.05, 0.0, 0.0])
    assert found[3] == pytest.approx([0, 0, 0, 1])
    assert structure.names[0] == "log odds of seeing 2 as 1"


@pytest.mark.parametrize(
    "wrong",
    [
        {(1, 1): 0.1},
        {(1, 4): 0.1},
        {(1, 2): 0.0},
        {(1, 2): 0.6, (1, 3): 0.5},
        {(1, 9): 0.1},
        {1: 2},
    ],
)
def test_errors_that_cannot_be_are_refused(wrong):
    """No error, a state dated exactly, a probability of 0, more than 1 in all, an unknown state."""
    with pytest.raises(DataError):
        read_misclassification(GRAPH, wrong)


def test_without_errors_there_is_no_structure():
    """None and an empty mapping both mean that states are seen as they are."""
    assert read_misclassification(GRAPH, None) is None
    assert read_misclassification(GRAPH, {}) is None


def test_initial_is_rates_or_shares():
    """Keys that are states give shares, pairs give starting rates, anything else is refused."""
    rates, first = read_initial(GRAPH, {1: 0.5, 2: 0.5})
    assert rates == {}
    assert first.tolist() == [0.5, 0.5, 0, 0]
    assert read_initial(GRAPH, {(1, 2): 0.3}) == ({(1, 2): 0.3}, None)
    assert read_initial(GRAPH, "estimated") == ({}, None)
    for wrong in ("guessed", {1: 0.5, 2: 0.2}, {1: 1.5, 2: -0.5}):
        with pytest.raises(DataError):
            read_initial(GRAPH, wrong)


def test_estimated_first_states_are_those_that_first_rows_allow():
    """A first row seen as 1 may truly be 1 or 2; a first code means its own set."""
    structure = read_misclassification(GRAPH, {(2, 1): 0.1})
    panel = panel_of([0, 0], [0, 1], [0, 1], 4)
    start = estimated_start(panel, structure)
    assert start_chances(start, np.array([np.log(3.0)]))[0].tolist() == pytest.approx(
        [0.25, 0.75, 0, 0]
    )
    coded = panel_of([0, 0], [0, 1], [4, 1], 4, sets=[[True, False, True, False]])
    assert estimated_start(coded, None).possible[0].tolist() == [True, False, True, False]
