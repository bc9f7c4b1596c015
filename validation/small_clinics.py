"""Two hundred small clinics through the ladder: converged or retreated, never silently wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.ladder import fit_ladder
from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.exceptions import HingeError
from hinge_outcomes.simulation.scenario import Scenario
from validation.coverage import run_replicates
from validation.progression_coverage import ladder_truths
from validation.proofs import Proof

SIZES = (60, 100, 150, 220, 300)
LEAST_COVERAGE, MOST_RETREATS = 0.92, 0.20
_SEED = 5_000_000

_FLAT = 1e-4

_HIDDEN_TRUTHS = {
    "forward": 0.04,
    "advance": 0.1,
    "backward": 0.006,
    "lost": 0.004,
    "referred": 0.0005,
    "rated automatic while learning": 0.05,
    "rated lower while automatic": 0.1,
}
"""Rates per day and chances of the scenario of `waited_and_misrated`."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one clinic's fit, checked from outside."""

    size: int
    verdict: str
    is_silently_bad: bool
    retreats: bool
    covered: int
    asked: int


def small_clinic_proofs(n_clinics: int) -> list[Proof]:
    """Fit clinics as they are (hidden form, default scenario), and clinics whose truth is exact."""
    seeds = range(_SEED, _SEED + n_clinics)
    return [
        _proof("clinics as they are, hidden form", run_replicates(clinic_outcome, seeds), False),
        _proof("clinics whose truth is hidden", run_replicates(hidden_outcome, seeds), True),
        _proof("matched clinics, simple form", run_replicates(matched_outcome, seeds), True),
    ]


def clinic_outcome(seed: int) -> Mapping[str, tuple[float, float, float, float]]:
    """Simulate a small clinic, fit the default ladder, and check the fit from outside."""
    size = SIZES[seed % len(SIZES)]
    cohort = ho.simulate(Scenario.named("small-clinic"), n_episodes=size, seed=seed)
    return _packed(_judged(cohort, size, "hidden", {}))


def hidden_outcome(seed: int) -> Mapping[str, tuple[float, float, float, float]]:
    """Simulate a small clinic that is the hidden ladder: stages are waited at, ratings err."""
    size = SIZES[seed % len(SIZES)]
    cohort = ho.simulate(waited_and_misrated(), n_episodes=size, seed=seed)
    return _packed(_judged(cohort, size, "hidden", _HIDDEN_TRUTHS))


def matched_outcome(seed: int) -> Mapping[str, tuple[float, float, float, float]]:
    """Simulate a small clinic that is a Markov ladder, with acute patients of mean age alone."""
    size = SIZES[seed % len(SIZES)]
    cohort = ho.simulate(one_kind_of_patient(), n_episodes=size, seed=seed)
    truths = ladder_truths()
    kinds = ("forward", "backward", "lost", "referred")
    true_rates = {kind: float(np.exp(truths[f"log rate, {kind}"])) for kind in kinds}
    return _packed(_judged(cohort, size, "simple", true_rates))


def one_kind_of_patient() -> Scenario:
    """Give the matched scenario without effects, so that its tied rates are exact for everybody."""
    scenario = Scenario.named("matched")
    learning = replace(scenario.learning, age_per_decade=0.0, subacute=0.0, chronic=0.0)
    return replace(scenario, learning=learning)


def waited_and_misrated() -> Scenario:
    """Give the same with ten days at an automatic stage, and one rating in ten one level off.

    Whoever is learning is all along at the level next to automatic, so half of the errors there
    say automatic.
    """
    scenario = one_kind_of_patient()
    return replace(
        scenario,
        learning=replace(scenario.learning, cued_from=0.0, conscious_from=0.0),
        progression=replace(scenario.progression, pause_days=10.0),
        visits=replace(scenario.visits, rating_error=0.1),
    )


def _judged(cohort: ho.Cohort, size: int, form: str, truths: Mapping[str, float]) -> _Outcome:
    try:
        fit = fit_ladder(cohort, form=form)
    except HingeError as error:
        return _Outcome(size, type(error).__name__, False, True, 0, 0)
    bad = fit.converged and not is_maximum(fit)
    bad |= not fit.converged and len(fit.message) < 40
    # The simple form, or fewer rates, is a retreat; taking ratings as true is not.
    retreats = fit.support.retreats or fit.form != form
    verdict = "converged" if fit.converged else "said that it did not converge"
    covered = asked = 0
    if fit.converged and truths:
        rates = fit.rates().drop_duplicates("kind").set_index("kind")
        wrong = fit.misrating().set_index("quantity")
        for name, row in pd.concat([rates, wrong]).iterrows():
            if name in truths:
                asked += 1
                covered += int(row["ci_low"] <= truths[name] <= row["ci_high"])
    return _Outcome(size, verdict, bad, retreats, covered, asked)


def is_maximum(fit: LadderFit) -> bool:
    """Check by differences of the likelihood alone that a fit is a maximum, and not a boundary."""
    theta, objective = fit.fit.optimum.theta, fit.fit.objective
    free = np.setdiff1d(np.arange(len(theta)), fit.ladder.held)
    width = 1e-4

    def value(shift: np.ndarray) -> float:
        return objective(theta + shift)[0]

    centre = value(np.zeros_like(theta))
    size = len(free)
    curve = np.empty((size, size))
    slope = np.empty(size)
    unit = np.eye(len(theta))[free] * width
    for i in range(size):
        above, below = value(unit[i]), value(-unit[i])
        slope[i] = (above - below) / (2 * width)
        above_gradient = objective(theta + unit[i])[1][free]
        below_gradient = objective(theta - unit[i])[1][free]
        curve[i] = (below_gradient - above_gradient) / (2 * width)
    roots = np.linalg.eigvalsh((curve + curve.T) / 2)
    if roots[0] <= 1 / 400:
        return False
    gain = slope @ np.linalg.solve((curve + curve.T) / 2, slope)
    return bool(np.isfinite(centre) and gain < _FLAT)


def _packed(outcome: _Outcome) -> Mapping[str, tuple[float, float, float, float]]:
    first = (float(outcome.size), float(outcome.is_silently_bad), float(outcome.retreats), 0.0)
    second = (float(outcome.covered), float(outcome.asked), 0.0, 0.0)
    return {"outcome": first, "coverage": second, f"verdict:{outcome.verdict}": (0.0,) * 4}


def _proof(
    label: str,
    answers: list[Mapping[str, tuple[float, float, float, float]] | None],
    is_exact: bool,
) -> Proof:
    rows = []
    holds = True
    for size in SIZES:
        mine = [one for one in answers if one is not None and one["outcome"][0] == size]
        verdicts = Counter(key[8:] for one in mine for key in one if key.startswith("verdict:"))
        bad = sum(int(one["outcome"][1]) for one in mine)
        retreats = sum(int(one["outcome"][2]) for one in mine)
        covered = sum(int(one["coverage"][0]) for one in mine)
        asked = sum(int(one["coverage"][1]) for one in mine)
        share = retreats / max(len(mine), 1)
        holds &= bad == 0 and (size < 150 or share <= MOST_RETREATS)
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        coverage = f"{covered / asked:.1%} of {asked}" if asked else "-"
        rows.append((f"{size}", f"{len(mine)}", told, f"{bad}", f"{share:.0%}", coverage))
    total = [sum(one["coverage"][place] for one in answers if one is not None) for place in (0, 1)]
    if is_exact:
        holds &= total[1] > 0 and total[0] / total[1] >= LEAST_COVERAGE
    return Proof(
        f"{len(answers)} small clinics through fit_ladder ({label}): no silent bad fit, retreats "
        "said aloud"
        + (
            f", intervals of what was fitted cover at least {LEAST_COVERAGE:.0%}"
            if is_exact
            else ""
        ),
        (
            "episodes",
            "clinics",
            "verdict",
            "silently bad",
            "retreated",
            "coverage of what was fitted",
        ),
        rows,
        holds,
    )
