"""The picture of observed against expected shares."""

import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting.prevalence import draw_prevalence

FRAME = pd.DataFrame(
    {
        "state": ["ill", "ill", "well", "well"],
        "time": [7, 0, 0, 7],
        "observed": [0.8, 1.0, 0.0, 0.2],
        "estimate": [0.75, 1.0, 0.0, 0.25],
        "ci_low": [0.7, 1.0, 0.0, 0.2],
        "ci_high": [0.8, 1.0, 0.0, 0.3],
    }
)


def test_each_state_has_a_line_and_dots_in_order_of_time():
    """Two states give two lines and two rows of dots, from left to right."""
    axes = draw_prevalence(FRAME)
    assert len(axes.lines) == 4
    assert all(list(line.get_xdata()) == [0, 7] for line in axes.lines)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["ill", "well"]


def test_a_frame_without_its_columns_is_refused():
    """The message names what is missing."""
    with pytest.raises(DataError, match="observed"):
        draw_prevalence(FRAME.drop(columns="observed"))
