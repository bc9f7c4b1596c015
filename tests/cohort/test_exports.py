"""Exports: whole folders in five formats, that replace nothing but an export."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.cdisc import derive_adam
from hinge_outcomes.cohort.exports import EXPORT_FORMATS, write_export
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.exceptions import DataError, NotIdentifiableError
from tests.cli.running import files_below
from tests.records import small_cohort, small_tables


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_tables_come_back(tmp_path: Path, format: str) -> None:
    """A folder of Parquet or CSV is read as the cohort that was exported, described by JSON."""
    cohort = small_cohort()
    folder = write_export(cohort, tmp_path / "out", format=format)
    again = ho.read_cohort(folder)
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(cohort, name))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert [each["path"] for each in package["resources"]] == [f"{n}.{format}" for n in TABLE_NAMES]


def test_formulas_are_stopped_in_csv_and_kept_in_parquet(tmp_path: Path) -> None:
    """An id that would run in a spreadsheet has an apostrophe in CSV, and reads back so."""
    tables = small_tables()
    patients = tables["patients"].replace("p1", "=p1")
    episodes = tables["episodes"].replace("p1", "=p1")
    cohort = small_cohort(patients=patients, episodes=episodes)
    csv = write_export(cohort, tmp_path / "csv", format="csv")
    assert "\n'=p1," in (csv / "patients.csv").read_text(encoding="utf-8")
    assert "'=p1" in ho.read_cohort(csv).patients["patient_id"].tolist()
    parquet = write_export(cohort, tmp_path / "parquet", format="parquet")
    assert "=p1" in ho.read_cohort(parquet).patients["patient_id"].tolist()


def test_adam_as_parquet_has_labels(tmp_path: Path) -> None:
    """Each data set is a Parquet file with the right rows, its title and its variables' labels."""
    folder = write_export(small_cohort(), tmp_path / "out", format="adam", study_id="BACK01")
    assert files_below(folder) == {
        "adsl.parquet", "adqs.parquet", "adtte.parquet", "variables.csv", "export.json"
    }  # fmt: skip
    for name, frame in derive_adam(small_cohort(), study_id="BACK01").datasets.items():
        path = folder / f"{name.lower()}.parquet"
        pd.testing.assert_frame_equal(pd.read_parquet(path).astype(frame.dtypes), frame)
        schema = pq.read_schema(path)
        assert not any(pa.types.is_timestamp(field.type) for field in schema)
        assert all(field.metadata[b"label"] for field in schema)
        assert schema.metadata[b"label"]


def test_xpt_is_read_by_an_independent_reader(tmp_path: Path) -> None:
    """ADTTE as a transport file has CNSR 0 for the one who mastered, read by pandas."""
    folder = write_export(small_cohort(), tmp_path / "out", format="xpt")
    times = pd.read_sas(folder / "adtte.xpt", format="xport", encoding="ascii")
    mastery = times[times["PARAMCD"] == "MASTERY"].set_index("EPISODE")
    assert mastery["CNSR"].round().to_dict() == {"e1": 0, "e2": 4, "e3": 1}
    assert mastery["AVAL"].to_dict() == {"e1": 14, "e2": 21, "e3": 20}
    started = pd.Timestamp("1960-01-01") + pd.to_timedelta(mastery["STARTDT"], unit="D")
    assert started["e1"] == pd.Timestamp("2026-01-05")


def test_the_export_says_what_it_is(tmp_path: Path) -> None:
    """export.json tells format, files, numbers, and whether patients are invented."""
    folder = write_export(small_cohort(is_synthetic=True), tmp_path / "out", format="xlsx")
    facts = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    assert facts == {
        "format": "xlsx", "files": ["cohort.xlsx"], "is_synthetic": True,
        "is_deidentified": False, "complete_to": "2026-09-30", "n_patients": 2, "n_episodes": 3,
    }  # fmt: skip


@pytest.mark.parametrize("format", EXPORT_FORMATS)
def test_an_older_export_is_replaced_and_the_bytes_are_the_same(
    tmp_path: Path, format: str
) -> None:
    """Exporting again to the same folder gives the very same files."""
    first = write_export(small_cohort(), tmp_path / "out", format=format)
    before = {name: (first / name).read_bytes() for name in files_below(first)}
    again = write_export(small_cohort(), tmp_path / "out", format=format)
    assert {name: (again / name).read_bytes() for name in files_below(again)} == before
    assert files_below(tmp_path) == {f"out/{name}" for name in before}


@pytest.mark.parametrize("format", EXPORT_FORMATS)
def test_nothing_else_is_replaced(tmp_path: Path, format: str) -> None:
    """A folder with other files, and a file, are refused and left as they are."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    for name in ("mine", "file"):
        with pytest.raises(DataError, match="not replaced"):
            write_export(small_cohort(), tmp_path / name, format=format)
    assert files_below(tmp_path) == {"mine/thesis.txt", "file"}


def test_a_cohort_and_an_export_do_not_replace_each_other(tmp_path: Path) -> None:
    """Neither is a workbook put where records are, nor records where a workbook is."""
    ho.write_cohort(small_cohort(), tmp_path / "records")
    write_export(small_cohort(), tmp_path / "book", format="xlsx")
    with pytest.raises(DataError, match="no export"):
        write_export(small_cohort(), tmp_path / "records", format="xlsx")
    with pytest.raises(DataError, match="another format"):
        write_export(small_cohort(), tmp_path / "book", format="csv")
    assert ho.read_cohort(tmp_path / "records").n_episodes == 3


def test_an_unknown_format_lists_those_there_are(tmp_path: Path) -> None:
    """A format that does not exist is refused before anything is written."""
    with pytest.raises(DataError, match="parquet, csv, xlsx, adam, xpt"):
        write_export(small_cohort(), tmp_path / "out", format="sav")
    assert files_below(tmp_path) == set()


def test_a_refusal_leaves_the_older_export(tmp_path: Path) -> None:
    """If the new export cannot be made, the old one stays whole and nothing half-made is left."""
    folder = write_export(small_cohort(), tmp_path / "out", format="xpt")
    before = files_below(tmp_path)
    with pytest.raises(NotIdentifiableError):
        write_export(ho.deidentify(small_cohort()), folder, format="xpt")
    names = small_tables()["episodes"].replace("C01", "Nørrebro")
    with pytest.raises(DataError, match="SITEID holds letters beyond ASCII"):
        write_export(small_cohort(episodes=names), folder, format="xpt")
    assert files_below(tmp_path) == before
