"""Whether records are up to date: scores on their day, silent episodes, the last record."""

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.completeness import is_scored
from hinge_outcomes.cohort.event_rows import plain_numbers
from hinge_outcomes.cohort.quality_marks import (
    TIMELINESS,
    Marks,
    QualityFacts,
    QualityMeasure,
    records_visits,
)
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.follow_up import FOLLOW_UPS, Window
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.rules import LossRule

GAP_DAYS = LossRule().gap_days
LATE_CLOSING_DAYS = 2 * GAP_DAYS
"""A record closed later than this after the last attended visit was forgotten (an assumption)."""

STALE_DAYS = 14
"""Records that end this long before the data cut may not be complete to it (an assumption)."""

OPEN_SILENT, CLOSED_LATE = "open_silent", "closed_late"
DUE_NOW = "due_now"

_RECORDED_DAYS = (
    ("visits", "visit_day"),
    ("assessments", "assessed_day"),
    ("outcomes", "measured_day"),
)


def timeliness_measures(facts: QualityFacts) -> tuple[QualityMeasure, ...]:
    """List what tells whether the records are up to date.

    Parameters
    ----------
    facts : QualityFacts
        The facts.

    Returns
    -------
    tuple of QualityMeasure
        Scores that can still be had, silent open episodes, late closings.
    """
    due = [_due_now(code, window) for code in facts.instruments for window in FOLLOW_UPS]
    return (*due, *_EPISODES)


def describe_delays(facts: QualityFacts) -> pd.DataFrame:
    """Tell how far from its planned day each follow-up was measured.

    Parameters
    ----------
    facts : QualityFacts
        The facts.

    Returns
    -------
    DataFrame
        One row per instrument, follow-up and clinic that has scores, and one of all clinics
        together, whose clinic_id is missing: instrument, follow_up, target_day, clinic_id, n,
        median_days (measured minus planned; below 0 is early) and median_distance (either way).
    """
    outcomes = facts.cohort.outcomes
    core = outcomes[outcomes["instrument"].isin(facts.instruments).to_numpy(dtype=bool)]
    found = match_windows(core, [window.target_day for window in FOLLOW_UPS])
    whose = facts.cohort.episodes.set_index("episode_id")["clinic_id"].astype("object")
    away = plain_numbers(found["measured_day"]) - plain_numbers(found["target_day"])
    found = found.assign(
        instrument=found["instrument"].astype("object"),
        clinic_id=found["episode_id"].map(whose),
        away=away,
        distance=np.abs(away),
    )
    medians = [
        found.groupby(["instrument", "target_day", *by], sort=True, as_index=False).agg(
            n=("away", "size"),
            median_days=("away", "median"),
            median_distance=("distance", "median"),
        )
        for by in ([], ["clinic_id"])
    ]
    delays = medians[1].merge(medians[0].assign(clinic_id=None), how="outer")
    names = {window.target_day: window.name for window in FOLLOW_UPS}
    delays.insert(1, "follow_up", delays["target_day"].map(names))
    return delays


def describe_last_records(facts: QualityFacts) -> pd.DataFrame:
    """Tell how long before its data cut each clinic's last record lies.

    Parameters
    ----------
    facts : QualityFacts
        The facts.

    Returns
    -------
    DataFrame
        One row per clinic: clinic_id, n_episodes, days_to_cut (from the last start, visit, rating
        or score to the data cut), is_stale (more than 14 days: the records may not be complete to
        the data cut).
    """
    latest = np.zeros(facts.cohort.n_episodes)
    for table, column in _RECORDED_DAYS:
        day = plain_numbers(getattr(facts.cohort, table)[column])
        place = facts.places(table)
        is_past = day <= facts.ahead[place]
        np.maximum.at(latest, place[is_past], day[is_past])
    left = pd.DataFrame(
        {
            "clinic_id": facts.cohort.episodes["clinic_id"].astype("object"),
            "days_to_cut": facts.ahead - latest,
        }
    )
    by_clinic = left.groupby("clinic_id", sort=True)["days_to_cut"]
    table = by_clinic.agg(n_episodes="size", days_to_cut="min").reset_index()
    return table.assign(is_stale=table["days_to_cut"] > STALE_DAYS)


def _due_now(code: str, window: Window) -> QualityMeasure:
    def marks(facts: QualityFacts) -> Marks:
        is_open = (facts.ahead >= window.first_day) & (facts.ahead < window.last_day)
        return facts.of_episodes(~is_scored(facts, code, window), np.asarray(is_open))

    return QualityMeasure(
        f"{DUE_NOW}_{code}_{window.target_day}",
        TIMELINESS,
        "Can still be had",
        f"{INSTRUMENTS[code].code.upper()} at {window.name}",
        "episodes whose window is open",
        marks,
        meaning="The window of this score is still open: it can be asked for now.",
    )


def _open_and_silent(facts: QualityFacts) -> Marks | None:
    if not records_visits(facts):
        return None
    is_open = facts.cohort.episodes["end_day"].isna().to_numpy(dtype=bool)
    last = np.nan_to_num(facts.last_attended, nan=0.0)  # nobody seen since the start
    return facts.of_episodes(facts.ahead - last > GAP_DAYS, is_open)


def _closed_late(facts: QualityFacts) -> Marks | None:
    if not records_visits(facts):
        return None
    end = plain_numbers(facts.cohort.episodes["end_day"])
    is_closed = np.isfinite(end) & np.isfinite(facts.last_attended)
    return facts.of_episodes(end - facts.last_attended > LATE_CLOSING_DAYS, is_closed)


_EPISODES = (
    QualityMeasure(
        OPEN_SILENT, TIMELINESS, "Episodes", f"Open, no visit for {GAP_DAYS} days",
        "open episodes", _open_and_silent,
        "The episode counts as lost from then on, whatever its record says. Call the patient or "
        "close the record with its reason.",
        0.0,
    ),
    QualityMeasure(
        CLOSED_LATE, TIMELINESS, "Episodes",
        f"Closed over {LATE_CLOSING_DAYS} days after the last visit", "closed episodes",
        _closed_late,
        "Records closed long after the last visit: was the day of closing typed, or the day on "
        "which somebody tidied up?",
        0.05,
    ),
)  # fmt: skip
