"""Predictions and comparisons of a mixed model."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.pain.test_mixed_model import visits


def test_a_comparison_is_a_contrast_of_the_coefficients() -> None:
    """Two days 100 apart differ by 100 slopes, with 100 times the slope's error and its df."""
    fit = fit_mixed_model(visits(), "score ~ day", group="patient")
    slope = fit.table().iloc[1]
    row = fit.compare(pd.DataFrame({"day": [150.0]}), pd.DataFrame({"day": [50.0]})).iloc[0]
    # The same sum of products by another route.
    assert row["estimate"] == pytest.approx(100 * slope["estimate"], rel=1e-9)
    assert row["std_error"] == pytest.approx(100 * slope["std_error"], rel=1e-9)
    assert row["df"] == pytest.approx(slope["df"], rel=1e-9)


def test_frames_of_unequal_length_are_refused() -> None:
    """Rows are compared one by one, so lengths must agree and nothing may be missing."""
    fit = fit_mixed_model(visits(), "score ~ day", group="patient")
    with pytest.raises(AnalysisError, match="same length"):
        fit.compare(pd.DataFrame({"day": [1.0, 2.0]}), pd.DataFrame({"day": [1.0]}))
    with pytest.raises(AnalysisError, match="without missing"):
        fit.compare(pd.DataFrame({"day": [np.nan]}), pd.DataFrame({"day": [1.0]}))


def test_rows_with_a_repeated_index_keep_their_places() -> None:
    """Predictions stay in the order of the rows also where the index repeats itself."""
    fit = fit_mixed_model(visits(), "score ~ day", group="patient")
    rows = pd.DataFrame({"day": [0.0, np.nan, 91.0]}, index=[5, 5, 5])
    plain = fit.predict(rows.reset_index(drop=True))
    repeated = fit.predict(rows)
    assert repeated["estimate"].isna().tolist() == [False, True, False]
    pd.testing.assert_series_equal(
        repeated["estimate"].reset_index(drop=True), plain["estimate"], rtol=1e-12
    )
