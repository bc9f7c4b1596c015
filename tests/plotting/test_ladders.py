"""The ladder is drawn stage by stage, one line or bar per kind of move."""

import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting.ladders import draw_ladder_rates, draw_ladder_support

FRAME = pd.DataFrame(
    {
        "kind": ["forward", "forward", "lost"],
        "stage": [1, 2, 1],
        "estimate": [0.02, 0.04, 0.01],
        "ci_low": [0.01, 0.03, 0.005],
        "ci_high": [0.03, 0.05, 0.02],
        "n_events": [30, 12, 3],
    }
)


def test_rates_are_drawn_per_30_days_on_a_log_scale() -> None:
    """A rate of 0.02 a day stands at 0.6 in 30 days; each kind has its own line."""
    ax = draw_ladder_rates(FRAME)
    assert ax.get_yscale() == "log"
    assert [round(value, 6) for value in ax.lines[0].get_ydata()] == [0.6, 1.2]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "Learning or moving up",
        "Lost",
    ]


def test_counts_are_bars_beside_the_number_that_is_needed() -> None:
    """Each bar is as high as its count, and the threshold is drawn."""
    ax = draw_ladder_support(FRAME, 10)
    assert sorted(bar.get_height() for bar in ax.patches) == [3, 12, 30]
    assert list(ax.lines[0].get_ydata()) == [10, 10]


def test_nothing_to_draw_is_refused() -> None:
    """A frame without rows is a named error."""
    with pytest.raises(DataError):
        draw_ladder_rates(FRAME.iloc[:0])
