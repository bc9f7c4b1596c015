"""Cutting CSV text: as the csv module does, and no forgotten mark swallows the rows below."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.ingestion.compiled_cutter import CompiledCutter
from hinge_outcomes.ingestion.csv_records import CutRows, PlainCutter, cut_records

MESSY = st.text(
    st.sampled_from('ab ",;\n\r\tü\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}€𝄞'), max_size=60
)


def cut(cutter: PlainCutter | CompiledCutter, data: bytes, block: int) -> CutRows:
    """Give text to a cutter block by block, as a reader does."""
    held, rest = data[:block], data[block:]
    while True:
        taken = cutter.take(held, is_last=not rest)
        if not rest:
            return cutter.finish()
        held, rest = held[taken:] + rest[:block], rest[block:]


def written(rows: CutRows) -> tuple[object, ...]:
    """Write the rows of a cut out, for comparison."""
    cells = [column.cells().tolist() for column in rows.columns]
    return cells, rows.lines.tolist(), rows.broken, rows.raw_text, rows.n_blank


@given(MESSY, st.sampled_from(",;\t"))
def test_text_that_the_csv_module_can_read_is_read_alike(text: str, delimiter: str) -> None:
    """Where the csv module, being strict, finds no fault, records and line numbers are its own."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    expected = []
    try:
        for cells in reader:
            expected.append((reader.line_num, cells or [""]))
    except csv.Error:
        return
    line = 0
    found = []
    for record in cut_records(text.encode(), delimiter):
        line += record.n_lines
        found.append((line, [cell.decode() for cell in record.cells]))
    assert found == expected


def test_a_mark_that_is_never_closed_spoils_its_own_line_alone() -> None:
    """The rows below are read, with their lines, although a quoted cell seems to hold them."""
    rows = cut(PlainCutter(",", 2, 1), b'1,a\n2,"b\n3,c\n4,"d"\n5,e\n', 100)
    assert rows.broken == {1: "stray_quote"}
    assert rows.raw_text == {1: '2,"b'}
    assert rows.columns[0].cells().tolist() == ["1", "", "3", "4", "5"]
    assert rows.lines.tolist() == [1, 2, 3, 4, 5]


def test_marks_that_open_on_every_line_are_cut_in_one_pass() -> None:
    """A file made so that each line opens a cell that only the end of the file could close."""
    rows = cut(PlainCutter(",", 3, 1), b'a","\n' * 20_000, 1_000_000)
    assert len(rows.broken) == 20_000


def test_a_cell_that_is_too_long_spoils_its_own_row_alone() -> None:
    """Ten megabytes in one cell are a broken row with its text; the next row is read."""
    text = b"1," + b"x" * 10_000_000 + b"\n2,b\n"
    rows = cut(PlainCutter(",", 2, 1), text, 20_000_000)
    assert rows.broken == {0: "cell_too_long"}
    assert len(rows.raw_text[0]) == 10_000_002
    assert rows.columns[1].cells().tolist() == ["", "b"]


def test_rows_without_text_are_counted_however_blank_they_are() -> None:
    """Empty lines, empty cells, blanks of any alphabet and too many empty cells are no rows."""
    rows = cut(PlainCutter(",", 2, 1), '\n , \n\u00a0,\u3000\n,,,,\n"\n",\n1,2\n'.encode(), 100)
    assert (rows.n_blank, rows.lines.tolist(), rows.broken) == (5, [7], {})
