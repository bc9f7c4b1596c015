"""The layout: every version from 1 on is read and brought to today's, without changing a record."""

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.registry import read_registry
from hinge_outcomes.cohort.registry_changes import registry_history
from hinge_outcomes.cohort.registry_file import reading
from hinge_outcomes.cohort.registry_queries import number, run
from hinge_outcomes.cohort.registry_schema import (
    REGISTRY_VERSION,
    add_columns,
    create_schema,
    schema_version,
    sql_type,
    stored_columns,
)
from hinge_outcomes.cohort.registry_undo import undo_load
from hinge_outcomes.exceptions import RegistryError
from tests.records import small_cohort
from tests.registries import changed, load

_VERSION_1 = """
CREATE TABLE registry (schema_version INTEGER, created_at TIMESTAMP);
CREATE TABLE words (word INTEGER, text VARCHAR);
CREATE TABLE loads (
    load INTEGER, loaded_at TIMESTAMP, kind VARCHAR, state INTEGER, before INTEGER,
    mapping VARCHAR, mapping_sha256 VARCHAR, whole VARCHAR, facts VARCHAR, software VARCHAR
);
CREATE TABLE load_files (load INTEGER, name VARCHAR, sha256 VARCHAR, rows BIGINT);
CREATE TABLE load_counts (
    load INTEGER, table_name VARCHAR, inserted BIGINT, replaced BIGINT, retired BIGINT,
    unchanged BIGINT
);
CREATE TABLE patients (
    patient_id INTEGER, birth_year SMALLINT, sex INTEGER, valid_from INTEGER, valid_to INTEGER
);
CREATE TABLE episodes (
    episode_id INTEGER, patient_id INTEGER, clinic_id INTEGER, clinician_id INTEGER,
    start_date DATE, entry_stage SMALLINT, target_stage SMALLINT, symptom_duration INTEGER,
    start_back_risk INTEGER, end_day SMALLINT, end_reason INTEGER, valid_from INTEGER,
    valid_to INTEGER
);
CREATE TABLE visits (
    episode_id INTEGER, visit_day SMALLINT, visit_number SMALLINT, status INTEGER,
    clinician_id INTEGER, home_exercise_days SMALLINT, valid_from INTEGER, valid_to INTEGER
);
CREATE TABLE assessments (
    episode_id INTEGER, assessed_day SMALLINT, stage SMALLINT, mastery_level SMALLINT,
    is_working_stage BOOLEAN, load_kg DOUBLE, valid_from INTEGER, valid_to INTEGER
);
CREATE TABLE outcomes (
    episode_id INTEGER, measured_day SMALLINT, instrument INTEGER, score DOUBLE, items VARCHAR,
    valid_from INTEGER, valid_to INTEGER
);
INSERT INTO registry VALUES (1, '2026-10-01 08:00:00');
INSERT INTO words VALUES
    (0, 'p1'), (1, 'p2'), (2, 'female'), (3, 'male'), (4, 'e1'), (5, 'e2'), (6, 'e3'), (7, 'C01'),
    (8, 'C02'), (9, 'T1'), (10, 'acute'), (11, 'chronic'), (12, 'low'), (13, 'high'),
    (14, 'mastered'), (15, 'self_discharged'), (16, 'attended'), (17, 'no_show'), (18, 'nprs'),
    (19, 'odi');
INSERT INTO patients VALUES (0, 1970, 2, 1, NULL), (1, 1980, 3, 1, NULL);
INSERT INTO episodes VALUES
    (6, 1, 8, NULL, '2026-09-10', 3, 6, 11, NULL, NULL, NULL, 1, NULL),
    (4, 0, 7, 9, '2026-01-05', 1, 1, 10, 12, 14, 14, 1, NULL),
    (5, 1, 7, 9, '2026-02-02', 2, 5, 11, 13, 21, 15, 1, NULL);
INSERT INTO visits VALUES
    (4, 0, 1, 16, NULL, NULL, 1, NULL), (4, 7, 2, 16, NULL, NULL, 1, NULL),
    (4, 14, 3, 16, NULL, NULL, 1, NULL), (5, 0, 1, 16, NULL, NULL, 1, NULL),
    (5, 7, 2, 17, NULL, NULL, 1, NULL), (6, 0, 1, 16, NULL, NULL, 1, NULL);
INSERT INTO assessments VALUES
    (4, 0, 1, 1, true, NULL, 1, NULL), (4, 7, 1, 3, true, NULL, 1, NULL),
    (4, 14, 1, 3, true, NULL, 1, NULL), (5, 0, 2, 1, true, NULL, 1, NULL),
    (6, 0, 3, NULL, true, NULL, 1, NULL);
INSERT INTO outcomes VALUES
    (4, 0, 18, 5.0, NULL, 1, 2), (4, 0, 18, 6.0, NULL, 2, NULL),
    (4, 14, 18, 3.0, NULL, 1, NULL), (5, -3, 19, 44.4444444444, NULL, 1, NULL);
"""


def version_1(folder: Path) -> Path:
    """Write a registry as version 1 wrote it: the small cohort, one score of it corrected."""
    path = folder / "old.duckdb"
    facts = json.dumps(
        {
            "data_cuts": {"C01": "2026-09-30", "C02": "2026-09-30"},
            "is_synthetic": False, "has_visits": True, "clinic_names": {}, "extra_columns": [],
            "assumptions": [], "scenario": None, "seed": None,
        }
    )  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        connection.execute(_VERSION_1)
        for load_id, before in ((1, 0), (2, 1)):
            connection.execute(
                "INSERT INTO loads VALUES (?, '2026-10-01 08:00:00', 'load', ?, ?, '', '', "
                "'nothing', ?, '0.1.0')",
                [load_id, load_id, before, facts],
            )
    return path


def test_version_1_is_read_as_it_is(tmp_path: Path) -> None:
    """A registry of version 1 gives the cohort and its history, and stays as it was."""
    path = version_1(tmp_path)
    before = path.read_bytes()
    cohort = read_registry(path)
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(cohort, name), getattr(small_cohort(), name))
    assert read_registry(path, as_of=1).outcomes["score"].tolist()[0] == 5.0
    assert registry_history(path)["n_findings"].isna().all()
    assert path.read_bytes() == before


def test_version_1_is_brought_to_todays_by_a_load(tmp_path: Path) -> None:
    """The first load migrates; records, history and undo are as before."""
    path = version_1(tmp_path)
    load(path, small_cohort(**changed("outcomes", {0: 9.0}, "score")), n_findings=3)
    with reading(path) as connection:
        assert schema_version(connection) == REGISTRY_VERSION
    assert registry_history(path)["n_findings"].isna().tolist() == [True, True, False]
    scores = [read_registry(path, as_of=n).outcomes["score"].tolist()[0] for n in (1, 2, 3)]
    assert scores == [5.0, 6.0, 9.0]
    undo_load(path)
    assert read_registry(path).outcomes["score"].tolist()[0] == 6.0


def test_a_migrated_registry_has_the_columns_of_a_new_one(tmp_path: Path) -> None:
    """No column is missing after the steps, in any table."""
    with duckdb.connect(":memory:") as connection:
        create_schema(connection, None)
        query = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        wanted = set(run(connection, query))
    path = version_1(tmp_path)
    load(path, small_cohort())
    with duckdb.connect(str(path), read_only=True) as connection:
        assert set(run(connection, query)) == wanted


def test_the_last_observed_day_is_never_stored() -> None:
    """It follows from the data cut, so the layout has no column for it."""
    assert "last_observed_day" not in stored_columns("episodes")
    assert {sql_type(dtype) for dtype in stored_columns("episodes").values()} == {
        "INTEGER", "SMALLINT", "DATE"
    }  # fmt: skip


def test_own_columns_are_added_once() -> None:
    """A column is added where it is new; under another spelling or type it is refused."""
    with duckdb.connect(":memory:") as connection:
        create_schema(connection, None)
        add_columns(connection, [ExtraColumn("visits", "x_room", "integer")])
        add_columns(connection, [ExtraColumn("visits", "x_room", "integer")])
        query = "SELECT count(*) FROM duckdb_columns() WHERE column_name = 'x_room'"
        assert number(connection, query) == 1
        for spoilt in (
            ExtraColumn("visits", "x_Room", "integer"),
            ExtraColumn("visits", "x_room", "text"),
        ):
            with pytest.raises(RegistryError, match="declared in another way"):
                add_columns(connection, [spoilt])
