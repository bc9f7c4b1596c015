"""A hash of what a table says, not of the bytes a file format happens to use.

SHA-256 over the rows sorted by key, columns in declared order, values and null mask in fixed
little-endian form. Stored numbers are integers or rounded to the declared decimals, so that
platforms, file formats and library versions agree.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.tables import table_key, table_schema


def content_hash(table: str, frame: pd.DataFrame, extra_columns: Iterable[ExtraColumn] = ()) -> str:
    """Hash the content of one table.

    Parameters
    ----------
    table : str
        One of the five tables.
    frame : DataFrame
        The table of a Cohort.
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.

    Returns
    -------
    str
        64 hexadecimal digits; equal for equal content in any row order.
    """
    columns = table_schema(table, extra_columns).columns
    ordered = frame.sort_values(table_key(table), ignore_index=True)
    digest = hashlib.sha256(f"{table}:{len(ordered)}".encode())
    for name, column in columns.items():
        values = ordered[name]
        is_null = values.isna().to_numpy(dtype=bool)
        digest.update(f"|{name}:".encode())
        digest.update(np.packbits(is_null).tobytes())
        digest.update(_bytes_of(values, is_null, int(column.metadata["decimals"])))
    return digest.hexdigest()


def _bytes_of(values: pd.Series, is_null: np.ndarray, decimals: int) -> bytes:
    dtype = str(values.dtype)
    if dtype in ("Int16", "Int64", "boolean"):
        return bytes(values.astype("Int64").fillna(0).to_numpy(dtype="<i8"))
    if dtype == "float64":
        rounded = np.round(values.fillna(0.0).to_numpy(dtype="<f8"), decimals)
        return bytes((rounded + 0.0).astype("<f8"))  # + 0.0 turns -0.0 into 0.0
    if dtype.startswith("datetime64"):
        return bytes(values.to_numpy(dtype="datetime64[D]").astype("<i8"))
    text = values.astype("object").where(~is_null, "")
    if dtype == "object":
        text = text.map(_as_text)
    # Lengths keep ("ab", "c") and ("a", "bc") apart; Arrow lays the UTF-8 of a column end to end.
    encoded = pa.array(text, type=pa.large_string())
    lengths = pc.binary_length(encoded).to_numpy(zero_copy_only=False).astype("<i4")
    return bytes(lengths) + bytes(encoded.buffers()[2] or b"")[: int(lengths.sum())]


def _as_text(items: Any) -> str:
    return items if isinstance(items, str) else json.dumps(list(items))
