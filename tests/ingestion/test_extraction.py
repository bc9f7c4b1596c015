"""Filling rows from cells: filters, side-by-side forms, missing texts and unreadable cells."""

from pathlib import Path
from typing import Any

import numpy as np

from hinge_outcomes.ingestion.extraction import Filled, fill_block, pass_filters
from hinge_outcomes.ingestion.mapping import Mapping
from hinge_outcomes.ingestion.raw_table import RawColumn
from hinge_outcomes.ingestion.readers import read_source
from tests.exports import ROWS, mapping_filling, mapping_with, write_export


def fill(folder: Path, table: str, *rows: str, values: dict[str, Any] | None = None) -> Filled:
    """Fill the first section of a table from rows of the small export."""
    mapping = Mapping.from_values(values or mapping_with())
    raw = read_source(write_export(folder, *rows), mapping.sources[0], mapping.columns)
    block = next(block for block in mapping.blocks if block.table == table)
    columns = {name: raw.columns[name].stripped() for name in mapping.columns}
    return fill_block(block, columns, np.arange(raw.n_rows))


def failing(filled: Filled) -> list[tuple[int, str, str]]:
    """Row, column and rule of each failing cell."""
    frame = filled.failures
    return list(zip(frame["row"], frame["column"], frame["rule"], strict=True))


def test_a_row_must_pass_all_filters() -> None:
    """Of two conditions both must hold, each by one of its texts."""
    columns = {"a": RawColumn.of(["1", "2", "3"]), "b": RawColumn.of(["x", "x", "y"])}
    assert pass_filters(columns, [("a", ("1", "3")), ("b", ("x",))], 3).tolist() == [
        True, False, False
    ]  # fmt: skip
    assert pass_filters({}, [], 2).tolist() == [True, True]


def test_a_row_with_nothing_for_a_table_fills_no_row_of_it(tmp_path: Path) -> None:
    """A missed appointment holds no rating and no score, and that is no failure."""
    filled = fill(tmp_path, "assessments", *ROWS)
    assert filled.carried.tolist() == [0, 1, 3]
    assert filled.frame["stage"].tolist() == [1, 1, 2]
    assert not len(filled.failures)


def test_scores_side_by_side_become_one_row_each(tmp_path: Path) -> None:
    """Each filled score is a row; an empty one is none; a missing text is a finding."""
    filled = fill(tmp_path, "outcomes", *ROWS, "K2,P2,,,,09/02/2026,came,,,n/a,11")
    got = filled.frame.sort_values(["row", "instrument"])
    assert list(zip(got["row"], got["instrument"], got["score"], strict=True)) == [
        (0, "nprs", 6.0), (0, "odi", 40.0), (1, "nprs", 5.0), (3, "nprs", 7.0), (3, "odi", 30.0),
        (4, "odi", 11.0),
    ]  # fmt: skip
    assert failing(filled) == [(4, "pain", "missing")]
    assert not filled.failures["is_set_aside"].any()


def test_scores_in_rows_of_their_own_may_be_missing(tmp_path: Path) -> None:
    """A questionnaire handed out and not filled in is a missing score, not a bad row."""
    values = mapping_with()
    values["tables"]["outcomes"] = {
        "episode_id": "case", "measured_day": {"constant": 0}, "instrument": "status",
        "score": "pain",
    }  # fmt: skip
    rows = ("K1,P1,,,,,nprs,,,5,", "K1,P1,,,,,odi,,,,", "K1,P1,,,,,odi,,,n/a,")
    filled = fill(tmp_path, "outcomes", *rows, values=values)
    assert filled.frame["score"].tolist() == [5.0]
    assert failing(filled) == [(2, "pain", "missing"), (1, "pain", "missing")]
    assert not filled.failures["is_error"].any()


def test_ratings_side_by_side_mark_the_working_stage(tmp_path: Path) -> None:
    """One row per rated stage, the one worked at marked; an unrated working stage has no level."""
    values = mapping_with()
    values["tables"]["assessments"] = {
        "episode_id": "case", "assessed_day": {"days_from_start": "seen"},
        "ratings": {"1": "rating", "2": "pain"}, "working_stage": "stage",
    }  # fmt: skip
    rows = (
        "K1,P1,,,,05/01/2026,came,2,3,1,",
        "K1,P1,,,,12/01/2026,came,4,3,,",
        "K1,P1,,,,19/01/2026,came,,3,,",
    )
    got = fill(tmp_path, "assessments", *rows, values=values).frame.sort_values(["row", "stage"])
    assert got["stage"].tolist() == [1, 2, 1, 4, 1]
    assert got["mastery_level"].fillna(-1).tolist() == [3, 1, 3, -1, 3]
    marks = got["is_working_stage"].astype("Int8").fillna(-1)
    assert marks.tolist() == [0, 1, 0, 1, -1]


def test_a_cell_that_cannot_be_read_sets_its_row_aside_unless_the_mapping_says_otherwise(
    tmp_path: Path,
) -> None:
    """By default a bad cell costs the row; if_unreadable = "missing" costs the cell alone."""
    row = "K1,P1,197O,F,05/01/2026,05/01/2026,came,1,2,6,40"
    strict = fill(tmp_path, "patients", row)
    assert failing(strict) == [(0, "born", "not_a_number")]
    assert strict.failures["is_set_aside"].all()
    born = {"column": "born", "if_unreadable": "missing"}
    lenient = fill(tmp_path, "patients", row, values=mapping_filling("patients", birth_year=born))
    assert lenient.failures["is_error"].all()
    assert not lenient.failures["is_set_aside"].any()


def test_a_row_without_its_key_is_set_aside(tmp_path: Path) -> None:
    """A visit without a date belongs to no day; one finding says so."""
    filled = fill(tmp_path, "visits", "K1,P1,,,,,came,,,,", "K1,P1,,,,n/a,came,,,,")
    assert failing(filled) == [
        (0, "seen", "required_missing"), (1, "seen", "required_missing")
    ]  # fmt: skip


def test_ids_can_be_joined_from_several_columns(tmp_path: Path) -> None:
    """Case number and patient number together tell episodes apart; half an id is no id."""
    values = mapping_filling("episodes", episode_id={"join": ["case", "patient"], "separator": "/"})
    filled = fill(tmp_path, "episodes", ROWS[0], "K9,,,,05/01/2026,,,,,,", values=values)
    assert filled.frame["episode_id"].tolist()[0] == "K1/P1"
    assert failing(filled) == [(1, "case", "required_missing")]


def test_only_the_year_of_a_date_of_birth_enters(tmp_path: Path) -> None:
    """Of 12/05/1972 the table holds 1972."""
    values = mapping_filling("patients", birth_year={"year_of": "born"})
    row = "K1,P1,12/05/1972,F,05/01/2026,,,,,,"
    assert fill(tmp_path, "patients", row, values=values).frame["birth_year"].tolist() == [1972]


def test_the_short_form_of_filled_rows_shows_no_cell(tmp_path: Path) -> None:
    """Rows filled from cells never show them at a prompt."""
    filled = fill(tmp_path, "patients", *ROWS)
    assert "P1" in filled.frame.to_csv()
    assert "P1" not in repr(filled)
