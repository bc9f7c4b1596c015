"""The synthetic clinic in the repository is the one its scenario and seed make."""

import json
from pathlib import Path

import pytest

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.cohort.storage import read_cohort
from hinge_outcomes.cohort.tables import TABLE_NAMES
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation import Scenario, simulate
from hinge_outcomes.simulation.synthetic_clinic import simulate_clinic, write_simulated

CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"


def test_the_shipped_tables_are_made_again_from_the_scenario() -> None:
    """Content hashes of a fresh simulation equal those in the manifest."""
    manifest = json.loads((CLINIC / "manifest.json").read_text(encoding="utf-8"))
    cohort = simulate_clinic()
    found = {name: content_hash(name, getattr(cohort, name)) for name in TABLE_NAMES}
    assert found == {name: manifest["tables"][name]["content_hash"] for name in TABLE_NAMES}
    assert manifest["seed"] == cohort.seed
    assert Scenario.from_dict(manifest["scenario"], complete=True) == Scenario.default()


def test_the_shipped_scenario_is_the_default() -> None:
    """The folder's scenario.toml reads as the scenario of its manifest."""
    assert Scenario.read(CLINIC / "scenario.toml") == Scenario.default()


def test_the_shipped_folder_is_small() -> None:
    """All files together stay under 5 MB."""
    assert sum(file.stat().st_size for file in CLINIC.iterdir()) < 5_000_000


def test_a_simulated_cohort_is_written_with_its_scenario(tmp_path: Path) -> None:
    """What is read back is what was written, and the scenario lies beside it; twice is fine."""
    scenario = Scenario.default().replace({"name": "mine", "visits.no_show": 0.2})
    cohort = simulate(scenario, n_episodes=30, seed=1)
    for format in ("parquet", "csv"):
        folder = write_simulated(cohort, tmp_path / "mine", format=format)
        again = read_cohort(folder)
        assert content_hash("visits", again.visits) == content_hash("visits", cohort.visits)
        assert Scenario.read(folder / "scenario.toml") == scenario


def test_only_simulated_cohorts_have_a_scenario_to_write(tmp_path: Path) -> None:
    """A clinic's own cohort is refused with the function to use instead."""
    cohort = simulate(Scenario.default(), n_episodes=5, seed=1)
    tables = {name: getattr(cohort, name) for name in TABLE_NAMES}
    clinic = Cohort(**tables, data_cut=cohort.data_cut)
    with pytest.raises(ConfigError, match="write_cohort"):
        write_simulated(clinic, tmp_path / "mine")
