"""Refusals name rows and columns and quote nothing."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.refused_rows import (
    check_columns,
    numbers_of,
    refuse_rows,
)
from hinge_outcomes.exceptions import DataError


def test_rows_are_counted_and_the_first_named():
    """Seven wrong rows: five are named, two more are counted."""
    with pytest.raises(DataError, match=r"in 7 of 9 rows \(counted from 0: 2, 3, 4, 5, 6 and 2"):
        refuse_rows(np.arange(9) > 1, "It is wrong", "Mend it.")


def test_words_among_numbers_are_not_quoted():
    """A column of text is refused by its name, without what it holds."""
    with pytest.raises(DataError) as caught:
        numbers_of(pd.Series(["secret"]), "day", "Fill it.")
    assert "day" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_missing_columns_and_empty_frames_are_refused():
    """A column that is not there, a frame without rows."""
    with pytest.raises(DataError, match="no column 'day'"):
        check_columns(pd.DataFrame({"time": [1]}), ["day"])
    with pytest.raises(DataError, match="no rows"):
        check_columns(pd.DataFrame({"day": []}), ["day"])
