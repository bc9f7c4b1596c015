"""The search with nested levels."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.nested_design import build_nested_design
from hinge_outcomes.analysis.pain.nested_optimum import (
    element_directions,
    minimise_nested,
    slope_matrices,
)
from tests.analysis.pain.nested import nested_scores

GROUPS, RANDOMS = ["clinic", "clinician", "patient"], ["1", "1", "1 + day"]


@pytest.mark.parametrize("seed", range(5))
def test_searches_end_where_no_direction_leads_down(seed: int) -> None:
    """At the optimum slopes by G are zero, or push a variance of zero below zero."""
    frame = nested_scores(4, 3, 4, seed=seed)
    data = build_nested_design(frame, "score ~ day", GROUPS, RANDOMS).products
    found = minimise_nested(data)
    assert found.converged
    slopes = slope_matrices(data, found.evaluation)
    scale = np.abs(found.evaluation.criterion)
    for slope, lower in zip(slopes, found.factors, strict=True):
        assert np.abs(slope @ lower).max() < 1e-6 * scale
        assert np.linalg.eigvalsh(slope)[0] > -1e-5 * scale


def test_clinicians_who_are_alike_have_a_variance_of_zero_and_it_is_said() -> None:
    """Where clinicians differ less than by chance, their variance is zero exactly."""
    frame = nested_scores(4, 3, 6, seed=2, spreads=(1.0, 0.0, 0.0))
    centred = frame["score"] - frame.groupby("clinician")["score"].transform("mean")
    data = build_nested_design(frame.assign(score=centred), "score ~ day", GROUPS, RANDOMS).products
    found = minimise_nested(data)
    assert found.converged
    assert found.is_boundary[1:] == (True, True)
    assert not found.factors[1].any()


def test_directions_list_every_element_once() -> None:
    """Two by two has three, one by one has one."""
    assert [level for level, _ in element_directions((2, 1))] == [0, 0, 0, 1]
