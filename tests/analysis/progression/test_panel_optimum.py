"""The search for the maximum, and its honesty where there is none."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_optimum import maximise
from hinge_outcomes.exceptions import AnalysisError


def poisson(events, time):
    """The log-likelihood of log rates with given events and times."""
    events, time = np.asarray(events, float), np.asarray(time, float)
    return lambda x: (events @ x - time @ np.exp(x), events - time * np.exp(x))


def test_a_proper_maximum_is_found_with_its_information():
    """Rates are events / time, the information of a log rate is its number of events."""
    found = maximise(poisson([10, 40], [50, 100]), [-4.0, 1.0])
    assert found.converged
    assert np.exp(found.theta) == pytest.approx([0.2, 0.4], rel=1e-8)
    assert found.information == pytest.approx(np.diag([10.0, 40.0]), abs=1e-5)
    assert found.covariance == pytest.approx(np.diag([0.1, 0.025]), abs=1e-7)


def test_exact_information_gives_the_same_end():
    """With the information given, the search ends where it does without, in fewer evaluations."""
    objective = poisson([10, 40], [50, 100])
    plain = maximise(objective, [-4.0, 1.0])
    helped = maximise(
        objective, [-4.0, 1.0], information=lambda x: np.diag(np.exp(x) * [50.0, 100.0])
    )
    assert helped.theta == pytest.approx(plain.theta, abs=1e-7)
    assert helped.n_evaluations < plain.n_evaluations


def test_a_rate_of_0_is_named_and_the_others_keep_their_errors():
    """A rate without events runs off and is named; the error of the other is as ever."""
    found = maximise(poisson([0, 40], [50, 100]), [-4.0, 1.0], names=["never", "often"])
    assert not found.converged
    assert found.is_at_boundary
    assert found.named == ("never",)
    assert "never" in found.message
    assert found.theta[0] < -15
    assert found.covariance[1, 1] == pytest.approx(1 / 40, rel=1e-6)


def test_a_saturating_likelihood_is_no_maximum():
    """Where log L = -exp(-exp(x)) flattens doubly fast towards infinity, that is said too."""

    def objective(x):
        decay = np.exp(-np.exp(x[0]))
        return -decay, np.array([decay * np.exp(x[0])])

    found = maximise(objective, [0.0], names=["fast"])
    assert not found.converged
    assert found.is_at_boundary
    assert found.named == ("fast",)


def test_parameters_that_act_alike_are_named_as_such():
    """Two parameters of which only the sum matters are both named, and not as a boundary."""

    def objective(x):
        total = x[0] + x[1]
        slope = 10 - 50 * np.exp(total)
        return 10 * total - 50 * np.exp(total), np.array([slope, slope])

    found = maximise(objective, [0.0, 0.0], names=["one", "other"])
    assert not found.converged
    assert not found.is_at_boundary
    assert found.named == ("one", "other")


def test_a_saddle_is_left():
    """A point without gradient but with upward curvature is not reported as success."""

    def objective(x):
        return -((x[0] ** 2 - 1) ** 2), np.array([-4 * x[0] * (x[0] ** 2 - 1)])

    assert not maximise(objective, [0.0]).converged
    assert maximise(objective, [0.01]).theta[0] == pytest.approx(1.0, abs=1e-6)


def test_scales_make_units_harmless():
    """An effect per thousand units is found as exactly as one per unit."""

    def objective(x):
        total = 1000 * x[0]
        return 10 * total - 50 * np.exp(total), np.array([1000 * (10 - 50 * np.exp(total))])

    found = maximise(objective, [0.0], scale=[1e-3])
    assert found.converged
    assert found.theta[0] == pytest.approx(np.log(0.2) / 1000, rel=1e-8)
    assert found.information[0, 0] == pytest.approx(1e7, rel=1e-6)


def test_a_start_without_likelihood_is_refused():
    """A start where an observation is impossible raises, and says what to do."""
    with pytest.raises(AnalysisError, match="starting values"):
        maximise(lambda x: (-np.inf, np.zeros(1)), [0.0])


def test_too_few_steps_are_not_called_success():
    """A search that is cut short says so."""
    found = maximise(poisson([10], [50]), [-9.0], most_steps=1)
    assert not found.converged
    assert "stopped" in found.message


def test_nothing_to_estimate_is_an_evaluation():
    """Without parameters the log-likelihood is evaluated and that is all."""
    found = maximise(lambda x: (-3.0, np.zeros(0)), [])
    assert found.converged
    assert found.loglik == -3.0


def test_progress_is_told():
    """Each step is reported with a log-likelihood that never falls."""
    seen = []
    maximise(poisson([10], [50]), [-4.0], progress=lambda step, loglik: seen.append(loglik))
    assert len(seen) > 1
    assert seen == sorted(seen)
