"""Labels that do not cover each other, and ticks a clinician counts in."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting.labels import group_labels, spread, tick_places, time_column


@given(st.lists(st.floats(0, 1), max_size=12))
def test_labels_keep_their_distance_order_and_bounds(wishes):
    """However crowded, labels are a gap apart, in order, and inside."""
    placed = spread(wishes, 0.05, 0.0, 1.0)
    order = np.argsort(wishes, kind="stable")
    sorted_places = np.array(placed)[order]
    # Sums of twelve numbers below 1.
    assert (np.diff(sorted_places) >= 0.05 - 1e-9).all()
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in placed)


def test_labels_that_fit_stay_where_they_are():
    """Nothing moves without need."""
    assert spread([0.9, 0.1, 0.5], 0.05, 0, 1) == [0.9, 0.1, 0.5]
    assert spread([], 0.05, 0, 1) == []


@pytest.mark.parametrize(
    ("high", "expected"),
    [
        (6, [0, 1, 2, 3, 4, 5, 6]),
        (30, [0, 7, 14, 21, 28]),
        (168, [0, 28, 56, 84, 112, 140, 168]),
        (365, [0, 91, 182, 273, 364]),
        (3000, [0, 728, 1456, 2184, 2912]),
    ],
)
def test_days_are_counted_in_weeks_and_quarters(high, expected):
    """Ticks fall on days, weeks, four weeks, quarters of 13 weeks, or years."""
    assert tick_places(high, are_days=True) == expected


@given(st.floats(1e-3, 1e6))
def test_there_are_a_few_ticks_and_none_beyond_the_end(high):
    """Two to seven ticks from 0, whatever the unit."""
    ticks = tick_places(high, are_days=False)
    assert 2 <= len(ticks) <= 7
    assert ticks[0] == 0
    assert ticks[-1] <= high * (1 + 1e-9)


def test_the_time_column_is_found_or_asked_for():
    """day comes before time; without either the error lists what may be there."""
    assert time_column(pd.DataFrame(columns=["time", "day"])) == "day"
    with pytest.raises(DataError, match="day, time, week; it has: when"):
        time_column(pd.DataFrame(columns=["when"]))


def test_only_columns_that_differ_name_a_group():
    """A constant column says nothing; two that differ are joined."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": "same", "day": [0, 0]})
    assert group_labels(frame, "day").tolist() == ["1 · x", "2 · y"]
    assert group_labels(frame, "day", ignored=("a", "b")).tolist() == ["", ""]
