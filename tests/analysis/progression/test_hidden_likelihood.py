"""The forward algorithm: against sums over all courses, the direct likelihood, and R's msm."""

import json
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.emission_structure import (
    EmissionStructure,
    StartStructure,
    emission_chances,
    start_chances,
)
from hinge_outcomes.analysis.progression.hidden_likelihood import (
    HiddenLikelihood,
    hidden_objective,
)
from hinge_outcomes.analysis.progression.panel_data import PanelData
from hinge_outcomes.analysis.progression.panel_likelihood import DirectLikelihood
from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from hinge_outcomes.analysis.progression.panel_result import PanelMarkovFit
from hinge_outcomes.analysis.progression.rate_structure import (
    RateStructure,
    generators_of,
    rates_of,
)
from hinge_outcomes.exceptions import AnalysisError
from tests.reference.hidden_ratings import NOT_RATED, clinic_ratings

MOVES = np.array([(0, 1), (1, 0), (1, 2), (2, 1), (0, 3), (1, 3), (2, 3)])
RATES = RateStructure(4, MOVES, np.eye(7)[None], tuple("abcdefg"))
SETS = np.array(
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0], [1, 1, 1, 0]], dtype=bool
)


def emission() -> EmissionStructure:
    """The first three states are confused with their neighbours."""
    possible = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
    maps = np.zeros((4, 4, 3))
    maps[0, 1, 0] = maps[1, 0, 1] = maps[1, 2, 1] = maps[2, 1, 2] = 1.0
    return EmissionStructure(possible, maps, np.zeros((4, 4)), tuple("xyz"), np.full(3, -2.0))


def panel(codes: list[list[int]], times: list[list[float]], **more: bool) -> PanelData:
    """Subjects with their codes and times; state 3 is entered exactly."""
    subject = np.repeat(np.arange(len(codes)), [len(part) for part in codes])
    return PanelData(
        states=(0, 1, 2, 3),
        subject=subject,
        time=np.concatenate([np.array(part, dtype=float) for part in times]),
        code=np.concatenate([np.array(part) for part in codes]),
        sets=SETS,
        pattern=np.zeros(len(subject), dtype=np.int64),
        values=np.ones((1, 1)),
        is_exact=np.array([False, False, False, True]),
        exact_times=bool(more.get("exact_times", False)),
    )


@st.composite
def courses(draw: st.DrawFn) -> PanelData:
    """A few short subjects; the exact state, if at all, comes last."""
    codes, times = [], []
    for _ in range(draw(st.integers(1, 3))):
        part = draw(st.lists(st.sampled_from([0, 1, 2, 4, 5]), min_size=1, max_size=3))
        if draw(st.booleans()):
            part.append(3)
        lags = draw(
            st.lists(st.sampled_from([0.5, 2.0, 3.5]), min_size=len(part), max_size=len(part))
        )
        codes.append(part)
        times.append(list(np.cumsum(lags)))
    return panel(codes, times)


def by_hand(data: PanelData, theta: np.ndarray, seen: np.ndarray, begins: np.ndarray) -> float:
    """Sum over every course of true states, one subject after the other."""
    generator = generators_of(RATES, rates_of(RATES, data.values, theta))[0]
    chance = np.concatenate([seen, SETS[4:].T.astype(float)], axis=1)
    total = 0.0
    for subject in np.unique(data.subject):
        rows = np.flatnonzero(data.subject == subject)
        matrices = [expm(generator * lag) for lag in np.diff(data.time[rows])]
        likelihood = 0.0
        for course in product(range(4), repeat=len(rows)):
            value = begins[subject, course[0]] * chance[course[0], data.code[rows[0]]]
            for before, row in enumerate(rows[1:]):
                moved = matrices[before][course[before]]
                to = course[before + 1]
                if data.code[row] == 3:
                    into = generator[:, 3].copy()
                    into[3] = 0.0
                    value *= float(moved @ into) if to == 3 else 0.0
                else:
                    value *= moved[to] * chance[to, data.code[row]]
            likelihood += value
        total += np.log(likelihood) if likelihood > 0 else -np.inf
    return float(total)


@settings(max_examples=25)
@given(courses(), st.integers(0, 2**32 - 1))
def test_it_is_the_sum_over_all_courses_of_true_states(data: PanelData, seed: int) -> None:
    """Value by enumeration, gradient by central differences, with misrating and a free start."""
    rng = np.random.default_rng(seed)
    n = int(data.subject[-1]) + 1
    start = StartStructure(
        group=np.zeros(n, dtype=np.int64),
        possible=np.array([[True, True, True, False]]),
        maps=np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
        offsets=np.zeros(4),
        names=("u", "v"),
        start=np.zeros(2),
    )
    objective = hidden_objective(data, RATES, emission(), start)
    at = np.concatenate([rng.normal(-1.5, 0.5, 7), rng.normal(-1, 0.5, 3), rng.normal(0, 0.5, 2)])
    value, gradient = objective(at)
    seen, begins = emission_chances(emission(), at[7:10]), start_chances(start, at[10:])
    expected = by_hand(data, at[:7], seen, begins[start.group])
    if not np.isfinite(expected):
        assert value == -np.inf
        return
    assert value == pytest.approx(expected, abs=1e-9)
    for number, shift in enumerate(np.eye(12) * 1e-5):
        slope = (objective(at + shift)[0] - objective(at - shift)[0]) / 2e-5
        assert gradient[number] == pytest.approx(slope, abs=1e-6)


@settings(max_examples=15)
@given(courses(), st.integers(0, 2**32 - 1))
def test_the_gradient_is_exact_with_covariates_that_change(data: PanelData, seed: int) -> None:
    """Two covariate patterns that alternate within subjects, effects shared and own, errors."""
    rng = np.random.default_rng(seed)
    maps = np.zeros((2, 7, 10))
    maps[0, :, :7] = np.eye(7)
    maps[1, :2, 7] = maps[1, 2, 8] = maps[1, 4:, 9] = 1.0
    structure = RateStructure(4, MOVES, maps, tuple("abcdefghij"))
    data = replace(
        data,
        pattern=rng.integers(0, 2, len(data.subject)),
        values=np.array([[1.0, -0.5], [1.0, 1.3]]),
    )
    objective = hidden_objective(data, structure, emission(), np.array([0.4, 0.3, 0.3, 0.0]))
    at = np.concatenate([rng.normal(-1.5, 0.5, 7), rng.normal(0, 0.5, 3), rng.normal(-1, 0.5, 3)])
    value, gradient = objective(at)
    if not np.isfinite(value):
        return
    for number, shift in enumerate(np.eye(13) * 1e-5):
        slope = (objective(at + shift)[0] - objective(at - shift)[0]) / 2e-5
        assert gradient[number] == pytest.approx(slope, abs=1e-6)


@settings(max_examples=15)
@given(courses(), st.integers(0, 2**32 - 1))
def test_smoothed_chances_are_those_of_all_courses(data: PanelData, seed: int) -> None:
    """The chance of a state at a row is the likelihood with that row known, over the likelihood."""
    theta = np.random.default_rng(seed).normal(-1.5, 0.5, 7)
    objective = HiddenLikelihood(data, RATES)
    whole = objective(theta)[0]
    if not np.isfinite(whole):
        return
    found = objective.state_chances(theta)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(found)))
    row = int(np.argmax(data.code >= 4))
    if data.code[row] < 4:
        return
    for state in np.flatnonzero(SETS[data.code[row]]):
        code = data.code.copy()
        code[row] = state
        known = PanelData(
            data.states, data.subject, data.time, code, SETS, data.pattern, data.values,
            data.is_exact, False,
        )  # fmt: skip
        part = HiddenLikelihood(known, RATES, initial=objective.fixed_start)
        assert np.exp(part(theta)[0] - whole) == pytest.approx(found[row, state], abs=1e-9)


def test_without_uncertainty_it_is_the_direct_likelihood() -> None:
    """Known states in the middle, a set of states at the end, an exact end: the same to 1e-12."""
    data = panel([[0, 1, 2, 3], [1, 1, 5], [2, 0]], [[0, 3, 5, 6.5], [0, 2, 9], [1, 4]])
    theta = np.linspace(-2.5, -1.5, 7)
    direct, hidden = DirectLikelihood(data, RATES)(theta), HiddenLikelihood(data, RATES)(theta)
    assert hidden[0] == pytest.approx(direct[0], abs=1e-12)
    assert hidden[1] == pytest.approx(direct[1], abs=1e-12)


def test_an_impossible_record_has_no_likelihood() -> None:
    """A state that cannot be reached gives minus infinity and no gradient, without a warning."""
    alone = RateStructure(4, MOVES[:1], np.eye(1)[None], ("a",))
    value, gradient = HiddenLikelihood(panel([[1, 4, 0]], [[0, 1, 2]]), alone)(np.array([-1.0]))
    assert value == -np.inf
    assert not gradient.any()


def test_times_that_are_moves_need_known_states() -> None:
    """With exact times an uncertain state is refused with the remedy."""
    with pytest.raises(AnalysisError, match="exact_times"):
        hidden_objective(panel([[0, 4, 1]], [[0, 1, 2]], exact_times=True), RATES)


def test_a_first_state_taken_as_seen_is_no_evidence_on_errors() -> None:
    """Two looks, states 1 and 0: without a start the first look says only where the course began.

    The likelihood is then the sum over s of P_1s(2) e_s0, without a factor e_11 for the first look,
    which it has where everybody is known to begin in 1.
    """
    data, at = panel([[1, 0]], [[0, 2]]), np.array([-1.5] * 7 + [-2.0] * 3)
    seen = emission_chances(emission(), at[7:])
    chances = expm(generators_of(RATES, rates_of(RATES, data.values, at[:7]))[0] * 2)
    expected = np.log(chances[1] @ seen[:, 0])
    assert hidden_objective(data, RATES, emission())(at)[0] == pytest.approx(expected, abs=1e-12)
    known = hidden_objective(data, RATES, emission(), np.array([0.0, 1.0, 0.0, 0.0]))
    assert known(at)[0] == pytest.approx(expected + np.log(seen[1, 1]), abs=1e-12)


def test_long_records_neither_underflow_nor_change_the_scale() -> None:
    """5,000 looks of one subject: -2 log L is 2,500 times that of a pair, to rounding.

    Two states confused at random (chance 1/2) say nothing, so each look counts log 2.
    """
    even = replace(emission(), offsets=np.zeros((4, 4)))
    two = RateStructure(4, MOVES[:2], np.eye(2)[None], ("a", "b"))
    possible = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=bool)
    even = replace(even, possible=possible)
    data = panel([[0, 1] * 2500], [list(range(5000))])
    start = np.array([0.5, 0.5, 0.0, 0.0])
    value, gradient = hidden_objective(data, two, even, start)(np.array([-1.0, -1.5, 0, 0, 0]))
    assert value == pytest.approx(-5000 * np.log(2), rel=1e-12)
    assert np.isfinite(gradient).all()


REFERENCE = json.loads(
    (Path(__file__).parents[2] / "reference" / "hidden.json").read_text(encoding="utf-8")
)
MINUS_TWO_LOGLIK = REFERENCE["minus_two_loglik"]
RATE_MOVES = [(1, 2), (1, 4), (2, 3), (2, 4), (3, 1), (3, 4)]
ERRORS = {(1, 2): 0.01, (2, 1): 0.02, (2, 3): 0.06, (3, 2): 0.03}
LOG_RATES = np.log([0.08, 0.001, 0.075, 0.001, 0.075, 0.025])
LOG_ODDS = np.log(np.array([0.01 / 0.99, 0.02 / 0.92, 0.06 / 0.92, 0.03 / 0.97]))
"""Where tests/reference/hidden.R evaluates the likelihood."""


def seen_again(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out who was seen once."""
    return rows[rows.groupby("id")["day"].transform("size") > 1]


@cache
def ratings() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """All rows; those with a rating; these without each episode's first."""
    everything = clinic_ratings()
    rated = seen_again(everything[everything["state"] != NOT_RATED])
    return seen_again(everything), rated, seen_again(rated[rated["id"].duplicated()])


def fit(rows: pd.DataFrame, **options: object) -> PanelMarkovFit:
    """Fit to ratings, the end of care dated exactly."""
    return fit_panel_markov(
        rows,
        subject="id",
        time="day",
        state="state",
        transitions=RATE_MOVES,
        exact_states=[4],
        **options,  # type: ignore[arg-type]
    )


def check(found: PanelMarkovFit, at: np.ndarray, name: str) -> None:
    """Our likelihood at the given parameters is msm's; our maximum lies above it."""
    value, _ = found.model.fit.objective(at)
    assert -2 * value == pytest.approx(MINUS_TWO_LOGLIK[name], abs=1e-6)
    assert found.minus_two_loglik < MINUS_TWO_LOGLIK[name]


HELD = {"fixed": dict(zip(RATE_MOVES, np.exp(LOG_RATES), strict=True))}
BEGINS_LOW = {"misclassification": ERRORS, "initial": {1: 1.0}}


def test_misrated_ratings_have_the_likelihood_that_msm_gives() -> None:
    """Confused neighbours, all truly beginning in 1 (3 of 8 courses end on the day of a rating)."""
    check(fit(ratings()[1], **BEGINS_LOW), np.append(LOG_RATES, LOG_ODDS), "errors")


def test_a_first_state_taken_as_seen_has_the_likelihood_that_msm_gives() -> None:
    """msm with obstrue at first rows, less the logs of the thirds it gives each first state."""
    later = ratings()[2]
    found = fit(later, misclassification=ERRORS, **HELD)
    value, _ = found.model.fit.objective(np.append(LOG_RATES, LOG_ODDS))
    thirds = 2 * later["id"].nunique() * np.log(3)
    assert -2 * value + thirds == pytest.approx(MINUS_TWO_LOGLIK["first_as_seen"], abs=1e-6)


def test_an_estimated_start_has_the_likelihood_that_msm_gives() -> None:
    """First states 1, 2, 3 with chances .7, .15, .15."""
    found = fit(ratings()[2], misclassification=ERRORS, initial="estimated", **HELD)
    at = np.concatenate([LOG_RATES, LOG_ODDS, np.log([0.15 / 0.7, 0.15 / 0.7])])
    check(found, at, "start")


def test_effects_on_hidden_rates_have_the_likelihood_that_msm_gives() -> None:
    """Chronic pain acts on 1-2 and 2-3; ours is centred at its mean, msm's here at 0."""
    found = fit(ratings()[1], **BEGINS_LOW, covariates={(1, 2): ["chronic"], (2, 3): ["chronic"]})
    rates = LOG_RATES + found.model.terms[0].centre * np.array([-0.08, 0, 0.05, 0, 0, 0])
    check(found, np.concatenate([rates, [-0.08, 0.05], LOG_ODDS]), "chronic")


def test_unrated_days_have_the_likelihood_that_msm_gives() -> None:
    """600 sightings without a rating may be any of 1 to 3; with and without errors."""
    everything = ratings()[0]
    unrated = {"censored_states": {NOT_RATED: (1, 2, 3)}}
    found = fit(everything, **unrated)
    assert found.converged
    check(found, LOG_RATES, "not_rated")
    found = fit(everything, **unrated, **BEGINS_LOW)
    check(found, np.append(LOG_RATES, LOG_ODDS), "not_rated_with_errors")


def test_hidden_rates_that_change_have_the_likelihood_that_msm_gives() -> None:
    """All rates change on day 60, where the state is any of 1 to 3; effects in order of moves."""
    found = fit(ratings()[1], **BEGINS_LOW, breaks=[60])
    at = np.concatenate([LOG_RATES, [-0.4, 0.7, -0.5, 1.4, -1.0, 0.5], LOG_ODDS])
    check(found, at, "change_at_60")


def test_courses_are_those_that_msm_finds() -> None:
    """Likeliest states and their chances, for 15 episodes with errors of rating.

    Ends of care and unrated days are left out: msm treats an end as seen at a visit there, and with
    unrated days gives a course that is not the most likely (test_forward_backward.py tries all).
    """
    rated = ratings()[1]
    found = fit(seen_again(rated[rated["state"] != 4]), **BEGINS_LOW, **HELD)
    objective = found.model.fit.objective
    assert isinstance(objective, HiddenLikelihood)
    recursion = objective.recursion(np.append(LOG_RATES, LOG_ODDS))
    course, chances = recursion.likeliest_states() + 1, recursion.state_chances()
    expected = REFERENCE["courses"]
    size = len(expected["likeliest"])
    assert course[:size].tolist() == expected["likeliest"]
    assert chances[:size] == pytest.approx(np.array(expected["chances"]), abs=1e-6)
