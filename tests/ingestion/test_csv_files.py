"""Reading a CSV as text: nothing guessed, every line counted, every bad file one sentence."""

import contextlib
import csv
import hashlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.exceptions import DataError, HingeError, MappingError
from hinge_outcomes.ingestion import csv_files
from hinge_outcomes.ingestion.csv_files import read_csv
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.sources import Source


def read(
    folder: Path,
    content: bytes | str,
    columns: tuple[str, ...] = ("id",),
    source: Source = Source(),  # noqa: B008
) -> RawTable:
    """Write a file and read it."""
    path = folder / "export.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(path, source, columns)


def cells(raw: RawTable, column: str) -> list[str]:
    """Give the cells of a column."""
    return raw.columns[column].cells().tolist()


def test_cells_stay_text_and_rows_keep_their_lines(tmp_path: Path) -> None:
    """Leading zeros, NaN and dates stay text; a quoted line break moves the next row's line on."""
    content = '\ufeffid,note\r\n007,"two\nlines"\r\nNaN, 24/03/2026 \r\n'
    raw = read(tmp_path, content)
    assert raw.header == ("id", "note")
    assert raw.lines.tolist() == [2, 4]
    assert cells(raw, "id") == ["007", "NaN"]
    assert cells(raw, "note") == ["two\nlines", " 24/03/2026 "]
    assert not raw.broken
    assert raw.digest == hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_and_line_end_is_read(tmp_path: Path, delimiter: str, ending: str) -> None:
    """Cells, lines and a row that is too short are the same under each of them."""
    lines = [("id", "a"), ("1", '"x, y"'), ("2",), ("3", "z")]
    content = "".join(delimiter.join(cells) + ending for cells in lines)
    raw = read(tmp_path, content, source=Source(delimiters=(delimiter,)))
    assert cells(raw, "a") == ["x, y", "", "z"]
    assert raw.lines.tolist() == [2, 3, 4]
    assert raw.broken == {1: "field_count"}
    assert raw.raw_text == {1: "2"}


def test_rows_without_text_are_passed_over_and_counted(tmp_path: Path) -> None:
    """Empty lines and rows of empty cells are no records."""
    raw = read(tmp_path, "id,a\n\n1,x\n , \n,\n2,y\n")
    assert (raw.lines.tolist(), raw.n_blank) == ([3, 6], 3)


def test_a_row_that_cannot_be_cut_into_cells_is_told_apart(tmp_path: Path) -> None:
    """Too few cells, too many, and a stray quotation mark spoil only their own row."""
    raw = read(tmp_path, 'id,a\n1\n2,b\n3,"c"d\n4,e,f\n5,g\n6,"h\n7,i\n')
    assert raw.broken == {
        0: "field_count", 2: "stray_quote", 3: "field_count", 5: "stray_quote"
    }  # fmt: skip
    assert raw.raw_text == {0: "1", 2: '3,"c"d', 3: "4,e,f", 5: '6,"h'}
    assert cells(raw, "id") == ["", "2", "", "", "5", "", "7"]


def test_a_cell_of_ten_megabytes_spoils_its_own_row(tmp_path: Path) -> None:
    """A cell that is no cell is told apart, across the blocks that the file is read in."""
    raw = read(tmp_path, b"id,a\n1," + b"x" * 10_000_000 + b"\n2,b\n")
    assert raw.broken == {0: "cell_too_long"}
    assert cells(raw, "id") == ["", "2"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\r\n", "is empty"),
        (b"id,a\n", "a header and no rows"),
        (b"id,a\n\n,\n", "a header and no rows"),
        (b"id,a\n1,\x00\n", "not UTF-8 text"),
        (bytes(range(256)) * 20, "not UTF-8 text"),
        ("id,a\n1,ü\n".encode("latin-1"), 'write encoding = "latin-1"'),
        ("id,a\n1,€\n".encode("cp1252"), 'write encoding = "cp1252"'),
        ("id,a\n1,b\n".encode("utf-16-le"), 'write encoding = "utf-16-le"'),
        ("id,a\n1,b\n".encode("utf-16-be"), 'write encoding = "utf-16-be"'),
        (b"PK\x03\x04id,a\n", "a spreadsheet or an archive"),
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


def test_a_line_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is one endless line is no export in rows, and does not fill the memory."""
    monkeypatch.setattr(csv_files, "_LINE_BYTES", 5_000_000)
    with pytest.raises(DataError, match="a line of more than 4 MB"):
        read(tmp_path, b"id,a\n" + b"x" * 12_000_000)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong path, or a folder, is an error a user can act on."""
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(DataError, match="cannot be opened"):
            read_csv(path, Source(), ("id",))


def test_the_delimiter_is_settled_by_the_header_among_the_declared_ones(tmp_path: Path) -> None:
    """Of comma and semicolon the one is taken that shows the mapped columns."""
    both = Source(delimiters=(",", ";"))
    raw = read(tmp_path, "id;a\n1;2,5\n", ("id", "a"), both)
    assert cells(raw, "a") == ["2,5"]
    with pytest.raises(MappingError, match="more than one of the declared delimiters"):
        read(tmp_path, "id\n1\n", ("id",), both)


def test_a_header_may_take_several_lines(tmp_path: Path) -> None:
    """Titles hold for the columns on their right, and the rows begin below the last line."""
    content = 'id,Baseline,,"Week\n6"\n,ODI,NRS,ODI\n1,40,7,30\n'
    raw = read(tmp_path, content, ("id",), Source(header_rows=2))
    assert raw.header == ("id", "Baseline ODI", "Baseline NRS", "Week\n6 ODI")
    assert raw.lines.tolist() == [4]


def test_unmapped_columns_of_one_name_are_both_kept(tmp_path: Path) -> None:
    """A second column of the same name gets a number, and its cells are not lost."""
    raw = read(tmp_path, "id,note,note\n1,a,b\n")
    assert raw.header == ("id", "note", "note (2)")
    assert cells(raw, "note (2)") == ["b"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1", "cp1252", "utf-16-be"])
def test_the_encoding_is_settled_before_the_text_is_cut(tmp_path: Path, encoding: str) -> None:
    """Umlauts and cells with line ends come out the same in each encoding, in any block size."""
    content = 'id;Größe\r\n1;"ä\nö"\r\n2;ü\r\n' * 1
    declared = encoding if encoding in ("latin-1", "cp1252", "utf-16-be") else "utf-8"
    raw = read(
        tmp_path,
        content.encode(encoding),
        ("id", "Größe"),
        Source(encoding=declared, delimiters=(";",)),
    )
    assert cells(raw, "Größe") == ["ä\nö", "ü"]
    assert raw.lines.tolist() == [2, 4]


def test_a_large_file_is_read_alike_by_compiled_functions(tmp_path: Path) -> None:
    """Plain Python and compiled functions make the same table of a file with every fault."""
    lines = [f'{n},"{n % 7} ""x""",Ü{n % 90}' for n in range(40_000)]
    lines[5] = lines[30_000] = '5,"open'
    lines[6] = lines[30_001] = "6"
    lines[7] = lines[30_002] = ",,"
    path = tmp_path / "export.csv"
    path.write_text("id,a,b\n" + "\n".join(lines), encoding="utf-8")
    plain, compiled = (
        read_csv(path, Source(), ("id",), is_compiled=is_compiled) for is_compiled in (False, True)
    )
    assert plain.lines.tolist() == compiled.lines.tolist()
    assert plain.broken == compiled.broken
    assert plain.raw_text == compiled.raw_text
    assert (plain.n_blank, plain.digest) == (compiled.n_blank, compiled.digest)
    for name in plain.header:
        assert cells(plain, name) == cells(compiled, name)
    assert len(plain.broken) == 4


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=6))
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]) -> None:
    """Whatever text is written as CSV comes back cell by cell, blank rows aside."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["id", "a"], *rows])
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    raw = _read_text(buffer.getvalue())
    found = zip(cells(raw, "id"), cells(raw, "a"), strict=True) if raw else []
    assert [list(row) for row in found] == kept


@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_but_never_crashes(noise: bytes) -> None:
    """Any bytes after a header give a table or an error that a user can act on."""
    with contextlib.suppress(HingeError):
        _read_text(b"id,a\n" + noise)


def _read_text(content: bytes | str) -> RawTable | None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return read(Path(folder), content)
        except DataError as error:
            if "no rows" not in str(error):
                raise
            return None


def test_the_short_form_of_an_export_shows_no_cell(tmp_path: Path) -> None:
    """A table of text never shows a cell at a prompt, nor a first row taken for a header."""
    raw = read(tmp_path, 'id,SECRETVAL\nSECRETVAL,1\n2,"SECRETVAL"x\n')
    assert "SECRETVAL" not in repr(raw)
