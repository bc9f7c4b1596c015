"""Scores of patients within clinicians within clinics, with known spreads."""

import numpy as np
import pandas as pd


def nested_scores(
    n_clinics: int = 5, n_clinicians: int = 4, n_patients: int = 6, *, seed: int = 0,
    spreads: tuple[float, float, float] = (1.0, 0.5, 0.6),
) -> pd.DataFrame:  # fmt: skip
    """Four visits each, a seventh missing; spreads of patients, clinicians and clinics."""
    rng = np.random.default_rng(seed)
    shape = (n_clinics, n_clinicians, n_patients, 4)
    clinic, clinician, patient, day = (one.ravel() for one in np.indices(shape))
    clinician = clinic * n_clinicians + clinician
    patient = clinician * n_patients + patient
    own = [rng.normal(0, spread, 10_000) for spread in spreads]
    score = (
        5 - 0.5 * day + own[0][patient] + rng.normal(0, 0.3, 10_000)[patient] * day
        + own[1][clinician] + own[2][clinic] + rng.normal(0, 1, len(day))
    )  # fmt: skip
    frame = pd.DataFrame(
        {"clinic": clinic, "clinician": clinician, "patient": patient, "day": day, "score": score}
    )
    return frame[rng.random(len(frame)) < 0.85].reset_index(drop=True)
