"""Reading a CSV as text: nothing guessed, every line counted, every bad file one sentence."""

import contextlib
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.exceptions import DataError, HingeError, MappingError
from hinge_outcomes.ingestion.readers import RawTable, read_csv


def read(folder: Path, content: bytes | str, columns: tuple[str, ...] = ("id",), **more: object):  # type: ignore[no-untyped-def]
    """Write a file and read it."""
    path = folder / "export.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(path, columns, **more)  # type: ignore[arg-type]


def test_cells_stay_text_and_rows_keep_their_lines(tmp_path: Path) -> None:
    """Leading zeros, NaN and dates stay text; a quoted line break moves the next row's line on."""
    raw = read(tmp_path, '\ufeffid,note\r\n007,"two\nlines"\r\nNaN, 24/03/2026 \r\n')
    assert raw.header == ("id", "note")
    assert raw.lines == [2, 4]
    assert raw.column("id").tolist() == ["007", "NaN"]
    assert raw.column("note").tolist() == ["two\nlines", "24/03/2026"]
    assert not raw.broken


def test_rows_without_text_are_passed_over_and_counted(tmp_path: Path) -> None:
    """Empty lines and rows of empty cells are no records."""
    raw = read(tmp_path, "id,a\n\n1,x\n , \n,\n2,y\n")
    assert (raw.lines, raw.n_blank) == ([3, 6], 3)


def test_a_row_that_cannot_be_cut_into_cells_is_told_apart(tmp_path: Path) -> None:
    """Too few cells, too many, and a quotation mark inside a cell spoil only their own row."""
    raw = read(tmp_path, 'id,a\n1\n2,b\n3,"c"d\n4,e,f\n5,g\n')
    assert raw.broken == {0: "field_count", 2: "stray_quote", 3: "field_count"}
    assert raw.rows[2] == ['3,"c"d']
    assert raw.column("id").tolist() == ["", "2", "", "", "5"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\r\n", "is empty"),
        (b"id,a\n", "a header and no rows"),
        (b"id,a\n\n,\n", "a header and no rows"),
        (b"id,a\n1,\x00\n", "not UTF-8 text"),
        (bytes(range(256)) * 20, "not UTF-8 text"),
        ("id,a\n1,ü\n".encode("latin-1"), "not UTF-8 text"),
        ("id,a\n1,b\n".encode("utf-16"), "not UTF-8 text"),
        (b"PK\x03\x04id,a\n", "a spreadsheet or an archive"),
        (b'id,a\n1,"never closed\n2,b\n', "opened on line 2 and never closed"),
        (b"id,a\n1," + b"x" * 200_000 + b"\n", "more than"),
        (b"id,id\n1,2\n", "more than once"),
    ],
)
def test_a_file_that_is_no_export_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """Empty, binary, damaged and mistaken files are named, with what to do."""
    with pytest.raises(DataError, match=words) as error:
        read(tmp_path, content)
    assert "export.csv" in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong path, or a folder, is an error a user can act on."""
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(DataError, match="cannot be opened"):
            read_csv(path, ("id",))


def test_a_missing_column_is_named_beside_those_there_are(tmp_path: Path) -> None:
    """The message says which column is missing, what it could be, and which columns there are."""
    with pytest.raises(MappingError) as error:
        read(tmp_path, "id,gender,age\n1,2,3\n", ("id", "gendr"))
    assert str(error.value) == (
        "The mapping names a column that export.csv does not have: 'gendr'. Did you mean 'gender'? "
        "The columns there are: id, gender, age."
    )


def test_a_file_without_a_header_gives_no_value_away(tmp_path: Path) -> None:
    """Where no mapped column is found, the first line may be a patient: it is not quoted."""
    with pytest.raises(MappingError) as error:
        read(tmp_path, "Smith,1970\nJones,1980\n", ("id", "born"))
    assert "Smith" not in str(error.value)
    assert "1970" not in str(error.value)


def test_the_delimiter_is_settled_by_the_header_among_the_declared_ones(tmp_path: Path) -> None:
    """Of comma and semicolon the one is taken that shows the mapped columns."""
    both = (",", ";")
    raw = read(tmp_path, "id;a\n1;2,5\n", ("id", "a"), delimiters=both)
    assert raw.column("a").tolist() == ["2,5"]
    with pytest.raises(MappingError, match="more than one of the declared delimiters"):
        read(tmp_path, "id\n1\n", ("id",), delimiters=both)


def test_odd_column_names_are_shown_safely(tmp_path: Path) -> None:
    """A header full of control characters cannot spoil the terminal that prints the message."""
    with pytest.raises(MappingError) as error:
        read(tmp_path, "id,\x1b[31m" + "x" * 300 + "\n1,2\n", ("id", "a"))
    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 250


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=6))
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]) -> None:
    """Whatever text is written as CSV comes back cell by cell, blank rows aside."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["id", "a"], *rows])
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    raw = _read_text(buffer.getvalue())
    assert (raw.rows if raw else []) == kept


@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_but_never_crashes(noise: bytes) -> None:
    """Any bytes after a header give a table or an error that a user can act on."""
    with contextlib.suppress(HingeError):
        _read_text(b"id,a\n" + noise)


def _read_text(content: bytes | str) -> RawTable | None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        try:
            raw: RawTable = read(Path(folder), content)
        except DataError as error:
            if "no rows" not in str(error):
                raise
            return None
    return raw


def test_the_short_form_of_an_export_shows_no_cell(tmp_path: Path) -> None:
    """A table of text never shows a cell at a prompt, nor a first row taken for a header."""
    raw = read(tmp_path, 'id,SECRETVAL\nSECRETVAL,1\n2,"SECRETVAL"x\n')
    assert "SECRETVAL" not in repr(raw)
