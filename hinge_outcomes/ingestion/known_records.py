"""Records that a registry holds already: an export that goes on where they end is joined to them.

What an export says replaces what was known of the same thing: of a patient and an episode the
columns that the mapping fills, of a day with appointments or ratings all of that day's, of a
questionnaire its score on that day. Everything else stays as it was.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.keys import number_groups, places_in
from hinge_outcomes.cohort.tables import table_schema
from hinge_outcomes.ingestion.extraction import Filled
from hinge_outcomes.ingestion.stacking import stack

Known = Callable[[set[str], set[str]], Cohort | None]
"""Gives a registry's records of the patients and the episodes named, or None."""

SECTION = "the registry"

_REPLACED_BY = {
    "visits": ["episode_id", "visit_day"],
    "assessments": ["episode_id", "assessed_day"],
    "outcomes": ["episode_id", "measured_day", "instrument"],
}
_DAYS = {
    "episodes": "end_day",
    "visits": "visit_day",
    "assessments": "assessed_day",
    "outcomes": "measured_day",
}
_PARENT_KEYS = {"patients": "patient_id", "episodes": "episode_id"}


def touched_records(
    known: Cohort | Known | None,
    filled: Iterable[Filled],
    row: int,
    extra_columns: Iterable[ExtraColumn] = (),
) -> dict[str, pd.DataFrame]:
    """Take from a registry the whole records of the episodes that an export speaks of.

    Parameters
    ----------
    known : Cohort, callable or None
        The registry's current records, or what gives those of some patients and episodes.
    filled : iterable of Filled
        What the export fills.
    row : int
        Number that stands for "no row of the export".
    extra_columns : iterable of ExtraColumn, default ()
        The columns of its own that the export declares; others stay as the registry has them.

    Returns
    -------
    dict of str to DataFrame
        The five tables, as sections of a mapping fill them; empty where nothing is known.
    """
    if known is None:
        return {}
    extra = tuple(extra_columns)
    named: dict[str, set[str]] = {"patient_id": set(), "episode_id": set()}
    for part in filled:
        by_patient = any(rule.kind == "episode_of" for rule in part.block.rules)
        for name in ("patient_id", "episode_id"):
            if name in part.frame:
                column = part.frame[name].cat.remove_unused_categories()
                named["patient_id" if by_patient else name] |= set(column.cat.categories)
    if not isinstance(known, Cohort):
        known = known(named["patient_id"], named["episode_id"])
        if known is None:
            return {}
    episodes = known.episodes
    is_touched = episodes["episode_id"].isin(named["episode_id"])
    is_touched |= episodes["patient_id"].isin(named["patient_id"])
    ids = episodes.loc[is_touched, "episode_id"]
    patients = [*episodes.loc[is_touched, "patient_id"], *named["patient_id"]]
    tables = {}
    for table in TABLE_NAMES:
        frame = getattr(known, table)
        frame = frame[[name for name in frame if name in table_schema(table, extra).columns]]
        key, wanted = ("patient_id", patients) if table == "patients" else ("episode_id", ids)
        rows = frame[frame[key].isin(wanted)].reset_index(drop=True)
        tables[table] = _as_filled(rows, row)
    # How far records reach follows from the new data cut.
    tables["episodes"] = tables["episodes"].drop(columns="last_observed_day")
    return tables


def _as_filled(frame: pd.DataFrame, row: int) -> pd.DataFrame:
    """Give stored rows the types in which an export's rows are worked with."""
    dtypes = {}
    for name, dtype in frame.dtypes.items():
        if str(dtype) == "str":
            dtypes[name] = "category"
    constant = {"row": row, "section": SECTION, "source": ""}
    return (
        frame.astype(dtypes)
        .assign(**constant)
        .astype(dict.fromkeys(("section", "source"), "category"))
    )


def with_moved_days(
    known: Mapping[str, pd.DataFrame], starts: pd.DataFrame
) -> Mapping[str, pd.DataFrame]:
    """Count the days of what is known from the starts that hold now.

    An export may correct the first day of an episode. What happened later happened on the same
    date as before.

    Parameters
    ----------
    known : mapping of str to DataFrame
        From `touched_records`.
    starts : DataFrame
        Column start_date of each episode, by its id.

    Returns
    -------
    mapping of str to DataFrame
        The tables; the very same ones where no start has changed.
    """
    if not known:
        return known
    episodes = known["episodes"]
    places = places_in(episodes["episode_id"], starts.index)
    now = pd.Series(starts["start_date"].array.take(places, allow_fill=True))
    earlier = (episodes["start_date"].reset_index(drop=True) - now).dt.days
    if not earlier.any():
        return known
    ids = pd.Index(episodes["episode_id"].astype("object"))
    moved = dict(known)
    for table, day in _DAYS.items():
        frame = known[table]
        more = np.append(earlier, 0)[places_in(frame["episode_id"], ids)]
        moved[table] = frame.assign(**{day: frame[day] + more.astype("int32")})
    return moved


def left_standing(
    table: str, known: Mapping[str, pd.DataFrame], told: list[pd.DataFrame]
) -> list[pd.DataFrame]:
    """Give what was known of a table and is not replaced by what an export tells.

    Parameters
    ----------
    table : str
        One of the five tables.
    known : mapping of str to DataFrame
        From `touched_records`.
    told : list of DataFrame
        The export's rows of the table, days counted.

    Returns
    -------
    list of DataFrame
        One frame, or none.
    """
    frame = known.get(table)
    if frame is None or not len(frame):
        return []
    filled = [part for part in told if len(part)]
    if not filled:
        return [frame]
    if table in _PARENT_KEYS:
        key = _PARENT_KEYS[table]
        columns: dict[str, pd.Series] = {}
        for part in filled:
            is_told = frame[key].isin(part[key].astype("object"))
            for name in part:
                if name in frame and name not in (key, "row", "section", "source"):
                    columns[name] = columns.get(name, frame[name]).mask(is_told)
        return [frame.assign(**columns)]
    key_columns = _REPLACED_BY[table]
    keys = stack([part[key_columns] for part in [*filled, frame]])
    groups, _ = number_groups(keys, key_columns)
    n_told = len(keys) - len(frame)
    return [frame[~np.isin(groups[n_told:], groups[:n_told])]]


def passed_over(told: list[pd.DataFrame], standing: list[pd.DataFrame]) -> pd.DataFrame:
    """Find the episodes in which an export passes over an appointment that was known.

    It tells days before and after a known day, and not that day: the appointment may have been
    moved or deleted. Nothing is taken away for that; an export may also hold a few rows only.

    Parameters
    ----------
    told : list of DataFrame
        The export's appointments, days counted.
    standing : list of DataFrame
        Known appointments that it does not replace.

    Returns
    -------
    DataFrame
        The first row that the export has of each such episode.
    """
    filled = [part for part in told if len(part)]
    if not filled or not standing:
        return pd.DataFrame()
    rows = stack(filled).sort_values(["episode_id", "visit_day"], kind="stable")
    ids = rows["episode_id"].astype("object")
    span = rows["visit_day"].groupby(ids).agg(["min", "max"])
    (known,) = standing
    asked = span.reindex(known["episode_id"].astype("object"))
    day = known["visit_day"].to_numpy("float64", na_value=np.nan)
    low, high = (asked[name].to_numpy("float64", na_value=np.nan) for name in ("min", "max"))
    lost = set(known["episode_id"].astype("object")[(day > low) & (day < high)])
    return rows[ids.isin(lost) & ~ids.duplicated()]
