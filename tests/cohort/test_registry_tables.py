"""The tables as they were after a load: sorted by key, lawful, and of some episodes alone."""

from pathlib import Path

import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.registry_file import reading
from hinge_outcomes.cohort.registry_states import read_facts
from hinge_outcomes.cohort.registry_tables import read_tables, with_texts
from hinge_outcomes.simulation.generator import simulate
from hinge_outcomes.simulation.scenario import Scenario
from tests.registries import load


def test_tables_are_sorted_as_a_cohort_is(tmp_path: Path) -> None:
    """Episodes loaded in any order are read in the order of their keys, codes as declared."""
    cohort = simulate(Scenario.default(), n_episodes=40, seed=7)
    ids = list(cohort.episodes["episode_id"])
    path = tmp_path / "clinic.duckdb"
    for part in (ids[20:], ids[:20]):
        load(path, cohort.select(episode_id=part))
    with reading(path) as connection:
        tables = read_tables(connection, 2, read_facts(connection, 2))
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(with_texts(tables[name]), getattr(cohort, name))


def test_some_episodes_come_with_all_that_is_theirs(tmp_path: Path) -> None:
    """The episodes that a query gives are read with their patients and their records."""
    cohort = simulate(Scenario.default(), n_episodes=40, seed=7)
    path = tmp_path / "clinic.duckdb"
    load(path, cohort)
    chosen = list(cohort.episodes["episode_id"])[5:8]
    listed = ", ".join(f"'{each}'" for each in chosen)
    query = f"SELECT word FROM words WHERE text IN ({listed})"
    with reading(path) as connection:
        tables = read_tables(connection, 1, read_facts(connection, 1), query)
    for name in TABLE_NAMES:
        expected = getattr(cohort.select(episode_id=chosen), name)
        pd.testing.assert_frame_equal(with_texts(tables[name]), expected)
