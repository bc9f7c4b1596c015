"""Errors and degrees of freedom of an MMRM."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.covariance_structures import covariance_structure
from hinge_outcomes.analysis.pain.mmrm_inference import (
    kenward_roger_of_visits,
    satterthwaite_of_visits,
)
from hinge_outcomes.analysis.pain.mmrm_optimum import VisitOptimum, find_visit_optimum
from hinge_outcomes.analysis.pain.visit_blocks import VisitBlocks, make_blocks


def _complete(n: int = 12) -> tuple[VisitBlocks, VisitOptimum, np.ndarray]:
    """All of n subjects at three visits, a mean for each visit."""
    rng = np.random.default_rng(5)
    visit = np.tile(np.arange(3), n)
    y = (rng.standard_normal((n, 1)) + rng.standard_normal((n, 3))).ravel()
    data = make_blocks(np.column_stack([np.eye(3)[visit], y]), np.repeat(np.arange(n), 3), visit, 3)
    family = covariance_structure("unstructured", 3)
    optimum = find_visit_optimum(data, family)
    return data, optimum, family.first(optimum.parameters)


def test_complete_data_have_the_degrees_of_freedom_of_a_plain_mean() -> None:
    """With nothing missing a visit's mean has s / sqrt(n) and n - 1 degrees of freedom, exactly."""
    _, optimum, directions = _complete()
    found = satterthwaite_of_visits(optimum, directions)
    np.testing.assert_allclose(found.variance(np.eye(3)), np.diag(optimum.matrix) / 12, rtol=1e-9)
    np.testing.assert_allclose(found.degrees_of_freedom(np.eye(3)), 11.0, rtol=1e-6)
    change = np.array([[-1.0, 0.0, 1.0]])
    np.testing.assert_allclose(found.degrees_of_freedom(change), 11.0, rtol=1e-6)


def test_complete_data_need_no_adjustment() -> None:
    """Kenward and Roger's linear form leaves balanced errors alone."""
    data, optimum, directions = _complete()
    plain = satterthwaite_of_visits(optimum, directions).covariance
    adjusted = kenward_roger_of_visits(data, optimum, directions, is_linear=True).covariance
    np.testing.assert_allclose(adjusted, plain, rtol=1e-7, atol=1e-9)


def test_the_two_adjustments_differ_by_the_parametrisation() -> None:
    """The log-Cholesky term is not zero, and is small beside the errors."""
    data, optimum, directions = _complete()
    linear, curved = (
        kenward_roger_of_visits(data, optimum, directions, is_linear=is_linear).covariance
        for is_linear in (True, False)
    )
    ratio = np.diag(curved) / np.diag(linear)
    assert (np.abs(ratio - 1) > 1e-4).any()
    assert ratio == pytest.approx(np.ones(3), abs=0.3)
