"""Small loads for tests: files given as lines of text, and the mapping that reads them."""

import copy
from typing import Any

from hinge_outcomes.ingestion.load import Load
from hinge_outcomes.ingestion.mapping import Mapping
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.sources import Source

HEADER = "case,start,pain"

VALUES: dict[str, Any] = {
    "data_cut": "2026-06-30",
    "file": {"date_format": "%Y-%m-%d", "missing": ["n/a"]},
    "source": [{"name": "people", "file": "*.csv"}],
    "tables": {
        "patients": {"patient_id": "case"},
        "episodes": {
            "episode_id": "case",
            "patient_id": "case",
            "clinic_id": {"constant": "C01"},
            "start_date": "start",
        },
        "outcomes": {
            "episode_id": "case",
            "measured_day": {"constant": 0},
            "scores": {"nprs": "pain"},
        },
    },
}


def plan_with(**source: Any) -> Mapping:
    """The mapping, with keys of its one source set."""
    values = copy.deepcopy(VALUES)
    values["source"][0] |= source
    return Mapping.from_values(values)


def file_of(*rows: str, name: str = "people.csv", header: str = HEADER, **more: Any) -> RawTable:
    """A file of comma-separated rows, the first on line 2."""
    cells = [row.split(",") for row in rows]
    return RawTable.of_rows(name, header.split(","), cells, range(2, len(rows) + 2), **more)


def load_of(*files: RawTable, plan: Mapping | None = None, corrections: Any = ()) -> Load:
    """A load of files that all belong to the first source."""
    mapping = plan or plan_with()
    source: Source = mapping.sources[0]
    return Load.of([(source, file) for file in files], mapping, corrections)
