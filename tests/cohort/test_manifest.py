"""The manifest: what is known of a cohort goes there and back, and comes last."""

import datetime as dt
import json
from pathlib import Path

import pytest

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.manifest import (
    describing_files,
    known_facts,
    manifest_content,
    read_manifest,
)
from hinge_outcomes.exceptions import DataError

TABLES = {
    name: {"file": f"{name}.csv", "rows": 0, "content_hash": "", "extra_columns": []}
    for name in TABLE_NAMES
}


def test_facts_go_there_and_back() -> None:
    """Cuts per clinic, names, assumptions and the mark of invented patients survive JSON."""
    facts = {
        "data_cut": {"C02": dt.date(2026, 9, 30), "C01": dt.date(2026, 6, 30)},
        "is_synthetic": True,
        "clinic_names": {"C01": "Brook Hill"},
        "seed": 7,
        "assumptions": ("Dates are assumed.",),
        "has_visits": True,
    }
    found = known_facts(json.loads(json.dumps(manifest_content(facts, TABLES))))
    assert {name: found[name] for name in facts} == facts
    assert found["scenario"] is None
    assert found["is_deidentified"] is False


def test_the_manifest_is_written_last() -> None:
    """A folder that has a manifest has all that it describes."""
    manifest = manifest_content({"data_cut": dt.date(2026, 9, 30)}, TABLES)
    assert list(describing_files(manifest))[-1] == "manifest.json"


def test_a_table_in_parts_has_a_list_of_paths() -> None:
    """The Frictionless package names every part of a table, in order."""
    files = [{"file": f"visits/part-0000{n}.parquet", "rows": 1, "sha256": ""} for n in (0, 1)]
    parts = {**TABLES, "visits": {"files": files, "rows": 2, "extra_columns": []}}
    manifest = manifest_content({"data_cut": dt.date(2026, 9, 30)}, parts)
    package = json.loads(describing_files(manifest)["datapackage.json"])
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert resources["visits"]["path"] == [file["file"] for file in files]
    assert resources["visits"]["format"] == "parquet"
    assert resources["patients"]["path"] == "patients.csv"


@pytest.mark.parametrize("text", ["{}", "nothing", '{"simulation": {"n_episodes": "x"}}'])
def test_an_unfinished_folder_whose_plan_cannot_be_read_is_named(text: str, tmp_path: Path) -> None:
    """Without the plan there is no command to go on with, so the remedy is another."""
    (tmp_path / "progress.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"before it was finished\. Delete the folder"):
        read_manifest(tmp_path)
