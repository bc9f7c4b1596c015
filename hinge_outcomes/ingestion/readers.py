"""Read a file of a load as text, whatever its format."""

import os
from pathlib import Path

from hinge_outcomes.ingestion.csv_files import read_csv
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.sources import Source
from hinge_outcomes.ingestion.text_files import open_bytes

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PARQUET = b"PAR1"


def read_source(path: str | os.PathLike[str], source: Source, columns: tuple[str, ...]) -> RawTable:
    """Read one file of a load.

    Every cell is text as it stands in the file; no library guesses a type, an encoding or the
    order of day and month.

    Parameters
    ----------
    path : path
        The file.
    source : Source
        How it is written; "auto" goes by the file's first bytes.
    columns : tuple of str
        The columns that the mapping reads.

    Returns
    -------
    RawTable
        All rows and columns, broken rows marked.

    Raises
    ------
    DataError
        If the file cannot be opened, is damaged, is not of its format, or holds no rows.
    MappingError
        If it lacks a mapped column, or the sheet.
    """
    file = Path(path)
    kind = find_format(file) if source.format == "auto" else source.format
    # Each format brings libraries of its own, which the others need not wait for.
    if kind == "xlsx":
        from hinge_outcomes.ingestion.spreadsheets import read_xlsx

        return read_xlsx(file, source, columns)
    if kind == "parquet":
        from hinge_outcomes.ingestion.parquet_files import read_parquet

        return read_parquet(file, source, columns)
    if kind == "fhir":
        from hinge_outcomes.ingestion.fhir import read_fhir

        return read_fhir(file, source, columns)
    return read_csv(file, source, columns)


def find_format(path: str | os.PathLike[str]) -> str:
    """Tell a file's format by its first bytes.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    str
        "xlsx", "parquet", or else "csv".

    Raises
    ------
    DataError
        If the file cannot be opened.
    """
    with open_bytes(Path(path)) as file:
        start = file.read(8)
    if start.startswith(_WORKBOOKS):
        return "xlsx"
    return "parquet" if start.startswith(_PARQUET) else "csv"
