"""What the cells of a REDCap export mean, as the project's dictionary says."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.coercion import (
    Coerced,
    coerce_codes,
    coerce_dates,
    coerce_numbers,
)
from hinge_outcomes.ingestion.redcap_columns import ExportColumn
from hinge_outcomes.ingestion.redcap_dictionary import RedcapField

STATUSES = ("Incomplete", "Unverified", "Complete")
TICKED, NOT_TICKED = ("1", "Checked"), ("0", "Unchecked")

_ISO = "%Y-%m-%d"
_WRITTEN = {
    "date_dmy": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"),
    "date_mdy": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"),
}
_OTHER_ORDER = {"date_dmy": "date_mdy", "date_mdy": "date_dmy"}
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
_NOT_COMPLETED = "[not completed]"


@dataclass(frozen=True, slots=True)
class ExportStyle:
    """Say how an export writes answers, and how they are wanted.

    Parameters
    ----------
    is_labelled : bool
        Whether it writes the labels of answers in place of their codes.
    ticks_by_label : bool
        Whether a ticked box holds the answer's label, and one not ticked nothing.
    labels : str
        "raw" for codes, "label" for labels.
    decimal : str
        Decimal sign of numbers whose field names none.
    """

    is_labelled: bool
    ticks_by_label: bool
    labels: str
    decimal: str


def settle_style(
    columns: Iterable[ExportColumn], cells: np.ndarray, labels: str, decimal: str
) -> ExportStyle:
    """Find out whether an export holds codes or labels: what most answers can only be.

    Parameters
    ----------
    columns : iterable of ExportColumn
        The columns.
    cells : ndarray of object, shape (rows, columns)
        The export's text, without blanks around it.
    labels : str
        "raw" or "label": how answers are wanted.
    decimal : str
        Decimal sign of numbers whose field names none.

    Returns
    -------
    ExportStyle
        How it is written.
    """
    votes = 0
    ticks_by_label = False
    for column in columns:
        words = set(pd.unique(cells[:, column.place])) - {""}
        if column.role == "checkbox":
            ticks_by_label |= bool(column.label) and column.label in words - {*TICKED}
            codes, told = {"0", "1"}, {"Checked", "Unchecked", column.label}
        elif column.role == "status":
            codes, told = {"0", "1", "2"}, set(STATUSES)
        elif column.field is not None and column.field.choices:
            codes = {code for code, _ in column.field.choices}
            told = {label for _, label in column.field.choices}
        else:
            continue
        votes += len(words & (told - codes)) - len(words & (codes - told))
    return ExportStyle(votes > 0, ticks_by_label, labels, decimal)


def read_values(text: pd.Series, column: ExportColumn, style: ExportStyle) -> Coerced:
    """Turn the cells of one column into values.

    Parameters
    ----------
    text : Series of str
        Cells without blanks around them, none of them empty or a code for missing data.
    column : ExportColumn
        What the column is.
    style : ExportStyle
        How the export is written.

    Returns
    -------
    Coerced
        Values and broken rules; a number outside the range of its field is not broken.
    """
    if column.role == "status":
        words = {str(code): word for code, word in enumerate(STATUSES)} | {w: w for w in STATUSES}
        return _as_categories(coerce_codes(text, words), STATUSES)
    if column.role == "timestamp":
        return _read_moments(text)
    if column.role == "checkbox":
        return _read_ticks(text, column)
    field = column.field or RedcapField(column.name, column.form)
    if field.choices:
        return _read_answers(text, field, style)
    return _read_field(text, field, style)


def empty_dtype(column: ExportColumn, style: ExportStyle) -> Any:
    """Give the type of a column, also where it holds nothing.

    Parameters
    ----------
    column : ExportColumn
        What the column is.
    style : ExportStyle
        How the export is written.

    Returns
    -------
    dtype
        Its type in a frame.
    """
    nothing = read_values(pd.Series([], dtype="object"), column, style).values.dtype
    return "str" if nothing == np.dtype("object") else nothing


def outside_range(values: pd.Series, field: RedcapField | None) -> np.ndarray:
    """Tell which numbers lie outside the range that REDCap warns about.

    Parameters
    ----------
    values : Series
        Numbers, or anything else.
    field : RedcapField or None
        The field.

    Returns
    -------
    ndarray of bool
        True where a number is too low or too high.
    """
    outside = np.zeros(len(values), dtype=bool)
    if field is None or not pd.api.types.is_numeric_dtype(values) or values.dtype == "boolean":
        return outside
    numbers = values.to_numpy("float64", na_value=np.nan)
    bounds = coerce_numbers(pd.Series([field.minimum, field.maximum], dtype="object").str.replace(
        ",", "."
    )).values  # fmt: skip
    with np.errstate(invalid="ignore"):
        outside |= numbers < bounds.iloc[0]
        outside |= numbers > bounds.iloc[1]
    return outside


def _read_field(text: pd.Series, field: RedcapField, style: ExportStyle) -> Coerced:
    kind = field.validation if field.kind == "text" else field.kind
    if kind in ("integer", "slider"):
        return _whole(coerce_numbers(text, style.decimal))
    if kind == "calc" or kind.startswith("number"):
        decimal = "," if kind.endswith("comma_decimal") else style.decimal
        return coerce_numbers(text, decimal)
    if kind.startswith("datetime"):
        return _read_moments(text)
    if kind.startswith("date"):
        return _read_dates(text, kind)
    return Coerced(text.astype("str"), pd.Series("", index=text.index, dtype="object"))


def _whole(read: Coerced) -> Coerced:
    fails = read.values.notna() & (read.values != read.values.round())
    fails |= read.values.abs() >= 2.0**53
    whole = read.values.mask(fails).astype("Float64").astype("Int64")
    return Coerced(whole, read.broken.mask(fails, "not_whole"))


def _read_dates(text: pd.Series, kind: str) -> Coerced:
    """Read dates: REDCap exports year, month, day; a spreadsheet may have rewritten them.

    Rewritten dates are read in the field's own order. Where one of a column fits the other order
    alone, nobody knows what the others mean.
    """
    formats = _WRITTEN.get(kind, ())
    read = coerce_dates(text, (_ISO, *formats))
    if not formats:
        return read
    rewritten = coerce_dates(text, (_ISO,)).values.isna()
    swapped = coerce_dates(text, _WRITTEN[_OTHER_ORDER[kind]]).values.notna()
    if (swapped & read.values.isna()).any():
        unclear = rewritten & (read.values.notna() | swapped)
        return Coerced(read.values.mask(unclear), read.broken.mask(unclear, "ambiguous_date"))
    return read


def _read_moments(text: pd.Series) -> Coerced:
    return _per_distinct(text, _moment, "datetime64[s]")


def _moment(cell: str) -> tuple[Any, str]:
    if cell == _NOT_COMPLETED:
        return None, ""
    for form in _MOMENTS if cell.isascii() else ():
        try:
            moment = dt.datetime.strptime(cell, form)
        except ValueError:
            continue
        return (moment, "") if moment.year >= 1900 else (None, "implausible_year")
    return None, "not_a_date"


def _read_ticks(text: pd.Series, column: ExportColumn) -> Coerced:
    ticks = {**dict.fromkeys(NOT_TICKED, False), column.label: True, **dict.fromkeys(TICKED, True)}
    read = coerce_codes(text, ticks)
    return Coerced(read.values.astype("boolean"), read.broken)


def _read_answers(text: pd.Series, field: RedcapField, style: ExportStyle) -> Coerced:
    labels = [label for _, label in field.choices]
    wanted = {
        code: code if style.labels == "raw"
        else label if labels.count(label) == 1 else f"{label} ({code})"
        for code, label in field.choices
    }  # fmt: skip
    by_label = {label: wanted[c] for c, label in field.choices if labels.count(label) == 1}
    first, second = (wanted, by_label) if style.is_labelled else (by_label, wanted)
    plain = text.map(lambda cell: " ".join(cell.split()))
    return _as_categories(coerce_codes(plain, {**first, **second}), wanted.values())


def _as_categories(read: Coerced, words: Iterable[str]) -> Coerced:
    categories = list(dict.fromkeys(words))
    values = pd.Categorical(read.values, categories=categories, ordered=True)
    return Coerced(pd.Series(values, index=read.values.index), read.broken)


def _per_distinct(
    text: pd.Series, read: Callable[[str], tuple[Any, str]], dtype: str
) -> Coerced:  # fmt: skip
    places, distinct = pd.factorize(text)
    read_once = [read(cell) for cell in distinct]
    values = pd.Series([value for value, _ in read_once], dtype=dtype)
    broken = np.array([rule for _, rule in read_once] or [""], dtype="object")
    return Coerced(
        values.take(places).set_axis(text.index),
        pd.Series(broken[places] if len(places) else [], index=text.index, dtype="object"),
    )


__all__ = [
    "NOT_TICKED",
    "STATUSES",
    "TICKED",
    "ExportStyle",
    "empty_dtype",
    "outside_range",
    "read_values",
    "settle_style",
]
