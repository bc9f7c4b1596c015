"""Outcome and columns in tame coordinates, and back."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.fixed_columns import complete_rows, orthonormal, read_fixed
from hinge_outcomes.analysis.pain.model_columns import parse_with_outcome
from hinge_outcomes.exceptions import NotIdentifiableError

ROWS = pd.DataFrame(
    {"who": ["b", "a", "b", "a"], "day": [7, 0, 0, 1000], "y": [1.0, 5.0, 6.0, 2.0]}
)
FORMULA = "y ~ day"


def test_inside_the_columns_are_orthonormal_and_the_outcome_is_what_is_left() -> None:
    """X* has unit columns; least squares and what is left give the outcome back."""
    parsed = parse_with_outcome(FORMULA)
    rows, _ = complete_rows(ROWS, [parsed], ["who"])
    fixed, columns, left = read_fixed(rows, parsed, FORMULA, 0)
    np.testing.assert_allclose(columns.T @ columns, np.eye(2), atol=1e-14)
    np.testing.assert_allclose(columns.T @ left, 0, atol=1e-14)
    assert np.mean(left**2) == pytest.approx(1)
    x = np.column_stack([np.ones(4), rows["day"]])
    np.testing.assert_allclose(columns @ fixed.scale, x, atol=1e-11)
    np.testing.assert_allclose(x @ fixed.start + fixed.spread * left, rows["y"], rtol=1e-12)
    inside = fixed.contrasts(np.array([[0.0, 1.0]])) @ np.array([0.3, -0.2])
    outside = fixed.coefficients(np.array([0.3, -0.2])) - fixed.start
    assert outside[1] == pytest.approx(fixed.spread * inside[0])


def test_the_criterion_gets_its_units_back() -> None:
    """-2 log L of a linear model, from inside, is that of the outcome as it was measured."""
    parsed = parse_with_outcome(FORMULA)
    fixed, _, _ = read_fixed(ROWS, parsed, FORMULA, 0)
    inside = 4 * np.log(2 * np.pi) + 4
    variance = fixed.spread**2
    outside = 4 * np.log(2 * np.pi * variance) + 4
    assert fixed.criterion(inside, reml=False) == pytest.approx(outside)


def test_rows_come_sorted_and_incomplete_ones_are_counted() -> None:
    """By who first, then by the other columns, whatever the order of the frame."""
    frame = pd.concat([ROWS, pd.DataFrame({"who": ["c"], "day": [3], "y": [np.nan]})])
    rows, n_dropped = complete_rows(frame, [parse_with_outcome(FORMULA)], ["who"])
    assert rows["who"].tolist() == ["a", "a", "b", "b"]
    assert n_dropped == 1
    again, _ = complete_rows(frame.iloc[::-1], [parse_with_outcome(FORMULA)], ["who"])
    pd.testing.assert_frame_equal(rows, again)


def test_a_combination_of_other_columns_is_named() -> None:
    """The third column is the sum of the first two."""
    columns = np.array([[1.0, 0, 1], [1, 1, 2], [1, 3, 4], [1, 4, 5]])
    with pytest.raises(NotIdentifiableError, match="columns third are combinations"):
        orthonormal(columns, ("first", "second", "third"), "formula")


def test_a_constant_outcome_is_refused() -> None:
    """There is nothing to explain in a score that never varies."""
    with pytest.raises(NotIdentifiableError, match="never varies"):
        read_fixed(ROWS.assign(y=3.0), parse_with_outcome(FORMULA), FORMULA, 0)
