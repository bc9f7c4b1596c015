"""Families of covariance matrices and their derivatives."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.covariance_structures import (
    SIMPLER,
    STRUCTURES,
    covariance_structure,
    log_cholesky_curvature,
)
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.pain.repeated import COVARIANCE


@pytest.mark.parametrize("name", STRUCTURES)
def test_derivatives_are_those_of_differences(name: str) -> None:
    """First and second derivatives agree with central differences at a point of no symmetry."""
    family = covariance_structure(name, 4)
    at = family.start(COVARIANCE) + 0.1 * np.arange(len(family.start(COVARIANCE)))
    step = 1e-6
    for number, one in enumerate(np.eye(len(at)) * step):
        slope = (family.matrix(at + one) - family.matrix(at - one)) / (2 * step)
        bend = (family.first(at + one) - family.first(at - one)) / (2 * step)
        np.testing.assert_allclose(slope, family.first(at)[number], atol=1e-7)
        np.testing.assert_allclose(bend, family.second(at)[number], atol=1e-7)


def test_log_cholesky_derivatives_are_those_of_differences() -> None:
    """A small change of a log diagonal or of an element below it moves the matrix as said."""
    lower = np.linalg.cholesky(COVARIANCE)
    scale = np.diag(lower)
    rows, columns = np.tril_indices(4, -1)

    def matrix(parameters: np.ndarray) -> np.ndarray:
        unit = np.eye(4)
        unit[rows, columns] = parameters[4:]
        root = np.exp(parameters[:4])[:, None] * unit
        return root @ root.T

    at = np.concatenate([np.log(scale), (lower / scale[:, None])[rows, columns]])
    np.testing.assert_allclose(matrix(at), COVARIANCE, rtol=1e-12)
    first, second = log_cholesky_curvature(COVARIANCE)
    step = 1e-5
    for a, one in enumerate(np.eye(10) * step):
        slope = (matrix(at + one) - matrix(at - one)) / (2 * step)
        np.testing.assert_allclose(slope, first[a], atol=1e-8)
        bend = (
            log_cholesky_curvature(matrix(at + one))[0]
            - log_cholesky_curvature(matrix(at - one))[0]
        ) / (2 * step)
        np.testing.assert_allclose(bend, second[a], atol=1e-7)


def test_correlations_fall_with_the_lag_or_stay() -> None:
    """AR(1) is v r^lag; compound symmetry has one correlation; heterogeneous has its variances."""
    ar1 = covariance_structure("ar1", 3).matrix(np.array([np.log(4.0), np.arctanh(0.5)]))
    np.testing.assert_allclose(ar1, [[4, 2, 1], [2, 4, 2], [1, 2, 4]])
    lowest = covariance_structure("compound_symmetry", 3).matrix(np.array([0.0, -50.0]))
    np.testing.assert_allclose(lowest, 1.5 * np.eye(3) - 0.5, atol=1e-12)
    wide = covariance_structure("heterogeneous_ar1", 2).matrix(
        np.array([np.log(4.0), np.log(9.0), np.arctanh(0.5)])
    )
    np.testing.assert_allclose(wide, [[4, 3], [3, 9]])


def test_every_structure_has_a_start_inside_its_family() -> None:
    """Starts are positive definite matrices near the one given."""
    for name in STRUCTURES:
        family = covariance_structure(name, 4)
        assert np.linalg.eigvalsh(family.matrix(family.start(COVARIANCE)))[0] > 0


def test_retreats_end() -> None:
    """From every structure simpler ones lead to compound symmetry, the last."""
    for name in STRUCTURES:
        seen = [name]
        while (following := SIMPLER[seen[-1]]) is not None:
            seen.append(following)
        assert seen[-1] == "compound_symmetry"


def test_an_unknown_structure_lists_the_known() -> None:
    """The message names all of them."""
    with pytest.raises(AnalysisError, match="heterogeneous_ar1, ar1, compound_symmetry"):
        covariance_structure("toeplitz", 3)
