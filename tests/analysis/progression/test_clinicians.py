"""How much clinicians differ: against R's lme4, and against the simulator's truth."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.clinician_likelihood import Spreads, integrate
from hinge_outcomes.analysis.progression.clinician_moves import count_clinician_moves
from hinge_outcomes.analysis.progression.clinician_optimum import find_optimum
from hinge_outcomes.analysis.progression.clinician_result import ClinicianRates
from hinge_outcomes.analysis.progression.clinicians import fit_clinician_rates
from hinge_outcomes.exceptions import AnalysisError, ConvergenceError
from tests.reference.clinicians_stays import clinic_stays, network_stays

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "reference" / "clinicians.json").read_text(encoding="utf-8")
)
CASE_MIX = "symptom_duration + start_back_risk"


@cache
def stays_of(name: str) -> pd.DataFrame:
    """Give the stays that R was given."""
    return clinic_stays() if name == "clinic" else network_stays()


@cache
def fitted(name: str, clinic: str | None) -> ClinicianRates:
    """Fit what lme4 fitted: Poisson, without a pace of the episodes' own."""
    return fit_clinician_rates(
        stays_of(name), CASE_MIX, clinic=clinic, frailty=False, n_nodes=15 if not clinic else 9
    )


def sd(result: ClinicianRates, level: str) -> pd.Series:
    """Read the standard deviation of a level."""
    table = result.table().set_index(["level", "quantity"])
    return table.loc[(level, "sd_log_rate")]


@pytest.mark.parametrize("name", ["clinic", "network"])
def test_one_level_is_that_of_lme4_with_25_points(name):
    """Spread, log rates and errors of glmer(nAGQ = 25).

    With a tight optimiser lme4 agrees to 1e-5 in the standard deviation, 1e-4 in the coefficients
    and 2e-4 in their errors, which it differentiates numerically.
    """
    reference, mine = REFERENCE[name]["exact"], fitted(name, None)
    assert sd(mine, "clinician")["estimate"] == pytest.approx(
        reference["sd"]["clinician_id"], rel=1e-5
    )
    rates = mine.rates()
    assert np.log(rates["estimate"].to_numpy()) == pytest.approx(
        list(reference["coefficients"].values()), abs=1e-4
    )
    assert rates["std_error"].to_numpy() == pytest.approx(reference["std_error"], rel=2e-4)
    assert mine.n_moves == REFERENCE[name]["n_moves"]
    assert mine.n_days == REFERENCE[name]["n_days"]


@pytest.mark.parametrize("name", ["clinic", "network"])
def test_the_profile_interval_is_that_of_lme4(name):
    """confint(method = "profile") interpolates with splines: limits agree to 5e-5."""
    row = sd(fitted(name, None), "clinician")
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        REFERENCE[name]["exact_sd_interval"], rel=5e-5
    )


@pytest.mark.parametrize("name", ["clinic", "network"])
def test_two_levels_are_near_those_of_lme4(name):
    """glmer has only Laplace's approximation for nested effects.

    Its error falls with the moves per clinician: hundreds in the clinic, about 30 in the network.
    `test_clinician_likelihood` shows that ours is exact.
    """
    reference, mine = REFERENCE[name]["nested"]["sd"], fitted(name, "clinic_id")
    tolerance = 2e-5 if name == "clinic" else 1e-3
    for level in ("clinician", "clinic"):
        assert sd(mine, level)["estimate"] == pytest.approx(
            reference[f"{level}_id"], abs=tolerance
        ), level


def test_shrunken_effects_are_near_the_modes_of_lme4():
    """Posterior means of log rate ratios, and the modes of ranef, differ by skewness only.

    With hundreds of moves per clinician they agree to 1e-3 at the same spread. What the result
    gives averages over the spread: it shrinks a little less, and its errors are wider.
    """
    counts = count_clinician_moves(
        stays_of("clinic"), CASE_MIX, move="forward", bands=(7, 14, 21, 35),
        clinician="clinician_id", clinic=None,
    )  # fmt: skip
    optimum = find_optimum(counts.data, free=(0,), n_nodes=9)
    n_rates = counts.data.design.shape[1]
    given = integrate(
        counts.data, optimum.parameters[:n_rates], Spreads(float(optimum.parameters[n_rates]))
    )
    modes = pd.DataFrame(REFERENCE["clinic"]["modes"]).set_index("clinician")
    modes = modes.loc[counts.people["clinician"]]
    assert given.mean == pytest.approx(modes["mode"].to_numpy(), abs=1e-3)
    assert np.sqrt(given.variance) == pytest.approx(modes["std_error"].to_numpy(), rel=5e-3)
    mine = fitted("clinic", None).clinicians().set_index("clinician_id").loc[modes.index]
    assert np.log(mine["estimate"]).to_numpy() == pytest.approx(modes["mode"].to_numpy(), abs=0.01)
    assert (mine["std_error"] > modes["std_error"]).all()


def test_observed_and_expected_add_up_to_the_same():
    """Expected moves are those under equal rates, so there are as many as were seen."""
    for table in (
        fitted("network", "clinic_id").clinicians(),
        fitted("network", "clinic_id").clinics(),
    ):
        assert table["expected"].sum() == pytest.approx(table["n_events"].sum())


def test_the_truth_of_each_clinician_is_recovered_in_a_network():
    """True log hazards of learning explain the shrunken rates of moving.

    What is documented moves more slowly than what is learned, because patients also wait for a
    visit and a second rating: with 20,000 episodes a log unit of learning is 0.6 log units of
    moves, and shrinkage takes its share of that here.
    """
    scenario = ho.Scenario.named("network").replace({"clinics.count": 15})
    cohort, truth = ho.simulate_with_truth(scenario, n_episodes=2_000, seed=3)
    found = fit_clinician_rates(ho.derive_stays(cohort))
    rows = found.clinicians().merge(truth.clinicians, on="clinician_id")
    shrunken = np.log(rows["estimate"])
    slope = np.polyfit(rows["log_hazard"], shrunken, 1)[0]
    assert np.corrcoef(rows["log_hazard"], shrunken)[0, 1] > 0.7
    assert 0.6 * rows["reliability"].mean() == pytest.approx(slope, abs=0.15)


def test_a_known_spread_is_covered():
    """Exponential stays with SD 0.3 between clinicians, 0.2 between clinics, pace 0.5.

    The 99.99% intervals hold the truth: four standard errors to each side.
    """
    rng = np.random.default_rng(8)
    clinics, clinicians, episodes = 30, 4, 12
    clinic = np.repeat(np.arange(clinics), clinicians * episodes)
    clinician = np.repeat(np.arange(clinics * clinicians), episodes)
    effect = 0.3 * rng.normal(size=clinics * clinicians)[clinician]
    effect += 0.2 * rng.normal(size=clinics)[clinic]
    pace = rng.gamma(1 / 0.25, 0.25, len(clinic))
    rows, start = [], np.zeros(len(clinic))
    for stage in range(1, 5):
        wait = rng.exponential(40 / (pace * np.exp(effect)))
        stop = np.minimum(start + wait, 120)
        seen = start < 120
        rows.append(
            pd.DataFrame(
                {
                    "episode_id": np.arange(len(clinic)),
                    "clinic_id": clinic,
                    "clinician_id": clinician,
                    "start_day": start,
                    "stop_day": stop,
                    "from_state": f"stage_{stage}",
                    "to_state": np.where(stop < 120, f"stage_{stage + 1}", None),
                }
            )[seen]
        )
        start = stop
    found = fit_clinician_rates(pd.concat(rows), "", bands=(), conf_level=0.9999)
    table = found.table().set_index(["level", "quantity"])
    for key, truth in (
        (("clinician", "sd_log_rate"), 0.3),
        (("clinic", "sd_log_rate"), 0.2),
        (("episode", "sd_pace"), 0.5),
        (("clinician", "median_rate_ratio"), np.exp(np.sqrt(2) * 0.6745 * 0.3)),
    ):
        assert table.loc[key, "ci_low"] <= truth <= table.loc[key, "ci_high"], key
    rates = found.rates()
    assert (np.abs(np.log(rates["estimate"] * 40)) < 4 * rates["std_error"]).all()
    true_effect = pd.Series(effect, index=clinician).groupby(level=0).first()
    mine = found.clinicians().set_index("clinician_id").loc[true_effect.index]
    z = (np.log(mine["estimate"]) - true_effect) / mine["std_error"]
    assert (np.abs(z) < 1.96).mean() > 0.9


def test_the_median_rate_ratio_is_that_of_the_definition():
    """exp(sqrt(2) 0.6745 s), for the estimate and both limits."""
    table = fitted("network", None).table().set_index("quantity")
    for name in ("estimate", "ci_low", "ci_high"):
        ratio = np.exp(np.sqrt(2) * 0.6745 * table.loc["sd_log_rate", name])
        assert table.loc["median_rate_ratio", name] == pytest.approx(ratio, rel=1e-12)


def test_one_clinician_a_clinic_is_one_level():
    """Where clinics and clinicians are the same people, only one spread is fitted."""
    stays = network_stays()
    stays = stays.assign(clinic_id=stays["clinician_id"])
    found = fit_clinician_rates(stays, "", frailty=False)
    assert found.table()["level"].unique().tolist() == ["clinician"]
    assert found.clinics().empty


def test_too_few_points_are_refused():
    """Four points are not exact enough."""
    with pytest.raises(AnalysisError, match="5 or more"):
        fit_clinician_rates(network_stays(), n_nodes=4)


def test_a_search_that_does_not_end_at_a_maximum_is_an_error(monkeypatch):
    """The message says which simpler models to try."""
    from dataclasses import replace

    from hinge_outcomes.analysis.progression import clinicians

    def unfinished(data, *, free, n_nodes):
        found = find_optimum(data, free=free, n_nodes=n_nodes)
        return replace(found, converged=False, message="The next simpler model: clinic=None.")

    monkeypatch.setattr(clinicians, "find_optimum", unfinished)
    with pytest.raises(ConvergenceError, match="clinic=None"):
        fit_clinician_rates(network_stays(), "", frailty=False)
