"""What a fitted panel model gives to its tables."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from tests.analysis.progression.panel_examples import frame_of_pairs

FRAME = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
COLUMNS = {"subject": "id", "time": "day", "state": "state", "transitions": [(1, 2), (2, 1)]}


def test_generators_are_made_from_any_parameters():
    """The log of 0.2 and 0.3 as parameters give these rates."""
    model = fit_panel_markov(FRAME, **COLUMNS).model
    found = model.generator(np.log([0.2, 0.3]), {})
    assert found.tolist() == [pytest.approx([-0.2, 0.2]), pytest.approx([0.3, -0.3])]
    assert model.chances_seen(model.fit.optimum.theta).tolist() == np.eye(2).tolist()
    assert not model.has_periods


def test_rows_added_at_breaks_are_no_observations():
    """A break at day 3 adds a row to each of 200 courses, and none to what was observed."""
    model = fit_panel_markov(
        FRAME, **COLUMNS, breaks=[3], fixed={("day[from 3]", 1, 2): 0.0, ("day[from 3]", 2, 1): 0.0}
    ).model
    assert model.has_periods
    assert len(model.panel.time) == 600
    assert len(model.observed_panel().time) == 400
    # With both changes held at none, the fit is the one without a break.
    assert model.fit.minus_two_loglik == pytest.approx(165.097079, abs=1e-6)
