"""The linter and the type checker find nothing, and both are able to object."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT, plant

# One slip each, with the rule of the linter that must object to it.
SLIPS = {
    "T201": "print('a patient')\n",
    "PLW1514": "from pathlib import Path\n\ntext = Path('a.txt').read_text()\n",
    "NPY002": "import numpy as np\n\nx = np.random.normal()\n",
    "F401": "import os\n",
}


def run_tool(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a module of this environment and catch what it says."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_linter_finds_nothing() -> None:
    """Ruff finds nothing in the package and its tests."""
    run = run_tool("ruff", "check", "--no-cache", ".")
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_type_checker_finds_nothing() -> None:
    """Mypy in strict mode finds nothing in the package."""
    run = run_tool("mypy")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("rule", sorted(SLIPS))
def test_the_linter_sees_a_slip(rule: str, tmp_path: Path) -> None:
    """The linter is set up to object to prints, unnamed encodings, global randomness and litter."""
    plant(tmp_path, {"hinge_outcomes/slip.py": SLIPS[rule]})
    config = str(ROOT / "pyproject.toml")
    run = run_tool("ruff", "check", "--output-format=json", "--config", config, ".", cwd=tmp_path)
    assert run.returncode == 1
    assert rule in {slip["code"] for slip in json.loads(run.stdout)}


def test_the_type_checker_sees_a_slip(tmp_path: Path) -> None:
    """The type checker is set up to object to a function without types."""
    plant(tmp_path, {"slip.py": "def f(x):\n    return x\n"})
    config = str(ROOT / "pyproject.toml")
    run = run_tool("mypy", "--config-file", config, "slip.py", cwd=tmp_path)
    assert run.returncode == 1
    assert "no-untyped-def" in run.stdout
