"""A clinic's exports without a single error, made of a simulated cohort: four CSV files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.frames import Cohort

SEX_WORDS = {"female": "F", "male": "M", "other": "X", "unknown": "U"}
STATUS_WORDS = {"attended": "came", "no_show": "missed", "cancelled": "cancelled"}
TRUTH_WORDS = {True: "yes", False: "no"}

MAPPING: dict[str, Any] = {
    "data_cut": "2026-09-30",
    "file": {"date_format": "%d/%m/%Y", "decimal": ","},
    "source": [
        {"name": "people", "file": "people.csv", "delimiter": "semicolon", "keys": ["Case"]},
        {"name": "visits", "file": "visits.csv", "delimiter": "semicolon"},
        {"name": "ratings", "file": "ratings.csv", "delimiter": "semicolon"},
        {"name": "scores", "file": "scores.csv", "delimiter": "semicolon"},
    ],
    "tables": {
        "patients": {
            "source": "people", "patient_id": "Patient", "birth_year": "Born",
            "sex": {"column": "Gender", "if_unreadable": "missing"},
        },
        "episodes": {
            "source": "people", "episode_id": "Case", "patient_id": "Patient",
            "clinic_id": "Site", "clinician_id": "Therapist", "start_date": "First visit",
            "entry_stage": "Entry", "target_stage": "Goal", "symptom_duration": "Symptoms",
            "start_back_risk": "Risk", "end_day": {"days_from_start": "Closed"},
            "end_reason": "Why", "x_note": {"column": "Payer", "if_unreadable": "missing"},
        },
        "visits": {
            "source": "visits", "episode_id": "Case", "visit_day": {"days_from_start": "Date"},
            "visit_number": "Number", "status": "Attendance", "clinician_id": "Therapist",
            "home_exercise_days": "Exercise",
        },
        "assessments": {
            "source": "ratings", "episode_id": "Case",
            "assessed_day": {"days_from_start": "Date"}, "stage": "Step",
            "mastery_level": "Rating", "is_working_stage": "Now", "load_kg": "Load",
        },
        "outcomes": {
            "source": "scores", "episode_id": "Case",
            "measured_day": {"days_from_start": "Date"}, "instrument": "Form", "score": "Score",
        },
    },
    "codes": {
        "sex": {word: code for code, word in SEX_WORDS.items()},
        "status": {word: code for code, word in STATUS_WORDS.items()},
        "is_working_stage": {word: truth for truth, word in TRUTH_WORDS.items()},
    },
    "extra": {"x_note": {"table": "episodes", "type": "text", "label": "Who pays"}},
}  # fmt: skip
"""What the files mean. Two columns may be unreadable without taking their row along."""

NEVER_CAME = "Z"
"""Cases that begin with it have no appointment: an error in their row orphans no other."""


def clean_files(cohort: Cohort, n_idle: int) -> dict[str, pd.DataFrame]:
    """Write a cohort out as a clinic's programs would, with people who never came besides."""
    starts = cohort.episodes.set_index("episode_id")["start_date"]

    def dated(frame: pd.DataFrame, day: str) -> pd.Series:
        start = starts.reindex(frame["episode_id"]).set_axis(frame.index)
        moments = start + pd.to_timedelta(frame[day].astype("float64"), unit="D")
        return moments.dt.strftime("%d/%m/%Y")

    episodes = cohort.episodes.merge(cohort.patients, on="patient_id")
    people = pd.DataFrame({
        "Case": episodes["episode_id"], "Patient": episodes["patient_id"],
        "Born": episodes["birth_year"], "Gender": _words(episodes["sex"], SEX_WORDS),
        "Site": episodes["clinic_id"], "Therapist": episodes["clinician_id"],
        "First visit": episodes["start_date"].dt.strftime("%d/%m/%Y"),
        "Entry": episodes["entry_stage"], "Goal": episodes["target_stage"],
        "Symptoms": episodes["symptom_duration"], "Risk": episodes["start_back_risk"],
        "Closed": dated(episodes, "end_day"), "Why": episodes["end_reason"], "Payer": "insurer",
    })  # fmt: skip
    idle = pd.DataFrame({
        "Case": [f"{NEVER_CAME}C{n:05d}" for n in range(n_idle)],
        "Patient": [f"{NEVER_CAME}P{n:05d}" for n in range(n_idle)],
        "Born": 1970, "Gender": "F", "Site": "C01", "Therapist": "T1",
        "First visit": "05/01/2026", "Entry": 2, "Goal": 6, "Symptoms": "chronic", "Risk": "low",
        "Closed": "19/01/2026", "Why": "self_discharged", "Payer": "own",
    })  # fmt: skip
    visits, ratings, scores = cohort.visits, cohort.assessments, cohort.outcomes
    files = {
        "people": pd.concat([people, idle], ignore_index=True),
        "visits": pd.DataFrame({
            "Case": visits["episode_id"], "Date": dated(visits, "visit_day"),
            "Number": visits["visit_number"], "Attendance": _words(visits["status"], STATUS_WORDS),
            "Therapist": visits["clinician_id"], "Exercise": visits["home_exercise_days"],
        }),
        "ratings": pd.DataFrame({
            "Case": ratings["episode_id"], "Date": dated(ratings, "assessed_day"),
            "Step": ratings["stage"], "Rating": ratings["mastery_level"],
            "Now": _words(ratings["is_working_stage"], TRUTH_WORDS),
            "Load": ratings["load_kg"].map(_comma, na_action="ignore"),
        }),
        "scores": pd.DataFrame({
            "Case": scores["episode_id"], "Date": dated(scores, "measured_day"),
            "Form": scores["instrument"], "Score": scores["score"].map(_comma),
        }),
    }  # fmt: skip
    return {name: _as_text(frame) for name, frame in files.items()}


def write_files(lines: Mapping[str, list[str]], folder: Path) -> Path:
    """Write the files, each a list of lines whose first is the header."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, texts in lines.items():
        (folder / f"{name}.csv").write_text("\n".join(texts) + "\n", encoding="utf-8", newline="")
    return folder


def as_lines(frame: pd.DataFrame) -> list[str]:
    """Write a frame of texts as lines of cells parted by semicolons."""
    return [";".join(frame.columns), *(";".join(row) for row in frame.itertuples(index=False))]


def _words(codes: pd.Series, words: Mapping[Any, str]) -> pd.Series:
    return codes.astype("object").map(words, na_action="ignore")


def _comma(number: float) -> str:
    return repr(float(number)).removesuffix(".0").replace(".", ",")


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    plain = frame.astype("object")
    return plain.where(plain.notna(), "").astype("str").astype("object")
