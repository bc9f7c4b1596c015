"""The text of a check: comments that stay comments, numbers to the last digit."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.r_script import RCheck, r_vector, running_numbers


def small_check(about="a share"):
    """A check without a model."""
    return RCheck(
        about=about,
        library="stats",
        tables={"rows": pd.DataFrame({"x": [0.1, np.nan]})},
        ours=pd.DataFrame({"number": ["share"], "ours": [1 / 3]}),
        body="theirs <- 1 / 3",
    )


def test_files_are_the_script_our_numbers_and_the_rows():
    """Everything R reads is there, missing values as NA."""
    files = small_check().files()
    assert list(files) == ["check.R", "ours.csv", "rows.csv"]
    assert files["rows.csv"] == "x\n0.1\nNA\n"


def test_numbers_keep_their_last_digit():
    """A number that R reads is the number that was computed."""
    assert float(small_check().files()["ours.csv"].split(",")[-1]) == 1 / 3
    assert r_vector(np.array([1 / 3])) == f"c({1 / 3!r})"


def test_line_breaks_do_not_leave_the_comment():
    """What was estimated stays on its line, whatever a column is called."""
    lines = small_check("a\nquit()").script().splitlines()
    assert "quit()" not in lines


def test_texts_are_quoted_for_r():
    """A quotation mark or a backslash in a label cannot end the text."""
    assert r_vector(['a"b', "c\\d"]) == 'c("a\\"b", "c\\\\d")'


def test_running_numbers_say_nothing_of_the_labels():
    """Labels become numbers from 1 in the order they occur."""
    assert running_numbers(np.array(["z", "a", "z"], dtype=object)).tolist() == [1, 2, 1]
