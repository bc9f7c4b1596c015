"""What is known exactly where the ladder is a Markov process: rates and latent mastery."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from hinge_outcomes.domain.progression import LAST_STAGE
from hinge_outcomes.simulation.inputs import age_weights
from hinge_outcomes.simulation.scenario import Scenario

FloatArray = npt.NDArray[np.float64]

_BY_AGE_AND_DURATION = ("age_per_decade", "subacute", "chronic")
_BY_THE_REST = (
    "start_back_medium", "start_back_high", "pain_per_point", "odi_per_10", "adherence",
)  # fmt: skip
_HAZARDS = ("learning", "setbacks", "loss")


def is_markov_ladder(scenario: Scenario) -> bool:
    """Tell whether stages form a continuous-time Markov process that visits only look in on.

    Parameters
    ----------
    scenario : Scenario
        The scenario.

    Returns
    -------
    bool
        True with the patient's own pace without a pause, exponential dwell, no frailty and no
        differences between places, nothing learnt before and nothing decaying, and exits that
        depend on day 0 alone.

    Examples
    --------
    >>> is_markov_ladder(Scenario.named("matched")), is_markov_ladder(Scenario.default())
    (True, False)
    """
    learning, loss, progression = scenario.learning, scenario.loss, scenario.progression
    return (
        progression.pace == "own"
        and progression.pause_days == 0
        and set(learning.dwell_shape) == {1.0}
        and learning.frailty_sd == learning.clinic_sd == learning.clinician_sd == 0
        and scenario.placement.head_start == 0
        and scenario.setbacks.decay_per_day == 0
        and loss.missed == 0
        and (loss.mechanism == "mcar" or loss.recorded_pain_per_point == loss.pain_free == 0)
        and scenario.discharge.referred_pain == 0
        and scenario.discharge.goals_met == 0
        and scenario.discharge.administrative == 0
    )


def exact_rates(scenario: Scenario) -> Iterator[tuple[str, str, float]]:
    """Give the rates of a Markov ladder, and its log hazard ratios.

    Rates are those of a patient with acute symptoms, low risk, and otherwise average: mean age,
    NPRS 5.4 and ODI 31 on day 0, home exercise on 45% of days.

    Parameters
    ----------
    scenario : Scenario
        The scenario.

    Yields
    ------
    tuple of (str, str, float)
        Name, stage ("1" to "10", or "") and value: ``forward_rate`` and ``backward_rate`` per day
        by stage (from stage 1 nobody can be moved back), ``loss_rate``, ``referral_rate``, and
        ``forward_``, ``backward_`` and ``loss_log_hazard_ratio_`` for every effect that is not 0.
        Nothing where the ladder is no Markov process.
    """
    if not is_markov_ladder(scenario):
        return
    for stage in range(1, LAST_STAGE + 1):
        yield "forward_rate", str(stage), 1 / scenario.learning.dwell_days[stage - 1]
    for stage in range(2, LAST_STAGE + 1):
        yield "backward_rate", str(stage), scenario.setbacks.per_day[stage - 1]
    yield "loss_rate", "", scenario.loss.per_day
    yield "referral_rate", "", scenario.discharge.referred_per_day
    for name, section in zip(("forward", "backward", "loss"), _HAZARDS, strict=True):
        for effect in (*_BY_AGE_AND_DURATION, *_BY_THE_REST):
            value = getattr(getattr(scenario, section), effect)
            if value != 0:
                yield f"{name}_log_hazard_ratio_{effect}", "", value


def has_exact_mastery(scenario: Scenario) -> bool:
    """Tell whether latent mastery can be worked out without simulating.

    Parameters
    ----------
    scenario : Scenario
        The scenario.

    Returns
    -------
    bool
        True for a Markov ladder whose hazards depend on age and duration of symptoms alone, with
        placement independent of everything and nobody coming back.
    """
    placement = scenario.placement
    shifts = (
        placement.age_per_decade, placement.pain_per_point, placement.start_back_high,
        placement.target_age_per_decade, scenario.recurrence.returns,
    )  # fmt: skip
    others = [
        getattr(getattr(scenario, name), effect) for name in _HAZARDS for effect in _BY_THE_REST
    ]
    return is_markov_ladder(scenario) and not any(shifts) and not any(others)


def exact_latent_mastery(
    scenario: Scenario, stage: int | str, days: Iterable[float]
) -> list[float]:
    """Work out the probability that a stage has become automatic by a day, leavers included.

    From stage j of k a patient moves up at ``f_j``, back at ``b_j``, and leaves care at ``x``; with
    Q the generator, ``P(T <= t) = [exp(Q t)]_(entry, mastered)``, averaged over entry and target
    stage, age and duration of symptoms.

    Parameters
    ----------
    scenario : Scenario
        One that `has_exact_mastery`.
    stage : int or "target"
        Which stage, among those with entry <= stage <= target; or everybody's own target.
    days : iterable of float
        Days since the start.

    Returns
    -------
    list of float
        One probability per day; nan where nobody passes the stage.

    Examples
    --------
    >>> exact_latent_mastery(Scenario.named("matched"), "target", [0.0])
    [0.0]
    """
    both = _entry_and_target(scenario)
    stages = range(1, LAST_STAGE + 1) if stage == "target" else [int(stage)]
    weights: dict[int, FloatArray] = {}
    for k in stages:
        weights[k] = both[:k, k - 1] if stage == "target" else both[:k, k - 1 :].sum(axis=1)
    total = sum(float(weight.sum()) for weight in weights.values())
    if total == 0:
        return [float("nan") for _ in days]
    kinds, shares = _kinds_of_patients(scenario)
    found = []
    for day in days:
        reached = 0.0
        for k, weight in weights.items():
            moved = expm(_generators(scenario, k, kinds) * day)
            reached += float(shares @ (moved[:, :k, k] @ weight))
        found.append(reached / total)
    return found


def _entry_and_target(scenario: Scenario) -> FloatArray:
    """Joint probability of entry (rows) and target stage; a target below the entry is raised."""
    entry, ambition = (
        np.array(shares)
        for shares in (scenario.placement.entry_shares, scenario.placement.target_shares)
    )
    joint = np.triu(np.outer(entry, ambition))
    below = np.tril(np.outer(entry, ambition), -1).sum(axis=1)
    joint[np.diag_indices(LAST_STAGE)] += below
    shares: FloatArray = joint / joint.sum()
    return shares


def _kinds_of_patients(scenario: Scenario) -> tuple[dict[str, FloatArray], FloatArray]:
    """Hazard ratios of learning, setbacks and loss for every age and duration, and their shares."""
    people = scenario.people
    cumulated = age_weights(scenario)
    ages = np.floor(people.age_minimum) + np.arange(len(cumulated))
    decades = (ages - people.age_mean) / 10
    shares = np.outer(people.duration_shares, np.diff(cumulated, prepend=0.0)).ravel()
    ratios = {}
    for name in _HAZARDS:
        section: Any = getattr(scenario, name)
        by_duration = np.array([0.0, section.subacute, section.chronic])
        effects = by_duration[:, None] + section.age_per_decade * decades[None, :]
        ratios[name] = np.exp(effects).ravel()
    return ratios, shares


def _generators(scenario: Scenario, k: int, kinds: dict[str, FloatArray]) -> FloatArray:
    """Generators on stages 1 to k, mastered, out of care: one per kind of patient."""
    forward = 1 / np.array(scenario.learning.dwell_days[:k])
    backward = np.array(scenario.setbacks.per_day[:k])
    backward[0] = 0.0  # a setback at the first stage starts it again, which changes nothing
    n = len(kinds["learning"])
    q = np.zeros((n, k + 2, k + 2))
    leaving = scenario.loss.per_day * kinds["loss"] + scenario.discharge.referred_per_day
    for j in range(k):
        q[:, j, j + 1] = forward[j] * kinds["learning"]
        q[:, j, k + 1] = leaving
        if j > 0:
            q[:, j, j - 1] = backward[j] * kinds["setbacks"]
    q[:, range(k + 2), range(k + 2)] = -q.sum(axis=2)
    return q
