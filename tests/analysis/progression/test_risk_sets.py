"""Who is at risk when: by hand, against plain loops, and times that rounding parts."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.risk_sets import (
    count_upto,
    index_risk_sets,
    join_near_times,
)
from hinge_outcomes.exceptions import AnalysisError, DataError, NoEventsError


def _random_rows(seed, *, whole):
    generator = np.random.default_rng(seed)
    n = 60
    start = generator.uniform(0, 10, n)
    stop = start + generator.uniform(0.1, 10, n)
    if whole:
        start, stop = np.floor(start), np.floor(start) + np.ceil(stop - start)
    return start, stop, generator.random(n) < 0.6, generator.integers(0, 3, n)


@pytest.mark.parametrize("whole", [True, False])
def test_risk_sets_are_those_of_a_plain_loop(whole):
    """At risk while start < time <= stop, in the stratum, whether times are looked up or not."""
    start, stop, is_event, stratum = _random_rows(1, whole=whole)
    sets = index_risk_sets(start, stop, is_event, stratum=stratum)
    expected = [
        ((start < time) & (time <= stop) & (stratum == group)).sum()
        for time, group in zip(sets.point_time, sets.point_stratum, strict=True)
    ]
    assert sets.at_risk().tolist() == expected
    wanted = sorted({(stratum[i], stop[i]) for i in np.flatnonzero(is_event)})
    assert list(zip(sets.point_stratum, sets.point_time, strict=True)) == wanted
    values = np.arange(sets.n_points, dtype=float)
    sums = [
        values[(sets.point_stratum == g) & (sets.point_time > a) & (sets.point_time <= b)].sum()
        for a, b, g in zip(start, stop, stratum, strict=True)
    ]
    assert sets.while_at_risk(values).tolist() == sums


def test_tied_events_leave_one_after_the_other():
    """Three events at one time: fractions 0, 1/3, 2/3 and their mean weight; Breslow's are 0."""
    ones = np.ones(3, dtype=bool)
    arguments = np.zeros(3), np.full(3, 4.0), ones
    sets = index_risk_sets(*arguments, weight=np.array([1.0, 2.0, 6.0]))
    assert sets.fraction.tolist() == [0, 1 / 3, 2 / 3]
    assert sets.term_weight.tolist() == [3, 3, 3]
    assert index_risk_sets(*arguments, ties="breslow").fraction.tolist() == [0, 0, 0]


def test_sums_begin_anew_in_each_stratum():
    """Cumulated increments do not run from one stratum into the next."""
    sets = index_risk_sets(
        np.zeros(4), np.array([1.0, 2, 1, 3]), np.ones(4, bool), stratum=np.array([0, 0, 1, 1])
    )
    assert sets.cumulate(np.array([1.0, 2, 4, 8])).tolist() == [1, 3, 4, 12]


def test_many_empty_strata_and_long_times_are_searched_not_tabled():
    """Sparse labels and second-long clocks give the same places as short ones."""
    start, stop, is_event, stratum = _random_rows(2, whole=True)
    short = index_risk_sets(start, stop, is_event, stratum=stratum)
    long = index_risk_sets(start * 86_400, stop * 86_400, is_event, stratum=stratum * 1_000)
    assert short.first.tolist() == long.first.tolist()
    assert short.last.tolist() == long.last.tolist()
    assert (long.point_stratum // 1_000).tolist() == short.point_stratum.tolist()


def test_counting_by_table_is_counting_by_search():
    """Between, before and after the times, and from minus infinity."""
    times = np.array([2.0, 3.0, 7.0])
    values = np.array([-np.inf, 1.5, 2.0, 2.5, 3.0, 6.9, 7.0, 100.0] * 3)
    assert count_upto(times, values).tolist() == np.searchsorted(times, values, "right").tolist()


def test_times_that_rounding_parts_are_one_time():
    """0.1 + 0.2 and 0.3 tie, as in R; a row that only rounding gives a length is refused."""
    start, stop = join_near_times(np.array([0.0, -np.inf]), np.array([0.3, 0.1 + 0.2]))
    assert stop.tolist() == [0.3, 0.3]
    assert start.tolist() == [0.0, -np.inf]
    with pytest.raises(DataError, match="differ by rounding alone"):
        join_near_times(np.array([0.3]), np.array([0.1 + 0.2]))


def test_what_cannot_be_indexed_is_refused():
    """No events, or ties nobody knows."""
    with pytest.raises(NoEventsError):
        index_risk_sets(np.zeros(2), np.ones(2), np.zeros(2, bool))
    with pytest.raises(AnalysisError, match="efron, breslow"):
        index_risk_sets(np.zeros(2), np.ones(2), np.ones(2, bool), ties="exact")
