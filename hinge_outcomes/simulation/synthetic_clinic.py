"""Write a simulated cohort to a folder, and make again the one that ships with the project.

``python -m hinge_outcomes.simulation.synthetic_clinic data/synthetic/clinic`` does the latter.
"""

import os
import sys
from pathlib import Path

from hinge_outcomes.cohort.atomic_files import write_whole
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.manifest import SCENARIO_FILE
from hinge_outcomes.cohort.storage import write_cohort
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation.generator import simulate
from hinge_outcomes.simulation.scenario import Scenario

CLINIC_SEED = 2026


def simulate_clinic() -> Cohort:
    """Make the synthetic clinic that ships with the project.

    Returns
    -------
    Cohort
        Six clinics, twelve quarters of starts, about 100 episodes per clinic and quarter.
    """
    scenario = Scenario.default()
    return simulate(scenario, n_episodes=scenario.clinics.episodes, seed=CLINIC_SEED)


def write_simulated(
    cohort: Cohort, path: str | os.PathLike[str], *, format: str = "parquet"
) -> Path:
    """Write a simulated cohort to a folder, with its scenario as a commented TOML file.

    Parameters
    ----------
    cohort : Cohort
        A cohort that ``simulate`` made.
    path : path
        The folder; an older cohort there is replaced.
    format : str, default "parquet"
        "parquet" or "csv".

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ConfigError
        If the cohort was not simulated.
    DataError
        If the folder holds something else, or the disk is full.
    """
    if cohort.scenario is None:
        raise ConfigError(
            "This cohort has no scenario: it was not simulated. Use write_cohort instead."
        )
    scenario = Scenario.from_dict(cohort.scenario)
    folder = write_cohort(cohort, path, format=format)
    write_whole(folder / SCENARIO_FILE, scenario.as_toml())
    return folder


if __name__ == "__main__":
    write_simulated(simulate_clinic(), *sys.argv[1:2])
