"""What the cells of a REDCap export mean: every kind of field, written in every way."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.ingestion.redcap_columns import ExportColumn
from hinge_outcomes.ingestion.redcap_dictionary import RedcapField
from hinge_outcomes.ingestion.redcap_values import (
    ExportStyle,
    empty_dtype,
    outside_range,
    read_values,
    settle_style,
)

RAW = ExportStyle(is_labelled=False, ticks_by_label=False, labels="raw", decimal=".")


def text_field(validation: str) -> RedcapField:
    """A text field with a validation."""
    return RedcapField("x", "f", validation=validation)


def read(cells: list[str], field: RedcapField, style: ExportStyle = RAW, role: str = "field"):  # type: ignore[no-untyped-def]
    """Values and broken rules of a column."""
    column = ExportColumn("x", role, "f", field)
    return read_values(pd.Series(cells, dtype="object"), column, style)


@pytest.mark.parametrize(
    ("validation", "cell", "value"),
    [
        ("integer", "-7", -7),
        ("number", "2.50", 2.5),
        ("number_1dp", "2.5", 2.5),
        ("number_comma_decimal", "2,5", 2.5),
        ("number_2dp_comma_decimal", "2,55", 2.55),
        ("date_ymd", "2026-03-04", pd.Timestamp("2026-03-04")),
        ("date_dmy", "2026-03-04", pd.Timestamp("2026-03-04")),
        ("date_dmy", "04/03/2026", pd.Timestamp("2026-03-04")),
        ("date_mdy", "2026-03-04", pd.Timestamp("2026-03-04")),
        ("date_mdy", "04/03/2026", pd.Timestamp("2026-04-03")),
        ("datetime_dmy", "2026-03-04 10:11", pd.Timestamp("2026-03-04 10:11")),
        ("datetime_seconds_ymd", "2026-03-04 10:11:12", pd.Timestamp("2026-03-04 10:11:12")),
        ("phone", "(415) 555-1212", "(415) 555-1212"),
        ("email", "a@b.test", "a@b.test"),
        ("", "007", "007"),
    ],
)
def test_a_text_is_what_its_validation_says(validation: str, cell: str, value: object) -> None:
    """Numbers, dates and times are read; everything else stays text, leading zeros and all."""
    got = read([cell], text_field(validation))
    assert got.values.tolist() == [value]
    assert got.broken.tolist() == [""]


@pytest.mark.parametrize(
    ("validation", "cell", "rule"),
    [
        ("integer", "2.5", "not_whole"),
        ("integer", "1" + "0" * 30, "not_whole"),
        ("integer", "2,5", "not_a_number"),
        ("number", "2,5", "not_a_number"),
        ("number", "1e999", "not_a_number"),
        ("number_comma_decimal", "2.5", "not_a_number"),
        ("date_ymd", "04/03/2026", "not_a_date"),
        ("date_ymd", "2026-02-30", "not_a_date"),
        ("date_dmy", "0023-01-02", "implausible_year"),
        ("datetime_ymd", "2026-03-04", "not_a_date"),
        ("datetime_ymd", "0026-03-04 10:00", "implausible_year"),
    ],
)
def test_a_text_that_does_not_fit_is_told(validation: str, cell: str, rule: str) -> None:
    """The value is null and the rule says why."""
    got = read([cell], text_field(validation))
    assert got.values.isna().all()
    assert got.broken.tolist() == [rule]


def test_dates_that_contradict_their_field_are_not_guessed() -> None:
    """Where a spreadsheet wrote month first in a field of day first, no rewritten date is read."""
    got = read(["2026-01-05", "04/13/2026", "03/04/2026"], text_field("date_dmy"))
    assert got.values.isna().tolist() == [False, True, True]
    assert got.broken.tolist() == ["", "ambiguous_date", "ambiguous_date"]


def test_an_export_may_force_another_decimal_sign() -> None:
    """Calculated fields and plain numbers follow the export, a validated comma stays a comma."""
    comma = ExportStyle(False, False, "raw", ",")
    assert read(["1,5"], RedcapField("x", "f", "calc"), comma).values.tolist() == [1.5]
    assert read(["1,5"], text_field("number"), comma).values.tolist() == [1.5]


SEX = RedcapField("x", "f", "radio", choices=(("0", "Female"), ("1", "Male")))
TRAP = RedcapField("x", "f", "radio", choices=(("1", "0"), ("0", "1")))
SAME = RedcapField("x", "f", "radio", choices=(("1", "Yes"), ("2", "Yes"), ("3", "No")))


def test_answers_are_ordered_categories_of_codes_or_labels() -> None:
    """Codes and labels are both understood, whatever the export mostly holds."""
    got = read(["1", "Female"], SEX)
    assert got.values.tolist() == ["1", "0"]
    assert got.values.dtype == pd.CategoricalDtype(["0", "1"], ordered=True)
    labels = ExportStyle(True, False, "label", ".")
    assert read(["Male", "0"], SEX, labels).values.tolist() == ["Male", "Female"]


def test_a_label_that_is_another_answers_code_is_read_by_the_exports_style() -> None:
    """0 is a code in an export of codes, and a label in one of labels."""
    assert read(["0"], TRAP).values.tolist() == ["0"]
    assert read(["0"], TRAP, ExportStyle(True, False, "raw", ".")).values.tolist() == ["1"]


def test_answers_with_the_same_label_are_not_mixed_up() -> None:
    """A label that two codes share says neither; as labels they bear their codes."""
    assert read(["Yes"], SAME).broken.tolist() == ["unknown_code"]
    wanted = read(["1", "2", "3"], SAME, ExportStyle(False, False, "label", "."))
    assert wanted.values.tolist() == ["Yes (1)", "Yes (2)", "No"]


def test_boxes_and_statuses_are_read_in_both_ways() -> None:
    """0 and Unchecked are no, 1 and Checked are yes; 0, 1, 2 are the three statuses."""
    box = read(["0", "1", "Checked", "Unchecked", "maybe"], SEX, role="checkbox")
    assert box.values.tolist() == [False, True, True, False, pd.NA]
    status = read(["0", "Complete", "1", "3"], SEX, role="status")
    assert status.values.tolist() == ["Incomplete", "Complete", "Unverified", np.nan]
    assert status.broken.tolist() == ["", "", "", "unknown_code"]


@pytest.mark.parametrize(
    ("field", "role", "dtype"),
    [
        (text_field(""), "field", "str"),
        (text_field("integer"), "field", "Int64"),
        (text_field("number"), "field", "float64"),
        (text_field("date_mdy"), "field", "datetime64[s]"),
        (text_field("datetime_mdy"), "field", "datetime64[s]"),
        (RedcapField("x", "f", "slider"), "field", "Int64"),
        (SEX, "checkbox", "boolean"),
        (SEX, "status", "category"),
        (SEX, "timestamp", "datetime64[s]"),
    ],
)
def test_a_column_without_values_has_its_type(field: RedcapField, role: str, dtype: str) -> None:
    """An empty column can be joined to a full one."""
    assert empty_dtype(ExportColumn("x", role, "f", field), RAW) == dtype


def test_numbers_outside_the_range_are_found_and_others_are_not() -> None:
    """Both ends belong to the range; a decimal comma in it is understood; texts have none."""
    field = RedcapField("x", "f", minimum="0", maximum="2,5")
    values = pd.Series([-1, 0, 2.5, 3, np.nan])
    assert outside_range(values, field).tolist() == [True, False, False, True, False]
    assert not outside_range(pd.Series(["a"]), field).any()
    assert not outside_range(values, None).any()


@pytest.mark.parametrize(
    ("cells", "is_labelled"),
    [(["0", "1"], False), (["Female", "Male"], True), (["Female", "0", "1"], False), ([], False)],
)
def test_an_export_is_what_most_of_its_answers_can_only_be(
    cells: list[str], is_labelled: bool
) -> None:
    """Words that are labels and no codes vote for labels, codes that are no labels for codes."""
    column = ExportColumn("x", "field", "f", SEX, place=0)
    table = np.array(cells, dtype="object").reshape(-1, 1)
    assert settle_style([column], table, "raw", ".").is_labelled is is_labelled
