"""Checks for a reviewer: private files without names, and a refusal that says what there is."""

import os
import stat
from dataclasses import dataclass

import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from hinge_outcomes.analysis.r_check import SUPPORTED, write_r_check
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError

STAYS = pd.DataFrame(
    {
        "id": ["Ann", "Bob", "Eve"],
        "clinic": ["North", "South", "North"],
        "tstart": 0,
        "tstop": [3, 5, 8],
        "from": "ill",
        "to": ["well", None, "well"],
    }
)


@dataclass(frozen=True, slots=True)
class Unknown(Result):
    """A result that R has no counterpart to."""

    def table(self):
        """Nothing."""
        return pd.DataFrame()

    def plot(self, ax=None):
        """Nothing."""
        return ax

    def summary(self):
        """Nothing."""
        return ""


def test_names_of_people_and_clinics_are_not_written(tmp_path):
    """Subjects and clusters are running numbers in every file."""
    result = aalen_johansen(STAYS, cluster="clinic", start_distribution="estimated")
    script = write_r_check(result, tmp_path / "check")
    texts = [path.read_text(encoding="utf-8") for path in script.parent.iterdir()]
    assert not any(name in text for text in texts for name in ("Ann", "Bob", "Eve", "North"))


@pytest.mark.skipif(os.name != "posix", reason="rights are not kept in a file's mode here")
def test_only_the_owner_may_read_the_files(tmp_path):
    """The rows are of patients, so folder and files are private."""
    script = write_r_check(aalen_johansen(STAYS), tmp_path / "check")
    for path in (script.parent, *script.parent.iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_a_second_check_replaces_the_first(tmp_path):
    """The folder holds the check that was written last, whole, and nothing half-written."""
    write_r_check(aalen_johansen(STAYS), tmp_path)
    script = write_r_check(aalen_johansen(STAYS.head(2)), tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["check.R", "ours.csv", "starts.csv", "stays.csv"]
    assert len(pd.read_csv(script.with_name("stays.csv"))) == 2


def test_other_results_are_refused_with_what_is_supported(tmp_path):
    """The error names the class and everything that can be checked, and writes nothing."""
    with pytest.raises(AnalysisError, match="Unknown") as caught:
        write_r_check(Unknown(), tmp_path / "check")
    assert all(name in str(caught.value) for name in SUPPORTED)
    assert not (tmp_path / "check").exists()
