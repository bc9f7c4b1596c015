"""An independent, slow Aalen-Johansen with errors by complex-step derivatives, and odd histories.

The estimate is a ratio of sums of weights, so it may be evaluated at complex weights; the imaginary
part over the step is its derivative without any rounding of differences. Multiplying the weights of
one cluster by 1 + i h gives that cluster's influence: no formula is shared with the package.
"""

from typing import Any

import numpy as np
import pandas as pd

STEP = 1e-30


def dense_curve(
    stays: pd.DataFrame, weights: Any, states: list[Any], fixed_start: Any = None
) -> tuple[Any, Any, Any]:
    """Give event times, occupancy after each, and the start, by matrix products over all rows."""
    start, stop = stays["tstart"].to_numpy(float), stays["tstop"].to_numpy(float)
    origin = stays["from"].map(states.index).to_numpy()
    moved = stays["to"].notna().to_numpy()
    target = np.array(
        [states.index(to) if m else -1 for to, m in zip(stays["to"], moved, strict=True)]
    )
    times = np.unique(stop[moved])
    first = times[0]
    present = (start < first) & (first <= stop)
    share = np.array([weights[present & (origin == j)].sum() for j in range(len(states))])
    share = share / share.sum() if fixed_start is None else fixed_start
    now, curve = share, []
    for time in times:
        matrix = np.eye(len(states), dtype=complex)
        for j in range(len(states)):
            at_risk = (start < time) & (time <= stop) & (origin == j)
            moving = at_risk & (stop == time) & moved
            if not moving.any():
                continue
            total = weights[at_risk].sum()
            for k in np.unique(target[moving]):
                hazard = weights[moving & (target == k)].sum() / total
                matrix[j, k] += hazard
                matrix[j, j] -= hazard
        now = now @ matrix
        curve.append(now)
    return times, np.array(curve), share


def dense_value(curve: Any, at: float, *, mean_from: float | None = None) -> Any:
    """Give the occupancy at a time, or the area under it from an origin to that time."""
    times, levels, share = curve
    if mean_from is None:
        place = np.searchsorted(times, at, side="right")
        return share if place == 0 else levels[place - 1]
    area, now, since = 0, share, mean_from
    for time, level in zip(times, levels, strict=True):
        if time >= at:
            break
        area, now, since = area + now * (time - since), level, time
    return area + now * (at - since)


def dense_estimate(
    stays: pd.DataFrame,
    states: list[Any],
    at: float,
    *,
    clusters: Any,
    weights: Any = None,
    start_distribution: str = "fixed",
    mean_from: float | None = None,
) -> tuple[Any, Any, Any]:
    """Give estimate, standard error, and influence by cluster in sorted order of labels."""
    weight = np.ones(len(stays)) if weights is None else np.asarray(weights, float)
    plain = dense_curve(stays, weight.astype(complex), states)
    value = dense_value(plain, at, mean_from=mean_from).real
    fixed = plain[2] if start_distribution == "fixed" else None
    rows = []
    for label in np.unique(clusters):
        bent = weight * (1 + 1j * STEP * (np.asarray(clusters) == label))
        curve = dense_curve(stays, bent, states, fixed)
        rows.append(dense_value(curve, at, mean_from=mean_from).imag / STEP)
    influence = np.array(rows)
    return value, np.sqrt((influence**2).sum(axis=0)), influence


def odd_histories(seed: int, n: int, *, n_states: int = 4, is_whole: bool = True) -> pd.DataFrame:
    """Make histories with ties, cycles, gaps, late entry, early censoring, and absorbing ends."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        time = 0.0 if rng.random() < 0.5 else float(rng.integers(0, 9))
        state = int(rng.integers(0, n_states - 1))
        for _ in range(6):
            length = float(rng.integers(1, 6)) if is_whole else float(rng.exponential(3))
            target = int(rng.integers(0, n_states))
            is_censored = target == state or rng.random() < 0.15
            rows.append((number, time, time + length, state, None if is_censored else target))
            time += length
            if is_censored:
                if rng.random() < 0.5:
                    break
                # Out of sight for a while, then back, perhaps elsewhere.
                time += float(rng.integers(1, 4))
                state = int(rng.integers(0, n_states - 1))
            else:
                state = target
            if state == n_states - 1:
                break
    frame = pd.DataFrame(rows, columns=["id", "tstart", "tstop", "from", "to"])
    names = [f"s{number}" for number in range(n_states)]
    frame["from"] = [names[state] for state in frame["from"]]
    frame["to"] = [None if pd.isna(state) else names[int(state)] for state in frame["to"]]
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)
