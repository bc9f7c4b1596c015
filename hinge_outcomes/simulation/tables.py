"""The five tables, made from the records of a simulation, column by column without copying."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from hinge_outcomes.cohort.tables import DURATIONS, SCHEMAS, SEXES, VISIT_STATUSES, column_dtype
from hinge_outcomes.domain.instruments import INSTRUMENTS, START_BACK_RISKS
from hinge_outcomes.domain.states import END_REASONS
from hinge_outcomes.simulation.departures import ADMINISTRATIVE, LOST, STAYS
from hinge_outcomes.simulation.inputs import Places
from hinge_outcomes.simulation.records import INSTRUMENTS as RECORDED
from hinge_outcomes.simulation.records import Records, Sheets

_DIGITS = 8  # of a patient's and an episode's number; their order as text is their order by number
_ZERO = ord("0")
_PANDAS = {
    pa.int16(): pd.Int16Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.large_string(): pd.StringDtype("pyarrow", na_value=np.nan),
}
_INSTRUMENT_CODES = np.array([list(INSTRUMENTS).index(code) for code in RECORDED], dtype=np.int8)


def simulated_tables(
    sheets: Sheets, places: Places, *, first_episode: int = 0
) -> dict[str, pa.Table]:
    """Make the five tables of a run of episodes, sorted by key.

    Parameters
    ----------
    sheets : Sheets
        The records.
    places : Places
        Names clinics and clinicians.
    first_episode : int, default 0
        Number of the run's first episode, counted from 0.

    Returns
    -------
    dict of str to pyarrow.Table
        Days and stages as int16, codes and ids as dictionaries. A patient stands in the run that
        holds the first episode.
    """
    episode_ids = numbered("E", np.arange(first_episode, first_episode + len(sheets.episodes)))
    clinician_ids = pa.array(clinician_names(places))
    return {
        "patients": _patients(sheets.episodes),
        "episodes": _episodes(sheets.episodes, episode_ids, clinician_ids, places),
        "visits": _visits(sheets.visits, episode_ids, clinician_ids),
        "assessments": _assessments(sheets.assessments, episode_ids),
        "outcomes": _outcomes(sheets.scores, episode_ids),
    }


def as_frame(name: str, table: pa.Table) -> pd.DataFrame:
    """Turn a simulated table into a frame with the declared columns and dtypes.

    Parameters
    ----------
    name : str
        One of the five tables.
    table : pyarrow.Table
        As `simulated_tables` makes it.

    Returns
    -------
    DataFrame
        What a Cohort holds.
    """
    columns: dict[str, Any] = {}
    for column, declared in SCHEMAS[name].columns.items():
        dtype = column_dtype(declared)
        if column not in table.column_names:
            columns[column] = pd.Series([None] * len(table), dtype=dtype)
            continue
        values = table[column]
        if dtype == "str":
            values = values.cast(pa.large_string())
        columns[column] = values.to_pandas(types_mapper=_PANDAS.get)
        if str(dtype).startswith("datetime64"):
            columns[column] = columns[column].astype(dtype)
    return pd.DataFrame(columns)


def _patients(episodes: Records) -> pa.Table:
    is_first = episodes["is_second"] == 0
    return pa.table(
        {
            "patient_id": numbered("P", episodes["patient"][is_first]),
            "birth_year": _plain(episodes["birth_year"][is_first], np.int16),
            "sex": _coded(episodes["sex"][is_first], SEXES),
        }
    )


def _episodes(
    rows: Records, episode_ids: pa.Array, clinician_ids: pa.Array, places: Places
) -> pa.Table:
    end_day, end_reason = rows["end_day"], rows["end_reason"]
    is_seen_end = ~np.isin(end_reason, (STAYS, LOST, ADMINISTRATIVE))
    risk = np.where(rows["has_risk"] == 1, rows["risk"], -1)
    last = np.where(is_seen_end, end_day, rows["horizon"])
    dates = rows["start"].astype("datetime64[D]").astype("datetime64[s]")
    return pa.table(
        {
            "episode_id": episode_ids,
            "patient_id": numbered("P", rows["patient"]),
            "clinic_id": _chosen(rows["clinic"], pa.array(clinic_names(len(places.clinics)))),
            "clinician_id": _chosen(rows["clinician"], clinician_ids),
            "start_date": pa.array(dates),
            "entry_stage": _plain(rows["entry"], np.int16),
            "target_stage": _plain(rows["target"], np.int16),
            "symptom_duration": _coded(rows["duration"], DURATIONS),
            "start_back_risk": _coded(risk, START_BACK_RISKS),
            "end_day": _nullable(end_day),
            "end_reason": _coded(end_reason, END_REASONS),
            "last_observed_day": _plain(last, np.int16),
        }
    )


def _visits(rows: Records, episode_ids: pa.Array, clinician_ids: pa.Array) -> pa.Table:
    return pa.table(
        {
            "episode_id": _chosen(rows["episode"], episode_ids),
            "visit_day": _plain(rows["day"], np.int16),
            "visit_number": _plain(rows["number"], np.int16),
            "status": _coded(rows["status"], VISIT_STATUSES),
            "clinician_id": _chosen(rows["clinician"], clinician_ids),
            "home_exercise_days": _nullable(rows["home_days"]),
        }
    )


def _assessments(rows: Records, episode_ids: pa.Array) -> pa.Table:
    load = rows["load"].astype(np.float64)
    return pa.table(
        {
            "episode_id": _chosen(rows["episode"], episode_ids),
            "assessed_day": _plain(rows["day"], np.int16),
            "stage": _plain(rows["stage"], np.int16),
            "mastery_level": _nullable(rows["level"]),
            "is_working_stage": pa.array(rows["is_working"] == 1),
            "load_kg": pa.array(load, mask=load < 0),
        }
    )


def _outcomes(rows: Records, episode_ids: pa.Array) -> pa.Table:
    return pa.table(
        {
            "episode_id": _chosen(rows["episode"], episode_ids),
            "measured_day": _plain(rows["day"], np.int16),
            "instrument": _coded(_INSTRUMENT_CODES[rows["instrument"]], tuple(INSTRUMENTS)),
            "score": pa.array(np.ascontiguousarray(rows["score"])),
        }
    )


def numbered(letter: str, places: npt.NDArray[np.int64]) -> pa.Array:
    """Name patients or episodes by their number, such as P00000001 for place 0.

    Parameters
    ----------
    letter : str
        One letter.
    places : ndarray of int
        Counted from 0.

    Returns
    -------
    pyarrow.StringArray
        Their ids.

    Examples
    --------
    >>> numbered("E", np.array([0, 41])).to_pylist()
    ['E00000001', 'E00000042']
    """
    left = places.astype(np.int64) + 1
    text = np.empty((len(left), _DIGITS + 1), dtype=np.uint8)
    text[:, 0] = ord(letter)
    for digit in range(_DIGITS, 0, -1):
        left, text[:, digit] = np.divmod(left, 10)
    text[:, 1:] += _ZERO
    offsets = np.arange(len(text) + 1, dtype=np.int32) * (_DIGITS + 1)
    return pa.StringArray.from_buffers(
        len(text), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text))
    )


def clinic_names(count: int) -> list[str]:
    """Name clinics by their number.

    Parameters
    ----------
    count : int
        How many there are.

    Returns
    -------
    list of str
        Such as C01, or C001 where there are a hundred or more.
    """
    width = 2 if count < 100 else 3
    return [f"C{number:0{width}d}" for number in range(1, count + 1)]


def clinician_names(places: Places) -> list[str]:
    """Name clinicians by their clinic and number.

    Parameters
    ----------
    places : Places
        Clinics and clinicians.

    Returns
    -------
    list of str
        Such as C01-2.
    """
    clinics = clinic_names(len(places.clinics))
    clinic = places.clinicians["clinic"]
    number = np.arange(len(clinic)) - places.clinics["first_clinician"][clinic] + 1
    return [f"{clinics[at]}-{n}" for at, n in zip(clinic.tolist(), number.tolist(), strict=True)]


def _plain(values: npt.NDArray[Any], dtype: Any) -> pa.Array:
    return pa.array(np.ascontiguousarray(values, dtype=dtype))


def _nullable(values: npt.NDArray[Any]) -> pa.Array:
    """Whole numbers of 0 or more, with null for -1."""
    return pa.array(np.ascontiguousarray(values, dtype=np.int16), mask=values < 0)


def _coded(codes: npt.NDArray[Any], words: tuple[str, ...]) -> pa.DictionaryArray:
    """Codes as an ordered category; -1 becomes null."""
    plain = np.ascontiguousarray(codes, dtype=np.int8)
    indices = pa.array(plain, mask=plain < 0) if (plain < 0).any() else pa.array(plain)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words), ordered=True)


def _chosen(places: npt.NDArray[Any], names: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(_plain(places, np.int32), names)
