"""Bars say how many, in the order given."""

import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting.bars import draw_counts


def test_bars_are_as_long_as_their_counts_and_stand_in_order() -> None:
    """The first row is the uppermost bar, and each bar's width is its count."""
    frame = pd.DataFrame({"status": ["open", "goals_met", "lost"], "n_episodes": [5, 0, 1200]})
    ax = draw_counts(frame)
    bars = sorted(ax.patches, key=lambda bar: -bar.get_y())
    assert [bar.get_width() for bar in bars] == [5, 0, 1200]
    assert [text.get_text() for text in ax.texts] == ["5", "0", "1,200"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["open", "goals met", "lost"]


def test_nothing_to_count_is_refused() -> None:
    """A frame without rows is a named error."""
    with pytest.raises(DataError):
        draw_counts(pd.DataFrame({"status": [], "n_episodes": []}))
