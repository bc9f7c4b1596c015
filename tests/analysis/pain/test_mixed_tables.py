"""The tables of a mixed model: scales, limits and what is missing at zero."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from tests.analysis.pain.test_mixed_model import visits


def test_components_carry_standard_deviations_and_correlation() -> None:
    """The scale of a variance is its root, that of a covariance the correlation."""
    table = fit_mixed_model(visits(200), "score ~ day", group="patient").variance_components()
    first, second, both, rest = table["estimate"]
    expected = [np.sqrt(first), np.sqrt(second), both / np.sqrt(first * second), np.sqrt(rest)]
    # The same arithmetic.
    np.testing.assert_allclose(table["scale"], expected, rtol=1e-12)
    assert table["other_term"].isna().tolist() == [True, True, False, True]
    is_variance = table["other_term"].isna()
    assert (table.loc[is_variance, "ci_low"] > 0).all()
    assert (table["ci_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["ci_high"]).all()


def test_a_variance_of_zero_has_no_error() -> None:
    """On the boundary the error of a variance does not exist and is missing, not zero."""
    frame = pd.DataFrame({"who": list("aabb"), "y": [0.0, 2.0, 0.0, 2.0]})
    row = fit_mixed_model(frame, "y ~ 1", group="who", random="1").variance_components().iloc[0]
    assert (row["estimate"], row["scale"]) == (0.0, 0.0)
    assert row[["std_error", "ci_low", "ci_high"]].isna().all()


def test_random_effects_shrink_towards_zero_and_sum_to_it() -> None:
    """Own deviations average zero and spread less than the groups' raw means."""
    frame = visits(60)
    effects = fit_mixed_model(frame, "score ~ 1", group="patient", random="1").random_effects()
    raw = frame.groupby("patient")["score"].mean()
    assert effects["estimate"].std() < raw.std()
    # The estimating equations make the sum of u zero; the search stops at about 1e-7.
    assert abs(effects["estimate"].sum()) < 1e-6
