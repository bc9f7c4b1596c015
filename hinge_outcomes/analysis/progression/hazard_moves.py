"""Which moves between states share one Cox model: each by itself, or all of one kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.refused_rows import refuse_rows
from hinge_outcomes.analysis.progression.risk_sets import Flags, Integers
from hinge_outcomes.domain.states import STAGE_STATES, STATES
from hinge_outcomes.exceptions import AnalysisError, NoEventsError

PER = ("kind", "transition")
"""One model for all moves of a kind, or one for each move."""


@dataclass(frozen=True, slots=True, repr=False)
class Moves:
    """Hold the states of stays, and the moves that end them, as numbers.

    Parameters
    ----------
    states : tuple
        All states, in order.
    origin, destination : ndarray, shape (n,)
        Place in ``states``; destination -1 means censored.
    is_left : ndarray of bool, shape (S,)
        Whether the state can be left: somebody stays in it, or it is a stage of the ladder.
    """

    states: tuple[Any, ...]
    origin: Integers
    destination: Integers
    is_left: Flags

    def kind(self, move: tuple[int, int]) -> str:
        """Name the kind of a move.

        Parameters
        ----------
        move : tuple of int
            Places of the state left and of the state entered.

        Returns
        -------
        str
            "forward" or "backward" in the order of the states; a state that nobody leaves is a kind
            of its own.
        """
        origin, destination = move
        if not self.is_left[destination]:
            return str(self.states[destination])
        return "forward" if destination > origin else "backward"

    def name(self, move: tuple[int, int]) -> str:
        """Name a move.

        Parameters
        ----------
        move : tuple of int
            Places of the state left and of the state entered.

        Returns
        -------
        str
            Such as ``stage_3 -> stage_4``.
        """
        return f"{self.states[move[0]]} -> {self.states[move[1]]}"

    def observed(self) -> list[tuple[int, int]]:
        """List the moves that happen.

        Returns
        -------
        list of tuple of int
            In the order of the states.
        """
        moved = self.destination >= 0
        pairs = np.unique(np.column_stack([self.origin[moved], self.destination[moved]]), axis=0)
        return [(int(one), int(other)) for one, other in pairs]


def read_moves(
    origin: pd.Series, destination: pd.Series, states: Sequence[Any] | None = None
) -> Moves:
    """Read the states of stays.

    Parameters
    ----------
    origin, destination : Series
        State held and state moved to (missing: censored).
    states : sequence, optional
        All states in order. Default: stages and ends in their own order, if all are such; else
        categories in theirs; else sorted.

    Returns
    -------
    Moves
        The states as numbers.

    Raises
    ------
    DataError
        If a state held is missing, a state is not among ``states``, or a stay ends in its own.

    Examples
    --------
    >>> moves = read_moves(pd.Series(["ill", "well"]), pd.Series(["well", None]))
    >>> moves.states, [moves.kind(move) for move in moves.observed()]
    (('ill', 'well'), ['forward'])
    """
    refuse_rows(
        origin.isna().to_numpy(dtype=bool),
        f"{origin.name} is missing",
        "Only the state entered may be missing (censored).",
    )
    known = tuple(states) if states is not None else _states(origin, destination)
    place = {state: number for number, state in enumerate(known)}
    codes = []
    for column in (origin, destination):
        numbers, labels = pd.factorize(column)
        table = np.array([place.get(label, -2) for label in labels] + [-1], dtype=np.int64)
        codes.append(table[numbers])
        refuse_rows(
            codes[-1] == -2,
            f"{column.name} names an unknown state",
            f"The states are: {', '.join(map(str, known))}.",
        )
    refuse_rows(
        codes[0] == codes[1],
        f"{destination.name} is the state the stay was in already",
        f"Leave {destination.name} missing where the stay goes on or is censored.",
    )
    is_left = np.bincount(codes[0], minlength=len(known)) > 0
    # A stage can be left, also where these few stays do not show it.
    is_left |= np.array([state in STAGE_STATES for state in known])
    return Moves(known, codes[0], codes[1], is_left)


def _states(origin: pd.Series, destination: pd.Series) -> tuple[Any, ...]:
    found = set(origin.unique()) | set(destination.dropna().unique())
    if all(isinstance(state, int | float | np.integer) and state == int(state) for state in found):
        # A missing value among whole numbers turns them into floats.
        found = {int(state) for state in found}
    if found <= set(STATES):
        return tuple(state for state in STATES if state in found)
    ordered: list[Any] = []
    for column in (origin, destination):
        if isinstance(column.dtype, pd.CategoricalDtype):
            ordered += [state for state in column.cat.categories if state in found]
    left = found - set(ordered)
    try:
        rest = sorted(left)
    except TypeError:
        rest = sorted(left, key=str)
    return tuple(dict.fromkeys([*ordered, *rest]))


def group_moves(
    moves: Moves, transitions: Sequence[tuple[Any, Any]] | None, per: str
) -> dict[str, list[tuple[int, int]]]:
    """Say which moves share a model.

    Parameters
    ----------
    moves : Moves
        The stays.
    transitions : sequence of (from, to), or None
        The moves wanted; None means all that happen.
    per : {"kind", "transition"}
        Whether moves of one kind share a model.

    Returns
    -------
    dict of str to list
        The moves of each model, named, forward before backward before ends.

    Raises
    ------
    AnalysisError
        If ``per`` is not one of those listed, or a move names an unknown state.
    NoEventsError
        If nobody moves.

    Examples
    --------
    >>> moves = read_moves(pd.Series(["stage_1", "stage_2"]), pd.Series(["stage_2", "lost"]))
    >>> group_moves(moves, None, "kind")
    {'forward': [(0, 1)], 'lost': [(1, 2)]}
    """
    if per not in PER:
        raise AnalysisError(f"per is {per!r}, but must be one of: {', '.join(PER)}.")
    wanted = moves.observed()
    if not wanted:
        raise NoEventsError(
            "Every stay is censored, so there is no move whose hazard could be fitted."
        )
    if transitions is not None:
        place = {state: number for number, state in enumerate(moves.states)}
        try:
            wanted = [(place[origin], place[destination]) for origin, destination in transitions]
        except (KeyError, TypeError, ValueError):
            raise AnalysisError(
                "transitions must be pairs (state left, state entered). The states are: "
                f"{', '.join(map(str, moves.states))}."
            ) from None
    if per == "transition":
        return {moves.name(move): [move] for move in wanted}
    kinds: dict[str, list[tuple[int, int]]] = {"forward": [], "backward": []}
    for move in sorted(wanted, key=lambda move: (move[1], move[0])):
        kinds.setdefault(moves.kind(move), []).append(move)
    return {kind: sorted(group) for kind, group in kinds.items() if group}


def ends_in(moves: Moves, group: Sequence[tuple[int, int]]) -> tuple[Flags, Flags]:
    """Find the stays at risk of a group of moves, and those that end in one of them.

    Parameters
    ----------
    moves : Moves
        The stays.
    group : sequence of tuple of int
        The moves.

    Returns
    -------
    is_at_risk, is_event : ndarray of bool, shape (n,)
        Flags of the stays.

    Examples
    --------
    >>> moves = read_moves(pd.Series(["ill", "well"]), pd.Series(["well", None]))
    >>> [flags.tolist() for flags in ends_in(moves, [(0, 1)])]
    [[True, False], [True, False]]
    """
    n_states = len(moves.states)
    is_move = np.zeros((n_states, n_states + 1), dtype=bool)
    is_move[tuple(np.array(group).T)] = True
    has_move = np.asarray(is_move.any(axis=1))
    return has_move[moves.origin], is_move[moves.origin, moves.destination]
