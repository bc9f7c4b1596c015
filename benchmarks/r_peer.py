"""Run an R script as a peer: one thread, its answer as JSON, stopped after a while."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

NOT_RUN = "not run"


def r_versions(package: str) -> str:
    """Name R and one of its packages with their versions; "not run" where one is missing."""
    if shutil.which("Rscript") is None:
        return NOT_RUN
    ask = (
        f'cat("R", as.character(getRversion()), "{package}", '
        f'as.character(packageVersion("{package}")))'
    )
    done = subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else NOT_RUN


def run_r(
    script: str,
    package: str,
    frame: pd.DataFrame,
    arguments: Sequence[str] = (),
    patience_s: float | None = None,
) -> dict[str, Any] | None:
    """Run a script on the file rows.csv: None where R is missing, the CPU spent where stopped."""
    if r_versions(package) == NOT_RUN:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame.to_csv(folder / "rows.csv", index=False)
        (folder / "fit.R").write_text(script, encoding="utf-8")
        before = os.times()
        try:
            done = subprocess.run(
                ["Rscript", "fit.R", "rows.csv", *arguments],
                cwd=folder,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                capture_output=True,
                text=True,
                check=True,
                timeout=patience_s,
            )
        except subprocess.TimeoutExpired:
            after = os.times()
            user = after.children_user - before.children_user
            return {"stopped": user + after.children_system - before.children_system}
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return found
