"""One figure of a report: its number, whose it is, and whether it may be printed.

A figure that may not be printed loses its number here: nothing hidden reaches the executed
notebook, the pages or the machine-readable files.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import AnalysisError
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure
from hinge_outcomes.reporting.people import People

Unit = Literal["episodes", "share", "points", "days"]

TOO_FEW = "too few people to show"
NOT_YET = "nobody has been followed long enough"
NO_ANSWER = "the records do not hold it"
MINUS = "−"


@dataclass(frozen=True, slots=True)
class Measure:
    """Hold one figure as it may be printed.

    Parameters
    ----------
    key : str
        Its name for machines.
    label : str
        Its name for readers.
    unit : str
        "episodes", "share", "points" or "days".
    estimate, ci_low, ci_high : float or None
        The number and its interval; None where hidden or where there is none.
    people : str
        Whose figure it is.
    is_stand_in : bool
        Whether twelve months stand in for a quarter that is too small.
    why_not : str
        Why nothing is printed; empty where something is.
    """

    key: str
    label: str
    unit: Unit
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    people: str = ""
    is_stand_in: bool = False
    why_not: str = ""

    @property
    def is_shown(self) -> bool:
        """Tell whether a number is printed.

        Returns
        -------
        bool
            False where it is hidden or does not exist.
        """
        return self.estimate is not None

    @property
    def value(self) -> str:
        """Write the number.

        Returns
        -------
        str
            Such as "38%", "−2.4" or "hidden".
        """
        if self.estimate is None:
            return HIDDEN if self.why_not == TOO_FEW else "–"
        return write_number(self.estimate, self.unit)

    @property
    def interval(self) -> str:
        """Write the interval.

        Returns
        -------
        str
            Such as "31 to 46%"; empty where there is none.
        """
        if self.estimate is None or self.ci_low is None or self.ci_high is None:
            return ""
        return write_interval(self.ci_low, self.ci_high, self.unit)

    @property
    def detail(self) -> str:
        """Say the interval, the people, and what stands in for what.

        Returns
        -------
        str
            A short line under the number.
        """
        parts = [
            f"95% CI {self.interval}" if self.interval else "",
            self.why_not,
            self.people,
            "12 months, as the quarter is too small to show" if self.is_stand_in else "",
        ]
        return "; ".join(part for part in parts if part)


def write_number(value: float, unit: Unit) -> str:
    """Write a number in its unit.

    Percentages are whole under every audience: finer ones would let a reader work the hidden
    counts out.

    Parameters
    ----------
    value : float
        The number; a share lies between 0 and 1.
    unit : str
        "episodes", "share", "points" or "days".

    Returns
    -------
    str
        With a real minus sign.

    Examples
    --------
    >>> write_number(0.384, "share"), write_number(-2.44, "points"), write_number(1200, "episodes")
    ('38%', '−2.4', '1,200')
    """
    if unit == "share":
        return f"{100 * value:.0f}%"
    if unit == "points":
        text = f"{value:.1f}"
        text = "0.0" if text == "-0.0" else text
        return text.replace("-", MINUS)
    return f"{value:,.0f}".replace("-", MINUS)


def write_interval(low: float, high: float, unit: Unit) -> str:
    """Write an interval in its unit.

    Parameters
    ----------
    low, high : float
        Its ends.
    unit : str
        As for `write_number`.

    Returns
    -------
    str
        Such as "31 to 46%".

    Examples
    --------
    >>> write_interval(-3.01, -1.9, "points"), write_interval(0.31, 0.457, "share")
    ('−3.0 to −1.9', '31 to 46%')
    """
    first = write_number(low, unit).removesuffix("%")
    return f"{first} to {write_number(high, unit)}"


Count = Callable[[Cohort], tuple[Measure, bool]]
"""Computes a measure for some people, and tells whether it may be printed."""


def measure_with_stand_in(
    empty: Measure,
    compute: Count,
    people: People | None,
    cohort: Cohort,
    disclosure: Disclosure,
) -> Measure:
    """Compute a figure for a quarter's people, or for twelve months where they are too few.

    Parameters
    ----------
    empty : Measure
        The figure without its number.
    compute : callable
        From the people's records to the figure and whether it may be printed; it may raise
        AnalysisError where the records do not hold an answer.
    people : People or None
        Whose figure it is; None where nobody qualifies.
    cohort : Cohort
        Where earlier starters are found.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Measure
        With a number, or with the reason why not.
    """
    if people is None:
        return replace(empty, why_not=NOT_YET)
    candidates = [people] if disclosure.shows_all else [people, people.year(cohort)]
    problem = ""
    for candidate in candidates:
        try:
            found, may_show = compute(candidate.cohort)
        except AnalysisError:
            # The message of the error counts people, so it is not repeated here.
            problem = problem or NO_ANSWER
            continue
        if may_show:
            return replace(found, people=candidate.label, is_stand_in=candidate.is_year)
        problem = TOO_FEW
    return replace(empty, people=people.label, why_not=problem)
