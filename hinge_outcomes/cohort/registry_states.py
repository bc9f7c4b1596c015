"""The states of a registry, one after each load: which one is meant, and what it holds."""

import datetime as dt
import sys
from collections.abc import Mapping
from typing import Any

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.registry_facts import Facts
from hinge_outcomes.cohort.registry_queries import Connection, number, run
from hinge_outcomes.cohort.registry_results import Counts
from hinge_outcomes.exceptions import RegistryError

AsOf = int | str | dt.date


def newest_load(connection: Connection) -> int:
    """Give the number of the newest entry in the history.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.

    Returns
    -------
    int
        0 where nothing was loaded yet.
    """
    return number(connection, "SELECT coalesce(max(load), 0) FROM loads")


def find_load(connection: Connection, as_of: AsOf | None) -> int:
    """Find the entry of the history after which the state that is meant held.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.
    as_of : int, str or date, optional
        The number of a load; a date, up to the end of that day here; or a time as ISO text. The
        newest state if not given.

    Returns
    -------
    int
        Its number; 0 for the time before the first load.

    Raises
    ------
    RegistryError
        If there is no such load, or it is no time.
    """
    newest = newest_load(connection)
    if as_of is None:
        return newest
    if isinstance(as_of, str) and as_of.strip().isdigit() and len(as_of.strip()) < 8:
        as_of = int(as_of)
    if isinstance(as_of, int):
        if not 0 <= as_of <= newest:
            raise RegistryError(
                f"There is no load {as_of}. The registry has loads 1 to {newest}; "
                "`hinge registry history` lists them."
            )
        return as_of
    moment = _moment(as_of).astimezone(dt.UTC).replace(tzinfo=None)
    return number(
        connection, "SELECT coalesce(max(load), 0) FROM loads WHERE loaded_at <= ?", [moment]
    )


def _moment(as_of: str | dt.date) -> dt.datetime:
    if isinstance(as_of, str):
        try:
            text = as_of.strip()
            is_day = len(text) <= len("2026-09-30")
            as_of = dt.date.fromisoformat(text) if is_day else dt.datetime.fromisoformat(text)
        except ValueError:
            raise RegistryError(
                f"{as_of!r} is no load and no time. Write the number of a load, a date "
                "(2026-09-30) or a time (2026-09-30T18:00)."
            ) from None
    if not isinstance(as_of, dt.datetime):
        as_of = dt.datetime.combine(as_of, dt.time.max)
    return as_of if as_of.tzinfo else as_of.astimezone()


def read_facts(connection: Connection, load: int) -> Facts:
    """Read what was known beside the tables after a load.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.
    load : int
        Its number; 0 before the first.

    Returns
    -------
    Facts
        The facts.
    """
    rows = run(connection, "SELECT facts FROM loads WHERE load = ?", [load])
    return Facts.from_json(rows[0][0] if rows else None)


def holds_at(load: int, newest: int) -> str:
    """Write the SQL condition of the rows that held after a load.

    Parameters
    ----------
    load, newest : int
        The load, and the newest one.

    Returns
    -------
    str
        On ``valid_from`` and ``valid_to``.

    Examples
    --------
    >>> holds_at(3, newest=3)
    'valid_to IS NULL'
    >>> holds_at(2, newest=3)
    'valid_from <= 2 AND (valid_to IS NULL OR valid_to > 2)'
    """
    if load == newest:
        return "valid_to IS NULL"
    return f"valid_from <= {load} AND (valid_to IS NULL OR valid_to > {load})"


def loads_that_hold(connection: Connection) -> set[int]:
    """List the loads that were not undone.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.

    Returns
    -------
    set of int
        Their numbers.
    """
    before = dict(run(connection, "SELECT load, before FROM loads WHERE kind = 'load'"))
    holding = set()
    state = state_of(connection, newest_load(connection))
    while state:
        holding.add(state)
        state = before[state]
    return holding


def write_entry(
    connection: Connection,
    load: int,
    facts: Facts,
    counts: Mapping[str, Counts],
    **columns: Any,
) -> None:
    """Add an entry to the history.

    Parameters
    ----------
    connection : duckdb connection
        To a registry, open for writing.
    load : int
        Number of the entry.
    facts : Facts
        What is known beside the tables after it.
    counts : mapping of str to Counts
        What it did to each table.
    **columns
        Further columns of ``loads``: kind, state and so on.
    """
    row = {
        "load": load,
        "loaded_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "facts": facts.to_json(),
        "software": str(sys.modules[__name__.partition(".")[0]].__version__),
        **columns,
    }
    places = ", ".join("?" for _ in row)
    run(connection, f"INSERT INTO loads ({', '.join(row)}) VALUES ({places})", list(row.values()))
    for name, found in counts.items():
        run(
            connection,
            "INSERT INTO load_counts VALUES (?, ?, ?, ?, ?, ?)",
            [load, name, found.inserted, found.replaced, found.retired, found.unchanged],
        )


def state_of(connection: Connection, load: int) -> int:
    """Give the load whose state held after an entry of the history.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.
    load : int
        Number of the entry.

    Returns
    -------
    int
        Itself for a load; after an undo the load before; 0 for the empty registry.
    """
    return number(connection, "SELECT state FROM loads WHERE load = ?", [load])


def registry_digest(connection: Connection) -> tuple[Any, ...]:
    """Condense all that a registry holds, its history included, into a few numbers.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.

    Returns
    -------
    tuple
        Equal for equal registries, in any order of rows, within one version of DuckDB.
    """
    names = (*TABLE_NAMES, "registry", "words", "loads", "load_files", "load_counts")
    return tuple(
        run(connection, f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {name} t")[0]
        for name in names
    )
