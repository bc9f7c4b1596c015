"""Kill loads at random moments: the registry must hold the old state or the new one, every time."""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.registry import open_registry
from hinge_outcomes.cohort.registry_file import reading
from hinge_outcomes.cohort.registry_queries import run
from hinge_outcomes.cohort.registry_results import LoadResult
from hinge_outcomes.cohort.storage import read_cohort, write_cohort

_ROWS_AN_EPISODE = 48


@dataclass(frozen=True, slots=True)
class KillResult:
    """Hold what a storm of kills has left of a registry."""

    n_kills: int
    n_rows: int
    load_seconds: float
    found_old: int
    found_new: int
    found_other: int
    ended_before: int
    repeats_equal: int
    leftovers: int

    @property
    def holds(self) -> bool:
        """Whether every kill left the old or the new state, and every repeat ended as it should."""
        return (
            self.found_other == 0
            and self.repeats_equal == self.n_kills
            and self.leftovers == 0
            and self.found_old + self.found_new == self.n_kills
        )


@dataclass(frozen=True, slots=True)
class _File:
    name: str = "export.csv"
    sha256: str = "0" * 64
    rows: int = 0


def kill_loads(n_kills: int, n_rows: int, seed: int) -> KillResult:
    """Kill a load of so many rows at so many random moments of its whole duration.

    The registry holds a third of the episodes, in part with other values; the load corrects these
    and adds the rest. After each kill the registry is opened and its state compared; then the load
    is repeated, and the outcome compared with that of a load that nobody disturbed. A load that
    had ended before its kill does not count.
    """
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = ho.simulate(
            ho.Scenario.default(), n_episodes=max(n_rows // _ROWS_AN_EPISODE, 30), seed=seed
        )
        write_cohort(records, folder / "records")
        old = folder / "old.duckdb"
        with open_registry(old, create=True) as registry:
            registry.load(_earlier(records))
        undisturbed = folder / "undisturbed" / "clinic.duckdb"
        undisturbed.parent.mkdir()
        shutil.copyfile(old, undisturbed)
        seconds = _timed(folder / "records", undisturbed)
        before, after = _state(old), _state(undisturbed)
        counted: Counter[str] = Counter()
        while counted["killed"] < n_kills:
            place = folder / "killed"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            target = place / "clinic.duckdb"
            shutil.copyfile(old, target)
            if not _killed(folder / "records", target, moments.uniform(0.0, seconds)):
                counted["ended"] += 1
                continue
            counted["killed"] += 1
            state = _state(target)
            counted["old" if state == before else "new" if state == after else "other"] += 1
            _load(records, target)
            counted["equal"] += _state(target) == after
            counted["left"] += len(list(place.iterdir())) > 2  # the registry and its lock
        return KillResult(
            n_kills=n_kills,
            n_rows=sum(len(getattr(records, table)) for table in TABLE_NAMES),
            load_seconds=seconds,
            found_old=counted["old"],
            found_new=counted["new"],
            found_other=counted["other"],
            ended_before=counted["ended"],
            repeats_equal=counted["equal"],
            leftovers=counted["left"],
        )


def _earlier(records: Cohort) -> Cohort:
    """Take a third of the episodes, with other days of home exercise than they have now."""
    third = records.select(episode_id=list(records.episodes["episode_id"].iloc[::3]))
    tables = {name: getattr(third, name) for name in TABLE_NAMES}
    exercise = (tables["visits"]["home_exercise_days"] + 1) % 8
    tables["visits"] = tables["visits"].assign(home_exercise_days=exercise)
    return Cohort(**tables, data_cut=records.data_cut, is_synthetic=True)


def _load(records: Cohort, registry: Path) -> LoadResult:
    with open_registry(registry) as opened:
        return opened.load(records, files=[_File()], mapping_sha256="1", whole="episodes")


def _started(records: Path, registry: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "validation.kill_loads", str(records), str(registry)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()  # the records are read; the load begins at our word
    process.stdin.write("go\n")
    process.stdin.flush()
    return process


def _timed(records: Path, registry: Path) -> float:
    began = time.perf_counter()
    with _started(records, registry) as process:
        assert process.stdout is not None
        began = time.perf_counter()
        process.stdout.readline()
        return time.perf_counter() - began


def _killed(records: Path, registry: Path, delay: float) -> bool:
    """Kill a load after so many seconds; tell whether it was still under way."""
    with _started(records, registry) as process:
        assert process.stdout is not None
        time.sleep(delay)
        process.kill()
        return "done" not in process.stdout.read()


def _state(registry: Path) -> tuple[Any, ...]:
    """Condense all rows of all tables, history included, but not when they were loaded."""
    names = (*TABLE_NAMES, "words", "load_files", "load_counts")
    with reading(registry) as connection:
        return tuple(
            run(connection, f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {name} t")[0]
            for name in names
        )


def _main(records: str, registry: str) -> None:
    cohort = read_cohort(records)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    _load(cohort, Path(registry))
    print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
