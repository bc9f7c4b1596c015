"""The simulated courses of the panel benchmark are what they say."""

import numpy as np
import pytest

from benchmarks.panel import PANEL_HEAD, _panel, _row, _structure, _Work, panel_text
from benchmarks.panel_courses import MOVES, simulate_courses, true_rates
from hinge_outcomes.analysis.progression.panel_fit import fit_panel


@pytest.mark.parametrize("whole_days", [True, False])
def test_the_rates_are_found_again(whole_days):
    """The free ladder fitted to 20,000 patients gives every rate within 4 standard errors.

    Whole days date the exit at the end of its day, half a day late on average: with exits of
    0.005 a day that is far below an error.
    """
    courses = simulate_courses(20_000 if whole_days else 3_000, 5, whole_days=whole_days)
    fit = fit_panel(_panel(courses, np.zeros((courses.patient[-1] + 1, 0))), _structure(0))
    assert fit.optimum.converged
    error = np.sqrt(np.diag(fit.optimum.covariance))
    assert np.abs((fit.optimum.theta - np.log(true_rates())) / error).max() < 4


def test_an_effect_is_found_again():
    """A log ratio of 0.5 per unit on all moves upwards comes out within 4 standard errors."""
    x = np.random.default_rng(2).choice([-1.0, 0.0, 1.0], (4_000, 1))
    courses = simulate_courses(4_000, 6, log_ratio=0.5 * x[:, 0])
    fit = fit_panel(_panel(courses, x), _structure(1))
    error = np.sqrt(fit.optimum.covariance[-1, -1])
    assert abs(fit.optimum.theta[-1] - 0.5) < 4 * error


def test_a_row_fits_its_head():
    """Each row has a cell per column and prints 'not run' where the peer was not."""
    courses = simulate_courses(300, 1)
    work = _Work("ladder", _panel(courses, np.zeros((300, 0))), _structure(0), 1, courses)
    row = _row(work, 0.1, fit_panel(work.panel, work.structure), None, is_asked=True)
    assert len(row) == len(PANEL_HEAD)
    assert row[PANEL_HEAD.index("R msm, CPU s")] == "not run"
    assert str(len(MOVES)) in row
    assert "msm" in panel_text(quick=True) or "not run" in panel_text(quick=True)
