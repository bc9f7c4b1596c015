"""Coverage of the estimators of time to mastery: rates of the ladder, mastery, few clinicians."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.ladder import fit_ladder
from hinge_outcomes.exceptions import HingeError
from hinge_outcomes.simulation.estimands import true_estimands
from hinge_outcomes.simulation.markov_ladder import exact_rates
from hinge_outcomes.simulation.scenario import Scenario
from validation.coverage import COLUMNS, Answer, judge, run_replicates
from validation.proofs import Proof

N_EPISODES = 300
HORIZON = 365
_LADDER, _MASTERY, _CLUSTERED = 1_000_000, 2_000_000, 3_000_000
"""Where the seeds of each study begin."""


def ladder_coverage(n_replicates: int) -> Proof:
    """Rates and log hazard ratios of the tied ladder, where the simulator is such a ladder."""
    seeds = range(_LADDER, _LADDER + n_replicates)
    cells = judge(run_replicates(ladder_replicate, seeds), ladder_truths())
    return Proof(
        f"Matched scenario, {N_EPISODES} episodes, tied ladder with covariates: 95% intervals of "
        f"log rates (acute, mean age) and log hazard ratios over {n_replicates:,} replicates",
        COLUMNS,
        [cell.row() for cell in cells],
        all(cell.holds for cell in cells),
    )


def mastery_coverage(n_replicates: int) -> Proof:
    """Documented mastery by day 180 and both means, patients independent."""
    seeds = range(_MASTERY, _MASTERY + n_replicates)
    cells = judge(run_replicates(mastery_replicate, seeds), _truths(alike_places(), n_replicates))
    return Proof(
        f"Default scenario without differences between clinicians and clinics, {N_EPISODES} "
        f"episodes: 95% intervals of documented mastery over {n_replicates:,} replicates",
        COLUMNS,
        [cell.row() for cell in cells],
        all(cell.holds for cell in cells) and _in_the_middle(cells[0].truth),
    )


def clustered_coverage(n_replicates: int) -> Proof:
    """The same with twelve clinicians who differ, and the clinician as sampling unit."""
    seeds = range(_CLUSTERED, _CLUSTERED + n_replicates)
    cells = judge(
        run_replicates(clustered_replicate, seeds), _truths(twelve_clinicians(), n_replicates)
    )
    return Proof(
        f'Twelve clinicians who differ, {N_EPISODES} episodes, cluster="clinician_id": 95% '
        f"intervals of documented mastery over {n_replicates:,} replicates",
        COLUMNS,
        [cell.row() for cell in cells],
        all(cell.holds for cell in cells) and _in_the_middle(cells[0].truth),
    )


@cache
def alike_places() -> Scenario:
    """Give the default scenario with all clinicians and clinics alike."""
    scenario = Scenario.default()
    return with_spread(scenario, clinician_sd=0.0)


@cache
def twelve_clinicians() -> Scenario:
    """Give the default scenario with one clinic of twelve clinicians, as different as there."""
    scenario = Scenario.default()
    alike = with_spread(scenario, clinician_sd=scenario.learning.clinician_sd)
    clinics = replace(scenario.clinics, count=1, names=scenario.clinics.names[:1], clinicians=(12,))
    return replace(alike, clinics=clinics)


def with_spread(scenario: Scenario, *, clinician_sd: float) -> Scenario:
    """Give a scenario whose clinics are alike and whose clinicians' pace differs by so much."""
    learning = replace(scenario.learning, clinic_sd=0.0, clinician_sd=clinician_sd)
    visits = replace(scenario.visits, clinic_sd=0.0)
    return replace(scenario, learning=learning, visits=visits)


def ladder_truths() -> dict[str, float]:
    """Give the true log rates and log hazard ratios of the matched scenario."""
    found: dict[str, float] = {}
    names = {"forward_rate": "forward", "backward_rate": "backward", "loss_rate": "lost",
             "referral_rate": "referred"}  # fmt: skip
    for name, _, value in exact_rates(Scenario.named("matched")):
        if name in names:
            found[f"log rate, {names[name]}"] = float(np.log(value))
    effects = {kind: {"subacute": 0.0, "chronic": 0.0, "age_per_decade": 0.0} for kind in
               ("forward", "backward", "loss")}  # fmt: skip
    for name, _, value in exact_rates(Scenario.named("matched")):
        kind, _, effect = name.partition("_log_hazard_ratio_")
        if effect:
            effects[kind][effect] = value
    for kind, values in effects.items():
        label = "lost" if kind == "loss" else kind
        for effect, value in values.items():
            if effect == "age_per_decade":
                found[f"log hazard ratio, {label}: age"] = value / 10
            else:
                found[f"log hazard ratio, {label}: symptom_duration[{effect}]"] = value
    return found


def ladder_replicate(seed: int) -> Mapping[str, Answer] | None:
    """Simulate a clinic, fit the ladder, give log rates and log hazard ratios."""
    scenario = Scenario.named("matched")
    cohort = ho.simulate(scenario, n_episodes=N_EPISODES, seed=seed)
    try:
        fit = fit_ladder(cohort, "tied", ("symptom_duration", "age"), form="simple")
    except HingeError:
        return None
    if not fit.converged:
        return None
    rates = fit.rates(symptom_duration="acute", age=scenario.people.age_mean)
    found: dict[str, Answer] = {}
    for row in rates.drop_duplicates("kind").itertuples():
        error = row.std_error / row.estimate
        found[f"log rate, {row.kind}"] = (
            np.log(row.estimate), error, np.log(row.ci_low), np.log(row.ci_high)
        )  # fmt: skip
    for row in fit.hazard_ratios().itertuples():
        found[f"log hazard ratio, {row.kind}: {row.term}"] = (
            row.log_estimate, row.log_std_error, np.log(row.ci_low), np.log(row.ci_high)
        )  # fmt: skip
    return found


def _truths(scenario: Scenario, n_replicates: int) -> dict[str, float]:
    """Give the true share mastered by day 180 and the true means, from up to a million episodes."""
    replicates = min(200, n_replicates)
    truth = true_estimands(scenario, replicates=replicates, n_episodes=5_000, seed=99)
    return {
        "mastered by day 180": truth.value("documented_mastery", stage="target", day=180),
        "mean days mastered": truth.value("mean_days_mastered", stage="target", day=HORIZON),
        "mean days unmastered": truth.value("mean_days_unmastered", stage="target", day=HORIZON),
    }


def mastery_replicate(seed: int) -> Mapping[str, Answer] | None:
    """Simulate a clinic and estimate documented mastery, patients independent."""
    cohort = ho.simulate(alike_places(), n_episodes=N_EPISODES, seed=seed)
    return _mastery_answers(ho.estimate_mastery(cohort, horizon_day=HORIZON).table())


def clustered_replicate(seed: int) -> Mapping[str, Answer] | None:
    """Simulate twelve clinicians and estimate documented mastery, clinicians independent."""
    cohort = ho.simulate(twelve_clinicians(), n_episodes=N_EPISODES, seed=seed)
    estimate = ho.estimate_mastery(cohort, horizon_day=HORIZON, cluster="clinician_id")
    return _mastery_answers(estimate.table())


def _mastery_answers(table: pd.DataFrame) -> Mapping[str, Answer]:
    names = {("probability", 180): "mastered by day 180",
             ("mean_days_mastered", HORIZON): "mean days mastered",
             ("mean_days_unmastered", HORIZON): "mean days unmastered"}  # fmt: skip
    return {
        names[row.quantity, row.day]: (row.estimate, row.std_error, row.ci_low, row.ci_high)
        for row in table.itertuples()
        if (row.quantity, row.day) in names
    }


def _in_the_middle(probability: float) -> bool:
    return 0.15 <= probability <= 0.85
