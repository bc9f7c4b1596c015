"""The researcher's commands: simulate, notebooks, lab."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cli import research
from hinge_outcomes.exceptions import ReportError
from tests.architecture.trees import ROOT
from tests.cli.running import files_below, run

SHIPPED = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_simulate_writes_a_cohort_with_its_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder holds a cohort that reads back and the scenario that makes it again."""
    folder = tmp_path / "made up"
    outcome = run(capsys, "simulate", folder, "--episodes", 40, "--seed", 3, "--format", "csv")
    assert outcome.code == 0, outcome.err
    assert f"40 episodes in {folder}" in outcome.out
    cohort = ho.read_cohort(folder)
    assert (cohort.n_episodes, cohort.seed, cohort.is_synthetic) == (40, 3, True)
    assert ho.Scenario.read(folder / "scenario.toml").as_dict() == cohort.scenario


def test_simulate_reads_a_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the scenario file says holds, and what it leaves out is the default's."""
    scenario = tmp_path / "scenario.toml"
    scenario.write_text('name = "punctual"\n[visits]\nno_show = 0.0\n', encoding="utf-8")
    run(capsys, "simulate", tmp_path / "c", "--episodes", 30, "--scenario", scenario)
    stored = ho.read_cohort(tmp_path / "c").scenario
    assert stored is not None
    assert (stored["name"], stored["visits"]["no_show"]) == ("punctual", 0.0)
    assert stored["learning"] == ho.Scenario.default().as_dict()["learning"]


def test_simulate_refuses_a_scenario_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing scenario file is one message, exit 2, and no folder."""
    outcome = run(capsys, "simulate", tmp_path / "c", "--scenario", tmp_path / "none.toml")
    assert outcome.code == 2
    assert "no scenario file none.toml" in outcome.err
    assert not files_below(tmp_path)


def test_simulate_does_not_replace_what_is_no_cohort(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder with something else in it is left as it is."""
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    outcome = run(capsys, "simulate", tmp_path, "--episodes", 5)
    assert outcome.code == 2
    assert "is no cohort, so it is not replaced" in outcome.err
    assert files_below(tmp_path) == {"thesis.txt"}


def test_notebooks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """The list names every notebook that ships."""
    assert run(capsys, "notebooks", "list").out.split() == SHIPPED


def test_notebooks_are_copied_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All notebooks are copied; a copy that was changed is kept unless --force is given."""
    assert run(capsys, "notebooks", "copy", "--to", tmp_path).code == 0
    assert files_below(tmp_path) == {f"{name}.ipynb" for name in SHIPPED}
    mine = tmp_path / "getting-started.ipynb"
    original = mine.read_text(encoding="utf-8")
    mine.write_text("mine", encoding="utf-8")
    kept = run(capsys, "notebooks", "copy", "--to", tmp_path, "getting-started")
    assert "was kept" in kept.out
    assert mine.read_text(encoding="utf-8") == "mine"
    run(capsys, "notebooks", "copy", "--to", tmp_path, "getting-started", "--force")
    assert mine.read_text(encoding="utf-8") == original
    assert json.loads(original)["cells"]


def test_copies_read_the_records_that_they_are_said_to_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every notebook reads the folder that the hint names, and the hint goes once it is there."""
    copies = tmp_path / "nb"
    first = run(capsys, "notebooks", "copy", "--to", copies)
    records = tmp_path / research.RECORDS
    assert f"hinge simulate {records}" in first.out
    for path in copies.iterdir():
        assert f'\\"../{research.RECORDS.as_posix()}\\"' in path.read_text(encoding="utf-8")
    records.mkdir(parents=True)
    assert "hinge simulate" not in run(capsys, "notebooks", "copy", "--to", copies).out


def test_a_misspelt_notebook_copies_nothing(tmp_path: Path) -> None:
    """One wrong name among several stops before the first file is written."""
    with pytest.raises(ReportError, match="pain-reductoin"):
        research.copy_notebooks(tmp_path, names=["getting-started", "pain-reductoin"])
    assert not files_below(tmp_path)


def test_lab_without_jupyterlab_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where JupyterLab is not installed, the message says how to install it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = run(capsys, "lab", "--folder", tmp_path / "nb")
    assert outcome.code == 2
    assert "hinge-outcomes[lab]" in outcome.err
    assert not files_below(tmp_path)


def test_lab_opens_copies_with_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """JupyterLab is started by this Python on a folder of copies, and its exit code is ours."""
    started = []

    def start(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        started.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", start)
    outcome = run(capsys, "lab", "--folder", tmp_path / "nb", "--no-browser")
    assert outcome.code == 3
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={tmp_path / 'nb'}"]
    assert started == [[*command, "--no-browser"]]
    assert files_below(tmp_path / "nb") == {f"{name}.ipynb" for name in SHIPPED}


def test_the_kernel_of_lab_is_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A false python3 kernel that stands first on JUPYTER_PATH is not the one that starts."""
    false = tmp_path / "kernels" / "python3"
    false.mkdir(parents=True)
    spec = {"argv": ["false", "{connection_file}"], "display_name": "No", "language": "python"}
    (false / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    code = (
        "from jupyter_client.kernelspec import KernelSpecManager\n"
        "print(KernelSpecManager().get_kernel_spec('python3').argv[0])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=research.lab_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "false" not in found.stdout
    assert Path(found.stdout.strip()).stem.startswith("python")
