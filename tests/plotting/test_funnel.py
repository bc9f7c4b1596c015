"""Funnels."""

import pandas as pd
import pytest
from scipy.stats import poisson

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting import draw_funnel

FRAME = pd.DataFrame(
    {
        "expected": [40.0, 90.0, 200.0],
        "observed_over_expected": [1.2, 0.9, 1.05],
        "estimate": [1.1, 0.95, 1.04],
    }
)


def test_limits_are_exact_poisson_limits():
    """At 100 expected a count at the upper 95% limit is exceeded by chance in 2.5%."""
    frame = pd.DataFrame({"expected": [100.0, 100.0], "observed_over_expected": [1.0, 1.0]})
    low, high = draw_funnel(frame).lines[1:3]
    place = abs(high.get_xdata() - 100).argmin()
    expected = high.get_xdata()[place]
    upper = high.get_ydata()[place] * expected
    assert poisson.sf(upper - 1, expected) == pytest.approx(0.025, abs=0.004)
    lower = low.get_ydata()[place] * expected
    assert poisson.cdf(lower, expected) == pytest.approx(0.025, abs=0.004)


def test_shrunken_ratios_are_drawn_where_there_are_any():
    """A legend tells observed from shrunken; without them there is none."""
    assert draw_funnel(FRAME).get_legend() is not None
    assert draw_funnel(FRAME.drop(columns="estimate")).get_legend() is None


def test_a_frame_without_expected_counts_is_refused():
    """The message names the column."""
    with pytest.raises(DataError, match="expected"):
        draw_funnel(FRAME.drop(columns="expected"))
