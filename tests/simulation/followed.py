"""Patients followed without chance, and single records for calling one compiled function."""

from functools import cache
from typing import Any

import numpy as np

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.generator import simulated_sheets
from hinge_outcomes.simulation.inputs import simulated_places, simulation_inputs
from hinge_outcomes.simulation.records import CARE, EPISODE, NEVER, PAGE, Sheets

SEED = np.uint64(7)

GRID = (np.arange(1000) + 0.5) / 1000
"""Draws spread evenly, so that a share over them is a probability."""

NO_END: dict[str, Any] = {
    "loss.per_day": 0.0, "discharge.after_mastery": 0.0, "discharge.goals_met": 0.0,
    "discharge.referred_per_day": 0.0, "discharge.administrative": 0.0, "recurrence.returns": 0.0,
}  # fmt: skip
"""Every way out of care is closed."""

NO_SETBACK: dict[str, Any] = {"setbacks.per_day": [0.0] * 10, "setbacks.decay_per_day": 0.0}

NO_NOISE: dict[str, Any] = {
    "visits.clinic_sd": 0.0, "visits.jitter_days": 0.0, "visits.no_show": 0.0,
    "visits.no_show_sd": 0.0, "visits.cancelled": 0.0, "visits.covered": 0.0,
    "visits.assessed": 1.0, "visits.warm_up": 0.0, "visits.rating_error": 0.0,
    "visits.flare_visit": 0.0, "pain.flares_per_year": 0.0, "pain.nprs_weekly_sd": 0.0,
    "pain.odi_weekly_sd": 0.0, "pain.nprs_error_sd": 0.0, "pain.odi_error_sd": 0.0,
    "questionnaires.baseline": 1.0, "questionnaires.in_care": 1.0,
}  # fmt: skip
"""Every appointment is kept as planned and rated without error; scores show what is felt."""

STILL = NO_END | NO_SETBACK | NO_NOISE
"""What happens follows from day 0 and from how long each stage takes."""


def inputs_of(changes: dict[str, Any]) -> Any:
    """The record that compiled functions read, of the shipped scenario with some changes."""
    return simulation_inputs(Scenario.default().replace(changes))[0]


def an_episode(**values: Any) -> Any:
    """A patient on day 0, in whom nothing has happened yet."""
    usual = {"entry": 2, "target": 5, "nprs": 5.0, "odi": 30.0, "duration": 2, "horizon": 1000,
             "start": 19_000, "end_day": -1, "end_reason": -1, "interval_factor": 1.0}  # fmt: skip
    times = dict.fromkeys(("left", "referred", "mastered", "closed"), NEVER)
    return _record(EPISODE, {**usual, **times, **values})


def a_care(**values: Any) -> Any:
    """One moment of care."""
    return _record(
        CARE,
        {
            "stage": 2,
            "number": 1,
            "path_used": 8,
            "last_nprs": 5.0,
            "setback_factor": 1.0,
            **values,
        },
    )


def a_page(*, keeps_truth: bool = True) -> Any:
    """An empty page."""
    return _record(PAGE, {"keeps_truth": keeps_truth})


def _record(dtype: np.dtype[Any], values: dict[str, Any]) -> Any:
    made = np.zeros(1, dtype)
    for name, value in values.items():
        made[name] = value
    return made[0]


def followed(changes: dict[str, Any], n_episodes: int = 300, seed: int = 7) -> Sheets:
    """Records of episodes, events and latent scores included; the same call is made once."""
    frozen = {key: tuple(value) if isinstance(value, list) else value
              for key, value in changes.items()}  # fmt: skip
    return _followed(tuple(frozen.items()), n_episodes, seed)


@cache
def _followed(changes: tuple[tuple[str, Any], ...], n_episodes: int, seed: int) -> Sheets:
    scenario = Scenario.default().replace(dict(changes))
    places = simulated_places(scenario, seed)
    return simulated_sheets(scenario, places, n_episodes=n_episodes, seed=seed, keeps_truth=True)


def rows_of(rows: Any, episode: int) -> Any:
    """The rows of one episode."""
    return rows[rows["episode"] == episode]
