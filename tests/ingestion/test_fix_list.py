"""The fix list: one line per failing cell, by patient, with what stands there now."""

from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.fix_sheet import COLUMNS
from hinge_outcomes.ingestion.mapping import Mapping
from tests.exports import HEADER, ROWS, mapping_filling, take


def listed(fixes: pd.DataFrame, *columns: str) -> list[Any]:
    """Some columns of a fix list, row by row."""
    return fixes[list(columns)].to_numpy().tolist()


def test_a_clean_export_gives_an_empty_list(tmp_path: Path) -> None:
    """Its columns are there nevertheless."""
    fixes = take(tmp_path).fixes
    assert list(fixes) == COLUMNS
    assert len(fixes) == 0


def test_each_failing_cell_has_its_line_and_what_stands_there(tmp_path: Path) -> None:
    """Sorted by the clinic's own number of the patient, then by line; the last column is empty."""
    rows = (
        "K2,P2,1980,M,02/02/2026,02/02/26,came,2,1,seven,30",
        "K1,P1,1970,F,05/01/2026, 5 Jan ,came,1,2,6,40",
        *ROWS,
    )
    fixes = take(tmp_path, *rows).fixes
    assert listed(fixes, "Patient", "Line", "Column", "Found", "Corrected") == [
        ["P1", 3, "seen", " 5 Jan ", ""], ["P2", 2, "seen", "02/02/26", ""],
        ["P2", 2, "pain", "seven", ""],
    ]  # fmt: skip
    assert set(fixes["File"]) == {"export.csv"}
    assert fixes["What to do"].iloc[0] == "Write the date as 24/03/2026 for 24 March 2026."


def test_a_row_without_cells_shows_its_whole_text(tmp_path: Path) -> None:
    """Nobody knows whose it is, so it comes first, and no column is named."""
    fixes = take(tmp_path, *ROWS, "K3,P3,too,few").fixes
    assert listed(fixes, "Patient", "Line", "Column", "Found") == [["", 6, "", "K3,P3,too,few"]]


def test_what_follows_from_another_cell_is_not_listed(tmp_path: Path) -> None:
    """Once the start of a course of care is mended its visits come in: they need no mending."""
    rows = ("K1,P1,1970,F,soon,,,,,,", "K1,,,,,12/01/2026,came,,,,")
    values = mapping_filling("patients", rows={"gender": ["F"]})
    values["tables"]["episodes"]["rows"] = {"gender": ["F"]}
    intake = take(tmp_path, *rows, values=values)
    assert "episode_set_aside" in set(intake.findings.errors["rule"])
    assert listed(intake.fixes, "Line", "Column") == [[2, "start"]]


def test_warnings_that_cost_nothing_are_not_listed(tmp_path: Path) -> None:
    """Duplicates, missing texts and filters are no work for anybody."""
    fixes = take(tmp_path, ROWS[0], ROWS[0], ROWS[3].replace("1980", "n/a")).fixes
    assert len(fixes) == 0


def test_a_stored_total_is_told_in_words_of_its_own(tmp_path: Path) -> None:
    """The column of the total is no item: what may stand there is the score's range."""
    items = [f"q{number}" for number in range(10)]
    odi = {"items": items, "stored": "odi"}
    values = mapping_filling("outcomes", scores={"odi": odi})
    row = ROWS[0].replace(",40", ",400," + ",".join("2" * 10))
    fixes = take(tmp_path, row, values=values, header=f"{HEADER},{','.join(items)}").fixes
    assert listed(fixes, "Column", "What to do", "Found") == [
        ["odi", "Write a number from 0 to 100.", "400"]
    ]  # fmt: skip


def test_lines_of_several_files_name_their_file(tmp_path: Path) -> None:
    """A visit without a case number is listed under its file, sorted among the other patients."""
    (tmp_path / "a.csv").write_text("case,start\nK2,soon\nK1,2026-01-05\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("case,on\nK1,later\n,2026-01-05\n", encoding="utf-8")
    values = {
        "data_cut": "2026-06-30",
        "file": {"date_format": "%Y-%m-%d"},
        "source": [{"name": "a", "file": "a.csv"}, {"name": "b", "file": "b.csv"}],
        "tables": {
            "patients": {"source": "a", "patient_id": "case"},
            "episodes": {"source": "a", "episode_id": "case", "patient_id": "case",
                         "start_date": "start", "clinic_id": {"constant": "C01"}},
            "visits": {"source": "b", "episode_id": "case", "visit_day": {"days_from_start": "on"},
                       "status": {"constant": "attended"}},
        },
    }  # fmt: skip
    fixes = ingest(tmp_path, mapping=Mapping.from_values(values)).fixes
    assert listed(fixes, "Patient", "File", "Line", "Column") == [
        ["", "b.csv", 3, "case"], ["K1", "b.csv", 2, "on"], ["K2", "a.csv", 2, "start"]
    ]  # fmt: skip


def test_a_row_that_knows_its_course_of_care_alone_is_named_by_the_patient(tmp_path: Path) -> None:
    """Where another file says whose case it is, all that is to be mended stands together."""
    (tmp_path / "cases.csv").write_text("case,patient,start\nK1,P7,2026-01-05\n", encoding="utf-8")
    (tmp_path / "seen.csv").write_text(
        "case,seen,status\nK1,2026-01-05,perhaps\nK9,2026-01-05,attended\n", encoding="utf-8"
    )
    mapping = Mapping.from_values(
        {
            "data_cut": "2026-06-30",
            "source": [
                {"name": name, "file": f"{name}.csv", "date_format": "%Y-%m-%d"}
                for name in ("cases", "seen")
            ],
            "tables": {
                "patients": {"source": "cases", "patient_id": "patient"},
                "episodes": {
                    "source": "cases", "episode_id": "case", "patient_id": "patient",
                    "clinic_id": {"constant": "C01"}, "start_date": "start",
                },
                "visits": {
                    "source": "seen", "episode_id": "case", "status": "status",
                    "visit_day": {"days_from_start": "seen"},
                },
            },
        }
    )  # fmt: skip
    fixes = ingest(tmp_path, mapping=mapping).fixes
    assert fixes[["Patient", "File", "Column"]].to_numpy().tolist() == [
        ["K9", "seen.csv", "case"], ["P7", "seen.csv", "status"],
    ]  # fmt: skip
