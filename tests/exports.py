"""A small export and its mapping for tests: lawful, and easy to spoil in one place."""

import copy
from pathlib import Path
from typing import Any

from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.mapping import Mapping

HEADER = "case,patient,born,gender,start,seen,status,stage,rating,pain,odi"

ROWS = (
    "K1,P1,1970,F,05/01/2026,05/01/2026,came,1,2,6,40",
    "K1,P1,1970,F,05/01/2026,12/01/2026,came,1,3,5,",
    "K1,P1,1970,F,05/01/2026,19/01/2026,missed,,,,",
    "K2,P2,1980,M,02/02/2026,02/02/2026,came,2,1,7,30",
)

MAPPING: dict[str, Any] = {
    "name": "test clinic",
    "data_cut": "2026-06-30",
    "file": {"date_format": "%d/%m/%Y", "missing": ["n/a"]},
    "tables": {
        "patients": {"patient_id": "patient", "birth_year": "born", "sex": "gender"},
        "episodes": {
            "episode_id": "case",
            "patient_id": "patient",
            "clinic_id": {"constant": "C01"},
            "start_date": "start",
        },
        "visits": {
            "episode_id": "case",
            "visit_day": {"days_from_start": "seen"},
            "status": "status",
        },
        "assessments": {
            "episode_id": "case",
            "assessed_day": {"days_from_start": "seen"},
            "stage": "stage",
            "mastery_level": "rating",
        },
        "outcomes": {
            "episode_id": "case",
            "measured_day": {"days_from_start": "seen"},
            "scores": {"nprs": "pain", "odi": "odi"},
        },
    },
    "codes": {
        "sex": {"F": "female", "M": "male"},
        "status": {"came": "attended", "missed": "no_show"},
    },
}


def mapping_with(**sections: Any) -> dict[str, Any]:
    """The mapping with some top-level sections replaced; None takes a section out."""
    values = copy.deepcopy(MAPPING) | sections
    return {key: value for key, value in values.items() if value is not None}


def mapping_filling(table: str, **columns: Any) -> dict[str, Any]:
    """The mapping with some columns of one table filled in another way."""
    values = copy.deepcopy(MAPPING)
    values["tables"][table] |= columns
    return values


def write_export(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """Write an export into a folder."""
    path = folder / "export.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8", newline="")
    return path


def take(folder: Path, *rows: str, values: dict[str, Any] | None = None, **more: Any) -> Intake:
    """Ingest rows by a mapping."""
    mapping = Mapping.from_values(MAPPING if values is None else values)
    return ingest(write_export(folder, *(rows or ROWS), **more), mapping=mapping)


def found(intake: Intake) -> list[tuple[int, str, str]]:
    """Line, column and rule of every finding."""
    frame = intake.findings.table()
    return list(zip(frame["line"], frame["column"], frame["rule"], strict=True))
