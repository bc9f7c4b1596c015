"""The delta method, and where there is no error to give."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_intervals import derive_from, positive_interval
from hinge_outcomes.analysis.progression.panel_optimum import maximise


def optimum(events):
    """Log rates with given events in 50 days each."""
    events = np.asarray(events, float)
    return maximise(
        lambda x: (events @ x - 50 * np.exp(x).sum(), events - 50 * np.exp(x)),
        np.full(len(events), -3.0),
    )


def test_a_function_has_the_error_of_its_derivative():
    """The sum of two rates of 10 and 40 events in 50 days has the root of 50 over 50 days."""
    found = derive_from(lambda theta: np.exp(theta).sum(keepdims=True), optimum([10, 40]))
    assert found.estimate[0] == pytest.approx(1.0, rel=1e-7)
    assert found.std_error[0] == pytest.approx(50**0.5 / 50, rel=1e-6)


def test_what_moves_along_a_flat_direction_has_no_error():
    """With a rate of 0, its log has no error; the other rate keeps its own."""
    found = derive_from(lambda theta: theta, optimum([0, 40]))
    assert np.isnan(found.std_error[0])
    assert found.std_error[1] == pytest.approx(40**-0.5, rel=1e-6)


def test_positive_intervals_are_symmetric_on_the_log_scale():
    """The product of the limits is the square of the estimate; without an error there are none."""
    found = derive_from(np.exp, optimum([10, 40]))
    low, high = positive_interval(found, 0.95)
    assert low * high == pytest.approx(found.estimate**2)
    assert np.log(high / found.estimate) == pytest.approx(1.959964 * np.array([10, 40]) ** -0.5)
    none = positive_interval(derive_from(lambda theta: theta[:1], optimum([0, 40])), 0.95)
    assert np.isnan(none).all()
