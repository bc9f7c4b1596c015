"""Calendar days as numbers: days since 1970-01-01, their years and their weekdays."""

from typing import Any, Final

from hinge_outcomes.simulation.machine_code import compiled

DAYS_PER_YEAR: Final = 365.25

_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday
_SATURDAY, _SUNDAY = 5, 6


@compiled
def to_weekday(start: Any, day: Any) -> Any:
    """Move a day that falls on a weekend to the Monday after.

    Parameters
    ----------
    start : int
        Day 0, in days since 1970-01-01.
    day : int
        Days since the start.

    Returns
    -------
    int
        The same day or up to two later.
    """
    weekday = (start + day + _MONDAY_OFFSET) % 7
    return day + (2 if weekday == _SATURDAY else (1 if weekday == _SUNDAY else 0))


@compiled
def year_of(day: Any) -> Any:
    """Give the calendar year of a day (proleptic Gregorian).

    Parameters
    ----------
    day : int
        Days since 1970-01-01.

    Returns
    -------
    int
        The year.

    References
    ----------
    .. [1] Hinnant H. chrono-compatible low-level date algorithms (public domain).
    """
    shifted = day + 719468
    era = shifted // 146097
    of_era = shifted - era * 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    return year + era * 400 + (1 if of_year >= 306 else 0)
