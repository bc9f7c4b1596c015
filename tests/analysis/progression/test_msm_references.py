"""A ladder of two rungs seen at visits, against R's msm: see tests/reference/msm.R."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov

FOLDER = Path(__file__).parents[2] / "reference"
STATES = ["low", "high", "mastered", "left"]
MOVES = [("low", "high"), ("low", "left"), ("high", "low"), ("high", "mastered"), ("high", "left")]
# msm's gradient is not quite zero where it stops: what it gives differs by up to 2e-6.
CLOSE = 1e-5
COVARIATES = ["subacute", "chronic", "decades"]
# Moves up and down the ladder share one effect, the ways out another: (1, 2, 2, 1, 2) in msm.R.
ALIKE = [[MOVES[0], MOVES[3]], [MOVES[1], MOVES[2], MOVES[4]]]


@cache
def reference():
    """Everything that the R script found."""
    return json.loads((FOLDER / "msm.json").read_text(encoding="utf-8"))


def panel():
    """The rows that the R script read, with its covariates."""
    rows = pd.read_csv(FOLDER / "matched_panel.csv")
    for level in ("subacute", "chronic"):
        rows[level] = (rows["symptom_duration"] == level).astype(float)
    return rows.assign(decades=(rows["age"] - 45) / 10)


def fitted(rows, **options):
    """Our fit of the model that the R script fits."""
    return fit_panel_markov(
        rows, subject="id", time="day", state="state", states=STATES, transitions=MOVES,
        exact_states=["left"], **options,
    )  # fmt: skip


def assert_same_likelihood(fit, expected):
    """The maximum is msm's, which was told to search to the last digits."""
    assert fit.converged, fit.message
    assert fit.minus_two_loglik == pytest.approx(expected["minus_two_loglik"], rel=1e-9)


def assert_same_rates(fit, expected):
    """Log rates and their errors differ by no more than msm's last step and its Hessian."""
    theta, error = fit.model.fit.optimum.theta[:5], np.sqrt(np.diag(fit.covariance)[:5])
    np.testing.assert_allclose(theta, expected["log_estimate"][:5], atol=CLOSE)
    np.testing.assert_allclose(error, expected["log_std_error"][:5], rtol=CLOSE)


def test_rates_without_covariates_are_those_of_msm():
    """Rates, errors and the likelihood agree with msm."""
    fit, expected = fitted(panel()), reference()["plain"]
    assert_same_likelihood(fit, expected)
    assert_same_rates(fit, expected)


def test_chances_and_stays_are_those_of_msm():
    """The chances after 90 days and the mean stays agree, stays with their errors."""
    fit, expected = fitted(panel()), reference()["plain"]
    chances = fit.transition_probabilities(90).pivot(index="from", columns="to", values="estimate")
    np.testing.assert_allclose(
        chances.loc[STATES, STATES], np.array(expected["chances_at_90"]), atol=CLOSE
    )
    stays = fit.sojourn_times().set_index("state").loc[["low", "high"]]
    np.testing.assert_allclose(stays["estimate"], expected["sojourn"], rtol=CLOSE)
    np.testing.assert_allclose(stays["std_error"], expected["sojourn_std_error"], rtol=CLOSE)


def test_effects_shared_between_moves_are_those_of_msm():
    """Constrained effects agree with msm, whichever way covariates are centred."""
    shared = [(name, moves) for name in COVARIATES for moves in ALIKE]
    fit = fitted(panel(), covariates=COVARIATES, constraints=shared)
    expected = reference()["shared"]
    assert_same_likelihood(fit, expected)
    found = fit.hazard_ratios()
    for place, name in enumerate(COVARIATES):
        rows = found[found["covariate"] == name].set_index(["from", "to"]).loc[MOVES]
        part = slice(5 + 5 * place, 10 + 5 * place)
        log_ratio = np.log(rows["estimate"])
        np.testing.assert_allclose(log_ratio, expected["log_estimate"][part], atol=CLOSE)
        error = rows["std_error"] / rows["estimate"]
        np.testing.assert_allclose(error, expected["log_std_error"][part], rtol=CLOSE)


def test_a_last_look_of_uncertain_meaning_is_read_as_msm_reads_it():
    """A code that may mean high or mastered sums over both."""
    rows = panel()
    is_last = ~rows["id"].duplicated(keep="last") & (rows["state"] == "high")
    rows["state"] = rows["state"].where(~is_last, "high or mastered")
    fit = fitted(rows, censored_states={"high or mastered": ("high", "mastered")})
    expected = reference()["uncertain"]
    assert_same_likelihood(fit, expected)
    assert_same_rates(fit, expected)
