"""Days: numbers become years and weekdays as the calendar has them."""

import numpy as np

from hinge_outcomes.simulation.days import to_weekday, year_of


def test_years_are_those_of_the_calendar() -> None:
    """The first and last days of 1900 to 2200, and every 97th day, lie in NumPy's year."""
    years = np.arange("1900", "2201", dtype="datetime64[Y]").astype("datetime64[D]")
    days = np.concatenate([years, years - 1, np.arange(years[0], years[-1], 97)])
    expected = days.astype("datetime64[Y]").astype(np.int64) + 1970
    assert [year_of(day) for day in days.astype(np.int64)] == expected.tolist()


def test_weekends_become_the_monday_after() -> None:
    """Weekdays stay, Saturdays move by two days and Sundays by one, whatever day 0 was."""
    monday = np.datetime64("2026-09-28").astype(np.int64)
    for start in range(monday, monday + 7):
        moved = [to_weekday(start, day) - day for day in range(monday - start, monday - start + 7)]
        assert moved == [0, 0, 0, 0, 0, 2, 1]
