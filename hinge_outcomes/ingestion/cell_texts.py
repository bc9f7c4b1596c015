"""The text of values that arrive with a type: numbers, dates and times as one would write them."""

import datetime as dt
import re
from typing import Any

_LONGEST_WHOLE = 1e21
_NO_FRACTION = re.compile(r"\.0+(?=Z?$)")


def text_of(value: Any) -> str:
    """Write a value as it is meant.

    Parameters
    ----------
    value : object
        A text, number, truth value, date, time, or length of time; anything else as it prints.

    Returns
    -------
    str
        Its text: a date as 2026-03-24, with the time of day where there is one.

    Examples
    --------
    >>> text_of(dt.datetime(2026, 3, 24, 10, 30)), text_of(dt.datetime(2026, 3, 24)), text_of(True)
    ('2026-03-24 10:30:00', '2026-03-24', 'TRUE')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, dt.datetime):
        # A spreadsheet counts days, of which a second is a fraction that does not come out even.
        near = value + dt.timedelta(microseconds=500) if value.year < dt.MAXYEAR else value
        written = near.replace(microsecond=near.microsecond // 1000 * 1000).isoformat(" ")
        return moment_text(written)
    if isinstance(value, dt.timedelta):
        return _length_text(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def number_text(value: float) -> str:
    """Write a number with as many digits as it takes, and no more.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        Without decimals where it is whole; empty where it is not a number.

    Examples
    --------
    >>> number_text(7.0), number_text(0.1), number_text(float("nan"))
    ('7', '0.1', '')
    """
    if value != value:
        return ""
    if value.is_integer() and abs(value) < _LONGEST_WHOLE:
        return str(int(value))
    return repr(value)


def moment_text(written: str) -> str:
    """Leave out of a date and time what says nothing: fractions of zero, and midnight.

    Parameters
    ----------
    written : str
        Such as ``2026-03-24 00:00:00.000``.

    Returns
    -------
    str
        Such as ``2026-03-24``.

    Examples
    --------
    >>> moment_text("2026-03-24 10:30:00.000"), moment_text("2026-03-24 00:00:00")
    ('2026-03-24 10:30:00', '2026-03-24')
    """
    return _NO_FRACTION.sub("", written).removesuffix(" 00:00:00")


def _length_text(value: dt.timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"PT{hours}H{minutes}M{seconds}S"
