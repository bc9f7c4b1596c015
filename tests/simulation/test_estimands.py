"""True values of estimands: what complete follow-up would show, with an honest error."""

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.simulation.calibration import followed_up
from hinge_outcomes.simulation.estimands import DAYS, Estimands, true_estimands

SMALL = {"replicates": 6, "n_episodes": 1_500}


@pytest.fixture(scope="module")
def default() -> Estimands:
    """True values of the default scenario, roughly."""
    return true_estimands(ho.Scenario.default(), **SMALL)


def test_every_headline_estimand_has_a_value(default: Estimands) -> None:
    """Mastery in all its kinds, both means, scores, responders, and the clinicians' share."""
    names = set(default.table()["estimand"])
    assert {
        "documented_mastery", "latent_mastery", "maintained_mastery", "durable_mastery",
        "mean_days_mastered", "mean_days_unmastered", "left", "referred", "nprs", "odi",
        "nprs_change", "odi_change", "nprs_mic", "odi_relative", "nprs_both", "nprs_change_icc",
    } <= names  # fmt: skip
    table = default.table()
    assert list(table.columns) == ["estimand", "stage", "day", "value", "mc_error", "method"]
    assert set(table["method"]) == {"large run"}
    assert (table.loc[table["value"].between(0.2, 0.8), "mc_error"] > 0).all()


def test_named_means_add_up_to_the_horizon(default: Estimands) -> None:
    """Of 365 days every one is spent mastered or unmastered."""
    both = [
        default.value(f"mean_days_{which}", stage="target", day=365)
        for which in ("mastered", "unmastered")
    ]
    assert sum(both) == pytest.approx(365)


def test_probabilities_do_not_fall_and_latent_mastery_comes_first(default: Estimands) -> None:
    """First mastery only rises with time, and is documented after it is there."""
    for stage in ("target", "3"):
        documented, latent = (
            [default.value(name, stage=stage, day=day) for day in DAYS]
            for name in ("documented_mastery", "latent_mastery")
        )
        assert documented == sorted(documented)
        assert latent == sorted(latent)
    assert default.value("documented_mastery", stage="target", day=180) < default.value(
        "latent_mastery", stage="target", day=180
    )


def test_a_complete_cohort_is_estimated_at_its_true_values() -> None:
    """On uncensored cohorts with other seeds the reports' estimators find the true values."""
    scenario = ho.Scenario.default()
    truth = true_estimands(scenario, replicates=20, n_episodes=1_500)
    errors = truth.table().set_index(["estimand", "stage", "day"])["mc_error"]
    whole = [
        ho.simulate(followed_up(scenario, 420), n_episodes=1_500, seed=900 + i) for i in range(12)
    ]
    masteries = [ho.estimate_mastery(cohort, horizon_day=365).table() for cohort in whole]
    found = {
        ("documented_mastery", "target", 180.0): [
            table.loc[(table["quantity"] == "probability") & (table["day"] == 180), "estimate"]
            for table in masteries
        ],
        ("mean_days_mastered", "target", 365.0): [
            table.loc[table["quantity"] == "mean_days_mastered", "estimate"] for table in masteries
        ],
    }
    for key, values in found.items():
        numbers = np.array([float(value.iloc[0]) for value in values])
        error = np.hypot(numbers.std(ddof=1) / np.sqrt(len(numbers)), errors[key])
        true = truth.value(key[0], stage=key[1], day=key[2])
        assert abs(numbers.mean() - true) < 4 * error, key


def test_what_is_known_exactly_is_not_simulated() -> None:
    """The matched scenario's rates and latent mastery carry no Monte Carlo error."""
    matched = true_estimands(ho.Scenario.named("matched"), replicates=2, n_episodes=200)
    table = matched.table()
    exact = table[table["method"] == "exact"]
    assert {"forward_rate", "backward_rate", "loss_rate", "latent_mastery"} <= set(
        exact["estimand"]
    )
    assert (exact["mc_error"] == 0).all()
    assert not table.duplicated(["estimand", "stage", "day"]).any()


def test_an_unknown_estimand_is_named_with_those_there_are(default: Estimands) -> None:
    """The message lists what can be asked."""
    with pytest.raises(KeyError, match="documented_mastery"):
        default.value("mastery")
