"""Latent and documented mastery side by side, day by day."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.ladder_gap import gap_table

LATENT = pd.DataFrame(
    {
        "day": [5.0, 90.0],
        "estimate": [0.01, 0.4],
        "std_error": [0.002, 0.03],
        "ci_low": [0.006, 0.34],
        "ci_high": [0.014, 0.46],
        "n_at_risk": [100, 100],
    }
)
STEPS = pd.DataFrame(
    {
        "day": [14.0, 80.0, 91.0],
        "estimate": [0.1, 0.3, 0.35],
        "std_error": [0.02, 0.04, 0.05],
        "ci_low": [0.07, 0.23, 0.26],
        "ci_high": [0.15, 0.39, 0.46],
        "n_at_risk": [80, 40, 30],
    }
)


def test_the_gap_is_latent_less_documented_at_the_last_step() -> None:
    """Day 90: 0.4 against the step of day 80, 0.3; the error is the hypotenuse of 0.03 and 0.04."""
    table = gap_table(LATENT, STEPS, 0.95).set_index(["day", "quantity"])
    gap = table.loc[(90.0, "gap")]
    assert gap["estimate"] == pytest.approx(0.1)
    assert gap["std_error"] == pytest.approx(0.05)
    assert gap["ci_high"] == pytest.approx(0.1 + 1.959964 * 0.05)
    assert table.loc[(90.0, "documented"), "n_at_risk"] == 40


def test_before_the_first_step_nothing_is_documented() -> None:
    """Day 5: documented 0 without an error, the gap is all of the latent share."""
    table = gap_table(LATENT, STEPS, 0.95).set_index(["day", "quantity"])
    assert table.loc[(5.0, "documented"), "estimate"] == 0
    assert np.isnan(table.loc[(5.0, "documented"), "std_error"])
    assert table.loc[(5.0, "gap"), "estimate"] == pytest.approx(0.01)


def test_rows_stand_in_order_of_day_latent_first() -> None:
    """Three rows a day."""
    table = gap_table(LATENT, STEPS, 0.95)
    assert table["quantity"].tolist() == ["latent", "documented", "gap"] * 2
    assert table["day"].is_monotonic_increasing
