"""Read a frame of stays into checked arrays: one row per stay, any names, any states."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.progression.counting_process import (
    CountingProcess,
    Floats,
    Integers,
    count_moves,
)
from hinge_outcomes.exceptions import DataError

_ROWS_NAMED = 5


@dataclass(frozen=True, slots=True, repr=False)
class StayArrays:
    """Hold the stays of a frame as numbers.

    Rows of weight 0 are left out. Rows are in the order of id and start.

    Parameters
    ----------
    start, stop : ndarray, shape (N,)
        Bounds of each stay.
    state, destination : ndarray, shape (N,)
        Place in ``states``; destination -1 means censored.
    weight : ndarray, shape (N,)
        Weights, 1 where none were given.
    subject, cluster : ndarray, shape (N,)
        Numbers of the id and of the cluster.
    states : tuple
        The states, in order.
    clusters : ndarray
        The label of each cluster number.
    n_subjects : int
        Number of ids.
    complete_until : float
        Up to this time nobody was censored while able to move, and nobody entered late;
        infinity if that never happened.
    n_repeated : int, default 0
        Rows that repeat another in every column used, and were left out.
    """

    start: Floats
    stop: Floats
    state: Integers
    destination: Integers
    weight: Floats
    subject: Integers
    cluster: Integers
    states: tuple[Any, ...]
    clusters: npt.NDArray[Any]
    n_subjects: int
    complete_until: float
    n_repeated: int = 0

    def moves(self, kept: npt.NDArray[np.bool_] | None = None) -> CountingProcess:
        """Count who is at risk and who moves, among all stays or some of them.

        Parameters
        ----------
        kept : ndarray of bool, optional
            Which stays. Default: all.

        Returns
        -------
        CountingProcess
            The indexed stays.
        """
        some = slice(None) if kept is None else kept
        return count_moves(
            self.start[some],
            self.stop[some],
            self.state[some],
            self.destination[some],
            self.weight[some],
            self.cluster[some],
            n_states=len(self.states),
            n_clusters=len(self.clusters),
        )


def read_stays(
    frame: pd.DataFrame,
    *,
    id: str,
    start: str,
    stop: str,
    from_state: str,
    to_state: str,
    states: Sequence[Any] | None = None,
    cluster: str | npt.ArrayLike | None = None,
    weights: str | npt.ArrayLike | None = None,
) -> StayArrays:
    """Read stays into arrays, refusing what cannot be a history.

    A row that repeats another in every column used is the same record, and counts once.

    Parameters
    ----------
    frame : DataFrame
        One row per stay.
    id, start, stop, from_state, to_state : str
        Its columns. A missing ``to_state`` means the stay is censored.
    states : sequence, optional
        All states, in the order wanted. Default: those found, categories in their own order,
        else sorted.
    cluster : str or array_like, optional
        Column, or one label per row; default: the id.
    weights : str or array_like, optional
        Column, or one number per row; default: 1.

    Returns
    -------
    StayArrays
        Sorted by id and start.

    Raises
    ------
    DataError
        If a column is missing, there are no rows, a time, id, state, cluster or weight is missing
        or impossible, a stay has no length, stays of one id overlap, or one contradicts the next.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [1, 1], "tstart": [0, 3], "tstop": [3, 9],
    ...                       "from": ["ill", "well"], "to": ["well", None]})
    >>> stays = read_stays(frame, id="id", start="tstart", stop="tstop", from_state="from",
    ...                    to_state="to")
    >>> stays.states, stays.destination.tolist(), stays.complete_until
    (('ill', 'well'), [1, -1], 9.0)
    """
    named = [column for column in (cluster, weights) if isinstance(column, str)]
    _check_columns(frame, [id, start, stop, from_state, to_state, *named])
    if frame.empty:
        raise DataError(
            "The frame of stays has no rows. Give one row per stay, with its start, stop and "
            "states."
        )
    begin, end = _numbers(frame[start], start), _numbers(frame[stop], stop)
    _refuse(
        ~(begin < end),
        f"{stop} is not later than {start}",
        "Every stay needs a length; give an exit on day 0 half a day (stop 0.5).",
    )
    subject, labels = _codes(frame[id], id)
    group, groups = (
        (subject, np.asarray(labels, object))
        if cluster is None
        else _codes(
            frame[cluster] if isinstance(cluster, str) else _aligned(cluster, frame, "cluster"),
            cluster if isinstance(cluster, str) else "cluster",
        )
    )
    weight = np.ones(len(frame))
    if weights is not None:
        name = weights if isinstance(weights, str) else "weights"
        weight = _numbers(
            frame[name] if isinstance(weights, str) else _aligned(weights, frame, name), name
        )
        _refuse(weight < 0, f"{name} is negative", "A weight is 0 or more.")
        if not (weight > 0).any():
            raise DataError(f"{name} is 0 in every row. At least one stay needs a positive weight.")
    known = _states(frame[from_state], frame[to_state], states)
    origin = _state_codes(frame[from_state], known, from_state)
    _refuse(
        origin == -1,
        f"{from_state} is missing",
        "Only the state entered may be missing (censored).",
    )
    destination = _state_codes(frame[to_state], known, to_state)
    _refuse(
        origin == destination,
        f"{to_state} is the state the stay was in already",
        f"Leave {to_state} missing where the stay goes on or is censored.",
    )

    order = np.lexsort((begin, subject))
    order = _once(order, (begin, end, subject, group, origin, destination, weight))
    begin, end, subject, group = begin[order], end[order], subject[order], group[order]
    origin, destination, weight = origin[order], destination[order], weight[order]
    same = subject[1:] == subject[:-1]
    _refuse_in_order(
        same & (begin[1:] < end[:-1]),
        (order, len(frame)),
        f"{start} lies before the previous {stop} of the same {id}",
        "Stays of one person follow each other; mend or merge the overlapping rows.",
    )
    joined = same & (begin[1:] == end[:-1])
    _refuse_in_order(
        joined & (destination[:-1] >= 0) & (destination[:-1] != origin[1:]),
        (order, len(frame)),
        f"{from_state} is not the state that the previous stay moved to",
        f"Where stays touch, {from_state} must be the previous {to_state}.",
    )
    complete = complete_until(begin, end, origin, destination, joined)
    kept = weight > 0
    return StayArrays(
        start=begin[kept],
        stop=end[kept],
        state=origin[kept],
        destination=destination[kept],
        weight=weight[kept],
        subject=subject[kept],
        cluster=group[kept],
        states=known,
        clusters=np.asarray(groups, object),
        n_subjects=len(labels),
        complete_until=complete,
        n_repeated=len(frame) - len(order),
    )


def _once(
    order: npt.NDArray[np.intp], columns: tuple[npt.NDArray[Any], ...]
) -> npt.NDArray[np.intp]:
    """Leave out of an order by id, start and stop each row that repeats the one before."""
    begin, end, subject, *others = columns
    repeats = np.append(False, np.diff(begin[order]) == 0)
    for column in (end, subject, *others):
        later = np.flatnonzero(repeats)
        repeats[later] = column[order[later]] == column[order[later - 1]]
    once: npt.NDArray[np.intp] = order[~repeats]
    return once


def complete_until(
    begin: Floats,
    end: Floats,
    origin: Integers,
    destination: Integers,
    joined: npt.NDArray[np.bool_],
) -> float:
    """Find the earliest time at which somebody who could still move went out of sight.

    Parameters
    ----------
    begin, end : ndarray, shape (N,)
        Bounds of the stays, in the order of subject and start.
    origin, destination : ndarray, shape (N,)
        State numbers; destination -1 means censored.
    joined : ndarray of bool, shape (N - 1,)
        Whether each stay but the first goes on from the one before.

    Returns
    -------
    float
        Infinity if nobody did. Late entry counts too: somebody was out of sight before.
    """
    goes_on = np.append(joined, False)
    can_leave = np.isin(destination, np.unique(origin))
    vanishes = ~goes_on & ((destination == -1) | can_leave)
    moves = destination >= 0
    first_event = end[moves].min() if moves.any() else end.min()
    # Those present before the first event make up the starting set; later entries are late.
    enters = np.append(True, ~joined) & (begin >= first_event)
    ends = np.concatenate([end[vanishes], begin[enters]])
    return float(ends.min()) if len(ends) else float("inf")


def _check_columns(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise DataError(
            f"The frame of stays has no column {', '.join(map(repr, missing))}. It has: "
            f"{', '.join(map(str, frame.columns))}. Name the columns in the call."
        )


def _aligned(values: npt.ArrayLike, frame: pd.DataFrame, name: str) -> pd.Series:
    series = pd.Series(values)
    if len(series) != len(frame):
        raise DataError(
            f"{name} has {len(series)} values for {len(frame)} stays. "
            "Give one per row, or the name of a column."
        )
    return series


def _numbers(column: pd.Series, name: str) -> Floats:
    try:
        values = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        # The cause would quote a value of the column, so it is cut off here.
        raise DataError(
            f"{name} is not a number in every row (its type is {column.dtype}). Times are numbers, "
            "such as days since the episode began; weights are numbers too."
        ) from None
    _refuse(~np.isfinite(values), f"{name} is missing or infinite", "Fill it or leave the row out.")
    return np.asarray(values, dtype=float)


def _codes(column: pd.Series, name: str) -> tuple[Integers, npt.NDArray[Any]]:
    codes, labels = pd.factorize(column)
    _refuse(codes < 0, f"{name} is missing", "Every stay belongs to somebody; fill it.")
    return codes.astype(np.int64), np.asarray(labels, object)


def _states(origin: pd.Series, destination: pd.Series, states: Any) -> tuple[Any, ...]:
    if states is not None:
        known = tuple(states)
        if len(set(known)) < len(known):
            raise DataError("states names a state twice. Give each state once.")
        return known
    found = set(origin.dropna().unique()) | set(destination.dropna().unique())
    if isinstance(origin.dtype, pd.CategoricalDtype):
        ordered = [state for state in origin.cat.categories if state in found]
        return (*ordered, *_sorted(found - set(ordered)))
    return tuple(_sorted(found))


def _sorted(states: set[Any]) -> list[Any]:
    try:
        return sorted(states)
    except TypeError:
        return sorted(states, key=str)


def _state_codes(column: pd.Series, known: tuple[Any, ...], name: str) -> Integers:
    codes, labels = pd.factorize(column)
    place = {state: number for number, state in enumerate(known)}
    numbers = np.array([place.get(label, -2) for label in labels] + [-1], dtype=np.int64)
    result: Integers = numbers[codes]
    _refuse(
        result == -2,
        f"{name} names an unknown state",
        f"The states are: {', '.join(map(str, known))}. Leave {name} missing only for a censored "
        "stay, or name every state in states=.",
    )
    return result


def _refuse(is_wrong: npt.NDArray[np.bool_], what: str, remedy: str) -> None:
    rows = np.flatnonzero(is_wrong)
    if len(rows):
        shown = ", ".join(map(str, rows[:_ROWS_NAMED]))
        more = f" and {len(rows) - _ROWS_NAMED} more" if len(rows) > _ROWS_NAMED else ""
        raise DataError(
            f"{what} in {len(rows)} of {len(is_wrong)} rows (counted from 0: {shown}{more}). "
            f"{remedy}"
        )


def _refuse_in_order(
    is_wrong: npt.NDArray[np.bool_],
    rows: tuple[npt.NDArray[np.intp], int],
    what: str,
    remedy: str,
) -> None:
    order, n_rows = rows
    wrong = np.zeros(n_rows, dtype=bool)
    wrong[order[1:][is_wrong]] = True
    _refuse(wrong, what, remedy)
