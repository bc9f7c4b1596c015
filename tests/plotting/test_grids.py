"""A grid shows every share with its number, tinted by level and named by row and column."""

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting.grids import draw_grid
from hinge_outcomes.plotting.style import figure_bytes

CELLS = pd.DataFrame(
    {
        "group": ["Pain", "Pain", "Pain", "Visits", "Visits", "Visits"],
        "row": ["Baseline"] * 3 + ["Stage"] * 3,
        "column": ["Q1", "Q2", "Q3"] * 2,
        "share": [0.9, 0.6, 0.2, np.nan, np.nan, 0.75],
        "text": ["90%", "60%", "20%", "–", "hidden", "75%"],
    }
)


def test_each_cell_prints_its_number_where_it_belongs() -> None:
    """Rows stand under the name of their group, columns from left to right."""
    ax = draw_grid(CELLS)
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Q1", "Q2", "Q3"]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Pain", "Baseline", "Visits", "Stage",
    ]  # fmt: skip
    assert {name: (int(x), int(y)) for name, (x, y) in places.items()} == {
        "90%": (0, 1), "60%": (1, 1), "20%": (2, 1), "–": (0, 3), "hidden": (1, 3), "75%": (2, 3),
    }  # fmt: skip


def test_tints_change_at_the_levels_and_keep_apart_in_grey() -> None:
    """75% belongs to the upper level; the three fills differ by a fifth of lightness in grey."""
    ax = draw_grid(CELLS)
    fills = [patch.get_facecolor()[:3] for patch in ax.patches]
    assert fills[0] == fills[5]
    grey = [float(np.dot(fill, (0.299, 0.587, 0.114))) for fill in fills[:3]]
    assert grey[0] - grey[1] > 0.1
    assert grey[1] - grey[2] > 0.2
    assert len({matplotlib.colors.to_hex(fill) for fill in fills}) == 5


def test_the_key_names_only_what_is_drawn() -> None:
    """Hidden and empty cells stand in the key where there are any, and nowhere else."""
    told = [text.get_text() for text in draw_grid(CELLS, nothing="nobody").get_legend().texts]
    assert told == ["– nobody", "hidden", "75% and more", "50% to 75%", "below 50%"]
    plain = draw_grid(CELLS.iloc[:3]).get_legend()
    assert [text.get_text() for text in plain.texts] == told[2:]


def test_the_same_grid_gives_the_same_bytes() -> None:
    """Drawn twice, a grid is the same file."""
    assert figure_bytes(draw_grid(CELLS)) == figure_bytes(draw_grid(CELLS))


def test_nothing_to_draw_is_refused() -> None:
    """A frame without rows, or without a column, is a named error."""
    with pytest.raises(DataError):
        draw_grid(CELLS.iloc[:0])
    with pytest.raises(DataError, match="'text'"):
        draw_grid(CELLS.drop(columns="text"))
