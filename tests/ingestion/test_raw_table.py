"""An export as text: distinct texts once, and every cell as it stands."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.ingestion.raw_table import RawColumn, RawTable

TEXTS = st.lists(st.sampled_from(["", " ", "a", " a", "a ", "A", "\N{NO-BREAK SPACE}b", "x\ny"]))


@given(TEXTS)
def test_a_column_taken_apart_holds_the_cells_it_was_made_of(cells: list[str]) -> None:
    """Written out, a column is the very list of its cells, each distinct text held once."""
    column = RawColumn.of(cells)
    assert column.cells().tolist() == cells
    assert sorted(column.words) == sorted(set(cells))
    assert column.codes.dtype == np.int32


@given(TEXTS)
def test_blanks_around_texts_are_taken_off_and_equal_texts_become_one(cells: list[str]) -> None:
    """A stripped column is its cells without blanks, and again each text once."""
    column = RawColumn.of(cells).stripped()
    assert column.cells().tolist() == [cell.strip() for cell in cells]
    assert len(set(column.words)) == len(column.words)


def test_a_text_that_is_listed_twice_is_one_after_stripping() -> None:
    """Readers and corrections may list a text again; it is understood as the same."""
    column = RawColumn(
        np.array(["a", "b", "a"], dtype="object"), np.array([0, 1, 2], dtype="int32")
    )
    bare = column.stripped()
    assert bare.words.tolist() == ["a", "b"]
    assert bare.cells().tolist() == ["a", "b", "a"]


def test_some_rows_of_a_column_are_written_out() -> None:
    """Positions choose the rows, in the order asked."""
    column = RawColumn.of(["x", "y", "z"])
    assert column.cells(np.array([2, 0])).tolist() == ["z", "x"]
    assert column.cells(slice(1, 2)).tolist() == ["y"]


def test_a_broken_row_is_empty_in_every_column_and_keeps_its_text() -> None:
    """A row that cannot be cut into cells disturbs no other, and can still be read."""
    table = RawTable.of_rows(
        "export.csv", ["a", "b"], [["1", "2"], ["torn"], ["5", "6"]], [2, 3, 5],
        broken={1: "field_count"}, raw_text={1: "torn"},
    )  # fmt: skip
    assert table.n_rows == 3
    assert table.columns["a"].cells().tolist() == ["1", "", "5"]
    assert table.columns["b"].cells().tolist() == ["2", "", "6"]
    assert (table.broken, table.raw_text) == ({1: "field_count"}, {1: "torn"})
    assert table.lines.tolist() == [2, 3, 5]


def test_a_file_without_rows_is_a_table() -> None:
    """A sheet or resource may hold nothing at all."""
    table = RawTable.of_rows("book.xlsx [Visits]", ["a"], [], [])
    assert table.n_rows == 0
    assert table.columns["a"].stripped().cells().tolist() == []


def test_the_short_form_of_raw_text_shows_no_cell() -> None:
    """Neither a column nor a table shows a patient's value at a prompt."""
    table = RawTable.of_rows("export.csv", ["name"], [["SECRETVAL"]], [2])
    assert "SECRETVAL" not in repr(table) + repr(table.columns["name"])


@given(st.integers(1, 400), st.booleans())
def test_a_narrow_column_is_the_same_column(n_words: int, is_narrow: bool) -> None:
    """Codes take the least room that holds them, the last word's included."""
    column = RawColumn.of([str(n) for n in range(n_words)])
    column = column.narrowed() if is_narrow else column
    again = column.narrowed()
    assert again.cells().tolist() == column.cells().tolist()
    assert again.codes.itemsize == (1 if n_words <= 256 else 2)
    assert again.narrowed() is again
