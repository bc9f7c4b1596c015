"""Read a frame of observed states into checked arrays: one row per observation, any names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers
from hinge_outcomes.analysis.progression.refused_rows import (
    check_columns,
    numbers_of,
    refuse_rows,
)
from hinge_outcomes.analysis.progression.state_graph import StateGraph


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Hold checked observations, subjects together and in order of time.

    Parameters
    ----------
    subject : ndarray of shape (N,)
        Whose observation, numbered from 0.
    time : ndarray of shape (N,)
        When.
    code : ndarray of shape (N,)
        What was seen.
    row : ndarray of shape (N,)
        Row of the frame.
    n_duplicates : int
        Identical rows that were left out.
    """

    subject: Integers
    time: Floats
    code: Integers
    row: Integers
    n_duplicates: int

    @property
    def goes_on(self) -> Bools:
        """Tell after which observations the same subject is seen again.

        Returns
        -------
        ndarray of shape (N,)
            False at each subject's last.
        """
        return np.append(self.subject[1:] == self.subject[:-1], False)


def read_observations(
    frame: pd.DataFrame,
    graph: StateGraph,
    *,
    subject: str,
    time: str,
    state: str,
    also: Sequence[str] = (),
    exact_times: bool = False,
    is_hidden: bool = False,
) -> Observations:
    """Read observed states in any order of rows, refusing what no course could show.

    Parameters
    ----------
    frame : DataFrame
        One row per observation.
    graph : StateGraph
        The states and possible moves.
    subject, time, state : str
        Its columns: whose observation, when, what was seen.
    also : sequence of str, default ()
        Covariates: rows that differ in them are no duplicates.
    exact_times : bool, default False
        True if every observation is the time of a move.
    is_hidden : bool, default False
        True if states are seen with error, so that no pair of observations is impossible.

    Returns
    -------
    Observations
        Sorted by subject and time; at one time, a state entered exactly comes last.

    Raises
    ------
    DataError
        If a column or a value is missing, a state is not in the graph, rows of one time contradict
        each other, or a move was observed for which there is no way.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.state_graph import read_graph
    >>> graph = read_graph([("ill", "well")])
    >>> frame = pd.DataFrame({"who": ["b", "a", "a"], "day": [0, 9, 0],
    ...                       "state": ["ill", "well", "ill"]})
    >>> seen = read_observations(frame, graph, subject="who", time="day", state="state")
    >>> seen.row.tolist()
    [0, 2, 1]
    """
    check_columns(frame, [subject, time, state, *also])
    when = numbers_of(frame[time], time, "Fill it or leave the row out.")
    who, _ = pd.factorize(frame[subject])
    refuse_rows(who < 0, f"{subject} is missing", "Every observation belongs to somebody; fill it.")
    code = _codes_of(frame[state], graph, state)
    is_last = np.zeros(len(graph.sets), dtype=bool)
    is_last[: len(graph.states)] = graph.is_exact | (~graph.steps().any(axis=1) & exact_times)
    kept = _in_order(who, when, is_last[code].astype(np.int64) - (code >= len(graph.states)))
    n_duplicates = 0
    tied = _tied(kept, who, when)
    if tied.any():
        rows = kept[np.append(tied, False) | np.append(False, tied)]
        again = frame.iloc[rows].duplicated(list(dict.fromkeys([subject, time, state, *also])))
        kept = kept[~np.isin(kept, rows[again.to_numpy()])]
        n_duplicates = int(again.sum())
        kept = _settle_ties(kept, who, when, code, is_last, graph, time)
    seen = Observations(
        subject=_renumbered(who[kept]),
        time=when[kept],
        code=code[kept],
        row=kept,
        n_duplicates=n_duplicates,
    )
    if not is_hidden:
        _check_moves(seen, graph, state, exact_times, len(frame))
    return seen


def _in_order(who: Integers, when: Floats, rank: Integers) -> Integers:
    """Give the rows by subject, time and rank; most files are in order already."""
    rows = np.arange(len(who))
    same = who[1:] == who[:-1]
    if ((who[1:] > who[:-1]) | (same & (when[1:] > when[:-1]))).all():
        return rows
    return np.lexsort((rank, when, who))


def _tied(kept: Integers, who: Integers, when: Floats) -> Bools:
    """Tell which rows stand at the time of the row after them."""
    found: Bools = (who[kept[1:]] == who[kept[:-1]]) & (when[kept[1:]] == when[kept[:-1]])
    return found


def _renumbered(who: Integers) -> Integers:
    """Number subjects that stand together from 0."""
    return np.cumsum(np.append(False, who[1:] != who[:-1]), dtype=np.int64)


def _codes_of(column: pd.Series, graph: StateGraph, name: str) -> Integers:
    codes, labels = pd.factorize(column)
    place = {label: number for number, label in enumerate(graph.codes)}
    missing = next((number for label, number in place.items() if pd.isna(label)), -1)
    numbers = np.array([*(place.get(label, -2) for label in labels), missing], dtype=np.int64)
    found: Integers = numbers[codes]
    refuse_rows(
        found == -1,
        f"{name} is missing",
        "Leave the row out, or give a code for states that are not known in censored_states.",
    )
    refuse_rows(
        found == -2,
        f"{name} is outside the graph",
        f"The states are: {', '.join(map(str, graph.states))}. Add the missing transitions, or "
        "name the code in censored_states.",
    )
    return found


def _settle_ties(
    kept: Integers,
    who: Integers,
    when: Floats,
    code: Integers,
    is_last: Bools,
    graph: StateGraph,
    time: str,
) -> Integers:
    """Allow one state and one exact entry at a time, drop what says less, refuse the rest."""
    size = len(graph.states)
    while True:
        tied = _tied(kept, who, when)
        one, other = kept[:-1], kept[1:]
        # An uncertain code beside a state that it may mean says nothing more.
        known = code[other] < size
        spare = tied & (code[one] >= size) & known
        spare &= graph.sets[code[one], np.where(known, code[other], 0)]
        if not spare.any():
            break
        kept = np.delete(kept, np.flatnonzero(spare))
    wrong = np.zeros(len(who), dtype=bool)
    wrong[other[tied & (~is_last[code[other]] | is_last[code[one]])]] = True
    refuse_rows(
        wrong,
        f"The state contradicts another row of the same subject and {time}",
        "Keep one state per time (the net move). Only a state dated exactly may follow another at "
        "the same time: name it in exact_states.",
    )
    return kept


def _check_moves(
    seen: Observations, graph: StateGraph, name: str, exact_times: bool, n_rows: int
) -> None:
    size, n_codes = len(graph.states), len(graph.codes)
    # From some state that the first code may mean to some that the second may mean.
    sets = graph.sets.astype(np.int64)
    is_wrong = (sets @ graph.reach().astype(np.int64) @ sets.T) == 0
    is_sudden = is_wrong.copy()
    is_sudden[:size, :size] = ~graph.steps() & ~np.eye(size, dtype=bool)
    goes_on = seen.goes_on[:-1]
    at_once = goes_on & (exact_times | (seen.time[1:] == seen.time[:-1]))
    cell = seen.code[:-1] * n_codes + seen.code[1:]
    occurs = np.bincount(cell[goes_on], minlength=n_codes**2) > 0
    if not ((occurs & is_wrong.ravel()).any() or at_once.any()):
        return
    found = goes_on & is_wrong.ravel()[cell] | at_once & is_sudden.ravel()[cell]
    places = np.flatnonzero(found)
    wrong = np.zeros(n_rows, dtype=bool)
    wrong[seen.row[places + 1]] = True
    refuse_rows(
        wrong,
        f"{name} was reached from the subject's previous state by a move for which transitions "
        "has no way",
        "Add the missing transitions, or mend the rows.",
    )
