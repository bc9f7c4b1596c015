"""Panel models and ladders come out of R's msm again."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.ladder import fit_ladder
from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from hinge_outcomes.analysis.progression.r_panel import ladder_check, panel_check
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.r_runs import compared_by_r, largest_difference, needs_r

in_msm = needs_r("msm")
# msm stops where its gradient is small, and its second derivatives are differences.
CLOSE = 1e-5
MOVES = [("low", "high"), ("low", "left"), ("high", "low"), ("high", "mastered"), ("high", "left")]


@cache
def panel():
    """Forty courses on a ladder of two rungs; some end where it is not known how high."""
    rows = pd.read_csv(Path(__file__).parents[2] / "reference" / "matched_panel.csv")
    rows = rows[rows["id"] <= 40].assign(chronic=rows["symptom_duration"] == "chronic")
    last = ~rows["id"].duplicated(keep="last") & rows["state"].isin(["high", "mastered"])
    return rows.assign(state=rows["state"].mask(last & (rows["id"] % 3 == 0), "good"))


def fitted(**options):
    """A panel model of the courses."""
    asked = {"exact_states": ["left"], "censored_states": {"good": ["high", "mastered"]}}
    return fit_panel_markov(
        panel(), subject="id", time="day", state="state", transitions=MOVES, **{**asked, **options}
    )


@cache
def small_clinic():
    """Patients who aim for one of two low stages."""
    cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=400, seed=2)
    return cohort.select(target_stage=[3, 4])


def assert_agrees(found):
    """At our estimates msm has our likelihood; its own search ends no higher, and beside us."""
    there, best = found["R"].iloc[:2]
    assert there == pytest.approx(found["ours"].iloc[0], rel=1e-11)
    assert best >= there - 1e-6 * abs(there)
    assert largest_difference(found) < CLOSE


@in_msm
def test_a_panel_model_is_that_of_msm(tmp_path):
    """Exact states, uncertain codes, effects of some moves and shared ones agree."""
    fit = fitted(
        covariates={move: ["chronic"] for move in [MOVES[0], MOVES[1], MOVES[3]]},
        constraints=[("chronic", [MOVES[0], MOVES[3]])],
    )
    assert_agrees(compared_by_r(fit, tmp_path))


@in_msm
def test_given_rates_stay_as_they_are_in_msm(tmp_path):
    """A rate that is given is fixed in R too, and not compared."""
    found = compared_by_r(fitted(fixed={MOVES[1]: 0.004}), tmp_path)
    assert len(found) == 2 + 2 * 4
    assert_agrees(found)


@in_msm
def test_a_ladder_is_that_of_msm(tmp_path):
    """Rates that stages share, and targets that close moves, agree."""
    assert_agrees(compared_by_r(fit_ladder(small_clinic(), form="simple"), tmp_path))


def test_what_is_compared_is_what_was_estimated():
    """Our numbers are the log rates and their errors."""
    fit = fitted()
    ours = panel_check(fit).ours.set_index("number")["ours"]
    parameters = fit.parameters()
    assert ours["-2 log L"] == fit.minus_two_loglik
    # Ours are in msm's order: by state left, then by state entered.
    assert sorted(ours["estimate"]) == sorted(parameters["estimate"])
    assert sorted(ours["std_error"]) == pytest.approx(sorted(parameters["std_error"]))


def test_a_model_of_misclassified_states_is_refused():
    """The error says what msm is not asked for."""
    fit = fitted(
        exact_states=[], misclassification={("low", "high"): 0.1}, fixed=dict.fromkeys(MOVES, 0.01)
    )
    with pytest.raises(AnalysisError, match="misclassified"):
        panel_check(fit)


def test_rates_that_change_with_time_are_refused():
    """The error says what msm is not asked for."""
    with pytest.raises(AnalysisError, match="change with time"):
        panel_check(fitted(breaks=[60], breaks_for=MOVES[:1]))


def test_the_hidden_form_is_refused_with_the_remedy():
    """The error names the form that can be checked."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=150, seed=3)
    fit = fit_ladder(cohort)
    assert fit.form == "hidden"
    with pytest.raises(AnalysisError, match='form="simple"'):
        ladder_check(fit)


def test_a_curve_over_the_stages_is_refused_with_the_remedy():
    """msm has no smooth rates, and the error names the structures that it has."""
    cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=300, seed=2)
    fit = fit_ladder(cohort, {"forward": "smooth"}, form="simple")
    with pytest.raises(AnalysisError, match="'phase' or 'tied'"):
        ladder_check(fit)
