"""Tables of pain results print the estimators' numbers and hide whole rows."""

import pandas as pd

from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.analysis.pain.course import fit_pain
from hinge_outcomes.analysis.pain.responders import estimate_responders
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.reporting.measures import write_number
from hinge_outcomes.reporting.pain_tables import (
    change_table,
    course_figure,
    course_table,
    responder_table,
)


def test_hidden_rows_keep_their_name_only(clinic: Cohort) -> None:
    """Of three groups one is hidden: no number of it remains."""
    estimate = estimate_change(clinic, "nprs", 91, by="symptom_duration")
    hidden = pd.Series([False, True, False])
    table = change_table(estimate, hidden)
    assert table.rows[1] == ("subacute", *("hidden",) * 6)
    shown = estimate.table().iloc[0]
    assert table.rows[0][5] == write_number(shown["estimate"], "points")
    assert int(table.rows[0][1].replace(",", "")) == shown["n_window_closed"]


def test_responders_print_counts_with_their_share(clinic: Cohort) -> None:
    """Count and share of a printed row belong together."""
    estimate = estimate_responders(clinic, "odi", 91)
    frame = estimate.table()
    table = responder_table(estimate, pd.Series(False, index=frame.index))
    assert len(table.rows) == len(frame)
    first = frame.iloc[0]
    assert table.rows[0][2] == f"{first['n_responders']:,} of {first['n']:,}"
    assert table.rows[0][3] == write_number(first["estimate"], "share")


def test_the_course_is_drawn_with_its_context(clinic: Cohort) -> None:
    """Pain has the published course beside it; disability has none."""
    pain, disability = fit_pain(clinic, "nprs"), fit_pain(clinic, "odi")
    assert "Menezes Costa" in course_figure(pain, "").caption
    assert "Menezes Costa" not in course_figure(disability, "").caption
    rows = course_table(pain).rows
    assert len(rows) == len(pain.table())
    assert rows[0][1].startswith(write_number(pain.table()["estimate"].iloc[0], "points"))
