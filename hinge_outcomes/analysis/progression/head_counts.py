"""Count heads: who is at risk in each state, and who has moved into it."""

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import (
    CountingProcess,
    Floats,
    Integers,
)
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays


def heads_at_risk(process: CountingProcess, stays: StayArrays, grid: Floats) -> Integers:
    """Count stays with start < time <= stop, by state and time.

    Parameters
    ----------
    process : CountingProcess
        The stays by event time.
    stays : StayArrays
        The stays.
    grid : ndarray, shape (K,)
        Increasing times.

    Returns
    -------
    ndarray, shape (S, K)
        Counts, whatever the weights.
    """
    # At risk from the first time of the grid after the start to the last one up to the stop.
    if np.isin(grid, process.times).all():
        upto = np.searchsorted(grid, process.times, side="right")
        passed = np.concatenate([[0], upto])
        enters, leaves = passed[process.first], passed[process.last]
    else:
        enters = np.searchsorted(grid, stays.start, side="right")
        leaves = np.searchsorted(grid, stays.stop, side="right")
    width = len(grid) + 1
    size = len(stays.states) * width
    change = np.bincount(stays.state * width + enters, minlength=size)
    change -= np.bincount(stays.state * width + leaves, minlength=size)
    return np.cumsum(change.reshape(-1, width), axis=1)[:, :-1]


def heads_moved(process: CountingProcess, grid: Floats) -> Integers:
    """Count moves into each state since the previous time.

    Parameters
    ----------
    process : CountingProcess
        The stays by event time.
    grid : ndarray, shape (K,)
        Increasing times.

    Returns
    -------
    ndarray, shape (S, K)
        Counts, whatever the weights.
    """
    cell = process.cell[process.cell >= 0]
    heads = np.bincount(cell, minlength=len(process.cell_to))
    when = np.searchsorted(grid, process.times[process.cell_time], side="left")
    width = len(grid) + 1
    counts = np.zeros((process.n_states, width), dtype=np.int64)
    np.add.at(counts, (process.cell_to, when), heads)
    return counts[:, :-1]
