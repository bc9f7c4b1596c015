"""Where patients are over time: the Aalen-Johansen estimator of state occupancy."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, check_conf_type
from hinge_outcomes.analysis.progression.counting_process import (
    Floats,
    count_moves,
    starting_set,
)
from hinge_outcomes.analysis.progression.influence import standard_errors
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.progression.product_integral import (
    cut_times,
    multiply_back,
    multiply_forward,
)
from hinge_outcomes.analysis.progression.stay_arrays import read_stays
from hinge_outcomes.analysis.progression.step_function import StepFunction
from hinge_outcomes.domain.states import STATES
from hinge_outcomes.exceptions import AnalysisError, DataError

START_DISTRIBUTIONS = ("fixed", "estimated")
"""Whether the shares of the starting states are taken as given, or carry their own error."""

_MOST_TIMES = 200
"""Without ``times``, errors are computed at so many event times at most."""


def aalen_johansen(
    frame: pd.DataFrame,
    id: str = "id",
    start: str = "tstart",
    stop: str = "tstop",
    from_state: str = "from",
    to_state: str = "to",
    *,
    states: Sequence[Any] | None = None,
    cluster: str | npt.ArrayLike | None = None,
    weights: str | npt.ArrayLike | None = None,
    start_distribution: str = "fixed",
    times: npt.ArrayLike | None = None,
    conf_type: str = "log",
    conf_level: float = 0.95,
) -> Occupancy:
    """Estimate the share of people in each state over time.

    A stay (start, stop] is at risk at every time u with start < u <= stop; a censoring at u comes
    after the moves at u, and all moves at u happen at once. Late entry, gaps, cycles and several
    starting states are allowed. The starting distribution is that of those at risk just before the
    first event.

    Parameters
    ----------
    frame : DataFrame
        One row per stay, in any order.
    id, start, stop, from_state, to_state : str
        Its columns: whose stay, when it begins and ends (numbers in any unit), the state held and
        the state moved to (missing: the stay is censored, or goes on in the next row).
    states : sequence, optional
        All states in the order wanted. Default: those found, categories in their own order, else
        sorted.
    cluster : str or array_like, optional
        Column, or one label per row, whose values are sampled independently. Default: the id.
    weights : str or array_like, optional
        Column, or one number per row: case or inverse-probability weights of the stays, 0 or more.
    start_distribution : {"fixed", "estimated"}, default "fixed"
        "fixed" takes the starting distribution as given, "estimated" adds its sampling error.
    times : array_like, optional
        When to report, in the unit of ``stop``. Default: the event times, at most 200 of them
        evenly spread over their list.
    conf_type : {"plain", "log", "cloglog", "logit"}, default "log"
        Scale on which the intervals are symmetric.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    Occupancy
        Estimates with their errors at ``times``, and the full step function.

    Raises
    ------
    DataError
        If the frame holds no histories: see `stay_arrays.read_stays`; if a time is missing.
    AnalysisError
        If an option is not one of those listed.

    Notes
    -----
    p(t) = p0 prod over event times u <= t of (I + dLambda(u)), with dLambda_jk(u) the moves j to k
    at u over those at risk in j [1]_. Standard errors are the infinitesimal jackknife: the root of
    the sum over clusters of the squared sum of w_i U_i(t), with U_i the derivative of p(t) to the
    weight of subject i [2]_; they are robust to non-Markov histories, as is the estimate when
    censoring is independent of the history [3]_.

    References
    ----------
    .. [1] Aalen O, Johansen S (1978). An empirical transition matrix for non-homogeneous Markov
       chains based on censored observations. Scand J Stat 5, 141-150.
    .. [2] Therneau T, Crowson C, Atkinson E (2024). Multi-state models and competing risks.
       Vignette of the R package survival.
    .. [3] Datta S, Satten G (2001). Validity of the Aalen-Johansen estimators of stage occupation
       probabilities and Nelson-Aalen estimators of integrated transition hazards for non-Markov
       models. Stat Probab Lett 55, 403-411.

    Examples
    --------
    Four people; three recover at 2, 4 and 6, one is censored at 5.

    >>> stays = pd.DataFrame({
    ...     "id": [1, 2, 3, 4], "tstart": 0, "tstop": [2, 4, 5, 6], "from": "ill",
    ...     "to": ["well", "well", None, "well"]})
    >>> result = aalen_johansen(stays)
    >>> table = result.table()
    >>> table.loc[table["state"] == "well", ["time", "estimate", "n_at_risk", "n_events"]]
       time  estimate  n_at_risk  n_events
    3   2.0      0.25          0         1
    4   4.0      0.50          0         1
    5   6.0      1.00          0         1
    """
    check_conf_type(conf_type)
    check_conf_level(conf_level)
    if start_distribution not in START_DISTRIBUTIONS:
        raise AnalysisError(
            f"start_distribution is {start_distribution!r}, but must be one of: "
            f"{', '.join(START_DISTRIBUTIONS)}."
        )
    stays = read_stays(
        frame,
        id=id,
        start=start,
        stop=stop,
        from_state=from_state,
        to_state=to_state,
        states=states,
        cluster=cluster,
        weights=weights,
    )
    process = count_moves(
        stays.start,
        stays.stop,
        stays.state,
        stays.destination,
        stays.weight,
        stays.cluster,
        n_states=len(stays.states),
        n_clusters=len(stays.clusters),
    )
    grid = spread_times(process.times) if times is None else _check_times(times)
    upto = np.searchsorted(process.times, grid, side="right")
    shares, start_influence = starting_set(process)
    given = start_influence if start_distribution == "estimated" else None
    # The last cut walks the whole step function; cut 0 is the start itself.
    cuts = cut_times(np.append(upto, len(process.times)))
    products = multiply_back(process, cuts)
    steps = multiply_forward(process, products, shares)
    errors = standard_errors(process, products, steps, shares, given)
    start_error = np.zeros(len(shares)) if given is None else np.sqrt((given**2).sum(axis=0))
    return Occupancy(
        states=stays.states,
        times=grid,
        std_error=np.vstack([start_error, errors])[np.searchsorted(cuts, upto)],
        curve=StepFunction(process=process, shares=shares, start_influence=given, steps=steps),
        stays=stays,
        start_distribution=start_distribution,
        conf_type=conf_type,
        conf_level=conf_level,
    )


def estimate_occupancy(
    stays: pd.DataFrame,
    *,
    cluster: str | npt.ArrayLike | None = None,
    weights: str | npt.ArrayLike | None = None,
    start_distribution: str = "estimated",
    times: npt.ArrayLike | None = None,
    conf_type: str = "log",
    conf_level: float = 0.95,
) -> Occupancy:
    """Estimate the share of episodes at each stage, mastered, discharged, referred or lost by day.

    Episodes count from their own day 0; those whose care goes on are censored at the last day to
    which an event of theirs would be known. Stages are working stages. See `aalen_johansen` for the
    estimator, its assumptions and its references.

    Parameters
    ----------
    stays : DataFrame
        As `derive_stays` gives it: ``episode_id``, ``patient_id``, ``start_day``, ``stop_day``,
        ``from_state``, ``to_state`` (missing: censored).
    cluster : str or array_like, optional
        Column whose values are sampled independently. Default: ``patient_id``, because patients
        return.
    weights : str or array_like, optional
        Column of weights. Default: every stay counts once.
    start_distribution : {"fixed", "estimated"}, default "estimated"
        Whether the mix of entry stages is taken as given or carries its own sampling error.
    times : array_like, optional
        Days to report. Default: the days with an event, at most 200 of them.
    conf_type : {"plain", "log", "cloglog", "logit"}, default "log"
        Scale on which the intervals are symmetric.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    Occupancy
        States from ``stage_1`` to ``stage_10``, then mastered, discharged, referred, lost.

    Raises
    ------
    DataError
        If the frame is not one of stays.
    AnalysisError
        If an option is not one of those listed.

    Examples
    --------
    >>> stays = pd.DataFrame({
    ...     "episode_id": ["E1", "E1", "E2"], "patient_id": ["P1", "P1", "P2"],
    ...     "start_day": [0, 14, 0], "stop_day": [14, 35, 21],
    ...     "from_state": ["stage_1", "stage_2", "stage_1"],
    ...     "to_state": ["stage_2", "mastered", "lost"]})
    >>> occupancy = estimate_occupancy(stays, times=[35])
    >>> table = occupancy.table()
    >>> table.loc[table["estimate"] > 0, ["state", "time", "estimate"]]
           state  time  estimate
    10  mastered  35.0       0.5
    13      lost  35.0       0.5
    """
    result = aalen_johansen(
        stays,
        "episode_id",
        "start_day",
        "stop_day",
        "from_state",
        "to_state",
        states=STATES,
        cluster="patient_id" if cluster is None else cluster,
        weights=weights,
        start_distribution=start_distribution,
        times=times,
        conf_type=conf_type,
        conf_level=conf_level,
    )
    is_default = cluster is None or (isinstance(cluster, str) and cluster == "patient_id")
    clusters = "patients" if is_default else "independent clusters"
    return replace(result, nouns=("day", "episodes", clusters))


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


def _check_times(times: npt.ArrayLike) -> Floats:
    grid = pd.to_numeric(pd.Series(np.atleast_1d(np.asarray(times))), errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )
    if not len(grid) or not np.isfinite(grid).all():
        raise DataError(
            f"times holds {int((~np.isfinite(grid)).sum())} missing or non-numeric values of "
            f"{len(grid)}. Give at least one number, in the unit of the stays."
        )
    return np.unique(grid)
