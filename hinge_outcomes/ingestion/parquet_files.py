"""Read a Parquet file as text: the text of every value, column by column."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hinge_outcomes.exceptions import DataError, NoRowsError
from hinge_outcomes.ingestion.cell_texts import moment_text, number_text
from hinge_outcomes.ingestion.headers import check_header, distinct_names
from hinge_outcomes.ingestion.raw_table import RawColumn, RawTable
from hinge_outcomes.ingestion.sources import Source
from hinge_outcomes.ingestion.text_files import cannot_open, open_bytes

CELLS = 2_000_000_000
UNPACKED_BYTES = 16_000_000_000


def read_parquet(
    path: str | os.PathLike[str], source: Source, columns: tuple[str, ...]
) -> RawTable:
    """Read a Parquet file as text.

    Whole numbers are written without decimals, dates as 2026-03-24, with the time of day where
    there is one, truth as "true" or "false", lists and records as JSON; nulls are empty.

    Parameters
    ----------
    path : path
        The file.
    source : Source
        How it is written; nothing of it matters here.
    columns : tuple of str
        The columns that the mapping reads.

    Returns
    -------
    RawTable
        All rows; ``lines`` count from 2, as if the names of the columns were line 1.

    Raises
    ------
    DataError
        If the file cannot be opened, is damaged or holds no rows.
    MappingError
        If it lacks a mapped column.
    """
    file = Path(path)
    with open_bytes(file) as opened:
        try:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            raise cannot_open(file, error) from error
    try:
        with pq.ParquetFile(file) as parquet:
            _check_size(file.name, parquet.metadata)
            header = tuple(name.strip() for name in parquet.schema_arrow.names)
            check_header(file.name, header, columns, form="format")
            table = parquet.read(use_threads=False)
        texts = [_as_column(values) for values in table.columns]
    except DataError:
        raise
    except Exception as error:
        # Arrow raises what the part of the file makes it raise over which it stumbles.
        raise DataError(
            f"{file.name} cannot be read: it is no Parquet file, or it is damaged or incomplete. "
            "Export it again."
        ) from error
    names = distinct_names(header)
    rows, n_blank = _rows_with_text(texts, table.num_rows)
    if not len(rows):
        raise NoRowsError(f"{file.name} holds no rows. Export it again with the records in it.")
    if n_blank:
        texts = [RawColumn(column.words, column.codes[rows]) for column in texts]
    return RawTable(
        name=file.name,
        header=names,
        columns=dict(zip(names, texts, strict=True)),
        lines=rows + 2,
        n_blank=n_blank,
        digest=digest,
    )


def _check_size(name: str, metadata: pq.FileMetaData) -> None:
    groups = range(metadata.num_row_groups)
    size = sum(metadata.row_group(group).total_byte_size for group in groups)
    if metadata.num_rows * max(metadata.num_columns, 1) > CELLS or size > UNPACKED_BYTES:
        raise DataError(
            f"{name} is too large to be read at once: {metadata.num_rows:,} rows of "
            f"{metadata.num_columns:,} columns. Export it in parts."
        )


def _as_column(values: pa.ChunkedArray) -> RawColumn:
    """Write each distinct value of a column as text."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_nested(kind) or pa.types.is_null(kind):
        return RawColumn.of(["" if v is None else _json(v) for v in values.to_pylist()])
    encoded = values.combine_chunks().dictionary_encode()
    words = np.array([*_texts(encoded.dictionary), ""], dtype="object")
    codes = pc.fill_null(encoded.indices, len(words) - 1).to_numpy()
    if not encoded.indices.null_count:
        words = words[:-1]
    return RawColumn(words, codes.astype("int32"))


def _texts(values: pa.Array) -> list[str]:
    kind = values.type
    if pa.types.is_floating(kind):
        return [number_text(float(value)) for value in values.to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [value.decode("utf-8", "replace") for value in values.to_pylist()]
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return [moment_text(text) for text in values.cast(pa.string()).to_pylist()]
    if pa.types.is_date(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        texts: list[str] = values.cast(pa.string()).to_pylist()
        return texts
    return [str(value) for value in values.to_pylist()]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _rows_with_text(columns: list[RawColumn], n_rows: int) -> tuple[np.ndarray, int]:
    """Give the positions of the rows that hold any text, and the number of the others."""
    is_blank = np.ones(n_rows, dtype=bool)
    for column in columns:
        is_blank &= np.array([not word.strip() for word in column.words], dtype=bool)[column.codes]
        if not is_blank.any():
            break
    return np.flatnonzero(~is_blank).astype("int64"), int(is_blank.sum())
