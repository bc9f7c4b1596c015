"""Courses on a ladder of ten stages for the panel benchmark: seen at visits, the exit dated."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

N_STATES = 12
"""Ten stages, mastered, lost."""

MOVES: list[tuple[int, int]] = [
    (stage, other) for stage in range(10) for other in (stage - 1, stage + 1, 11) if other >= 0
]
"""One stage back, one up, lost: 29 moves, states numbered from 0."""

FIRST_GAP, LAST_GAP, LAST_DAY = 5, 14, 105
UP, BACK, OUT = 0.08, 0.009, 0.005

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Courses:
    """Hold observations by patient and time, states numbered from 0."""

    patient: npt.NDArray[np.int64]
    day: Floats
    state: npt.NDArray[np.int64]


def true_rates() -> Floats:
    """Give the rate of each of the moves, per day."""
    return np.array([OUT if to == 11 else UP if to > start else BACK for start, to in MOVES])


def simulate_courses(
    n: int, seed: int, *, log_ratio: Floats | None = None, whole_days: bool = True
) -> Courses:
    """Simulate patients who start in stages 1 to 3 and are seen every 5 to 14 days for 15 weeks.

    ``log_ratio`` is added to each patient's log rates upwards.
    """
    rng = np.random.default_rng(seed)
    n_visits = int(LAST_DAY / ((FIRST_GAP + LAST_GAP) / 2))
    gap: Any = (
        rng.integers(FIRST_GAP, LAST_GAP + 1, (n, n_visits))
        if whole_days
        else rng.uniform(FIRST_GAP, LAST_GAP, (n, n_visits))
    )
    visits = np.concatenate([np.zeros((n, 1)), np.cumsum(gap, axis=1)], axis=1)
    rates = np.zeros((N_STATES, N_STATES))
    rates[tuple(np.array(MOVES).T)] = true_rates()
    ratio = np.ones(n) if log_ratio is None else np.exp(log_ratio)

    current, now, end = rng.integers(0, 3, n), np.zeros(n), np.full(n, np.inf)
    seen = np.full(visits.shape, -1, dtype=np.int64)
    seen[:, 0] = current
    moving = np.arange(n)
    while len(moving):
        state = current[moving]
        out = rates[state].copy()
        out[np.arange(len(state)), np.minimum(state + 1, 11)] *= ratio[moving]
        total = out.sum(axis=1)
        stays = total == 0
        until = now[moving] + rng.exponential(size=len(state)) / np.where(stays, 1e-12, total)
        within = (visits[moving] > now[moving, None]) & (visits[moving] <= until[:, None])
        seen[moving] = np.where(within, state[:, None], seen[moving])
        share = np.cumsum(out, axis=1) / np.where(stays, 1.0, total)[:, None]
        following = np.minimum((rng.random((len(state), 1)) > share).sum(axis=1), 11)
        goes = ~stays & (until < visits[moving, -1])
        lost = goes & (following == 11)
        end[moving[lost]] = np.ceil(until[lost]) if whole_days else until[lost]
        current[moving], now[moving] = following, until
        moving = moving[goes & ~lost]

    kept = (seen >= 0) & (visits < end[:, None])
    gone = np.flatnonzero(np.isfinite(end))
    patient = np.concatenate([np.nonzero(kept)[0], gone])
    day = np.concatenate([visits[kept], end[gone]])
    state = np.concatenate([seen[kept], np.full(len(gone), 11)])
    order = np.lexsort((day, patient))
    return Courses(patient[order], day[order], state[order])
