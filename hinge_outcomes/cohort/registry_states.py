"""The states of a registry, one after each load: which one is meant, and what it holds."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.registry_facts import Facts
from hinge_outcomes.cohort.registry_queries import Connection, fetch_table, number, quoted, run
from hinge_outcomes.cohort.registry_schema import stored_columns
from hinge_outcomes.cohort.registry_words import Words, decode_table, text_order
from hinge_outcomes.cohort.tables import SCHEMAS, table_key
from hinge_outcomes.domain.states import RULE_DATED_REASONS
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


def read_tables(
    connection: Connection, load: int, facts: Facts, episodes: str | None = None
) -> dict[str, pd.DataFrame]:
    """Read the five tables as they were after a load.

    Parameters
    ----------
    connection : duckdb connection
        To a registry.
    load : int
        Its number.
    facts : Facts
        What was known beside the tables.
    episodes : str, optional
        SQL that gives the numbers of the episodes wanted; else all.

    Returns
    -------
    dict of str to DataFrame
        In their declared dtypes, sorted by key.
    """
    texts = Words(connection).texts
    order = text_order(texts)
    state = holds_at(load, newest_load(connection))
    tables = {}
    for name in TABLE_NAMES:
        columns = ", ".join(map(quoted, stored_columns(name, facts.extra_columns)))
        condition = state if episodes is None else f"{state} AND {_belongs(name, state, episodes)}"
        stored = fetch_table(connection, f"SELECT {columns} FROM {name} WHERE {condition}")
        stored = stored.take(_sorted_places(name, stored, order, texts))
        tables[name] = decode_table(name, stored, facts.extra_columns, texts)
    tables["episodes"] = _with_last_observed(tables["episodes"], facts)
    return tables


def _belongs(name: str, state: str, episodes: str) -> str:
    if name != "patients":
        return f"episode_id IN ({episodes})"
    return (
        f"patient_id IN (SELECT patient_id FROM episodes WHERE {state} AND "
        f"episode_id IN ({episodes}))"
    )


def _sorted_places(name: str, stored: pa.Table, order: np.ndarray, texts: pa.Array) -> np.ndarray:
    """Sort by key as a Cohort does: ids by their texts, codes in declared order."""
    keys = []
    for column in table_key(name):
        values = stored[column].to_numpy()
        if column == "instrument":
            codes = list(SCHEMAS[name].columns[column].dtype.type.categories)
            places = pa.array(codes, type=texts.type)
            values = pa.compute.index_in(texts, value_set=places).to_numpy(zero_copy_only=False)[
                values
            ]
        elif pa.types.is_int32(stored[column].type):
            values = order[values]
        keys.append(values)
    return np.lexsort(keys[::-1])


def _with_last_observed(episodes: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Count how far the records of each episode reach, as its clinic's data cut says."""
    is_seen = episodes["end_reason"].notna() & ~episodes["end_reason"].isin(RULE_DATED_REASONS)
    cut = cut_days(episodes, dict(facts.data_cuts))
    observed = episodes["end_day"].astype("Int64").where(is_seen, cut).astype("Int16")
    place = list(SCHEMAS["episodes"].columns).index("last_observed_day")
    counted = episodes.copy(deep=False)
    counted.insert(place, "last_observed_day", observed)
    return counted


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
