"""The generator: lawful tables, whatever the scenario; the same content, whatever the chunks."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hinge_outcomes.cohort.events import mastery_dates
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.cohort.tables import SCHEMAS, TABLE_NAMES, column_dtype
from hinge_outcomes.cohort.validation import validate
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation import Scenario, simulate
from hinge_outcomes.simulation.generator import check_counts, simulated_runs, simulated_sheets
from hinge_outcomes.simulation.inputs import simulated_places
from hinge_outcomes.simulation.records import EPISODES, ROOM
from hinge_outcomes.simulation.scenario import scenario_names
from tests.strategies import scenarios

DEFAULT = Scenario.default()
N = 10_000
PAGE_OVER = 6_000

# Corners that drawn scenarios reach too seldom to be sure of.
HOSTILE: dict[str, dict[str, Any]] = {
    "many errors": {"visits.rating_error": 1.0, "visits.warm_up": 1.0},
    "nobody comes": {"visits.no_show": 0.9, "visits.cancelled": 0.9},
    "all at once": {"loss.per_day": 1.0, "recurrence.returns": 1.0, "recurrence.median_days": 1.0},
    "one day": {"calendar.first_start": "2026-09-30"},
    "everything ends": {"discharge.goals_met": 1.0, "discharge.goals_from_visit": 1,
                        "discharge.goals_pain": 10.0, "discharge.referred_per_day": 1.0,
                        "discharge.administrative": 1.0},
    "daily visits": {"visits.early_days": 1.0, "visits.later_days": 1.0, "visits.late_days": 1.0,
                     "calendar.first_start": "2026-06-01", "questionnaires.nprs_every_days": 1.0},
    "daily flare-ups": {"pain.flares_per_year": 50.0, "visits.flare_visit": 1.0,
                        "visits.flare_visit_days": 1.0},
    "up and down": {"progression.back_unable": 1.0, "progression.back_cued": 1.0,
                    "progression.advance_conscious": 1.0, "progression.advance_first": 1.0},
    "endless setbacks": {"setbacks.per_day": [1.0] * 10, "setbacks.age_per_decade": 5.0,
                         "setbacks.odi_per_10": 5.0, "setbacks.chronic": 5.0,
                         "learning.dwell_days": [5000.0] * 10, "progression.pace": "own"},
    "slowest and fastest": {"learning.dwell_shape": [0.2] * 10, "learning.frailty_sd": 5.0,
                            "learning.age_per_decade": -5.0, "learning.odi_per_10": 5.0,
                            "progression.pace": "own", "setbacks.decay_per_day": 1.0,
                            "setbacks.decay_after_days": 0.0},
    "no scores": {"questionnaires.baseline": 0.0, "questionnaires.in_care": 0.0,
                  "questionnaires.response": [0.01, 0.01, 0.01]},
}  # fmt: skip


def hashes(cohort: Cohort) -> dict[str, str]:
    return {name: content_hash(name, getattr(cohort, name)) for name in TABLE_NAMES}


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return simulate(DEFAULT, n_episodes=N, seed=11)


@pytest.fixture(scope="module")
def first(cohort: Cohort) -> Cohort:
    """The first 1,000 of many episodes."""
    return cohort.select(episode_id=cohort.episodes["episode_id"][:1_000].tolist())


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=scenarios(), seed=st.integers(0, 2**64 - 1))
@example(scenario=DEFAULT, seed=2**64 - 1)
def test_validate_finds_nothing_wrong_with_any_scenario(scenario: Scenario, seed: int) -> None:
    """Neither errors nor warnings, at whatever values the declarations allow; nor does it hang."""
    assert len(validate(simulate(scenario, n_episodes=30, seed=seed)).table()) == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_validate_finds_nothing_wrong_in_corners(name: str) -> None:
    """No errors and no warnings where everything happens at once, or nothing does."""
    found = validate(simulate(DEFAULT.replace(HOSTILE[name]), n_episodes=200, seed=3))
    assert found.summary() == "Nothing wrong was found."


@pytest.mark.parametrize("name", scenario_names())
def test_validate_finds_nothing_wrong_with_what_ships(name: str) -> None:
    """No errors and no warnings in any shipped scenario."""
    found = validate(simulate(Scenario.named(name), n_episodes=500, seed=3))
    assert found.summary() == "Nothing wrong was found."


@pytest.mark.parametrize("name", ["endless setbacks", "slowest and fastest", "daily flare-ups"])
def test_the_truth_of_the_busiest_patients_has_room(name: str) -> None:
    """Fifty years with everything going on fit on one page, patient by patient."""
    years = {"calendar.first_start": "1977-01-01", "visits.early_days": 1.0,
             "visits.later_days": 1.0, "visits.late_days": 1.0, "loss.per_day": 0.0,
             "discharge.after_mastery": 0.0, "discharge.goals_met": 0.0,
             "discharge.referred_per_day": 0.0, "people.age_maximum": 70.0}  # fmt: skip
    scenario = DEFAULT.replace({**HOSTILE[name], **years})
    places = simulated_places(scenario, 3)
    sheets = simulated_sheets(scenario, places, n_episodes=12, seed=3, keeps_truth=True)
    assert sheets.visits["day"].max() > 10_000
    for rows, room in zip(sheets[:5], ROOM, strict=True):
        assert np.bincount(rows["episode"] if "episode" in rows.dtype.names else [0]).max() < room


@pytest.mark.parametrize(
    "how",
    [
        {"chunk_size": 1_000},
        {"chunk_size": 5_000},
        {"chunk_size": 50_000},
        {"workers": 2},
        {"chunk_size": 999, "workers": 3},
    ],
    ids=str,
)
def test_chunks_and_workers_change_nothing(cohort: Cohort, how: dict[str, int]) -> None:
    """Every table's content hash is the same for every chunk size and number of workers."""
    assert hashes(simulate(DEFAULT, n_episodes=N, seed=11, **how)) == hashes(cohort)


@pytest.mark.parametrize("chunk_size", [1, 7, 59])
def test_small_chunks_change_nothing(chunk_size: int) -> None:
    """Not even a patient at a time makes another cohort."""
    parts = simulate(DEFAULT, n_episodes=60, seed=5, chunk_size=chunk_size)
    assert hashes(parts) == hashes(simulate(DEFAULT, n_episodes=60, seed=5))


def test_the_first_patients_of_a_larger_run_are_the_same(first: Cohort) -> None:
    """The first 1,000 of 10,000 episodes equal a run of 1,000, ids included."""
    few = simulate(DEFAULT, n_episodes=1_000, seed=11)
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(first, name), getattr(few, name))


def test_seeds_differ_and_repeat(first: Cohort) -> None:
    """The same seed gives the same content, another seed another in every table."""
    again = simulate(DEFAULT, n_episodes=1_000, seed=11)
    other = hashes(simulate(DEFAULT, n_episodes=1_000, seed=12))
    assert hashes(again) == hashes(first)
    assert all(other[name] != content for name, content in hashes(first).items())


def test_a_run_that_fills_its_page_loses_nobody() -> None:
    """More patients at once than a page has room for are all there, once and in order."""
    assert ROOM[EPISODES] < PAGE_OVER
    places = simulated_places(DEFAULT, 11)
    rows = next(simulated_runs(DEFAULT, places, 11, chunk_size=PAGE_OVER)).episodes
    assert rows["patient"][rows["is_second"] == 0].tolist() == list(range(PAGE_OVER))


def test_keeping_the_truth_changes_no_record() -> None:
    """Events and latent scores are written beside the very same tables."""
    places = simulated_places(DEFAULT, 11)
    with_truth, without = (
        simulated_sheets(DEFAULT, places, n_episodes=2_000, seed=11, keeps_truth=keeps)
        for keeps in (True, False)
    )
    assert len(with_truth.events) > 0
    assert len(without.events) == len(without.latent) == 0
    assert np.array_equal(with_truth.visits, without.visits)
    assert np.array_equal(with_truth.assessments, without.assessments)
    assert np.array_equal(with_truth.scores, without.scores)


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_frames_have_the_declared_dtypes(cohort: Cohort, name: str) -> None:
    """Columns stand in their declared order, each in its dtype."""
    frame, declared = getattr(cohort, name), SCHEMAS[name].columns
    assert {column: frame[column].dtype for column in frame} == {
        column: column_dtype(rule) for column, rule in declared.items()
    }


def test_the_cohort_says_what_it_is(cohort: Cohort) -> None:
    """Synthetic, with its scenario, seed, data cut and clinic names."""
    assert cohort.is_synthetic
    assert cohort.seed == 11
    assert cohort.data_cut == DEFAULT.calendar.data_cut
    assert Scenario.from_dict(dict(cohort.scenario or {}), complete=True) == DEFAULT
    assert cohort.clinic_name("C01") == DEFAULT.clinics.names[0]
    assert cohort.clinics == tuple(f"C0{n}" for n in range(1, DEFAULT.clinics.count + 1))


def test_mastered_is_recorded_only_when_the_ratings_say_so(first: Cohort) -> None:
    """Every end as mastered is preceded by two automatic ratings of the target stage."""
    mastered = first.episodes[first.episodes["end_reason"] == "mastered"]
    dates = mastery_dates(first).drop_duplicates(["episode_id", "stage"])
    own = mastered.merge(
        dates, left_on=["episode_id", "target_stage"], right_on=["episode_id", "stage"]
    )
    assert len(own) == len(mastered) > 50
    assert (own["mastered_day"] <= own["end_day"]).all()


def test_day_0_is_an_attended_visit_at_the_entry_stage(first: Cohort) -> None:
    """The first row of each episode is attended, and works at the entry stage."""
    visits = first.visits[first.visits["visit_number"] == 1]
    rated = first.assessments[
        (first.assessments["assessed_day"] == 0) & first.assessments["is_working_stage"]
    ]
    assert (visits["visit_day"] == 0).all()
    assert (visits["status"] == "attended").all()
    assert rated["stage"].tolist() == first.episodes["entry_stage"].tolist()


def test_starts_cover_every_clinic_and_quarter(cohort: Cohort) -> None:
    """Over all quarters and clinics no cell is empty or twice the average."""
    quarter = cohort.episodes["start_date"].dt.to_period("Q")
    counts = cohort.episodes.groupby(["clinic_id", quarter]).size()
    assert len(counts) == DEFAULT.clinics.count * quarter.nunique()
    assert counts.mean() / 2 <= counts.min() <= counts.max() <= 2 * counts.mean()


def test_clinics_beyond_the_names_are_numbered() -> None:
    """A hundred clinics have ids of one width and a name each."""
    scenario = DEFAULT.replace({"clinics.count": 100})
    cohort = simulate(scenario, n_episodes=300, seed=1)
    assert cohort.clinic_name("C007") == "Clinic 7"
    assert set(cohort.episodes["clinic_id"].str.len()) == {4}


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_episodes": 0},
        {"n_episodes": 2.5},
        {"n_episodes": True},
        {"n_episodes": "10"},
        {"chunk_size": 0},
        {"chunk_size": None},
        {"workers": 0},
        {"workers": 1.5},
        {"seed": -1},
        {"seed": 1.0},
    ],
    ids=str,
)
def test_impossible_numbers_are_refused(wrong: dict[str, Any]) -> None:
    """The message names the argument and gives an example."""
    name = next(iter(wrong))
    with pytest.raises(ConfigError, match=rf"^{name} must be .*such as {name}="):
        simulate(DEFAULT, **{"n_episodes": 10, "seed": 1, **wrong})


def test_numpys_whole_numbers_are_counts() -> None:
    """What a notebook reads from an array can be handed on."""
    check_counts(n_episodes=np.int64(10), workers=1)
