"""Tables of hazard ratios and intervals: by hand."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.cox_tables import (
    hazard_ratio_table,
    log_interval,
    ratios_in_words,
)


def test_the_table_keeps_both_errors_and_rests_on_the_robust_one():
    """Estimate and limits are log hazard ratios; the ratio and its limits are their exponents."""
    table = hazard_ratio_table(
        ["x"], np.log([2.0]), np.array([0.1]), np.array([0.2]),
        degrees_of_freedom=np.inf, conf_level=0.95,
    )  # fmt: skip
    row = table.iloc[0]
    assert list(table.columns[:5]) == ["term", "estimate", "std_error", "ci_low", "ci_high"]
    assert (row["std_error"], row["naive_std_error"], row["robust_std_error"]) == (0.2, 0.1, 0.2)
    np.testing.assert_allclose(row["hazard_ratio"], 2.0)
    np.testing.assert_allclose(row["hazard_ratio_high"], 2.0 * np.exp(1.959963984540054 * 0.2))
    np.testing.assert_allclose(row["ci_low"], np.log(row["hazard_ratio_low"]))


def test_student_limits_are_wider():
    """Three degrees of freedom reach further than normal ones."""
    arguments = ["x"], np.zeros(1), np.ones(1), None
    normal = hazard_ratio_table(*arguments, degrees_of_freedom=np.inf, conf_level=0.95)
    student = hazard_ratio_table(*arguments, degrees_of_freedom=3.0, conf_level=0.95)
    assert student["ci_high"].iloc[0] > 1.5 * normal["ci_high"].iloc[0]


def test_an_infinite_ratio_is_said_in_words():
    """No number that means nothing is printed."""
    table = pd.DataFrame(
        {"term": ["x"], "hazard_ratio": [0.0], "hazard_ratio_low": [np.nan],
         "hazard_ratio_high": [np.nan]}
    )  # fmt: skip
    assert ratios_in_words(table, 0.95) == "x without a finite estimate or interval"


def test_log_intervals_stay_positive():
    """The limits multiply and divide by the same factor."""
    low, high = log_interval(np.array([0.1]), np.array([0.3]), 1.96)
    assert low[0] > 0
    np.testing.assert_allclose(low * high, 0.01)
