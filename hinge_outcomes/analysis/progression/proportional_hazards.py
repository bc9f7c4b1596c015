"""Do hazard ratios stay the same over time? The score test against effects that change."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.progression.cox_kernel import information
from hinge_outcomes.analysis.progression.cox_model import CoxModel
from hinge_outcomes.analysis.progression.risk_sets import Flags, Floats
from hinge_outcomes.exceptions import AnalysisError

TRANSFORMS = ("km", "identity", "rank", "log")
"""Functions of time with which an effect may change."""


def score_test(
    model: CoxModel,
    terms: Mapping[str, slice],
    moment: Floats,
) -> pd.DataFrame:
    """Test whether the effect of each term changes with a function of time.

    Parameters
    ----------
    model : CoxModel
        The fitted model.
    terms : mapping of str to slice
        The columns of each term.
    moment : ndarray, shape (D,)
        The function of time at each event, in the order of ``sets.event``.

    Returns
    -------
    DataFrame
        ``term`` (the last is GLOBAL: all at once), ``statistic`` (chi-squared), ``df``,
        ``p_value``.

    Notes
    -----
    The score test of b = 0 in the hazard exp(x a + x g(t) b), at the fitted a [1]_. The information
    on (a, b) is that of all risk sets, each with its own variance, as in cox.zph of R's survival
    since version 3.0, and not the approximation that takes all variances as equal.

    References
    ----------
    .. [1] Grambsch P, Therneau T (1994). Proportional hazards tests and diagnostics based on
       weighted residuals. Biometrika 81, 515-526.
    """
    sets, columns, likelihood = model.sets, model.columns, model.maximum.likelihood
    moment = moment - moment.mean()
    # Efron's fractions belong to terms, not to patients: all terms of a point have its time.
    weight = sets.weight[sets.event] * moment
    score = columns[:, sets.event] @ weight - likelihood.mean @ (sets.term_weight * moment)
    plain = model.maximum.information
    mixed = information(sets, columns, likelihood, moment)
    squared = information(sets, columns, likelihood, moment**2)
    left = squared - mixed @ np.linalg.solve(plain, mixed)
    rows = []
    for name, place in [*terms.items(), ("GLOBAL", slice(None))]:
        part = score[place]
        statistic = float(part @ np.linalg.solve(left[place, place], part))
        rows.append((name, statistic, len(part), float(stats.chi2.sf(statistic, len(part)))))
    return pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value"])


def function_of_time(
    transform: str, start: Floats, stop: Floats, is_event: Flags, at: Floats
) -> Floats:
    """Compute a function of time at the events.

    Parameters
    ----------
    transform : {"km", "identity", "rank", "log"}
        One less the Kaplan-Meier estimate just before, the time itself, its rank among all stops,
        or its logarithm.
    start, stop : ndarray, shape (n,)
        Bounds of all rows.
    is_event : ndarray of bool, shape (n,)
        Whether each ends in the event.
    at : ndarray, shape (D,)
        The times wanted: those of the events.

    Returns
    -------
    ndarray, shape (D,)
        Values; strata and weights are not looked at, as in R.

    Raises
    ------
    AnalysisError
        If the function is not one of those listed, or a time has no logarithm.

    Examples
    --------
    >>> stop = np.array([1.0, 2.0, 2.0, 4.0])
    >>> function_of_time("km", np.zeros(4), stop, stop < 4, np.array([1.0, 2.0])).tolist()
    [0.0, 0.25]
    """
    if transform not in TRANSFORMS:
        raise AnalysisError(
            f"transform is {transform!r}, but must be one of: {', '.join(TRANSFORMS)}."
        )
    if transform == "identity":
        return at
    if transform == "log":
        if (at <= 0).any():
            raise AnalysisError(
                f"{int((at <= 0).sum())} events are at time 0 or before, which has no logarithm. "
                "Use transform='km'."
            )
        return np.asarray(np.log(at))
    ordered = np.sort(stop)
    if transform == "rank":
        below, upto = (np.searchsorted(ordered, at, side=side) for side in ("left", "right"))
        return np.asarray((below + 1 + upto) / 2)
    times, n_events = np.unique(stop[is_event], return_counts=True)
    n_at_risk = np.searchsorted(np.sort(start), times, side="left") - np.searchsorted(
        ordered, times, side="left"
    )
    survival = np.concatenate([[1.0], np.cumprod(1 - n_events / n_at_risk)])
    return np.asarray(1 - survival[np.searchsorted(times, at, side="left")])
