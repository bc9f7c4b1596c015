"""What must not be opened: bombs, locks, archives that lie, entities, cells far out."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion import workbook_parts
from hinge_outcomes.ingestion.workbook_parts import check_workbook, damaged, find_errors
from tests.ingestion.test_spreadsheets import write_book


def archive(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make an archive of a few parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return buffer.getvalue()


def understated(part: bytes) -> bytes:
    """Make an archive whose only part unpacks to far more than it says, with a matching sum."""
    data = archive({"xl/media/a.bin": part})
    claimed = struct.pack("<LL", zlib.crc32(part[:10]), 10)
    real = struct.pack("<L", zlib.crc32(part))
    size = struct.pack("<L", len(part))
    return data.replace(real, claimed[:4]).replace(size, claimed[4:])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "protected by a password, or is an old"),
        (b"id,a\n1,2\n", "not an .xlsx workbook"),
        (b"PK\x03\x04" + b"x" * 99, "damaged or incomplete"),
        (archive({"a.xml": b"<a/>"})[:-30], "damaged or incomplete"),
        (archive({"a.xml": b"<a/>"}, zipfile.ZIP_BZIP2), "damaged or incomplete"),
        (archive({"a.xml": b"x" * 3_000_000}), "more than 200-fold"),
        (archive({f"{n}.xml": b"" for n in range(10_001)}), "10,001 parts"),
        (understated(bytes(3_000_000)), "more than 200-fold"),
        (archive({"a.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>'}), "entities"),
        (archive({"a.xml": '<?xml?><!DOCTYPE a>'.encode("utf-16")}), "entities"),
        (archive({"a.xml": b'<sheetData><c r="XFD1048576"><v>1'}), "reaches to row 1,048,576"),
        (archive({"a.xml": b"<x:sheetData><x:c s='1' r = 'zz99999'>"}), "reaches to row 99,999"),
        (archive({"a.xml": '<sheetData><c r="XFD999999">'.encode("utf-16")}), "reaches to row"),
    ],
    ids=lambda value: value if isinstance(value, str) else "data",  # an archive holds the time
)  # fmt: skip
def test_what_must_not_be_opened_is_refused(data: bytes, words: str) -> None:
    """Each is refused with a sentence that names the file, the reason and the remedy."""
    with pytest.raises(DataError, match=words) as error:
        check_workbook("a.xlsx", data)
    assert str(error.value).startswith("a.xlsx ")


def test_an_encrypted_part_is_refused() -> None:
    """An archive with a password is not asked for it."""
    data = bytearray(archive({"a.xml": b"<a/>"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(DataError, match="protected by a password"):
        check_workbook("a.xlsx", bytes(data))


def test_the_total_is_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many parts that each swell a little are refused once their sum is too large."""
    monkeypatch.setattr(workbook_parts, "TOTAL_BYTES", 2_500)
    with pytest.raises(DataError, match="larger than 500 MB"):
        check_workbook("a.xlsx", archive({f"{n}.xml": bytes(range(256)) * 4 for n in range(3)}))


def test_an_ordinary_book_passes(tmp_path: Path) -> None:
    """Also one whose empty cells are formatted to the edge of the sheet, as clinics' often are."""
    path = write_book(tmp_path / "a.xlsx", {"S": [["id"], ["1"]]})
    check_workbook("a.xlsx", path.read_bytes())
    check_workbook("a.xlsx", archive({"a.xml": b'<sheetData><c r="XFD1048576" s="1"/><c r="A1">'}))


def test_error_cells_are_found_by_place(tmp_path: Path) -> None:
    """Rows and columns count from 0; a sheet that is not there has no errors."""
    sheets = {"One": [["#N/A"]], "Two": [["id"], ["1", "x", "#DIV/0!"]]}
    data = write_book(tmp_path / "a.xlsx", sheets).read_bytes()
    assert find_errors(data, "Two") == {(1, 2): "#DIV/0!"}
    assert find_errors(data, "Three") == {}
    assert find_errors(archive({"a.xml": b""}), "One") == {}
    odd = archive({"xl/workbook.xml": b'<?xml version="1.0" encoding="QTF-8"?><a/>'})
    assert find_errors(odd, "One") == {}


def test_a_damaged_book_is_told_what_to_do_with() -> None:
    """The sentence names the file and the way out."""
    assert "a.xlsx" in str(damaged("a.xlsx"))
    assert "save it again" in str(damaged("a.xlsx"))
