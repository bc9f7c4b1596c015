"""How groups differ in mastery: chances, quantiles and means, from one joint influence vector."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import mean_interval
from hinge_outcomes.analysis.progression.counting_process import Floats
from hinge_outcomes.analysis.progression.mastery_curve import MEASURES
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.progression.shared_clusters import (
    correlation,
    difference_errors,
    joint_influence,
)
from hinge_outcomes.domain.states import MASTERED
from hinge_outcomes.exceptions import AnalysisError


def group_differences(
    answers: pd.DataFrame,
    occupancies: Mapping[str, Occupancy],
    reference: str | None,
    conf_level: float,
) -> pd.DataFrame:
    """Subtract the answers of a reference group from those of every other group.

    Parameters
    ----------
    answers : DataFrame
        The answers of all groups, as `MasteryEstimate.table` gives them.
    occupancies : mapping of str to Occupancy
        The curve of each group.
    reference : str or None
        The group to compare with; None takes the first.
    conf_level : float
        Confidence level of the intervals.

    Returns
    -------
    DataFrame
        group, reference, quantity, day, estimate, std_error, ci_low, ci_high.

    Raises
    ------
    AnalysisError
        If there is one group only, or no such group.

    Notes
    -----
    The variance of a difference of chances or means is the sum over clusters of the squared
    difference of what each contributes to the two. A quantile has no influence without a density;
    the interval of a difference recovers the variance from the limits of each [1]_: with d the
    difference, (l1, u1), (l2, u2) the limits of q1 and q2 and r the correlation of the two curves
    there, its lower limit is d - sqrt((q1 - l1)^2 + (u2 - q2)^2 - 2 r (q1 - l1) (u2 - q2)).

    References
    ----------
    .. [1] Zou G (2007). Toward using confidence intervals to compare correlations. Psychol Methods
       12, 399-413.
    """
    groups = list(occupancies)
    if len(groups) < 2:
        raise AnalysisError(
            "There is one group only, so there is nothing to subtract. Name a column in by=."
        )
    base = groups[0] if reference is None else str(reference)
    if base not in groups:
        raise AnalysisError(f"There is no group {base!r}. The groups are: {', '.join(groups)}.")
    rows = answers[answers["quantity"] != "median_follow_up_days"]
    found = [
        _against(rows, occupancies, group, base, conf_level) for group in groups if group != base
    ]
    return pd.concat(found, ignore_index=True)


def _against(
    answers: pd.DataFrame,
    occupancies: Mapping[str, Occupancy],
    group: str,
    base: str,
    conf_level: float,
) -> pd.DataFrame:
    own = answers[answers["group"] == group].reset_index(drop=True)
    other = answers[answers["group"] == base].reset_index(drop=True)
    curves = (occupancies[group], occupancies[base])
    joint = joint_influence(
        [
            (curve.clusters, _influence(rows, curve))
            for rows, curve in zip((own, other), curves, strict=True)
        ]
    )
    estimate = (own["estimate"] - other["estimate"]).to_numpy()
    is_quantile = ~own["quantity"].isin(["probability", "mean_days_mastered", *_REST]).to_numpy()
    error = difference_errors(joint[0], joint[1])
    error[is_quantile | ~np.isfinite(estimate)] = np.nan
    bound = np.where(own["quantity"] == "probability", 1.0, np.inf)
    low, high = mean_interval(
        estimate,
        error,
        degrees_of_freedom=min(curve.degrees_of_freedom for curve in curves),
        conf_level=conf_level,
    )
    low, high = np.maximum(low, -bound), np.minimum(high, bound)
    for place in np.flatnonzero(is_quantile):
        alike = correlation(joint[0][:, place], joint[1][:, place])
        low[place] = _recovered(own.loc[place], other.loc[place], alike, -1)
        high[place] = _recovered(own.loc[place], other.loc[place], alike, 1)
    return pd.DataFrame(
        {
            "group": group,
            "reference": base,
            "quantity": own["quantity"],
            "day": own["day"],
            **dict(zip(MEASURES, (estimate, error, low, high), strict=True)),
        }
    )


_REST = ("mean_days_unmastered",)


def _influence(rows: pd.DataFrame, occupancy: Occupancy) -> Floats:
    """Give what each cluster contributes to each answer, one column per row.

    For a quantile it is the contribution to the chance of mastery by that day.
    """
    column = occupancy.states.index(MASTERED)
    horizon = float(rows["day"].max())
    mean = occupancy.mean_influence(horizon)[:, column]
    is_mean = rows["quantity"].str.startswith("mean_days").to_numpy()
    days = np.where(rows["quantity"] == "probability", rows["day"], rows["estimate"])
    asked = np.unique(days[~is_mean & np.isfinite(days)])
    at_days = occupancy.influence(asked)[:, :, column] if len(asked) else None
    result = np.zeros((len(mean), len(rows)))
    for place, quantity in enumerate(rows["quantity"]):
        if is_mean[place]:
            result[:, place] = -mean if quantity in _REST else mean
        elif at_days is not None and np.isfinite(days[place]):
            result[:, place] = at_days[:, np.searchsorted(asked, days[place])]
    return result


def _recovered(own: pd.Series, other: pd.Series, alike: float, side: int) -> float:
    """Give one limit of a difference of quantiles; a missing limit of one leaves it missing."""
    mine, theirs = ("ci_high", "ci_low") if side > 0 else ("ci_low", "ci_high")
    a = abs(float(own[mine]) - float(own["estimate"]))
    b = abs(float(other[theirs]) - float(other["estimate"]))
    reach: Any = np.sqrt(max(a**2 + b**2 - 2 * alike * a * b, 0.0))
    return float(own["estimate"] - other["estimate"] + side * reach)
