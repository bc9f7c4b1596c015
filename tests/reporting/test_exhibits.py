"""Figures and tables."""

import pandas as pd
import pytest

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.exhibits import Figure, Table


@pytest.mark.parametrize("missing", ["alt", "caption"])
def test_a_figure_without_words_is_an_error(missing):
    """A figure needs alternative text and a caption, from whichever door it comes."""
    words = {"alt": "Pain falls.", "caption": "Pain over time."} | {missing: ""}
    with pytest.raises(ReportError, match=missing):
        Figure(svg="<svg/>", **words)
    with pytest.raises(ReportError, match=missing):
        Figure.from_axes(None, **words)


def test_a_figure_needs_a_drawing():
    """Words alone are no figure."""
    with pytest.raises(ReportError, match="drawing"):
        Figure(alt="Pain falls.", caption="Pain.")


def test_a_figure_shows_its_png_in_jupyterlab():
    """JupyterLab gets an image beside the block's own data."""
    bundle = Figure(alt="a", caption="c", png=b"\x89PNG")._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.hinge.block+json", "text/html", "image/png"}


def test_a_table_is_made_from_a_frame():
    """Numbers get their format, missing cells their sign, headings their words."""
    frame = pd.DataFrame({"stage": ["1", "2"], "days": [10.26, None], "n": [3, 4]})
    table = Table.from_frame(
        frame, caption="Stages.", formats={"days": "{:.1f}"}, labels={"stage": "Stage"}
    )
    assert table.columns == ("Stage", "days", "n")
    assert table.rows == (("1", "10.3", "3"), ("2", "–", "4"))
    assert table.alignment == ("text", "number", "number")
    assert table.row_header == "Stage"


def test_a_table_of_numbers_is_refused():
    """Cells are display text, so that no face formats a number its own way."""
    with pytest.raises(ReportError, match="Row 1"):
        Table(caption="Stages.", columns=("Stage", "n"), rows=[("1", 3)])


@pytest.mark.parametrize(
    "settings",
    [
        {"rows": [("1",)]},
        {"row_header": "Phase"},
        {"alignment": ("text",)},
        {"columns": ()},
        {"caption": " "},
    ],
)
def test_a_crooked_table_is_refused(settings):
    """A table whose parts do not fit together cannot be made."""
    lawful = {"caption": "Stages.", "columns": ("Stage", "n"), "rows": [("1", "3")]}
    with pytest.raises(ReportError):
        Table(**(lawful | settings))


def test_an_unknown_column_is_named():
    """A format for a column that is not there is an error that lists the columns."""
    with pytest.raises(ReportError, match="dayz"):
        Table.from_frame(pd.DataFrame({"days": [1]}), caption="c", formats={"dayz": "{}"})
