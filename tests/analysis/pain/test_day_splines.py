"""Where a course over days may bend."""

import numpy as np
import pandas as pd
from formulaic import Formula

from hinge_outcomes.analysis.pain.day_splines import spline_of_days, supported_knots


def test_a_knot_needs_scores_on_either_side() -> None:
    """Three scores between two knots cannot show a bend of their own."""
    day = np.repeat([0.0, 20.0, 60.0, 90.0], [30, 30, 3, 30])
    assert supported_knots(day, [14, 42, 70]) == [14, 42]
    assert supported_knots(np.repeat([0.0, 30.0], 50), [14]) == []


def test_the_spline_makes_a_column_for_each_knot_and_one_more() -> None:
    """Natural and centred: knots + 1 columns, none of them a constant."""
    frame = pd.DataFrame({"day": np.arange(0, 100, 5.0)})
    columns = np.asarray(Formula(f"0 + {spline_of_days([14, 42], 95)}").get_model_matrix(frame))
    assert columns.shape == (20, 3)
    assert np.abs(columns.mean(axis=0)).max() < 1e-9
    assert spline_of_days([], 95) == "day"
