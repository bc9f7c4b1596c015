"""The commands that make a capture kit."""

from pathlib import Path

import pytest

import hinge_outcomes as ho
from hinge_outcomes.ingestion.capture import capture_mapping, recognise_kit
from tests.cli.running import files_below, run


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, whose settings are its own."""
    monkeypatch.chdir(tmp_path)


def test_a_workbook_is_made_and_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says how the workbook is handed on; run again, it leaves the file alone."""
    first = run(capsys, "capture", "xlsx", "--clinic", "C/1", "--clinician", "A")
    assert first.code == 0, first.err
    assert "hinge ingest hinge-records-C-1.xlsx" in first.out
    assert recognise_kit(tmp_path / "hinge-records-C-1.xlsx") == "xlsx"
    again = run(capsys, "capture", "xlsx", "--clinic", "C/1")
    assert again.code == 2
    assert "is there already" in again.err


def test_a_workbook_begins_with_records_that_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--from takes the clinic's own records out of a folder, and their data cut."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=60, seed=7)
    ho.write_cohort(cohort, tmp_path / "records")
    outcome = run(
        capsys, "capture", "xlsx", "--clinic", "C02", "--from", "records", "--out", "kit.xlsx"
    )
    assert outcome.code == 0, outcome.err
    assert capture_mapping(tmp_path / "kit.xlsx")["data_cut"] == cohort.cut_of()


def test_a_workbook_needs_a_clinic(capsys: pytest.CaptureFixture[str]) -> None:
    """Without one the message says where it is named."""
    outcome = run(capsys, "capture", "xlsx")
    assert (outcome.code, "--clinic C01" in outcome.err) == (2, True)


def test_settings_name_the_clinic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Id, name and paper stand in hinge.toml once, for all three forms."""
    settings = 'clinic = "C01"\npaper = "letter"\n[clinics]\nC01 = "Alder Street"\n'
    Path("hinge.toml").write_text(settings, encoding="utf-8")
    for command in ("xlsx", "redcap", "paper"):
        outcome = run(capsys, "capture", command)
        assert outcome.code == 0, outcome.err
    assert files_below(tmp_path) == {
        "hinge.toml", "hinge-records-C01.xlsx", "hinge-redcap/dictionary.csv",
        "hinge-redcap/setup.txt", "hinge-record.pdf",
    }  # fmt: skip
    dictionary = Path("hinge-redcap/dictionary.csv").read_text(encoding="utf-8")
    assert '"C01, Alder Street"' in dictionary
