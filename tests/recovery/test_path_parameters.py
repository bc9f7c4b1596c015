"""Path parameters are recovered from the exact times of `Truth`: |z| < 4 at a fixed seed.

For a hazard h(t) exp(effects) the number of events minus the cumulated hazard over the time at risk
has mean 0 and variance equal to that cumulated hazard, whatever ended the observation.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize

import hinge_outcomes as ho
from hinge_outcomes.simulation.calibration import followed_up
from hinge_outcomes.simulation.truth import Truth, simulate_with_truth

MOST_Z = 4.0
MATCHED = followed_up(ho.Scenario.named("matched"), 600)
N_MATCHED = 12_000


@cache
def matched() -> tuple[ho.Cohort, Truth]:
    """A Markov ladder with complete follow-up."""
    return simulate_with_truth(MATCHED, n_episodes=N_MATCHED, seed=11)


@cache
def learning_spells() -> pd.DataFrame:
    """Every stretch of learning in the matched scenario: stage, days, and how it ended.

    At the patient's own pace learning at a stage ends when it is learned, at a setback, or when
    care ends, and goes on at once at the next stage or one below. After the target is learned there
    is nothing left to learn.
    """
    cohort, truth = matched()
    kinds = ["learned", "setback", "left", "referred"]
    events = truth.transitions[truth.transitions["kind"].isin(kinds)]
    ends = truth.episodes["closed_time"]
    cut = pd.Series(
        (pd.Timestamp(cohort.data_cut) - cohort.episodes["start_date"]).dt.days.to_numpy(float),
        index=cohort.episodes["episode_id"],
    )
    last = pd.DataFrame(
        {"episode_id": ends.index, "time": ends.fillna(cut).to_numpy(), "kind": "end", "stage": 0}
    )
    path = pd.concat([events, last]).sort_values(["episode_id", "time"], kind="stable")
    entry = cohort.episodes.set_index("episode_id")["entry_stage"].astype(int)
    target = cohort.episodes.set_index("episode_id")["target_stage"].astype(int)
    before = path.groupby("episode_id")[["time", "stage", "kind"]].shift()
    stage = before["stage"] + np.where(before["kind"] == "learned", 1, -1)
    path["at"] = stage.fillna(entry.reindex(path["episode_id"]).set_axis(path.index)).clip(lower=1)
    path["days"] = path["time"] - before["time"].fillna(0.0)
    path["target"] = target.reindex(path["episode_id"]).to_numpy()
    path["is_over"] = (path["at"] > path["target"]).groupby(path["episode_id"]).cummax()
    path = path[~path["is_over"] & ~before["kind"].isin(["left", "referred"])]
    hazards = truth.episodes[["forward", "backward", "exit"]].reindex(path["episode_id"])
    return path.reset_index(drop=True).join(hazards.reset_index(drop=True))


def z_of(events: int, expected: float) -> float:
    """How far a count lies from its cumulated hazard."""
    return (events - expected) / np.sqrt(expected)


@pytest.mark.parametrize("stage", range(1, 8))
def test_forward_rates_of_a_markov_ladder(stage: int) -> None:
    """Learned stages over time at risk, by stage."""
    spells = learning_spells()
    spells = spells[spells["at"] == stage]
    at_risk = float((spells["days"] * np.exp(spells["forward"])).sum())
    learned = int((spells["kind"] == "learned").sum())
    assert learned > 300
    assert (spells.loc[spells["kind"] == "learned", "stage"] == stage).all()
    assert abs(z_of(learned, at_risk / MATCHED.learning.dwell_days[stage - 1])) < MOST_Z


@pytest.mark.parametrize("stage", range(2, 7))
def test_backward_rates_of_a_markov_ladder(stage: int) -> None:
    """Setbacks over time at risk, by stage; none at stage 1."""
    spells = learning_spells()
    assert not ((spells["at"] == 1) & (spells["kind"] == "setback")).any()
    spells = spells[spells["at"] == stage]
    setbacks = int((spells["kind"] == "setback").sum())
    assert setbacks > 50
    expected = float(spells["days"].sum()) * MATCHED.setbacks.per_day[stage - 1]
    assert abs(z_of(setbacks, expected)) < MOST_Z


@pytest.mark.parametrize(("kind", "rate"), [("left", "loss"), ("referred", "discharge")])
def test_exit_rates_of_a_markov_ladder(kind: str, rate: str) -> None:
    """Leavers and referrals over all days in care."""
    cohort, truth = matched()
    cut = (pd.Timestamp(cohort.data_cut) - cohort.episodes["start_date"]).dt.days.to_numpy(float)
    days = truth.episodes["closed_time"].fillna(pd.Series(cut, index=truth.episodes.index))
    value = MATCHED.loss.per_day if rate == "loss" else MATCHED.discharge.referred_per_day
    events = int(truth.episodes[f"{kind}_time"].notna().sum())
    assert abs(z_of(events, value * float(days.sum()))) < MOST_Z


@pytest.mark.parametrize("effect", ["age_per_decade", "subacute", "chronic"])
def test_log_hazard_ratios_of_learning(effect: str) -> None:
    """A Poisson regression of learned stages on day-0 columns finds each effect."""
    cohort, _ = matched()
    spells = learning_spells()
    episodes = cohort.episodes.set_index("episode_id")
    born = cohort.patients.set_index("patient_id")["birth_year"]
    age = episodes["start_date"].dt.year - born.reindex(episodes["patient_id"]).to_numpy()
    duration = episodes["symptom_duration"].astype(object)
    columns = pd.DataFrame(
        {
            "age_per_decade": (age.astype(float) - MATCHED.people.age_mean) / 10,
            "subacute": (duration == "subacute").astype(float),
            "chronic": (duration == "chronic").astype(float),
        }
    ).reindex(spells["episode_id"])
    design = sm.add_constant(columns.to_numpy())
    fit = sm.GLM(
        (spells["kind"] == "learned").to_numpy(float), design,
        family=sm.families.Poisson(), exposure=spells["days"].to_numpy().clip(1e-9),
    ).fit()  # fmt: skip
    place = 1 + list(columns).index(effect)
    z = (fit.params[place] - getattr(MATCHED.learning, effect)) / fit.bse[place]
    assert abs(z) < MOST_Z


STAGE = 4
ALL_AT_STAGE = [float(stage == STAGE) for stage in range(1, 11)]
EFFECTS = {
    "age_per_decade": -0.3, "subacute": 0.3, "chronic": -0.4, "start_back_medium": -0.3,
    "start_back_high": -0.5, "pain_per_point": 0.15, "odi_per_10": -0.2, "adherence": 1.0,
}  # fmt: skip


@cache
def one_stage(section: str) -> tuple[pd.DataFrame, Truth]:
    """Patients who learn one stage only, with strong effects of all of day 0 on one hazard."""
    changes = {
        "placement.entry_shares": ALL_AT_STAGE, "placement.target_shares": ALL_AT_STAGE,
        "setbacks.per_day": [0.02] * 10, "loss.per_day": 0.01, "loss.mechanism": "mar",
        "loss.recorded_pain_per_point": 0.0, "loss.pain_free": 0.0, "loss.missed": 0.0,
        "recurrence.returns": 0.0, "people.start_back_missing": 0.0,
        "progression.back_unable": 0.0, "progression.back_cued": 0.0,
    }  # fmt: skip
    changes |= {f"{section}.{name}": value for name, value in EFFECTS.items()}
    if section == "learning":
        changes |= {f"learning.{name}": 0.0 for name in ("frailty_sd", "clinic_sd", "clinician_sd")}
    scenario = followed_up(ho.Scenario.default().replace(changes), 500)
    cohort, truth = simulate_with_truth(scenario, n_episodes=8_000, seed=4)
    path = truth.transitions[truth.transitions["kind"].isin(["learned", "setback", "left",
                                                             "referred"])]  # fmt: skip
    first = path.sort_values("time").drop_duplicates("episode_id").set_index("episode_id")
    people = cohort.episodes.set_index("episode_id")
    born = cohort.patients.set_index("patient_id")["birth_year"]
    age = people["start_date"].dt.year - born.reindex(people["patient_id"]).to_numpy()
    duration, risk = (
        people[name].astype(object) for name in ("symptom_duration", "start_back_risk")
    )
    frame = pd.DataFrame(
        {
            "time": first["time"].reindex(people.index).fillna(truth.episodes["closed_time"]),
            "kind": first["kind"].reindex(people.index),
            "age_per_decade": (age.astype(float) - scenario.people.age_mean) / 10,
            "subacute": (duration == "subacute").astype(float),
            "chronic": (duration == "chronic").astype(float),
            "start_back_medium": (risk == "medium").astype(float),
            "start_back_high": (risk == "high").astype(float),
            "pain_per_point": truth.episodes["nprs"] - 5.4,
            "odi_per_10": (truth.episodes["odi"] - 31.0) / 10,
            "adherence": truth.episodes["adherence"] - 0.45,
        }
    )
    return frame.dropna(subset="time"), truth


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize(("section", "kind"), [("setbacks", "setback"), ("loss", "left")])
def test_effects_on_setbacks_and_on_leaving(section: str, kind: str, effect: str) -> None:
    """Up to the first event the hazard is constant: a Poisson regression finds every effect."""
    frame, _ = one_stage(section)
    design = sm.add_constant(frame[list(EFFECTS)].to_numpy(float))
    fit = sm.GLM(
        (frame["kind"] == kind).to_numpy(float), design, family=sm.families.Poisson(),
        exposure=frame["time"].to_numpy().clip(1e-9),
    ).fit()  # fmt: skip
    place = 1 + list(EFFECTS).index(effect)
    assert fit.bse[place] < 0.5
    assert abs(fit.params[place] - EFFECTS[effect]) < MOST_Z * fit.bse[place]
    rate = 0.02 if section == "setbacks" else 0.01
    assert abs(fit.params[0] - np.log(rate)) < MOST_Z * fit.bse[0]


def test_scale_shape_and_effects_of_learning() -> None:
    """Maximum likelihood for right-censored Weibull times finds scale, shape and every effect."""
    frame, _ = one_stage("learning")
    time, event = frame["time"].to_numpy().clip(1e-9), (frame["kind"] == "learned").to_numpy(float)
    x = frame[list(EFFECTS)].to_numpy(float)

    def minus_loglik(values: np.ndarray) -> float:
        log_scale, log_shape, effects = values[0], values[1], values[2:]
        shape = np.exp(log_shape)
        log_hazard = x @ effects
        z = shape * (np.log(time) - log_scale) + log_hazard
        density = log_shape - np.log(time) + z
        return float(np.exp(z).sum() - (event * density).sum())

    scenario = ho.Scenario.default().learning
    true = np.array(
        [np.log(scenario.dwell_days[STAGE - 1]), np.log(scenario.dwell_shape[STAGE - 1]),
         *EFFECTS.values()]
    )  # fmt: skip
    start = np.array([np.log(time.mean()), 0.0, *[0.0] * len(EFFECTS)])
    found = minimize(minus_loglik, start, method="BFGS", options={"gtol": 1e-3}).x
    steps = 1e-4 * np.eye(len(true))
    information = np.array(
        [
            [
                (
                    minus_loglik(found + a + b) - minus_loglik(found + a - b)
                    - minus_loglik(found - a + b) + minus_loglik(found - a - b)
                ) / 4e-8
                for b in steps
            ]
            for a in steps
        ]
    )  # fmt: skip
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    assert (errors < 0.3).all()
    assert (np.abs(found - true) < MOST_Z * errors).all()


def test_frailty_and_clinicians_spread_as_stated() -> None:
    """SDs of true effects over patients and clinicians, each on the log hazard scale."""
    scenario = ho.Scenario.default().replace({"recurrence.returns": 0.0})
    _, truth = simulate_with_truth(scenario, n_episodes=6_000, seed=8)
    frailty = truth.episodes["frailty"]
    assert abs(frailty.std() / scenario.learning.frailty_sd - 1) < MOST_Z / np.sqrt(2 * 6_000)
    rest = truth.episodes["forward"] - frailty
    clinician = truth.clinicians.set_index("clinician_id")["log_hazard"]
    own = clinician.reindex(truth.episodes["clinician_id"]).to_numpy()
    within = pd.DataFrame({"x": rest.to_numpy() - own, "nprs": truth.episodes["nprs"].to_numpy()})
    # What is left depends on day 0 alone: among patients alike on day 0 there would be no spread.
    assert abs(np.corrcoef(own, within["x"])[0, 1]) < MOST_Z / np.sqrt(6_000)


def test_flare_ups_come_as_often_as_stated() -> None:
    """Flare-ups up to day 364 over patient-years, in care and after it."""
    scenario = followed_up(ho.Scenario.default(), 400)
    _, truth = simulate_with_truth(scenario, n_episodes=4_000, seed=9)
    flares = truth.transitions[truth.transitions["kind"] == "flare_up"]
    within = int((flares["time"] <= 364).sum())
    expected = 4_000 * 364 / 365.25 * scenario.pain.flares_per_year
    assert abs(z_of(within, expected)) < MOST_Z
