"""The search for the covariance between visits."""

import numpy as np
import pytest
from scipy.optimize import minimize

from hinge_outcomes.analysis.pain.covariance_structures import STRUCTURES, covariance_structure
from hinge_outcomes.analysis.pain.mmrm_optimum import find_visit_optimum, start_covariance
from hinge_outcomes.analysis.pain.visit_blocks import VisitBlocks, evaluate_visits, make_blocks
from tests.analysis.pain.repeated import COVARIANCE


def _data(n: int, seed: int, covariance: np.ndarray = COVARIANCE, seen: float = 0.7) -> VisitBlocks:
    rng = np.random.default_rng(seed)
    subject, visit = np.repeat(np.arange(n), 4), np.tile(np.arange(4), n)
    y = (rng.standard_normal((n, 4)) @ np.linalg.cholesky(covariance).T).ravel()
    keep = (rng.random(4 * n) < seen) | (visit == rng.integers(0, 4, n)[subject])
    x = np.eye(4)[visit]
    return make_blocks(np.column_stack([x, y])[keep], subject[keep], visit[keep], 4)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("seed", range(6))
def test_searches_end_at_a_maximum_on_small_hard_data(structure: str, seed: int) -> None:
    """Thirty subjects with a quarter of the scores missing: no gradient, and the curvature up."""
    data, family = _data(30, seed, seen=0.7), covariance_structure(structure, 4)
    found = find_visit_optimum(data, family)
    assert found.converged, found.reason
    gradient = np.tensordot(family.first(found.parameters), found.evaluation.slope, axes=2)
    scale = np.sqrt(np.diag(found.information))
    assert np.abs(gradient / scale).max() < 1e-6
    assert np.linalg.eigvalsh(found.information / np.outer(scale, scale))[0] > 0


def test_no_change_of_the_covariance_is_more_likely() -> None:
    """A hundred random small changes of the optimum raise -2 log L."""
    data = _data(40, 3)
    found = find_visit_optimum(data, covariance_structure("unstructured", 4))
    rng = np.random.default_rng(0)
    for _ in range(100):
        change = rng.standard_normal((4, 4)) * 0.05
        there = evaluate_visits(data, found.matrix + change + change.T)
        assert there is not None
        assert there.criterion > found.evaluation.criterion


def test_a_singular_covariance_is_no_maximum() -> None:
    """Two visits that always say the same have no maximum inside the family, and it is said."""
    rng = np.random.default_rng(2)
    score = np.repeat(rng.standard_normal(30), 2)
    visit = np.tile([0, 1], 30)
    xy = np.column_stack([np.eye(2)[visit], score])
    data = make_blocks(xy, np.repeat(np.arange(30), 2), visit, 2)
    found = find_visit_optimum(data, covariance_structure("unstructured", 2))
    assert not found.converged
    assert found.reason


def test_a_likelihood_without_a_maximum_is_said() -> None:
    """Twenty subjects with few visits in common: the nearer to singular, the likelier, for ever."""
    data = _data(20, 2, seen=0.6)
    found = find_visit_optimum(data, covariance_structure("unstructured", 4))
    assert not found.converged
    free = minimize(
        lambda flat: _criterion(data, flat), np.linalg.cholesky(found.matrix)[_ROWS, _COLUMNS],
        method="Nelder-Mead", options={"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-9},
    )  # fmt: skip
    assert free.fun < found.evaluation.criterion - 10
    assert np.linalg.eigvalsh(_matrix(free.x))[0] < 1e-7


_ROWS, _COLUMNS = np.tril_indices(4)


def _matrix(flat: np.ndarray) -> np.ndarray:
    root = np.zeros((4, 4))
    root[_ROWS, _COLUMNS] = flat
    return root @ root.T


def _criterion(data: VisitBlocks, flat: np.ndarray) -> float:
    at = evaluate_visits(data, _matrix(flat))
    return 1e9 if at is None else at.criterion


def test_the_start_is_positive_definite_whatever_the_moments() -> None:
    """Moments of pairs need not fit together; the start always does."""
    for seed in range(20):
        start = start_covariance(_data(5, seed, seen=0.5))
        assert np.linalg.eigvalsh(start)[0] > 0
