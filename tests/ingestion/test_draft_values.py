"""Values are told apart by what nearly all of them look like."""

import pytest

from hinge_outcomes.ingestion.draft_values import (
    find_date_formats,
    find_decimal,
    is_serial_day,
    looks_like_rows,
    nearly_all,
    profile_column,
)
from hinge_outcomes.ingestion.raw_table import RawColumn


@pytest.mark.parametrize(
    ("words", "formats"),
    [
        (["24/03/2026", "01/02/2026"], ("%d/%m/%Y",)),
        (["03/24/2026", "01/02/2026"], ("%m/%d/%Y",)),
        (["2026-03-24", "2026-01-02"], ("%Y-%m-%d",)),
        (["2026-03-24 09:30", "2026-01-02 10:00"], ("%Y-%m-%d %H:%M",)),
        (["24 Mar 2026", "02 Jan 2026"], ("%d %b %Y",)),
        (["01.02.2026", "03.04.2026"], ("%d.%m.%Y", "%m.%d.%Y")),
        (["7", "8"], ()),
    ],
)
def test_dates_are_known_by_all_their_orders(words: list[str], formats: tuple[str, ...]) -> None:
    """One late day decides the order; without one both orders are given."""
    assert find_date_formats(words) == (formats, False)


def test_one_typing_error_does_not_hide_what_a_column_holds() -> None:
    """A single wrong cell among a hundred dates leaves them dates."""
    words = [f"{1 + day % 28:02d}/{1 + day // 28:02d}/2026" for day in range(120)]
    assert find_date_formats([*words, "31/31/2026"])[0] == ("%d/%m/%Y",)


def test_two_digit_years_are_seen_and_not_read() -> None:
    """They are dates, and no format is given for them."""
    seen = profile_column("born", RawColumn.of(["24/03/80", "01/02/75"]))
    assert (seen.date_formats, seen.has_short_years, seen.is_date) == ((), True, True)


def test_texts_for_missing_values_are_set_apart() -> None:
    """NaN and a dash are no values, an empty cell is no text."""
    seen = profile_column("kg", RawColumn.of(["8", "NaN", "-", "", "12"]))
    assert seen.missing == ("NaN", "-")
    assert (seen.n_filled, seen.is_blank_padded) == (2, True)
    assert seen.is_whole


def test_the_decimal_sign_is_settled_by_all_columns() -> None:
    """Both signs in one file settle nothing; whole numbers say nothing."""

    def told(*cells: str) -> tuple[str, bool]:
        sign, why = find_decimal([profile_column("x", RawColumn.of(list(cells)))])
        return sign, bool(why)

    assert told("1,5", "2") == (",", True)
    assert told("1.5", "2") == (".", True)
    assert told("1,5", "2.5") == ("", True)
    assert told("1", "2") == ("", False)


def test_serial_days_are_numbers_of_a_lifetime() -> None:
    """46105 is a day of 2026; a number of visits is none."""
    assert is_serial_day(profile_column("seen", RawColumn.of(["46105", "46112"])))
    assert not is_serial_day(profile_column("n", RawColumn.of(["12", "46105"])))


def test_a_file_without_a_header_is_seen() -> None:
    """A first line of numbers and dates is a row of records."""
    assert looks_like_rows(("K1", "24/03/2026", "6"))
    assert not looks_like_rows(("Case", "First visit", "Stage 1", "Pain"))
    assert looks_like_rows(("", "Baseline", " (2)", "6 weeks", " (3)"))


def test_one_typing_error_in_many_cells_is_forgiven_whatever_the_texts() -> None:
    """A word among a hundred stages leaves them numbers, though it is one of few texts."""
    seen = profile_column("stage", RawColumn.of(["1", "2", "3"] * 40 + ["thre"]))
    assert (seen.is_number, seen.is_whole, seen.is_nearly_within(1, 10)) == (True, True, True)
    assert not profile_column("stage", RawColumn.of(["1", "2", "thre"] * 40)).is_number


def test_of_twenty_one_may_be_wrong_and_of_ten_none() -> None:
    """A small clinic's typing error is forgiven too, once there are enough cells beside it."""
    assert nearly_all(19, 20)
    assert not nearly_all(18, 20)
    assert not nearly_all(9, 10)
