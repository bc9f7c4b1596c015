"""Read from the arguments of a panel model how states are seen and where subjects begin."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hinge_outcomes.analysis.progression.emission_structure import (
    EmissionStructure,
    StartStructure,
)
from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, PanelData
from hinge_outcomes.analysis.progression.state_graph import Move, StateGraph
from hinge_outcomes.exceptions import DataError

_FIRST_GUESS = 0.05
"""Where no starting probability of an error is given."""

ESTIMATED = "estimated"
"""In place of a distribution of the first state: it has parameters of its own."""


def read_misclassification(
    graph: StateGraph, errors: Mapping[Move, float | None] | None
) -> EmissionStructure | None:
    """Give the structure of the errors with which states are seen.

    Parameters
    ----------
    graph : StateGraph
        The states.
    errors : mapping, optional
        From (true, observed) to a starting probability, or None for a small one.

    Returns
    -------
    EmissionStructure or None
        One log odds per error, against being seen as it is; None without errors.

    Raises
    ------
    DataError
        If a pair is none of two states, a state dated exactly is among them, or the probabilities
        of a true state do not leave room for seeing it as it is.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.state_graph import read_graph
    >>> graph = read_graph([("ill", "well")])
    >>> read_misclassification(graph, {("ill", "well"): 0.2}).start.round(3).tolist()
    [-1.386]
    """
    if not errors:
        return None
    size = len(graph.states)
    chance = np.zeros((size, size))
    names = []
    for pair, value in errors.items():
        if not (isinstance(pair, tuple) and len(pair) == 2 and pair[0] != pair[1]):
            raise DataError("misclassification maps (true, observed), two different states.")
        true, seen = (graph.number(state, "misclassification") for state in pair)
        if graph.is_exact[[true, seen]].any():
            raise DataError("A state that is dated exactly is seen as it is; leave it out.")
        chance[true, seen] = _FIRST_GUESS if value is None else value
        names.append(f"log odds of seeing {pair[0]} as {pair[1]}")
    right = 1 - chance.sum(axis=1)
    rows = np.array([[graph.states.index(state) for state in pair] for pair in errors])
    if (right <= 0).any() or (chance[tuple(rows.T)] <= 0).any():
        raise DataError(
            "Probabilities in misclassification must be above 0, and those of one true state must "
            "sum to less than 1."
        )
    maps = np.zeros((size, size, len(rows)))
    maps[rows[:, 0], rows[:, 1], np.arange(len(rows))] = 1.0
    return EmissionStructure(
        possible=(chance > 0) | np.eye(size, dtype=bool),
        maps=maps,
        offsets=np.zeros((size, size)),
        names=tuple(names),
        start=np.log(chance[tuple(rows.T)] / right[rows[:, 0]]),
    )


def read_initial(
    graph: StateGraph, initial: Mapping[Any, float] | str | None
) -> tuple[dict[Any, float], Floats | None]:
    """Tell starting rates from a distribution of the first state.

    Parameters
    ----------
    graph : StateGraph
        The states.
    initial : mapping or str, optional
        Either.

    Returns
    -------
    rates : dict
        Starting values of rates.
    first : ndarray of shape (S,) or None
        Distribution of the first state, if that was given.

    Raises
    ------
    DataError
        If probabilities do not sum to 1.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.state_graph import read_graph
    >>> graph = read_graph([("ill", "well")])
    >>> read_initial(graph, {"ill": 0.25, "well": 0.75})[1].tolist()
    [0.25, 0.75]
    """
    if initial is None or isinstance(initial, str):
        if initial not in (None, ESTIMATED):
            raise DataError(f"initial must be a mapping or {ESTIMATED!r}.")
        return {}, None
    given = dict(initial)
    if not given or not all(label in graph.states for label in given):
        return given, None
    share = np.array([float(given.get(label, 0.0)) for label in graph.states])
    if (share < 0).any() or not np.isclose(share.sum(), 1):
        raise DataError("initial must give probabilities of the states that sum to 1.")
    return {}, share


def estimated_start(panel: PanelData, emission: EmissionStructure | None) -> StartStructure:
    """Give the distribution of the first true state parameters of its own.

    Parameters
    ----------
    panel : PanelData
        The observations.
    emission : EmissionStructure or None
        How states are seen.

    Returns
    -------
    StartStructure
        Log odds of each state that a first observation allows, against the first such state.
    """
    size = len(panel.states)
    first = np.append(True, panel.subject[1:] != panel.subject[:-1])
    codes = np.unique(panel.code[first])
    seen_as = np.eye(size, dtype=bool) if emission is None else emission.possible
    # A set says which true states are possible; a state, as which true states it may be seen.
    allowed = np.array([seen_as[:, code] if code < size else panel.sets[code] for code in codes])
    possible: Bools = np.asarray(allowed.any(axis=0))
    places = np.flatnonzero(possible)[1:]
    maps = np.zeros((size, len(places)))
    maps[places, np.arange(len(places))] = 1.0
    return StartStructure(
        group=np.zeros(int(first.sum()), dtype=np.int64),
        possible=possible[None],
        maps=maps,
        offsets=np.zeros(size),
        names=tuple(f"log odds of starting in {panel.states[place]}" for place in places),
        start=np.zeros(len(places)),
    )
