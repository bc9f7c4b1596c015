"""Commands to try and to look after an installation: demo, config show."""

from pathlib import Path

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cli import operations
from tests.cli.running import files_below, run


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """Stand in for the renderer, which has tests of its own, and keep what it was asked."""
    asked: list[tuple[str, Path]] = []

    def make(name: str, cohort: Path, parameters: dict[str, str], out: Path) -> Path:
        asked.append((f"{name} {parameters}", out))
        assert ho.read_cohort(cohort).is_synthetic
        return out / "page.html"

    few = ho.simulate(ho.Scenario.default(), n_episodes=50, seed=7)
    monkeypatch.setattr("hinge_outcomes.simulation.synthetic_clinic.simulate_clinic", lambda: few)
    monkeypatch.setattr(operations, "make_report", make)
    return asked


def test_demo_simulates_reports_and_opens(
    pages: list[tuple[str, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The demo makes records, asks for the first clinic's page, and opens it in the browser."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: bool(opened.append(address)) or True)
    outcome = run(capsys, "demo", "--folder", tmp_path / "d")
    assert outcome.code == 0, outcome.err
    assert pages == [("quarterly-outcomes {'clinic_id': 'C01'}", tmp_path / "d")]
    assert opened == [(tmp_path / "d" / "page.html").as_uri()]
    assert "records/manifest.json" in files_below(tmp_path / "d")


def test_demo_opens_nothing_when_asked_not_to(
    pages: list[tuple[str, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With --no-open no browser is looked for."""
    monkeypatch.setattr("webbrowser.open", lambda address: pytest.fail("opened"))
    assert run(capsys, "demo", "--folder", tmp_path, "--no-open").code == 0


def test_demo_without_a_browser_says_so(
    pages: list[tuple[str, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where there is no browser the page is still made and the command is done."""
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    outcome = run(capsys, "demo", "--folder", tmp_path)
    assert outcome.code == 0
    assert "open the page yourself" in outcome.out


def test_config_show_prints_every_value_with_its_origin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, environment and default are each named beside the value that they give."""
    (tmp_path / "hinge.toml").write_text('clinic = "C02"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HINGE_PAPER", "letter")
    lines = run(capsys, "config", "show").out.splitlines()
    assert lines[0] == "setting\tvalue\torigin"
    assert f"clinic\tC02\t{(tmp_path / 'hinge.toml').resolve()}" in lines
    assert "paper\tletter\tHINGE_PAPER" in lines
    assert "audience\trelease\tdefault" in lines


def test_config_show_refuses_a_slip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt key is one message and exit 2."""
    (tmp_path / "hinge.toml").write_text('papper = "a4"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    outcome = run(capsys, "config", "show")
    assert outcome.code == 2
    assert "Did you mean 'paper'?" in outcome.err
