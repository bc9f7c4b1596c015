"""What happened to a registry: its history, and what differs between two of its states."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.registry_file import reading
from hinge_outcomes.cohort.registry_queries import (
    fetch_table,
    quoted,
    quoted_text,
)
from hinge_outcomes.cohort.registry_schema import is_text, stored_columns
from hinge_outcomes.cohort.registry_states import (
    AsOf,
    find_load,
    holds_at,
    loads_that_hold,
    newest_load,
    read_facts,
)
from hinge_outcomes.cohort.tables import table_key

CHANGES = ("added", "corrected", "retired")


def registry_history(path: str | os.PathLike[str]) -> pd.DataFrame:
    """List the loads of a registry, and what was undone.

    Parameters
    ----------
    path : path
        The registry.

    Returns
    -------
    DataFrame
        One row per entry, oldest first: load, loaded_at (UTC), kind (load, undo, redo), holds
        (whether the load was not undone), restores (the load whose state an undo or redo brought
        back), files, mapping, whole, n_findings, then read, accepted, excluded, quarantined and
        duplicate rows of the export, and inserted, replaced, retired and unchanged rows of the
        tables.

    Raises
    ------
    RegistryError
        If it cannot be read.
    """
    with reading(path) as connection:
        frame = fetch_table(
            connection,
            "SELECT l.load, l.loaded_at, l.kind, l.state, f.files, l.mapping, l.whole, "
            "l.n_findings, l.account, c.inserted, c.replaced, c.retired, c.unchanged FROM loads l "
            "LEFT JOIN (SELECT load, string_agg(name, ', ' ORDER BY name) AS files "
            "FROM load_files GROUP BY load) f USING (load) "
            "LEFT JOIN (SELECT load, sum(inserted)::BIGINT AS inserted, "
            "sum(replaced)::BIGINT AS replaced, sum(retired)::BIGINT AS retired, "
            "sum(unchanged)::BIGINT AS unchanged FROM load_counts GROUP BY load) c USING (load) "
            "ORDER BY l.load",
        ).to_pandas()
        holding = loads_that_hold(connection)
    accounts = [json.loads(text) if isinstance(text, str) else {} for text in frame.pop("account")]
    texts = ["files", "mapping", "whole"]
    frame[texts] = frame[texts].astype("object").where(frame[texts].notna(), "").astype("str")
    counted = ("inserted", "replaced", "retired", "unchanged")
    frame[list(counted)] = frame[list(counted)].astype("Int64")
    frame["n_findings"] = frame["n_findings"].astype("Int64")
    for place, name in enumerate(("read", "accepted", "excluded", "quarantined", "duplicate")):
        values = pd.array([account.get(name) for account in accounts], dtype="Int64")
        frame.insert(8 + place, name, values)
    state = frame.pop("state").astype("Int64")
    frame.insert(3, "holds", frame["load"].isin(holding))
    frame.insert(4, "restores", state.where(frame["kind"] != "load"))
    return frame


@dataclass(frozen=True, slots=True, eq=False)
class RegistryDiff:
    """Hold what differs between two states of a registry.

    Parameters
    ----------
    from_load, to_load : int
        The entries of the history after which the states held.
    changes : mapping of str to DataFrame
        By table, one row per record that differs: its key, ``change`` (added, corrected, retired)
        and ``columns`` (those that were corrected).
    """

    from_load: int
    to_load: int
    changes: Mapping[str, pd.DataFrame]

    def table(self) -> pd.DataFrame:
        """Count the records that differ.

        Returns
        -------
        DataFrame
            One row per table: table, added, corrected, retired.
        """
        rows = [
            {"table": name, **{each: int((frame["change"] == each).sum()) for each in CHANGES}}
            for name, frame in self.changes.items()
        ]
        return pd.DataFrame(rows, columns=["table", *CHANGES])

    def summary(self) -> str:
        """Say in words how much differs.

        Returns
        -------
        str
            One sentence.
        """
        totals = self.table()[list(CHANGES)].sum()
        return (
            f"From load {self.from_load} to load {self.to_load}: {totals['added']:,} rows added, "
            f"{totals['corrected']:,} corrected, {totals['retired']:,} retired."
        )


def registry_diff(
    path: str | os.PathLike[str], start: AsOf | None = None, end: AsOf | None = None
) -> RegistryDiff:
    """Compare two states of a registry, record by record.

    Parameters
    ----------
    path : path
        The registry.
    start : int, str or date, optional
        The earlier state, as for `read_registry`; the one before ``end`` if not given.
    end : int, str or date, optional
        The later state; the newest if not given.

    Returns
    -------
    RegistryDiff
        What was added, corrected and retired on the way.

    Raises
    ------
    RegistryError
        If it cannot be read, or has no such load.
    """
    with reading(path) as connection:
        last = find_load(connection, end)
        first = max(last - 1, 0) if start is None else find_load(connection, start)
        newest = newest_load(connection)
        columns = {
            c.name: c for load in (first, last) for c in read_facts(connection, load).extra_columns
        }
        changes = {
            name: fetch_table(
                connection,
                _difference(
                    name, stored_columns(name, columns.values()), holds_at(first, newest),
                    holds_at(last, newest),
                )
            ).to_pandas()
            for name in TABLE_NAMES
        }  # fmt: skip
    return RegistryDiff(first, last, changes)


def _difference(name: str, columns: dict[str, Any], first: str, last: str) -> str:
    key = table_key(name)
    on = " AND ".join(f"a.{quoted(column)} = b.{quoted(column)}" for column in key)
    values = [column for column in columns if column not in key]
    moved = ", ".join(
        f"CASE WHEN a.{quoted(column)} IS DISTINCT FROM b.{quoted(column)} THEN "
        f"{quoted_text(column)} END"
        for column in values
    )
    shown = ", ".join(
        f"(SELECT text FROM words WHERE word = d.{quoted(column)}) AS {quoted(column)}"
        if is_text(columns[column])
        else f"d.{quoted(column)}"
        for column in key
    )
    keys = ", ".join(
        f"coalesce(a.{quoted(column)}, b.{quoted(column)}) AS {quoted(column)}" for column in key
    )
    return (
        f"SELECT {shown}, d.change, d.columns FROM (SELECT {keys}, "
        "CASE WHEN a.valid_from IS NULL THEN 'added' WHEN b.valid_from IS NULL THEN 'retired' "
        "ELSE 'corrected' END AS change, CASE WHEN a.valid_from IS NULL OR b.valid_from IS NULL "
        f"THEN '' ELSE concat_ws(', ', {moved}) END AS columns "
        f"FROM (SELECT * FROM {name} WHERE {first}) a FULL JOIN "
        f"(SELECT * FROM {name} WHERE {last}) b ON {on}) d "
        f"WHERE d.change <> 'corrected' OR d.columns <> '' ORDER BY ALL"
    )
