"""Quarters: read, bounded and shifted as a calendar has them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.cohort.quarters import Quarter, last_complete_quarter
from hinge_outcomes.exceptions import DataError

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))


@given(DAYS)
def test_a_day_lies_in_its_quarter(day: dt.date) -> None:
    """Every day is within the quarter found for it, which reads back from its own text."""
    quarter = Quarter.of(day)
    assert quarter.start <= day <= quarter.end
    assert Quarter.parse(str(quarter)) == quarter


@given(DAYS, st.integers(-40, 40))
def test_shifting_is_without_gap(day: dt.date, by: int) -> None:
    """The next quarter starts the day after; going there and back changes nothing."""
    quarter = Quarter.of(day)
    assert quarter.shift(1).start - quarter.end == dt.timedelta(days=1)
    assert quarter.shift(by).shift(-by) == quarter


@given(DAYS)
def test_the_last_complete_quarter_has_ended_and_the_next_has_not(day: dt.date) -> None:
    """Complete means ended by the cut, the cut's day included."""
    quarter = last_complete_quarter(day)
    assert quarter.end <= day < quarter.shift(1).end


@pytest.mark.parametrize("text", ["2026", "Q3 2026", "2026Q5", "26Q1", "2026-03", ""])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    """The message shows how a quarter is written."""
    with pytest.raises(DataError, match="2026Q3"):
        Quarter.parse(text)
