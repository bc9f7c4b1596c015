"""One column read: each distinct text once, a value for every row, and where it fails."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.ingestion.cells import Cells, holds, read_cells
from hinge_outcomes.ingestion.column_rules import ColumnRule, RuleContext, read_rule
from hinge_outcomes.ingestion.raw_table import RawColumn
from hinge_outcomes.ingestion.targets import list_targets

EXTRA = (
    ExtraColumn("episodes", "x_count", "integer"),
    ExtraColumn("episodes", "x_note", "text"),
    ExtraColumn("episodes", "x_colour", "category", allowed=("red", "blue")),
)


def rule_for(table: str, name: str, written: object, **context: object) -> ColumnRule:
    """The rule that a mapping's line makes."""
    shared = {"codes": {}, "missing": ("n/a",), "date_formats": ("%d/%m/%Y",), **context}
    target = list_targets(table, EXTRA)[name]
    return read_rule(f"[tables.{table}] {name}", target, written, RuleContext(**shared))  # type: ignore[arg-type]


def read(rule: ColumnRule, *cells: str, rows: list[int] | None = None) -> Cells:
    """The cells of a column named "c"."""
    chosen = np.arange(len(cells)) if rows is None else np.array(rows, dtype="int64")
    return read_cells(rule, {"c": RawColumn.of(cells)}, chosen)


def plain(cells: Cells) -> list[object]:
    """The values, None where there is none."""
    return cells.values.astype("object").where(cells.values.notna(), None).tolist()


def failing(cells: Cells) -> dict[str, list[int]]:
    """Where each rule is broken; rules that no row breaks left out."""
    return {rule: places.tolist() for _, rule, places in cells.failing if len(places)}


def test_each_row_has_its_value_or_the_rule_that_it_breaks() -> None:
    """An empty cell is null without a word; a text that stands for missing is told."""
    cells = read(
        rule_for("visits", "home_exercise_days", "c"), "3", "", "n/a", "x", "2.5", "9", "3"
    )
    assert plain(cells) == [3, None, None, None, None, None, 3]
    assert failing(cells) == {
        "missing": [2], "not_a_number": [3], "not_whole": [4], "out_of_range": [5]
    }  # fmt: skip


def test_only_the_rows_asked_for_are_read() -> None:
    """Places count within the rows that are asked for, in their order."""
    cells = read(rule_for("visits", "home_exercise_days", "c"), "1", "x", "2", rows=[2, 1])
    assert plain(cells) == [2, None]
    assert failing(cells) == {"not_a_number": [1]}


def test_a_text_that_no_row_holds_any_more_breaks_no_rule() -> None:
    """After a correction the wrong text is still among the words and stands in no row."""
    column = RawColumn(np.array(["x", "4"], dtype="object"), np.array([1, 1], dtype="int32"))
    cells = read_cells(rule_for("visits", "home_exercise_days", "c"), {"c": column}, np.arange(2))
    assert (plain(cells), failing(cells)) == ([4, 4], {})


@pytest.mark.parametrize("size", [2**31, 5_000_000_000, -(2**31) - 1, 2**53 - 1])
def test_a_clinics_own_whole_number_may_be_large(size: int) -> None:
    """A number beyond 32 bits stays itself and does not come round from the other side."""
    assert plain(read(rule_for("episodes", "x_count", "c"), str(size), "1")) == [size, 1]


def test_a_whole_number_that_cannot_be_held_exactly_is_told() -> None:
    """From 2 to the power of 53 on a neighbour would be stored in its place."""
    cells = read(rule_for("episodes", "x_count", "c"), str(2**53 + 1), "1e300")
    assert (plain(cells), failing(cells)) == ([None, None], {"out_of_range": [0, 1]})


def test_codes_and_texts_are_categories_and_nulls_are_no_category() -> None:
    """Codes have the categories of their column, whichever of them occur."""
    colours = read(rule_for("episodes", "x_colour", "c"), "red", "", "green")
    assert colours.values.cat.categories.tolist() == ["red", "blue"]
    assert plain(colours) == ["red", None, None]
    notes = read(rule_for("episodes", "x_note", "c"), "b", "", "a", "=1")
    assert set(notes.values.cat.categories) == {"a", "b"}
    assert failing(notes) == {"formula": [3]}


def test_negative_codes_are_codes_and_not_missing_values() -> None:
    """-9 means what the mapping says: a code of the column before a shared missing text."""
    rule = rule_for(
        "assessments", "stage", "c", codes={"stage": (("-1", 1), ("-9", 2))}, missing=("-9",)
    )
    cells = read(rule, "-1", "-9", "1", "")
    assert (plain(cells), failing(cells)) == ([1, 2, None, None], {"unknown_code": [2]})


def test_a_day_that_is_not_counted_from_the_start_may_be_negative() -> None:
    """A score 14 days early is in its range, one of 15 days is not."""
    cells = read(rule_for("outcomes", "measured_day", "c"), "-14", "-15", "-1", "+3")
    assert plain(cells) == [-14, None, -1, 3]
    assert failing(cells) == {"out_of_range": [1]}


def test_a_constant_fills_every_row_and_reads_no_cell() -> None:
    """Texts become a category, dates a date; no rows at all are no problem."""
    clinic = read_cells(rule_for("episodes", "clinic_id", {"constant": "C01"}), {}, np.arange(3))
    assert plain(clinic) == ["C01"] * 3
    start = rule_for("episodes", "start_date", {"constant": "2026-01-05"})
    assert plain(read_cells(start, {}, np.arange(1))) == [pd.Timestamp("2026-01-05")]
    assert len(read_cells(start, {}, np.arange(0)).values) == 0


def test_where_a_part_is_missing_there_is_nothing_to_join() -> None:
    """Joined texts need every part; a text that stands for missing makes the whole missing."""
    rule = rule_for("episodes", "episode_id", {"join": ["a", "b"]})
    columns = {
        "a": RawColumn.of(["K", "K", "", "K", "K"]), "b": RawColumn.of(["1", "", "2", "n/a", "1"])
    }  # fmt: skip
    cells = read_cells(rule, columns, np.array([4, 0, 1, 2, 3]))
    assert plain(cells) == ["K-1", "K-1", None, None, None]
    assert failing(cells) == {"missing": [4]}


def test_the_year_of_a_date_is_a_number() -> None:
    """A date of birth gives its year; one that cannot be read gives none."""
    cells = read(rule_for("patients", "birth_year", {"year_of": "c"}), "24/03/1970", "1970")
    assert (plain(cells), failing(cells)) == ([1970.0, None], {"not_a_date": [1]})


def test_no_rows_give_columns_of_the_same_kinds() -> None:
    """A file without rows can be stacked with one that has some."""
    for table, name in (("visits", "visit_day"), ("episodes", "start_date"), ("patients", "sex"),
                        ("assessments", "is_working_stage"), ("assessments", "load_kg"),
                        ("episodes", "x_note"), ("episodes", "x_count")):  # fmt: skip
        rule = rule_for(table, name, "c")
        value = {"start_date": "05/01/2026", "sex": "male", "is_working_stage": "true"}
        full = read(rule, value.get(name, "3"))
        none = read(rule, "x", rows=[])
        assert len(none.values) == 0
        assert full.values.dtype == none.values.dtype or name == "x_note"


def test_texts_are_found_exactly() -> None:
    """Which rows hold one of a few texts: letter by letter, and none where nothing is asked."""
    column = RawColumn.of(["a", "A", "", "a"])
    assert holds(column, ["a", ""]).tolist() == [True, False, True, True]
    assert not holds(column, []).any()
    assert holds(RawColumn.of([]), ["a"]).tolist() == []
