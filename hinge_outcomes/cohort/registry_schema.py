"""How a registry is laid out in DuckDB, and how an older layout becomes today's.

Every text (an id, a code) stands once in ``words`` and everywhere else by its number, so that ten
million visits are matched, compared and stored as whole numbers. A row holds from the load
``valid_from`` until, not including, the load ``valid_to``; null means still. ``last_observed_day``
is not stored: it follows from the data cut, and a later cut must not rewrite every open episode.
The views ``current_visits`` and so on show the tables as they are declared, for anybody with SQL.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.registry_queries import Connection, number, quoted, run
from hinge_outcomes.cohort.tables import column_dtype, table_schema
from hinge_outcomes.exceptions import RegistryError

REGISTRY_VERSION = 2
"""Of the layout; it rises by one with every change, and each change has its step below."""

DERIVED = ("last_observed_day",)
"""Declared columns that follow from the others and from the data cut."""

_SQL_TYPES = {
    "Int16": "SMALLINT",
    "Int64": "BIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "object": "VARCHAR",
}

_LOADS = """
CREATE TABLE registry (schema_version INTEGER, created_at TIMESTAMP, key_fingerprint VARCHAR);
CREATE TABLE words (word INTEGER, text VARCHAR);
CREATE TABLE loads (
    load INTEGER, loaded_at TIMESTAMP, kind VARCHAR, state INTEGER, before INTEGER,
    mapping VARCHAR, mapping_sha256 VARCHAR, whole VARCHAR, facts VARCHAR, software VARCHAR,
    n_findings INTEGER, account VARCHAR
);
CREATE TABLE load_files (load INTEGER, name VARCHAR, sha256 VARCHAR, rows BIGINT);
CREATE TABLE load_counts (
    load INTEGER, table_name VARCHAR,
    inserted BIGINT, replaced BIGINT, retired BIGINT, unchanged BIGINT
);
"""


def is_text(dtype: Any) -> bool:
    """Tell whether a declared column is stored by the numbers of its words.

    Parameters
    ----------
    dtype : dtype
        As declared.

    Returns
    -------
    bool
        True for ids, texts and codes.
    """
    return isinstance(dtype, pd.CategoricalDtype) or str(dtype) == "str"


def stored_columns(table: str, extra_columns: Iterable[ExtraColumn] = ()) -> dict[str, Any]:
    """Name the columns of a table that are stored, with their declared dtypes.

    Parameters
    ----------
    table : str
        One of the five tables.
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.

    Returns
    -------
    dict of str to dtype
        In declared order.
    """
    columns = table_schema(table, extra_columns).columns
    return {name: column_dtype(column) for name, column in columns.items() if name not in DERIVED}


def sql_type(dtype: Any) -> str:
    """Give the SQL type in which a declared column is stored.

    Parameters
    ----------
    dtype : dtype
        As declared.

    Returns
    -------
    str
        Such as SMALLINT; INTEGER for a text, which is stored by its number.
    """
    if is_text(dtype):
        return "INTEGER"
    return "DATE" if str(dtype).startswith("datetime64") else _SQL_TYPES[str(dtype)]


def create_schema(connection: Connection, key_fingerprint: str | None) -> None:
    """Lay out an empty registry.

    Parameters
    ----------
    connection : duckdb connection
        To an empty database.
    key_fingerprint : str or None
        Of the key that made the pseudonyms; None where they came as they are.
    """
    run(connection, _LOADS)
    for table in TABLE_NAMES:
        columns = stored_columns(table)
        written = ", ".join(f"{quoted(name)} {sql_type(kind)}" for name, kind in columns.items())
        run(
            connection,
            f"CREATE TABLE {table} ({written}, valid_from INTEGER NOT NULL, valid_to INTEGER)",
        )
    run(
        connection,
        "INSERT INTO registry VALUES (?, now() AT TIME ZONE 'UTC', ?)",
        [REGISTRY_VERSION, key_fingerprint],
    )
    create_views(connection, ())


def create_views(connection: Connection, extra_columns: Iterable[ExtraColumn]) -> None:
    """Show the current rows of each table with its texts, for readers with SQL.

    Parameters
    ----------
    connection : duckdb connection
        To a registry, open for writing.
    extra_columns : iterable of ExtraColumn
        The clinic's own columns.
    """
    extra = tuple(extra_columns)
    for table in TABLE_NAMES:
        shown = ", ".join(
            f"(SELECT text FROM words WHERE word = {table}.{quoted(name)}) AS {quoted(name)}"
            if is_text(kind)
            else f"{table}.{quoted(name)}"
            for name, kind in stored_columns(table, extra).items()
        )
        run(
            connection,
            f"CREATE OR REPLACE VIEW current_{table} AS "
            f"SELECT {shown} FROM {table} WHERE valid_to IS NULL",
        )


def add_columns(connection: Connection, extra_columns: Iterable[ExtraColumn]) -> None:
    """Add the clinic's own columns that the registry does not have yet.

    Parameters
    ----------
    connection : duckdb connection
        To a registry, open for writing.
    extra_columns : iterable of ExtraColumn
        As declared now.

    Raises
    ------
    RegistryError
        If a column was declared with another type before.
    """
    extra = tuple(extra_columns)
    for table in TABLE_NAMES:
        described = run(connection, f"DESCRIBE {table}")
        present = {str(row[0]).casefold(): (str(row[0]), str(row[1])) for row in described}
        for name, dtype in stored_columns(table, extra).items():
            wanted = (name, sql_type(dtype))
            found = present.get(name.casefold())
            if found is None:
                run(connection, f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {wanted[1]}")
            elif found != wanted:
                raise RegistryError(
                    f"The column {name} of {table} was declared in another way by an earlier "
                    "load, and the registry keeps what it holds. Declare it as before, or give "
                    "the new column another name."
                )


def schema_version(connection: Connection) -> int:
    """Read the version of a registry's layout.

    Parameters
    ----------
    connection : duckdb connection
        To a database.

    Returns
    -------
    int
        1 or more; 0 where the database is no registry.
    """
    tables = {row[0] for row in run(connection, "SHOW TABLES")}
    if not {"registry", "loads", "words", *TABLE_NAMES} <= tables:
        return 0
    return number(connection, "SELECT schema_version FROM registry")


def migrate(connection: Connection) -> None:
    """Bring an older registry to today's layout, step by step.

    Parameters
    ----------
    connection : duckdb connection
        To a registry of an older or today's version, open for writing.
    """
    for version in range(schema_version(connection), REGISTRY_VERSION):
        _STEPS[version](connection)
        run(connection, "UPDATE registry SET schema_version = ?", [version + 1])


def _from_1(connection: Connection) -> None:
    """Version 1 kept neither the key's fingerprint nor the account and findings of a load."""
    run(connection, "ALTER TABLE registry ADD COLUMN key_fingerprint VARCHAR")
    run(connection, "ALTER TABLE loads ADD COLUMN n_findings INTEGER")
    run(connection, "ALTER TABLE loads ADD COLUMN account VARCHAR")


_STEPS: dict[int, Callable[[Connection], None]] = {1: _from_1}
