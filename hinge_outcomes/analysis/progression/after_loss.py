"""Mastery by day if those lost went on at a multiple of the rate of comparable patients in care."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.progression.counting_process import Floats, Integers

MASTERS, LEAVES, STAYS = 0, 1, -1
"""How an interval ends: mastery, a planned end or referral, or neither."""


@dataclass(frozen=True, slots=True, repr=False)
class CareIntervals:
    """Hold who was seen in care and unmastered from when to when, and how many each stands for.

    Parameters
    ----------
    start, stop : ndarray, shape (N,)
        Bounds; at risk at every time u with start < u <= stop.
    end : ndarray, shape (N,)
        ``MASTERS``, ``LEAVES`` or ``STAYS``.
    weight : ndarray, shape (N,)
        1 / P(still in care), at least 1: the patient, and comparable ones lost before.
    """

    start: Floats
    stop: Floats
    end: Integers
    weight: Floats


@dataclass(frozen=True, slots=True, repr=False)
class AfterLoss:
    """Hold the probability of mastery under each assumption, and its derivatives.

    Parameters
    ----------
    estimate : ndarray, shape (D,)
        One per delta.
    row_influence : ndarray, shape (N, D)
        Derivative to counting an interval more than once, its weight as it is.
    weight_influence : ndarray, shape (N, D)
        Derivative to the logarithm of its weight.
    """

    estimate: Floats
    row_influence: Floats
    weight_influence: Floats


@dataclass(frozen=True, slots=True, repr=False)
class _Counts:
    """Mass at risk and leaving at each event time: patients themselves, and those lost."""

    first: Integers
    last: Integers
    has_end: npt.NDArray[np.bool_]
    own: Floats
    lost: Floats
    own_ends: Floats
    lost_ends: Floats


@dataclass(frozen=True, slots=True, repr=False)
class _Walk:
    """What the recursions leave behind at each of T event times, just before it."""

    pace: Floats
    total: Floats
    mastering: Floats
    leaving: Floats
    per_lost: Floats
    share: Floats
    flow: Floats
    stays: Floats
    waiting: Floats

    def estimate(self) -> Floats:
        """Give F_1 less what the lost master later than they would at delta = 1."""
        late = self.pace * self.waiting * self.per_lost[MASTERS][:, np.newaxis]
        behind = (1 - self.pace) * self.flow[:, np.newaxis] - late
        result: Floats = (self.share * self.mastering).sum() - behind.sum(axis=0)
        return result


def mastery_after_loss(intervals: CareIntervals, day: float, deltas: Floats) -> AfterLoss:
    """Estimate mastery by a day, those lost mastering at delta times the rate of those like them.

    Parameters
    ----------
    intervals : CareIntervals
        Who was seen in care.
    day : float
        The day.
    deltas : ndarray, shape (D,)
        Multiples, 0 or more: 1 as comparable patients in care, 0 never.

    Returns
    -------
    AfterLoss
        Estimates with their derivatives.

    Notes
    -----
    A patient seen with weight W stands for one person in care and for W - 1 comparable ones lost
    before. At event time u let Y and Y' be the mass at risk of the two kinds and N, N' the mass
    that masters, so that S(u) = prod (1 - (dN + dN' + other ends) / (Y + Y')) is the share still
    unmastered and not discharged if nobody were lost, and p'(u) = S(u-) Y' / (Y + Y') that of the
    lost. With dL = dN' / Y' their hazard if they went on like comparable patients, and dC that of
    other ends, the further share d of lost people who are still unmastered under delta follows
    d(u) = d(u-) (1 - delta dL - dC) + (1 - delta) p'(u) dL, and F_delta = F_1 - sum of
    (1 - delta) p' dL - delta d dL. For delta = 1 this is the weighted Aalen-Johansen estimator
    [1]_. Derivatives are by reverse accumulation through these recursions.

    References
    ----------
    .. [1] Robins J, Finkelstein D (2000). Correcting for noncompliance and dependent censoring in
       an AIDS clinical trial with inverse probability of censoring weighted log-rank tests.
       Biometrics 56, 779-788.

    Examples
    --------
    Four are seen until day 5, when two of them master it; each stands for one more who was lost.

    >>> ends = np.array([MASTERS, MASTERS, STAYS, STAYS])
    >>> seen = CareIntervals(np.zeros(4), np.full(4, 5.0), ends, np.full(4, 2.0))
    >>> mastery_after_loss(seen, 5, np.array([0.0, 0.5, 1.0])).estimate.tolist()
    [0.25, 0.375, 0.5]
    """
    counts = _count(intervals, day)
    walk = _forward(counts, deltas)
    own, lost = _backward(intervals, counts, walk)
    extra = intervals.weight[:, np.newaxis] - 1
    return AfterLoss(walk.estimate(), own + extra * lost, (1 + extra) * lost)


def mastery_by_delta(intervals: CareIntervals, day: float, deltas: Floats) -> Floats:
    """Estimate as `mastery_after_loss` does, without derivatives.

    Parameters
    ----------
    intervals : CareIntervals
        Who was seen in care.
    day : float
        The day.
    deltas : ndarray, shape (D,)
        Multiples, 0 or more.

    Returns
    -------
    ndarray, shape (D,)
        Probabilities of mastery by the day.

    Examples
    --------
    >>> seen = CareIntervals(np.zeros(2), np.full(2, 5.0), np.array([0, -1]), np.full(2, 2.0))
    >>> mastery_by_delta(seen, 5, np.array([0.0, 1.0])).tolist()
    [0.25, 0.5]
    """
    return _forward(_count(intervals, day), deltas).estimate()


def _count(intervals: CareIntervals, day: float) -> _Counts:
    has_end = (intervals.end != STAYS) & (intervals.stop <= day)
    times = np.unique(intervals.stop[has_end])
    n_times = len(times)
    first = np.searchsorted(times, intervals.start, side="right")
    last = np.searchsorted(times, intervals.stop, side="right")
    extra = intervals.weight - 1
    own, lost = (
        np.cumsum(np.bincount(first, mass, n_times + 1) - np.bincount(last, mass, n_times + 1))[
            :n_times
        ]
        for mass in (np.ones(len(extra)), extra)
    )
    own_ends, lost_ends = np.zeros((2, n_times)), np.zeros((2, n_times))
    for kind in (MASTERS, LEAVES):
        some = has_end & (intervals.end == kind)
        own_ends[kind] = np.bincount(last[some] - 1, minlength=n_times)
        lost_ends[kind] = np.bincount(last[some] - 1, extra[some], n_times)
    # Cumulated weights carry rounding: nobody is at risk where nobody was ever lost.
    lost = np.maximum(np.where(lost < 1e-9, 0.0, lost), lost_ends.sum(axis=0))
    return _Counts(first, last, has_end, own, lost, own_ends, lost_ends)


def _forward(counts: _Counts, deltas: Floats) -> _Walk:
    n_times = len(counts.own)
    total = counts.own + counts.lost
    mastering, leaving = (counts.own_ends + counts.lost_ends) / total
    per_lost = np.divide(
        counts.lost_ends, counts.lost, out=np.zeros_like(counts.lost_ends), where=counts.lost > 0
    )
    share = np.concatenate([[1.0], np.cumprod(1 - mastering - leaving)])[:n_times]
    flow = share * counts.lost_ends[MASTERS] / total
    rate, others_stay = per_lost[MASTERS][:, np.newaxis], 1 - per_lost[LEAVES][:, np.newaxis]
    # A hazard of a whole day is a probability: no multiple takes it beyond what is left.
    most = np.divide(others_stay, rate, out=np.full_like(rate, np.inf), where=rate > 0)
    pace = np.minimum(deltas, most)
    stays = others_stay - pace * rate
    waiting = np.zeros((n_times + 1, len(deltas)))
    for m in range(n_times):
        waiting[m + 1] = waiting[m] * stays[m] + (1 - pace[m]) * flow[m]
    return _Walk(pace, total, mastering, leaving, per_lost, share, flow, stays, waiting[:-1])


def _backward(intervals: CareIntervals, counts: _Counts, walk: _Walk) -> tuple[Floats, Floats]:
    """Accumulate in reverse what one unit of each quantity, just after u, adds to the estimate."""
    pace, n_times = walk.pace, len(walk.total)
    mastering, leaving, total, share, flow, rate, leaving_rate = (
        values[:, np.newaxis]
        for values in (
            walk.mastering, walk.leaving, walk.total, walk.share, walk.flow, *walk.per_lost
        )
    )  # fmt: skip
    onward = np.zeros((n_times + 1, pace.shape[1]))
    for m in reversed(range(n_times)):
        onward[m] = pace[m] * rate[m] + onward[m + 1] * walk.stays[m]
    by_waiting = onward[1:]
    by_flow = -(1 - pace) * (1 - by_waiting)
    per_share = mastering + by_flow * (counts.lost_ends[MASTERS] / walk.total)[:, np.newaxis]
    onward = np.zeros((n_times + 1, pace.shape[1]))
    for m in reversed(range(n_times)):
        onward[m] = per_share[m] + onward[m + 1] * (1 - mastering[m] - leaving[m])
    by_share = onward[1:]
    by_mastering, by_leaving = share / total * (1 - by_share), -share / total * by_share
    by_total = -mastering * by_mastering - leaving * by_leaving - by_flow * flow / total
    lost = counts.lost[:, np.newaxis]
    inverse = np.divide(1.0, lost, out=np.zeros_like(lost), where=lost > 0)
    by_rate = pace * walk.waiting * (1 - by_waiting) * inverse
    by_leaving_rate = -walk.waiting * by_waiting * inverse
    by_lost = by_total - rate * by_rate - leaving_rate * by_leaving_rate
    lost_mastering = by_mastering + by_rate + by_flow * share / total
    lost_leaving = by_leaving + by_leaving_rate
    return (
        _per_interval(intervals, counts, by_total, (by_mastering, by_leaving)),
        _per_interval(intervals, counts, by_lost, (lost_mastering, lost_leaving)),
    )


def _per_interval(
    intervals: CareIntervals, counts: _Counts, at_risk: Floats, ends: tuple[Floats, Floats]
) -> Floats:
    """Add up what an interval contributes while at risk, and by how it ends."""
    sums = np.vstack([np.zeros(at_risk.shape[1]), np.cumsum(at_risk, axis=0)])
    result: Floats = sums[counts.last] - sums[counts.first]
    for kind in (MASTERS, LEAVES):
        some = counts.has_end & (intervals.end == kind)
        result[some] += ends[kind][counts.last[some] - 1]
    return result
