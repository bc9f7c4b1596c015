"""Marginal means and contrasts of an MMRM."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.mmrm import fit_mmrm
from hinge_outcomes.analysis.pain.mmrm_means import factor_levels
from hinge_outcomes.analysis.pain.mmrm_result import MMRMFit
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.pain.repeated import repeated_scores


def _fit(formula: str = "score ~ arm * C(week) + age") -> MMRMFit:
    return fit_mmrm(repeated_scores(), formula, subject="who", visit="week")


def test_equal_weights_average_groups_and_put_numbers_at_their_mean() -> None:
    """The mean of a visit is the plain average of both arms at the mean age of the rows."""
    fit = _fit()
    both = fit.marginal_means("arm").groupby("week")["estimate"].mean()
    np.testing.assert_allclose(fit.marginal_means()["estimate"], both, rtol=1e-12)
    age = repeated_scores()["age"].mean()
    by_hand = fit.predict(repeated_scores().iloc[[0]].assign(age=age, week=13))
    row = fit.marginal_means("arm").query("arm == 'old' and week == 13").iloc[0]
    assert row["estimate"] == pytest.approx(by_hand["estimate"].iloc[0])
    assert row["std_error"] == pytest.approx(by_hand["std_error"].iloc[0])


def test_observed_weights_average_over_the_rows() -> None:
    """The mean of predictions for all rows, their week replaced."""
    fit = _fit("score ~ arm * C(week)")
    frame = repeated_scores()
    by_hand = fit.predict(frame.assign(week=26))["estimate"].mean()
    found = fit.marginal_means(weights="observed").query("week == 26")["estimate"].iloc[0]
    assert found == pytest.approx(by_hand)


def test_contrasts_are_differences_of_means_from_one_fit() -> None:
    """Arm against arm at each week; turning the reference turns the sign."""
    fit = _fit()
    means = fit.marginal_means("arm").pivot(index="week", columns="arm", values="estimate")
    found = fit.contrast("arm")
    np.testing.assert_allclose(found["estimate"], means["new"] - means["old"], rtol=1e-9)
    turned = fit.contrast("arm", reference="new")
    np.testing.assert_allclose(turned["estimate"], -found["estimate"], rtol=1e-9)
    assert turned["contrast"].iloc[0] == "old - new"


def test_a_combination_of_terms_is_what_its_weights_say() -> None:
    """Twice the slope of age has twice its estimate and error."""
    fit = _fit()
    slope = fit.table().set_index("term").loc["age"]
    twice = fit.contrast({"age": 2.0}).iloc[0]
    assert twice["estimate"] == pytest.approx(2 * slope["estimate"])
    assert twice["std_error"] == pytest.approx(2 * slope["std_error"])
    assert twice["df"] == pytest.approx(slope["df"])


def test_columns_with_levels_are_text_categories_and_what_stands_in_c() -> None:
    """Age is a number; arm and week have levels."""
    assert factor_levels(_fit()) == {"arm": ["old", "new"], "week": [0, 6, 13, 26]}


@pytest.mark.parametrize("call", [
    lambda fit: fit.marginal_means("age"),
    lambda fit: fit.marginal_means("nobody"),
    lambda fit: fit.marginal_means(weights="cells"),
    lambda fit: fit.contrast({"height": 1.0}),
    lambda fit: fit.contrast("arm", reference="none"),
])  # fmt: skip
def test_what_is_not_there_is_named(call) -> None:  # type: ignore[no-untyped-def]
    """Groups, weights, terms and levels that do not exist are errors that list what does."""
    with pytest.raises(AnalysisError):
        call(_fit())
