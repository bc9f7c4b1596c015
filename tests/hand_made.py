"""Small cohorts written by hand: episodes as they would be told, dates worked out."""

import datetime as dt
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.tables import SCHEMAS
from hinge_outcomes.domain.states import RULE_DATED_REASONS

DATA_CUT = dt.date(2026, 9, 30)


def episode(
    episode_id: str = "E1",
    *,
    observed: int = 365,
    entry: int | None = 1,
    target: int | None = 3,
    end: tuple[int, str] | None = None,
    visits: dict[int, str] | list[int] = (),  # type: ignore[assignment]
    ratings: list[tuple[Any, ...]] = (),  # type: ignore[assignment]
    scores: list[tuple[int, str, float]] = (),  # type: ignore[assignment]
    **columns: Any,
) -> dict[str, Any]:
    """Tell one episode that began `observed` days before the data cut.

    `end` is (day, reason); `visits` are attended days, or {day: status}; `ratings` are
    (day, stage, level, is_working_stage), of which the last may be left out.
    """
    return {
        "observed": observed,
        "visits": dict.fromkeys(visits, "attended") if not isinstance(visits, dict) else visits,
        "ratings": [(*rating, None)[:4] for rating in ratings],
        "scores": scores,
        "row": {
            "episode_id": episode_id,
            "patient_id": f"P-{episode_id}",
            "clinic_id": "C01",
            "start_date": pd.Timestamp(DATA_CUT) - pd.Timedelta(days=observed),
            "entry_stage": entry,
            "target_stage": target,
            "end_day": None if end is None else end[0],
            "end_reason": None if end is None else end[1],
            "last_observed_day": (
                end[0] if end is not None and end[1] not in RULE_DATED_REASONS else observed
            ),
            **columns,
        },
    }


def cohort_of(*told: dict[str, Any], patients: dict[str, Any] | None = None, **more: Any) -> Cohort:
    """Make a checked cohort of episodes told by `episode`."""
    ids = sorted({one["row"]["patient_id"] for one in told})
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    rows["patients"] = [{"patient_id": name, **(patients or {})} for name in ids]
    for one in told:
        of = {"episode_id": one["row"]["episode_id"]}
        rows["episodes"].append(one["row"])
        for number, (day, status) in enumerate(sorted(one["visits"].items()), start=1):
            rows["visits"].append(of | {"visit_day": day, "visit_number": number, "status": status})
        for day, stage, level, is_working in one["ratings"]:
            rows["assessments"].append(
                of
                | {"assessed_day": day, "stage": stage}
                | {"mastery_level": level, "is_working_stage": is_working}
            )
        for day, instrument, score in one["scores"]:
            rows["outcomes"].append(
                of | {"measured_day": day, "instrument": instrument, "score": score}
            )
    frames = {
        name: pd.DataFrame(found) if found else pd.DataFrame(columns=list(SCHEMAS[name].columns))
        for name, found in rows.items()
    }
    return Cohort(data_cut=DATA_CUT, **frames, **more)
