"""The likelihood of scores at visits, from cross-products."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.visit_blocks import (
    VisitBlocks,
    along,
    evaluate_visits,
    make_blocks,
    second_derivatives,
)
from tests.analysis.pain.repeated import COVARIANCE


def _rows(n: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns [X y], subject and visit of rows with every pattern of two to four visits."""
    rng = np.random.default_rng(7)
    subject, visit = np.repeat(np.arange(n), 4), np.tile(np.arange(4), n)
    keep = (rng.random(4 * n) < 0.7) | (visit == 0)
    subject, visit = subject[keep], visit[keep]
    x = np.column_stack([np.ones(len(visit)), visit, rng.standard_normal(len(visit))])
    return np.column_stack([x, rng.standard_normal(len(visit)) + visit]), subject, visit


def _blocks(n: int = 40) -> VisitBlocks:
    return make_blocks(*_rows(n), 4)


def _brute(matrix: np.ndarray, reml: bool, n: int = 40) -> float:
    """-2 log L from the whole covariance matrix of all rows, without any shortcut."""
    xy, subject, visit = _rows(n)
    x, y = xy[:, :-1], xy[:, -1]
    whole = np.where(subject[:, None] == subject, matrix[np.ix_(visit, visit)], 0.0)
    inverse = np.linalg.inv(whole)
    inner = x.T @ inverse @ x
    left = y - x @ np.linalg.solve(inner, x.T @ inverse @ y)
    found = len(y) * np.log(2 * np.pi) + np.linalg.slogdet(whole)[1] + left @ inverse @ left
    if reml:
        found += np.linalg.slogdet(inner)[1] - x.shape[1] * np.log(2 * np.pi)
    return float(found)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("n", [12, 400])
def test_the_criterion_is_that_of_the_whole_matrix(reml: bool, n: int) -> None:
    """Patterns, compressed or not, give -2 log L of the block matrix of all rows."""
    at = evaluate_visits(_blocks(n), COVARIANCE, reml=reml)
    assert at is not None
    assert at.criterion == pytest.approx(_brute(COVARIANCE, reml, n), rel=1e-12)


def test_many_subjects_are_replaced_by_few() -> None:
    """With 4,000 subjects there are no more blocks than patterns hold cross-products."""
    data = _blocks(4_000)
    assert data.counts.sum() == 4_000
    assert len(data.blocks) <= (data.masks.sum(axis=1) * 4).sum()
    assert data.pairs[0, 0] == 4_000


@pytest.mark.parametrize("reml", [True, False])
def test_derivatives_are_those_of_differences(reml: bool) -> None:
    """Slope and exact second derivatives agree with differences of criterion and slope."""
    data = _blocks()
    rows, columns = np.tril_indices(4)
    directions = np.zeros((10, 4, 4))
    directions[np.arange(10), rows, columns] = directions[np.arange(10), columns, rows] = 1.0
    at = evaluate_visits(data, COVARIANCE, reml=reml)
    assert at is not None
    exact = second_derivatives(at, directions, reml=reml)
    step = 1e-5
    for number, one in enumerate(directions * step):
        more, less = (evaluate_visits(data, COVARIANCE + sign * one, reml=reml) for sign in (1, -1))
        assert more is not None
        assert less is not None
        slope = (more.criterion - less.criterion) / (2 * step)
        assert slope == pytest.approx(float(np.sum(directions[number] * at.slope)), abs=1e-6)
        bend = np.tensordot(directions, (more.slope - less.slope) / (2 * step), axes=2)
        np.testing.assert_allclose(exact[number], bend, atol=1e-6 * np.abs(exact).max())
        change = (more.covariance - less.covariance) / (2 * step)
        through = at.covariance @ along(at, directions[number][None])[0] @ at.covariance
        np.testing.assert_allclose(change, through, atol=1e-8)


def test_the_expected_second_derivatives_are_the_mean_of_the_exact_ones() -> None:
    """Over 2,000 samples of known covariance the exact ones average to the expected (4 errors)."""
    rng = np.random.default_rng(1)
    xy, subject, visit = _rows(30)
    root = np.linalg.cholesky(COVARIANCE)
    direction = np.zeros((1, 4, 4))
    direction[0, 1, 2] = direction[0, 2, 1] = 1.0
    found, expected = [], 0.0
    for _ in range(2_000):
        noise = (rng.standard_normal((30, 4)) @ root.T)[subject, visit]
        data = make_blocks(np.column_stack([xy[:, :-1], noise]), subject, visit, 4)
        at = evaluate_visits(data, COVARIANCE)
        assert at is not None
        found.append(second_derivatives(at, direction)[0, 0])
        expected = second_derivatives(at, direction, is_expected=True)[0, 0]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - expected) < 4 * error


def test_a_matrix_that_is_no_covariance_has_no_criterion() -> None:
    """An indefinite matrix gives None, not a number."""
    assert evaluate_visits(_blocks(), COVARIANCE - 6 * np.eye(4)) is None
