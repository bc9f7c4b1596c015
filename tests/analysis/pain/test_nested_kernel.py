"""The likelihood with nested levels, against the whole covariance matrix."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.nested_kernel import (
    NestedProducts,
    absorb_levels,
    evaluate_nested,
    nested_products,
)
from hinge_outcomes.analysis.pain.nested_optimum import element_directions
from tests.analysis.pain.nested import nested_scores

FRAME = nested_scores(3, 3, 3)
LEVELS = ("patient", "clinician", "clinic")
COVARIANCES = [np.array([[1.0, 0.1], [0.1, 0.2]]), np.array([[0.3]]), np.array([[0.4]])]


def _columns() -> tuple[list[np.ndarray], np.ndarray]:
    one = np.ones(len(FRAME))
    x = np.column_stack([one, FRAME["day"]])
    return [x, one[:, None], one[:, None]], np.column_stack([x, FRAME["score"]])


def _data() -> NestedProducts:
    columns, xy = _columns()
    starts = [np.flatnonzero(np.r_[True, np.diff(FRAME[name]) != 0]) for name in LEVELS]
    return nested_products(columns, xy, starts)


def _brute(covariances: list[np.ndarray], reml: bool) -> float:
    """-2 log L from the covariance matrix of all rows, without any shortcut."""
    columns, xy = _columns()
    x, y = xy[:, :2], xy[:, 2]
    whole = np.eye(len(y))
    for z, name, relative in zip(columns, LEVELS, covariances, strict=True):
        same = FRAME[name].to_numpy()[:, None] == FRAME[name].to_numpy()
        whole += np.where(same, z @ relative @ z.T, 0.0)
    inverse = np.linalg.inv(whole)
    inner = x.T @ inverse @ x
    left = y - x @ np.linalg.solve(inner, x.T @ inverse @ y)
    n = len(y) - (2 if reml else 0)
    found = n * (np.log(2 * np.pi * (left @ inverse @ left) / n) + 1) + np.linalg.slogdet(whole)[1]
    return float(found + (np.linalg.slogdet(inner)[1] if reml else 0.0))


@pytest.mark.parametrize("reml", [True, False])
def test_criterion_and_slopes_are_those_of_the_whole_matrix(reml: bool) -> None:
    """Absorbing level by level gives -2 log L of all rows, and its derivatives by differences."""
    directions = element_directions((2, 1, 1))
    at = evaluate_nested(_data(), COVARIANCES, directions, reml=reml)
    assert at.criterion == pytest.approx(_brute(COVARIANCES, reml), rel=1e-12)
    for (level, change), slope in zip(directions, at.slopes, strict=True):
        sides = []
        for sign in (1e-5, -1e-5):
            moved = [one.copy() for one in COVARIANCES]
            moved[level] += sign * change
            sides.append(_brute(moved, reml))
        assert slope == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=1e-6)


def test_slopes_of_the_parts_are_those_of_differences() -> None:
    """log|V| and [X y]'V^-1[X y] change as said along every direction."""
    directions, data = element_directions((2, 1, 1)), _data()
    at = evaluate_nested(data, COVARIANCES, directions)
    for number, (level, change) in enumerate(directions):
        sides = []
        for sign in (1e-5, -1e-5):
            moved = [one.copy() for one in COVARIANCES]
            moved[level] += sign * change
            sides.append(np.linalg.inv(evaluate_nested(data, moved, []).unscaled_covariance))
        difference = (sides[0] - sides[1]) / 2e-5
        np.testing.assert_allclose(at.cross_slopes[number, :2, :2], difference, atol=1e-6)


def test_a_level_without_spread_adds_nothing() -> None:
    """With zero covariances the criterion is that of least squares."""
    nothing = [np.zeros((2, 2)), np.zeros((1, 1)), np.zeros((1, 1))]
    at = evaluate_nested(_data(), nothing, [])
    assert at.criterion == pytest.approx(_brute(nothing, True), rel=1e-12)
    assert all(not level.spread.any() for level in absorb_levels(_data(), nothing))
