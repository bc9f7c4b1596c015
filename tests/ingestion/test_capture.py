"""A filled kit is read without a mapping, and gives the very cohort that filled it."""

import dataclasses
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.capture import capture_mapping, recognise_kit
from hinge_outcomes.ingestion.capture_facts import read_workbook_facts
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


def test_a_clinic_s_own_numbers_are_not_called_pseudonyms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed numbers become pseudonyms where there is a key; those of a cohort are some already."""
    cohort = cohort_of(episode())
    filled = write_capture_workbook(tmp_path / "kit.xlsx", clinic_id="C01", cohort=cohort)
    assert capture_mapping(filled)["privacy"] == {"ids": "keep"}
    facts = read_workbook_facts(filled)
    with monkeypatch.context() as patch:
        typed = dataclasses.replace(facts, has_pseudonyms=False)
        patch.setattr("hinge_outcomes.ingestion.capture.read_workbook_facts", lambda file: typed)
        assert "privacy" not in capture_mapping(filled)
