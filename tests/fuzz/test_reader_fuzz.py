"""Damaged and hostile files: read, or refused in words, and nothing else ever happens."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_outcomes.exceptions import HingeError
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.readers import read_source
from hinge_outcomes.ingestion.sources import DELIMITERS, ENCODINGS, Source
from validation.damaged_files import CANARY, make_input, seeds

HOSTILE = st.sampled_from(
    ["../../x", "..\\..\\x", "/etc/passwd", "CON", "=1+1", "\x1b[31m", "a\0b", "\ufeff", "'", "%s"]
)
CELL = st.text(max_size=6) | HOSTILE | st.sampled_from(['"', '""', 'a"b', "\n", "\r", "\r\n", ""])


def read(content: bytes, source: Source, columns: tuple[str, ...]) -> RawTable | str:
    """Read a file that stands alone in its folder, and make sure that it still does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(content)
        try:
            return read_source(path, source, columns)
        except HingeError as error:
            return str(error)
        finally:
            assert [file.name for file in Path(folder).iterdir()] == ["input"]
            assert path.read_bytes() == content


@given(
    st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=6),
    st.sampled_from(sorted(DELIMITERS.values())),
    st.sampled_from(ENCODINGS),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_cells_in_any_encoding_are_read_or_refused(
    rows: list[list[str]], delimiter: str, written: str, declared: str, ending: str
) -> None:
    """Whatever stands in the cells, and whatever was declared, a table has a cell for each row."""
    lines = [["id", CANARY], *rows]
    text = ending.join(delimiter.join(cells) for cells in lines)
    content = text.encode(written, "replace")
    raw = read(content, Source(encoding=declared, delimiters=(delimiter,)), ("id",))
    if isinstance(raw, RawTable):
        assert all(len(column.cells()) == raw.n_rows for column in raw.columns.values())
        assert (raw.lines[1:] > raw.lines[:-1]).all()
        assert raw.broken.keys() == raw.raw_text.keys()
    else:
        assert raw.startswith(("input ", "None of the ", "The "))


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_a_damaged_file_of_any_format_is_read_or_refused(number: int) -> None:
    """Bits flipped, parts cut, repeated or nested: no traceback, and no value given away."""
    sound, content = make_input(0, number)
    raw = read(content, sound.source, sound.columns)
    header = content.replace(b"\0", b"").split(b"\n")[0]
    assert isinstance(raw, RawTable) or CANARY not in raw or CANARY.encode() in header


def test_the_sound_files_are_read() -> None:
    """Damage is done to files that their readers read: else nothing would be tried."""
    for sound in seeds():
        assert isinstance(read(sound.content, sound.source, sound.columns), RawTable)


def test_the_same_numbers_make_the_same_damage() -> None:
    """An input that failed can be made again from its number."""
    assert [make_input(1, n)[1] for n in range(20)] == [make_input(1, n)[1] for n in range(20)]
    assert len({make_input(1, n)[1] for n in range(20)}) == 20
