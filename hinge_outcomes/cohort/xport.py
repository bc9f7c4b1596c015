"""SAS transport files, version 5 (XPORT), as regulators take them: one data set per file.

References
----------
.. [1] SAS Institute. TS-140, The record layout of a data set in SAS transport (XPORT) format.
"""

import datetime as dt
import re
import struct
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.exceptions import DataError

LONGEST_NAME = 8
LONGEST_LABEL = 40
LONGEST_TEXT = 200

_RECORD = 80
_SAS_EPOCH = np.datetime64("1960-01-01", "D")
_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
_MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
_MISSING = b"." + bytes(7)


@dataclass(frozen=True, slots=True)
class _Variable:
    """Describe a column as the file does: 1 is a number, 2 is text."""

    name: str
    label: str
    kind: int
    length: int
    format: str
    content: np.ndarray


def write_xport(
    frame: pd.DataFrame,
    name: str,
    *,
    label: str = "",
    labels: dict[str, str] | None = None,
    created: dt.datetime,
) -> bytes:
    """Write a table as a SAS transport file of version 5 [1]_.

    Numbers are stored as 8-byte IBM floating point, which holds every finite double up to 7e75
    exactly; null is SAS's missing value ``.``. Dates become SAS dates (days since 1 January 1960,
    shown as DATE9.). Texts are ASCII, at most 200 characters, padded with blanks; null is blank.

    Parameters
    ----------
    frame : DataFrame
        Numbers, booleans (0 and 1), dates and texts.
    name : str
        Of the data set: at most 8 capitals, digits and underscores.
    label : str, default ""
        Of the data set; at most 40 characters.
    labels : dict of str to str, optional
        Of the columns; at most 40 characters each.
    created : datetime
        When the file says it was made; the same one gives the same bytes.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    DataError
        If a name, a label, a text or a number does not fit; the column is named.

    Examples
    --------
    >>> frame = pd.DataFrame({"AVAL": [6.5, None]})
    >>> content = write_xport(frame, "ADQS", created=dt.datetime(2026, 9, 30))
    >>> len(content), content[:20]
    (960, b'HEADER RECORD*******')
    """
    told = labels or {}
    for text in (name, *map(str, frame.columns)):
        if not _NAME.fullmatch(text):
            raise DataError(
                f"{text!r} is no name for SAS. Expected: at most {LONGEST_NAME} capitals, digits "
                "and underscores, not beginning with a digit."
            )
    for text in (label, *told.values()):
        if len(text) > LONGEST_LABEL or not text.isascii():
            raise DataError(f"A label has at most {LONGEST_LABEL} ASCII characters: {text!r}.")
    variables = [
        _variable(str(column), told.get(str(column), ""), frame[column]) for column in frame
    ]
    when = _moment(created)
    namestrs = b"".join(_namestr(variables, place) for place in range(len(variables)))
    rows = b""
    if len(frame) and variables:
        rows = np.concatenate([variable.content for variable in variables], axis=1).tobytes()
    return b"".join(
        [
            _header("LIBRARY", "0" * 30),
            _padded(b"SAS     SAS     SASLIB  9.4     " + _text("HINGE", 8), 64, when),
            _padded(when, _RECORD),
            _header("MEMBER", "000000000000000001600000000140"),
            _header("DSCRPTR", "0" * 30),
            _padded(
                b"SAS     " + _text(name, 8) + b"SASDATA 9.4     " + _text("HINGE", 8), 64, when
            ),
            _padded(when, 32) + _text(label, 40) + _text("", 8),
            _header("NAMESTR", f"000000{len(variables):04d}".ljust(30, "0")),
            _whole(namestrs),
            _header("OBS", "0" * 30),
            _whole(rows),
        ]
    )


def ibm_floats(numbers: np.ndarray) -> np.ndarray:
    """Write doubles as IBM floating point: sign, exponent of 16, fraction of 56 bits.

    Parameters
    ----------
    numbers : ndarray of float, shape (n,)
        Finite numbers; nan is SAS's missing value.

    Returns
    -------
    ndarray of uint8, shape (n, 8)
        Big-endian bytes.

    Raises
    ------
    DataError
        If a number is infinite or too large.

    Examples
    --------
    >>> ibm_floats(np.array([-118.625]))[0].tobytes().hex()
    'c276a00000000000'
    """
    is_missing = np.isnan(numbers)
    fraction, twos = np.frexp(np.abs(np.where(is_missing, 0.0, numbers)))
    sixteens = -(-twos // 4)  # the exponent of 16, rounded up
    if (~np.isfinite(fraction)).any() or (sixteens > 63).any():
        raise DataError("A number is infinite or larger than SAS transport files can hold.")
    # 53 bits of the double, moved so that the first hexadecimal digit is not 0: nothing is lost.
    bits = np.ldexp(fraction, 53).astype("uint64") << (3 - (4 * sixteens - twos)).astype("uint64")
    is_zero = (bits == 0) | (sixteens < -64)
    head = np.where(np.signbit(numbers), 128, 0) + np.where(is_zero, 0, sixteens + 64)
    words = np.where(is_zero, 0, bits | (head.clip(0).astype("uint64") << np.uint64(56)))
    content = words.astype(">u8").view("uint8").reshape(-1, 8).copy()
    content[is_missing] = np.frombuffer(_MISSING, dtype="uint8")
    return content


def _variable(name: str, label: str, values: pd.Series) -> _Variable:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        days = (values.to_numpy("datetime64[D]") - _SAS_EPOCH).astype("float64")
        days[values.isna().to_numpy()] = np.nan
        return _Variable(name, label, 1, 8, "DATE", ibm_floats(days))
    if pd.api.types.is_numeric_dtype(values.dtype):  # booleans too
        numbers = values.astype("Float64").to_numpy("float64", na_value=np.nan)
        return _Variable(name, label, 1, 8, "", ibm_floats(numbers))
    texts = values.astype("object").where(values.notna(), "").astype("str")
    if not texts.map(str.isascii).all():
        raise DataError(
            f"{name} holds letters beyond ASCII, which SAS transport files cannot. Write Parquet, "
            "or give such ids pseudonyms first: ho.deidentify does."
        )
    longest = max(int(texts.str.len().max()) if len(texts) else 0, 1)
    if longest > LONGEST_TEXT:
        raise DataError(
            f"{name} holds a text longer than {LONGEST_TEXT} characters, which SAS transport files "
            "cannot. Write Parquet."
        )
    padded = texts.str.ljust(longest).str.encode("ascii").to_numpy(f"S{longest}")
    content = padded.view("uint8").reshape(-1, longest)
    return _Variable(name, label, 2, longest, "", content)


def _namestr(variables: list[_Variable], place: int) -> bytes:
    """Describe one column in 140 bytes."""
    variable = variables[place]
    position = sum(each.length for each in variables[:place])
    width = 9 if variable.format else 0
    return struct.pack(
        ">hhhh8s40s8shhh2s8shhl52s",
        variable.kind, 0, variable.length, place + 1,
        _text(variable.name, 8), _text(variable.label, 40), _text(variable.format, 8),
        width, 0, 0, b"", _text("", 8), 0, 0, position, b"",
    )  # fmt: skip


def _moment(when: dt.datetime) -> bytes:
    # Not %b: months are English whatever the computer speaks.
    month = _MONTHS[3 * when.month - 3 : 3 * when.month]
    return f"{when:%d}{month}{when:%y:%H:%M:%S}".encode("ascii")


def _header(record: str, numbers: str) -> bytes:
    return f"HEADER RECORD*******{record:<8}HEADER RECORD!!!!!!!{numbers}  ".encode("ascii")


def _text(text: str, width: int) -> bytes:
    return text.encode("ascii").ljust(width)


def _padded(start: bytes, width: int, end: bytes = b"") -> bytes:
    return start.ljust(width) + end


def _whole(content: bytes) -> bytes:
    """Fill the last record with blanks."""
    return content + b" " * (-len(content) % _RECORD)


__all__ = ["LONGEST_LABEL", "LONGEST_NAME", "LONGEST_TEXT", "ibm_floats", "write_xport"]
