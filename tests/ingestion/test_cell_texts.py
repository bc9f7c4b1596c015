"""The text of typed values: what somebody would have written into the cell."""

import datetime as dt

import pytest

from hinge_outcomes.ingestion.cell_texts import moment_text, number_text, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (True, "TRUE"),
        (False, "FALSE"),
        (3, "3"),
        (3.0, "3"),
        (-0.0, "0"),
        (3.7, "3.7"),
        (12345678901234500.0, "12345678901234500"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (dt.date(2026, 3, 24), "2026-03-24"),
        (dt.datetime(2026, 3, 24), "2026-03-24"),
        (dt.datetime(2026, 3, 24, 10, 30), "2026-03-24 10:30:00"),
        (dt.datetime(2026, 3, 24, 10, 29, 59, 999_900), "2026-03-24 10:30:00"),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), "9999-12-31 23:59:59.999000"),
        (dt.time(10, 30), "10:30:00"),
        (dt.timedelta(hours=30, minutes=5), "PT30H5M0S"),
        (None, "None"),
    ],
)
def test_values_are_written_as_they_are_meant(value: object, text: str) -> None:
    """Whole numbers have no decimals, dates no midnight, and times no noise of counting days."""
    assert text_of(value) == text


def test_a_number_has_as_many_digits_as_it_takes() -> None:
    """The shortest text that is the same number again; no number is an empty cell."""
    assert number_text(0.1 + 0.2) == "0.30000000000000004"
    assert number_text(float("nan")) == ""


def test_fractions_that_say_something_are_kept() -> None:
    """Only zeros behind the point, and midnight, are left out."""
    assert moment_text("2026-03-24 00:00:00.000") == "2026-03-24"
    assert moment_text("2026-03-24 10:30:00.250") == "2026-03-24 10:30:00.250"
    assert moment_text("10:30:00.000") == "10:30:00"
    assert moment_text("2026-03-24 10:30:00.000000Z") == "2026-03-24 10:30:00Z"
