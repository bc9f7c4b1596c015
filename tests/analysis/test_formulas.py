"""Formulas as columns: R's coding, and errors that quote no value."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.formulas import make_covariates, plain_columns, read_variables
from hinge_outcomes.exceptions import AnalysisError


def _rows():
    return pd.DataFrame(
        {
            "age": pd.array([30, 40, 250], dtype="Int16"),
            "arm": pd.Categorical(["c", "b", "b"], categories=["a", "b", "c"]),
            "is_new": [True, False, True],
        }
    )


def test_groups_are_coded_against_the_first_that_occurs():
    """Unused categories are forgotten, and there is never an intercept, asked for or not."""
    for formula in ("arm + age", "~ arm + age", "1 + arm + age", "0 + arm + age", "arm + age - 1"):
        found, columns = make_covariates(formula, _rows())
        assert found.names == ("arm[T.c]", "age")
        assert columns.tolist() == [[1, 30], [0, 40], [0, 250]]


def test_terms_say_which_columns_are_theirs():
    """A term of several columns is one slice; small integers do not overflow."""
    found, columns = make_covariates("arm * is_new + I(age**2)", _rows())
    assert list(found.terms) == ["arm", "is_new", "I(age ** 2)", "arm:is_new"]
    assert columns[2, found.terms["I(age ** 2)"]].tolist() == [62_500]


def test_one_stands_for_no_columns():
    """A formula of the intercept alone makes nothing, also for further rows."""
    found, columns = make_covariates("1", _rows())
    assert columns.shape == (3, 0)
    assert found.columns_of(_rows()).shape == (3, 0)


def test_columns_can_be_left_out():
    """Terms shrink with their columns, and further rows make the same ones."""
    rows = pd.DataFrame({"arm": list("abc"), "age": [1.0, 2, 3]})
    found, _ = make_covariates("arm + age", rows)
    some = found.some(np.array([False, True, True]))
    assert some.names == ("arm[T.c]", "age")
    assert some.terms == {"arm": slice(0, 1), "age": slice(1, 2)}
    assert some.columns_of(rows).tolist() == [[0, 1], [0, 2], [1, 3]]
    assert list(found.some(np.array([True, True, False])).terms) == ["arm"]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("age +", "cannot be read"),
        ("stop ~ age", "names an outcome"),
        ("log(age - 30)", "infinite or not a number"),
        ("log(arm)", "cannot be computed"),
    ],
)
def test_formulas_that_cannot_be_used_are_refused(formula, message):
    """The message says what is expected."""
    rows = _rows().assign(stop=1, arm=["w", "v", "v"])
    with pytest.raises(AnalysisError, match=message), np.errstate(all="ignore"):
        make_covariates(formula, rows)


def test_further_rows_are_checked_without_quoting_them():
    """Missing variables, missing values and unknown groups are named by column."""
    found, _ = make_covariates("arm + age", _rows())
    with pytest.raises(AnalysisError, match="needs age too"):
        found.columns_of(pd.DataFrame({"arm": ["b"]}))
    with pytest.raises(AnalysisError, match="value of age is missing"):
        found.columns_of(pd.DataFrame({"arm": ["b"], "age": [np.nan]}))
    with pytest.raises(AnalysisError, match="arm holds a group") as error:
        found.columns_of(pd.DataFrame({"arm": ["private"], "age": [3]}))
    assert "private" not in str(error.value)


def test_variables_are_read_without_computing():
    """Functions and interactions are looked into."""
    assert read_variables("log(age) : C(arm)") == ("age", "arm")


def test_columns_inside_functions_that_remember_are_found():
    """Splines and polynomials need their column too, alone in a formula."""
    assert read_variables("cr(age, df=3) + poly(dose, 2):C(arm)") == ("age", "arm", "dose")
    rows = _rows().assign(dose=[1.0, 2.0, 4.0, 8.0][: len(_rows())])
    found, columns = make_covariates("poly(dose, 1)", rows)
    assert columns.shape == (len(rows), 1)
    assert found.columns_of(rows).shape == columns.shape


def test_plain_columns_leave_the_frame_alone():
    """Nullable integers become wide ones in a copy."""
    rows = _rows()
    assert plain_columns(rows)["age"].dtype == "int64"
    assert str(rows["age"].dtype) == "Int16"
