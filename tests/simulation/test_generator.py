"""The generator: lawful tables, whatever the scenario; the same content, whatever the chunks."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hinge_outcomes.cohort.events import mastery_dates
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.cohort.tables import TABLE_NAMES
from hinge_outcomes.cohort.validation import validate
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation import Scenario, simulate

HOSTILE: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "many errors": {"visits.rating_error": 0.5, "visits.warm_up": 1.0},
    "nobody comes": {"visits.no_show": 0.9, "visits.cancelled": 0.1},
    "all at once": {"loss.per_visit": 1.0},
    "one day": {"calendar.first_start": "2026-09-30"},
    "everything ends": {"discharge.goals_met": 1.0, "discharge.goals_from_visit": 1,
                        "discharge.goals_pain": 10.0, "discharge.referred": 1.0,
                        "discharge.administrative": 1.0},
    "daily visits": {"visits.early_days": 1.0, "visits.later_days": 1.0, "visits.late_days": 1.0,
                     "calendar.first_start": "2026-06-01"},
    "up and down": {"progression.back_unable": 1.0, "progression.back_cued": 1.0,
                    "progression.advance_conscious": 1.0, "progression.advance_first": 1.0},
    "missing not at random": {"loss.mechanism": "mnar", "loss.shift_after_leaving": 2.0},
    "no scores": {"questionnaires.baseline": 0.0, "questionnaires.in_care": 0.0,
                  "questionnaires.response": [0.01, 0.01, 0.01]},
}  # fmt: skip


def hashes(cohort: Cohort) -> dict[str, str]:
    return {name: content_hash(name, getattr(cohort, name)) for name in TABLE_NAMES}


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return simulate(Scenario.default(), n_episodes=1_200, seed=11)


@pytest.mark.parametrize("name", HOSTILE)
def test_validate_finds_nothing_wrong(name: str) -> None:
    """No errors and no warnings, in ordinary scenarios and in extreme ones."""
    cohort = simulate(Scenario.default().replace(HOSTILE[name]), n_episodes=400, seed=3)
    assert validate(cohort).summary() == "Nothing wrong was found."


@settings(max_examples=6, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(data=st.data())
def test_validate_finds_nothing_wrong_with_random_scenarios(data: st.DataObject) -> None:
    """Any mixture of probabilities inside their ranges makes lawful tables."""
    share = st.floats(0, 1)
    keys = ["visits.rating_error", "visits.assessed", "visits.warm_up", "visits.covered",
            "discharge.after_mastery", "discharge.goals_met", "loss.per_visit", "loss.self_share",
            "progression.advance_first", "progression.back_unable", "placement.head_start",
            "questionnaires.in_care", "questionnaires.baseline"]  # fmt: skip
    changes = {key: data.draw(share, label=key) for key in keys}
    cohort = simulate(Scenario.default().replace(changes), n_episodes=60, seed=data.draw(
        st.integers(0, 2**64 - 1)))  # fmt: skip
    assert len(validate(cohort).table()) == 0


@pytest.mark.parametrize(("chunk_size", "n"), [(1, 12), (7, 60), (299, 300), (5_000, 300)])
def test_chunks_change_nothing(chunk_size: int, n: int) -> None:
    """Every table's content hash is the same for every chunk size."""
    whole = simulate(Scenario.default(), n_episodes=n, seed=5, chunk_size=n)
    parts = simulate(Scenario.default(), n_episodes=n, seed=5, chunk_size=chunk_size)
    assert hashes(whole) == hashes(parts)


def test_the_first_patients_of_a_larger_run_are_the_same(cohort: Cohort) -> None:
    """The first 200 of 1,200 episodes equal a run of 200, ids included."""
    few = simulate(Scenario.default(), n_episodes=200, seed=11)
    first = cohort.select(episode_id=few.episodes["episode_id"].tolist())
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(first, name), getattr(few, name))


def test_seeds_differ_and_repeat(cohort: Cohort) -> None:
    """The same seed gives the same content, another seed another."""
    again = simulate(Scenario.default(), n_episodes=1_200, seed=11)
    other = simulate(Scenario.default(), n_episodes=1_200, seed=12)
    assert hashes(again) == hashes(cohort)
    assert hashes(other) != hashes(cohort)


def test_the_cohort_says_what_it_is(cohort: Cohort) -> None:
    """Synthetic, with its scenario, seed and clinic names."""
    assert cohort.is_synthetic
    assert cohort.seed == 11
    assert Scenario.from_dict(dict(cohort.scenario or {}), complete=True) == Scenario.default()
    assert cohort.clinic_name("C01") == "Alder Street Physiotherapy"
    assert cohort.clinics == tuple(f"C0{number}" for number in range(1, 7))


def test_mastered_is_recorded_only_when_the_ratings_say_so(cohort: Cohort) -> None:
    """Every end as mastered is preceded by two automatic ratings of the target stage."""
    mastered = cohort.episodes[cohort.episodes["end_reason"] == "mastered"]
    first = mastery_dates(cohort).drop_duplicates(["episode_id", "stage"])
    own = mastered.merge(
        first, left_on=["episode_id", "target_stage"], right_on=["episode_id", "stage"]
    )
    assert len(own) == len(mastered) > 100
    assert (own["mastered_day"] <= own["end_day"]).all()


def test_day_0_is_an_attended_visit_at_the_entry_stage(cohort: Cohort) -> None:
    """The first row of each episode is attended, and works at the entry stage."""
    first = cohort.visits[cohort.visits["visit_number"] == 1]
    rated = cohort.assessments[
        (cohort.assessments["assessed_day"] == 0) & cohort.assessments["is_working_stage"]
    ]
    assert (first["visit_day"] == 0).all()
    assert (first["status"] == "attended").all()
    assert rated["stage"].tolist() == cohort.episodes["entry_stage"].tolist()


def test_starts_cover_every_clinic_and_quarter() -> None:
    """Over twelve quarters and six clinics no cell is empty or twice the average."""
    cohort = simulate(Scenario.default(), n_episodes=3_600, seed=1)
    quarter = cohort.episodes["start_date"].dt.to_period("Q")
    counts = cohort.episodes.groupby(["clinic_id", quarter]).size()
    assert len(counts) == 72
    assert 25 <= counts.min() <= counts.max() <= 100


def test_clinics_beyond_the_names_are_numbered() -> None:
    """A hundred clinics have ids of one width and a name each."""
    scenario = Scenario.default().replace({"clinics.count": 100})
    cohort = simulate(scenario, n_episodes=300, seed=1)
    assert cohort.clinic_name("C007") == "Clinic 7"
    assert set(cohort.episodes["clinic_id"].str.len()) == {4}


def test_the_calibration_targets_are_met(cohort: Cohort) -> None:
    """Visits, no-shows and unplanned endings lie where physiotherapy has them."""
    settled = cohort.select(started_to=pd.Timestamp("2025-06-30").date())
    n = settled.n_episodes
    attended = settled.visits[settled.visits["status"] == "attended"]
    mean = len(attended) / n
    no_show = settled.visits[settled.visits["status"] == "no_show"]["episode_id"].nunique() / n
    left = settled.episodes["end_reason"].isin(["self_discharged", "lost_to_follow_up"]).mean()
    error = 4 * np.sqrt(0.25 / n)  # a share of one half has the largest error
    assert abs(mean - 14.2) < 4 * 10 / np.sqrt(n)  # the SD over episodes is about 10
    assert abs(no_show - 0.73) < error
    assert 0.35 - error < left < 0.45 + error


@pytest.mark.parametrize(
    "wrong", [{"n_episodes": 0}, {"n_episodes": 2.5}, {"chunk_size": 0}, {"seed": -1}]
)
def test_impossible_numbers_are_refused(wrong: dict[str, Any]) -> None:
    """The message names the argument and gives an example."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        simulate(Scenario.default(), **{"n_episodes": 10, "seed": 1, **wrong})
