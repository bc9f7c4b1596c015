"""Join what several input rows say about one record, and name the rows that contradict."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.keys import number_groups
from hinge_outcomes.cohort.tables import empty_table, table_key
from hinge_outcomes.ingestion.stacking import stack
from hinge_outcomes.ingestion.targets import Target

TRACE = ("row", "section", "source", "group")
"""Columns that lead a record back to the input: never stored."""


@dataclass(frozen=True, slots=True)
class Breach:
    """Name the cells that break one rule.

    Parameters
    ----------
    severity : str
        "error" (the rows are set aside) or "warning" (they are kept).
    table, column : str
        Where, in our names.
    rule : str
        The rule.
    cells : DataFrame
        One row per cell: row (position of the input row), section (of the mapping), source (the
        export's column, where it is not the one that the section names).
    """

    severity: str
    table: str
    column: str
    rule: str
    cells: pd.DataFrame

    @property
    def rows(self) -> np.ndarray:
        """List the input rows.

        Returns
        -------
        ndarray of int
            Positions, each once.
        """
        rows: np.ndarray = np.unique(self.cells["row"].to_numpy(dtype="int64"))
        return rows


@dataclass(frozen=True, slots=True, repr=False)
class Records:
    """Hold the records of one table and the input rows behind them.

    Parameters
    ----------
    frame : DataFrame
        One row per record.
    members : DataFrame
        One row per record and input row that speaks of it: its values, row, section, source, and
        group, the record's position in ``frame``.
    """

    frame: pd.DataFrame
    members: pd.DataFrame

    def behind(self, groups: np.ndarray, column: str) -> pd.DataFrame:
        """Find what lies behind records: what has the column, where anything has.

        Parameters
        ----------
        groups : ndarray of int
            Positions of records.
        column : str
            Column of interest; may be one that is computed.

        Returns
        -------
        DataFrame
            Rows of ``members``.
        """
        members = self.members[self.members["group"].isin(groups)]
        if column in members:
            speaks = members[column].notna()
            is_told = speaks.groupby(members["group"]).transform("any")
            members = members[speaks | ~is_told]
        return members

    def with_more(self, frames: Iterable[pd.DataFrame]) -> "Records":
        """Add records that share no key with those that are here.

        Parameters
        ----------
        frames : iterable of DataFrame
            Rows of a registry, with row, section and source.

        Returns
        -------
        Records
            All of them.
        """
        more = [frame for frame in frames if len(frame)]
        if not more:
            return self
        added = stack(more)
        places = np.arange(len(self.frame), len(self.frame) + len(added))
        values = added.drop(columns=["row", "section", "source"])
        if not len(self.frame):
            return Records(values, added.assign(group=places))
        return Records(
            stack([self.frame, values]), stack([self.members, added.assign(group=places)])
        )


def list_breach(
    table: str, column: str, rule: str, cells: pd.DataFrame, severity: str = "error"
) -> list[Breach]:
    """Make a breach, if there is one.

    Parameters
    ----------
    table, column, rule : str
        As in ``Breach``.
    cells : DataFrame
        Rows of ``Records.members``; may be empty.
    severity : str, default "error"
        As in ``Breach``.

    Returns
    -------
    list of Breach
        One, or none.
    """
    if not len(cells):
        return []
    names = ["row", "section", "source", *(["episode_id"] if "episode_id" in cells else [])]
    return [Breach(severity, table, column, rule, cells[names])]


def join_records(
    table: str, frames: Iterable[pd.DataFrame], targets: dict[str, Target]
) -> tuple[Records, list[Breach]]:
    """Join what several input rows say about one record; the first word stands.

    Parameters
    ----------
    table : str
        One of the five tables.
    frames : iterable of DataFrame
        Filled rows, with row, section and source.
    targets : dict of str to Target
        The table's columns.

    Returns
    -------
    records : Records
        One row per key, in the order of the input.
    breaches : list of Breach
        Rows that contradict an earlier one ("conflict"), and records that lack what none can stand
        without ("required_missing").
    """
    frame = _stack(table, list(frames))
    key = [name for name in table_key(table) if name in frame]
    if table == "visits" and "visit_number" not in frame:
        # Two appointments on one day that differ in status are two; otherwise one told twice.
        key.append("status")
    is_from_age = frame.pop("is_from_age") if "is_from_age" in frame else None
    groups, n_groups = number_groups(frame, key)
    frame["group"] = groups
    values = [name for name in frame if name not in (*key, *TRACE)]
    breaches: list[Breach] = []
    if n_groups == len(frame):
        joined = frame[[*key, *values]]
    else:
        joined = _first_words(frame, [*key, *values], groups, n_groups)
        for name in values:
            told = joined[name].take(groups).set_axis(frame.index)
            differs = (frame[name].notna() & (frame[name] != told)).fillna(False).astype(bool)
            if name == "birth_year" and is_from_age is not None:
                # Year minus age is right to within one year: the birthday is not known.
                differs &= (frame[name] - told).abs() > 1
            if differs.any():
                breaches += list_breach(table, name, "conflict", frame[differs])
    records = Records(joined, frame)
    for name in joined:
        if targets[name].is_required:
            lacks = np.flatnonzero(joined[name].isna())
            if len(lacks):
                cells = records.behind(lacks, name)
                breaches += list_breach(table, name, "required_missing", cells)
    return records, breaches


def _first_words(
    frame: pd.DataFrame, names: list[str], groups: np.ndarray, n_groups: int
) -> pd.DataFrame:
    """Take, for each record and column, the first value that any of its rows gives."""
    taken = {}
    rows = np.arange(len(frame))
    for name in names:
        there = rows[frame[name].notna().to_numpy()]
        place = np.full(n_groups, -1)
        place[groups[there[::-1]]] = there[::-1]  # written backwards, so the first one stays
        taken[name] = pd.Series(pd.api.extensions.take(frame[name].array, place, allow_fill=True))
    return pd.DataFrame(taken, copy=False)


def _stack(table: str, frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        trace = {"row": pd.Series([], dtype="int64"), "section": "", "source": ""}
        empty = empty_table(table)
        ids = {name: "category" for name in empty if name.endswith("_id")}
        return empty.astype(ids).assign(**trace)
    stacked = stack(filled)
    if stacked["row"].is_monotonic_increasing:
        return stacked
    return stacked.sort_values("row", kind="stable", ignore_index=True)
