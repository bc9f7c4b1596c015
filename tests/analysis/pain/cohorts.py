"""Small hand-made cohorts of scores, so that every number can be checked in the head."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.frames import Cohort

CUT = dt.date(2026, 9, 30)


def silent_cohort() -> Cohort:
    """One open episode, 60 days old, last seen on day 30, with scores on days 0 and 28.

    The default gap of 42 days ends on day 72, after the cut; a gap of 28 ends on day 58.
    """
    visits = pd.DataFrame(
        {"episode_id": "e1", "visit_day": [0, 30], "visit_number": [1, 2], "status": "attended"}
    )
    start = (CUT - dt.timedelta(days=60)).isoformat()
    return scored_cohort(
        [("e1", 0, 8.0), ("e1", 28, 6.0)], episodes={"e1": {"start_date": start}}, visits=visits
    )


def scored_cohort(
    scores: Sequence[tuple[str, int, float]],
    *,
    instrument: str = "nprs",
    episodes: dict[str, dict[str, Any]] | None = None,
    **changes: Any,
) -> Cohort:
    """A cohort without stages from (episode, day, score); episodes start 400 days before the cut.

    ``episodes`` replaces columns of single episodes by id, and adds episodes without a score.
    """
    special = episodes or {}
    ids = sorted({row[0] for row in scores} | set(special))
    start = CUT - dt.timedelta(days=400)
    rows = []
    for name in ids:
        row = {
            "episode_id": name,
            "patient_id": f"patient of {name}",
            "clinic_id": "C01",
            "clinician_id": "T1",
            "start_date": start.isoformat(),
            "symptom_duration": "chronic",
            "end_day": None,
            "end_reason": None,
            **special.get(name, {}),
        }
        observed = (CUT - dt.date.fromisoformat(row["start_date"])).days
        if row["end_reason"] not in (None, "lost_to_follow_up", "administrative"):
            observed = row["end_day"]
        row["last_observed_day"] = observed
        rows.append(row)
    frame = pd.DataFrame(rows)
    people = pd.DataFrame(
        {"patient_id": sorted(set(frame["patient_id"])), "birth_year": 1980, "sex": "female"}
    )
    outcomes = pd.DataFrame(scores, columns=["episode_id", "measured_day", "score"])
    outcomes["instrument"] = instrument
    visits = pd.DataFrame(
        {"episode_id": ids, "visit_day": 0, "visit_number": 1, "status": "attended"}
    )
    tables: dict[str, Any] = {
        "patients": people,
        "episodes": frame,
        "visits": visits.iloc[:0],
        "assessments": pd.DataFrame({"episode_id": [], "assessed_day": [], "stage": []}),
        "outcomes": outcomes,
        "data_cut": CUT,
    }
    return Cohort(**{**tables, **changes})
