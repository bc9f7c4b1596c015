"""Where a step function and its band first reach a probability."""

from collections.abc import Callable

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import Floats, Integers

ROUNDING = 1e-12
"""A probability so little below the one asked for has reached it."""

_MOST_TIMES = 1000
"""Up to so many event times, a band is computed at every one of them at once."""


def crossings_of_band(
    limits_at: Callable[[Integers], tuple[Floats, Floats]], n_times: int, probability: float
) -> tuple[int | None, int | None]:
    """Find the event times at which the upper and the lower limit first reach a probability.

    A long list of times is searched coarsely first, then between the two times found.

    Parameters
    ----------
    limits_at : callable
        From numbers of event times, 1 to ``n_times``, to the lower and upper limits after them.
    n_times : int
        How many event times there are.
    probability : float
        What is to be reached.

    Returns
    -------
    by_upper, by_lower : int or None
        Places in the list of event times; None where a limit never reaches it.

    Examples
    --------
    >>> def limits(places):
    ...     return places / 10 - 0.1, places / 10 + 0.1
    >>> crossings_of_band(limits, 9, 0.5)
    (3, 5)
    """
    n_coarse = n_times if n_times <= _MOST_TIMES else int(np.ceil(np.sqrt(n_times)))
    places = np.unique(np.linspace(1, n_times, n_coarse).round().astype(np.int64))
    coarse = limits_at(places)
    result: list[int | None] = []
    for side in (1, 0):
        found = first_reaching(coarse[side], probability)
        if found is None:
            result.append(None)
            continue
        last = int(places[found])
        first = int(places[found - 1]) + 1 if found else last
        if first < last:
            between = np.arange(first, last + 1)
            inside = first_reaching(limits_at(between)[side], probability)
            last = first + (inside or 0)
        result.append(last - 1)
    return result[0], result[1]


def first_reaching(values: Floats, probability: float) -> int | None:
    """Find the first place at which a probability is reached.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Probabilities; missing ones do not reach anything.
    probability : float
        What is to be reached.

    Returns
    -------
    int or None
        The place, None if there is none.

    Examples
    --------
    >>> first_reaching(np.array([0.1, np.nan, 0.5]), 0.5)
    2
    """
    reached = np.flatnonzero(values >= probability - ROUNDING)
    return int(reached[0]) if len(reached) else None
