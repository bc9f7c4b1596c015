"""Read a CSV file as text: every cell as it stands, every row with its line in the file.

No library guesses a type, an encoding or a date here. A row that has too many or too few cells, or
a stray quotation mark, keeps its raw text and is told apart from the rows that can be used.
"""

import os
from pathlib import Path
from typing import Protocol

from hinge_outcomes.exceptions import DataError, MappingError, NoRowsError
from hinge_outcomes.ingestion.csv_records import CutRows, PlainCutter, cut_records
from hinge_outcomes.ingestion.headers import check_header, distinct_names, join_header
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.sources import Source
from hinge_outcomes.ingestion.text_files import TextFile

COMPILED_FROM_BYTES = 8 * 1024 * 1024
"""Size from which compiled functions read a file; below, loading them would take longer."""

_LINE_BYTES = 64 * 1024 * 1024


class _Cutter(Protocol):
    def take(self, data: bytes, *, is_last: bool) -> int: ...

    def finish(self) -> CutRows: ...


def read_csv(
    path: str | os.PathLike[str],
    source: Source,
    columns: tuple[str, ...],
    *,
    is_compiled: bool | None = None,
) -> RawTable:
    """Read a CSV file as text.

    Of several delimiters the one is taken under which the header holds the mapped columns; rows
    that are entirely empty are passed over and counted.

    Parameters
    ----------
    path : path
        The export.
    source : Source
        How it is written.
    columns : tuple of str
        The columns that the mapping reads.
    is_compiled : bool, optional
        Whether compiled functions read it; where not given, the size decides. Nothing else
        depends on it.

    Returns
    -------
    RawTable
        All rows and columns, broken rows marked.

    Raises
    ------
    DataError
        If the file cannot be opened, is empty, has a header only, or is no text.
    MappingError
        If the header lacks a mapped column.
    """
    file = Path(path)
    with TextFile(file, source.encoding) as text:
        data = text.read()
        if not data.strip():
            raise DataError(f"{file.name} is empty. Export it again with the records in it.")
        header, delimiter, taken, line = _settle_delimiter(file.name, data, columns, source)
        check_header(file.name, header, columns, n_lines=source.header_rows)
        n_bytes = file.stat().st_size
        if is_compiled is None:
            is_compiled = n_bytes >= COMPILED_FROM_BYTES
        cutter = _cutter(is_compiled, delimiter, len(header), line, n_bytes)
        rows = _cut(file.name, text, data[taken:], cutter)
        digest = text.digest
    if not len(rows.lines):
        raise NoRowsError(
            f"{file.name} holds a header and no rows. Export it again with the records in it."
        )
    names = distinct_names(header)
    return RawTable(
        name=file.name,
        header=names,
        columns=dict(zip(names, rows.columns, strict=True)),
        lines=rows.lines,
        broken=rows.broken,
        raw_text=rows.raw_text,
        n_blank=rows.n_blank,
        digest=digest,
        delimiter=delimiter,
    )


def _cutter(is_compiled: bool, delimiter: str, n_columns: int, line: int, n_bytes: int) -> _Cutter:
    if is_compiled:
        # numba takes half a second to load, which only a large file is worth.
        from hinge_outcomes.ingestion.compiled_cutter import CompiledCutter

        return CompiledCutter(delimiter, n_columns, line, n_bytes)
    return PlainCutter(delimiter, n_columns, line)


def _cut(name: str, text: TextFile, data: bytes, cutter: _Cutter) -> CutRows:
    """Give the blocks of a file to a cutter, each with what was left of the one before."""
    while True:
        block = text.read()
        taken = cutter.take(data, is_last=not block)
        if not block:
            return cutter.finish()
        data = data[taken:] + block
        if len(data) > _LINE_BYTES:
            raise DataError(
                f"{name} has a line of more than {_LINE_BYTES // 2**20} MB, so it is no export in "
                "rows. Export it again."
            )


def _settle_delimiter(
    name: str, data: bytes, columns: tuple[str, ...], source: Source
) -> tuple[tuple[str, ...], str, int, int]:
    """Take the delimiter that shows the most mapped columns; two that show all are a question.

    Gives the header, the delimiter, and the byte and the line at which the rows begin.
    """
    headers = {sign: _read_header(data, sign, source.header_rows) for sign in source.delimiters}
    asked = set(columns)
    found = {sign: len(asked & set(header)) for sign, (header, _, _) in headers.items()}
    complete = [sign for sign in source.delimiters if found[sign] == len(asked)]
    if len(complete) > 1:
        # Only a header with a single column can look the same under two delimiters.
        raise MappingError(
            f"{name} can be read with more than one of the declared delimiters. Name the one that "
            "it uses under [file]."
        )
    best = complete[0] if complete else max(source.delimiters, key=lambda sign: found[sign])
    header, taken, line = headers[best]
    return header, best, taken, line


def _read_header(data: bytes, delimiter: str, n_rows: int) -> tuple[tuple[str, ...], int, int]:
    """Give the names, and the byte and the line after them."""
    rows: list[list[str]] = []
    taken, line = 0, 1
    for record in cut_records(data, delimiter):
        cells = record.cells or [data[record.start : record.end]]
        rows.append([cell.decode("utf-8", "replace") for cell in cells])
        taken, line = record.end, line + record.n_lines
        if len(rows) == n_rows:
            break
    return join_header(rows), taken, line
