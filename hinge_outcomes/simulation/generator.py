"""Simulate a cohort: patients in chunks, then the same five tables that clinics fill."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.tables import DURATIONS, SEXES, VISIT_STATUSES
from hinge_outcomes.domain.instruments import START_BACK_RISKS
from hinge_outcomes.domain.states import END_REASONS
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation.care import simulate_care
from hinge_outcomes.simulation.care_records import Care
from hinge_outcomes.simulation.departures import ADMINISTRATIVE, LOST, STAYS
from hinge_outcomes.simulation.observation import Scores, join_scores, mailed_scores
from hinge_outcomes.simulation.people import (
    IntArray,
    People,
    Places,
    simulate_people,
    simulate_places,
)
from hinge_outcomes.simulation.scenario import Scenario
from hinge_outcomes.simulation.streams import PatientStreams, check_seed

_CHUNK = 5_000
_FURTHEST_DAY = 20_000  # a score's day fits below this when scores are compared by one number
_INSTRUMENTS = ("nprs", "odi")


def simulate(scenario: Scenario, *, n_episodes: int, seed: int, chunk_size: int = _CHUNK) -> Cohort:
    """Make up patients who learn the hip hinge, as a clinic would have recorded them.

    Each patient owns fixed blocks of counter-based random streams, so results do not depend on
    ``chunk_size``, and the first 1,000 episodes of a larger run are those of a run of 1,000.

    Parameters
    ----------
    scenario : Scenario
        Every number the simulation rests on.
    n_episodes : int
        How many episodes, 1 or more.
    seed : int
        Seed, 0 or more.
    chunk_size : int, default 5000
        Patients made at once; changes memory and speed, never a result.

    Returns
    -------
    Cohort
        Marked as synthetic, with scenario and seed.

    Raises
    ------
    ConfigError
        If ``n_episodes``, ``seed`` or ``chunk_size`` is not allowed.

    Examples
    --------
    >>> from hinge_outcomes.simulation import Scenario
    >>> simulate(Scenario.default(), n_episodes=20, seed=7).n_episodes
    20
    """
    for name, value in (("n_episodes", n_episodes), ("chunk_size", chunk_size)):
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or value < 1:
            raise ConfigError(f"{name} must be a whole number of 1 or more, such as 2000.")
    check_seed(seed)
    places = simulate_places(scenario, seed)
    chunks = [
        _chunk(scenario, places, PatientStreams(seed, first, min(chunk_size, n_episodes - first)))
        for first in range(0, n_episodes, chunk_size)
    ]
    tables = {
        name: pd.concat([chunk[name] for chunk in chunks], ignore_index=True) for name in chunks[0]
    }
    names = {
        clinic_id: _clinic_name(scenario, place)
        for place, clinic_id in enumerate(_clinic_ids(scenario.clinics.count))
    }
    return Cohort(
        **tables,
        data_cut=scenario.calendar.data_cut,
        is_synthetic=True,
        clinic_names=names,
        scenario=scenario.as_dict(),
        seed=int(seed),
    )


def _chunk(scenario: Scenario, places: Places, streams: PatientStreams) -> dict[str, Any]:
    people = simulate_people(scenario, places, streams)
    care = simulate_care(scenario, places, people, streams)
    mailed = mailed_scores(
        scenario,
        people,
        left_day=care.left_day,
        mastered_day=care.mastered_day,
        last_nprs=care.last_nprs,
        streams=streams,
    )
    numbers = np.arange(streams.first + 1, streams.first + streams.count + 1)
    episode_ids = _numbered("E", numbers)
    clinician_ids = _clinician_ids(places)
    return {
        "patients": _patients(people, _numbered("P", numbers)),
        "episodes": _episodes(people, care, episode_ids, _numbered("P", numbers), places),
        "visits": _visits(care, episode_ids, clinician_ids),
        "assessments": _assessments(care, episode_ids),
        "outcomes": _outcomes(care.scores, mailed, episode_ids),
    }


def _patients(people: People, patient_ids: pd.Index) -> pd.DataFrame:
    year = people.start.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return pd.DataFrame(
        {
            "patient_id": patient_ids,
            "birth_year": pd.array(year - people.age, dtype="Int16"),
            "sex": _coded(people.sex, SEXES),
        }
    )


def _episodes(
    people: People, care: Care, episode_ids: pd.Index, patient_ids: pd.Index, places: Places
) -> pd.DataFrame:
    clinic_ids = pd.Index(_clinic_ids(len(places.n_clinicians)), dtype="str")
    is_seen_end = ~np.isin(care.end_reason, (STAYS, LOST, ADMINISTRATIVE))
    risk = np.where(people.has_risk, people.risk, -1)
    return pd.DataFrame(
        {
            "episode_id": episode_ids,
            "patient_id": patient_ids,
            "clinic_id": clinic_ids.take(people.clinic),
            "clinician_id": _clinician_ids(places).take(people.clinician),
            "start_date": people.start.astype("datetime64[D]").astype("datetime64[s]"),
            "entry_stage": pd.array(people.entry, dtype="Int16"),
            "target_stage": pd.array(people.target, dtype="Int16"),
            "symptom_duration": _coded(people.duration, DURATIONS),
            "start_back_risk": _coded(risk, START_BACK_RISKS),
            "end_day": _nullable(care.end_day),
            "end_reason": _coded(care.end_reason, END_REASONS),
            "last_observed_day": pd.array(
                np.where(is_seen_end, care.end_day, people.horizon), dtype="Int16"
            ),
        }
    )


def _visits(care: Care, episode_ids: pd.Index, clinician_ids: pd.Index) -> pd.DataFrame:
    rows: dict[str, Any] = care.visits
    return pd.DataFrame(
        {
            "episode_id": episode_ids.take(rows["who"]),
            "visit_day": pd.array(rows["day"], dtype="Int16"),
            "visit_number": pd.array(rows["number"], dtype="Int16"),
            "status": _coded(rows["status"], VISIT_STATUSES),
            "clinician_id": clinician_ids.take(rows["clinician"]),
            "home_exercise_days": _nullable(rows["home_days"]),
        }
    )


def _assessments(care: Care, episode_ids: pd.Index) -> pd.DataFrame:
    rows: dict[str, Any] = care.assessments
    return pd.DataFrame(
        {
            "episode_id": episode_ids.take(rows["who"]),
            "assessed_day": pd.array(rows["day"], dtype="Int16"),
            "stage": pd.array(rows["stage"], dtype="Int16"),
            "mastery_level": _nullable(rows["level"]),
            "is_working_stage": pd.array(rows["is_working"], dtype="boolean"),
            "load_kg": rows["load"],
        }
    )


def _outcomes(in_care: Scores, mailed: Scores, episode_ids: pd.Index) -> pd.DataFrame:
    # One score per day and instrument: whoever filled the form at a visit sends no second one.
    is_second = np.isin(_row_key(mailed), _row_key(in_care))
    keep = np.flatnonzero(~is_second)
    kept = Scores(mailed.who[keep], mailed.day[keep], mailed.instrument[keep], mailed.score[keep])
    rows = join_scores([in_care, kept])
    order = np.argsort(rows.who, kind="stable")
    return pd.DataFrame(
        {
            "episode_id": episode_ids.take(rows.who[order]),
            "measured_day": pd.array(rows.day[order], dtype="Int16"),
            "instrument": np.array(_INSTRUMENTS, dtype=object)[rows.instrument[order]],
            "score": rows.score[order],
        }
    )


def _row_key(scores: Scores) -> IntArray:
    return (scores.who * _FURTHEST_DAY + scores.day) * len(_INSTRUMENTS) + scores.instrument


def _numbered(letter: str, numbers: npt.NDArray[np.int64]) -> pd.Index:
    return pd.Index([f"{letter}{number:07d}" for number in numbers.tolist()], dtype="str")


def _clinic_ids(count: int) -> list[str]:
    width = 2 if count < 100 else 3
    return [f"C{number:0{width}d}" for number in range(1, count + 1)]


def _clinician_ids(places: Places) -> pd.Index:
    clinic_ids = _clinic_ids(len(places.n_clinicians))
    within = np.arange(len(places.clinic_of)) - places.first_clinician[places.clinic_of] + 1
    pairs = zip(places.clinic_of.tolist(), within.tolist(), strict=True)
    return pd.Index([f"{clinic_ids[clinic]}-{number}" for clinic, number in pairs], dtype="str")


def _clinic_name(scenario: Scenario, place: int) -> str:
    names = scenario.clinics.names
    return names[place] if place < len(names) else f"Clinic {place + 1}"


def _coded(codes: Any, words: tuple[str, ...]) -> pd.Categorical:
    """Codes as an ordered category; -1 becomes null."""
    return pd.Categorical.from_codes(
        np.asarray(codes), dtype=pd.CategoricalDtype(list(words), ordered=True)
    )


def _nullable(values: Any) -> Any:
    """Whole numbers of 0 or more, with null for -1."""
    return pd.arrays.IntegerArray(np.asarray(values).astype(np.int16), np.asarray(values) < 0)
