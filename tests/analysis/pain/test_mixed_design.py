"""The columns of a mixed model: tame coordinates, remembered formulas, named errors."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.formulas import plain_columns
from hinge_outcomes.analysis.pain.mixed_design import build_design
from hinge_outcomes.analysis.pain.model_columns import further_columns
from hinge_outcomes.exceptions import NotIdentifiableError
from tests.analysis.pain.test_mixed_model import visits


def test_columns_are_orthonormal_inside_and_restored_outside() -> None:
    """In the design X'X is the identity and the outcome has unit spread, whatever the units."""
    frame = visits().assign(day=lambda rows: rows["day"] * 1e4 + 1e6)
    design = build_design(frame, "score ~ day", group="patient", random="1 + day")
    total = design.cross_products.total
    # Rounding of a QR factorisation.
    np.testing.assert_allclose(total[:2, :2], np.eye(2), atol=1e-12)
    assert total[2, 2] == pytest.approx(design.n_rows, rel=1e-12)
    _, again = further_columns(design.fixed.spec, frame, "score ~ day")
    inside = np.linalg.solve(design.fixed.scale.T, again.T).T
    np.testing.assert_allclose(inside.T @ inside, np.eye(2), atol=1e-9)


def test_a_formula_of_a_constant_makes_its_column_for_further_rows() -> None:
    """The intercept alone reads no column, and still has one entry per row."""
    frame = pd.DataFrame({"who": list("aabb"), "score": [1.0, 3.0, 5.0, 7.0]})
    design = build_design(frame, "score ~ 1", group="who", random="1")
    is_complete, columns = further_columns(design.level.spec, frame, "1")
    assert is_complete.all()
    assert columns.tolist() == [[1.0]] * 4


def test_groups_are_sorted_and_incomplete_rows_counted() -> None:
    """Labels come sorted whatever the order of rows; a missing cell drops its row."""
    frame = visits().sample(frac=1, random_state=3).reset_index(drop=True)
    frame.loc[0, "day"] = np.nan
    design = build_design(frame, "score ~ day", group="patient", random="1")
    assert design.level.labels.is_monotonic_increasing
    assert (design.n_rows, design.fixed.n_dropped) == (len(frame) - 1, 1)


def test_categories_nobody_has_make_no_column() -> None:
    """A declared category without rows is forgotten rather than called collinear."""
    arm = pd.Categorical(["a", "b"], categories=["a", "b", "never"])
    assert plain_columns(pd.DataFrame({"arm": arm}))["arm"].cat.categories.tolist() == ["a", "b"]


def test_no_complete_row_is_said() -> None:
    """A column that is always missing is an error that names the columns."""
    frame = visits().assign(day=np.nan)
    with pytest.raises(NotIdentifiableError, match="No row is complete"):
        build_design(frame, "score ~ day", group="patient", random="1")


def test_the_short_form_of_a_design_names_nobody() -> None:
    """The groups of a mixed model are patients: their labels never show at a prompt."""
    frame = visits().assign(patient=lambda rows: "SECRETVAL " + rows["patient"].astype(str))
    design = build_design(frame, "score ~ day", group="patient", random="1")
    assert design.level.labels.str.startswith("SECRETVAL").all()
    assert "SECRETVAL" not in repr(design)
