"""The plain text inside blocks."""

import math

import pandas as pd
import pytest

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.text import Span, as_paragraphs, format_cell, need_text, plain_data


def test_negative_numbers_carry_a_real_minus_sign():
    """A negative number is printed with a minus sign, not a hyphen, and text is left alone."""
    assert format_cell(-2.5, "{:.1f}") == "−2.5"
    assert format_cell("-") == "-"


@pytest.mark.parametrize("value", [None, math.nan, pd.NA, pd.NaT])
def test_missing_values_are_shown_as_missing(value):
    """Every kind of missing value is shown by one sign, never as 'nan'."""
    assert format_cell(value, "{:.1f}") == "–"


def test_empty_text_is_refused():
    """Text that says nothing is refused, with the name of the field."""
    with pytest.raises(ReportError, match=r"Figure\.alt"):
        need_text("Figure", "alt", "  ")
    with pytest.raises(ReportError, match="paragraphs"):
        as_paragraphs("Prose", "paragraphs", [""])


def test_styled_runs_survive_json():
    """Styled runs are read back from their JSON form as they were."""
    paragraphs = as_paragraphs("Prose", "paragraphs", [[Span("a", "strong"), Span(" b")]])
    assert as_paragraphs("Prose", "paragraphs", plain_data(paragraphs)) == paragraphs


def test_unknown_style_is_refused():
    """A style that no face knows is an error where it is written, not where it is shown."""
    with pytest.raises(ReportError, match="style"):
        Span("a", "blink")
