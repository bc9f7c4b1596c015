"""Turn text into numbers, dates and codes, and say which cells would not turn and why.

Each function takes the cells that hold text (blanks removed) and gives values beside the name of
the rule that a cell breaks, empty where it breaks none. Distinct texts are read once.
"""

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.tables import SCORE_DECIMALS
from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.date_formats import EXCEL_DAYS
from hinge_outcomes.ingestion.sources import THOUSANDS

EARLIEST_YEAR = 1900

_LARGEST_WHOLE = 2.0**53 - 1
"""Up to here every whole number is itself when it is read as a floating-point number."""

_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?")
_GROUPED = {
    sign: re.compile(rf"[+-]?[0-9]{{1,3}}({re.escape(sign)}[0-9]{{3}})+(?![0-9{re.escape(sign)}])")
    for sign in THOUSANDS
}
_FORMULA_SIGNS = "=@\t\r+-"
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9.,])")
_RUN_TOGETHER = re.compile(r"%[A-Za-z]%[A-Za-z]")
_SERIAL_DAY = re.compile(r"[0-9]{4,5}([.][0-9]+)?")
_SERIAL_START = dt.datetime(1899, 12, 30)
_EARLIEST_SERIAL = (dt.datetime(1910, 1, 1) - _SERIAL_START).days
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
)
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}


@dataclass(frozen=True, slots=True, repr=False)
class Coerced:
    """Hold what a column of text turned into.

    Parameters
    ----------
    values : Series
        One value per cell, null where the cell cannot be read; index as given.
    broken : Series of str
        The rule that a cell breaks, empty where it breaks none; index as given.
    """

    values: pd.Series
    broken: pd.Series


def coerce(text: pd.Series, rule: ColumnRule) -> Coerced:
    """Turn the cells of one column into what its place in the tables holds.

    Parameters
    ----------
    text : Series of str
        Cells without surrounding blanks, none of them empty.
    rule : ColumnRule
        How the column is filled.

    Returns
    -------
    Coerced
        Values and broken rules.
    """
    if rule.kind in ("days_from_start", "year_of"):
        return coerce_dates(text, rule.date_formats)
    if rule.kind == "start_year_minus":
        return _limit(coerce_numbers(text, rule.decimal, rule.thousands), 0, 130)
    target = rule.target
    if rule.codes is not None:
        return coerce_codes(text, dict(rule.codes))
    if target.kind == "date":
        return coerce_dates(text, rule.date_formats)
    if target.kind == "code":
        return coerce_codes(text, {code: code for code in target.allowed})
    if target.kind == "boolean":
        return _renamed(coerce_codes(text, _BOOLEANS), "unknown_code", "not_true_or_false")
    if target.kind == "items":
        return coerce_items(text)
    if target.kind == "text":
        return coerce_text(text)
    numbers = coerce_numbers(text, rule.decimal, rule.thousands)
    if rule.factor != 1.0:
        # 37 mm is 3.7, not 3.7000000000000002: a cut-point must not hang on the last bit.
        scaled = (numbers.values * rule.factor).round(SCORE_DECIMALS)
        numbers = Coerced(scaled, numbers.broken)
    if target.kind == "integer":
        numbers = _limit(_whole(numbers), -_LARGEST_WHOLE, _LARGEST_WHOLE)
    return _limit(numbers, rule.minimum, rule.maximum)


def coerce_numbers(text: pd.Series, decimal: str = ".", thousands: str = "") -> Coerced:
    """Read numbers written with digits, a sign, one decimal sign and perhaps an exponent.

    Parameters
    ----------
    text : Series of str
        Cells.
    decimal : str, default "."
        Decimal sign; with a comma, a point is not accepted, and the other way round.
    thousands : str, default ""
        Sign between groups of three digits, where there is one.

    Returns
    -------
    Coerced
        Values as float64; broken rule "not_a_number".

    Examples
    --------
    >>> read = coerce_numbers(pd.Series(["3,5", "3.5", "about 3"]), decimal=",")
    >>> read.values.tolist()[0], read.broken.tolist()
    (3.5, ['', 'not_a_number', 'not_a_number'])
    """

    groups = _GROUPED.get(thousands) if thousands else None

    def read(cell: str) -> tuple[Any, str]:
        grouped = groups.match(cell) if groups is not None else None
        if grouped is not None:
            cell = grouped.group().replace(thousands, "") + cell[grouped.end() :]
        if decimal == ",":
            cell = cell.replace(".", "!").replace(",", ".")
        if not _NUMBER.fullmatch(cell):
            return None, "not_a_number"
        value = float(cell)
        return (value, "") if np.isfinite(value) else (None, "not_a_number")

    return _per_distinct(text, read, "float64")


def coerce_dates(text: pd.Series, formats: tuple[str, ...]) -> Coerced:
    """Read dates by the formats that the mapping names.

    Parameters
    ----------
    text : Series of str
        Cells.
    formats : tuple of str
        strptime formats; a cell that follows two of them with different dates is not read.
        "excel" stands for a spreadsheet's serial day number.

    Returns
    -------
    Coerced
        Values as datetime64[s] at midnight; broken rules "not_a_date", "ambiguous_date" and
        "implausible_year" (before 1900).

    Examples
    --------
    >>> read = coerce_dates(pd.Series(["24/03/2026", "24/03/0023", "2026-03-24"]), ("%d/%m/%Y",))
    >>> read.broken.tolist()
    ['', 'implausible_year', 'not_a_date']
    """

    def read(cell: str) -> tuple[Any, str]:
        days = {day for form in formats for day in [_parse_date(cell, form)] if day is not None}
        if not days:
            return None, "not_a_date"
        if len(days) > 1:
            return None, "ambiguous_date"
        day = days.pop()
        return (None, "implausible_year") if day.year < EARLIEST_YEAR else (day, "")

    return _per_distinct(text, read, "datetime64[s]")


def _parse_date(cell: str, form: str) -> dt.datetime | None:
    """Read one date; pandas would read words such as "today" under any format."""
    if not cell.isascii():
        return None
    if form == EXCEL_DAYS:
        # Nobody who is treated was born before 1910; a smaller number is a year, or a mistake.
        is_serial = _SERIAL_DAY.fullmatch(cell) and _EARLIEST_SERIAL <= float(cell) < 100_000
        return _SERIAL_START + dt.timedelta(days=int(float(cell))) if is_serial else None
    try:
        moment = dt.datetime.strptime(cell, form)
    except ValueError:
        return None
    if _RUN_TOGETHER.search(form) and moment.strftime(form) != cell:
        return None  # without signs between the parts, 2026111 is two dates
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def coerce_codes(text: pd.Series, codes: dict[str, Any]) -> Coerced:
    """Read codes that stand in a list, letter by letter.

    Parameters
    ----------
    text : Series of str
        Cells.
    codes : dict
        Text in the export and what it stands for.

    Returns
    -------
    Coerced
        Values as objects; broken rule "unknown_code".

    Examples
    --------
    >>> coerce_codes(pd.Series(["1", "m"]), {"1": "male", "2": "female"}).broken.tolist()
    ['', 'unknown_code']
    """
    return _per_distinct(
        text,
        lambda cell: (codes[cell], "") if cell in codes else (None, "unknown_code"),
        "object",
    )


def coerce_text(text: pd.Series) -> Coerced:
    """Take text as it is, unless a spreadsheet would run it or no one can see it.

    Parameters
    ----------
    text : Series of str
        Cells.

    Returns
    -------
    Coerced
        Values as objects; broken rules "formula" and "control_character".

    Examples
    --------
    >>> coerce_text(pd.Series(["A-17", "=1+1", "-5"])).broken.tolist()
    ['', 'formula', '']
    """

    cells = text.to_numpy(dtype="object")
    broken = np.full(len(cells), "", dtype="object")
    # A million ids are looked through at once; only where something is found, one by one.
    together = " ".join(["", *cells])
    if not together.isprintable():
        broken[[_CONTROL.search(cell) is not None for cell in cells]] = "control_character"
    if any(f" {sign}" in together for sign in _FORMULA_SIGNS):
        broken[[_FORMULA.match(cell) is not None for cell in cells]] = "formula"
    values = np.where(broken == "", cells, None)
    return Coerced(
        pd.Series(values, index=text.index, dtype="object"),
        pd.Series(broken, index=text.index, dtype="object"),
    )


def coerce_items(text: pd.Series) -> Coerced:
    """Read questionnaire items written as a JSON list, null for a blank.

    Parameters
    ----------
    text : Series of str
        Cells such as ``[3, null, 2]``.

    Returns
    -------
    Coerced
        Values as lists; broken rule "not_items".

    Examples
    --------
    >>> coerce_items(pd.Series(["[3, null]", "3;2"])).values.tolist()
    [[3, None], None]
    """

    def read(cell: str) -> tuple[Any, str]:
        try:
            items = json.loads(cell)
        except (ValueError, RecursionError):
            return None, "not_items"
        is_list = isinstance(items, list) and all(
            item is None or (isinstance(item, (int, float)) and not isinstance(item, bool))
            for item in items
        )
        return (items, "") if is_list else (None, "not_items")

    return _per_distinct(text, read, "object")


def _per_distinct(text: pd.Series, read: Callable[[str], tuple[Any, str]], dtype: str) -> Coerced:
    places, distinct = pd.factorize(text)
    read_once = [read(cell) for cell in distinct]
    values = np.empty(len(distinct), dtype="object")
    broken = np.empty(len(distinct), dtype="object")
    for place, (value, rule) in enumerate(read_once):
        values[place], broken[place] = value, rule
    if dtype == "float64":
        values = np.array([np.nan if value is None else value for value in values], dtype=dtype)
    return Coerced(
        pd.Series(values[places], index=text.index, dtype=dtype),
        pd.Series(broken[places], index=text.index, dtype="object"),
    )


def _whole(read: Coerced) -> Coerced:
    fails = read.values.notna() & (read.values != read.values.round())
    return _broken_where(read, fails, "not_whole")


def _limit(read: Coerced, minimum: float | None, maximum: float | None) -> Coerced:
    fails = pd.Series(False, index=read.values.index)
    if minimum is not None:
        fails |= read.values < minimum
    if maximum is not None:
        fails |= read.values > maximum
    return _broken_where(read, fails, "out_of_range")


def _broken_where(read: Coerced, fails: pd.Series, rule: str) -> Coerced:
    return Coerced(read.values.mask(fails), read.broken.mask(fails, rule))


def _renamed(read: Coerced, old: str, new: str) -> Coerced:
    return Coerced(read.values, read.broken.replace(old, new))
