"""Count the pairs of consecutive observations that a Markov likelihood factorises into."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.rate_structure import RateStructure

_MOST_CELLS = 20_000_000
"""Up to so many cells are counted in one table; beyond, pairs are sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelPairs:
    """Hold how often each kind of pair occurs: G kinds, in order of pattern, start and end.

    Parameters
    ----------
    pattern : ndarray of shape (G,)
        Covariate pattern between the two observations.
    lag : ndarray of shape (G,)
        Time between them.
    start : ndarray of shape (G,)
        State at the first.
    end : ndarray of shape (G,)
        What was seen at the second: below M a code as in `PanelData`, from M on the state M less
        than it, entered exactly then.
    count : ndarray of shape (G,)
        How many pairs.
    stayed : ndarray of shape (P, S)
        Time known to be spent in each state; only where all times are exact.
    moved : ndarray of shape (P, S, S)
        Moves known to be made; only where all times are exact.
    """

    pattern: Integers
    lag: Floats
    start: Integers
    end: Integers
    count: Floats
    stayed: Floats
    moved: Floats


def absorbing_states(structure: RateStructure) -> Bools:
    """Tell which states nobody leaves.

    Parameters
    ----------
    structure : RateStructure
        The possible moves.

    Returns
    -------
    ndarray of shape (S,)
        True where no move starts.
    """
    found = np.ones(structure.n_states, dtype=bool)
    found[structure.moves[:, 0]] = False
    return found


def has_hidden_middle(panel: PanelData) -> bool:
    """Tell whether a state is uncertain although the same subject is observed again later.

    Parameters
    ----------
    panel : PanelData
        The observations.

    Returns
    -------
    bool
        True if the likelihood is no product over pairs of observations.
    """
    goes_on = panel.subject[1:] == panel.subject[:-1]
    return bool((goes_on & (panel.code[:-1] >= len(panel.states))).any())


def count_pairs(panel: PanelData) -> PanelPairs:
    """Count pairs of consecutive observations of one subject.

    Parameters
    ----------
    panel : PanelData
        The observations; an uncertain state only where it is the subject's last.

    Returns
    -------
    PanelPairs
        The kinds of pair and their counts.
    """
    size, n_codes = len(panel.states), len(panel.sets)
    goes_on = panel.subject[1:] == panel.subject[:-1]
    start, end, pattern = panel.code[:-1], panel.code[1:], panel.pattern[:-1]
    lag = panel.time[1:] - panel.time[:-1]
    stayed, moved = np.zeros((len(panel.values), size)), np.zeros((len(panel.values), size, size))
    if panel.exact_times:
        known = goes_on & (end < size)
        np.add.at(stayed, (pattern[known], start[known]), lag[known])
        change = known & (start != end)
        np.add.at(moved, (pattern[change], start[change], end[change]), 1.0)
        goes_on = goes_on & ~known
    elif panel.is_exact.any():
        table = np.tile(np.arange(n_codes), (n_codes, 1))
        exact = np.flatnonzero(panel.is_exact)
        table[:, exact] = n_codes + exact
        # Whoever is seen again in such a state did not enter it again.
        table[exact, exact] = exact
        end = table[start, end]
    width = n_codes + size
    number, lags = _number_lags(lag, goes_on)
    shape = (len(panel.values), size, width, len(lags))
    n_cells = int(np.prod([float(side) for side in shape]))
    cell = ((pattern * size + start) * width + end) * len(lags) + number
    if n_cells <= max(_MOST_CELLS // 10, min(4 * len(cell), _MOST_CELLS)):
        cell[~goes_on] = n_cells
        table = np.bincount(cell, minlength=n_cells + 1)[:n_cells]
        kinds = np.flatnonzero(table)
        count = table[kinds]
    else:
        kinds, count = np.unique(cell[goes_on], return_counts=True)
    by_pattern, by_start, by_end, by_lag = np.unravel_index(kinds, shape)
    return PanelPairs(
        pattern=by_pattern,
        lag=lags[by_lag],
        start=by_start,
        end=by_end,
        count=count.astype(np.float64),
        stayed=stayed,
        moved=moved,
    )


def _number_lags(lag: Floats, goes_on: Bools) -> tuple[Integers, Floats]:
    """Number the distinct lags; whole ones are their own numbers."""
    inside = np.where(goes_on, lag, 0.0)
    most = inside.max(initial=0.0)
    if most <= max(1000, len(lag)):
        whole = inside.astype(np.int64)
        if (whole == inside).all():
            return whole, np.arange(int(most) + 1, dtype=np.float64)
    lags, number = np.unique(inside, return_inverse=True)
    return number, lags
