"""Mixed models come out of R's lme4 again."""

from functools import cache

import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.analysis.pain.r_mixed_model import course_check, mixed_model_check
from tests.analysis.r_runs import compared_by_r, largest_difference, needs_r

in_lme4 = needs_r("lme4")
# lme4 stops short on the variances: its criterion agrees to the last digits.
CLOSE = 1e-4


@cache
def cohort():
    """A small clinic."""
    return ho.simulate(ho.Scenario.default(), n_episodes=150, seed=3)


@cache
def panel():
    """Its pain scores; one is added to each, so that logarithms exist."""
    found = ho.derive_outcome_panel(cohort(), "nprs")
    return found.assign(pain=found["score"] + 1.0)


def fitted(**options):
    """A mixed model with groups and an interaction."""
    asked = {"group": "patient_id", "random": "1 + measured_day", **options}
    return fit_mixed_model(panel(), "np.log(pain) ~ measured_day * symptom_duration", **asked)


def assert_agrees(found):
    """The likelihood is that of lme4, the rest as close as its search goes."""
    is_likelihood = found["number"] == "log likelihood"
    assert largest_difference(found[is_likelihood]) < 1e-9
    assert largest_difference(found) < CLOSE


@in_lme4
@pytest.mark.parametrize(
    "options", [{}, {"reml": False, "random": "1"}, {"df": "kenward-roger", "random": "1"}]
)
def test_a_mixed_model_is_that_of_lme4(options, tmp_path):
    """A computed outcome, groups, slopes by patient, both likelihoods agree."""
    assert_agrees(compared_by_r(fitted(**options), tmp_path))


@in_lme4
def test_a_course_of_pain_is_that_of_lme4(tmp_path):
    """The spline of a course is refitted column by column."""
    assert_agrees(compared_by_r(ho.fit_pain(cohort()), tmp_path))


def test_errors_of_kenward_and_roger_are_not_compared():
    """lme4 has no such errors."""
    check = mixed_model_check(fitted(df="kenward-roger", random="1"))
    assert "std_error" not in set(check.ours["number"])


def test_what_is_compared_is_what_the_tables_say():
    """Our numbers are the fixed effects, the variances and the log-likelihood."""
    fit = fitted()
    ours = mixed_model_check(fit).ours.set_index("number")["ours"]
    assert ours["estimate"].tolist() == fit.table()["estimate"].tolist()
    assert ours["variance"].tolist() == fit.variance_components()["estimate"].tolist()[:-1]
    assert ours["log likelihood"] == fit.loglik


def test_patients_are_numbers():
    """The ids of patients are not written."""
    check = course_check(ho.fit_pain(cohort()))
    ids = cohort().patients["patient_id"]
    assert not any(ids.iloc[0] in text for text in check.files().values())
