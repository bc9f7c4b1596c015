"""Run the scripts that a check writes in R, where R and the package are on this machine."""

import shutil
import subprocess

import pandas as pd
import pytest

from hinge_outcomes.analysis.r_check import write_r_check


def needs_r(package):
    """Skip a test with a message where R or one of its packages is missing."""
    return pytest.mark.skipif(
        not _has(package), reason=f"R with its package {package} is not on this machine"
    )


def _has(package):
    if shutil.which("Rscript") is None:
        return False
    ask = f'quit(status = !requireNamespace("{package}", quietly = TRUE))'
    return subprocess.run(["Rscript", "-e", ask], capture_output=True, check=False).returncode == 0


def compared_by_r(result, folder):
    """Write the check of a result, run it, and give what it compared; everything was found."""
    script = write_r_check(result, folder / "check")
    done = subprocess.run(
        ["Rscript", script.name], cwd=script.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Largest difference" in done.stdout
    found = pd.read_csv(script.with_name("compared.csv"))
    assert found["R"].notna().all()
    return found


def largest_difference(found):
    """The largest difference from R, relative where a number is above 1."""
    return (found["difference"].abs() / found["ours"].abs().clip(lower=1)).max()
