"""The researcher's commands: notebooks, lab."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hinge_outcomes.cli import research
from hinge_outcomes.exceptions import ReportError
from tests.architecture.trees import ROOT
from tests.cli.running import files_below, run

SHIPPED = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


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
    assert f"hinge simulate --episodes 7000 --seed 2026 --out {records}\n" in first.out
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
