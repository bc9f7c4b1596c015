"""What a fitted MMRM shows."""

import numpy as np

from hinge_outcomes.analysis.pain.mmrm import fit_mmrm
from tests.analysis.pain.repeated import repeated_scores


def test_the_result_says_what_it_is() -> None:
    """Summary, table and picture agree on four visits."""
    fit = fit_mmrm(repeated_scores(), "score ~ C(week)", subject="who", visit="week")
    assert "missing at random" in fit.summary()
    assert fit.summary().count(" to ") == 4
    assert list(fit.table().columns) == [
        "term", "estimate", "std_error", "ci_low", "ci_high", "df", "statistic", "p_value",
    ]  # fmt: skip
    assert len(fit.plot().get_yticklabels()) == 4
    assert fit.covariance.shape == (4, 4)


def test_predictions_of_incomplete_rows_are_missing() -> None:
    """A row without an age has no prediction, and keeps its place."""
    frame = repeated_scores().iloc[:3].reset_index(drop=True)
    fit = fit_mmrm(repeated_scores(), "score ~ C(week) + age", subject="who", visit="week")
    made = fit.predict(frame.assign(age=[40.0, np.nan, 50.0]))
    assert made["estimate"].isna().tolist() == [False, True, False]
