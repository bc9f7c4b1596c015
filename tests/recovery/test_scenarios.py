"""What the shipped scenarios are for: each shows what its description says."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import hinge_outcomes as ho
from hinge_outcomes.cohort.events import episode_ends
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.simulation.calibration import followed_up
from hinge_outcomes.simulation.true_scores import mean_scores
from hinge_outcomes.simulation.truth import simulate_with_truth

MOST_Z = 4.0
DAY = 91


def association_of_mastery_and_pain(scenario: ho.Scenario) -> float:
    """z of mastery before the score in a model of pain over time, baseline and duration given."""
    cohort = ho.simulate(followed_up(scenario, 420), n_episodes=12_000, seed=21)
    ends = episode_ends(cohort).set_index("episode_id")["mastered_day"].astype(float)
    scores = match_windows(cohort.outcomes, [0, DAY, 182, 364])
    scores = scores[scores["instrument"] == "nprs"]
    first = scores[scores["target_day"] == 0].set_index("episode_id")["score"]
    later = scores[scores["target_day"] > 0]
    frame = pd.DataFrame(
        {
            "episode_id": later["episode_id"],
            "score": later["score"],
            "baseline": first.reindex(later["episode_id"]).to_numpy(),
            "day": later["target_day"].to_numpy(),
            "mastered": ends.reindex(later["episode_id"]).to_numpy()
            < later["measured_day"].to_numpy(dtype=float) - 30,
            "duration": cohort.episodes.set_index("episode_id")["symptom_duration"]
            .astype(object).reindex(later["episode_id"]).to_numpy(),
        }
    ).dropna()  # fmt: skip
    design = pd.get_dummies(
        frame[["day", "duration"]].astype(str), drop_first=True, dtype=float
    ).assign(baseline=frame["baseline"], mastered=frame["mastered"].astype(float), one=1.0)
    fit = sm.OLS(frame["score"], design).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["episode_id"])[0]}
    )
    return float(fit.params["mastered"] / fit.bse["mastered"])


def test_no_effect_shows_no_association_beyond_time() -> None:
    """In `no-effect` mastery says nothing about later pain; with the shipped effect it does."""
    none = ho.Scenario.named("no-effect")
    assert abs(association_of_mastery_and_pain(none)) < MOST_Z
    shipped = ho.Scenario.default().pain.mastery_nprs
    assert association_of_mastery_and_pain(none.replace({"pain.mastery_nprs": shipped})) < -MOST_Z


@pytest.mark.parametrize("day", [91, 182, 364])
def test_loss_mnar_biases_complete_cases_by_what_the_scenario_says(day: int) -> None:
    """Complete cases are too low by the shift times the share that has left, floors allowed for."""
    scenario = followed_up(ho.Scenario.named("loss-mnar"), 420)
    shift = scenario.loss.shift_after_leaving
    cohort, truth = simulate_with_truth(scenario, n_episodes=16_000, seed=22)
    latent = truth.latent[truth.latent["day"] == day].set_index("episode_id")["nprs"]
    has_left = (truth.episodes["left_time"] <= day).reindex(latent.index)
    # On the latent scale the bias is exactly the shift times the share of leavers.
    stayers = latent[~has_left]
    everyone = latent.mean()
    said = -shift * has_left.mean()
    error = np.sqrt(stayers.var() / len(stayers) + latent.var() / len(latent))
    assert abs((stayers.mean() - everyone) - said) < MOST_Z * error
    # On the observed scale clipping takes a little of it: known from the latent scores.
    full = mean_scores(latent.to_numpy(), "nprs", scenario)
    unshifted = mean_scores((latent - shift * has_left).to_numpy(), "nprs", scenario)
    expected_bias = unshifted.mean() - full.mean()
    scores = match_windows(cohort.outcomes, [day])
    seen = scores[scores["instrument"] == "nprs"]
    seen = seen[~(truth.episodes["left_time"].reindex(seen["episode_id"]).to_numpy()
                  <= seen["measured_day"].to_numpy(dtype=float))]  # fmt: skip
    complete = seen["score"].to_numpy()
    error = complete.std() / np.sqrt(len(complete))
    assert abs(said) > 10 * error
    assert abs((complete.mean() - full.mean()) - expected_bias) < MOST_Z * error


def test_leavers_do_not_answer_in_loss_mnar() -> None:
    """So no method that sees only records can know the shift."""
    scenario = followed_up(ho.Scenario.named("loss-mnar"), 420)
    cohort, truth = simulate_with_truth(scenario, n_episodes=4_000, seed=23)
    left = truth.episodes["left_time"].reindex(cohort.outcomes["episode_id"]).to_numpy()
    assert not (cohort.outcomes["measured_day"].to_numpy(dtype=float) > left).any()


def test_loss_mar_flatters_complete_cases_and_mcar_does_not() -> None:
    """Mean NPRS of answers at 13 weeks against the full population's: too low only under MAR."""
    for mechanism, is_biased in (("mar", True), ("mcar", False)):
        scenario = followed_up(ho.Scenario.named("loss-mar"), 420).replace(
            {"loss.mechanism": mechanism, "questionnaires.mechanism": mechanism,
             "discharge.goals_met": 0.0, "discharge.referred_pain": 0.0}
        )  # fmt: skip
        cohort, truth = simulate_with_truth(scenario, n_episodes=12_000, seed=24)
        latent = truth.latent[truth.latent["day"] == DAY]["nprs"].to_numpy()
        full = mean_scores(latent, "nprs", scenario).mean()
        mailed = cohort.outcomes[
            (cohort.outcomes["instrument"] == "nprs")
            & cohort.outcomes["measured_day"].between(DAY - 3, DAY + 14)
        ]["score"]
        z = (mailed.mean() - full) / (mailed.std() / np.sqrt(len(mailed)))
        assert z < -MOST_Z if is_biased else abs(z) < MOST_Z


def test_misrated_errs_in_one_rating_of_ten() -> None:
    """Ratings of a stage long automatic: one in ten falls a level short."""
    scenario = ho.Scenario.named("misrated").replace(
        {"learning.dwell_days": [0.5] * 10, "learning.frailty_sd": 0.0, "setbacks.decay_per_day": 0,
         "setbacks.per_day": [0.0] * 10, "progression.advance_confirmed": 0.0,
         "progression.advance_first": 0.0, "progression.advance_conscious": 0.0,
         "progression.back_cued": 0.0, "progression.back_unable": 0.0,
         "discharge.after_mastery": 0.0}
    )  # fmt: skip
    cohort, truth = simulate_with_truth(scenario, n_episodes=3_000, seed=25)
    learned = truth.transitions[truth.transitions["kind"] == "learned"]
    since = learned.groupby("episode_id")["time"].min()
    ratings = cohort.assessments.dropna(subset="mastery_level")
    ratings = ratings[ratings["is_working_stage"].astype(bool)]
    later = (
        ratings["assessed_day"].to_numpy(dtype=float)
        > since.reindex(ratings["episode_id"]).to_numpy()
    )
    level = ratings.loc[later, "mastery_level"]
    wrong = (level != 3).mean()
    assert abs(wrong - 0.1) < MOST_Z * np.sqrt(0.09 / len(level))
    assert set(level.unique()) == {2, 3}


def test_informative_visits_follow_flare_ups() -> None:
    """Visits come sooner after a flare-up than after the same moment without one."""
    means = {}
    for share in (0.8, 0.0):
        scenario = ho.Scenario.named("informative-visits").replace({"visits.flare_visit": share})
        cohort, truth = simulate_with_truth(scenario, n_episodes=3_000, seed=26)
        flares = truth.transitions[truth.transitions["kind"] == "flare_up"]
        closed = truth.episodes["closed_time"].reindex(flares["episode_id"]).to_numpy()
        flares = flares[~(flares["time"].to_numpy() >= closed)].sort_values("time")
        visits = cohort.visits[["episode_id", "visit_day"]].astype({"visit_day": float})
        pair = pd.merge_asof(
            flares, visits.sort_values("visit_day"), left_on="time", right_on="visit_day",
            by="episode_id", direction="forward",
        ).dropna()  # fmt: skip
        wait = pair["visit_day"] - pair["time"]
        means[share] = wait.mean(), wait.std() / np.sqrt(len(wait))
    difference = means[0.8][0] - means[0.0][0]
    assert difference < -MOST_Z * np.hypot(means[0.8][1], means[0.0][1])


def test_slow_learners_take_longer() -> None:
    """By day 180 clearly fewer have mastered their target than in the default."""
    shares = []
    for name in ("clinic", "slow-learners"):
        scenario = followed_up(ho.Scenario.named(name), 420)
        table = ho.estimate_mastery(ho.simulate(scenario, n_episodes=2_000, seed=27)).table()
        row = table[(table["quantity"] == "probability") & (table["day"] == 180)].iloc[0]
        shares.append(row)
    reach = MOST_Z * np.hypot(shares[0]["std_error"], shares[1]["std_error"])
    assert shares[0]["estimate"] - shares[1]["estimate"] > reach
