"""What a registry knows of the patients and episodes that an export speaks of."""

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.registry_file import reading
from hinge_outcomes.cohort.registry_queries import run
from hinge_outcomes.cohort.registry_states import newest_load, read_facts
from hinge_outcomes.cohort.registry_tables import read_tables, with_texts


def read_known(
    path: str | os.PathLike[str],
) -> Callable[[set[str], set[str]], Cohort | None] | None:
    """Prepare to read what a registry holds of some patients and episodes.

    Parameters
    ----------
    path : path
        The registry; it need not exist.

    Returns
    -------
    callable or None
        Takes the ids of patients and of episodes, and gives all current records of those episodes
        and of all episodes of those patients; None where there is no registry yet.
    """
    registry = Path(path)
    if not registry.exists():
        return None

    def known(patients: set[str], episodes: set[str]) -> Cohort | None:
        with reading(registry) as connection:
            load = newest_load(connection)
            facts = read_facts(connection, load)
            if facts.is_synthetic is None:
                return None
            for name, ids in (("asked_patients", patients), ("asked_episodes", episodes)):
                given = pa.table({"text": pa.array(sorted(ids), type=pa.string())})
                connection.register(f"{name}_given", given)
                run(
                    connection,
                    f"CREATE TEMP TABLE {name} AS SELECT word FROM words WHERE text IN "
                    f"(SELECT text FROM {name}_given)",
                )
            asked = (
                "SELECT episode_id FROM episodes WHERE episode_id IN (SELECT word FROM "
                "asked_episodes) OR patient_id IN (SELECT word FROM asked_patients)"
            )
            tables = read_tables(connection, load, facts, asked)
        texts = {name: with_texts(frame) for name, frame in tables.items()}
        return Cohort.from_lawful(texts, **facts.for_cohort())

    return known
