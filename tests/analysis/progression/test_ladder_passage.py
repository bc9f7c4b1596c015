"""What follows from a ladder's rates: latent mastery by day, chances and times to mastery."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.linalg import expm

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.ladder import fit_ladder
from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.analysis.progression.panel_intervals import derive_from
from hinge_outcomes.analysis.progression.rate_structure import generators_of, rates_of
from hinge_outcomes.simulation.markov_ladder import exact_latent_mastery


@cache
def fitted(form: str = "simple") -> LadderFit:
    """The matched scenario; for the hidden form with a pause at each automatic stage."""
    scenario = ho.Scenario.named("matched")
    if form == "hidden":
        scenario = replace(scenario, progression=replace(scenario.progression, pause_days=10.0))
    cohort = ho.simulate(scenario, n_episodes=2_000, seed=9)
    return fit_ladder(cohort, covariates=("symptom_duration",), form=form)


def by_hand(fit: LadderFit, theta: np.ndarray, day: float) -> float:
    """Average the chance of having reached the target, episode by episode."""
    size = fit.ladder.rates.maps.shape[2]
    rates = rates_of(fit.ladder.rates, fit.panel.values, theta[:size])
    generators = generators_of(fit.ladder.rates, rates)
    total = 0.0
    for pattern in np.unique(fit.pattern):
        mine = fit.pattern == pattern
        aim = fit.ladder.mastery_code(int(fit.target[mine][0]))
        generator = generators[pattern].copy()
        generator[aim] = 0.0
        reached = expm(generator * day)[:, aim]
        total += reached[fit.entry[mine] - 1].sum()
    return total / fit.n_episodes


@pytest.mark.parametrize("form", ["simple", "hidden"])
def test_latent_mastery_is_the_average_chance_with_exact_derivatives(form: str) -> None:
    """Against one matrix exponential per pattern, and the delta method by differences."""
    fit = fitted(form)
    row = fit.mastery([180.0]).iloc[0]
    assert row["estimate"] == pytest.approx(by_hand(fit, fit.fit.optimum.theta, 180.0), rel=1e-9)
    if form == "simple":
        size = fit.ladder.rates.maps.shape[2]
        found = derive_from(
            lambda theta: np.array([by_hand(fit, theta[:size], 180.0)]), fit.fit.optimum
        )
        assert row["std_error"] == pytest.approx(found.std_error[0], rel=1e-5)


def test_latent_mastery_of_the_matched_scenario_is_recovered() -> None:
    """Exact truth by matrix exponentials: within 4 errors, entry and targets being drawn too."""
    rows = fitted().mastery([90, 180, 365])
    truth = exact_latent_mastery(ho.Scenario.named("matched"), "target", [90, 180, 365])
    drawn = np.sqrt(rows["std_error"] ** 2 + rows["estimate"] * (1 - rows["estimate"]) / 2_000)
    assert (np.abs(rows["estimate"] - truth) / drawn < 4).all()


def test_if_nobody_left_more_would_master_it_and_in_the_end_all() -> None:
    """Closing the ways out never lowers the share, and leaves nothing else to happen."""
    fit = fitted()
    days = [30, 180, 5_000]
    with_exits, alone = fit.mastery(days), fit.mastery(days, if_nobody_left=True)
    assert (alone["estimate"] > with_exits["estimate"]).all()
    assert alone["estimate"].iloc[-1] == pytest.approx(1, abs=1e-4)


def test_passage_numbers_hang_together() -> None:
    """Nearer stages take less; visits are days over their spacing; medians invert the chance."""
    fit = fitted()
    table = fit.passage(5, days_between_visits=10.0, symptom_duration="acute")
    wide = table.pivot_table(index="stage", columns="quantity", values="estimate")
    assert wide["chance_of_ever"].is_monotonic_increasing
    assert wide["mean_days_given_mastery"].is_monotonic_decreasing
    visits = wide["mean_visits_given_mastery"] * 10
    assert visits.tolist() == pytest.approx(wide["mean_days_given_mastery"].tolist())
    assert (wide["mean_days_if_nobody_left"] > wide["mean_days_given_mastery"]).all()
    assert wide["median_days_if_nobody_left"].is_monotonic_decreasing
    last = table[(table["stage"] == 5) & (table["quantity"] == "chance_of_ever")].iloc[0]
    assert 0 < last["ci_low"] < last["estimate"] < last["ci_high"] < 1


def test_at_the_last_stage_one_move_is_left() -> None:
    """A ladder whose target is its first stage: mean f, b, x by hand.

    From stage 1 with target 1 nobody slips: P(ever) = f / (f + x), mean given mastery 1 / (f + x),
    if nobody left 1 / f.
    """
    scenario = ho.Scenario.named("matched")
    cohort = ho.simulate(scenario, n_episodes=2_000, seed=9)
    fit = fit_ladder(cohort, form="simple")
    aim = int(fit.target.min())
    rates = fit.rates().drop_duplicates("kind").set_index("kind")["estimate"]
    leaving = rates["lost"] + rates["referred"]
    wide = fit.passage(aim).pivot_table(index="stage", columns="quantity", values="estimate")
    up, down = rates["forward"], rates["backward"]
    # First-step equations of the stages below the target, written out.
    system = np.zeros((aim, aim))
    for k in range(aim):
        system[k, k] = up + leaving + (down if k else 0.0)
        if k:
            system[k, k - 1] = -down
        if k + 1 < aim:
            system[k, k + 1] = -up
    right = np.zeros(aim)
    right[-1] = up
    assert wide["chance_of_ever"].to_numpy() == pytest.approx(np.linalg.solve(system, right))
