"""How pain runs on average, by how long it has lasted: context for every before-after figure.

The pooled course of 33 cohorts (n = 11,166) was published at four times; a two-phase curve through
those points makes it available at any week. It is drawn as context and shapes simulated patients;
it is never subtracted from a clinic's result.
"""

import math
from dataclasses import dataclass

NATURAL_COURSE_CITATION = (
    "Menezes Costa L da C, et al. The prognosis of acute and persistent low-back pain: "
    "a meta-analysis. CMAJ 2012;184(11):E613-E624."
)

#: Published pooled mean pain, on a scale from 0 to 100, as {duration: {week: (mean, low, high)}}.
PUBLISHED_COURSE: dict[str, dict[int, tuple[float, float, float]]] = {
    "acute": {
        0: (52.0, 48.0, 57.0),
        6: (23.0, 21.0, 25.0),
        26: (12.0, 9.0, 15.0),
        52: (6.0, 3.0, 10.0),
    },
    "chronic": {
        0: (51.0, 44.0, 59.0),
        6: (33.0, 29.0, 38.0),
        26: (26.0, 20.0, 33.0),
        52: (23.0, 16.0, 30.0),
    },
}


@dataclass(frozen=True, slots=True)
class TwoPhaseCourse:
    """Hold the constants of one course: a floor, a fast and a slow decline.

    Parameters
    ----------
    floor : float
        Pain that stays, in points of a 0-10 scale.
    fast : float
        Points lost in the fast phase.
    fast_weeks : float
        Time constant of the fast phase, in weeks.
    slow : float
        Points lost in the slow phase.
    slow_weeks : float
        Time constant of the slow phase, in weeks.

    Examples
    --------
    >>> round(TwoPhaseCourse(0.30, 2.40, 1.5, 2.50, 25.0).at(0), 2)
    5.2
    """

    floor: float
    fast: float
    fast_weeks: float
    slow: float
    slow_weeks: float

    def at(self, week: float) -> float:
        """Return mean pain (0-10) at a week since the start.

        Parameters
        ----------
        week : float
            Weeks since the start, 0 or more.

        Returns
        -------
        float
            ``floor + fast exp(-week / fast_weeks) + slow exp(-week / slow_weeks)``.

        Raises
        ------
        ValueError
            If ``week`` is negative or not a number.

        Examples
        --------
        >>> round(TwoPhaseCourse(2.15, 1.70, 2.5, 1.25, 25.0).at(52), 1)
        2.3
        """
        if not week >= 0:
            raise ValueError("The natural course starts at week 0; the week must be 0 or more.")
        return (
            self.floor
            + self.fast * math.exp(-week / self.fast_weeks)
            + self.slow * math.exp(-week / self.slow_weeks)
        )


#: The two published courses; a subacute course is their mean, which is an assumption.
COURSES: dict[str, TwoPhaseCourse] = {
    "acute": TwoPhaseCourse(0.30, 2.40, 1.5, 2.50, 25.0),
    "chronic": TwoPhaseCourse(2.15, 1.70, 2.5, 1.25, 25.0),
}

#: What a duration's curve is made of: {duration: ((share, course), ...)}.
COURSE_SHARES: dict[str, tuple[tuple[float, TwoPhaseCourse], ...]] = {
    "acute": ((1.0, COURSES["acute"]),),
    "subacute": ((0.5, COURSES["acute"]), (0.5, COURSES["chronic"])),
    "chronic": ((1.0, COURSES["chronic"]),),
}


def natural_course(duration: str, week: float) -> float:
    """Return the published average pain of such patients at a week, whatever was done for them.

    The two-phase curves meet the published points for acute and persistent pain within 0.02 on the
    0-10 scale. No curve was published for subacute pain: the mean of both is an assumption.

    Parameters
    ----------
    duration : str
        ``acute``, ``subacute`` or ``chronic`` (persistent).
    week : float
        Weeks since the start, 0 or more.

    Returns
    -------
    float
        Mean pain on a scale from 0 to 10.

    Raises
    ------
    ValueError
        If the duration is not one of the three, or the week is negative.

    References
    ----------
    .. [1] Menezes Costa L da C, et al. The prognosis of acute and persistent low-back pain:
       a meta-analysis. CMAJ 2012;184(11):E613-E624.

    Examples
    --------
    >>> round(natural_course("acute", 6), 1)
    2.3
    >>> round(natural_course("chronic", 26), 1)
    2.6
    """
    if duration not in COURSE_SHARES:
        allowed = ", ".join(COURSE_SHARES)
        raise ValueError(f"No natural course is known for this duration. Allowed: {allowed}.")
    return sum(share * course.at(week) for share, course in COURSE_SHARES[duration])
