"""One simulated clinic as three exports: other languages, encodings, keys and orders of dates."""

import dataclasses
import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import hinge_outcomes as ho
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.ingestion.mapping import Mapping

# What each column of the three files truly is, by the role that a draft may give it.
TRUTH = {
    "patienten.csv": {
        "Patientennummer": "patient_id", "Geburtsdatum": "birth_year", "Geschlecht": "sex",
        "Nachname": "", "Telefon": "", "Bemerkungen": "",
    },
    "visits.csv": {
        "Pat ID": "patient_id", "Case No": "episode_id", "Clinic": "clinic_id",
        "Provider": "clinician_id", "Start of care": "start_date", "Initial stage": "entry_stage",
        "Target stage": "target_stage", "Chronicity": "symptom_duration",
        "STarT Back risk": "start_back_risk", "Discharge date": "end_day",
        "Discharge reason": "end_reason", "Appt date": "visit_day", "Appt status": "status",
        "HEP days": "home_exercise_days", "Exercise": "stage", "Mastery": "mastery_level",
        "Weight used (kg)": "load_kg", "Working stage?": "is_working_stage", "Room": "",
    },
    "douleur.csv": {
        "Dossier": "episode_id", "Date du questionnaire": "measured_day", "Questionnaire":
        "instrument", "Résultat": "score",
    },
}  # fmt: skip

_SEXES = {"female": "weiblich", "male": "männlich", "other": "divers", "unknown": "unbekannt"}
_LEVELS = ("unable", "cued", "conscious", "automatic")
_STATUSES = {"attended": "Arrived", "no_show": "No-show", "cancelled": "Cancelled"}


def clinic(n_episodes: int = 120) -> Cohort:
    """A simulated clinic whose visits are held by the one who leads the episode."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=n_episodes, seed=21)
    lead = cohort.episodes.set_index("episode_id")["clinician_id"]
    held = lead.loc[cohort.visits["episode_id"]].to_numpy()
    return dataclasses.replace(cohort, visits=cohort.visits.assign(clinician_id=held))


def answered(text: str, cohort: Cohort) -> Mapping:
    """A draft whose only question is the data cut, answered."""
    return Mapping.from_values(
        tomllib.loads(text.replace("# data_cut = ", f"data_cut = {cohort.cut_of()}"))
    )


def write_exports(cohort: Cohort, folder: Path, *, seed: int = 0) -> list[Path]:
    """Write the cohort as the three exports; columns stand in an order drawn by ``seed``."""
    frames = {
        "patienten.csv": (_patients(cohort), {"sep": ";", "encoding": "latin-1"}),
        "visits.csv": (_visits(cohort), {"sep": ",", "encoding": "utf-16"}),
        "douleur.csv": (_scores(cohort), {"sep": "\t", "encoding": "utf-8-sig"}),
    }
    order = np.random.default_rng(seed)
    paths = []
    for name, (frame, written) in frames.items():
        shuffled = frame[list(order.permutation(frame.columns))]
        shuffled.to_csv(folder / name, index=False, **written)  # type: ignore[call-overload]
        paths.append(folder / name)
    return paths


def _patients(cohort: Cohort) -> pd.DataFrame:
    people = cohort.patients
    number = np.arange(len(people))
    return pd.DataFrame(
        {
            "Patientennummer": people["patient_id"],
            # Day 28 in some rows: day and month can be told apart.
            "Geburtsdatum": [
                f"{1 + 3 * (n % 10):02d}.{1 + n % 12:02d}.{year}"
                for n, year in zip(number, people["birth_year"], strict=True)
            ],
            "Geschlecht": people["sex"].astype("object").map(_SEXES),
            "Nachname": "Muster",
            "Telefon": "030 1234567",
            "Bemerkungen": "keine",
        }
    )


def _visits(cohort: Cohort) -> pd.DataFrame:
    episodes = cohort.episodes
    told = cohort.visits.merge(episodes, on="episode_id", suffixes=("", "_lead"))
    rated = cohort.assessments.rename(columns={"assessed_day": "visit_day"})
    told = told.merge(rated, on=["episode_id", "visit_day"], how="outer")
    known = episodes.set_index("episode_id")
    of = {name: told["episode_id"].map(known[name].astype("object")) for name in known.columns}
    return pd.DataFrame(
        {
            "Pat ID": of["patient_id"],
            "Case No": told["episode_id"],
            "Clinic": of["clinic_id"],
            "Provider": of["clinician_id"],
            "Start of care": of["start_date"].map(_american),
            "Initial stage": of["entry_stage"],
            "Target stage": of["target_stage"],
            "Chronicity": of["symptom_duration"].map(str.capitalize),
            "STarT Back risk": of["start_back_risk"].map(str.upper, na_action="ignore"),
            "Discharge date": _dates(of["start_date"], of["end_day"]),
            "Discharge reason": of["end_reason"].str.replace("_", " "),
            "Appt date": _dates(of["start_date"], told["visit_day"]),
            "Appt status": told["status"].astype("object").map(_STATUSES),
            "HEP days": told["home_exercise_days"],
            "Exercise": told["stage"].map(lambda n: ho.STAGES[int(n) - 1].name, na_action="ignore"),
            "Mastery": told["mastery_level"].map(lambda n: _LEVELS[int(n)], na_action="ignore"),
            "Weight used (kg)": told["load_kg"],
            "Working stage?": told["is_working_stage"].map({True: "yes", False: "no"}),
            "Room": "1",
        }
    )


def _scores(cohort: Cohort) -> pd.DataFrame:
    start = cohort.episodes.set_index("episode_id")["start_date"]
    outcomes = cohort.outcomes
    day = start.loc[outcomes["episode_id"]].reset_index(drop=True) + pd.to_timedelta(
        outcomes["measured_day"].astype("int64"), unit="D"
    )
    return pd.DataFrame(
        {
            "Dossier": outcomes["episode_id"],
            "Date du questionnaire": day.dt.strftime("%Y-%m-%d"),
            "Questionnaire": outcomes["instrument"].astype("object").str.upper(),
            "Résultat": outcomes["score"],
        }
    )


def _dates(start: pd.Series, days: pd.Series) -> list[Any]:
    return [
        None if pd.isna(day) else _american(first + dt.timedelta(days=int(day)))
        for first, day in zip(start, days, strict=True)
    ]


def _american(day: Any) -> str:
    return f"{day:%m/%d/%Y}"
