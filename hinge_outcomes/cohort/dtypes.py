"""Bring the columns of a table into their declared dtypes, and say which cells would not go."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.findings import Finding
from hinge_outcomes.cohort.tables import column_dtype, table_schema


def coerce_table(
    table: str,
    frame: pd.DataFrame,
    extra_columns: Iterable[ExtraColumn] = (),
    *,
    keep_categories: bool = False,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Bring one table into its declared columns and dtypes.

    Absent nullable columns are filled with nulls; cells that cannot be converted become null and
    are reported. Row numbers count from 1 in the order given.

    Parameters
    ----------
    table : str
        One of the five tables.
    frame : DataFrame
        Its rows; not changed.
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.
    keep_categories : bool, default False
        Whether texts that come as categories stay so: a million rows then hold each id once.

    Returns
    -------
    frame : DataFrame
        A new frame with exactly the declared columns, in declared order, and a plain index.
    findings : list of Finding
        Unknown or missing columns and cells that could not be converted.
    """
    columns = table_schema(table, extra_columns).columns
    findings = [
        Finding("error", table, str(name), "unknown_column", (), _unknown(str(name)))
        for name in frame.columns
        if name not in columns
    ]
    converted: dict[str, Any] = {}
    for name, column in columns.items():
        dtype = column_dtype(column)
        if name not in frame.columns:
            if not column.nullable:
                findings.append(
                    Finding("error", table, name, "missing_column", (), "The column is missing.")
                )
            converted[name] = pd.Series([None] * len(frame), dtype=dtype)
            continue
        values = frame[name].reset_index(drop=True)
        if (
            keep_categories
            and isinstance(values.dtype, pd.CategoricalDtype)
            and str(dtype) == "str"
        ):
            converted[name] = values
            continue
        if keep_categories and values.dtype == dtype and str(dtype) not in ("float64", "object"):
            converted[name] = values
            continue
        converted[name], is_bad, expected = _convert(values, dtype)
        rows = tuple(int(row) for row in np.flatnonzero(is_bad) + 1)
        if rows:
            findings.append(Finding("error", table, name, "type", rows, expected))
    # The columns are not copied: those that were given stay unchanged, pandas sees to that.
    made = pd.DataFrame(converted, index=range(len(frame)), columns=list(columns), copy=False)
    return made, findings


def _unknown(name: str) -> str:
    if name.startswith("x_"):
        return "The column is not declared: add it to extra_columns with its type."
    return "The table has no such column. Clinic columns start with x_ and are declared."


def _convert(values: pd.Series, dtype: Any) -> tuple[pd.Series, np.ndarray, str]:
    """Convert a column; give also which cells failed and what was expected of them."""
    none = np.zeros(len(values), dtype=bool)
    if values.dtype == dtype and str(dtype) not in ("float64", "object"):
        return values.copy(), none, ""
    text = str(dtype)
    if isinstance(dtype, pd.CategoricalDtype) and isinstance(values.dtype, pd.CategoricalDtype):
        known = values.cat.set_categories(dtype.categories, ordered=True)
        is_bad = (known.isna() & values.notna()).to_numpy()
        return known, is_bad, f"Allowed codes: {', '.join(map(str, dtype.categories))}."
    if isinstance(dtype, pd.CategoricalDtype):
        codes = [str(code) for code in dtype.categories]
        plain = values.astype("object").where(values.notna(), None)
        is_bad = (plain.notna() & ~plain.isin(codes)).to_numpy()
        result = pd.Series(pd.Categorical(plain.where(~is_bad, None), dtype=dtype))
        return result, is_bad, f"Allowed codes: {', '.join(codes)}."
    if text in ("Int16", "Int64") and str(values.dtype) == "Int32":
        bounds = np.iinfo(text.lower())
        fits = values.between(bounds.min, bounds.max).fillna(False).to_numpy(dtype=bool)
        is_bad = values.notna().to_numpy() & ~fits
        kept = values.where(fits, pd.NA) if is_bad.any() else values
        return kept.astype(text), is_bad, "A whole number is expected."
    if text in ("Int16", "Int64"):
        numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
        bounds = np.iinfo(text.lower())
        fits = (numbers == numbers.round()) & numbers.between(bounds.min, bounds.max)
        fits = fits.fillna(False).to_numpy(dtype=bool)
        is_bad = values.notna().to_numpy() & ~fits
        return numbers.where(fits, pd.NA).astype(text), is_bad, "A whole number is expected."
    if text == "float64":
        floats = pd.to_numeric(values, errors="coerce").astype("float64")
        is_bad = (values.notna() & ~np.isfinite(floats)).to_numpy()
        return floats.where(~is_bad, np.nan), is_bad, "A finite number is expected."
    if text == "boolean":
        numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
        fits = numbers.isin([0, 1]).to_numpy(dtype=bool)
        is_bad = values.notna().to_numpy() & ~fits
        return numbers.where(fits, pd.NA).astype("boolean"), is_bad, "True or false is expected."
    if text.startswith("datetime64"):
        dates = pd.to_datetime(values, errors="coerce", format="ISO8601").dt.normalize()
        is_bad = (values.notna() & dates.isna()).to_numpy()
        return dates.astype(text), is_bad, "A date written YYYY-MM-DD is expected."
    if text == "object":
        return _convert_items(values)
    return values.astype("object").where(values.notna(), None).map(_as_text).astype("str"), none, ""


def _convert_items(values: pd.Series) -> tuple[pd.Series, np.ndarray, str]:
    """Bring lists of answers into one form, whichever file format they came through."""
    items: list[list[float | int | None] | None] = []
    is_bad = np.zeros(len(values), dtype=bool)
    for row, value in enumerate(values):
        if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
            items.append(None)
            continue
        try:
            items.append([_as_answer(answer) for answer in value])
        except (TypeError, ValueError):
            items.append(None)
            is_bad[row] = True
    expected = "A list of numbers, null for a blank, is expected."
    return pd.Series(items, index=values.index, dtype="object"), is_bad, expected


def _as_answer(answer: Any) -> float | int | None:
    if answer is None or answer is pd.NA or answer != answer:
        return None
    number = float(answer)
    return int(number) if number.is_integer() else number


def _as_text(value: Any) -> Any:
    return None if value is None else str(value)
