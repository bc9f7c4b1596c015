"""The columns that formulas make."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.model_columns import (
    check_columns,
    check_finite,
    further_columns,
    model_matrix,
    parse_formula,
    parse_with_outcome,
)
from hinge_outcomes.exceptions import AnalysisError

ROWS = pd.DataFrame({"y": [1.0, 2.0, 4.0], "x": [1.0, 2.0, 3.0], "arm": ["a", "b", "a"]})


def test_further_rows_get_the_columns_of_the_fit() -> None:
    """A level, a number and a missing value: incomplete rows are marked and left out."""
    spec = model_matrix(parse_formula("x + arm"), ROWS, "x + arm").model_spec
    more = pd.DataFrame({"x": [5.0, np.nan], "arm": ["b", "a"]})
    is_complete, columns = further_columns(spec, more, "x + arm")
    assert is_complete.tolist() == [True, False]
    assert columns.tolist() == [[1.0, 5.0, 1.0]]


def test_a_level_the_fit_has_not_seen_is_counted_not_quoted() -> None:
    """The message names the column and the number of rows, never the value."""
    spec = model_matrix(parse_formula("arm"), ROWS, "arm").model_spec
    with pytest.raises(AnalysisError, match="arm holds groups") as error:
        further_columns(spec, pd.DataFrame({"arm": ["SECRETVAL"]}), "arm")
    assert "SECRETVAL" not in str(error.value)


def test_formulas_that_cannot_be_used_say_so() -> None:
    """Nonsense, a missing outcome and a term that cannot be computed have their own message."""
    with pytest.raises(AnalysisError, match="cannot be read"):
        parse_formula("y ~ (")
    with pytest.raises(AnalysisError, match="names no outcome"):
        parse_with_outcome("x")
    with pytest.raises(AnalysisError, match="cannot be computed"):
        model_matrix(parse_formula("log(arm)"), ROWS, "log(arm)")


def test_columns_that_are_not_there_and_numbers_that_are_none_are_refused() -> None:
    """The first lists what there is, the second counts rows."""
    with pytest.raises(AnalysisError, match="It has: y, x, arm"):
        check_columns(ROWS, ["z"])
    with pytest.raises(AnalysisError, match="in 1 rows"):
        check_finite(np.array([[1.0], [np.inf]]))
