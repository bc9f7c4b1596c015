"""What a kit says of itself: read from the cells where a clinic wrote it, never guessed."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion.capture_facts import (
    read_redcap_facts,
    read_workbook_facts,
    sheet_names,
    text_header,
)
from hinge_outcomes.ingestion.capture_redcap import write_capture_redcap
from hinge_outcomes.ingestion.capture_sheet import write_capture_workbook
from tests.hand_made import DATA_CUT, cohort_of, episode


def written(folder: Path, about: dict[str, Any], guide: dict[str, Any]) -> Path:
    """A workbook with the kit's sheets, and cells of one's own on two of them."""
    path = folder / "kit.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("Read me", "Patients", "Visits", "More ratings", "Questionnaires", "About"):
            sheet = book.add_worksheet(name)
            told = {"Read me": guide, "About": about}.get(name, {})
            for row, (label, value) in enumerate(told.items()):
                sheet.write_row(row, 0, [label, value])
    return path


ABOUT = {"hinge capture kit": "1", "Clinic id": "C01"}
GUIDE = {"Data complete up to": "2026-09-30"}


def test_a_workbook_says_whose_it_is_and_which_forms_have_rows(tmp_path: Path) -> None:
    """Clinic, name, data cut, and that its numbers are pseudonyms, come out as they went in."""
    cohort = cohort_of(episode(visits=[0]))
    path = write_capture_workbook(
        tmp_path / "kit.xlsx", clinic_id="C01", clinic_name="Alder Street", cohort=cohort
    )
    facts = read_workbook_facts(path)
    assert (facts.clinic_id, facts.clinic_name, facts.data_cut) == ("C01", "Alder Street", DATA_CUT)
    assert facts.forms == {"course", "visit"}
    assert (facts.has_pseudonyms, facts.is_invented) == (True, False)


def test_a_date_typed_as_a_date_or_as_text_is_the_same(tmp_path: Path) -> None:
    """Spreadsheets keep a date as a number; what is pasted into them often stays text."""
    told = written(tmp_path, ABOUT, {"Data complete up to": "2026-09-30 00:00:00"})
    assert read_workbook_facts(told).data_cut == dt.date(2026, 9, 30)


def test_only_workbooks_have_sheets_and_only_texts_a_header(tmp_path: Path) -> None:
    """Neither question opens more of a file than it must, and neither raises."""
    path = written(tmp_path, ABOUT, GUIDE)
    assert "Patients" in sheet_names(path)
    text = tmp_path / "a.csv"
    text.write_text('\ufeff"a";b;c\n1;2;3\n', encoding="utf-8")
    assert (sheet_names(text), text_header(text)) == (set(), (["a", "b", "c"], ";"))
    assert (sheet_names(tmp_path), text_header(tmp_path)) == (set(), ([], ","))


def test_a_damaged_workbook_is_refused_and_never_a_traceback(tmp_path: Path) -> None:
    """Whatever byte of it is wrong: it is recognised or not, and read or refused by a message."""
    whole = write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01").read_bytes()
    path = tmp_path / "damaged.xlsx"
    for place in range(0, len(whole), len(whole) // 150):
        path.write_bytes(whole[:place] + b"\xff\xff\xff" + whole[place + 3 :])
        with pytest.raises(DataError):  # an empty kit has no data cut at best
            read_workbook_facts(path)


@pytest.mark.parametrize(
    ("about", "guide", "told"),
    [
        (ABOUT, {"Data complete up to": ""}, "up to which day its records are complete"),
        (ABOUT, {"Data complete up to": "soon"}, "up to which day its records are complete"),
        (ABOUT, {}, "up to which day its records are complete"),
        ({"hinge capture kit": "1"}, GUIDE, "which clinic it is"),
        (ABOUT | {"hinge capture kit": "2"}, GUIDE, "newer version"),
    ],
)
def test_a_kit_that_leaves_the_cut_or_clinic_open_is_refused(
    about: dict[str, Any], guide: dict[str, Any], told: str, tmp_path: Path
) -> None:
    """Neither is guessed: the message names the cell that is to be filled in."""
    with pytest.raises(MappingError, match=told):
        read_workbook_facts(written(tmp_path, about, guide))


def redcap_export(folder: Path, cuts: dict[str, str]) -> Path:
    """An export whose clinics call themselves complete up to different days."""
    cohort = cohort_of(*(episode(f"E{n}", clinic_id=clinic) for n, clinic in enumerate(cuts)))
    path = write_capture_redcap(folder, cohort=cohort)[2]
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    frame["complete_to"] = frame["clinic"].map(cuts)
    frame.to_csv(path, index=False)
    return path


def test_each_clinic_of_a_redcap_project_has_its_own_cut(tmp_path: Path) -> None:
    """The latest date of a clinic counts, written on any of its records."""
    path = redcap_export(tmp_path, {"C01": "2026-09-30", "C02": "2026-10-31"})
    text = path.read_text(encoding="utf-8")
    path.write_text(f"\ufeff{text.replace(',', ';')}", encoding="utf-8")
    facts = read_redcap_facts(path)
    assert facts.data_cut == {"C01": dt.date(2026, 9, 30), "C02": dt.date(2026, 10, 31)}
    assert facts.delimiter == ";"


def test_a_clinic_without_a_cut_is_a_question(tmp_path: Path) -> None:
    """One date for another clinic says nothing of this one."""
    path = redcap_export(tmp_path, {"C01": "2026-09-30", "C02": ""})
    with pytest.raises(MappingError, match="complete_to on one record of each clinic"):
        read_redcap_facts(path)
