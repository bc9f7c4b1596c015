"""The synthetic clinic, read once for all tests of what the reports say."""

from pathlib import Path

import pytest

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.storage import read_cohort

SYNTHETIC = Path(__file__).resolve().parents[2] / "data" / "synthetic" / "clinic"


@pytest.fixture(scope="session")
def network() -> Cohort:
    """All six synthetic clinics."""
    return read_cohort(SYNTHETIC)


@pytest.fixture(scope="session")
def clinic(network: Cohort) -> Cohort:
    """One synthetic clinic."""
    return network.select(clinic_id="C02")
