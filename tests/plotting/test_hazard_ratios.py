"""Hazard ratios on a logarithmic axis."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting import draw_hazard_ratios


def _frame(ratio, low, high):
    return pd.DataFrame(
        {
            "transition": ["forward", "lost", "lost"],
            "term": ["age", "age", "sex"],
            "estimate": np.zeros(3),
            "hazard_ratio": ratio,
            "hazard_ratio_low": low,
            "hazard_ratio_high": high,
        }
    )


def test_half_and_double_are_as_far_from_one():
    """The axis is logarithmic, with a line at 1 and round ticks."""
    ax = draw_hazard_ratios(_frame([0.5, 1.0, 2.0], [0.25, 0.9, 1.0], [1.0, 1.1, 4.0]))
    assert ax.get_xscale() == "log"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.5", "1", "2"]
    assert ax.texts[0].get_text() == "0.50 (0.25 to 1.00)"


def test_narrow_intervals_have_fine_ticks():
    """Ratios near 1 are told apart."""
    ax = draw_hazard_ratios(_frame([0.98, 1.0, 1.02], [0.9, 0.95, 1.0], [1.0, 1.05, 1.1]))
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [
        "0.9",
        "0.95",
        "1",
        "1.05",
        "1.1",
        "1.15",
    ]


def test_a_wide_range_has_one_tick_a_decade():
    """Ticks do not crowd."""
    ax = draw_hazard_ratios(_frame([0.01, 1.0, 50.0], [0.001, 0.9, 5.0], [0.1, 1.1, 500.0]))
    shown = [tick.get_text() for tick in ax.get_xticklabels()]
    assert shown == ["0.001", "0.01", "0.1", "1", "10", "100"]


def test_an_infinite_ratio_leaves_its_line_empty():
    """It has no place on the axis, and is printed as a dash."""
    ax = draw_hazard_ratios(_frame([0.0, np.inf, 2.0], [np.nan, 1.0, 1.5], [np.nan, np.inf, 3.0]))
    assert [text.get_text() for text in ax.texts][:2] == ["–", "–"]
    assert len(ax.get_yticklabels()) == 3


def test_the_frame_is_not_changed_and_must_have_rows():
    """Drawing reads only."""
    frame = _frame([0.0, 1.0, 2.0], [0.0, 0.9, 1.5], [0.1, 1.1, 3.0])
    copy = frame.copy()
    draw_hazard_ratios(frame)
    pd.testing.assert_frame_equal(frame, copy)
    with pytest.raises(DataError):
        draw_hazard_ratios(frame.head(0))
