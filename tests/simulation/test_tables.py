"""Tables: what was written down of a simulation, in the declared columns, dtypes and order."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.cohort.tables import (
    DURATIONS,
    SCHEMAS,
    SEXES,
    TABLE_NAMES,
    column_dtype,
    table_key,
)
from hinge_outcomes.domain.instruments import START_BACK_RISKS
from hinge_outcomes.domain.states import END_REASONS, RULE_DATED_REASONS
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.inputs import simulated_places
from hinge_outcomes.simulation.records import INSTRUMENTS, Sheets, between
from hinge_outcomes.simulation.tables import (
    as_frame,
    clinic_names,
    clinician_names,
    numbered,
    simulated_tables,
)
from tests.simulation.followed import followed

PLACES = simulated_places(Scenario.default(), 7)
CHANGES: dict[str, Any] = {
    "recurrence.returns": 0.8, "people.start_back_missing": 0.2, "discharge.administrative": 0.01,
}  # fmt: skip


@pytest.fixture(scope="module")
def sheets() -> Sheets:
    return followed(CHANGES)


@pytest.fixture(scope="module")
def frames(sheets: Sheets) -> dict[str, pd.DataFrame]:
    return {name: as_frame(name, table) for name, table in simulated_tables(sheets, PLACES).items()}


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_columns_have_the_declared_dtypes(frames: dict[str, pd.DataFrame], name: str) -> None:
    """All declared columns stand in their order and dtype, those that are never filled as well."""
    declared = SCHEMAS[name].columns
    assert list(frames[name]) == list(declared)
    for column, rule in declared.items():
        assert frames[name][column].dtype == column_dtype(rule), column


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_rows_are_sorted_by_key(frames: dict[str, pd.DataFrame], name: str) -> None:
    """Sorting by the key changes nothing."""
    again = frames[name].sort_values(table_key(name), ignore_index=True)
    pd.testing.assert_frame_equal(frames[name], again)


def test_codes_are_the_words_of_their_places(
    sheets: Sheets, frames: dict[str, pd.DataFrame]
) -> None:
    """Duration, risk, sex and end are the words that stand at the recorded codes, or null."""
    rows, episodes = sheets.episodes, frames["episodes"]
    assert episodes["symptom_duration"].tolist() == [DURATIONS[code] for code in rows["duration"]]
    risk = [START_BACK_RISKS[row["risk"]] if row["has_risk"] else None for row in rows]
    assert episodes["start_back_risk"].astype(object).where(
        episodes["start_back_risk"].notna(), None
    ).tolist() == risk  # fmt: skip
    ended = rows["end_reason"] >= 0
    assert (episodes["end_reason"].notna() == ended).all()
    assert episodes["end_reason"][ended].tolist() == [
        END_REASONS[code] for code in rows["end_reason"][ended]
    ]
    first = rows[rows["is_second"] == 0]
    assert frames["patients"]["sex"].tolist() == [SEXES[code] for code in first["sex"]]


def test_instruments_keep_their_names(sheets: Sheets, frames: dict[str, pd.DataFrame]) -> None:
    """The order of instruments in the records need not be that of the table."""
    expected = [INSTRUMENTS[code] for code in sheets.scores["instrument"]]
    assert frames["outcomes"]["instrument"].tolist() == expected
    assert frames["outcomes"]["score"].tolist() == sheets.scores["score"].tolist()


def test_rows_belong_to_their_episode_and_patient(
    sheets: Sheets, frames: dict[str, pd.DataFrame]
) -> None:
    """Ids lead from a visit to its episode, and from a second episode to the same patient."""
    ids = frames["episodes"]["episode_id"].to_numpy()
    assert frames["visits"]["episode_id"].tolist() == ids[sheets.visits["episode"]].tolist()
    second = np.flatnonzero(sheets.episodes["is_second"])
    patients = frames["episodes"]["patient_id"].to_numpy()
    assert len(second) > 10
    assert (patients[second] == patients[second - 1]).all()
    assert len(frames["patients"]) == len(ids) - len(second)
    assert frames["patients"]["patient_id"].is_unique


def test_missing_is_null(sheets: Sheets, frames: dict[str, pd.DataFrame]) -> None:
    """What is -1 in the records is null in the tables, and 0 stays 0."""
    for table, column, rows, key in (
        ("episodes", "end_day", sheets.episodes, "end_day"),
        ("visits", "home_exercise_days", sheets.visits, "home_days"),
        ("assessments", "mastery_level", sheets.assessments, "level"),
        ("assessments", "load_kg", sheets.assessments, "load"),
    ):
        values = frames[table][column]
        assert (values.isna() == (rows[key] < 0)).all(), column
        assert (values.dropna().to_numpy(dtype=float) == rows[key][rows[key] >= 0]).all(), column
    assert (frames["assessments"]["mastery_level"] == 0).any()


def test_the_last_observed_day_follows_the_kind_of_end(frames: dict[str, pd.DataFrame]) -> None:
    """The end day where an end was seen to happen, otherwise the days up to the cut."""
    episodes = frames["episodes"]
    cut = pd.Timestamp(Scenario.default().calendar.data_cut)
    to_cut = (cut - episodes["start_date"]).dt.days
    assert set(episodes["end_reason"].dropna()) == set(END_REASONS)
    is_seen = episodes["end_reason"].notna() & ~episodes["end_reason"].isin(RULE_DATED_REASONS)
    expected = episodes["end_day"].astype("float64").where(is_seen, to_cut)
    assert (episodes["last_observed_day"].astype("float64") == expected).all()


def test_a_later_run_goes_on_counting(sheets: Sheets, frames: dict[str, pd.DataFrame]) -> None:
    """The tables of two runs, one under the other, are those of one; no patient stands twice."""
    cut = int(np.flatnonzero(sheets.episodes["is_second"])[0])  # between a patient's two episodes
    parts = [
        simulated_tables(between(sheets, 0, cut), PLACES),
        simulated_tables(between(sheets, cut, 300), PLACES, first_episode=cut),
    ]
    for name in TABLE_NAMES:
        joined = pd.concat([as_frame(name, part[name]) for part in parts], ignore_index=True)
        pd.testing.assert_frame_equal(joined, frames[name])


def test_ids_are_numbers_of_one_width() -> None:
    """Their order as text is their order by number, up to the last that has room."""
    ids = numbered("E", np.array([0, 8, 9, 123_455, 99_999_998])).to_pylist()
    assert ids == ["E00000001", "E00000009", "E00000010", "E00123456", "E99999999"]
    assert numbered("P", np.array([], dtype=np.int64)).to_pylist() == []


@pytest.mark.parametrize(("count", "last"), [(1, "C01"), (99, "C99"), (100, "C100"), (999, "C999")])
def test_clinics_are_numbered_in_one_width(count: int, last: str) -> None:
    """Two digits up to 99 clinics, three from 100 on."""
    names = clinic_names(count)
    assert (len(names), names[-1]) == (count, last)
    assert len({len(name) for name in names}) == 1


def test_clinicians_are_numbered_within_their_clinic() -> None:
    """The first clinician of each clinic is its number 1."""
    scenario = Scenario.default().replace({"clinics.count": 3, "clinics.clinicians": [2, 1]})
    names = clinician_names(simulated_places(scenario, 1))
    assert names == ["C01-1", "C01-2", "C02-1", "C03-1", "C03-2"]
