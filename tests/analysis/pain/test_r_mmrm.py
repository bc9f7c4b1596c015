"""Models for repeated measures come out of R's nlme again."""

import pytest

from hinge_outcomes.analysis.pain.mmrm import fit_mmrm
from hinge_outcomes.analysis.pain.r_mmrm import mmrm_check
from tests.analysis.pain.repeated import repeated_scores
from tests.analysis.r_runs import compared_by_r, largest_difference, needs_r

in_nlme = needs_r("nlme")


@in_nlme
@pytest.mark.parametrize(
    "options",
    [{}, {"covariance": "ar1"}, {"covariance": "heterogeneous_ar1"},
     {"covariance": "compound_symmetry", "reml": False}, {"df": "kenward-roger"}],
)  # fmt: skip
def test_a_fit_is_that_of_nlme(options, tmp_path):
    """Every structure, both likelihoods; gls stops a little short."""
    fit = fit_mmrm(
        repeated_scores(), "score ~ arm * C(week) + age", subject="who", visit="week", **options
    )
    found = compared_by_r(fit, tmp_path)
    is_likelihood = found["number"] == "log likelihood"
    assert largest_difference(found[is_likelihood]) < 1e-7
    assert largest_difference(found) < 1e-3


def test_what_is_compared_is_what_the_table_says():
    """Estimates, errors and log-likelihood; subjects are numbers."""
    fit = fit_mmrm(repeated_scores(), "score ~ C(week)", subject="who", visit="week")
    check = mmrm_check(fit)
    ours = check.ours.set_index("number")["ours"]
    assert ours["estimate"].tolist() == fit.table()["estimate"].tolist()
    assert ours["log likelihood"] == fit.loglik
    assert not any("p0000" in text for text in check.files().values())
