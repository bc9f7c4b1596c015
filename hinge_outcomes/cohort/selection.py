"""Which episodes a selection means."""

import datetime as dt
import difflib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.exceptions import DataError

SELECTORS = ("quarter", "started_from", "started_to", "discharged_in")
"""Criteria that are not columns of ``episodes``."""

_NAMED_VALUES = ("clinic_id", "symptom_duration", "start_back_risk", "end_reason")
"""Columns whose values may be listed in a message: they say nothing about a patient."""


def chosen_episodes(
    episodes: pd.DataFrame, criteria: Mapping[str, Any], *, is_deidentified: bool = False
) -> pd.Series:
    """Tell which episodes meet all criteria.

    Parameters
    ----------
    episodes : DataFrame
        The episodes table.
    criteria : mapping
        As ``Cohort.select`` takes them.
    is_deidentified : bool, default False
        Whether dates were reduced to years; then no quarter can be selected.

    Returns
    -------
    Series of bool
        One per episode.

    Raises
    ------
    DataError
        If a criterion names no column, or a code that never occurs.
    """
    chosen = pd.Series(True, index=episodes.index)
    for name, wanted in criteria.items():
        if name in SELECTORS:
            if is_deidentified:
                raise DataError(
                    f"{name}= needs dates, and this cohort is deidentified: dates were reduced to "
                    "years. Use the clinic's own cohort."
                )
            chosen &= _by_date(episodes, name, wanted)
        elif name in episodes.columns:
            chosen &= _by_value(episodes[name], name, wanted)
        else:
            raise DataError(_unknown(name, episodes))
    return chosen


def _by_date(episodes: pd.DataFrame, name: str, wanted: Any) -> pd.Series:
    day = episodes["start_date"]
    if name == "discharged_in":
        days = pd.to_timedelta(episodes["end_day"].astype("Float64"), unit="D")
        day = day + days.astype("timedelta64[s]")
    if name == "started_from":
        return day >= pd.Timestamp(_date(wanted))
    if name == "started_to":
        return day <= pd.Timestamp(_date(wanted))
    quarter = wanted if isinstance(wanted, Quarter) else Quarter.parse(wanted)
    return day.between(pd.Timestamp(quarter.start), pd.Timestamp(quarter.end))


def _date(value: Any) -> dt.date:
    try:
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
    except ValueError:
        raise DataError("A date to select by is written YYYY-MM-DD.") from None


def _by_value(column: pd.Series, name: str, wanted: Any) -> pd.Series:
    values = list(wanted) if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
    present = set(column.dropna().unique())
    absent = [value for value in values if value not in present]
    if absent and name in _NAMED_VALUES:
        allowed = ", ".join(str(value) for value in sorted(present)) or "none"
        raise DataError(f"No episode has that {name}. In this cohort: {allowed}.")
    return column.isin(values).fillna(False).astype(bool)


def _unknown(name: str, episodes: pd.DataFrame) -> str:
    allowed = [*SELECTORS, *episodes.columns]
    close = difflib.get_close_matches(name, allowed, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"Episodes cannot be selected by {name!r}.{hint} Allowed: {', '.join(allowed)}."
