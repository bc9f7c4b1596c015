"""What a workbook's archive holds, looked at before it is opened: bombs, locks, error cells."""

import copy
import io
import posixpath
import re
import zipfile
from xml.etree import ElementTree

from hinge_outcomes.exceptions import DataError

TOTAL_BYTES = 500_000_000
ENTRIES = 10_000
RATIO = 200
CELLS = 40_000_000

_RATIO_FROM_BYTES = 1_000_000
_CHUNK = 1_000_000
_OLE = b"\xd0\xcf\x11\xe0"
_ENTITIES = tuple(
    mark.encode(encoding)
    for mark in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_ATTRIBUTE = rb"""(?:[^<>"']|"[^"]*"|'[^']*')*?"""
_CELL = re.compile(
    rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,9})([0-9]{1,15})["']""" + _ATTRIBUTE + rb"(/?)>"
)
_ERROR = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^<>]*\bt\s*=\s*["']e["'])[^<>]*?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']"""
    rb"""[^<>]*>(?:(?!</(?:\w+:)?c>).){0,9999}?<(?:\w+:)?v>([^<]{1,20})<""",
    re.DOTALL,
)


def check_workbook(name: str, data: bytes) -> None:
    """Refuse a file that is no workbook, is locked, or would swell when it is opened.

    Parameters
    ----------
    name : str
        File name.
    data : bytes
        The file.

    Raises
    ------
    DataError
        If it must not be opened; the message says why and what to do.
    """
    if data.startswith(_OLE):
        raise DataError(
            f"{name} is protected by a password, or is an old .xls workbook. Open it in the "
            "spreadsheet program, take the password off, and save it as 'Excel workbook (.xlsx)'."
        )
    if not data.startswith(b"PK"):
        raise DataError(
            f"{name} is not an .xlsx workbook. Save it as 'Excel workbook (.xlsx)', or write "
            'format = "csv" under [file] if it is text.'
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(name, archive)
    except DataError:
        raise
    except Exception as error:
        # A damaged archive raises whatever the part of zipfile raises that stumbles over it.
        raise damaged(name) from error


def damaged(name: str) -> DataError:
    """Word that a workbook is damaged.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    DataError
        To be raised.
    """
    return DataError(
        f"{name} cannot be read: the workbook is damaged or incomplete. Open it in the spreadsheet "
        "program, save it again as 'Excel workbook (.xlsx)', and name that file."
    )


def find_errors(data: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """Find the cells of a sheet that show an error instead of a value.

    Parameters
    ----------
    data : bytes
        A workbook that `check_workbook` let pass.
    sheet : str
        Name of the sheet.

    Returns
    -------
    dict of (int, int) to str
        By row and column, counted from 0, what the sheet shows, such as "#N/A"; empty where the
        part that holds the sheet cannot be told.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            part = _as_utf8(archive.read(_part_of(archive, sheet)))
    except Exception:
        # Names and links of sheets may be damaged in ways that do not keep the sheet from opening.
        return {}
    if b'"e"' not in part and b"'e'" not in part:
        return {}
    return {
        (int(row) - 1, _column_number(column) - 1): text.decode("utf-8", "replace")
        for column, row, text in _ERROR.findall(part)
    }


def _check_archive(name: str, archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    total = 0
    if len(entries) > ENTRIES:
        raise _too_large(name, f"it holds {len(entries):,} parts")
    for entry in entries:
        if entry.flag_bits & 1:
            raise DataError(
                f"{name} is protected by a password. Take it off in the spreadsheet program and "
                "save the workbook again."
            )
        if entry.compress_type not in _METHODS:
            raise damaged(name)
        size, part = _unpack(name, archive, entry, TOTAL_BYTES - total)
        total += size
        if part and any(mark in part for mark in _ENTITIES):
            raise DataError(
                f"{name} declares XML entities, which no spreadsheet program writes, so it is not "
                "opened. Save the sheet again as 'Excel workbook (.xlsx)'."
            )
        if part and b"sheetData" in part:
            _check_extent(name, part)


def _unpack(
    name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int
) -> tuple[int, bytes]:
    """Unpack a part, whatever size it claims to have; XML is given, of others only the size."""
    if entry.file_size > most:
        raise _too_large(name, "it is larger than 500 MB when unpacked")
    honest = copy.copy(entry)
    honest.file_size = most + 1
    is_xml = entry.filename.lower().endswith((".xml", ".rels"))
    chunks = []
    size = 0
    with archive.open(honest) as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise _too_large(name, "it is larger than 500 MB when unpacked")
            if size > _RATIO_FROM_BYTES and size > RATIO * max(entry.compress_size, 1):
                raise _too_large(name, f"a part of it grows more than {RATIO}-fold when unpacked")
            if is_xml:
                chunks.append(chunk)
    return size, _as_utf8(b"".join(chunks))


def _as_utf8(part: bytes) -> bytes:
    if part.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in part[:4]:
        encoding = "utf-16-be" if part.startswith((b"\xfe\xff", b"\0")) else "utf-16-le"
        return part.decode(encoding, "replace").encode("utf-8", "replace")
    return part


def _check_extent(name: str, part: bytes) -> None:
    """Refuse a sheet whose last filled cell is so far out that the cells before it fill memory."""
    last_row = last_column = 0
    columns: set[bytes] = set()
    for found in _CELL.finditer(part):
        column, row, is_empty = found.groups()
        if not is_empty:
            columns.add(column)
            last_row = max(last_row, int(row))
    if columns:
        last_column = max(map(_column_number, columns))
    if last_row * last_column > CELLS:
        raise _too_large(name, f"a sheet reaches to row {last_row:,} and column {last_column:,}")


def _column_number(letters: bytes) -> int:
    """Give the number of a column, counted from 1.

    Parameters
    ----------
    letters : bytes
        Such as ``AB``.

    Returns
    -------
    int
        Such as 28.
    """
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Find the part that holds a sheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    entry = next(entry for entry in book.findall(".//{*}sheet") if entry.get("name") == sheet)
    relation = next(value for key, value in entry.items() if key.endswith("}id"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next(link.get("Target", "") for link in links if link.get("Id") == relation)
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _too_large(name: str, reason: str) -> DataError:
    return DataError(
        f"{name} is not opened: {reason}. Copy the rows of the export into a new workbook, or save "
        "the sheet as 'CSV UTF-8'."
    )
