"""Stays: where every episode is from day 0 to its end."""

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from hinge_outcomes.analysis.progression.occupancy import estimate_occupancy
from hinge_outcomes.analysis.progression.stays import check_follow_up, derive_stays
from hinge_outcomes.cohort.events import episode_ends
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import is_legal_move
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.hand_made import cohort_of, episode
from tests.strategies import cohorts

COLUMNS = ["start_day", "stop_day", "from_state", "to_state"]


def stays_of(*told: dict, **rules: object) -> list[list[object]]:
    """Give the first told episode's stays as rows."""
    stays = derive_stays(cohort_of(*told), **rules)
    own = stays[stays["episode_id"] == told[0]["row"]["episode_id"]]
    return own[COLUMNS].values.tolist()


def test_known_answer_12a_the_first_stay_starts_on_day_zero() -> None:
    """KA12 (a): first assessed on day 14, the first stay still starts on day 0 in entry_stage."""
    told = episode(entry=2, observed=50, visits=[0, 14], ratings=[(14, 3, 1)])
    assert stays_of(told) == [
        [0.0, 14.0, "stage_2", "stage_3"],
        [14.0, 50.0, "stage_3", None],
    ]


def test_known_answer_12b_the_never_assessed_are_kept() -> None:
    """KA12 (b): self_discharged on day 10, never assessed: one stay 0-10 to lost."""
    told = episode("E1", entry=2, end=(10, "self_discharged"), visits=[0])
    assert stays_of(told) == [[0.0, 10.0, "stage_2", "lost"]]
    assert stays_of(episode(entry=2, end=(10, "self_discharged"))) == [
        [0.0, 10.0, "stage_2", "lost"]
    ]


def test_known_answer_7_as_stays() -> None:
    """KA7: last visit 100: cut 120, censored 120; cut 150, lost 142; shared day mastered."""
    assert stays_of(episode(observed=120, visits=[100]))[-1] == [0.0, 120.0, "stage_1", None]
    assert stays_of(episode(observed=150, visits=[100]))[-1] == [0.0, 142.0, "stage_1", "lost"]
    told = episode(
        entry=3, end=(60, "goals_met"), visits=[0, 53, 60], ratings=[(53, 3, 3), (60, 3, 3)]
    )
    assert stays_of(told) == [[0.0, 60.0, "stage_3", "mastered"]]


def test_open_episodes_are_followed_to_the_cut_and_not_to_their_last_visit() -> None:
    """An open episode last seen on day 20 is at risk up to the cut on day 50.

    Censoring it on day 20 would take it out of the risk set exactly when nothing happens, and
    make mastery look faster.
    """
    assert stays_of(episode(observed=50, visits=[0, 20])) == [[0.0, 50.0, "stage_1", None]]


def test_an_exit_on_day_zero_is_kept_for_half_a_day() -> None:
    """Ending or being censored on day 0 leaves one stay (0, 0.5]."""
    assert stays_of(episode(end=(0, "goals_met"))) == [[0.0, 0.5, "stage_1", "discharged"]]
    assert stays_of(episode(observed=0)) == [[0.0, 0.5, "stage_1", None]]


def test_moves_on_one_day_are_one_move() -> None:
    """Two stages assigned on a day collapse to the net move, and moves back are kept."""
    told = episode(
        entry=2, target=9, observed=40, visits=[0],
        ratings=[(7, 3, 1), (7, 4, 1, True), (21, 3, 1)],
    )  # fmt: skip
    assert stays_of(told) == [
        [0.0, 7.0, "stage_2", "stage_4"],
        [7.0, 21.0, "stage_4", "stage_3"],
        [21.0, 40.0, "stage_3", None],
    ]


def test_an_end_wins_over_a_change_of_stage_on_its_day() -> None:
    """A move on the day of discharge is, net, a discharge from the stage before."""
    told = episode(entry=2, end=(30, "goals_met"), ratings=[(30, 3, 1)])
    assert stays_of(told) == [[0.0, 30.0, "stage_2", "discharged"]]


def test_a_change_of_stage_wins_over_censoring_on_its_day() -> None:
    """A move on the last observed day happened, and is the last thing known."""
    told = episode(entry=2, observed=30, visits=[0], ratings=[(30, 3, 1)])
    assert stays_of(told) == [[0.0, 30.0, "stage_2", "stage_3"]]


def test_mastery_of_the_target_ends_the_ladder() -> None:
    """What follows mastery of the own target is not part of the first-mastery view."""
    told = episode(
        entry=3, target=3, visits=[7, 14], ratings=[(7, 3, 3), (14, 3, 3), (21, 4, 1), (28, 2, 0)]
    )
    assert stays_of(told) == [[0.0, 14.0, "stage_3", "mastered"]]
    two = MasteryCriterion(consecutive=3)
    assert stays_of(told, criterion=two)[0] == [0.0, 21.0, "stage_3", "stage_4"]
    assert stays_of(episode(visits=[0]), loss=LossRule(gap_days=28))[0][1] == 28.0


def test_what_was_known_on_day_zero_comes_along() -> None:
    """Every stay carries ids, day-0 columns, age, own columns and baseline scores."""
    told = episode(
        "E1", observed=300, visits=[0], clinician_id="D1", symptom_duration="chronic",
        start_back_risk="low", x_arm="a",
        scores=[(-3, "nprs", 6.0), (3, "nprs", 5.0), (10, "odi", 30.0)],
    )  # fmt: skip
    cohort = cohort_of(
        told,
        patients={"birth_year": 1980, "sex": "female"},
        extra_columns=(ExtraColumn("episodes", "x_arm", "text"),),
    )
    row = derive_stays(cohort).iloc[0]
    started = cohort.episodes["start_date"].iloc[0].year
    assert row["age"] == started - 1980
    assert (row["patient_id"], row["clinic_id"], row["clinician_id"]) == ("P-E1", "C01", "D1")
    assert (row["symptom_duration"], row["start_back_risk"], row["sex"]) == (
        "chronic",
        "low",
        "female",
    )
    assert (row["entry_stage"], row["target_stage"], row["x_arm"]) == (1, 3, "a")
    # Days -3 and 3 are equally near: the earlier counts. Day 10 is no baseline.
    assert row["baseline_nprs"] == 6.0
    assert pd.isna(row["baseline_odi"])


def test_episodes_without_an_entry_stage_have_no_stays() -> None:
    """Where nobody knows the stage on day 0 there is no first stay to write."""
    cohort = cohort_of(episode("E1"), episode("E2", entry=None, target=None))
    assert derive_stays(cohort)["episode_id"].unique().tolist() == ["E1"]


def test_a_cohort_without_stages_is_refused_plainly() -> None:
    """Pain-only records cannot answer how long mastery takes, and the error says so."""
    cohort = cohort_of(episode(entry=None, target=None))
    with pytest.raises(NotIdentifiableError, match="no stage assessments"):
        derive_stays(cohort)


def test_a_cohort_selected_by_its_end_is_refused() -> None:
    """Episodes chosen because they ended cannot tell the time to an end."""
    cohort = cohort_of(episode("E1", end=(30, "goals_met")), episode("E2"))
    ended = cohort.select(discharged_in="2025Q4")
    with pytest.raises(AnalysisError, match="discharged_in"):
        check_follow_up(ended)


def test_a_removed_last_observed_day_is_named() -> None:
    """Deidentified records of open episodes are refused by the name of the missing column."""
    cohort = cohort_of(episode(visits=[0]))
    episodes = cohort.episodes.assign(last_observed_day=pd.array([None], dtype="Int16"))
    tables = {name: getattr(cohort, name) for name in ("patients", "visits", "assessments")}
    removed = Cohort(
        episodes=episodes,
        outcomes=cohort.outcomes,
        data_cut=cohort.data_cut,
        is_deidentified=True,
        **tables,
    )
    with pytest.raises(NotIdentifiableError, match="last_observed_day"):
        derive_stays(removed)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cohorts(max_episodes=8))
def test_stays_tile_each_episode_from_day_zero_to_its_end(cohort: Cohort) -> None:
    """Stays begin on day 0, follow each other without gaps, move lawfully and end at the end."""
    if not cohort.has_stages:
        return
    stays = derive_stays(cohort)
    ends = episode_ends(cohort).set_index("episode_id")
    entered = cohort.episodes.loc[cohort.episodes["entry_stage"].notna(), "episode_id"]
    assert set(stays["episode_id"]) == set(entered)
    for name, own in stays.groupby("episode_id"):
        rows = own[COLUMNS].values.tolist()
        assert rows[0][0] == 0
        assert all(before[1] == after[0] for before, after in pairwise(rows))
        assert all(before[3] == after[2] for before, after in pairwise(rows))
        assert all(row[3] is None or is_legal_move(row[2], row[3]) for row in rows)
        assert rows[-1][1] == max(float(ends.loc[name, "end_day"]), 0.5)
        if ends.loc[name, "end_state"] is not None:
            assert rows[-1][3] == ends.loc[name, "end_state"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cohorts(max_episodes=8))
def test_stays_are_what_the_occupancy_estimator_reads(cohort: Cohort) -> None:
    """Any lawful cohort's stays give occupancies that sum to one."""
    # Nobody followed for any time is refused; another test shows it.
    if not cohort.has_stages or cohort.episodes["last_observed_day"].max() == 0:
        return
    table = estimate_occupancy(derive_stays(cohort)).table()
    totals = table.groupby("time")["estimate"].sum()
    # Sums of a few shares: rounding stays far below 1e-9.
    assert ((totals - 1).abs() < 1e-9).all()
