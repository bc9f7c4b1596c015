"""Text files: the encoding is settled before anything is cut, and a wrong one is named."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.text_files import (
    TextFile,
    cannot_open,
    find_mark,
    guess_encoding,
    open_bytes,
)

TEXT = "id;Größe €\r\n1;ﬁ\U0001d11e\r\n"


def read(path: Path, encoding: str = "utf-8", block_bytes: int = 7) -> tuple[str, str]:
    """Give a file's text, read in small blocks, and its digest."""
    with TextFile(path, encoding, block_bytes=block_bytes) as file:
        blocks = []
        while block := file.read():
            blocks.append(block)
        return b"".join(blocks).decode("utf-8"), file.digest


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "latin-1"),
        ("utf-16", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_text_comes_out_the_same_in_blocks_of_any_size(
    tmp_path: Path, written: str, declared: str, block_bytes: int
) -> None:
    """A mark wins over what was declared, and a letter cut by a block is put together again."""
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(written))
    text, digest = read(path, declared, block_bytes)
    assert text == TEXT
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_encodings_of_one_byte_are_read(tmp_path: Path, encoding: str) -> None:
    """Umlauts of an old program come out as umlauts."""
    path = tmp_path / "a.csv"
    path.write_bytes("Größe".encode(encoding))
    assert read(path, encoding)[0] == "Größe"


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"abc\xc3", "utf-8"),  # cut in the middle of a letter
        (b"ab\xff\xfe", "utf-8"),
        (b"a\x00", "utf-8"),
        (b"a\x00b", "utf-16-le"),
        (b"\x00\xd8a\x00", "utf-16-le"),
        (b"ab\x81", "cp1252"),
    ],
)
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes, declared: str) -> None:
    """Half a letter at the very end counts too; the message names the file and the encoding."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.csv is not {declared.upper()} text"):
        read(path, declared)


def test_a_binary_file_is_refused_at_once(tmp_path: Path) -> None:
    """A workbook, an archive, an old workbook and a Parquet file are no text."""
    for start in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"):
        path = tmp_path / "a.csv"
        path.write_bytes(start + b"more")
        with pytest.raises(DataError, match="a spreadsheet or an archive"):
            TextFile(path)


def test_a_file_locked_by_another_program_gives_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to open what a spreadsheet program holds; the message says what to close."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match="close the file in other programs"):
        open_bytes(tmp_path / "a.csv")


def test_a_path_that_cannot_be_one_is_an_error_to_act_on() -> None:
    """A NUL in a path is refused by Python itself, and still gives one sentence."""
    with pytest.raises(DataError, match="no such path"):
        open_bytes(Path("a\0b"))
    assert "secret" not in str(cannot_open(Path("a.csv"), ValueError("secret")))


@pytest.mark.parametrize(
    ("sample", "encoding"),
    [
        (b"plain", "utf-8"),
        ("ü".encode(), "utf-8"),
        ("aü".encode()[:-1], "utf-8"),  # a sample may end in the middle of a letter
        ("ü".encode("latin-1"), "latin-1"),
        ("“ü”".encode("cp1252"), "cp1252"),
        (b"\x81\xff", ""),
        (b"\x00" * 9, ""),
        ("abc".encode("utf-16"), "utf-16-le"),
        ("abc".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_an_encoding_is_guessed_from_a_sample(sample: bytes, encoding: str) -> None:
    """Each of the encodings that clinics use is told from the others, or nothing is said."""
    assert guess_encoding(sample)[0] == encoding


@given(st.binary(max_size=50))
def test_a_guess_can_always_be_made(sample: bytes) -> None:
    """Whatever the bytes, the guess is an encoding that Python knows, or none."""
    encoding, reason = guess_encoding(sample)
    assert reason
    assert not encoding or isinstance(sample.decode(encoding, "replace"), str)


def test_only_marks_at_the_start_count() -> None:
    """A byte order mark is found where a file begins, and nowhere else."""
    assert find_mark(b"\xff\xfea\x00") == (b"\xff\xfe", "utf-16-le")
    assert find_mark(b"a\xff\xfe") is None
