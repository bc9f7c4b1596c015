"""Cutting courses at the times where rates change."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_breaks import check_breaks, cut_at_breaks
from hinge_outcomes.analysis.progression.panel_reader import Observations
from hinge_outcomes.exceptions import DataError


def seen_at(subject, time, code):
    rows = np.arange(len(time))
    return Observations(np.array(subject), np.array(time, float), np.array(code), rows, 0)


def test_a_break_at_a_visit_adds_nothing():
    """Only breaks strictly between two visits of one subject need an observation."""
    cut, is_added = cut_at_breaks(seen_at([0, 0, 1], [0, 5, 9], [0, 1, 0]), np.array([5.0]), 2)
    assert not is_added.any()
    assert cut.time.tolist() == [0, 5, 9]


def test_nothing_is_added_between_subjects():
    """The last visit of one and the first of the next have no break between them."""
    cut, _ = cut_at_breaks(seen_at([0, 0, 1, 1], [0, 4, 0, 9], [0, 1, 0, 1]), np.array([5.0]), 2)
    assert cut.time.tolist() == [0, 4, 0, 5, 9]
    assert cut.code.tolist() == [0, 1, 0, 2, 1]
    assert cut.row.tolist() == [0, 1, 2, 2, 3]


def test_with_dated_moves_the_state_goes_on():
    """Where all moves are dated, the state at a break is the one before."""
    cut, is_added = cut_at_breaks(seen_at([0, 0], [0, 9], [1, 0]), np.array([3.0, 6.0]), None)
    assert cut.code.tolist() == [1, 1, 1, 0]
    assert is_added.tolist() == [False, True, True, False]


def test_who_has_reached_an_end_is_there_at_the_break():
    """Rows that repeat an end are no contradiction: between them nobody is anywhere else."""
    seen = seen_at([0, 0, 0], [0, 4, 9], [0, 1, 1])
    cut, is_added = cut_at_breaks(seen, np.array([3.0, 6.0]), 2, np.array([1]))
    assert cut.code.tolist() == [0, 2, 1, 1, 1]
    assert is_added.tolist() == [False, True, False, True, False]


@pytest.mark.parametrize("wrong", [[3, 3], [5, 2], [np.nan], [np.inf]])
def test_breaks_rise(wrong):
    """Breaks that do not rise or are no times are refused."""
    with pytest.raises(DataError):
        check_breaks(wrong)
