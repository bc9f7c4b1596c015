"""Small hand-made tables for tests: lawful, and easy to spoil in one place."""

import datetime as dt
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.frames import Cohort

CUT = dt.date(2026, 9, 30)


def small_tables() -> dict[str, pd.DataFrame]:
    """Three episodes: one mastered, one discharged by herself, one open."""
    patients = pd.DataFrame(
        {"patient_id": ["p1", "p2"], "birth_year": [1970, 1980], "sex": ["female", "male"]}
    )
    episodes = pd.DataFrame(
        {
            "episode_id": ["e1", "e2", "e3"],
            "patient_id": ["p1", "p2", "p2"],
            "clinic_id": ["C01", "C01", "C02"],
            "clinician_id": ["T1", "T1", None],
            "start_date": ["2026-01-05", "2026-02-02", "2026-09-10"],
            "entry_stage": [1, 2, 3],
            "target_stage": [1, 5, 6],
            "symptom_duration": ["acute", "chronic", "chronic"],
            "start_back_risk": ["low", "high", None],
            "end_day": [14, 21, None],
            "end_reason": ["mastered", "self_discharged", None],
            "last_observed_day": [14, 21, 20],
        }
    )
    visits = pd.DataFrame(
        {
            "episode_id": ["e1", "e1", "e1", "e2", "e2", "e3"],
            "visit_day": [0, 7, 14, 0, 7, 0],
            "visit_number": [1, 2, 3, 1, 2, 1],
            "status": ["attended", "attended", "attended", "attended", "no_show", "attended"],
        }
    )
    assessments = pd.DataFrame(
        {
            "episode_id": ["e1", "e1", "e1", "e2", "e3"],
            "assessed_day": [0, 7, 14, 0, 0],
            "stage": [1, 1, 1, 2, 3],
            "mastery_level": [1, 3, 3, 1, None],
            "is_working_stage": [True, True, True, True, True],
        }
    )
    outcomes = pd.DataFrame(
        {
            "episode_id": ["e1", "e1", "e2"],
            "measured_day": [0, 14, -3],
            "instrument": ["nprs", "nprs", "odi"],
            "score": [6.0, 3.0, 44.4444444444],
        }
    )
    return {
        "patients": patients,
        "episodes": episodes,
        "visits": visits,
        "assessments": assessments,
        "outcomes": outcomes,
    }


def small_cohort(**changes: Any) -> Cohort:
    """The small tables as a Cohort, with tables or facts replaced by name."""
    return Cohort(**{**small_tables(), "data_cut": CUT, **changes})
