"""The recursions: how observations are lined up, products by kind, and the likeliest course."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.forward_backward import (
    Recursion,
    line_up,
    sum_products,
)
from tests.analysis.progression.panel_examples import panel_of

GENERATOR = np.array(
    [[-0.35, 0.3, 0.0, 0.05], [0.2, -0.45, 0.15, 0.1], [0.0, 0.1, -0.2, 0.1], [0.0] * 4]
)
SEEN = np.array([[0.8, 0.2, 0, 0], [0.1, 0.7, 0.2, 0], [0, 0.3, 0.7, 0], [0, 0, 0, 1.0]])
BEGINS = np.array([0.5, 0.3, 0.2, 0.0])


def test_subjects_stand_side_by_side_the_longest_first():
    """Steps hold ever fewer rows; equal lags under one pattern are one kind."""
    panel = panel_of([0, 0, 1, 1, 1, 2], [0, 2, 0, 2, 5, 0], [0, 1, 0, 1, 1, 0], 2)
    course = line_up(panel)
    assert [rows.tolist() for rows in course.rows] == [[2, 0, 5], [3, 1], [4]]
    assert course.order.tolist() == [1, 0, 2]
    assert course.first.tolist() == [0, 2, 5]
    assert course.lag.tolist() == [2, 3]
    assert course.kind.tolist() == [-1, 0, -1, 0, 1, -1]


def test_a_state_is_entered_exactly_once():
    """The first row of an exact state is its entry; a first observation and a stay are none."""
    panel = panel_of([0, 0, 0, 1, 1], [0, 2, 4, 0, 1], [0, 1, 1, 1, 1], 2, exact=(1,))
    assert line_up(panel).exact.tolist() == [-1, 1, -1, -1, -1]


@settings(max_examples=20)
@given(st.lists(st.integers(0, 4), max_size=12), st.integers(0, 2**32 - 1))
def test_products_are_summed_by_kind(kinds, seed):
    """Kinds with no row, one, and several, against a loop."""
    rng = np.random.default_rng(seed)
    kind = np.sort(np.array(kinds, dtype=np.int64))
    left, right = rng.normal(size=(2, len(kind), 3))
    expected = np.zeros((5, 3, 3))
    for number, one, other in zip(kind, left, right, strict=True):
        expected[number] += np.outer(one, other)
    assert sum_products(left, right, kind, 5) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=20)
@given(
    st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=4),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_the_likeliest_course_is_the_best_of_all(codes, ends, seed):
    """Against every course of true states, for two subjects of unequal length, one with an exit."""
    rng = np.random.default_rng(seed)
    first = [*codes, 3] if ends else codes
    parts = [first, [1, 2]]
    times = [np.cumsum(rng.uniform(0.5, 4, len(part))) for part in parts]
    panel = panel_of(
        np.repeat([0, 1], [len(part) for part in parts]),
        np.concatenate(times),
        np.concatenate(parts),
        4,
        exact=(3,),
    )
    found = Recursion(line_up(panel), GENERATOR[None], SEEN, np.tile(BEGINS, (2, 1)))
    assert found.loglik > -np.inf
    course = found.likeliest_states()
    for number, (part, when) in enumerate(zip(parts, times, strict=True)):
        mine = course[panel.subject == number]
        values = {
            way: _value(way, part, np.diff(when)) for way in product(range(4), repeat=len(part))
        }
        assert values[tuple(mine)] == pytest.approx(max(values.values()), rel=1e-9)


def _value(way, codes, lags):
    """The probability of a course and of what was seen along it."""
    value = BEGINS[way[0]] * SEEN[way[0], codes[0]]
    into = GENERATOR[:, 3] * (np.arange(4) < 3)
    for place, lag in enumerate(lags, start=1):
        moved = expm(GENERATOR * lag)[way[place - 1]]
        if codes[place] == 3:
            value *= float(moved @ into) if way[place] == 3 else 0.0
        else:
            value *= moved[way[place]] * SEEN[way[place], codes[place]]
    return value


def test_many_rows_of_one_kind_are_as_many_rows_of_several():
    """50 equal subjects on whole days, and the same with lags apart by 1e-9: one likelihood."""
    subject, code = np.repeat(np.arange(50), 3), np.tile([0, 1, 2], 50)
    even = np.tile([0.0, 2.0, 5.0], 50)
    found = [
        Recursion(
            line_up(panel_of(subject, time, code, 4, exact=(3,))),
            GENERATOR[None],
            SEEN,
            np.tile(BEGINS, (50, 1)),
        )
        for time in (even, even + np.arange(150) * 1e-9)
    ]
    assert found[0].loglik == pytest.approx(found[1].loglik, abs=1e-5)
    for one, other in zip(found[0].gradients(), found[1].gradients(), strict=True):
        assert one == pytest.approx(other, rel=1e-5, abs=1e-5)
