"""The published course, patient by patient."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.pain.published_course import natural_ratios
from hinge_outcomes.domain.prognosis import natural_course


def test_ratios_are_those_of_the_published_curves() -> None:
    """By duration and day; nothing is known of a patient whose duration is missing."""
    found = natural_ratios(pd.Series(["chronic", "acute", None]), [0, 182])
    assert found[:2, 0].tolist() == [1.0, 1.0]
    expected = natural_course("chronic", 26) / natural_course("chronic", 0)
    assert found[0, 1] == expected
    assert np.isnan(found[2]).all()
