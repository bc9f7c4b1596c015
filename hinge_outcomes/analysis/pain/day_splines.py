"""A smooth course over days, bent where there are scores to bend it."""

from collections.abc import Sequence

import numpy as np

_LEAST_SCORES = 10
"""A stretch between two knots with fewer scores cannot show a bend of its own."""


def supported_knots(
    day: np.ndarray[tuple[int], np.dtype[np.float64]], knots: Sequence[int]
) -> list[int]:
    """Keep knots that have enough scores, and scores of enough days, on either side.

    Parameters
    ----------
    day : ndarray, shape (n,)
        Day of each score.
    knots : sequence of int
        Days where a course may bend.

    Returns
    -------
    list of int
        Those it can bend at, sorted.

    Examples
    --------
    >>> supported_knots(np.repeat([0.0, 20.0, 60.0, 90.0], 20), [14, 42, 200])
    [14, 42]
    """
    least = max(_LEAST_SCORES, day.size // 200)
    kept: list[int] = []
    before = -0.5
    for knot in sorted(set(knots)):
        between = ((day > before) & (day < knot)).sum()
        beyond = (day > knot).sum()
        if 0 < knot < day.max() and between >= least and beyond >= least:
            kept.append(int(knot))
            before = knot
    return kept[: max(0, np.unique(day).size - 2)]


def spline_of_days(knots: Sequence[int], last: float) -> str:
    """Write a smooth course over days as a term of a formula.

    Parameters
    ----------
    knots : sequence of int
        Days where it bends; none is a straight line.
    last : float
        The last day with a score.

    Returns
    -------
    str
        A natural cubic spline without a constant: the intercept already is one.

    Examples
    --------
    >>> spline_of_days([], 90)
    'day'
    """
    if not knots:
        return "day"
    return (
        f"cr(day, knots={list(knots)}, lower_bound=0, upper_bound={last:g}, constraints='center')"
    )
