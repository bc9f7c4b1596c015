"""Dots and whiskers."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting import draw_intervals


def _frame():
    return pd.DataFrame(
        {
            "clinic": ["C01", "C02", "C03"],
            "estimate": [-2.0, -12.345, np.nan],
            "ci_low": [-2.5, -14.0, np.nan],
            "ci_high": [-1.5, -10.0, np.nan],
        }
    )


def test_the_first_row_is_on_top_and_named():
    """Rows read downwards, each with its label."""
    ax = draw_intervals(_frame())
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["C01", "C02", "C03"]
    low, high = ax.get_ylim()
    assert low > high


def test_numbers_stand_beside_their_line_with_true_minus_signs():
    """Small numbers have two decimals, larger ones one, and a missing one is a dash."""
    texts = [text.get_text() for text in draw_intervals(_frame()).texts]
    assert texts == ["−2.00 (−2.50 to −1.50)", "−12.3 (−14.0 to −10.0)", "–"]


def test_a_reference_is_drawn_only_when_given():
    """No line of no effect appears unasked."""
    without, with_it = draw_intervals(_frame()), draw_intervals(_frame(), reference=0.0)
    assert len(with_it.lines) == len(without.lines) + 1


def test_one_row_keeps_its_name():
    """A single line is labelled by its first column, although nothing differs."""
    ax = draw_intervals(_frame().head(1))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["C01"]


def test_an_estimate_without_limits_is_printed_alone():
    """Missing limits are not printed as numbers."""
    frame = _frame().head(1).assign(ci_low=np.nan)
    assert draw_intervals(frame).texts[0].get_text() == "−2.00"


def test_frames_that_cannot_be_drawn_are_refused():
    """Without rows there is nothing to draw."""
    with pytest.raises(DataError, match="no rows"):
        draw_intervals(_frame().head(0))
