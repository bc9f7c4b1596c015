"""Read an export as text: every cell as it stands, every row with its line in the file.

No library guesses a type, an encoding or a date here. A row that has too many or too few cells, or
a quotation mark inside a cell, keeps its raw text and is told apart from the rows that can be used.
"""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion.settings import suggest

_HEADER_SHOWN = 60
_NAME_SHOWN = 40


@dataclass(frozen=True, slots=True, repr=False)
class RawTable:
    """Hold an export as text.

    Parameters
    ----------
    name : str
        File name.
    header : tuple of str
        Column names, without surrounding blanks.
    rows : list of list of str
        One list of cells per row; a broken row holds its raw text as its only cell.
    lines : list of int
        Line of the file on which each row begins, counted from 1; the header is line 1.
    broken : dict of int to str
        Position of each row that cannot be used, and the rule it breaks: "field_count" or
        "stray_quote".
    n_blank : int
        Rows without any text, passed over.
    """

    name: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    broken: dict[int, str]
    n_blank: int

    def column(self, name: str) -> pd.Series:
        """Give one column as text without surrounding blanks.

        Parameters
        ----------
        name : str
            Column name.

        Returns
        -------
        Series of str
            One text per row, empty for broken rows; the index is the row's position.
        """
        place = self.header.index(name)
        broken = self.broken
        cells = ["" if n in broken else row[place].strip() for n, row in enumerate(self.rows)]
        return pd.Series(cells, dtype="str", name=name)


def read_csv(
    path: str | os.PathLike[str],
    columns: tuple[str, ...],
    *,
    delimiters: tuple[str, ...] = (",",),
    encoding: str = "utf-8",
) -> RawTable:
    """Read a CSV file as text.

    Of several delimiters the one is taken under which the header holds the mapped columns; rows
    that are entirely empty are passed over and counted.

    Parameters
    ----------
    path : path
        The export.
    columns : tuple of str
        The columns that the mapping reads.
    delimiters : tuple of str, default (",",)
        What may stand between cells.
    encoding : str, default "utf-8"
        Encoding; a byte order mark is passed over.

    Returns
    -------
    RawTable
        All rows, broken ones marked.

    Raises
    ------
    DataError
        If the file cannot be opened, is empty, has a header only, or is no text.
    MappingError
        If the header lacks a mapped column.
    """
    file = Path(path)
    text = _read_text(file, encoding)
    header_line, delimiter = _settle_delimiter(file.name, text, columns, delimiters)
    _check_header(file.name, header_line, columns)
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: dict[int, str] = {}
    n_blank = 0
    for line, cells, rule in _records(file.name, text, delimiter):
        if not any(cell.strip() for cell in cells):
            n_blank += 1
            continue
        if rule is None and len(cells) != len(header_line):
            rule = "field_count"
            cells = [delimiter.join(cells)]
        if rule is not None:
            broken[len(rows)] = rule
        rows.append(cells)
        lines.append(line)
    if not rows:
        raise DataError(
            f"{file.name} holds a header and no rows. Export it again with the records in it."
        )
    return RawTable(file.name, header_line, rows, lines, broken, n_blank)


def _read_text(file: Path, encoding: str) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(
            f"The export {file.name} cannot be opened ({error.strerror}). Check the path, and "
            "close the file in other programs."
        ) from error
    if not data.strip():
        raise DataError(f"{file.name} is empty. Export it again with the records in it.")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DataError(
            f"{file.name} is a spreadsheet or an archive, not a CSV file. Save the sheet as "
            "'CSV UTF-8' and name that file."
        )
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise DataError(
            f"{file.name} is not {encoding.upper()} text: it is binary, damaged or in another "
            "encoding. Save it as 'CSV UTF-8' and name that file."
        )
    return text


def _settle_delimiter(
    name: str, text: str, columns: tuple[str, ...], delimiters: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    """Take the delimiter that shows the most mapped columns; two that show all are a question."""
    headers = {}
    for delimiter in delimiters:
        _, cells, _ = next(_records(name, text, delimiter, skip=0))
        headers[delimiter] = tuple(cell.strip() for cell in cells)
    found = {delimiter: len(set(columns) & set(cells)) for delimiter, cells in headers.items()}
    complete = [delimiter for delimiter in delimiters if found[delimiter] == len(set(columns))]
    if len(complete) > 1:
        # Only a header with a single column can look the same under two delimiters.
        raise MappingError(
            f"{name} can be read with more than one of the declared delimiters. Name the one that "
            "it uses under [file]."
        )
    best = complete[0] if complete else max(delimiters, key=lambda sign: found[sign])
    return headers[best], best


def _check_header(name: str, header: tuple[str, ...], columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in header]
    if len(missing) == len(columns):
        # A file without a header would put a patient's values into the message.
        raise MappingError(
            f"None of the {len(columns)} columns that the mapping names stands in the first line "
            f"of {name}. Expected a header with {', '.join(columns)}. Check that the file is the "
            "export the mapping was made for, that its first line names the columns, and that "
            "[file] delimiter is the one it uses."
        )
    if missing:
        shown = ", ".join(_shown(column) for column in header[:_HEADER_SHOWN])
        more = f" and {len(header) - _HEADER_SHOWN} more" if len(header) > _HEADER_SHOWN else ""
        asked = " ".join(f"{column!r}.{suggest(column, header)}" for column in missing)
        noun = "a column" if len(missing) == 1 else f"{len(missing)} columns"
        raise MappingError(
            f"The mapping names {noun} that {name} does not have: {asked} "
            f"The columns there are: {shown}{more}."
        )
    twice = [column for column in columns if header.count(column) > 1]
    if twice:
        raise DataError(
            f"{name} has the column {twice[0]!r} more than once, so it is not clear which is "
            "meant. Rename one of them in the export."
        )


def _shown(column: str) -> str:
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in column)
    return text if len(text) <= _NAME_SHOWN else f"{text[:_NAME_SHOWN]}…"


def _records(
    name: str, text: str, delimiter: str, skip: int = 1
) -> Iterator[tuple[int, list[str], str | None]]:
    """Yield first line, cells and broken rule of each record after the header."""
    lines: list[str] = []

    def keep_lines() -> Iterator[str]:
        # newline="" keeps line ends inside quotes as they are, and counts physical lines.
        for line in io.StringIO(text, newline=""):
            lines.append(line)
            yield line

    reader = csv.reader(keep_lines(), delimiter=delimiter, strict=True)
    number = 0
    while True:
        start = reader.line_num + 1
        lines.clear()
        rule = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error) or "field larger" in str(error):
                raise DataError(
                    f"{name}: a quotation mark is opened on line {start} and never closed, or a "
                    f"cell there has more than {csv.field_size_limit():,} characters. Correct that "
                    "line in the export; nothing after it can be told apart."
                ) from None
            cells, rule = ["".join(lines).rstrip("\r\n")], "stray_quote"
        number += 1
        if number > skip:
            yield start, cells, rule


def read_source(path, source, columns):  # type: ignore[no-untyped-def]
    """Read."""
    from hinge_outcomes.ingestion import raw_table

    raw = read_csv(path, columns, delimiters=source.delimiters, encoding=source.encoding)
    text = {row: raw.rows[row][0] for row in raw.broken}
    return raw_table.RawTable.of_rows(
        raw.name,
        raw.header,
        raw.rows,
        raw.lines,
        broken=raw.broken,
        raw_text=text,
        n_blank=raw.n_blank, digest=__import__("hashlib").sha256(Path(path).read_bytes()).hexdigest(),
    )
