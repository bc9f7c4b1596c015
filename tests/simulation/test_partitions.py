"""Simulations of any size: the same bytes whoever makes them, however often they are stopped."""

import errno
import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from hinge_outcomes.cohort.storage import read_cohort, read_findings, read_manifest, write_cohort
from hinge_outcomes.cohort.tables import TABLE_NAMES
from hinge_outcomes.exceptions import ConfigError, DataError
from hinge_outcomes.simulation import Scenario, simulate
from hinge_outcomes.simulation.partitions import is_written, write_simulation
from tests.architecture.trees import ROOT
from tests.records import small_cohort

# Many come back, so that some patients' second episode begins a part.
SCENARIO = Scenario.default().replace({"recurrence.returns": 0.6, "recurrence.median_days": 100.0})
RUN: dict[str, Any] = {"n_episodes": 330, "seed": 5, "partition_episodes": 60}


def bytes_below(folder: Path) -> dict[str, bytes]:
    """Content of all files below a folder, hidden ones included."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody stopped."""
    return write_simulation(SCENARIO, tmp_path_factory.mktemp("runs") / "whole", **RUN)


def test_the_parts_together_are_the_simulation(whole: Path) -> None:
    """What is read back equals what `simulate` makes, frame by frame, and nothing is wrong."""
    found = read_cohort(whole)
    expected = simulate(SCENARIO, n_episodes=330, seed=5)
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name))
    for fact in ("data_cut", "clinic_names", "scenario", "seed", "is_synthetic", "has_visits"):
        assert getattr(found, fact) == getattr(expected, fact), fact
    assert len(read_findings(whole)) == 0


def test_a_part_holds_a_fixed_run_of_episodes(whole: Path) -> None:
    """Part 1 holds episodes 61 to 120; a patient is in the part that holds the first episode."""
    episodes = [pq.read_table(path) for path in sorted(whole.glob("episodes/*"))]
    assert [len(part) for part in episodes] == [60, 60, 60, 60, 60, 30]
    assert episodes[1]["episode_id"][0].as_py() == "E00000061"
    assert episodes[1]["episode_id"][59].as_py() == "E00000120"
    patients = [
        set(pq.read_table(path)["patient_id"].to_pylist())
        for path in sorted(whole.glob("patients/*"))
    ]
    assert all(not one & other for one, other in itertools.combinations(patients, 2))
    for part, own in zip(episodes, patients, strict=True):
        assert own <= set(part["patient_id"].to_pylist())
    # In this very run a second episode begins a part, so the cut between the two is tested.
    assert any(
        part["patient_id"][0].as_py() not in own
        for part, own in zip(episodes, patients, strict=True)
    )


@pytest.mark.parametrize("how", [{"workers": 2}, {"chunk_size": 7}, {"chunk_size": 1_000}])
def test_workers_and_chunks_change_no_byte(
    whole: Path, how: dict[str, int], tmp_path: Path
) -> None:
    """Two threads, few patients at once or many: every file has the same bytes."""
    made = write_simulation(SCENARIO, tmp_path / "run", **RUN, **how)
    assert bytes_below(made) == bytes_below(whole)


def test_a_smaller_run_has_the_first_parts_of_a_larger_one(whole: Path, tmp_path: Path) -> None:
    """All parts but the one that the smaller run cuts short have the same bytes."""
    small = write_simulation(SCENARIO, tmp_path / "small", **{**RUN, "n_episodes": 200})
    few, many = bytes_below(small), bytes_below(whole)
    parts = [name for name in few if "/part-" in name]
    assert len(parts) == 4 * len(TABLE_NAMES)
    differing = {name for name in parts if few[name] != many[name]}
    assert differing <= {f"{name}/part-00003.parquet" for name in TABLE_NAMES}


KILLED = """
import os, signal, sys
from pathlib import Path
from hinge_outcomes.simulation.partitions import write_simulation
from tests.simulation.test_partitions import RUN, SCENARIO

kind, call, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]

def counted(function):
    calls = []
    def count(*arguments, **options):
        calls.append(1)
        if len(calls) == call:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return function(*arguments, **options)
    return count

if kind == "replace":
    Path.replace = counted(Path.replace)
else:
    os.fsync = counted(os.fsync)
write_simulation(SCENARIO, folder, **RUN)
"""


def killed(folder: Path, kind: str, call: int) -> None:
    """Run until a file is flushed, or takes its place, for the n-th time; then SIGKILL."""
    run = subprocess.run(
        [sys.executable, "-c", KILLED, kind, str(call), str(folder)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.returncode in (-signal.SIGKILL, signal.SIGTERM) if os.name == "posix" else True, (
        run.stderr
    )


def test_a_killed_run_goes_on_and_gives_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    """Killed before the first file, mid-file, between two tables of a part and at the very end.

    Each time the folder is no cohort, and after all of it every file has the same bytes.
    """
    folder = tmp_path / "run"
    # One part is 5 files and a note of progress; a run begins with that note and the scenario.
    for kind, call in [
        ("fsync", 1),  # nothing whole yet
        ("replace", 5),  # two tables of part 0 are in their place
        ("fsync", 10),  # part 0 is done, part 1 half flushed
        ("replace", 14),  # parts are in place, the note of progress is not
        ("fsync", 22),  # all parts are there, their description is not
    ]:
        killed(folder, kind, call)
        with pytest.raises(DataError, match=r"no cohort|was stopped before it was finished"):
            read_cohort(folder)
    assert any(path.name.endswith(".part") for path in folder.rglob("*"))
    assert bytes_below(write_simulation(SCENARIO, folder, **RUN)) == bytes_below(whole)


def test_a_run_killed_after_its_manifest_is_complete(whole: Path, tmp_path: Path) -> None:
    """What is left over after the manifest is removed, and no patient is made again."""
    folder = write_simulation(SCENARIO, tmp_path / "run", **RUN)
    (folder / "progress.json").write_text("{}", encoding="utf-8")
    (folder / "visits" / ".abc.part").write_bytes(b"left over")
    told: list[tuple[int, int]] = []
    write_simulation(SCENARIO, folder, **RUN, progress=lambda *at: told.append(at))
    assert told == [(330, 330)]
    assert bytes_below(folder) == bytes_below(whole)


class Stopped(Exception):
    """Stands for whatever stops a run."""


def stopped(folder: Path, after: int = 150) -> Path:
    """Stop a run once so many episodes are made."""

    def tell(done: int, total: int) -> None:
        if done >= after:
            raise Stopped

    with pytest.raises(Stopped):
        write_simulation(SCENARIO, folder, **RUN, chunk_size=20, progress=tell)
    return folder


def test_an_unfinished_folder_is_no_cohort_and_says_how_to_go_on(tmp_path: Path) -> None:
    """Reading it names the very command that continues it, whatever scenario began it."""
    folder = stopped(tmp_path / "run")
    assert not is_written(SCENARIO, folder, **RUN)
    with pytest.raises(DataError, match="stopped before it was finished") as caught:
        read_cohort(folder)
    command = str(caught.value).partition("hinge ")[2].split()
    assert command[0] == "simulate"
    assert Scenario.read(command[1]) == SCENARIO
    assert command[2:] == ["--episodes", "330", "--seed", "5", "--out", str(folder)]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"seed": 6}, "seed 5 there, 6 here"),
        ({"n_episodes": 331}, "n_episodes 330 there, 331 here"),
        ({"partition_episodes": 61}, "partition_episodes 60 there, 61 here"),
    ],
)
def test_another_run_is_refused(
    whole: Path, other: dict[str, int], words: str, tmp_path: Path
) -> None:
    """Finished or not, a folder goes on with its own run only; nothing in it changes."""
    for folder in (stopped(tmp_path / "run"), whole):
        before = bytes_below(folder)
        with pytest.raises(DataError, match=f"{words}.*Name another folder, or delete this one"):
            write_simulation(SCENARIO, folder, **{**RUN, **other})
        with pytest.raises(DataError, match=words):
            is_written(SCENARIO, folder, **{**RUN, **other})
        assert bytes_below(folder) == before


def test_another_scenario_or_simulator_is_refused(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of two scenarios, or of a simulator that has changed, are never mixed."""
    folder = stopped(tmp_path / "run")
    for place in (folder, whole):
        with pytest.raises(DataError, match="another scenario"):
            write_simulation(Scenario.default(), place, **RUN)
    monkeypatch.setattr("hinge_outcomes.simulation.run_progress.sources_digest", lambda: 1)
    with pytest.raises(DataError, match="another simulator"):
        write_simulation(SCENARIO, folder, **RUN)


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"x")])
def test_a_part_that_was_lost_or_changed_is_made_again(
    spoil: Any, whole: Path, tmp_path: Path
) -> None:
    """A run that goes on trusts no file that is not as it was written."""
    folder = stopped(tmp_path / "run")
    spoil(folder / "visits" / "part-00000.parquet")
    told: list[int] = []
    write_simulation(SCENARIO, folder, **RUN, progress=lambda done, total: told.append(done))
    assert told[0] == 0
    assert bytes_below(folder) == bytes_below(whole)


@pytest.mark.parametrize("call", [1, 5, 11, 40])
def test_a_full_disk_leaves_a_run_that_goes_on(
    call: int, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the disk fills up, one message says so, no half file is left, and it goes on."""
    folder, calls, flush = tmp_path / "run", itertools.count(1), os.fsync

    def full(handle: int) -> None:
        if next(calls) == call:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"The disk is full: .*the same command goes on"):
        write_simulation(SCENARIO, folder, **RUN)
    assert not [path for path in folder.rglob("*") if path.name.endswith(".part")]
    assert bytes_below(write_simulation(SCENARIO, folder, **RUN)) == bytes_below(whole)


def test_progress_counts_to_the_end_and_goes_on_where_it_was(tmp_path: Path) -> None:
    """Counts never fall, end at the number wanted, and a second run begins after whole parts."""
    folder = stopped(tmp_path / "run")
    told: list[tuple[int, int]] = []
    write_simulation(SCENARIO, folder, **RUN, chunk_size=20, progress=lambda *at: told.append(at))
    done = [at[0] for at in told]
    assert done == sorted(done)
    assert (done[0], told[-1]) == (120, (330, 330))
    assert is_written(SCENARIO, folder, **RUN)


def test_nothing_else_is_written_over(tmp_path: Path) -> None:
    """A thesis, a clinic's records and another simulated cohort are left as they are."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work", encoding="utf-8")
    write_cohort(small_cohort(), tmp_path / "clinic")
    write_cohort(small_cohort(is_synthetic=True), tmp_path / "made-up")
    before = bytes_below(tmp_path)
    for name, words in [
        ("thesis", "holds no simulation that could go on"),
        ("clinic", "holds a clinic's records"),
        ("made-up", "holds another cohort"),
    ]:
        with pytest.raises(DataError, match=words):
            write_simulation(SCENARIO, tmp_path / name, **RUN)
    assert bytes_below(tmp_path) == before


@pytest.mark.parametrize(
    "wrong",
    [{"n_episodes": 0}, {"n_episodes": 10**8}, {"seed": -1}, {"partition_episodes": 0}],
)
def test_impossible_numbers_are_refused(wrong: dict[str, int], tmp_path: Path) -> None:
    """The message names the argument, and no folder is made."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        write_simulation(SCENARIO, tmp_path / "run", **{**RUN, **wrong})
    assert not (tmp_path / "run").exists()


def test_the_manifest_names_every_part(whole: Path) -> None:
    """Rows and SHA-256 of each file are in the manifest, and rows sum to the table's."""
    tables = read_manifest(whole)["tables"]
    for name in TABLE_NAMES:
        files = tables[name]["files"]
        assert [file["file"] for file in files] == [
            f"{name}/part-{number:05d}.parquet" for number in range(6)
        ]
        assert sum(file["rows"] for file in files) == tables[name]["rows"]
        assert all(len(file["sha256"]) == 64 for file in files)
