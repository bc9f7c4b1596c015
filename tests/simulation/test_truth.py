"""The truth of a cohort: the same cohort, and times, pain and effects that fit its records."""

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.cohort.tables import TABLE_NAMES
from hinge_outcomes.simulation.truth import Truth, simulate_with_truth

SCENARIO = ho.Scenario.default().replace({"visits.rating_error": 0.0})


@pytest.fixture(scope="module")
def both() -> tuple[ho.Cohort, Truth]:
    """A cohort with its truth, rated without error."""
    return simulate_with_truth(SCENARIO, n_episodes=1_500, seed=7)


def test_keeping_the_truth_changes_no_record(both: tuple[ho.Cohort, Truth]) -> None:
    """Content hashes are those of plain `simulate`, for any chunk size and two workers."""
    plain = ho.simulate(SCENARIO, n_episodes=1_500, seed=7)
    again, _ = simulate_with_truth(SCENARIO, n_episodes=1_500, seed=7, chunk_size=400, workers=2)
    for name in TABLE_NAMES:
        expected = content_hash(name, getattr(plain, name))
        assert content_hash(name, getattr(both[0], name)) == expected
        assert content_hash(name, getattr(again, name)) == expected


def test_ratings_without_error_follow_the_exact_times(both: tuple[ho.Cohort, Truth]) -> None:
    """A stage is rated automatic only after it was learned, and learning is seen at once."""
    cohort, truth = both
    learned = truth.transitions[truth.transitions["kind"] == "learned"]
    first = learned.groupby(["episode_id", "stage"])["time"].min()
    rated = cohort.assessments[cohort.assessments["mastery_level"] == 3]
    entry = cohort.episodes.set_index("episode_id")["entry_stage"]
    own = rated[rated["stage"] >= entry.reindex(rated["episode_id"]).to_numpy()]
    times = first.reindex(list(zip(own["episode_id"], own["stage"], strict=True))).to_numpy()
    assert len(own) > 1_000
    assert (times <= own["assessed_day"].to_numpy(dtype=float)).all()


def test_exact_ends_fit_the_closing_days(both: tuple[ho.Cohort, Truth]) -> None:
    """Referrals are closed on the day, leavers on or after it, planned ends at a visit."""
    cohort, truth = both
    times = truth.episodes.filter(like="_time")
    episodes = cohort.episodes.set_index("episode_id").join(times)
    referred = episodes[episodes["end_reason"] == "referred_out"]
    assert (referred["end_day"] == np.ceil(referred["referred_time"])).all()
    left = episodes[episodes["end_reason"].isin(["self_discharged", "lost_to_follow_up"])]
    assert len(left) > 200
    assert (left["end_day"] >= left["left_time"]).all()
    planned = episodes[episodes["end_reason"].isin(["mastered", "goals_met"])]
    assert (planned["closed_time"] == planned["end_day"]).all()
    assert planned["left_time"].isna().all()


def test_nobody_attends_after_leaving(both: tuple[ho.Cohort, Truth]) -> None:
    """What is missed after the exact time of leaving is a no-show."""
    cohort, truth = both
    left = truth.episodes["left_time"].reindex(cohort.visits["episode_id"]).to_numpy()
    after = cohort.visits[cohort.visits["visit_day"].to_numpy() >= left]
    assert len(after) > 100
    assert (after["status"] == "no_show").all()


def test_scores_scatter_around_latent_pain_with_the_stated_error(
    both: tuple[ho.Cohort, Truth],
) -> None:
    """Score minus latent NPRS on the same day: mean 0 away from the ends, SD error and rounding."""
    cohort, truth = both
    latent = truth.latent.set_index(["episode_id", "day"])["nprs"]
    scores = cohort.outcomes[cohort.outcomes["instrument"] == "nprs"]
    keys = zip(scores["episode_id"], scores["measured_day"].astype(int), strict=True)
    pair = np.column_stack([scores["score"], latent.reindex(list(keys))])
    pair = pair[~np.isnan(pair[:, 1]) & (np.abs(pair[:, 1] - 5) < 1.5)]
    error = pair[:, 0] - pair[:, 1]
    expected = np.sqrt(SCENARIO.pain.nprs_error_sd**2 + 1 / 12)
    assert len(error) > 400
    assert abs(error.mean()) < 4 * expected / np.sqrt(len(error))
    assert abs(error.std() / expected - 1) < 4 / np.sqrt(2 * len(error))


def test_latent_pain_ends_at_the_data_cut(both: tuple[ho.Cohort, Truth]) -> None:
    """Weeks 0 to 52, as far as the clinic's records reach."""
    cohort, truth = both
    follow_up = (
        cohort.episodes["start_date"].rsub(np.datetime64(cohort.data_cut)).dt.days.clip(upper=364)
    )
    last = truth.latent.groupby("episode_id")["day"].max().to_numpy()
    assert (last == follow_up.to_numpy() // 7 * 7).all()


def test_effects_of_places_are_those_of_the_scenario() -> None:
    """Over many clinics the SD of true effects, clinic and clinician together, is as stated."""
    many = SCENARIO.replace({"clinics.count": 900, "clinics.clinicians": [1]})
    _, truth = simulate_with_truth(many, n_episodes=1, seed=2)
    learning = many.learning
    stated = np.hypot(learning.clinic_sd, learning.clinician_sd)
    found = truth.clinicians["log_hazard"]
    assert abs(found.std() / stated - 1) < 4 / np.sqrt(2 * len(found))
    assert abs(found.mean()) < 4 * stated / np.sqrt(len(found))
