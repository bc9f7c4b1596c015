"""Cox models come out of R's coxph again."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.hazards import fit_cox, fit_hazards
from hinge_outcomes.analysis.progression.r_cox import cox_check, hazards_check
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.r_runs import compared_by_r, largest_difference, needs_r

in_survival = needs_r("survival")
# Both searches go to the last digits.
CLOSE = 1e-10


@cache
def stays():
    """Stays of a small clinic, with whether they end in a move."""
    found = ho.derive_stays(ho.simulate(ho.Scenario.default(), n_episodes=150, seed=3))
    weight = np.random.default_rng(1).choice([0.5, 1.0, 2.5], len(found))
    return found.assign(moved=found["to_state"].notna(), weight=weight)


@in_survival
@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("symptom_duration * age", {"strata": "from_state", "cluster": "clinician_id"}),
        ("age", {"ties": "breslow", "weights": "weight"}),
        ("1", {"start": None}),
    ],
)
def test_a_cox_model_is_that_of_coxph(formula, options, tmp_path):
    """Interactions, strata, clusters, weights, ties and a model without covariates agree."""
    asked = {"start": "start_day", "stop": "stop_day", "event": "moved", **options}
    fit = fit_cox(stays(), formula, **asked)
    assert largest_difference(compared_by_r(fit, tmp_path)) < CLOSE


@in_survival
@pytest.mark.parametrize("clock", ["reset", "forward"])
def test_the_models_of_moves_are_those_of_coxph(clock, tmp_path):
    """Every kind of move with enough events agrees, on both clocks."""
    fit = fit_hazards(stays(), "symptom_duration + age", clock=clock)
    found = compared_by_r(fit, tmp_path)
    transitions = fit.transitions()
    assert set(found["model"]) == set(transitions.loc[transitions["is_fitted"], "transition"])
    assert largest_difference(found) < CLOSE


def test_what_is_compared_is_what_the_table_says():
    """Our numbers are the log hazard ratios and errors of the table."""
    fit = fit_hazards(stays(), "age")
    ours = hazards_check(fit).ours
    shown = ours.loc[ours["number"] == "log hazard ratio", "ours"]
    assert shown.tolist() == fit.table()["estimate"].tolist()


def test_a_model_without_a_maximum_is_refused():
    """Where a coefficient is infinite there is nothing R could find, and the error says why."""
    frame = pd.DataFrame({"stop": [1, 2, 3, 4], "event": [1, 1, 0, 0], "x": [1, 1, 0, 0]})
    fit = fit_cox(frame, "x", start=None, stop="stop", event="event")
    with pytest.raises(AnalysisError, match="x would have an infinite coefficient"):
        cox_check(fit)
