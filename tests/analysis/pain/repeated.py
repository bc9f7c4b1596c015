"""Scores at planned visits with a known covariance, and dropout that depends on scores."""

import numpy as np
import pandas as pd

COVARIANCE = np.array(
    [[4.0, 2.6, 2.0, 1.6], [2.6, 5.0, 3.2, 2.4], [2.0, 3.2, 6.0, 3.6], [1.6, 2.4, 3.6, 6.5]]
)
MEANS = np.array([6.0, 5.0, 4.2, 3.8])
EFFECT = np.array([0.0, -0.5, -1.0, -1.2])


def repeated_scores(
    n: int = 80, *, seed: int = 4, covariance: np.ndarray = COVARIANCE
) -> pd.DataFrame:
    """Two arms at four weeks: who hurts more is likelier not to come again (missing at random)."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    age = rng.normal(45, 12, n)
    noise = rng.standard_normal((n, 4)) @ np.linalg.cholesky(covariance).T
    score = MEANS + arm[:, None] * EFFECT + 0.03 * (age - 45)[:, None] + noise
    chance = 1 / (1 + np.exp(2.6 - 0.3 * (score[:, :-1] - 5)))
    is_gone = np.cumsum(rng.random((n, 3)) < chance, axis=1) > 0
    is_seen = np.column_stack([np.ones(n, dtype=bool), ~is_gone])
    frame = pd.DataFrame(
        {
            "who": np.repeat([f"p{number:04d}" for number in range(n)], 4),
            "week": np.tile([0, 6, 13, 26], n),
            "arm": np.repeat(np.where(arm == 1, "new", "old"), 4),
            "age": np.repeat(age, 4),
            "score": score.ravel(),
        }
    )
    frame["arm"] = pd.Categorical(frame["arm"], categories=["old", "new"])
    return frame[is_seen.ravel()].reset_index(drop=True)
