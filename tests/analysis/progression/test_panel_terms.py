"""Covariates as columns of a design, and effects as parameters."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.panel_terms import (
    build_structure,
    find_effects,
    number_patterns,
    period_terms,
    read_terms,
    values_at,
)
from hinge_outcomes.analysis.progression.rate_structure import rates_of
from hinge_outcomes.analysis.progression.state_graph import read_graph
from hinge_outcomes.exceptions import AnalysisError, DataError

GRAPH = read_graph([(1, 2), (2, 1), (2, 3)])
FRAME = pd.DataFrame({"age": [40.0, 60.0, 50.0], "sex": ["f", "m", "f"]})
STARTS = np.array([True, True, True])


def test_effects_multiply_the_rates_of_their_moves():
    """An effect of log 2 on one move doubles its rate per unit, and no other."""
    terms, _ = read_terms(FRAME, ["age"], STARTS)
    effects = find_effects(GRAPH, terms, {(2, 3): ["age"]}, None)
    structure = build_structure(GRAPH, terms, effects)
    theta = np.array([0.0, 0.0, 0.0, np.log(2.0)])
    one, other = (values_at(terms, {"age": age})[None] for age in (50, 51))
    ratio = rates_of(structure, other, theta) / rates_of(structure, one, theta)
    assert ratio[0].tolist() == pytest.approx([1.0, 1.0, 2.0])


def test_constraints_tie_moves():
    """Three moves of which two share an effect have two effects."""
    terms, _ = read_terms(FRAME, ["age"], STARTS)
    effects = find_effects(GRAPH, terms, ["age"], [("age", [(1, 2), (2, 3)])])
    assert [effect.moves for effect in effects] == [(0, 2), (1,)]
    names = build_structure(GRAPH, terms, effects).names
    assert names[3] == "effect of age on 1 to 2, 2 to 3"


@pytest.mark.parametrize(
    "wrong",
    [
        [("height", [(1, 2)])],
        [("age", [(1, 2), (2, 1)]), ("age", [(2, 1), (2, 3)])],
        [("age", [(3, 1)])],
    ],
)
def test_constraints_that_do_not_fit_are_refused(wrong):
    """A covariate not in the model, a move in two lists, a move not in the graph."""
    terms, _ = read_terms(FRAME, ["age"], STARTS)
    with pytest.raises(DataError):
        find_effects(GRAPH, terms, ["age"], wrong)


def test_values_stand_at_their_mean_unless_given():
    """Left out, a covariate is at its mean over the rows that start an interval."""
    terms, _ = read_terms(FRAME, ["age", "sex"], np.array([True, True, False]))
    assert values_at(terms, {}).tolist() == [1.0, 0.0, 0.0]
    assert values_at(terms, {"age": 50, "sex": "f"}).tolist() == [1.0, 0.0, -0.5]
    for wrong in ({"sex": "x"}, {"height": 1}, {"age": "old"}):
        with pytest.raises(AnalysisError):
            values_at(terms, wrong)


def test_periods_hold_from_their_break_on():
    """A time before the first break is in no period, a time at a break in the one it begins."""
    terms = period_terms("day", np.array([30.0, 90.0]))
    at = {when: values_at(terms, {}, when).tolist() for when in (0.0, 30.0, 89.0, 90.0)}
    assert at[0.0] == [1.0, 0.0, 0.0]
    assert at[30.0] == at[89.0] == [1.0, 1.0, 0.0]
    assert at[90.0] == [1.0, 0.0, 1.0]


def test_patterns_are_distinct_rows():
    """Equal covariates share a pattern; rows that start nothing make none."""
    values = np.array([[1.0], [2.0], [1.0], [7.0]])
    found, pattern = number_patterns(values, np.array([True, True, True, False]))
    assert found.tolist() == [[1.0, 1.0], [1.0, 2.0]]
    assert pattern[:3].tolist() == [0, 1, 0]


def test_truth_values_and_nullable_numbers_are_numbers():
    """Booleans and nullable integers enter as 0 and 1, without levels."""
    frame = pd.DataFrame({"a": [True, False], "b": pd.array([1, 0], dtype="Int8")})
    terms, values = read_terms(frame, ["a", "b"], np.array([True, True]))
    assert [term.name for term in terms] == ["a", "b"]
    assert values.tolist() == [[0.5, 0.5], [-0.5, -0.5]]
