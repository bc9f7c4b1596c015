"""Who is at risk at each time with an event, by stratum, as places in a sorted list."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.exceptions import AnalysisError, DataError, NoEventsError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TIES = ("efron", "breslow")
"""How events of one time share their risk set."""

_NEAR = float(np.sqrt(np.finfo(float).eps))
"""Times closer than this (absolutely, or as a share of the mean time) are one time."""

_TABLE_PER_ROW = 4
"""A table of places is faster than a search while it has at most so many entries per row."""


@dataclass(frozen=True, slots=True, repr=False)
class RiskSets:
    """Hold rows (start, stop], indexed by the points at which events happen.

    A *point* is one (stratum, time) with an event; points are sorted by stratum, then time. Each
    event is one *term* of the partial likelihood; terms are sorted by point.

    Parameters
    ----------
    weight : ndarray, shape (n,)
        Case weights.
    event_weight : ndarray, shape (n,)
        The same for rows that end in an event, 0 for others.
    first, last : ndarray, shape (n,)
        The row is at risk at points ``first <= point < last``.
    point_time : ndarray, shape (T,)
        Time of each point.
    point_stratum : ndarray, shape (T,)
        Stratum number of each point.
    event : ndarray, shape (D,)
        Rows that end in an event, by point.
    event_point : ndarray, shape (D,)
        The point of each.
    fraction : ndarray, shape (D,)
        Share of the events of its point that has left the risk set of the term: l / d for the l-th
        of d events by Efron's way, 0 by Breslow's.
    term_weight : ndarray, shape (D,)
        Mean weight of the events of the point.
    """

    weight: Floats
    event_weight: Floats
    first: Integers
    last: Integers
    point_time: Floats
    point_stratum: Integers
    event: Integers
    event_point: Integers
    fraction: Floats
    term_weight: Floats

    @property
    def n_points(self) -> int:
        """Count the points.

        Returns
        -------
        int
            T.
        """
        return len(self.point_time)

    def at_risk(self, values: Floats | None = None) -> Floats:
        """Add up values over those at risk at each point.

        Parameters
        ----------
        values : ndarray, shape (n,), optional
            One number per row. Default: count heads.

        Returns
        -------
        ndarray, shape (T,)
            Sums.
        """
        size = self.n_points + 1
        change = np.bincount(self.first, values, size) - np.bincount(self.last, values, size)
        return np.cumsum(change[:-1], dtype=float)

    def by_point(self, values: Floats | None = None) -> Floats:
        """Add up values over the terms of each point.

        Parameters
        ----------
        values : ndarray, shape (D,), optional
            One number per term. Default: count events.

        Returns
        -------
        ndarray, shape (T,)
            Sums.
        """
        return np.bincount(self.event_point, values, self.n_points).astype(float)

    def cumulate(self, increments: Floats) -> Floats:
        """Cumulate increments over the points of each stratum.

        Parameters
        ----------
        increments : ndarray, shape (T,)
            One number per point.

        Returns
        -------
        ndarray, shape (T,)
            Sums up to each point, within its stratum.
        """
        sums = np.concatenate([[0.0], np.cumsum(increments)])
        start = np.searchsorted(self.point_stratum, self.point_stratum, side="left")
        cumulated: Floats = sums[1:] - sums[start]
        return cumulated

    def while_at_risk(self, increments: Floats) -> Floats:
        """Add up increments at the points at which each row is at risk.

        Parameters
        ----------
        increments : ndarray, shape (T,)
            One number per point.

        Returns
        -------
        ndarray, shape (n,)
            Sums.
        """
        total = np.concatenate([[0.0], np.cumsum(increments)])
        sums: Floats = total[self.last] - total[self.first]
        return sums


def index_risk_sets(
    start: Floats,
    stop: Floats,
    is_event: Flags,
    *,
    stratum: Integers | None = None,
    weight: Floats | None = None,
    ties: str = "efron",
) -> RiskSets:
    """Index rows by the points at which events happen.

    A row is at risk at times u with start < u <= stop. Times that differ by rounding alone are one
    time, as in R's survival.

    Parameters
    ----------
    start, stop : ndarray, shape (n,)
        Bounds of the rows; a start may be minus infinity.
    is_event : ndarray of bool, shape (n,)
        Whether the row ends in the event.
    stratum : ndarray of int, shape (n,), optional
        Stratum numbers from 0; risk sets never mix strata. Default: one stratum.
    weight : ndarray, shape (n,), optional
        Case weights, above 0. Default: 1.
    ties : {"efron", "breslow"}, default "efron"
        How tied events share their risk set.

    Returns
    -------
    RiskSets
        The indexed rows.

    Raises
    ------
    AnalysisError
        If ``ties`` is not one of those listed.
    NoEventsError
        If no row ends in the event.
    DataError
        If a row has no length but for rounding.

    Examples
    --------
    >>> start, stop = np.array([0.0, 0, 2]), np.array([2.0, 5, 5])
    >>> sets = index_risk_sets(start, stop, np.array([True, True, True]))
    >>> sets.point_time.tolist(), sets.at_risk().tolist(), sets.fraction.tolist()
    ([2.0, 5.0], [2.0, 2.0], [0.0, 0.0, 0.5])
    """
    if ties not in TIES:
        raise AnalysisError(f"ties is {ties!r}, but must be one of: {', '.join(TIES)}.")
    if not is_event.any():
        raise NoEventsError(
            f"None of the {len(stop):,} rows ends in the event, so no hazard can be compared. "
            "Check the event column (1 or True means that the row ends in the event)."
        )
    start, stop = join_near_times(start, stop)
    weight = np.ones(len(stop)) if weight is None else weight
    group = np.zeros(len(stop), dtype=np.int64) if stratum is None else stratum
    event = np.flatnonzero(is_event)
    times = np.unique(stop[event])
    width = len(times) + 1
    begin, end = count_upto(times, start), count_upto(times, stop)
    points, event_point = _number_points(group[event] * width + end[event] - 1)
    order = _stable_order(event_point, len(points))
    event, event_point = event[order], event_point[order]
    n_tied = np.bincount(event_point)
    rank = np.arange(len(event)) - np.repeat(np.cumsum(n_tied) - n_tied, n_tied)
    total = np.bincount(event_point, weight[event], len(points))
    return RiskSets(
        weight=weight,
        event_weight=np.where(is_event, weight, 0.0),
        first=_places(points, group, begin, width),
        last=_places(points, group, end, width),
        point_time=times[points % width],
        point_stratum=points // width,
        event=event,
        event_point=event_point,
        fraction=rank / n_tied[event_point] if ties == "efron" else np.zeros(len(event)),
        term_weight=(total / n_tied)[event_point],
    )


def count_upto(times: Floats, values: Floats) -> Integers:
    """Count the times up to each value.

    Parameters
    ----------
    times : ndarray, shape (K,)
        Increasing times.
    values : ndarray, shape (n,)
        Values, in any order; minus infinity is before all times.

    Returns
    -------
    ndarray of int, shape (n,)
        Counts, as from `numpy.searchsorted`; whole numbers of a short span are looked up in a
        table, which is faster.

    Examples
    --------
    >>> count_upto(np.array([2.0, 5.0]), np.array([1.0, 2.0, 9.0, -np.inf])).tolist()
    [0, 1, 2, 0]
    """
    low, high = times[0] - 1, times[-1]
    if high - low > _TABLE_PER_ROW * len(values) or (times != np.rint(times)).any():
        return np.searchsorted(times, values, side="right")
    table = np.zeros(int(high - low) + 1, dtype=np.int64)
    table[(times - low).astype(np.int64)] = 1
    counts: Integers = np.cumsum(table)[(np.clip(values, low, high) - low).astype(np.int64)]
    return counts


def _number_points(keys: Integers) -> tuple[Integers, Integers]:
    """Give the distinct keys in order, and the place of each key among them."""
    size = int(keys.max()) + 1
    if size > _TABLE_PER_ROW * len(keys):
        points, place = np.unique(keys, return_inverse=True)
        return points, place
    is_point = np.bincount(keys, minlength=size) > 0
    return np.flatnonzero(is_point), (np.cumsum(is_point) - 1)[keys]


def _stable_order(places: Integers, n_places: int) -> Integers:
    """Sort small numbers; 16-bit ones are sorted in one pass over their digits."""
    small = places.astype(np.uint16) if n_places <= 65_536 else places
    return np.argsort(small, kind="stable")


def _places(points: Integers, group: Integers, counts: Integers, width: int) -> Integers:
    """Count the points before each (stratum, time)."""
    size = (int(group.max()) + 1) * width
    keys = group * width + counts
    if size > _TABLE_PER_ROW * len(keys):
        return np.searchsorted(points, keys, side="left")
    table = np.zeros(size + 1, dtype=np.int64)
    table[points + 1] = 1
    places: Integers = np.cumsum(table)[keys]
    return places


def join_near_times(start: Floats, stop: Floats) -> tuple[Floats, Floats]:
    """Make times equal that differ by rounding alone.

    Parameters
    ----------
    start, stop : ndarray, shape (n,)
        Bounds of the rows; a start may be minus infinity.

    Returns
    -------
    start, stop : ndarray, shape (n,)
        The same, each time moved to the first of those it cannot be told from.

    Raises
    ------
    DataError
        If a row is left without length.

    Examples
    --------
    >>> join_near_times(np.zeros(2), np.array([0.3, 0.1 + 0.2]))[1].tolist()
    [0.3, 0.3]
    """
    if (stop == np.rint(stop)).all() and (start == np.rint(start)).all():
        return start, stop
    times = np.unique(np.concatenate([start[np.isfinite(start)], stop]))
    gap = np.diff(times)
    is_same = (gap <= _NEAR) | (gap <= _NEAR * np.abs(times).mean())
    if not is_same.any():
        return start, stop
    kept = times[np.concatenate([[True], ~is_same])]
    joined = []
    for values in (start, stop):
        place = np.searchsorted(kept, values, side="right") - 1
        joined.append(np.where(np.isfinite(values), kept[np.maximum(place, 0)], values))
    n_empty = int((joined[0] >= joined[1]).sum())
    if n_empty:
        raise DataError(
            f"In {n_empty} rows start and stop differ by rounding alone. Every row needs a length: "
            "join it with its neighbour, or use a coarser unit of time."
        )
    return joined[0], joined[1]
