"""What is known exactly of a Markov ladder: by hand, and by very many simulated patients."""

import math

import numpy as np
import pytest

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.calibration import followed_up
from hinge_outcomes.simulation.generator import simulated_sheets
from hinge_outcomes.simulation.inputs import simulated_places
from hinge_outcomes.simulation.markov_ladder import (
    exact_latent_mastery,
    exact_rates,
    has_exact_mastery,
    is_markov_ladder,
)
from hinge_outcomes.simulation.scenario import scenario_names

MATCHED = Scenario.named("matched")
AT_ONE = [1.0] + [0.0] * 9


def test_only_the_matched_scenario_is_a_markov_ladder() -> None:
    """Ratings, frailty, decay or missed visits each make a ladder something else."""
    assert [name for name in scenario_names() if is_markov_ladder(Scenario.named(name))] == [
        "matched"
    ]
    for key, value in (
        ("learning.frailty_sd", 0.1), ("setbacks.decay_per_day", 0.01), ("loss.missed", 0.5),
        ("placement.head_start", 0.2), ("progression.pause_days", 5.0),
        ("learning.dwell_shape", [1.0] * 9 + [1.4]), ("discharge.referred_pain", 0.1),
    ):  # fmt: skip
        assert not is_markov_ladder(MATCHED.replace({key: value})), key


def test_rates_are_those_of_the_scenario() -> None:
    """One forward rate a stage, a backward rate from stage 2 on, and each effect that is not 0."""
    found = {(name, stage): value for name, stage, value in exact_rates(MATCHED)}
    assert found["forward_rate", "4"] == 1 / 25
    assert ("backward_rate", "1") not in found
    assert found["backward_rate", "2"] == 0.006
    assert found["forward_log_hazard_ratio_chronic", ""] == -0.4
    assert not [name for name, _ in found if "adherence" in name]
    assert list(exact_rates(Scenario.default())) == []


def test_one_stage_and_one_exit_by_hand() -> None:
    """KA8 in small: up f, exit x gives P(T <= t) = f / (f + x) (1 - exp(-(f + x) t))."""
    one = MATCHED.replace(
        {
            "placement.entry_shares": AT_ONE,
            "placement.target_shares": AT_ONE,
            "learning.dwell_days": [10.0] * 10,
            "learning.age_per_decade": 0.0,
            "learning.subacute": 0.0,
            "learning.chronic": 0.0,
            "loss.per_day": 0.05,
            "discharge.referred_per_day": 0.0,
        }
    )
    for day, found in zip((7.0, 1e4), exact_latent_mastery(one, "target", (7.0, 1e4)), strict=True):
        assert found == pytest.approx(2 / 3 * (1 - math.exp(-0.15 * day)), abs=1e-12)
    assert math.isnan(exact_latent_mastery(one, 2, [7.0])[0])


def test_other_effects_are_not_worked_out() -> None:
    """Hazards that depend on more than age and duration need simulating."""
    assert has_exact_mastery(MATCHED)
    assert not has_exact_mastery(MATCHED.replace({"learning.adherence": 0.5}))
    assert not has_exact_mastery(MATCHED.replace({"placement.age_per_decade": -0.1}))


def test_the_simulator_finds_the_exact_probabilities() -> None:
    """60,000 patients reach their targets, and stages 2 and 6, as the matrix exponential says."""
    scenario = followed_up(MATCHED, 400)
    n = 60_000
    sheets = simulated_sheets(
        scenario, simulated_places(scenario, 5), n_episodes=n, seed=5, keeps_truth=True
    )
    first = np.full((n, 11), np.inf)
    learned = sheets.events[sheets.events["kind"] == 0]
    np.minimum.at(first, (learned["episode"], learned["stage"]), learned["time"])
    entry, target = sheets.episodes["entry"], sheets.episodes["target"]
    for stage in ("target", 2, 6):
        if stage == "target":
            reached = first[np.arange(n), target]
        else:
            reached = first[(entry <= stage) & (stage <= target), stage]
        days = (45.0, 150.0, 365.0)
        for day, exact in zip(days, exact_latent_mastery(scenario, stage, days), strict=True):
            error = math.sqrt(exact * (1 - exact) / len(reached))
            assert abs((reached <= day).mean() - exact) < 4 * error, (stage, day)
