"""Where patients are over time: the Aalen-Johansen estimator of state occupancy."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, check_conf_type
from hinge_outcomes.analysis.progression.counting_process import Floats
from hinge_outcomes.analysis.progression.delete_one import FEW_CLUSTERS
from hinge_outcomes.analysis.progression.landmark import from_landmark_time
from hinge_outcomes.analysis.progression.occupancy_arrays import (
    Reporting,
    has_too_few_clusters,
    occupancy_of,
    over_subjects,
)
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.progression.stay_arrays import read_stays
from hinge_outcomes.analysis.progression.stays import DAY_ZERO_STOP
from hinge_outcomes.domain.states import STAGE_STATES, STATES
from hinge_outcomes.exceptions import AnalysisError, DataError, NotIdentifiableError

START_DISTRIBUTIONS = ("fixed", "estimated")
"""Whether the shares of the starting states are taken as given, or carry their own error."""

ERRORS = ("infinitesimal", "jackknife")
"""Whether errors are derivatives to the weight of each cluster, or leave out each cluster."""


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
    landmark: float | None = None,
    landmark_state: Any = None,
    errors: str = "infinitesimal",
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
    landmark : float, optional
        Follow only those seen at this time (start <= landmark < stop), from then on.
    landmark_state : object, optional
        Of those, follow only those in this state: the landmark estimate of the probabilities of
        going from it to every other [4]_. Default: all.
    errors : {"infinitesimal", "jackknife"}, default "infinitesimal"
        "jackknife" leaves out each cluster in turn, with intervals of Student's t with one degree
        of freedom less than there are clusters: for few clusters.
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
    NotIdentifiableError
        If nobody is seen at the landmark.

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
    .. [4] Putter H, Spitoni C (2018). Non-parametric estimation of transition probabilities in
       non-Markov multi-state models: the landmark Aalen-Johansen estimator. Stat Methods Med Res
       27, 2081-2092.

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
    _check_choice("start_distribution", start_distribution, START_DISTRIBUTIONS)
    _check_choice("errors", errors, ERRORS)
    if landmark is None and landmark_state is not None:
        raise AnalysisError("landmark_state= needs landmark=, the time at which it is held.")
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
    if landmark is not None:
        stays = from_landmark_time(stays, landmark, landmark_state)
    reporting = Reporting(
        times=None if times is None else _check_times(times),
        origin=landmark,
        is_jackknife=errors == "jackknife",
        conf_type=conf_type,
        conf_level=conf_level,
    )
    result = occupancy_of(stays, reporting, start_distribution=start_distribution)
    if cluster is None or not has_too_few_clusters(result):
        return result
    return replace(result, of_subjects=over_subjects(result))


def estimate_occupancy(
    stays: pd.DataFrame,
    *,
    cluster: str | npt.ArrayLike | None = None,
    weights: str | npt.ArrayLike | None = None,
    start_distribution: str = "estimated",
    times: npt.ArrayLike | None = None,
    conf_type: str = "log",
    landmark_day: float | None = None,
    landmark_state: str | None = None,
    errors: str | None = None,
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
    landmark_day : float, optional
        Follow only those in care on this day, from then on. Default: all, from day 0.
    landmark_state : str, optional
        Of those, follow only those at this stage on that day, such as ``"stage_4"``: what comes of
        them whatever came before (no Markov property is needed).
    errors : {"infinitesimal", "jackknife"}, optional
        "jackknife" leaves out each cluster in turn, with Student's t. Default: "jackknife" where
        ``cluster`` names up to 50 units above the patient, such as clinicians, else
        "infinitesimal".
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    Occupancy
        States from ``stage_1`` to ``stage_10``, then mastered, discharged, referred, lost.

    Raises
    ------
    DataError
        If the frame is not one of stays, or somebody leaves an end state.
    AnalysisError
        If an option is not one of those listed.
    NotIdentifiableError
        If every episode is censored on day 0, or none is in care at the landmark.

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
    _check_ladder(stays)
    is_patients = cluster is None or (
        isinstance(cluster, str) and cluster in ("patient_id", "episode_id")
    )
    group = "patient_id" if cluster is None else cluster
    if errors is None:
        errors = "infinitesimal" if is_patients or _is_many(stays, group) else "jackknife"
    result = aalen_johansen(
        stays,
        "episode_id",
        "start_day",
        "stop_day",
        "from_state",
        "to_state",
        states=STATES,
        cluster=group,
        weights=weights,
        start_distribution=start_distribution,
        times=times,
        conf_type=conf_type,
        landmark=landmark_day,
        landmark_state=landmark_state,
        errors=errors,
        conf_level=conf_level,
    )
    is_default = cluster is None or (isinstance(cluster, str) and cluster == "patient_id")
    clusters = "patients" if is_default else "independent clusters"
    apart = None
    if not is_patients and has_too_few_clusters(result) and "patient_id" in stays.columns:
        apart = estimate_occupancy(
            stays,
            weights=weights,
            start_distribution=start_distribution,
            times=result.times,
            conf_type=conf_type,
            landmark_day=landmark_day,
            landmark_state=landmark_state,
            conf_level=conf_level,
        )
    return replace(result, nouns=("day", "episodes", clusters), of_subjects=apart)


def _is_many(stays: pd.DataFrame, group: str | npt.ArrayLike) -> bool:
    """Tell whether there are more clusters than the rule for few of them is for."""
    if isinstance(group, str) and group not in stays.columns:
        return True  # the reader says what is wrong
    labels = stays[group] if isinstance(group, str) else pd.Series(np.asarray(group))
    return bool(labels.nunique() > FEW_CLUSTERS)


def _check_ladder(stays: pd.DataFrame) -> None:
    """Refuse moves that the ladder does not have, and follow-up that has no length."""
    if "from_state" in stays.columns and "to_state" in stays.columns and len(stays):
        left = ~stays["from_state"].isin(STAGE_STATES) & stays["from_state"].isin(STATES)
        rows = np.flatnonzero(left.to_numpy())
        if len(rows):
            shown = ", ".join(map(str, rows[:5])) + (" and more" if len(rows) > 5 else "")
            raise DataError(
                f"from_state is an end state in {len(rows)} of {len(stays)} rows (counted from 0: "
                f"{shown}). Nobody leaves mastered, discharged, referred or lost: end the history "
                "there, or use aalen_johansen with states of your own."
            )
        is_still = stays["to_state"].isna().all()
        if is_still and "stop_day" in stays.columns and (stays["stop_day"] <= DAY_ZERO_STOP).all():
            raise NotIdentifiableError(
                "Every episode is censored on day 0, so nobody was followed for any time. Check "
                "data_cut and last_observed_day, or select episodes that began earlier."
            )


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise AnalysisError(f"{name} is {value!r}, but must be one of: {', '.join(allowed)}.")


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
