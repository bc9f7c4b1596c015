"""Funnels of means."""

import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting.mean_funnel import draw_mean_funnel


def test_limits_are_those_of_equal_units() -> None:
    """At 100 episodes of spread 2 the 95% limit is 0.392."""
    frame = pd.DataFrame({"n": [50, 100, 200], "estimate": [0.3, -0.1, None], "shrunken": 0.0})
    ax = draw_mean_funnel(frame, spread=2.0)
    limit = next(line for line in ax.lines if line.get_label() == "95% limits")
    x, y = limit.get_xdata(), limit.get_ydata()
    at = min(range(len(x)), key=lambda place: abs(x[place] - 100))
    assert y[at] == pytest.approx(1.96 * 2 / x[at] ** 0.5, rel=1e-3)
    recorded = next(line for line in ax.lines if line.get_label() == "as recorded")
    assert len(recorded.get_xdata()) == 2


def test_a_frame_without_counts_is_refused() -> None:
    """The message names the column."""
    with pytest.raises(DataError, match="n"):
        draw_mean_funnel(pd.DataFrame({"estimate": [0.1]}), spread=1.0)
