"""Damaged files by the thousand: each is read or refused in words, and nothing else happens."""

import faulthandler
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hinge_outcomes.exceptions import HingeError
from hinge_outcomes.ingestion.csv_files import read_csv
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.readers import read_source
from validation.damaged_files import CANARY, Seed, make_input, seeds

OUTCOMES = ("read", "refused", "failed", "gave away", "touched")

_BATCH = 500
_HANGS = 300.0
"""Seconds after which a reader is taken to hang."""


@dataclass(frozen=True, slots=True)
class FuzzResult:
    """Hold what became of the damaged files.

    Parameters
    ----------
    counts : mapping of (str, str) to int
        Files by kind and outcome: "read", "refused" (in words), "failed" (with any other
        exception), "gave away" (a value in a message), "touched" (another file).
    slowest : float
        Seconds that the slowest file took.
    slowest_kind : str
        Its kind.
    problems : tuple of str
        What failed, by the number of the input, so that it can be made again.
    """

    counts: Mapping[tuple[str, str], int]
    slowest: float
    slowest_kind: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Tell whether every file was read or refused.

        Returns
        -------
        bool
            False also where a process died or hung.
        """
        return not self.problems

    def rows(self) -> list[tuple[str, ...]]:
        """Write the counts as a table.

        Returns
        -------
        list of tuple of str
            A row per kind: its name, then a count per outcome.
        """
        kinds = dict.fromkeys(kind for kind, _ in self.counts)
        return [
            (kind, *(f"{self.counts.get((kind, outcome), 0):,}" for outcome in OUTCOMES))
            for kind in kinds
        ]


def fuzz_readers(n_inputs: int, seed: int) -> FuzzResult:
    """Damage sound files in many ways and give them to the readers.

    Parameters
    ----------
    n_inputs : int
        Number of damaged files.
    seed : int
        What they are made from: the same seed makes the same files.

    Returns
    -------
    FuzzResult
        Counts by kind of file and outcome.
    """
    counts: Counter[tuple[str, str]] = Counter()
    slowest = (0.0, "")
    problems: list[str] = []
    starts = range(0, n_inputs, _BATCH)
    # A reader that crashes or hangs takes its process with it, which is noted here.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(_run, seed, start, min(start + _BATCH, n_inputs)) for start in starts]
        for start, run in zip(starts, runs, strict=True):
            try:
                found, slow, failed = run.result()
            except Exception as error:
                problems.append(f"inputs from {start}: {type(error).__name__}")
                continue
            counts.update(found)
            slowest = max(slowest, slow)
            problems.extend(failed)
    return FuzzResult(dict(sorted(counts.items())), *slowest, tuple(problems))


def _run(
    seed: int, start: int, stop: int
) -> tuple[Counter[tuple[str, str]], tuple[float, str], list[str]]:
    """Read a batch of damaged files, in a process of its own."""
    counts: Counter[tuple[str, str]] = Counter()
    slowest = (0.0, "")
    problems = []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as aside:
        _load_readers(Path(folder))
        private = Path(folder).resolve()
        said = _catch_stderr(Path(aside) / "stderr")
        touched = _watch(private)
        os.chdir(private)
        for number in range(start, stop):
            sound, content = make_input(seed, number)
            path = private / "input"
            path.write_bytes(content)
            touched.clear()
            began = time.perf_counter()
            faulthandler.dump_traceback_later(_HANGS, exit=True)  # ends the process, and is seen
            outcome, why = _read(sound, path, content)
            faulthandler.cancel_dump_traceback_later()
            took = time.perf_counter() - began
            others = [*touched, *(file.name for file in private.iterdir() if file != path)]
            if others:
                outcome, why = "touched", ", ".join(others)
            elif CANARY.encode() in said():
                outcome, why = "gave away", "on the error stream"
            counts[sound.kind, outcome] += 1
            slowest = max(slowest, (took, sound.kind))
            if outcome not in ("read", "refused"):
                problems.append(f"input {number} ({sound.kind}) {outcome}: {why}")
        os.chdir(tempfile.gettempdir())
    return counts, slowest, problems


def _read(sound: Seed, path: Path, content: bytes) -> tuple[str, str]:
    """Give a file to its reader, and say what came of it."""
    try:
        if sound.kind == "csv, compiled":
            raw = read_csv(path, sound.source, sound.columns, is_compiled=True)
        else:
            raw = read_source(path, sound.source, sound.columns)
    except HingeError as error:
        header = content.replace(b"\0", b"").split(b"\n")[0]
        if CANARY in str(error) and CANARY.encode() not in header:
            return "gave away", type(error).__name__
        return "refused", ""
    except BaseException as error:
        return "failed", f"{type(error).__name__}: {error}"
    return ("read", "") if _is_sound(raw) else ("failed", "the table does not hold together")


def _load_readers(folder: Path) -> None:
    """Read each sound file once: libraries are loaded and functions compiled before any watch."""
    for sound in seeds():
        path = folder / "input"
        path.write_bytes(sound.content)
        outcome, why = _read(sound, path, sound.content)
        if outcome != "read":
            raise AssertionError(f"A sound {sound.kind} file was not read: {outcome} {why}")


def _is_sound(raw: RawTable) -> bool:
    """Tell whether a table has a cell for each row and column, and a text for each fault."""
    return (
        tuple(raw.columns) == raw.header
        and all(len(column.cells()) == raw.n_rows for column in raw.columns.values())
        and raw.broken.keys() == raw.raw_text.keys()
        and CANARY not in repr(raw)
    )


_WATCHED: list[str] = []
_FOLDER: list[Path] = []


def _watch(folder: Path) -> list[str]:
    """Note every file that Python opens for writing outside a folder."""
    if not _FOLDER:
        sys.addaudithook(_note)  # it stays as long as the process does
    _FOLDER[:] = [folder]
    return _WATCHED


def _note(event: str, values: tuple[Any, ...]) -> None:
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    if event == "open" and isinstance(values[2], int) and values[2] & writes:
        path = (
            Path(os.fsdecode(values[0])).absolute() if isinstance(values[0], (str, bytes)) else None
        )
        if path is not None and _FOLDER[0] not in path.parents:
            _WATCHED.append(path.name)


def _catch_stderr(file: Path) -> Callable[[], bytes]:
    """Send the error stream, native code's too, to a file; give a function that reads on in it."""
    with file.open("wb") as opened:
        os.dup2(opened.fileno(), 2)
    read = 0

    def said() -> bytes:
        nonlocal read
        with file.open("rb") as opened:
            opened.seek(read)
            text = opened.read()
        read += len(text)
        return text

    return said
