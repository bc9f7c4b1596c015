"""The forward algorithm: against sums over all courses, and against the direct likelihood."""

from itertools import product

import numpy as np
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
from hinge_outcomes.analysis.progression.rate_structure import (
    RateStructure,
    generators_of,
    rates_of,
)
from hinge_outcomes.exceptions import AnalysisError

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
        begins = objective.fixed_start.copy()
        part = HiddenLikelihood(known, RATES)
        part.fixed_start = begins
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
