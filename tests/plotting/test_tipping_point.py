"""Answers against an assumption."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting import draw_tipping_point

FRAME = pd.DataFrame(
    {
        "delta": [1.0, 0.0, 2.0],
        "estimate": [0.5, 0.3, np.nan],
        "ci_low": [0.44, 0.25, np.nan],
        "ci_high": [0.56, 0.35, np.nan],
    }
)


def test_the_curve_runs_over_delta_and_missing_points_are_left_out():
    """Rows are sorted by delta."""
    curve = draw_tipping_point(FRAME).lines[0]
    assert curve.get_xdata().tolist() == [0.0, 1.0]
    assert curve.get_ydata().tolist() == [0.3, 0.5]


def test_the_tipping_point_is_named():
    """A mark and a number stand where the curve meets the threshold."""
    ax = draw_tipping_point(FRAME, threshold=0.44, tipping=0.7)
    assert "tips at 0.70" in [text.get_text() for text in ax.texts]
    plain = draw_tipping_point(FRAME, threshold=0.44)
    assert not [text for text in plain.texts if "tips" in text.get_text()]


def test_names_of_close_references_do_not_cover_each_other():
    """Two lines at nearly the same height have labels apart."""
    ax = draw_tipping_point(FRAME, references={"a": 0.4, "b": 0.401, "gone": np.nan})
    heights = [text.get_position()[1] for text in ax.texts]
    assert len(heights) == 2
    assert abs(heights[1] - heights[0]) >= 0.06


def test_a_frame_without_delta_is_refused():
    """The message names the column."""
    with pytest.raises(DataError, match="delta"):
        draw_tipping_point(FRAME.drop(columns="delta"))
