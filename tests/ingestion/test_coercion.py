"""Text into values: what is read, what is refused, and under which rule."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.ingestion.coercion import (
    coerce,
    coerce_codes,
    coerce_dates,
    coerce_items,
    coerce_numbers,
    coerce_text,
)
from hinge_outcomes.ingestion.column_rules import RuleContext, read_rule
from hinge_outcomes.ingestion.targets import list_targets

CONTEXT = RuleContext(codes={}, missing=(), date_formats=("%d/%m/%Y",))


def rules_of(table: str, column: str, written: object, cells: list[str], **more: str) -> list[str]:
    """The rule that each cell of a column breaks."""
    rule = read_rule("here", list_targets(table)[column], written, CONTEXT, **more)
    return list(coerce(pd.Series(cells, dtype="str"), rule).broken)


def test_numbers_are_read_in_the_declared_notation_only() -> None:
    """A decimal comma is a comma, thousands separators and words are no numbers."""
    cells = pd.Series(["3.5", "3,5", "-.5", "1e2", "1.000,5", "inf", "nan", "0x1", "٣", "1 000"])
    point = coerce_numbers(cells)
    assert point.values.dropna().tolist() == [3.5, -0.5, 100.0]
    comma = coerce_numbers(cells, decimal=",")
    assert comma.values.dropna().tolist() == [3.5, 100.0]
    assert set(comma.broken) == {"", "not_a_number"}


def test_whole_numbers_may_be_written_with_a_point_zero() -> None:
    """3.0 is three; 3.5 is no stage, and 11 is outside the progression."""
    cells = ["3", "3.0", "3.5", "11", "x"]
    assert rules_of("episodes", "entry_stage", "a", cells) == [
        "", "", "not_whole", "out_of_range", "not_a_number"
    ]  # fmt: skip


def test_a_score_outside_its_instrument_is_out_of_range() -> None:
    """Pain of 11 is refused where it is read, with the range of the pain scale."""
    cells = ["0", "10", "10.5", "-1"]
    assert rules_of("outcomes", "score", "a", cells, instrument="nprs") == [
        "", "", "out_of_range", "out_of_range"
    ]  # fmt: skip


def test_millimetres_of_pain_become_exact_points() -> None:
    """37 mm is 3.7, without the last bit of binary arithmetic."""
    rule = read_rule("here", list_targets("outcomes")["score"], {"column": "a", "unit": "mm"},
                     CONTEXT, instrument="nprs")  # fmt: skip
    assert coerce(pd.Series(["37", "101"]), rule).values.tolist()[0] == 3.7


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("24/03/2026", ""),
        ("4/3/2026", ""),
        ("2026-03-24", "not_a_date"),
        ("03/24/2026", "not_a_date"),
        ("30/02/2026", "not_a_date"),
        ("24/03/26", "not_a_date"),
        ("24/03/2026 10:00", "not_a_date"),
        ("24/03/0023", "implausible_year"),
        ("today", "not_a_date"),
        ("now", "not_a_date"),
        ("NaT", "not_a_date"),
        ("46000", "not_a_date"),
        ("２4/03/2026", "not_a_date"),
    ],
)
def test_dates_follow_the_named_format_and_nothing_else(cell: str, rule: str) -> None:
    """Another order, another notation, a word or a serial number is a finding, never a date."""
    assert coerce_dates(pd.Series([cell]), ("%d/%m/%Y",)).broken.tolist() == [rule]


def test_a_date_that_two_formats_read_differently_is_ambiguous() -> None:
    """3 April or 4 March is a question; 24 March and 5 May can only be one day."""
    both = ("%d/%m/%Y", "%m/%d/%Y")
    cells = pd.Series(["03/04/2026", "24/03/2026", "05/05/2026"])
    assert coerce_dates(cells, both).broken.tolist() == ["ambiguous_date", "", ""]


def test_dates_without_signs_need_all_their_zeros() -> None:
    """2026111 could be two days, so only eight digits are a date in %Y%m%d."""
    read = coerce_dates(pd.Series(["20260111", "2026111"]), ("%Y%m%d",))
    assert read.broken.tolist() == ["", "not_a_date"]


def test_a_time_of_day_is_read_and_dropped() -> None:
    """Where the format names hours, the day remains."""
    read = coerce_dates(pd.Series(["24.03.2026 09:15"]), ("%d.%m.%Y %H:%M",))
    assert read.values[0] == pd.Timestamp(2026, 3, 24)
    assert str(read.values.dtype) == "datetime64[s]"


def test_codes_are_compared_letter_by_letter() -> None:
    """A code that the list does not hold, in another case or unknown, is not bent into one."""
    read = coerce_codes(pd.Series(["f", "F", "m"]), {"F": "female"})
    assert read.broken.tolist() == ["unknown_code", "", "unknown_code"]


def test_yes_and_no_need_codes_unless_written_true_and_false() -> None:
    """True and false are understood; 1, x and yes mean what [codes] says, or nothing."""
    cells = ["true", "False", "1", "yes"]
    assert rules_of("assessments", "is_working_stage", "a", cells) == [
        "", "", "not_true_or_false", "not_true_or_false"
    ]  # fmt: skip


def test_text_that_a_spreadsheet_would_run_is_refused() -> None:
    """Formulas and invisible control characters do not become ids; a leading minus digit may."""
    cells = ["=1+1", "@cmd", "+cmd|x", "-cmd", "-12", "+41", "A\x07", "A 1", "../../x"]
    assert coerce_text(pd.Series(cells)).broken.tolist() == [
        "formula", "formula", "formula", "formula", "", "", "control_character", "", ""
    ]  # fmt: skip


def test_items_are_a_list_of_numbers_and_blanks() -> None:
    """Text, objects, yes-or-no and deep nesting are no item answers."""
    cells = ["[1, null, 2.5]", "[]", '["a"]', "[true]", '{"a": 1}', "[" * 5000, "1"]
    assert coerce_items(pd.Series(cells)).broken.tolist() == ["", "", *["not_items"] * 5]


@given(st.floats(-1e6, 1e6), st.sampled_from([".", ","]))
def test_numbers_survive_being_written_and_read(value: float, decimal: str) -> None:
    """What Python writes for a number is read back as the same number, point or comma."""
    cell = repr(value).replace(".", decimal)
    assert coerce_numbers(pd.Series([cell]), decimal).values.tolist() == [value]


@given(st.dates(), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%Y%m%d"]))
def test_dates_survive_being_written_and_read(day: object, form: str) -> None:
    """A date of 1900 or later is read back as the day it was written."""
    year = day.year  # type: ignore[attr-defined]
    cell = day.strftime(form.replace("%Y", f"{year:04d}"))  # type: ignore[attr-defined]
    read = coerce_dates(pd.Series([cell]), (form,))
    if year >= 1900:
        assert read.values[0] == pd.Timestamp(day)
    else:
        assert read.broken[0] in ("implausible_year", "not_a_date")


@given(st.lists(st.text(max_size=6), min_size=1, max_size=5))
def test_any_text_gives_a_value_or_a_rule(cells: list[str]) -> None:
    """No cell, whatever it holds, comes out with neither a value nor the rule it breaks."""
    text = pd.Series(cells, dtype="str")
    for read in (
        coerce_numbers(text),
        coerce_dates(text, ("%d/%m/%Y",)),
        coerce_text(text),
        coerce_items(text),
    ):
        assert (read.values.notna().to_numpy() == (read.broken == "").to_numpy()).all()


def test_the_short_form_of_values_shows_none_of_them() -> None:
    """What a column turned into is never shown at a prompt."""
    coerced = coerce_text(pd.Series(["SECRETVAL"], dtype="str"))
    assert coerced.values.tolist() == ["SECRETVAL"]
    assert "SECRETVAL" not in repr(coerced)


@pytest.mark.parametrize(
    ("cell", "decimal", "thousands", "value"),
    [
        ("1,234", ".", ",", 1234.0),
        ("1,234,567.5", ".", ",", 1_234_567.5),
        ("-1.234,5", ",", ".", -1234.5),
        ("1234,5", ",", ".", 1234.5),
        ("12 345", ".", " ", 12_345.0),
        ("12\N{NO-BREAK SPACE}345", ".", "\N{NO-BREAK SPACE}", 12_345.0),
        ("1'234.5", ".", "'", 1234.5),
        ("999", ".", ",", 999.0),
        ("1,23", ".", ",", None),
        ("1,2345", ".", ",", None),
        ("12,34,567", ".", ",", None),
        (",123", ".", ",", None),
        ("1,,234", ".", ",", None),
        ("1,234,", ".", ",", None),
        ("1.5", ",", ".", None),
        ("1.234.5", ",", ".", None),
        ("1234,567", ".", ",", None),
        ("1,234", ".", "", None),
        ("0,5,123", ",", ".", None),
        ("1.234,567.890", ",", ".", None),
        ("1,234.567,890", ".", ",", None),
    ],
)
def test_a_thousands_sign_stands_between_groups_of_three(
    cell: str, decimal: str, thousands: str, value: float | None
) -> None:
    """Where a sign stands elsewhere it may be the other country's decimal sign: never read."""
    read = coerce_numbers(pd.Series([cell]), decimal, thousands)
    assert read.broken.tolist() == ["" if value is not None else "not_a_number"]
    if value is not None:
        assert read.values.tolist() == [value]


@given(st.integers(-(10**9), 10**9), st.sampled_from([(".", ","), (",", "."), (".", " ")]))
def test_grouped_numbers_read_back_as_themselves(number: int, signs: tuple[str, str]) -> None:
    """With groups and with two decimals, in either country's way."""
    decimal, thousands = signs
    written = f"{number / 100:,.2f}".translate({ord(","): thousands, ord("."): decimal})
    read = coerce_numbers(pd.Series([written]), decimal, thousands)
    assert read.values.tolist() == [pytest.approx(number / 100)]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("46105", "2026-03-24"), ("46105.75", "2026-03-24"), ("46105.0", "2026-03-24"),
        ("25569", "1970-01-01"), ("3654", "1910-01-01"), ("3653", None), ("1970", None),
        ("2026", None), ("60", None), ("0", None), ("-46105", None), ("146105", None),
        ("4.6105e4", None), ("46,105", None),
    ],
)  # fmt: skip
def test_a_spreadsheets_day_number_is_a_date(cell: str, day: str | None) -> None:
    """Days are counted as Excel counts them; a year that stands alone is no day of 1905."""
    read = coerce_dates(pd.Series([cell]), ("excel",))
    if day is None:
        assert read.broken.tolist() == ["not_a_date"]
    else:
        assert read.values.tolist() == [pd.Timestamp(day)]


def test_a_day_number_stands_beside_written_dates() -> None:
    """A column may hold both; a text that is a date under two formats is not guessed."""
    read = coerce_dates(pd.Series(["46105", "24/03/2026", "20260324"]), ("%d/%m/%Y", "excel"))
    assert read.broken.tolist() == ["", "", "not_a_date"]
    assert read.values[0] == read.values[1]
