"""The section 'ingest': rows per CPU-second from a CSV into a registry, beside three peers."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.ingest_peers import PEERS
from benchmarks.markdown import table
from benchmarks.visit_files import Written, write_visit_files

TITLE = "Ingesting an export into a registry"
SEED = 1
LEAST_ROWS, MOST_MEMORY_MB, LEAST_TIMES_PANDAS = 1_000_000, 1_500, 3

_OURS = "hinge: five tables, findings, history"
_PANDAS = "pandera on pandas"
_NEEDS = {"pandera on polars": "polars"}

Run = dict[str, Any]


def section(*, quick: bool) -> str:
    """Run the section and give its results as Markdown."""
    n_visits, rounds = (1_000_000, 1) if quick else (10_000_000, 3)
    with tempfile.TemporaryDirectory() as name:
        written = write_visit_files(Path(name), n_visits, SEED)
        _load_once(written)  # compiles what has to be compiled, and fills the disk's cache
        runs: dict[str, list[Run]] = {peer: [] for peer in (_OURS, *PEERS)}
        for _ in range(rounds):
            for peer in runs:
                runs[peer].append(_run(peer, written))
    return "\n\n".join(
        [
            f"{n_visits:,} appointments of {n_visits // 14:,} courses of care in two CSV files, 1% "
            "of the rows bad in four ways. Every run is a process of its own with one thread, its "
            "start included; it reads, checks, keeps the bad rows apart with their reasons, "
            "numbers the appointments and stores them in DuckDB. "
            f"Medians of {rounds} rounds in which all take turns.",
            _table(runs, n_visits, written),
            _verdict(runs, n_visits),
        ]
    )


def _load_once(written: Written) -> None:
    with tempfile.TemporaryDirectory() as name:
        small = write_visit_files(Path(name), 20_000, SEED)
        _run(_OURS, small)


def _run(peer: str, written: Written) -> Run:
    """Run one load in a process of its own; a peer that is missing is not run."""
    needed = _NEEDS.get(peer)
    if needed is not None and not _is_installed(needed):
        return {"code": "not run"}
    with tempfile.TemporaryDirectory() as name:
        target = str(Path(name) / "target.duckdb")
        told = ["benchmarks.ingest_ours"] if peer == _OURS else ["benchmarks.ingest_peers", peer]
        command = [sys.executable, "-m", *told, str(written.folder), target]
        measured = subprocess.run(
            [sys.executable, "-m", "benchmarks.peak_memory", *command],
            capture_output=True, check=True, text=True, env=os.environ,
        )  # fmt: skip
    found: Run = json.loads(measured.stdout.splitlines()[-1])
    return found


def _is_installed(library: str) -> bool:
    try:
        version(library)
    except PackageNotFoundError:
        return False
    return True


def _median(runs: list[Run], figure: str) -> float | None:
    if any(run["code"] != 0 for run in runs):
        return None
    return statistics.median(run[figure] for run in runs)


def _table(runs: dict[str, list[Run]], n_visits: int, written: Written) -> str:
    rows = []
    ours = runs[_OURS]
    for peer, found in runs.items():
        cpu, peak = _median(found, "cpu_s"), _median(found, "peak_mb")
        if cpu is None or peak is None:
            why = "not run" if found[0]["code"] == "not run" else f"failed ({found[0]['code']})"
            rows.append([peer, why, "", "", ""])
            continue
        ratios = [one["cpu_s"] / own["cpu_s"] for one, own in zip(found, ours, strict=True)]
        rows.append(
            [peer, f"{cpu:.1f}", f"{n_visits / cpu:,.0f}", f"{peak:,.0f}",
             f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"]
        )  # fmt: skip
    return table(["run", "CPU-s", "rows per CPU-s", "peak MB", "times our CPU time"], rows)


def _verdict(runs: dict[str, list[Run]], n_visits: int) -> str:
    cpu, peak = _median(runs[_OURS], "cpu_s"), _median(runs[_OURS], "peak_mb")
    pandas = _median(runs[_PANDAS], "cpu_s")
    if cpu is None or peak is None or pandas is None:
        return "A run failed: there is no verdict."
    aims = [
        (f"at least {LEAST_ROWS:,} rows per CPU-second", n_visits / cpu,
         n_visits / cpu >= LEAST_ROWS),
        (f"at most {MOST_MEMORY_MB:,} MB", peak, peak <= MOST_MEMORY_MB),
        (f"at least {LEAST_TIMES_PANDAS} times pandera on pandas", pandas / cpu,
         pandas / cpu >= LEAST_TIMES_PANDAS),
    ]  # fmt: skip
    rows = [
        [aim, f"{value:,.2f}" if value < 100 else f"{value:,.0f}", "met" if met else "not met"]
        for aim, value, met in aims
    ]
    return table(["aim", "measured", ""], rows)
