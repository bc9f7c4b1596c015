"""Merge the tables of a load into those of a registry: what is new, replaced, retired, unchanged.

No primary key and no index: they would be kept in memory for every row that was ever loaded. The
rows of a load are matched once with the current rows of the same key, and that no key is there
twice is asserted for what the load has touched.
"""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from hinge_outcomes.cohort.registry_queries import Connection, number, quoted, run
from hinge_outcomes.cohort.tables import table_key
from hinge_outcomes.exceptions import RegistryError

Whole = Literal["nothing", "episodes", "clinics"]
"""What a load holds completely, so that what it does not hold of it any more is retired."""

_PARENTS = {"episodes": ("patient_id", "patients")} | dict.fromkeys(
    ("visits", "assessments", "outcomes"), ("episode_id", "episodes")
)
MERGE_ORDER = ("patients", "episodes", "visits", "assessments", "outcomes")


@dataclass(frozen=True, slots=True)
class Counts:
    """Count what a load did to one table.

    Parameters
    ----------
    inserted, replaced, retired, unchanged : int
        Rows that are new, that replace an older version, that no longer hold, and that were there
        already.
    """

    inserted: int = 0
    replaced: int = 0
    retired: int = 0
    unchanged: int = 0


def merge_tables(
    connection: Connection, tables: dict[str, pa.Table], load: int, whole: Whole
) -> dict[str, Counts]:
    """Merge the five tables of a load, inside the caller's transaction.

    Parameters
    ----------
    connection : duckdb connection
        To the registry.
    tables : dict of str to pyarrow.Table
        The rows of the load, as a registry stores them.
    load : int
        Its number.
    whole : {"nothing", "episodes", "clinics"}
        What it holds completely.

    Returns
    -------
    dict of str to Counts
        By table.

    Raises
    ------
    RegistryError
        If a key would be there twice, or a row speaks of an episode or patient nobody knows.
    """
    counts = {}
    for name in MERGE_ORDER:
        connection.register("given", tables[name])
        counts[name] = _merge(connection, name, tables[name].column_names, load, whole)
        connection.unregister("given")
    if whole == "clinics":
        counts["patients"] = _retire_patients(connection, counts["patients"], load)
    return counts


def _merge(connection: Connection, name: str, given: list[str], load: int, whole: Whole) -> Counts:
    _check_parents(connection, name)
    if not number(connection, f"SELECT count(*) FROM {name} WHERE valid_to IS NULL"):
        _assert_unique(connection, name, "given")
        columns = ", ".join(map(quoted, given))
        run(
            connection,
            f"INSERT INTO {name} ({columns}, valid_from) SELECT {columns}, {load} FROM given",
        )
        return Counts(inserted=number(connection, "SELECT count(*) FROM given"))
    _match(connection, name, given)
    _list_closed(connection, name, whole)
    run(
        connection, f"UPDATE {name} SET valid_to = {load} WHERE rowid IN (SELECT older FROM closed)"
    )
    columns = ", ".join(map(quoted, _columns(connection, name)))
    run(
        connection,
        f"INSERT INTO {name} ({columns}, valid_from) SELECT {columns}, {load} FROM matched "
        "WHERE NOT is_same",
    )
    touched = _touched(name)
    _assert_unique(connection, name, f"(FROM {name} WHERE valid_to IS NULL AND {touched})")
    row = run(
        connection,
        "SELECT count(*) FILTER (older IS NULL), count(*) FILTER (older IS NOT NULL AND NOT "
        "is_same), (SELECT count(*) FROM closed WHERE is_retired), count(*) FILTER (is_same) "
        "FROM matched",
    )[0]
    run(connection, "DROP TABLE matched; DROP TABLE closed")
    return Counts(*map(int, row))


def _match(connection: Connection, name: str, given: list[str]) -> None:
    """Put beside every row of the load the current row of the same key; carry over what it lacks.

    A column that the load does not have keeps the value of the older row.
    """
    key = table_key(name)
    on = " AND ".join(f"g.{quoted(column)} = c.{quoted(column)}" for column in key)
    compared = [column for column in given if column not in key]
    same = " AND ".join(
        f"g.{quoted(column)} IS NOT DISTINCT FROM c.{quoted(column)}" for column in compared
    )
    taken = ", ".join(
        f"{'g' if column in given else 'c'}.{quoted(column)} AS {quoted(column)}"
        for column in _columns(connection, name)
    )
    run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE matched AS SELECT {taken}, c.rowid AS older, "
        f"c.rowid IS NOT NULL AND {same or 'true'} AS is_same FROM given g LEFT JOIN "
        f"(SELECT rowid, * FROM {name} WHERE valid_to IS NULL) c ON {on}",
    )


def _list_closed(connection: Connection, name: str, whole: Whole) -> None:
    """List the current rows that end with this load: replaced, or no longer held by the export."""
    gone = _no_longer_held(name, whole)
    retired = (
        f" UNION ALL SELECT rowid, true FROM {name} WHERE valid_to IS NULL AND ({gone}) AND rowid "
        "NOT IN (SELECT older FROM matched WHERE older IS NOT NULL)"
        if gone
        else ""
    )
    run(
        connection,
        "CREATE OR REPLACE TEMP TABLE closed AS SELECT older, false AS is_retired FROM matched "
        f"WHERE older IS NOT NULL AND NOT is_same{retired}",
    )
    if name == "episodes":
        run(
            connection,
            "CREATE OR REPLACE TEMP TABLE retired_episodes AS SELECT episode_id, patient_id "
            "FROM episodes WHERE rowid IN (SELECT older FROM closed WHERE is_retired)",
        )
        run(
            connection,
            "CREATE OR REPLACE TEMP TABLE given_episodes AS SELECT episode_id FROM given",
        )


def _no_longer_held(name: str, whole: Whole) -> str:
    if whole == "nothing" or name == "patients":
        return ""
    if name == "episodes":
        return "clinic_id IN (SELECT clinic_id FROM given)" if whole == "clinics" else ""
    return (
        "episode_id IN (SELECT episode_id FROM given_episodes UNION ALL "
        "SELECT episode_id FROM retired_episodes)"
    )


def _retire_patients(connection: Connection, counts: Counts, load: int) -> Counts:
    """Retire the patients whose last episode was retired."""
    gone = (
        "valid_to IS NULL AND patient_id IN (SELECT patient_id FROM retired_episodes) AND "
        "patient_id NOT IN (SELECT patient_id FROM episodes WHERE valid_to IS NULL)"
    )
    retired = number(connection, f"SELECT count(*) FROM patients WHERE {gone}")
    run(connection, f"UPDATE patients SET valid_to = {load} WHERE {gone}")
    return Counts(counts.inserted, counts.replaced, retired, counts.unchanged)


def _check_parents(connection: Connection, name: str) -> None:
    if name not in _PARENTS:
        return
    key, parent = _PARENTS[name]
    lost = number(
        connection,
        f"SELECT count(*) FROM given WHERE {key} NOT IN "
        f"(SELECT {key} FROM {parent} WHERE valid_to IS NULL)",
    )
    if lost:
        raise RegistryError(
            f"{lost:,} rows of {name} have a {key} that neither this load nor the registry knows "
            f"in {parent}, so nothing was changed. Load the export that holds them first."
        )


def _assert_unique(connection: Connection, name: str, rows: str) -> None:
    key = ", ".join(map(quoted, table_key(name)))
    twice = number(
        connection,
        f"SELECT count(*) FROM (SELECT 1 FROM {rows} GROUP BY {key} HAVING count(*) > 1)",
    )
    if twice:
        raise RegistryError(
            f"{twice:,} rows of {name} are there more than once (same {', '.join(table_key(name))})"
            ", so nothing was changed. Keep one of each in the export."
        )


def _touched(name: str) -> str:
    key = table_key(name)[0]
    return f"{key} IN (SELECT {key} FROM matched)"


def _columns(connection: Connection, name: str) -> list[str]:
    versions = ("valid_from", "valid_to")
    described = run(connection, f"DESCRIBE {name}")
    return [str(row[0]) for row in described if row[0] not in versions]
