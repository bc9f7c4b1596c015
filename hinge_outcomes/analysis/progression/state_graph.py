"""The states of a Markov process, the moves between them, and codes for uncertain states."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.panel_data import Bools, Integers
from hinge_outcomes.exceptions import DataError

Move = tuple[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class StateGraph:
    """Hold the states, the possible moves, and what else may be written in their place.

    Parameters
    ----------
    states : tuple
        The S states.
    moves : ndarray of shape (R, 2)
        From and to of each possible move.
    is_exact : ndarray of shape (S,)
        States whose entry is dated exactly.
    codes : tuple
        Labels of the M codes: the states, then the codes of uncertain ones.
    sets : ndarray of shape (M, S)
        Which states each code may mean.
    """

    states: tuple[Any, ...]
    moves: Integers
    is_exact: Bools
    codes: tuple[Any, ...]
    sets: Bools

    def number(self, state: Any, where: str) -> int:
        """Find a state.

        Parameters
        ----------
        state : object
            Its label.
        where : str
            The argument that names it.

        Returns
        -------
        int
            Its place in ``states``.

        Raises
        ------
        DataError
            If it is no state.
        """
        try:
            return self.states.index(state)
        except ValueError:
            raise DataError(
                f"{where} names a state that no transition does. "
                f"The states are: {', '.join(map(str, self.states))}."
            ) from None

    def move_number(self, move: Any, where: str) -> int:
        """Find a possible move.

        Parameters
        ----------
        move : tuple
            Labels of the states from and to.
        where : str
            The argument that names it.

        Returns
        -------
        int
            Its place in ``moves``.

        Raises
        ------
        DataError
            If it is none of the transitions.
        """
        if isinstance(move, tuple) and len(move) == 2:
            wanted = [self.number(state, where) for state in move]
            found = np.flatnonzero((self.moves == wanted).all(axis=1))
            if len(found):
                return int(found[0])
        raise DataError(
            f"{where} names a move that is none of the transitions. They are: "
            f"{', '.join(self.move_names())}. Write a move as (from, to)."
        )

    def move_names(self) -> list[str]:
        """Give the moves in words.

        Returns
        -------
        list of str
            From and to of each.
        """
        return [f"{self.states[one]} to {self.states[other]}" for one, other in self.moves]

    def steps(self) -> Bools:
        """Tell which states follow which at once.

        Returns
        -------
        ndarray of shape (S, S)
            True where there is a move.
        """
        found = np.zeros((len(self.states), len(self.states)), dtype=bool)
        found[self.moves[:, 0], self.moves[:, 1]] = True
        return found

    def reach(self) -> Bools:
        """Tell which states can be reached from which, at once or over others.

        Returns
        -------
        ndarray of shape (S, S)
            True where there is a way from the row to the column; every state reaches itself.
        """
        found = self.steps() | np.eye(len(self.states), dtype=bool)
        for middle in range(len(self.states)):
            found |= np.outer(found[:, middle], found[middle])
        return found


def read_graph(
    transitions: Sequence[Move],
    *,
    states: Sequence[Any] | None = None,
    exact_states: Sequence[Any] = (),
    censored_states: Mapping[Hashable, Sequence[Any]] | None = None,
    column: pd.Series | None = None,
) -> StateGraph:
    """Read the possible moves.

    Parameters
    ----------
    transitions : sequence of (from, to)
        The possible moves, by the labels of the states.
    states : sequence, optional
        All states in the order wanted. Default: those of the transitions, categories of the column
        in their own order, else sorted.
    exact_states : sequence, default ()
        States whose entry is dated exactly.
    censored_states : mapping, optional
        From a code in the data to the states it may mean.
    column : Series, optional
        The observed states, for the order of its categories.

    Returns
    -------
    StateGraph
        The states and moves.

    Raises
    ------
    DataError
        If a move is named twice, stays where it is or joins unknown states, or a code of uncertain
        states means none or is itself a state.

    Examples
    --------
    >>> graph = read_graph([("ill", "well"), ("well", "ill"), ("ill", "dead")])
    >>> graph.states, graph.moves.tolist()
    (('dead', 'ill', 'well'), [[1, 2], [2, 1], [1, 0]])
    """
    moves = [tuple(move) for move in transitions]
    if not moves or any(len(move) != 2 or move[0] == move[1] for move in moves):
        raise DataError(
            "transitions must be a list of (from, to) with two different states in each, such as "
            "[('ill', 'well'), ('well', 'ill')]; at least one is needed."
        )
    if len(set(moves)) < len(moves):
        raise DataError("transitions names a move twice. Give each possible move once.")
    known = _order_states(moves, states, column)
    graph = StateGraph(
        known, np.zeros((0, 2), np.int64), np.zeros(len(known), bool), known, np.eye(len(known)) > 0
    )
    censored = dict(censored_states or {})
    codes, sets = list(known), [graph.sets]
    for code, meant in censored.items():
        places = [graph.number(state, "censored_states") for state in meant]
        if code in known or not places:
            raise DataError(
                "censored_states must map a code that is no state to at least one state, such as "
                "{99: (1, 2)}: 99 is written where the state is 1 or 2."
            )
        codes.append(code)
        sets.append(np.isin(np.arange(len(known)), places)[None])
    return StateGraph(
        states=known,
        moves=np.array(
            [[graph.number(state, "transitions") for state in move] for move in moves], np.int64
        ),
        is_exact=np.isin(
            np.arange(len(known)), [graph.number(state, "exact_states") for state in exact_states]
        ),
        codes=tuple(codes),
        sets=np.concatenate(sets),
    )


def _order_states(
    moves: list[tuple[Any, ...]],
    states: Sequence[Any] | None,
    column: pd.Series | None,
) -> tuple[Any, ...]:
    if states is not None:
        if len(set(states)) < len(states):
            raise DataError("states names a state twice. Give each state once.")
        return tuple(states)
    found = dict.fromkeys(state for move in moves for state in move)
    if column is not None and isinstance(column.dtype, pd.CategoricalDtype):
        ordered = [state for state in column.cat.categories if state in found]
        return (*ordered, *(state for state in found if state not in ordered))
    try:
        return tuple(sorted(found))
    except TypeError:
        return tuple(found)
