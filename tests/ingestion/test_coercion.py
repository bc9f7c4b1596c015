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
