"""Registries for tests: made of the small hand-made cohort, in one line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.registry import open_registry
from hinge_outcomes.cohort.registry_results import LoadResult
from tests.records import small_cohort, small_tables


@dataclass(frozen=True)
class File:
    """A file that was read, as a registry remembers it."""

    name: str = "export.csv"
    sha256: str = "a" * 64
    rows: int = 6


def load(path: Path, cohort: Cohort, **options: Any) -> LoadResult:
    """Load a cohort into a registry, which is made where there is none."""
    fingerprint = options.pop("key_fingerprint", None)
    with open_registry(path, create=True, key_fingerprint=fingerprint) as registry:
        return registry.load(cohort, **options)


def made(folder: Path, **changes: Any) -> Path:
    """Make a registry of the small cohort, with tables or facts replaced by name."""
    path = folder / "clinic.duckdb"
    load(path, small_cohort(**changes))
    return path


def changed(table: str, rows: Mapping[int, Any], column: str) -> dict[str, pd.DataFrame]:
    """Give one small table with cells of one column replaced, by row counted from 0."""
    frame = small_tables()[table].copy()
    for row, value in rows.items():
        frame.loc[row, column] = value
    return {table: frame}
