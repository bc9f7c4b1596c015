"""Whose figure it is: the quarter's own starters, or those whose follow-up is complete."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter

QUARTERS_A_YEAR = 4


@dataclass(frozen=True, slots=True)
class People:
    """Name the episodes that a figure speaks of.

    Parameters
    ----------
    cohort : Cohort
        Their records.
    first, last : Quarter
        The quarters in which they started, both included.
    """

    cohort: Cohort
    first: Quarter
    last: Quarter

    @property
    def label(self) -> str:
        """Say who they are.

        Returns
        -------
        str
            Such as "started Jan–Mar 2026" or "started Apr 2025–Mar 2026".
        """
        if self.first == self.last:
            return f"started {self.last.label}"
        return f"started {self.first.start:%b %Y}–{self.last.end:%b %Y}"

    @property
    def is_year(self) -> bool:
        """Tell whether they stand in for a quarter that is too small.

        Returns
        -------
        bool
            True for more than one quarter.
        """
        return self.first != self.last

    def year(self, cohort: Cohort) -> "People":
        """Widen to the twelve months that end with the same quarter.

        Parameters
        ----------
        cohort : Cohort
            Where the earlier starters are found.

        Returns
        -------
        People
            Starters of four quarters.
        """
        first = self.last.shift(1 - QUARTERS_A_YEAR)
        chosen = cohort.select(started_from=first.start, started_to=self.last.end)
        return People(chosen, first, self.last)


def starters(cohort: Cohort, quarter: Quarter) -> People:
    """Find the episodes that began in a quarter.

    Parameters
    ----------
    cohort : Cohort
        One clinic's records, or more.
    quarter : Quarter
        The quarter.

    Returns
    -------
    People
        Perhaps nobody.
    """
    return People(cohort.select(quarter=quarter), quarter, quarter)


def followed(cohort: Cohort, quarter: Quarter, days: int) -> People | None:
    """Find the last quarter whose starters have all been followed long enough.

    Long enough means that ``days`` after the start the page's quarter had not ended and the data
    were still complete, for every one of them.

    Parameters
    ----------
    cohort : Cohort
        One clinic's records, or more.
    quarter : Quarter
        The page's quarter.
    days : int
        Days since the start that must have passed, such as the last day of a window.

    Returns
    -------
    People or None
        None where no quarter qualifies.
    """
    if cohort.n_episodes == 0:
        return None
    horizon = min(quarter.end, cohort.cut_of())
    start = cohort.episodes["start_date"]
    closes = start + pd.Timedelta(days=days)
    is_closed = closes <= pd.Timestamp(horizon)
    earliest = Quarter.of(_date(start.min()))
    candidate = quarter
    while candidate >= earliest:
        members = start.between(pd.Timestamp(candidate.start), pd.Timestamp(candidate.end))
        if members.any() and bool(is_closed[members].all()):
            return starters(cohort, candidate)
        candidate = candidate.shift(-1)
    return None


def _date(stamp: pd.Timestamp) -> dt.date:
    day: dt.date = stamp.date()
    return day
