"""Values against bands: where the dots stand, and what stands beside them."""

import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting import draw_bands

FRAME = pd.DataFrame(
    {
        "label": ["age, years", "left, %", "far out", "unknown"],
        "low": [56.0, 35.0, 0.0, 0.0],
        "high": [58.0, 45.0, 1.0, 1.0],
        "value": [57.5, 35.0, 90.0, float("nan")],
    }
)


def test_dots_stand_in_units_of_their_band() -> None:
    """The middle of a band is 0 and its lower end -1; what lies far out stands at the edge."""
    places = draw_bands(FRAME).lines[0].get_xdata()
    assert list(places[:3]) == [0.5, -1.0, 6.0]


def test_numbers_stand_beside_the_lines_in_their_own_unit() -> None:
    """Also of what lies beyond the drawing; a missing value has a dash."""
    assert [text.get_text() for text in draw_bands(FRAME).texts] == ["57.5", "35.0", "90.0", "–"]


def test_errors_become_whiskers() -> None:
    """Two Monte Carlo errors each way, in half bands, where the dot is inside the drawing."""
    ax = draw_bands(FRAME.assign(error=0.25))
    first = ax.collections[0].get_segments()[0]
    assert first[0][0] == pytest.approx(0.5 - 0.5)
    assert first[1][0] == pytest.approx(0.5 + 0.5)


def test_a_frame_without_rows_is_refused() -> None:
    """The message says what is wrong."""
    with pytest.raises(DataError, match="no rows"):
        draw_bands(FRAME.iloc[:0])
