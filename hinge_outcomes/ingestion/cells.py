"""Read the cells of one column: each distinct text once, then a value for every row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.coercion import coerce, coerce_text
from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.raw_table import RawColumn

_DTYPES = {
    "integer": "Int16",  # every whole number of the five tables, and its range was checked
    "own integer": "Int64",
    "number": "float64",
    "date": "datetime64[s]",
    "boolean": "boolean",
}


@dataclass(frozen=True, slots=True, repr=False)
class Cells:
    """Hold a column as it was read.

    Parameters
    ----------
    values : Series
        A value per row, null where there is none; texts and codes as categories.
    failing : tuple of (str, str, ndarray of int)
        Column of the export, the rule that its cells break, and the places of the rows; cells that
        say they are missing break the rule "missing".
    """

    values: pd.Series
    failing: tuple[tuple[str, str, np.ndarray], ...]


def holds(column: RawColumn, texts: Iterable[str]) -> np.ndarray:
    """Tell which rows of a column hold one of a few texts.

    Parameters
    ----------
    column : RawColumn
        The column.
    texts : iterable of str
        The texts, compared exactly.

    Returns
    -------
    ndarray of bool
        One per row.
    """
    asked = set(texts)
    held: np.ndarray = np.array([word in asked for word in column.words], dtype=bool)[column.codes]
    return held


def read_cells(rule: ColumnRule, columns: Mapping[str, RawColumn], rows: np.ndarray) -> Cells:
    """Read one column as its rule says.

    Parameters
    ----------
    rule : ColumnRule
        How the column is filled.
    columns : mapping of str to RawColumn
        The source's text by column, without blanks around it.
    rows : ndarray of int
        Positions of the rows to read.

    Returns
    -------
    Cells
        One value per row.
    """
    if rule.kind == "constant":
        value = pd.Timestamp(rule.constant) if rule.target.kind == "date" else rule.constant
        column, place = pd.Series([value]), np.zeros(len(rows), dtype="int8")
        return Cells(pd.Series(_as_stored(column, rule).array.take(place)), ())
    column = _joined(rule, columns, rows) if rule.kind == "join" else columns[rule.columns[0]]
    codes = column.codes if rule.kind == "join" else column.codes[rows]
    words = pd.Series(column.words, dtype="object")
    is_token = words.isin(rule.missing).to_numpy()
    is_there = (words != "").to_numpy() & ~is_token
    text = words[is_there]
    is_text = rule.kind in ("join", "episode_of")
    read = coerce_text(text) if is_text else coerce(text, rule)
    values = read.values.dt.year.astype("float64") if rule.kind == "year_of" else read.values
    broken = read.broken.reindex(words.index, fill_value="").mask(is_token, "missing")
    stored = _as_stored(values.reindex(words.index), rule)
    failing = tuple(
        (rule.columns[0], str(name), np.flatnonzero((broken == name).to_numpy()[codes]))
        for name in broken[broken != ""].unique()
    )
    return Cells(pd.Series(_taken(stored, codes), copy=False), failing)


def _taken(values: pd.Series, codes: np.ndarray) -> Any:
    """Give each row the value of its text: on plain arrays, since rows may be ten million."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        taken = values.cat.codes.to_numpy().take(codes)
        return pd.Categorical.from_codes(taken, dtype=values.dtype, validate=False)
    if isinstance(values.dtype, pd.Int16Dtype):
        numbers = values.to_numpy("int16", na_value=0)
        return pd.arrays.IntegerArray(numbers.take(codes), values.isna().to_numpy().take(codes))
    return values.array.take(codes)


def _joined(rule: ColumnRule, columns: Mapping[str, RawColumn], rows: np.ndarray) -> RawColumn:
    """Join the texts of several columns; where one is missing, there is nothing to join."""
    parts = [columns[name] for name in rule.columns]
    pairs = pd.MultiIndex.from_arrays([part.codes[rows] for part in parts])
    codes, found = pd.factorize(pairs)
    words = np.empty(len(found), dtype="object")
    for place, codes_of_parts in enumerate(found):
        texts = [part.words[code] for part, code in zip(parts, codes_of_parts, strict=True)]
        token = next((text for text in texts if text in rule.missing), None)
        words[place] = "" if "" in texts else (token or rule.separator.join(texts))
    return RawColumn(words, codes.astype("int32"))


def _as_stored(values: pd.Series, rule: ColumnRule) -> pd.Series:
    """Give a column the type in which it is worked with: numbers small, texts each once."""
    kind = rule.target.kind
    if rule.kind in ("year_of", "start_year_minus"):
        kind = "number"
    if rule.kind == "days_from_start":
        days = values.to_numpy("datetime64[D]")
        counted = np.where(np.isnat(days), np.nan, days.astype("int64"))
        return pd.Series(counted.astype("float32"), index=values.index)  # exact up to 16 million
    if kind == "items":
        return values.astype("object")
    if kind in ("text", "code"):
        plain = values.where(values.notna(), None)
        if kind == "code":
            coded = pd.Categorical(plain, categories=list(rule.target.allowed))
        else:  # in the order in which they appear: to sort a million ids would help nobody
            codes, words = pd.factorize(plain)
            coded = pd.Categorical.from_codes(codes, categories=pd.Index(words, dtype="object"))
        return pd.Series(coded, index=values.index)
    if kind == "integer":
        plain = values.astype("object").where(values.notna(), np.nan)
        size = _DTYPES["own integer" if rule.target.name.startswith("x_") else kind]
        return pd.to_numeric(plain).astype("Float64").astype(size)
    return values.astype(_DTYPES[kind])
