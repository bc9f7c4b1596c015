"""Calendar quarters: what is meant by 2026Q3, and which quarter is the last complete one."""

import datetime as dt
import re
from dataclasses import dataclass

from hinge_outcomes.exceptions import DataError


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Name a calendar quarter.

    Parameters
    ----------
    year : int
        Four digits.
    number : int
        1 to 4.

    Examples
    --------
    >>> quarter = Quarter.parse("2026Q3")
    >>> quarter.end.isoformat(), str(quarter.shift(-3)), quarter.label
    ('2026-09-30', '2025Q4', 'Jul–Sep 2026')
    """

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Read a quarter written like 2026Q3.

        Parameters
        ----------
        text : str
            Year and quarter.

        Returns
        -------
        Quarter
            The quarter.

        Raises
        ------
        DataError
            If it is not written so.
        """
        match = re.fullmatch(r"([12]\d{3})[- ]?[Qq]([1-4])", str(text).strip())
        if match is None:
            raise DataError(f"{text!r} is no quarter. Write the year and Q1 to Q4, as in 2026Q3.")
        return cls(int(match.group(1)), int(match.group(2)))

    @classmethod
    def of(cls, day: dt.date) -> "Quarter":
        """Find the quarter a day lies in.

        Parameters
        ----------
        day : date
            Any day.

        Returns
        -------
        Quarter
            Its quarter.
        """
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def start(self) -> dt.date:
        """Give the first day.

        Returns
        -------
        date
            Included.
        """
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> dt.date:
        """Give the last day.

        Returns
        -------
        date
            Included.
        """
        return self.shift(1).start - dt.timedelta(days=1)

    @property
    def label(self) -> str:
        """Write the quarter for a reader.

        Returns
        -------
        str
            Such as "Jul–Sep 2026".
        """
        months = ("Jan–Mar", "Apr–Jun", "Jul–Sep", "Oct–Dec")
        return f"{months[self.number - 1]} {self.year}"

    def shift(self, quarters: int) -> "Quarter":
        """Go forward or back by some quarters.

        Parameters
        ----------
        quarters : int
            Negative for back.

        Returns
        -------
        Quarter
            The other quarter.
        """
        index = 4 * self.year + self.number - 1 + quarters
        return Quarter(index // 4, index % 4 + 1)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


def last_complete_quarter(data_cut: dt.date) -> Quarter:
    """Find the last quarter that had ended by the data cut.

    Parameters
    ----------
    data_cut : date
        The day up to which the data are complete, included.

    Returns
    -------
    Quarter
        The quarter.

    Examples
    --------
    >>> str(last_complete_quarter(dt.date(2026, 9, 30)))
    '2026Q3'
    >>> str(last_complete_quarter(dt.date(2026, 9, 29)))
    '2026Q2'
    """
    current = Quarter.of(data_cut)
    return current if current.end == data_cut else current.shift(-1)
