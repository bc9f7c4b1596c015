"""The floors of the house hold, and each import contract is able to fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT, plant

ROOMS = ("cli", "reporting", "analysis", "simulation", "ingestion", "cohort", "plotting", "domain")
HOUSE = {
    "hinge_outcomes/__init__.py": "",
    "hinge_outcomes/config.py": "",
    "hinge_outcomes/exceptions.py": "",
    **{f"hinge_outcomes/{room}/__init__.py": "" for room in ROOMS},
}

# One forbidden step each, with the contract or the words that must object to it.
BREACHES = {
    "a floor above": ({"hinge_outcomes/domain/a.py": "import hinge_outcomes.cohort"}, "floors"),
    "another wing": ({"hinge_outcomes/analysis/a.py": "import hinge_outcomes.simulation"}, "doors"),
    "a door": ({"hinge_outcomes/reporting/a.py": "import hinge_outcomes.ingestion"}, "door"),
    "a neighbour": ({"hinge_outcomes/cohort/a.py": "import hinge_outcomes.plotting"}, "floors"),
    "types only": (
        {
            "hinge_outcomes/domain/a.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    import hinge_outcomes.cohort\n"
        },
        "floors",
    ),
    "a circle": (
        {
            "hinge_outcomes/cohort/a.py": "import hinge_outcomes.cohort.b",
            "hinge_outcomes/cohort/b.py": "import hinge_outcomes.cohort.a",
        },
        "neighbour",
    ),
    "a room without a floor": ({"hinge_outcomes/attic.py": ""}, "attic"),
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the package under a root against the contracts of this repository."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            *("--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml")),
        ],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_imports_keep_to_their_floors() -> None:
    """No module of this repository imports what its floor may not know, and none in a circle."""
    run = lint(ROOT)
    assert run.returncode == 0, run.stdout + run.stderr


def test_an_empty_house_keeps_every_contract(tmp_path: Path) -> None:
    """A house whose rooms import nothing breaks no contract, though some rooms are not built."""
    run = lint(plant(tmp_path, HOUSE))
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("step", sorted(BREACHES))
def test_a_forbidden_step_is_seen(step: str, tmp_path: Path) -> None:
    """An import made to break a contract is refused."""
    files, words = BREACHES[step]
    run = lint(plant(tmp_path, {**HOUSE, **files}))
    assert run.returncode == 1
    assert words.rstrip("s") in run.stdout


def loaded_by(statement: str) -> set[str]:
    """Names of all modules in a fresh interpreter after one statement."""
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_importing_the_package_is_cheap() -> None:
    """Importing the package loads no notebook runner, no database and no plotting library."""
    heavy = {"papermill", "nbconvert", "duckdb", "matplotlib"}
    assert not heavy & loaded_by("import hinge_outcomes")
    assert "matplotlib" in loaded_by("import matplotlib")


def test_a_report_is_made_where_unix_is_missing(tmp_path: Path) -> None:
    """Without fcntl, resource and os.fork, as on Windows, all modules import and a page is made."""
    code = """
import importlib, os, pkgutil, sys
import hinge_outcomes
# Libraries first: on the platforms that have these modules, they may use them.
import papermill, nbconvert, duckdb, matplotlib.pyplot, typer, asyncio
for name in ("fcntl", "resource"):
    sys.modules[name] = None
del os.fork
for module in pkgutil.walk_packages(hinge_outcomes.__path__, "hinge_outcomes."):
    importlib.import_module(module.name)
cohort = hinge_outcomes.simulate(hinge_outcomes.Scenario.default(), n_episodes=200, seed=1)
made = hinge_outcomes.render_report("getting-started", cohort, out=sys.argv[1])
print(*sorted(made.paths))
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.strip() == "html manifest pdf", run.stderr
    assert len(list(tmp_path.iterdir())) == 3
