"""Residuals of a mixed model, and what they are checked for."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from tests.analysis.pain.nested import nested_scores

FRAME = nested_scores(6, 4, 8, seed=4)
GROUPS = {"group": ["clinic", "clinician", "patient"], "random": ["1", "1", "1 + day"]}


def test_residuals_are_what_own_predictions_leave() -> None:
    """Outcome = own prediction + residual, row by row; their spread is below the noise's."""
    fit = fit_mixed_model(FRAME, "score ~ day", **GROUPS)  # type: ignore[arg-type]
    table = fit.residuals()
    np.testing.assert_allclose(table["fitted_own"] + table["residual"], table["score"], rtol=1e-12)
    assert 0.6 < table["standardised"].std() < 1.0
    own = fit.predict(table, has_random_effects=True)["estimate"]
    np.testing.assert_allclose(own, table["fitted_own"])


def test_true_normal_noise_passes_and_skewed_noise_does_not() -> None:
    """Values lie near what is expected where the model is true, and far from it where it is not."""
    true = fit_mixed_model(FRAME, "score ~ day", **GROUPS).residual_checks()  # type: ignore[arg-type]
    rng = np.random.default_rng(1)
    skewed = FRAME.assign(score=FRAME["score"] + rng.exponential(4, len(FRAME)))
    wrong = fit_mixed_model(skewed, "score ~ day", **GROUPS).residual_checks()  # type: ignore[arg-type]
    good, bad = (
        table[table["of"] == "residuals"].set_index("check")["value"] for table in (true, wrong)
    )
    assert abs(good["skewness"]) < 0.3
    assert good["correlation with normal scores"] > 0.99
    assert bad["skewness"] > 0.7
    assert bad["correlation with normal scores"] < good["correlation with normal scores"]
    assert {"patient: Intercept", "patient: day"} <= set(true["of"])


def test_a_computed_outcome_is_checked_on_its_own_scale() -> None:
    """The residuals of a logarithm are those of the logarithm."""
    positive = FRAME.assign(score=np.exp(FRAME["score"] / 5))
    fit = fit_mixed_model(positive, "np.log(score) ~ day", group="patient", random="1")
    table = fit.residuals()
    expected = np.log(table["score"]) - table["fitted_own"]
    np.testing.assert_allclose(table["residual"], expected, atol=1e-12)


def test_the_picture_has_a_dot_for_each_quantile() -> None:
    """Residuals stand in order along normal quantiles, beside the line of normal noise."""
    fit = fit_mixed_model(FRAME, "score ~ day", group="patient", random="1")
    line, dots = fit.plot_residuals().lines
    assert len(dots.get_xdata()) == len(FRAME)
    assert (np.diff(dots.get_ydata()) >= 0).all()
    assert line.get_xdata()[0] == pytest.approx(-line.get_xdata()[1])
