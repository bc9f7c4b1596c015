"""The five tables of a registry as they were after a load, in their declared dtypes."""

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.registry_facts import Facts
from hinge_outcomes.cohort.registry_queries import Connection, fetch_table, quoted
from hinge_outcomes.cohort.registry_schema import stored_columns
from hinge_outcomes.cohort.registry_states import holds_at, newest_load
from hinge_outcomes.cohort.registry_words import Words, decode_table
from hinge_outcomes.cohort.tables import SCHEMAS, table_key
from hinge_outcomes.domain.states import RULE_DATED_REASONS


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
        In their declared dtypes, sorted by key; ids are categories.
    """
    words = Words(connection)
    state = holds_at(load, newest_load(connection))
    tables = {}
    for name in TABLE_NAMES:
        columns = ", ".join(map(quoted, stored_columns(name, facts.extra_columns)))
        condition = state if episodes is None else f"{state} AND {_belongs(name, state, episodes)}"
        stored = fetch_table(connection, f"SELECT {columns} FROM {name} WHERE {condition}")
        frame = decode_table(name, stored, facts.extra_columns, words)
        tables[name] = _sorted_by_key(name, frame)
    tables["episodes"] = _with_last_observed(tables["episodes"], facts)
    return tables


def _belongs(name: str, state: str, episodes: str) -> str:
    if name != "patients":
        return f"episode_id IN ({episodes})"
    return (
        f"patient_id IN (SELECT patient_id FROM episodes WHERE {state} AND "
        f"episode_id IN ({episodes}))"
    )


def _sorted_by_key(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by key on whole numbers: the categories of ids are in the order of their texts."""
    ranks = [_ranks(frame[column]) for column in table_key(name)]
    rises = np.zeros(max(len(frame) - 1, 0), dtype=bool)
    for rank in reversed(ranks):
        rises = (rank[1:] > rank[:-1]) | ((rank[1:] == rank[:-1]) & rises)
    if rises.all():
        return frame
    return frame.take(np.lexsort(ranks[::-1])).reset_index(drop=True)


def _ranks(column: pd.Series) -> np.ndarray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes)
    return np.asarray(column, dtype="int64")


def _with_last_observed(episodes: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Count how far the records of each episode reach, as its clinic's data cut says."""
    is_seen = episodes["end_reason"].notna() & ~episodes["end_reason"].isin(RULE_DATED_REASONS)
    cut = cut_days(episodes, dict(facts.data_cuts))
    observed = episodes["end_day"].astype("Int64").where(is_seen, cut).astype("Int16")
    place = list(SCHEMAS["episodes"].columns).index("last_observed_day")
    counted = episodes.copy(deep=False)
    counted.insert(place, "last_observed_day", observed)
    return counted


def with_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn ids that are categories into texts, as a Cohort holds them.

    Parameters
    ----------
    frame : DataFrame
        From `read_tables`.

    Returns
    -------
    DataFrame
        A new frame.
    """
    return frame.astype(
        {
            name: "str"
            for name, dtype in frame.dtypes.items()
            if isinstance(dtype, pd.CategoricalDtype) and not dtype.ordered
        }
    )
