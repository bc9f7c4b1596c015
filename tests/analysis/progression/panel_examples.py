"""Small panels with known answers, and the likelihood as its definition says, for the tests."""

import numpy as np
import pandas as pd
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.panel_data import PanelData
from hinge_outcomes.analysis.progression.rate_structure import (
    RateStructure,
    generators_of,
    rates_of,
)

CAV_MOVES = [(1, 2), (1, 4), (2, 1), (2, 3), (2, 4), (3, 2), (3, 4)]


def free_structure(n_states, moves):
    """One free rate per move."""
    return RateStructure(
        n_states,
        np.array(moves),
        np.eye(len(moves))[None],
        tuple(f"{one} to {other}" for one, other in moves),
    )


def panel_of(subject, time, code, n_states, *, exact=(), sets=(), exact_times=False, x=None):
    """A panel from lists; ``x`` is one covariate per row."""
    rows = len(subject)
    values, pattern = np.ones((1, 1)), np.zeros(rows, dtype=np.int64)
    if x is not None:
        distinct, pattern = np.unique(np.asarray(x, float), return_inverse=True)
        values = np.column_stack([np.ones(len(distinct)), distinct])
    return PanelData(
        states=tuple(range(n_states)),
        subject=np.asarray(subject, np.int64),
        time=np.asarray(time, float),
        code=np.asarray(code, np.int64),
        sets=np.array([*np.eye(n_states, dtype=bool), *(list(one) for one in sets)], dtype=bool),
        pattern=np.asarray(pattern, np.int64),
        values=values,
        is_exact=np.isin(np.arange(n_states), exact),
        exact_times=exact_times,
    )


def random_panel(seed, *, n=40, moves, n_states, exact=None, whole=True, set_last=False, x=False):
    """Courses of a process with random rates, seen at random visits, the exit dated exactly."""
    rng = np.random.default_rng(seed)
    generator = np.zeros((n_states, n_states))
    generator[tuple(np.array(moves).T)] = rng.uniform(0.05, 0.3, len(moves))
    np.fill_diagonal(generator, -generator.sum(axis=1))
    rows = []
    for who in range(n):
        time, state, level = 0.0, int(rng.integers(0, 2)), float(rng.integers(0, 3))
        rows.append((who, time, state, level))
        for _ in range(int(rng.integers(2, 7))):
            lag = float(rng.integers(1, 6)) if whole else float(rng.uniform(0.2, 6))
            chances = np.maximum(expm(generator * lag)[state], 0)
            state = int(rng.choice(n_states, p=chances / chances.sum()))
            time += lag
            rows.append((who, time, state, level))
            if state == exact:
                break
    subject, time, code, level = (np.array(column) for column in zip(*rows, strict=True))
    sets = []
    if set_last:
        last = np.append(subject[1:] != subject[:-1], True) & (code < n_states - 1)
        code = np.where(last & (subject % 3 == 0), n_states, code)
        sets = [[state < 2 or state == n_states - 2 for state in range(n_states)]]
    return panel_of(
        subject,
        time,
        code,
        n_states,
        exact=() if exact is None else (exact,),
        sets=sets,
        x=level if x else None,
    )


def loglik_by_definition(panel, structure, theta):
    """Sum the logs of one matrix exponential per pair of observations."""
    generators = generators_of(structure, rates_of(structure, panel.values, theta))
    size, total = len(panel.states), 0.0
    for row in range(len(panel.subject) - 1):
        if panel.subject[row] != panel.subject[row + 1]:
            continue
        generator = generators[panel.pattern[row]]
        one, other = int(panel.code[row]), int(panel.code[row + 1])
        lag = panel.time[row + 1] - panel.time[row]
        if panel.exact_times and other < size:
            total += generator[one, one] * lag
            total += np.log(generator[one, other]) if one != other else 0.0
            continue
        chances = expm(generator * lag)[one]
        if other < size and panel.is_exact[other] and one != other:
            into = generator[:, other].copy()
            into[other] = 0.0
            total += np.log(chances @ into)
        else:
            total += np.log(chances @ panel.sets[other])
    return total


def frame_of_pairs(moved, stayed, lag=7.0):
    """Subjects seen twice: ``moved`` and ``stayed`` map (from, to) to numbers."""
    pairs = [pair for counts in (moved, stayed) for pair, n in counts.items() for _ in range(n)]
    frame = pd.DataFrame(
        [
            (who, lag * place, state)
            for who, pair in enumerate(pairs)
            for place, state in enumerate(pair)
        ],
        columns=["id", "day", "state"],
    )
    return frame
