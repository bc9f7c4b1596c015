"""The workbook: what it offers, what it refuses, and that it is the same file every day."""

import dataclasses
import os
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import hinge_outcomes as ho
from hinge_outcomes.domain.progression import STAGES
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion import capture_sheet
from hinge_outcomes.ingestion.capture_forms import FORMS
from hinge_outcomes.ingestion.capture_sheet import write_capture_workbook
from tests.hand_made import cohort_of, episode


def sheet_xml(path: Path, number: int) -> str:
    """The text of a sheet as it stands in the file, counted from 1."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"xl/worksheets/sheet{number}.xml").decode("utf-8")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty workbook for one clinic."""
    path = tmp_path_factory.mktemp("kit") / "kit.xlsx"
    return write_capture_workbook(
        path, clinic_id="C01", clinic_name="Alder Street", clinicians=["A", "B"]
    )


def test_sheets_carry_the_questions_as_heads(kit: Path) -> None:
    """One sheet per form, its columns in the order of the questions, and no row yet."""
    book = CalamineWorkbook.from_path(str(kit))
    shown = ["Read me", *(form.sheet for form in FORMS), "Lists", "About"]
    assert book.sheet_names == shown
    for form in FORMS:
        rows = book.get_sheet_by_name(form.sheet).to_python()
        assert rows == [[question.label for question in form.questions]]


def test_lists_offer_the_declared_codes(kit: Path) -> None:
    """The drop-down of stages has the ten names, numbered; clinicians are the clinic's."""
    rows = CalamineWorkbook.from_path(str(kit)).get_sheet_by_name("Lists").to_python()
    lists = {head: [row[at] for row in rows[1:] if row[at]] for at, head in enumerate(rows[0])}
    assert lists["stage"] == [f"{stage.number} {stage.name}" for stage in STAGES]
    assert lists["mastery_level"] == ["0 unable", "1 cued", "2 conscious", "3 automatic"]
    assert lists["clinicians"] == ["A", "B"]


def test_every_column_is_checked_for_5000_rows(kit: Path) -> None:
    """Each question with a rule has one down to row 5001, with a message in plain words."""
    for number, form in enumerate(FORMS, start=2):
        rules = re.findall(r"<dataValidation .*?</dataValidation>", sheet_xml(kit, number))
        ruled = [q for q in form.questions if q.column not in ("patient_id", "items")]
        assert len(rules) == len(ruled)
        assert all("Please" in rule or "case number" in rule or "clinicians" in rule
                   for rule in rules)  # fmt: skip
        assert all(re.search(r'sqref="[A-Z]2:[A-Z]5001"', rule) for rule in rules)


def test_a_visit_belongs_to_a_case_on_the_first_sheet(kit: Path) -> None:
    """Its case number is chosen among those; on the first sheet a case number stands once."""
    assert "OFFSET(Patients!$A$2" in sheet_xml(kit, 3)
    assert "EXACT($A$2:$A$5001, $A2)" in sheet_xml(kit, 2)


def test_case_numbers_keep_their_leading_zeros(tmp_path: Path) -> None:
    """A number of the clinic's own is text, also where it has digits only."""
    cohort = cohort_of(episode("007"))
    path = write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01", cohort=cohort)
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Patients").to_python()
    assert rows[1][0] == "007"


def test_the_kit_is_the_same_file_every_day(tmp_path: Path) -> None:
    """Nothing in it depends on the moment or the folder."""
    first = write_capture_workbook(tmp_path / "one.xlsx", clinic_id="C01")
    second = write_capture_workbook(tmp_path / "two.xlsx", clinic_id="C01")
    assert first.read_bytes() == second.read_bytes()


def test_a_workbook_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    """Running the command twice must not cost a clinic its records."""
    path = write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01")
    before = path.read_bytes()
    with pytest.raises(DataError, match="is there already"):
        write_capture_workbook(path, clinic_id="C02")
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="Windows has no permission bits")
def test_a_filled_workbook_is_its_owner_s_alone(tmp_path: Path) -> None:
    """It holds patients' values from the first byte on."""
    path = write_capture_workbook(tmp_path / "k.xlsx", clinic_id="C01", cohort=cohort_of(episode()))
    assert path.stat().st_mode & 0o077 == 0


def test_what_the_workbook_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another clinic's records, two appointments that no column tells apart, too many rows."""
    network = ho.simulate(ho.Scenario.default(), n_episodes=60, seed=7)
    with pytest.raises(DataError, match="for one clinic"):
        write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01", cohort=network)
    twice = pd.DataFrame(
        {"episode_id": "E1", "visit_day": 7, "visit_number": [1, 2], "status": "attended"}
    )
    cohort = dataclasses.replace(cohort_of(episode()), visits=twice)
    with pytest.raises(DataError, match="1 appointments share"):
        write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01", cohort=cohort)
    with monkeypatch.context() as patch:
        patch.setattr(capture_sheet, "_MOST_ROWS", 1)
        seen = cohort_of(episode(visits=[0, 7]))
        with pytest.raises(DataError, match="more than a sheet holds"):
            write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01", cohort=seen)
    assert not list(tmp_path.iterdir())


def test_a_formula_in_an_id_is_only_text(tmp_path: Path) -> None:
    """No spreadsheet runs what a clinic's own number says."""
    cohort = cohort_of(episode("=1+1"))
    path = write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01", cohort=cohort)
    assert "<f>1+1" not in sheet_xml(path, 2)
