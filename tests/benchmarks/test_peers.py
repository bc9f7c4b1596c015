"""The benchmark's peers make the same patients as the simulator: a claim of speed rests on that."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

import hinge_outcomes as ho
from benchmarks.patient_setting import Setting
from benchmarks.patient_tables import peer_sheets
from benchmarks.plain_patients import follow_plainly
from benchmarks.simpy_patients import follow_in_simpy
from hinge_outcomes.simulation.generator import simulated_sheets
from hinge_outcomes.simulation.inputs import simulated_places
from hinge_outcomes.simulation.records import Sheets

SCENARIO = ho.Scenario.default()
PLACES = simulated_places(SCENARIO, 7)  # the same clinicians for all three
MOST_Z = 4.5
N_PATIENTS = 2_500


def of_episodes(sheets: Sheets) -> dict[str, np.ndarray]:
    """Values whose means must agree, one per episode, or per row of those that can be spared."""
    people, n = sheets.episodes, len(sheets.episodes)

    def count(rows: np.ndarray) -> np.ndarray:
        return np.bincount(rows["episode"], minlength=n).astype(float)

    visits, ratings, scores = sheets.visits, sheets.assessments, sheets.scores
    late = scores[(scores["instrument"] == 0) & (scores["day"] >= 88) & (scores["day"] <= 105)]
    early = scores[(scores["instrument"] == 1) & (scores["day"] == 0)]
    by_reason = {f"ended as {code}": people["end_reason"] == code for code in range(-1, 6)}
    return {
        "appointments": count(visits),
        "attended": count(visits[visits["status"] == 0]),
        "cancelled": count(visits[visits["status"] == 2]),
        "held by others": count(
            visits[visits["clinician"] != people["clinician"][visits["episode"]]]
        ),
        "days in care": np.bincount(visits["episode"], visits["day"], n) / count(visits),
        "home exercise": visits["home_days"][visits["home_days"] >= 0].astype(float),
        "rows of ratings": count(ratings),
        "automatic ratings": count(ratings[ratings["level"] == 3]),
        "unable ratings": count(ratings[ratings["level"] == 0]),
        "moves": count(ratings[ratings["level"] == -1]),
        "load": ratings["load"][ratings["load"] > 0].astype(float),
        "scores": count(scores),
        "RMDQ and PSFS": count(scores[scores["instrument"] >= 2]),
        "NPRS at 13 weeks": late["score"],
        "ODI on day 0": early["score"],
        "entry stage": people["entry"].astype(float),
        "target stage": people["target"].astype(float),
        "second episodes": people["is_second"].astype(float),
        "closing day": people["end_day"][people["end_day"] >= 0].astype(float),
        **{name: chosen.astype(float) for name, chosen in by_reason.items()},
    }


@cache
def ours() -> dict[str, np.ndarray]:
    """The simulator's own patients, many of them."""
    return of_episodes(simulated_sheets(SCENARIO, PLACES, n_episodes=20_000, seed=7))


@pytest.mark.parametrize("follow", [follow_plainly, follow_in_simpy])
def test_a_peer_makes_the_same_patients(follow: Callable[..., tuple[list, object]]) -> None:
    """Means of two dozen statistics agree within 4.5 standard errors."""
    made = follow(Setting(SCENARIO, PLACES), n_patients=N_PATIENTS, seed=3)
    theirs = of_episodes(peer_sheets(*made))
    for name, values in ours().items():
        error = np.sqrt(values.var() / len(values) + theirs[name].var() / len(theirs[name]))
        z = (theirs[name].mean() - values.mean()) / max(error, 1e-12)
        assert abs(z) < MOST_Z, (name, z)
