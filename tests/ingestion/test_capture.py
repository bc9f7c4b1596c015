"""A filled kit is read without a mapping, and gives the very cohort that filled it."""

import dataclasses
import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.capture import capture_mapping, recognise_kit
from hinge_outcomes.ingestion.capture_redcap import write_capture_redcap
from hinge_outcomes.ingestion.capture_sheet import write_capture_workbook
from hinge_outcomes.ingestion.mapping import Mapping
from tests.hand_made import DATA_CUT, cohort_of, episode
from tests.strategies import cohorts


def hashes(cohort: Cohort) -> dict[str, str]:
    """What each table says, whatever it is stored in."""
    return {name: content_hash(name, getattr(cohort, name)) for name in TABLE_NAMES}


def taken_back(path: Path) -> Cohort:
    """Ingest a filled kit as it is: no mapping, and nothing to complain of."""
    intake = ho.ingest(path)
    assert not len(intake.findings.errors)
    assert intake.account.accepted == intake.account.read
    return intake.cohort


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


def test_a_filled_workbook_gives_the_cohort_that_filled_it(tmp_path: Path) -> None:
    """Simulated, written into the workbook, read without a mapping: equal table by table."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=7).select(clinic_id="C01")
    name = cohort.clinic_name("C01")
    path = write_capture_workbook(
        tmp_path / "kit.xlsx", clinic_id="C01", clinic_name=name, cohort=cohort
    )
    back = taken_back(path)
    assert hashes(back) == hashes(cohort)
    assert (back.data_cut, back.clinic_name("C01")) == (cohort.data_cut, name)
    assert any("invented" in sentence for sentence in back.assumptions)


def test_a_filled_redcap_project_gives_the_cohort_that_filled_it(tmp_path: Path) -> None:
    """Six clinics in one project, read without a mapping: equal table by table."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=7)
    back = taken_back(write_capture_redcap(tmp_path, cohort=cohort)[2])
    assert hashes(back) == hashes(cohort)
    assert back.data_cut == cohort.data_cut


@settings(max_examples=25, deadline=None)
@given(cohort=cohorts())
def test_any_lawful_cohort_survives_redcap(
    cohort: Cohort, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Ratings without a visit, null flags, days before the start, two visits a day: all of it."""
    has_one = cohort.patients["patient_id"].isin(cohort.episodes["patient_id"])
    cohort = dataclasses.replace(cohort, patients=cohort.patients[has_one])
    folder = tmp_path_factory.mktemp("redcap")
    assert hashes(taken_back(write_capture_redcap(folder, cohort=cohort)[2])) == hashes(cohort)


def test_a_hand_made_course_survives_the_workbook(tmp_path: Path) -> None:
    """Three ratings a day, one at a missed visit, one without a level, scores out of any visit."""
    cohort = cohort_of(
        episode(
            "007",
            end=(60, "goals_met"),
            visits={0: "attended", 7: "no_show", 8: "cancelled", 9: "attended"},
            ratings=[(0, 1, 2, True), (0, 2, 0, False), (0, 3, None, None), (7, 2, 1, True),
                     (9, 2, None, True)],
            scores=[(-3, "odi", 100 / 3), (0, "nprs", 6.5), (9, "odi", 20.0), (30, "groc", -2.0)],
        )
    )  # fmt: skip
    path = write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01", cohort=cohort)
    assert hashes(taken_back(path)) == hashes(cohort)


@pytest.mark.parametrize("kind", ["xlsx", "redcap"])
def test_a_mapping_reads_only_columns_of_the_kit(kind: str, tmp_path: Path) -> None:
    """What the kit says of itself is a mapping like any other, with sources where there are."""
    cohort = cohort_of(episode(visits=[0], scores=[(0, "nprs", 5.0)]))
    if kind == "xlsx":
        path = write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01", cohort=cohort)
    else:
        path = write_capture_redcap(tmp_path, cohort=cohort)[2]
    assert recognise_kit(path) == kind
    mapping = Mapping.from_values(capture_mapping(path))
    assert mapping.data_cut == DATA_CUT
    sheets = [source.sheet for source in mapping.sources]
    assert sheets == (["Patients", "Visits"] if kind == "xlsx" else [""])
    assert {block.table for block in mapping.blocks} == {
        "patients", "episodes", "visits", "assessments", "outcomes"
    }  # fmt: skip


def test_other_files_are_no_kit(tmp_path: Path) -> None:
    """A folder, nothing, a text, an archive, another workbook: none is taken for a kit."""
    text, archive, book = (tmp_path / name for name in ("a.csv", "a.zip", "a.xlsx"))
    text.write_text("case,date\n1,2026-01-01\n", encoding="utf-8")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("xl/other.xml", "<sheet name='Patients'/>")
    xlsxwriter.Workbook(book).close()
    for path in (tmp_path, tmp_path / "absent", text, archive, book):
        assert recognise_kit(path) is None
        with pytest.raises(MappingError, match="is no capture kit"):
            capture_mapping(path)


def test_a_damaged_workbook_is_refused_and_never_a_traceback(tmp_path: Path) -> None:
    """Whatever byte of it is wrong: it is recognised or not, and read or refused by a message."""
    whole = write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01").read_bytes()
    path = tmp_path / "damaged.xlsx"
    for place in range(0, len(whole), len(whole) // 150):
        path.write_bytes(whole[:place] + b"\xff\xff\xff" + whole[place + 3 :])
        with pytest.raises(MappingError):  # an empty kit has no data cut at best
            capture_mapping(path)


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
        capture_mapping(written(tmp_path, about, guide))


def test_a_clinic_s_own_numbers_are_not_called_pseudonyms(tmp_path: Path) -> None:
    """Typed numbers become pseudonyms where there is a key; those of a cohort are some already."""
    typed = capture_mapping(written(tmp_path, ABOUT, GUIDE))
    assert "privacy" not in typed
    (tmp_path / "filled").mkdir()
    filled = write_capture_workbook(
        tmp_path / "filled" / "kit.xlsx", clinic_id="C01", cohort=cohort_of(episode())
    )
    assert capture_mapping(filled)["privacy"] == {"ids": "keep"}


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
    values = capture_mapping(path)
    assert values["data_cut"] == {"C01": dt.date(2026, 9, 30), "C02": dt.date(2026, 10, 31)}
    assert values["file"]["delimiter"] == ";"


def test_a_clinic_without_a_cut_is_a_question(tmp_path: Path) -> None:
    """One date for another clinic says nothing of this one."""
    path = redcap_export(tmp_path, {"C01": "2026-09-30", "C02": ""})
    with pytest.raises(MappingError, match="complete_to on one record of each clinic"):
        capture_mapping(path)
