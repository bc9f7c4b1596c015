"""Rows of a Cox model as arrays: what is dropped, what is refused, and how strata are numbered."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.cox_reader import numbers_or_missing, read_rows
from hinge_outcomes.exceptions import DataError
from tests.analysis.progression.cox_references import COLUMNS


def _frame():
    return pd.DataFrame(
        {
            "start": [0, 0, 1, 2],
            "stop": [3, 4, 5, 6],
            "event": [True, False, True, False],
            "age": [40, 50, 60, 70],
            "site": ["b", "a", "b", "a"],
            "ward": [2, 1, 1, 1],
        }
    )


def test_strata_are_the_combinations_that_occur_in_order():
    """Two columns cross; combinations nobody is in have no number."""
    rows, _ = read_rows(_frame(), "age", strata=["site", "ward"], **COLUMNS)
    assert rows.strata.to_numpy().tolist() == [["a", 1], ["b", 1], ["b", 2]]
    assert rows.stratum.tolist() == [2, 0, 1, 0]


def test_rows_of_weight_zero_do_not_count():
    """They are left out and are not called incomplete; negative weights are refused."""
    rows, columns = read_rows(_frame(), "age", weights=[1, 0, 2, 1], **COLUMNS)
    assert rows.kept.tolist() == [0, 2, 3]
    assert rows.n_dropped == 0
    assert columns.tolist() == [[40, 60, 70]]
    with pytest.raises(DataError, match="weight is negative in 1 of 4"):
        read_rows(_frame(), "age", weights=[1, -1, 2, 1], **COLUMNS)


def test_weights_that_are_no_counts_make_each_row_a_cluster():
    """Model-based errors would be wrong, so R and we give robust ones."""
    assert read_rows(_frame(), "age", weights=[1, 2, 3, 1], **COLUMNS)[0].cluster is None
    rows, _ = read_rows(_frame(), "age", weights=[1, 0.5, 2, 1], **COLUMNS)
    assert (rows.n_clusters, rows.cluster_name) == (4, "row")


def test_some_rows_keep_only_their_strata_and_clusters():
    """Numbers are given anew, and the event may be another."""
    rows, _ = read_rows(_frame(), "age", strata="site", cluster="ward", **COLUMNS)
    kept = np.array([True, False, True, False])
    some = rows.some(kept, ~rows.is_event, rows.covariates)
    assert some.strata["site"].to_list() == ["b"]
    assert (some.stratum.tolist(), some.cluster.tolist(), some.n_clusters) == ([0, 0], [0, 1], 2)
    assert some.is_event.tolist() == [False, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": [2, 0, 1, 0]}, "neither 0 nor 1 in 1 of 4"),
        ({"event": ["yes", "no", "yes", "no"]}, "not a number in every row"),
        ({"stop": [3, np.inf, 5, 6]}, "stop is infinite in 1 of 4 .*: 1"),
        ({"age": [np.nan] * 4}, "None of the 4 rows is complete"),
    ],
)
def test_impossible_rows_are_refused(change, message):
    """Each message says what is wrong and names rows by number."""
    with pytest.raises(DataError, match=message):
        read_rows(_frame().assign(**change), "age", **COLUMNS)


def test_columns_and_lengths_are_checked():
    """A missing column is named; a list of the wrong length is refused; so is an empty frame."""
    with pytest.raises(DataError, match="'height'"):
        read_rows(_frame(), "height", **COLUMNS)
    with pytest.raises(DataError, match="cluster has 2 values for 4 rows"):
        read_rows(_frame(), "age", cluster=[1, 2], **COLUMNS)
    with pytest.raises(DataError, match="no rows"):
        read_rows(_frame().head(0), "age", **COLUMNS)


def test_missing_numbers_stay_missing():
    """Nullable integers become numbers with gaps."""
    column = pd.Series([1, None], dtype="Int16")
    assert numbers_or_missing(column, "day").tolist()[0] == 1.0
    assert np.isnan(numbers_or_missing(column, "day")[1])
