"""Tables too large for one file: Parquet parts in order, each known by its SHA-256."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.tables import column_dtype, table_schema
from hinge_outcomes.exceptions import DataError

_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
_PANDAS = {
    pa.int16(): pd.Int16Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.string(): _TEXT,
    pa.large_string(): _TEXT,
}


def part_name(table: str, number: int) -> str:
    """Name a part by its table and its number.

    Parameters
    ----------
    table : str
        One of the five tables.
    number : int
        Counted from 0.

    Returns
    -------
    str
        Path below the cohort's folder.

    Examples
    --------
    >>> part_name("visits", 12)
    'visits/part-00012.parquet'
    """
    return f"{table}/part-{number:05d}.parquet"


def part_content(table: pa.Table) -> bytes:
    """Write a part as Parquet: the same rows give the same bytes.

    Parameters
    ----------
    table : pyarrow.Table
        Its rows; dictionaries are stored as such and read back as plain text.

    Returns
    -------
    bytes
        One row group, compressed by zstd.
    """
    sink = pa.BufferOutputStream()
    # Without Arrow's own schema beside Parquet's, ids and codes read back as text.
    pq.write_table(
        table, sink, compression="zstd", store_schema=False, row_group_size=max(len(table), 1)
    )
    return bytes(sink.getvalue().to_pybytes())


def part_entry(file: str, rows: int, content: bytes) -> dict[str, Any]:
    """Say of a part what a manifest says of it.

    Parameters
    ----------
    file : str
        Path below the cohort's folder.
    rows : int
        How many rows it holds.
    content : bytes
        Its bytes.

    Returns
    -------
    dict
        file, rows and sha256.
    """
    return {"file": file, "rows": rows, "sha256": hashlib.sha256(content).hexdigest()}


def is_intact(folder: Path, entry: Mapping[str, Any]) -> bool:
    """Tell whether a part is there and as it was written.

    Parameters
    ----------
    folder : Path
        The cohort's folder.
    entry : mapping
        What `part_entry` said of it.

    Returns
    -------
    bool
        True if its SHA-256 is the one given.
    """
    try:
        content = (folder / entry["file"]).read_bytes()
    except FileNotFoundError:
        return False
    return bool(hashlib.sha256(content).hexdigest() == entry["sha256"])


def read_parts(
    folder: Path,
    name: str,
    entries: Iterable[Mapping[str, Any]],
    extra_columns: Iterable[ExtraColumn] = (),
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read the parts of a table in their order.

    Parameters
    ----------
    folder : Path
        The cohort's folder.
    name : str
        One of the five tables.
    entries : iterable of mapping
        What the manifest says of each part.
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.

    Returns
    -------
    frame : DataFrame
        All rows. Columns that hold what is declared have the declared dtypes; others are left for
        `coerce_table` to report.
    changed : tuple of str
        Parts that are not the ones the manifest describes.

    Raises
    ------
    DataError
        If a part is missing or damaged.
    """
    tables, changed = [], []
    for entry in entries:
        file = entry["file"]
        try:
            content = (folder / file).read_bytes()
            # One thread: the parts are small, and a pool of threads keeps memory.
            tables.append(pq.read_table(pa.BufferReader(content), use_threads=False))
        except FileNotFoundError:
            raise DataError(
                f"The part {file} is missing from {folder.name}. Delete the folder and make the "
                "cohort again."
            ) from None
        except (ValueError, OSError) as error:
            raise DataError(
                f"The part {file} in {folder.name} cannot be read ({type(error).__name__}): it is "
                "damaged. Delete the folder and make the cohort again."
            ) from None
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            changed.append(str(file))
    whole = pa.concat_tables(tables, promote_options="permissive")
    columns = table_schema(name, extra_columns).columns
    frame = pd.DataFrame(
        {
            column: _as_declared(
                whole[column], column_dtype(columns[column]) if column in columns else None
            )
            for column in whole.column_names
        }
    )
    return frame, tuple(changed)


def _as_declared(values: pa.ChunkedArray, dtype: Any) -> pd.Series:
    is_text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    if isinstance(dtype, pd.CategoricalDtype) and is_text:
        places = pc.index_in(values, value_set=pa.array(list(dtype.categories)))
        if places.null_count == values.null_count:  # every code is a declared one
            plain = places.fill_null(-1).to_numpy().astype(np.int8)
            return pd.Series(pd.Categorical.from_codes(plain, dtype=dtype))
    column = values.to_pandas(types_mapper=_PANDAS.get)
    if str(dtype).startswith("datetime64") and pa.types.is_timestamp(values.type):
        return column.astype(dtype) if values.type.tz is None else column
    return column
