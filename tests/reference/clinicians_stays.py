"""Write the stays that clinicians.R reads: the synthetic clinic, and a small network."""

from pathlib import Path

import pandas as pd

import hinge_outcomes as ho
from hinge_outcomes.simulation.scenario import Scenario

_COLUMNS = [
    "episode_id", "clinic_id", "clinician_id", "start_day", "stop_day", "from_state", "to_state",
    "symptom_duration", "start_back_risk",
]  # fmt: skip
_ROOT = Path(__file__).resolve().parents[2]


def network_stays() -> pd.DataFrame:
    """Simulate 700 episodes of a small network, so that each clinician has few of them."""
    scenario = Scenario.named("network").replace({"clinics.count": 15})
    return ho.derive_stays(ho.simulate(scenario, n_episodes=700, seed=5))


def clinic_stays() -> pd.DataFrame:
    """Read the synthetic clinic that ships with the project."""
    return ho.derive_stays(ho.read_cohort(_ROOT / "data" / "synthetic" / "clinic"))


if __name__ == "__main__":
    here = Path(__file__).parent
    clinic_stays()[_COLUMNS].to_csv(here / "clinicians_clinic.csv", index=False)
    network_stays()[_COLUMNS].to_csv(here / "clinicians_network.csv", index=False)
