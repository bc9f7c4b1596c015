"""The commands of the mapping: a draft to be answered, and a check that writes nothing."""

import os
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT
from tests.cli.running import files_below, run

Capture = pytest.CaptureFixture[str]

EXPORT = ROOT / "examples" / "clinic" / "export.csv"
MAPPING = ROOT / "examples" / "clinic" / "mapping.toml"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of our own."""
    monkeypatch.chdir(tmp_path)


def test_a_draft_is_written_and_its_questions_are_asked(capsys: Capture) -> None:
    """The file is the owner's alone; the screen tells each column and numbers the questions."""
    outcome = run(capsys, "mapping", "draft", EXPORT)
    assert outcome.code == 0, outcome.err
    assert "export.csv\tPayer\tleft out\t" in outcome.out
    assert "1. data_cut: up to which day" in outcome.out
    assert "26 of 27 columns were given a meaning; 2 questions must be answered" in outcome.out
    draft = Path("mapping-draft.toml")
    assert draft.read_text(encoding="utf-8").startswith("# Drafted by")
    if os.name == "posix":
        assert draft.stat().st_mode & 0o077 == 0


def test_answers_are_not_overwritten(capsys: Capture) -> None:
    """A second draft of the same name is refused, unless it is forced."""
    Path("mine.toml").write_text("# my answers\n", encoding="utf-8")
    outcome = run(capsys, "mapping", "draft", EXPORT, "--out", "mine.toml")
    assert outcome.code == 2
    assert "--force" in outcome.err
    assert Path("mine.toml").read_text(encoding="utf-8") == "# my answers\n"
    assert run(capsys, "mapping", "draft", EXPORT, "--out", "mine.toml", "--force").code == 0


def test_check_tells_how_every_column_is_filled(capsys: Capture) -> None:
    """Without an export, the rules alone are told."""
    outcome = run(capsys, "mapping", "check", MAPPING)
    assert outcome.code == 0, outcome.err
    assert "patients\tbirth_year\tBorn\tyear of a date, %d/%m/%Y" in outcome.out
    assert "patients\tsex\tGender\tby [codes.sex]" in outcome.out
    assert "always True" in outcome.out
    assert "Name the exports as well" in outcome.out


def test_check_tells_what_would_happen_and_writes_nothing(capsys: Capture) -> None:
    """The account and the findings are those of the intake, and no file appears."""
    outcome = run(capsys, "mapping", "check", MAPPING, EXPORT)
    assert outcome.code == 0, outcome.err
    assert "805 rows read = 805 accepted" in outcome.out
    assert "stored as missing" in outcome.out
    last = outcome.out.splitlines()[-1]
    assert last.startswith("Nothing was written. To load: hinge ingest ")
    assert files_below(".") == set()


def test_check_exits_2_where_a_row_would_be_set_aside(capsys: Capture) -> None:
    """One appointment of no known status: the finding is told by column, and the exit code is 2."""
    text = EXPORT.read_text(encoding="utf-8-sig").replace(";came;", ";teleported;", 1)
    Path("bad.csv").write_text(text, encoding="utf-8")
    outcome = run(capsys, "mapping", "check", MAPPING, "bad.csv")
    assert outcome.code == 2
    assert "unknown_code" in outcome.out
    assert "loading it writes a fix list" in outcome.out
    assert "teleported" not in outcome.out
