"""Write a simulation of any size, part by part; one that was stopped goes on where it was."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from hinge_outcomes.cohort.atomic_files import write_all_whole, write_whole
from hinge_outcomes.cohort.manifest import (
    SCENARIO_FILE,
    describing_files,
    manifest_content,
)
from hinge_outcomes.cohort.parts import part_content, part_entry, part_name
from hinge_outcomes.cohort.tables import TABLE_NAMES
from hinge_outcomes.exceptions import ConfigError, DataError
from hinge_outcomes.simulation.first_compilation import compile_apart
from hinge_outcomes.simulation.generator import check_counts, simulated_runs, simulation_facts
from hinge_outcomes.simulation.inputs import Places, simulated_places
from hinge_outcomes.simulation.records import Sheets, between, join
from hinge_outcomes.simulation.run_progress import (
    Part,
    begun_parts,
    is_finished,
    plan_of,
    write_end,
    write_progress,
    written_parts,
)
from hinge_outcomes.simulation.scenario import Scenario
from hinge_outcomes.simulation.streams import check_seed
from hinge_outcomes.simulation.tables import simulated_tables

PARTITION_EPISODES = 25_000
"""Episodes in a part: the first part holds episodes 1 to 25,000, whoever makes them and how."""

_CHUNK = 2_000
"""Patients made at once: fewer than in memory, where nothing waits to be written."""

MOST_EPISODES = 99_999_999
"""Ids have eight digits."""

Progress = Callable[[int, int], None]


def write_simulation(
    scenario: Scenario,
    path: str | os.PathLike[str],
    *,
    n_episodes: int,
    seed: int,
    workers: int = 1,
    partition_episodes: int = PARTITION_EPISODES,
    chunk_size: int = _CHUNK,
    progress: Progress | None = None,
) -> Path:
    """Write a simulation of any size as a cohort's folder, its tables in Parquet parts.

    A part holds a fixed run of episodes; a patient stands in the part that holds the first
    episode. Memory does not grow with ``n_episodes``. Each part appears whole or not at all, and
    after each a file of progress says how far the run is. So a run that was stopped, however, goes
    on with the same call, and the files have the same bytes as if it had never been stopped. The
    manifest comes last: until then the folder is no cohort.

    Parameters
    ----------
    scenario : Scenario
        Every number the simulation rests on.
    path : path
        The folder: new, empty, or one that the same call began.
    n_episodes : int
        How many episodes, from 1 to 99,999,999.
    seed : int
        Seed, 0 or more.
    workers : int, default 1
        How many threads make patients side by side; never changes a byte.
    partition_episodes : int, default 25000
        Episodes in a part.
    chunk_size : int, default 2000
        Patients made at once; never changes a byte.
    progress : callable, optional
        Called with the number of episodes done and the number wanted.

    Returns
    -------
    Path
        The folder, to be read by ``read_cohort``.

    Raises
    ------
    ConfigError
        If a number is not allowed.
    DataError
        If the folder holds something else or another simulation, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> from hinge_outcomes.cohort.storage import read_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = write_simulation(
    ...         Scenario.default(), folder, n_episodes=50, seed=7, partition_episodes=20
    ...     )
    ...     read_cohort(made).n_episodes, len(list(made.glob("visits/*.parquet")))
    (50, 3)
    """
    check_counts(
        n_episodes=n_episodes,
        workers=workers,
        partition_episodes=partition_episodes,
        chunk_size=chunk_size,
    )
    if n_episodes > MOST_EPISODES:
        raise ConfigError(f"n_episodes must be at most {MOST_EPISODES:,}: ids have eight digits.")
    folder, tell = Path(path), progress or _say_nothing
    plan = plan_of(
        scenario,
        n_episodes=n_episodes,
        seed=check_seed(seed),
        partition_episodes=partition_episodes,
    )
    if is_finished(folder, plan):
        write_end(folder)
        tell(n_episodes, n_episodes)
        return folder
    parts = written_parts(folder, plan)
    with _going_on_later(folder, len(parts)):
        write_progress(folder, plan, parts)  # first, for it says whose folder this is
        write_whole(folder / SCENARIO_FILE, scenario.as_toml())
    compile_apart()
    places = simulated_places(scenario, seed)
    made = _made_parts(scenario, places, plan, parts, workers, chunk_size, tell)
    with closing(made):
        for tables, next_patient, n_told in made:
            with _going_on_later(folder, len(parts)):
                files = _write_part(folder, tables, len(parts))
                parts.append(Part(files, next_patient, n_told))
                write_progress(folder, plan, parts)
            pa.default_memory_pool().release_unused()
    with _going_on_later(folder, len(parts)):
        for name, text in describing_files(_manifest(scenario, seed, plan, parts)).items():
            write_whole(folder / name, text)
    write_end(folder)
    return folder


def is_written(
    scenario: Scenario,
    path: str | os.PathLike[str],
    *,
    n_episodes: int,
    seed: int,
    partition_episodes: int = PARTITION_EPISODES,
) -> bool:
    """Tell whether a folder holds this simulation, complete.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    path : path
        The folder.
    n_episodes, seed, partition_episodes : int
        As for `write_simulation`.

    Returns
    -------
    bool
        False also where it is begun or nothing is there.

    Raises
    ------
    DataError
        If the folder holds something else or another simulation.
    """
    folder = Path(path)
    plan = plan_of(
        scenario, n_episodes=n_episodes, seed=seed, partition_episodes=partition_episodes
    )
    if is_finished(folder, plan):
        return True
    begun_parts(folder, plan)
    return False


def _say_nothing(done: int, total: int) -> None:
    pass


def _write_part(
    folder: Path, tables: dict[str, pa.Table], number: int
) -> dict[str, dict[str, Any]]:
    contents: dict[Path, bytes | str] = {}
    entries = {}
    for name in TABLE_NAMES:
        file, table = part_name(name, number), tables.pop(name)
        content = part_content(table)
        contents[folder / file] = content
        entries[name] = part_entry(file, len(table), content)
    write_all_whole(contents)
    return entries


def _made_parts(
    scenario: Scenario,
    places: Places,
    plan: dict[str, Any],
    parts: list[Part],
    workers: int,
    chunk_size: int,
    tell: Progress,
) -> Generator[tuple[dict[str, pa.Table], int, int], None, None]:
    """Make the tables of one part after another, and say with whom the next one begins."""
    total, size = plan["n_episodes"], plan["partition_episodes"]
    done = min(len(parts) * size, total)
    tell(done, total)
    if done == total:
        return
    last = parts[-1] if parts else Part({}, 0, 0)
    n_told, n_held = last.n_told, 0
    held: list[Sheets] = []
    runs: Any = simulated_runs(
        scenario,
        places,
        plan["seed"],
        first_patient=last.next_patient,
        # Nobody has fewer than one episode, so what is left needs no more patients than episodes.
        chunk_size=min(chunk_size, total - done + n_told),
        workers=workers,
    )
    with closing(runs):
        for run in runs:
            held.append(between(run, n_told, len(run.episodes)) if n_told else run)
            n_held += len(held[-1].episodes)
            n_told = 0
            tell(min(done + n_held, total), total)
            while n_held >= (wanted := min(size, total - done)):
                whole = join(held)
                part, left = between(whole, 0, wanted), between(whole, wanted, n_held)
                held, n_held = [left], n_held - wanted
                follows = _next(part, left)
                tables = simulated_tables(part, places, first_episode=done)
                del whole, part, left  # or they would lie in memory while the part is written
                yield (tables, *follows)
                done += wanted
                if done == total:
                    return


def _next(part: Sheets, left: Sheets) -> tuple[int, int]:
    if len(left.episodes):
        first = left.episodes[0]
        return int(first["patient"]), int(first["is_second"])
    return int(part.episodes[-1]["patient"]) + 1, 0


def _manifest(
    scenario: Scenario, seed: int, plan: dict[str, Any], parts: list[Part]
) -> dict[str, Any]:
    tables = {}
    for name in TABLE_NAMES:
        files = [part.files[name] for part in parts]
        rows = sum(file["rows"] for file in files)
        tables[name] = {"files": files, "rows": rows, "extra_columns": []}
    facts = {**simulation_facts(scenario, seed), "has_visits": tables["visits"]["rows"] > 0}
    kept = ("n_episodes", "partition_episodes", "version")
    return {**manifest_content(facts, tables), "simulation": {key: plan[key] for key in kept}}


@contextmanager
def _going_on_later(folder: Path, n_parts: int) -> Iterator[None]:
    """Say of a full disk that what is written stays."""
    try:
        yield
    except DataError as error:
        raise DataError(
            f"{error} The {n_parts} finished parts in {folder.name} stay: with space, the same "
            "command goes on after them."
        ) from error
