"""Cut observed courses where the rates of a panel model change with time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.progression.panel_data import Floats, Integers
from hinge_outcomes.analysis.progression.panel_reader import Observations
from hinge_outcomes.exceptions import DataError


def check_breaks(breaks: Sequence[float] | npt.NDArray[np.float64]) -> Floats:
    """Refuse times of change that do not rise.

    Parameters
    ----------
    breaks : sequence of float
        Times, in the unit of the observations.

    Returns
    -------
    ndarray of shape (B,)
        The same.

    Raises
    ------
    DataError
        If one is not finite or not later than the one before.

    Examples
    --------
    >>> check_breaks([30, 90]).tolist()
    [30.0, 90.0]
    """
    found = np.atleast_1d(np.asarray(breaks, dtype=np.float64))
    if not np.isfinite(found).all() or (np.diff(found) <= 0).any():
        raise DataError("breaks must be finite, rising times, such as [30, 90].")
    return found


def cut_at_breaks(
    seen: Observations, breaks: Floats, code_between: int | None, ends: Integers | None = None
) -> tuple[Observations, npt.NDArray[np.bool_]]:
    """Add an observation at each break that falls between two observations of a subject.

    Parameters
    ----------
    seen : Observations
        The observations.
    breaks : ndarray of shape (B,)
        Times at which rates change.
    code_between : int, optional
        What is known there: the code of any state that is not dated exactly. Default: the state
        of the previous observation, where all times of moves are known.
    ends : ndarray of int, optional
        Codes of states nobody leaves: whoever was seen in one is there at the break.

    Returns
    -------
    cut : Observations
        The observations with those at breaks; an added one carries the row of the one before.
    is_added : ndarray of shape (M,)
        True where an observation was added.

    Examples
    --------
    >>> seen = Observations(np.zeros(2, int), np.array([0.0, 9.0]), np.zeros(2, int),
    ...                     np.arange(2), 0)
    >>> cut, is_added = cut_at_breaks(seen, np.array([3.0, 6.0]), 2)
    >>> cut.time.tolist(), cut.code.tolist(), is_added.tolist()
    ([0.0, 3.0, 6.0, 9.0], [0, 2, 2, 0], [False, True, True, False])
    """
    places = np.arange(len(seen.time))
    after = np.searchsorted(breaks, seen.time, side="right")
    before = np.append(np.searchsorted(breaks, seen.time[1:], side="left"), 0)
    number = np.where(seen.goes_on, np.maximum(before - after, 0), 0)
    place = np.repeat(places, number + 1)
    step = np.arange(len(place)) - np.repeat(np.cumsum(number + 1) - number - 1, number + 1)
    is_added = step > 0
    time = seen.time[place]
    time[is_added] = breaks[(after[place] + step - 1)[is_added]]
    code = seen.code[place]
    if code_between is not None:
        is_open = is_added if ends is None else is_added & ~np.isin(code, ends)
        code[is_open] = code_between
    cut = Observations(seen.subject[place], time, code, seen.row[place], seen.n_duplicates)
    return cut, is_added
