"""Run the R scripts of tests/reference again and compare with the numbers that are stored."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from validation.proofs import Proof

ROOT = Path(__file__).resolve().parents[1]
REFERENCES = ROOT / "tests" / "reference"
RELATIVE, ABSOLUTE = 1e-5, 1e-7
"""Searches of another version of R stop elsewhere: 1e-5 is a tenth of what the tests allow."""

COLUMNS = ("script", "numbers", "largest difference", "beyond tolerance", "versions")
QUICK = ("occupancy",)
"""Scripts that end within seconds."""

_INPUTS = {
    "clinicians": ("clinicians_stays.py",),
    "hidden": ("hidden_ratings.py",),
    "cox": (
        "-c",
        "import hinge_outcomes as ho; stays = ho.derive_stays("
        "ho.read_cohort('../../data/synthetic/clinic')); "
        "stays.to_csv('cox_stays.csv', index=False)",
    ),
}
"""What makes the tables that are not kept beside a script, as arguments of Python."""

_NO_PACKAGE = "there is no package called"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold how a script's numbers of today compare with the stored ones."""

    n_numbers: int
    largest: float
    beyond: int
    versions: str


def reference_proof(is_quick: bool) -> Proof:
    """Run every script where R and its packages are there; a missing one is not run, and said."""
    rows, holds = [], True
    for script in sorted(REFERENCES.glob("*.R")):
        name = script.stem
        if not script.with_suffix(".json").exists():
            continue
        if is_quick and name not in QUICK:
            rows.append((name, "", "", "", "not run: the quick form leaves it out"))
            continue
        found = run_again(name)
        if isinstance(found, str):
            rows.append((name, "", "", "", f"not run: {found}"))
            continue
        holds &= found.beyond == 0 and found.n_numbers > 0
        rows.append(
            (name, f"{found.n_numbers:,}", f"{found.largest:.0e}", f"{found.beyond}",
             found.versions)
        )  # fmt: skip
    return Proof(
        f"The R scripts of tests/reference give the stored numbers again (within {RELATIVE:g} "
        f"relative or {ABSOLUTE:g} absolute)",
        COLUMNS,
        rows,
        holds,
    )


def run_again(name: str) -> Comparison | str:
    """Run a script on tables made anew, in a copy of its folder; or say why it was not run."""
    if shutil.which("Rscript") is None:
        return "R is missing"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "tests" / "reference"
        shutil.copytree(REFERENCES, folder)
        clinic = Path("data") / "synthetic" / "clinic"
        shutil.copytree(ROOT / clinic, Path(place) / clinic)
        stored = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        (folder / f"{name}.json").unlink()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        if name in _INPUTS:
            subprocess.run(
                [sys.executable, *_INPUTS[name]], cwd=folder, env=environment, check=True
            )
        done = subprocess.run(
            ["Rscript", f"{name}.R"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            if _NO_PACKAGE in done.stderr:
                return "a package of R is missing"
            raise RuntimeError(f"{name}.R failed: {done.stderr[-500:]}")
        written = folder / f"{name}.json"
        text = written.read_text(encoding="utf-8") if written.exists() else done.stdout
    return compare(stored, json.loads(text))


def compare(stored: dict[str, Any], today: dict[str, Any]) -> Comparison:
    """Compare all numbers of two results; what only one of them has is beyond tolerance."""
    then, now = (dict(_numbers(found, "")) for found in (stored, today))
    shared = then.keys() & now.keys()
    gaps = {key: abs(then[key] - now[key]) for key in shared}
    allowed = {key: ABSOLUTE + RELATIVE * abs(then[key]) for key in shared}
    beyond = sum(gaps[key] > allowed[key] for key in shared) + len(then.keys() ^ now.keys())
    # Relative to the number, or to what its absolute tolerance amounts to near zero.
    largest = max((RELATIVE * gaps[key] / allowed[key] for key in shared), default=0.0)
    return Comparison(len(shared), largest, beyond, _versions(stored, today))


def _numbers(found: Any, path: str) -> Iterator[tuple[str, float]]:
    """Walk through nested results and give every number with the way to it."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key != "versions":
                yield from _numbers(value, f"{path}/{key}")
    elif isinstance(found, list):
        for place, value in enumerate(found):
            yield from _numbers(value, f"{path}/{place}")
    elif isinstance(found, int | float) and not isinstance(found, bool):
        yield path, float(found)


def _versions(stored: dict[str, Any], today: dict[str, Any]) -> str:
    then, now = (_said(found.get("versions", {})) for found in (stored, today))
    return now if then == now else f"{now}; stored: {then}"


def _said(versions: dict[str, str]) -> str:
    said = {name: text.removeprefix("R version ") for name, text in versions.items()}
    return ", ".join(f"{name} {text.split(' (')[0]}" for name, text in said.items())
