"""Words and tests of a fitted panel model."""

import pytest

from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from hinge_outcomes.analysis.progression.panel_words import likelihood_ratio, panel_summary
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.panel_examples import frame_of_pairs

FRAME = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
FRAME["x"] = (FRAME["id"] % 3).astype(float)
COLUMNS = {"subject": "id", "time": "day", "state": "state", "transitions": [(1, 2), (2, 1)]}


def test_stays_are_said_with_their_intervals():
    """The mean stay in state 1 is 1 / 0.033969 = 29.4 days."""
    assert "1 29.4 (" in panel_summary(fit_panel_markov(FRAME, **COLUMNS).model)


def test_the_first_period_is_named_where_rates_change():
    """A model with a break says which period its stays belong to."""
    fit = fit_panel_markov(
        FRAME, **COLUMNS, breaks=[3], fixed={("day[from 3]", 1, 2): 0.0, ("day[from 3]", 2, 1): 0.0}
    )
    assert "in the first period" in panel_summary(fit.model)


def test_a_fit_without_a_maximum_is_not_compared():
    """A likelihood-ratio test needs two maxima."""
    flat = frame_of_pairs({}, {(1, 1): 6, (2, 2): 6})
    flat["x"] = (flat["id"] % 2).astype(float)
    small = fit_panel_markov(flat, **COLUMNS)
    large = fit_panel_markov(flat, **COLUMNS, covariates=["x"])
    with pytest.raises(AnalysisError, match="converged"):
        likelihood_ratio(large.model, small.model)
