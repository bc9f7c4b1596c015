"""Ask DuckDB: rows, one number, a table; names written so that SQL takes them for names."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

Connection = duckdb.DuckDBPyConnection


def run(
    connection: Connection, statement: str, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Carry out a statement to its end.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.
    statement : str
        SQL; values stand in it as question marks.
    values : sequence
        The values.

    Returns
    -------
    list of tuple
        The rows of the answer; of a statement that changes rows, how many.
    """
    # Without reading the answer to its end the connection would stay busy.
    return connection.execute(statement, list(values)).fetchall()


def number(connection: Connection, query: str, values: Sequence[Any] = ()) -> int:
    """Ask for one whole number.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.
    query : str
        SQL with one row and one column as answer.
    values : sequence
        Values for its question marks.

    Returns
    -------
    int
        The number; 0 where there is no row.
    """
    rows = run(connection, query, values)
    return int(rows[0][0]) if rows else 0


def fetch_table(connection: Connection, query: str) -> pa.Table:
    """Ask for rows and take them column by column.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.
    query : str
        SQL.

    Returns
    -------
    pyarrow.Table
        The answer.
    """
    relation: Any = connection.sql(query)
    return relation.to_arrow_table()


def quoted(name: str) -> str:
    """Write a name so that SQL takes it for a name, whatever stands in it.

    Parameters
    ----------
    name : str
        Of a column or table.

    Returns
    -------
    str
        Between double quotes.

    Examples
    --------
    >>> quoted("x_group")
    '"x_group"'
    """
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def quoted_text(text: str) -> str:
    """Write a text so that SQL takes it for a text, whatever stands in it.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Between single quotes.

    Examples
    --------
    >>> print(quoted_text("clinic's"))
    'clinic''s'
    """
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
