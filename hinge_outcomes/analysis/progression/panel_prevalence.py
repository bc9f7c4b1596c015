"""How many are in each state over time: as observed, and as a panel model expects."""

import numpy as np

from hinge_outcomes.analysis.progression.lag_matrices import transition_matrices
from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers, PanelData


def observed_states(panel: PanelData, times: Floats, absorbing: Bools) -> Integers:
    """Give the state in which each subject was last seen, while under observation.

    Parameters
    ----------
    panel : PanelData
        The observations.
    times : ndarray of shape (T,)
        When.
    absorbing : ndarray of shape (S,)
        States nobody leaves: those who reached one stay observed for ever.

    Returns
    -------
    ndarray of shape (n_subjects, T)
        The state, or -1 before the first and after the last observation, or where it is uncertain.

    Notes
    -----
    A state is taken to hold until the next observation, so where visits are far apart or moves
    between them frequent, observed and expected numbers differ although the model is right [1]_.

    References
    ----------
    .. [1] Gentleman R, Lawless J, Lindsey J, Yan P (1994). Multi-state Markov models for analysing
       incomplete disease history data with illustrations for HIV disease. Stat Med 13, 805-821.
    """
    first = np.flatnonzero(np.append(True, panel.subject[1:] != panel.subject[:-1]))
    last = np.append(first[1:], len(panel.subject)) - 1
    found = np.full((len(first), len(times)), -1, dtype=np.int64)
    size = len(panel.states)
    state = np.where(panel.code < size, panel.code, -1)
    stays = (state[last] >= 0) & absorbing[np.maximum(state[last], 0)]
    for number, time in enumerate(times):
        # Within a subject times rise, so the rows up to the time are its first ones.
        seen = np.add.reduceat((panel.time <= time).astype(np.int64), first)
        place = first + np.maximum(seen, 1) - 1
        under = (seen > 0) & ((panel.time[last] >= time) | stays)
        found[:, number] = np.where(under, state[place], -1)
    return found


def expected_numbers(
    panel: PanelData,
    generators: Floats,
    first: Floats,
    since: float,
    times: Floats,
    at_risk: Bools,
) -> Floats:
    """Give the number a model expects in each state among those under observation.

    Everybody starts at ``since`` from the same distribution and follows the covariates recorded
    for him; the first hold before the first observation, the last after the last.

    Parameters
    ----------
    panel : PanelData
        The observations.
    generators : ndarray of shape (P, S, S)
        The generator of each pattern.
    first : ndarray of shape (S,)
        Distribution at ``since``.
    since : float
        When all start.
    times : ndarray of shape (T,)
        When, increasing, none before ``since``.
    at_risk : ndarray of shape (n_subjects, T)
        Who is under observation.

    Returns
    -------
    ndarray of shape (T, S)
        Expected numbers.
    """
    found = np.zeros((len(times), len(first)))
    for pattern, start, members in _histories(panel):
        number = at_risk[members].sum(axis=0)
        edge = np.union1d(start[(start > since) & (start < times[-1])], times)
        which = pattern[
            np.maximum(np.searchsorted(start, np.append(since, edge[:-1]), "right"), 1) - 1
        ]
        lag = np.diff(np.append(since, edge))
        current = first
        for matrix, end in zip(transition_matrices(generators, which, lag), edge, strict=True):
            current = current @ matrix
            place = np.flatnonzero(times == end)
            found[place] += number[place, None] * current
    return found


def _histories(panel: PanelData) -> list[tuple[Integers, Floats, Integers]]:
    """Group subjects whose covariates take the same course: patterns, their starts, members."""
    is_new = np.append(True, panel.subject[1:] != panel.subject[:-1])
    goes_on = np.append(~is_new[1:], False)
    # The last observation of a subject starts no interval, so its pattern does not count.
    counts = goes_on | (is_new & ~goes_on)
    subject, pattern, time = panel.subject[counts], panel.pattern[counts], panel.time[counts]
    begins = np.append(True, subject[1:] != subject[:-1])
    kept = begins | np.append(False, pattern[1:] != pattern[:-1])
    subject, pattern, time, begins = subject[kept], pattern[kept], time[kept], begins[kept]
    time = np.where(begins, -np.inf, time)
    edge = np.append(np.flatnonzero(begins), len(subject))
    groups: dict[tuple[bytes, bytes], list[int]] = {}
    for number in range(len(edge) - 1):
        mine = slice(edge[number], edge[number + 1])
        groups.setdefault((pattern[mine].tobytes(), time[mine].tobytes()), []).append(number)
    return [
        (np.frombuffer(which, np.int64), np.frombuffer(start), np.array(members))
        for (which, start), members in groups.items()
    ]
