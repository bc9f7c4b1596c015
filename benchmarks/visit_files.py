"""Two exports of a large network: courses of care, and one row per appointment, 1% of them bad."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

VISITS_PER_EPISODE = 14
STATUS_WORDS = ("came", "missed", "cancelled")
BAD_SHARE = 0.01

MAPPING = """\
name = "appointments of a network"
data_cut = 2026-06-30
file = { date_format = "%Y-%m-%d" }
source = [{ name = "cases", file = "cases.csv" }, { name = "visits", file = "visits.csv" }]

[tables.patients]
source = "cases"
patient_id = "patient"

[tables.episodes]
source = "cases"
episode_id = "case"
patient_id = "patient"
clinic_id = "site"
start_date = "start"

[tables.visits]
source = "visits"
episode_id = "case"
visit_day = { days_from_start = "date" }
status = "status"
clinician_id = "therapist"
home_exercise_days = "exercise days"

[codes.status]
came = "attended"
missed = "no_show"
cancelled = "cancelled"

[privacy]
ids = "keep"
"""
"""The ids are kept, as the peers keep them."""

_BLOCK = 1_000_000


@dataclass(frozen=True)
class Written:
    """Say what was written: rows of visits, how many of them are bad, and where."""

    folder: Path
    n_visits: int
    n_bad: int


def write_visit_files(folder: Path, n_visits: int, seed: int) -> Written:
    """Write ``cases.csv``, ``visits.csv`` and ``mapping.toml``, the same bytes for the same seed.

    A quarter of the bad rows each has a date that never was, an unknown attendance, nine days of
    exercise in a week, and a case nobody knows.
    """
    random = np.random.default_rng(seed)
    n_episodes = -(-n_visits // VISITS_PER_EPISODE)
    starts = np.datetime64("2020-01-06") + random.integers(0, 2_000, n_episodes)
    cases = np.char.add("E", np.char.zfill(np.arange(n_episodes).astype("str"), 7))
    sites = np.array([f"C{number:02d}" for number in range(1, 7)])
    _write(folder / "cases.csv", [{
        "case": cases,
        "patient": np.char.replace(cases, "E", "P"),
        "site": sites[np.arange(n_episodes) % len(sites)],
        "start": starts.astype("str"),
    }])  # fmt: skip
    n_bad = 0

    def blocks():  # type: ignore[no-untyped-def]
        nonlocal n_bad
        per_block = _BLOCK // VISITS_PER_EPISODE * VISITS_PER_EPISODE
        for first in range(0, n_visits, per_block):
            rows = np.arange(first, min(first + per_block, n_visits))
            block, bad = _visits(rows, cases, starts, random)
            n_bad += bad
            yield block

    _write(folder / "visits.csv", blocks())
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    return Written(folder, n_visits, n_bad)


def _visits(
    rows: np.ndarray, cases: np.ndarray, starts: np.ndarray, random: np.random.Generator
) -> tuple[dict[str, np.ndarray], int]:
    episode = rows // VISITS_PER_EPISODE
    gaps = random.integers(1, 8, len(rows))
    gaps[rows % VISITS_PER_EPISODE == 0] = 0
    total = np.cumsum(gaps)
    is_first = rows % VISITS_PER_EPISODE == 0
    visits = np.diff(np.append(np.flatnonzero(is_first), len(rows)))
    days = total - np.repeat(total[is_first], visits)
    chosen = random.choice(3, len(rows), p=[0.8, 0.12, 0.08])
    status = np.array(STATUS_WORDS, dtype="object")[chosen]
    exercise = random.integers(-3, 8, len(rows)).astype("str").astype("object")
    exercise[np.char.startswith(exercise.astype("str"), "-")] = ""
    block = {
        "case": cases[episode].astype("object"),
        "date": (starts[episode] + days).astype("str").astype("object"),
        "status": status,
        "therapist": np.char.add("T", random.integers(100, 400, len(rows)).astype("str")),
        "exercise days": exercise,
    }
    bad = random.choice(len(rows), int(len(rows) * BAD_SHARE), replace=False)
    spoilt = zip(
        ("date", "status", "exercise days", "case"),
        ("31/02/2024", "perhaps", "9", "E-unknown"),
        np.array_split(bad, 4),
        strict=True,
    )
    for column, text, places in spoilt:
        block[column][places] = text
    return block, len(bad)


def _write(path: Path, blocks) -> None:  # type: ignore[no-untyped-def]
    writer = None
    with path.open("wb") as file:
        for block in blocks:
            table = pa.table({name: pa.array(cells, pa.string()) for name, cells in block.items()})
            if writer is None:
                options = pc.WriteOptions(quoting_style="none")
                writer = pc.CSVWriter(file, table.schema, write_options=options)
            writer.write_table(table)
        writer.close()
