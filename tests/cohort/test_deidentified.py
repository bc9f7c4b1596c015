"""A deidentified cohort: years and offsets, new ids, nobody over 90, and the same answers."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import hinge_outcomes as ho
from hinge_outcomes.cohort.deidentified import (
    cap_ages,
    cap_birth_year,
    deidentify,
    is_dated_by_cut,
)
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.pseudonyms import pseudonymise
from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.exceptions import DataError, NotIdentifiableError
from tests.records import small_cohort, small_tables
from tests.strategies import cohorts

SEEN_ENDS = ["mastered", "goals_met", "self_discharged", "referred_out"]


@pytest.fixture(scope="module")
def records() -> Cohort:
    """Made-up patients of six clinics."""
    return ho.simulate(ho.Scenario.default(), n_episodes=600, seed=11)


def told(cohort: Cohort, table: str) -> list[tuple[Any, ...]]:
    """What a table says apart from ids and dates, in an order that ids do not decide."""
    frame = getattr(cohort, table)
    hidden = ["patient_id", "episode_id", "clinic_id", "clinician_id", "start_date",
              "last_observed_day", "birth_year"]  # fmt: skip
    plain = frame.drop(columns=[name for name in hidden if name in frame])
    return sorted(tuple(map(str, row)) for row in plain.itertuples(index=False, name=None))


@settings(max_examples=30)
@given(cohorts())
def test_any_cohort_stays_lawful_and_says_the_same(cohort: Cohort) -> None:
    """Whatever is recorded, nothing but ids, dates and great ages changes, and no rule breaks."""
    released = deidentify(cohort)
    assert not ho.validate(released).errors
    assert released.is_deidentified
    for table in TABLE_NAMES:
        assert told(released, table) == told(cohort, table)


def test_dates_are_years(records: Cohort) -> None:
    """Starts are 1 January of their year, the cut 31 December, and no date is left beside them."""
    released = deidentify(records)
    start = released.episodes["start_date"]
    assert ((start.dt.month == 1) & (start.dt.day == 1)).all()
    years = records.episodes["start_date"].dt.year.value_counts()
    assert start.dt.year.value_counts().to_dict() == years.to_dict()
    assert released.data_cut == dt.date(2026, 12, 31)
    dated = is_dated_by_cut(released.episodes)
    assert released.episodes.loc[dated, "last_observed_day"].isna().all()
    assert released.episodes.loc[~dated, "last_observed_day"].notna().all()
    assert {"lost_to_follow_up", "administrative"} >= set(
        released.episodes.loc[dated, "end_reason"].dropna()
    )


def test_a_cut_per_clinic_becomes_a_year_per_letter() -> None:
    """Clinics that were complete to different years keep them under their new names."""
    cut = {"C01": dt.date(2026, 9, 30), "C02": dt.date(2027, 3, 31)}
    tables = small_tables()
    tables["episodes"].loc[2, "last_observed_day"] = 202
    released = deidentify(small_cohort(episodes=tables["episodes"], data_cut=cut))
    assert released.clinics == ("A", "B")
    assert sorted(released.data_cut.values()) == [dt.date(2026, 12, 31), dt.date(2027, 12, 31)]
    kept = deidentify(
        small_cohort(
            episodes=tables["episodes"], data_cut=cut, clinic_names={"C01": "Hill Clinic"}
        ),
        keep_clinics=True,
    )
    assert kept.data_cut == {"C01": dt.date(2026, 12, 31), "C02": dt.date(2027, 12, 31)}
    assert kept.clinic_names == {"C01": "Hill Clinic"}


def test_ids_tell_nothing(records: Cohort) -> None:
    """No old id is left, new ones are in no relation to the old order, and none repeats."""
    released = deidentify(records)
    for table, name in (("patients", "patient_id"), ("episodes", "episode_id")):
        old, new = set(getattr(records, table)[name]), getattr(released, table)[name]
        assert not old & set(new)
        assert new.is_unique
    started = records.episodes["start_date"].dt.year.to_numpy()
    assert list(started) != list(released.episodes["start_date"].dt.year)
    assert released.clinics == ("A", "B", "C", "D", "E", "F")
    assert not deidentify(records).episodes.equals(released.episodes)
    assert deidentify(records, seed=3).episodes.equals(deidentify(records, seed=3).episodes)


def test_clinics_are_lettered_in_random_order(records: Cohort) -> None:
    """Which clinic is A is a matter of chance."""
    sizes = {
        seed: tuple(deidentify(records, seed=seed).episodes["clinic_id"].value_counts(sort=False))
        for seed in range(8)
    }
    assert len(set(sizes.values())) > 1


def test_more_clinics_than_letters() -> None:
    """The clinics after Z are AA, AB and so on."""
    tables = small_tables()
    episodes = pd.concat(
        [tables["episodes"].iloc[[2]].assign(episode_id=f"x{n}", clinic_id=f"K{n}")
         for n in range(28)]
    )  # fmt: skip
    empty = {name: tables[name].iloc[:0] for name in ("visits", "assessments", "outcomes")}
    clinics = deidentify(small_cohort(episodes=episodes, **empty)).clinics
    assert {"A", "Z", "AA", "AB"} <= set(clinics)
    assert len(clinics) == 28


def test_a_key_gives_the_same_ids_again() -> None:
    """With a key the ids of two releases are equal: the pseudonyms of the old ones."""
    key = Key(bytes(range(32)))
    released = deidentify(small_cohort(), key=key)
    due = pseudonymise(["p1", "p2"], key, "patient")
    assert set(released.patients["patient_id"]) == set(due)
    again = deidentify(small_cohort(), key=key)
    assert again.visits["episode_id"].equals(released.visits["episode_id"])


def test_free_text_is_dropped_unless_somebody_read_it() -> None:
    """Text columns go, other own columns stay; keep= names text columns and nothing else."""
    columns = (
        ExtraColumn("episodes", "x_note", "text"),
        ExtraColumn("episodes", "x_tool", "text"),
        ExtraColumn("episodes", "x_group", "category", allowed=("a", "b")),
    )
    episodes = small_tables()["episodes"].assign(x_note="n", x_tool="t", x_group="a")
    cohort = small_cohort(episodes=episodes, extra_columns=columns)
    released = deidentify(cohort, keep=["x_tool"])
    assert [column.name for column in released.extra_columns] == ["x_tool", "x_group"]
    assert "x_note" not in released.episodes
    with pytest.raises(DataError, match=r"x_group.*no x_ column of text.*x_note, x_tool"):
        deidentify(cohort, keep=["x_group"])


def test_how_it_was_selected_tells_no_date_and_no_id() -> None:
    """A quarter becomes its year, an end day stays a warning to estimators, ids go."""
    cohort = small_cohort().select(
        quarter="2026Q1", discharged_in="2026Q1", clinic_id="C01", symptom_duration="acute"
    )
    assert deidentify(cohort).selection == {
        "quarter": "2026", "discharged_in": "2026", "symptom_duration": "acute"
    }  # fmt: skip
    assert deidentify(cohort, keep_clinics=True).selection["clinic_id"] == "C01"


def test_the_seed_of_a_simulation_goes(records: Cohort) -> None:
    """Who has scenario and seed could simulate the patients again and match them."""
    assert records.seed is not None
    assert deidentify(records).seed is None


def test_ages_over_89_read_90() -> None:
    """Over 89 becomes 90, 89 stays 89, unknown stays unknown."""
    born = pd.Series([1900, 1936, 1937, None], dtype="Int16")
    start = pd.Series([2026] * 4, dtype="Int16")
    capped = cap_birth_year(born, start)
    assert (start - capped).tolist()[:3] == [90, 90, 89]
    assert capped.isna().tolist() == [False, False, False, True]
    assert str(capped.dtype) == "Int16"


def test_no_episode_of_an_old_patient_reads_over_90() -> None:
    """Somebody with episodes at 88 and at 92 reads 86 and 90: the last one decides."""
    patients = pd.DataFrame({"patient_id": ["p1", "p2"], "birth_year": [1930, 1980]})
    patients = patients.astype({"birth_year": "Int16"})
    episodes = pd.DataFrame(
        {
            "patient_id": ["p1", "p1"],
            "start_date": pd.to_datetime(["2018-05-01", "2022-05-01"]),
        }
    )
    assert cap_ages(patients, episodes)["birth_year"].tolist() == [1932, 1980]


def test_a_patient_without_an_episode_is_capped_too() -> None:
    """A patient without episodes is held against the last start of all."""
    tables = small_tables()
    old = pd.DataFrame({"patient_id": ["p9"], "birth_year": [1901], "sex": ["male"]})
    released = deidentify(small_cohort(patients=pd.concat([tables["patients"], old])))
    assert released.patients["birth_year"].min() == 1936


def test_questions_about_dates_are_refused_by_name(records: Cohort) -> None:
    """Selecting a quarter, change at a follow-up and mastery of open episodes say what is gone."""
    released = deidentify(records)
    with pytest.raises(DataError, match="quarter= needs dates"):
        released.select(quarter="2026Q3")
    with pytest.raises(NotIdentifiableError, match="dates of this cohort were reduced to years"):
        ho.estimate_change(released, at_day=91)
    with pytest.raises(NotIdentifiableError, match="last_observed_day is missing"):
        ho.estimate_mastery(released)
    with pytest.raises(NotIdentifiableError, match="last_observed_day is missing"):
        ho.derive_stays(released)


def test_answers_by_day_offset_stay(records: Cohort) -> None:
    """Mastery of episodes whose end was seen, and scores by day, are exactly as before."""
    ended = records.select(end_reason=SEEN_ENDS)
    before, after = (ho.estimate_mastery(c).table() for c in (ended, deidentify(ended)))
    pd.testing.assert_frame_equal(before, after)
    old, new = (
        np.sort(ho.derive_outcome_panel(c, instrument="nprs")["score"].to_numpy())
        for c in (records, deidentify(records))
    )
    np.testing.assert_array_equal(old, new)


def test_the_cohort_given_is_left_alone() -> None:
    """Deidentifying changes nothing in the clinic's own records."""
    cohort = small_cohort()
    before = {name: getattr(cohort, name).copy() for name in TABLE_NAMES}
    deidentify(cohort)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(getattr(cohort, name), frame)
