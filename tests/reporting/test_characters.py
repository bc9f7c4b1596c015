"""Characters that cannot be printed, or would mislead."""

import pytest

from hinge_outcomes.reporting.characters import (
    covered_characters,
    show_all_characters,
    show_characters,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Physio Zürich – Łódź", "Physio Zürich – Łódź"),
        ("a\u202eb\u202c", "a[U+202E]b[U+202C]"),
        ("a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"),
        ("a\x00b\x1b[31m", "a[U+0000]b[U+001B][31m"),
        ("tab\tline\nend", "tab line end"),
        ("\U0001f9d8", "[U+1F9D8]"),
        ("\u4e2d", "[U+4E2D]"),
        ("\u2028", "[U+2028]"),
        ("[U+202E]", "[U+202E]"),
    ],
)
def test_characters_are_shown_by_number_once(text, shown):
    """What cannot be drawn or turns the writing is shown by its number; applying twice is once."""
    assert show_characters(text) == shown
    assert show_characters(shown) == shown


def test_coverage_is_read_from_the_bundled_fonts():
    """The signs that reports use are in the bundled fonts."""
    assert {ord(sign) for sign in "−–·±≥≤µ²“”’…×→"} <= covered_characters()


def test_every_text_inside_data_is_covered():
    """Texts in lists and dicts are treated; numbers and keys are left alone."""
    data = {"a": ["\u202e", {"b": ("\u200b", 1, None, True)}]}
    assert show_all_characters(data) == {"a": ["[U+202E]", {"b": ["[U+200B]", 1, None, True]}]}
