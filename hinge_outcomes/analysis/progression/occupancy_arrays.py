"""From stays in arrays to an occupancy with its errors: what every estimate of states runs on."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import Floats, starting_counts
from hinge_outcomes.analysis.progression.delete_one import TOO_FEW_CLUSTERS, leave_out_each
from hinge_outcomes.analysis.progression.influence import standard_errors
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.progression.product_integral import (
    cut_times,
    multiply_back,
    multiply_forward,
)
from hinge_outcomes.analysis.progression.starting_mix import StartingMix
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays
from hinge_outcomes.analysis.progression.step_function import StepFunction

_MOST_TIMES = 200
"""Without ``times``, errors are computed at so many event times at most."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """Say what is reported of an occupancy, when, and how its intervals are made.

    Parameters
    ----------
    times : ndarray, optional
        When. Default: the event times, at most 200 of them.
    states : tuple, optional
        Names of the reported states. Default: those of the stays.
    pooling : ndarray, shape (S, Q), optional
        How they are made up of the states of the stays. Default: each is its own.
    origin : float, optional
        Where time begins. Default: 0, or the earliest start if that is negative.
    is_jackknife : bool, default False
        Whether errors come from leaving out each cluster, with Student's t.
    conf_type : str, default "log"
        Scale of the intervals.
    conf_level : float, default 0.95
        Confidence level of the intervals.
    """

    times: Floats | None = None
    states: tuple[Any, ...] | None = None
    pooling: Floats | None = None
    origin: float | None = None
    is_jackknife: bool = False
    conf_type: str = "log"
    conf_level: float = 0.95


def occupancy_of(
    stays: StayArrays,
    reporting: Reporting,
    *,
    start_distribution: str = "estimated",
    start: StartingMix | None = None,
) -> Occupancy:
    """Estimate occupancy and its errors.

    Parameters
    ----------
    stays : StayArrays
        The stays.
    reporting : Reporting
        What to report, when and how.
    start_distribution : {"fixed", "estimated"}, default "estimated"
        Without ``start``: whether the shares of those at risk just before the first event are taken
        as given.
    start : StartingMix, optional
        Where people start. Default: as those at risk just before the first event.

    Returns
    -------
    Occupancy
        Estimates with their errors, and the full step function.
    """
    process = stays.moves()
    grid = spread_times(process.times) if reporting.times is None else reporting.times
    upto = np.searchsorted(process.times, grid, side="right")
    mix = StartingMix.of_counts(starting_counts(process)) if start is None else start
    if start is None and start_distribution == "fixed":
        mix = start = StartingMix(shares=mix.shares)
    given = mix.influence()
    # The last cut walks the whole step function; cut 0 is the start itself.
    cuts = cut_times(np.append(upto, len(process.times)))
    products = multiply_back(process, cuts)
    steps = multiply_forward(process, products, mix.shares)
    curve = StepFunction(
        process=process,
        shares=mix.shares,
        start_influence=given,
        steps=steps,
        pooling=reporting.pooling,
    )
    if reporting.is_jackknife:
        delete_one = leave_out_each(stays, start, reporting.pooling)
        errors = np.sqrt((delete_one.at(grid) ** 2).sum(axis=0))
    else:
        delete_one = None
        inside = standard_errors(process, products, steps, mix.shares, given, reporting.pooling)
        before = curve.errors(np.zeros(1, dtype=np.int64))
        errors = np.vstack([before, inside])[np.searchsorted(cuts, upto)]
    return Occupancy(
        states=stays.states if reporting.states is None else reporting.states,
        times=grid,
        std_error=errors,
        curve=curve,
        stays=stays,
        start=start,
        start_distribution=start_distribution,
        conf_type=reporting.conf_type,
        conf_level=reporting.conf_level,
        delete_one=delete_one,
        origin=reporting.origin,
    )


def has_too_few_clusters(occupancy: Occupancy) -> bool:
    """Tell whether errors rest on fewer than ten clusters of several histories.

    Parameters
    ----------
    occupancy : Occupancy
        The estimate.

    Returns
    -------
    bool
        Whether they do.
    """
    n_clusters = len(occupancy.clusters)
    return n_clusters < TOO_FEW_CLUSTERS and n_clusters < occupancy.stays.n_subjects


def over_subjects(occupancy: Occupancy) -> Occupancy:
    """Estimate the same with every history as its own cluster.

    Parameters
    ----------
    occupancy : Occupancy
        With errors over clusters.

    Returns
    -------
    Occupancy
        With infinitesimal-jackknife errors over histories.
    """
    stays = occupancy.stays
    labels, cluster = np.unique(stays.subject, return_inverse=True)
    reporting = Reporting(
        times=occupancy.times,
        origin=occupancy.origin,
        conf_type=occupancy.conf_type,
        conf_level=occupancy.conf_level,
    )
    return occupancy_of(
        replace(stays, cluster=cluster, clusters=labels.astype(object)),
        reporting,
        start_distribution=occupancy.start_distribution,
    )


def spread_times(times: Floats, most: int = _MOST_TIMES) -> Floats:
    """Pick at most so many times, evenly over their list, the first and the last among them.

    Parameters
    ----------
    times : ndarray
        Increasing times.
    most : int, default 200
        How many to pick at most.

    Returns
    -------
    ndarray
        Increasing times.

    Examples
    --------
    >>> spread_times(np.array([1.0, 2.0, 4.0, 8.0, 16.0]), most=3).tolist()
    [1.0, 4.0, 16.0]
    """
    if len(times) <= most:
        return times
    return times[np.linspace(0, len(times) - 1, most).round().astype(np.int64)]
