"""Merge the tables of a load into those of a registry: what is new, replaced, retired, unchanged.

No primary key and no index: they would be kept in memory for every row that was ever loaded. The
rows of a load are matched once with the current rows of the same key, and that no key is there
twice is asserted for what the load has touched.
"""

from typing import Literal

import numpy as np
import pyarrow as pa

from hinge_outcomes.cohort.keys import number_groups
from hinge_outcomes.cohort.registry_queries import Connection, fetch_table, number, quoted, run
from hinge_outcomes.cohort.registry_results import Counts
from hinge_outcomes.cohort.tables import table_key
from hinge_outcomes.exceptions import RegistryError

Whole = Literal["nothing", "episodes", "clinics"]
"""What a load holds completely, so that what it does not hold of it any more is retired."""

_PARENTS = {"episodes": ("patient_id", "patients")} | dict.fromkeys(
    ("visits", "assessments", "outcomes"), ("episode_id", "episodes")
)
MERGE_ORDER = ("patients", "episodes", "visits", "assessments", "outcomes")


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
    _list_given(connection, tables)
    counts = {}
    for name in MERGE_ORDER:
        connection.register("given", tables[name])
        counts[name] = _merge(connection, name, tables[name], load, whole)
        connection.unregister("given")
    counts["patients"] = _retire_patients(connection, counts["patients"], load)
    return counts


def _list_given(connection: Connection, tables: dict[str, pa.Table]) -> None:
    for name, key in (("patients", "patient_id"), ("episodes", "episode_id")):
        connection.register("given", tables[name].select([key]))
        run(connection, f"CREATE OR REPLACE TEMP TABLE given_{name} AS SELECT {key} FROM given")
        connection.unregister("given")
    run(
        connection,
        "CREATE OR REPLACE TEMP TABLE retired_episodes AS "
        "SELECT episode_id, patient_id FROM episodes LIMIT 0",
    )


def _merge(connection: Connection, name: str, rows: pa.Table, load: int, whole: Whole) -> Counts:
    _check_parents(connection, name, rows)
    _check_twice(name, _count_repeated(rows.select(table_key(name))))
    given = rows.column_names
    if not number(connection, f"SELECT count(*) FROM {name} WHERE valid_to IS NULL"):
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
    _check_twice(name, _count_twice(connection, name))
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
            "INSERT INTO retired_episodes SELECT episode_id, patient_id FROM episodes "
            "WHERE rowid IN (SELECT older FROM closed WHERE is_retired)",
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
    """Retire the patients whose last episode was retired, or went over to another patient."""
    gone = (
        "valid_to IS NULL AND "
        f"patient_id IN (SELECT patient_id FROM episodes WHERE valid_to = {load}) AND "
        "patient_id NOT IN (SELECT patient_id FROM given_patients) AND "
        "patient_id NOT IN (SELECT patient_id FROM episodes WHERE valid_to IS NULL)"
    )
    retired = number(connection, f"SELECT count(*) FROM patients WHERE {gone}")
    run(connection, f"UPDATE patients SET valid_to = {load} WHERE {gone}")
    return Counts(counts.inserted, counts.replaced, retired, counts.unchanged)


def _check_parents(connection: Connection, name: str, rows: pa.Table) -> None:
    if name not in _PARENTS or not len(rows):
        return
    key, parent = _PARENTS[name]
    known = fetch_table(connection, f"SELECT {key} FROM {parent} WHERE valid_to IS NULL")
    asked = rows[key].to_numpy()
    is_known = np.zeros(int(asked.max()) + 1, dtype=bool)
    numbers = known[key].to_numpy()
    is_known[numbers[numbers < len(is_known)]] = True
    lost = len(asked) - int(np.count_nonzero(is_known[asked]))
    if lost:
        raise RegistryError(
            f"The load has {lost:,} {_noun(lost)} of {name} whose {key} neither it nor the "
            f"registry knows in {parent}, so nothing was changed. Load the export that holds them "
            "first."
        )


def _count_repeated(keys: pa.Table) -> int:
    """Count the rows whose key another row has."""
    rises = np.zeros(max(len(keys) - 1, 0), dtype=bool)
    for name in reversed(keys.column_names):
        values = keys[name].to_numpy()
        rises = (values[1:] > values[:-1]) | ((values[1:] == values[:-1]) & rises)
    if rises.all():  # sorted by key, as most exports are
        return 0
    return len(keys) - number_groups(keys.to_pandas(), keys.column_names)[1]


def _check_twice(name: str, twice: int) -> None:
    if twice:
        raise RegistryError(
            f"With this load {twice:,} {_noun(twice)} of {name} would be there more than once "
            f"(same {', '.join(table_key(name))}), so nothing was changed. Keep one of each."
        )


def _noun(count: int) -> str:
    return "row" if count == 1 else "rows"


def _count_twice(connection: Connection, name: str) -> int:
    """Count the keys that are there twice among the episodes or patients of the load."""
    key = ", ".join(map(quoted, table_key(name)))
    whose = table_key(name)[0]
    return number(
        connection,
        f"SELECT count(*) FROM (SELECT 1 FROM {name} WHERE valid_to IS NULL AND {whose} IN "
        f"(SELECT {whose} FROM matched) GROUP BY {key} HAVING count(*) > 1)",
    )


def _columns(connection: Connection, name: str) -> list[str]:
    versions = ("valid_from", "valid_to")
    described = run(connection, f"DESCRIBE {name}")
    return [str(row[0]) for row in described if row[0] not in versions]
