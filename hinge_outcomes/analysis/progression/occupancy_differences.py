"""How two occupancies differ: shares and mean times, from one joint influence vector."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import mean_interval
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.progression.shared_clusters import difference_errors, joint_influence
from hinge_outcomes.exceptions import AnalysisError


def estimate_occupancy_differences(
    one: Occupancy,
    reference: Occupancy,
    *,
    times: npt.ArrayLike | None = None,
    upto: float | None = None,
) -> pd.DataFrame:
    """Estimate how two occupancies differ, ``one`` minus ``reference``.

    Clusters are matched by label: a clinician with patients in both, or a patient with an episode
    in each, contributes to both at once. So the two are not taken as independent.

    Parameters
    ----------
    one, reference : Occupancy
        Estimates over the same states, with errors of the same kind.
    times : array_like, optional
        When to compare the shares, in the unit of the stays. Default: not at all.
    upto : float, optional
        End of the period over which to compare the mean time in each state. Default: not at all.

    Returns
    -------
    DataFrame
        ``quantity`` ("probability" or "mean_time"), ``state``, ``time`` (of the share; the end of
        the period), ``estimate``, ``std_error``, ``ci_low``, ``ci_high``: normal, or Student's with
        the degrees of freedom of the estimate with fewer clusters where each was left out.

    Raises
    ------
    AnalysisError
        If the states or the kinds of errors differ, or neither times nor upto is given.

    Notes
    -----
    With U_c and V_c what cluster c contributes to one and to the other, the variance of the
    difference is the sum over clusters of (U_c - V_c)^2.

    Examples
    --------
    >>> from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
    >>> stays = pd.DataFrame({"id": [1, 2, 3, 4], "tstart": 0, "tstop": [2, 4, 6, 8],
    ...                       "from": "ill", "to": "well", "arm": ["a", "a", "b", "b"]})
    >>> a, b = (aalen_johansen(stays[stays["arm"] == arm]) for arm in "ab")
    >>> found = estimate_occupancy_differences(b, a, upto=8)
    >>> found.loc[found["state"] == "well", ["time", "estimate", "std_error"]].values.tolist()
    [[8.0, -4.0, 1.0]]
    """
    if one.states != reference.states:
        raise AnalysisError(
            "The two occupancies have different states. Estimate both with the same states=."
        )
    if (one.delete_one is None) != (reference.delete_one is None):
        raise AnalysisError(
            "One occupancy has jackknife errors and the other has not. Estimate both with the same "
            "errors=."
        )
    if times is None and upto is None:
        raise AnalysisError("Give times= to compare shares, upto= to compare mean times, or both.")
    if one.conf_level != reference.conf_level:
        raise AnalysisError("The two occupancies have different levels of confidence.")
    parts = []
    if times is not None:
        grid = np.unique(np.asarray(times, dtype=float))
        values = [each.curve.curve().at(grid).ravel() for each in (one, reference)]
        influence = [each.influence(grid).reshape(len(each.clusters), -1)
                     for each in (one, reference)]  # fmt: skip
        limits = (-1.0, 1.0)
        parts.append(("probability", grid, values, influence, limits))
    if upto is not None:
        values = [each.restricted_mean(upto)["estimate"].to_numpy() for each in (one, reference)]
        influence = [each.mean_influence(upto) for each in (one, reference)]
        parts.append(("mean_time", np.array([float(upto)]), values, influence, (-np.inf, np.inf)))
    df = min(one.degrees_of_freedom, reference.degrees_of_freedom)
    rows = []
    for quantity, grid, values, influence, (minimum, maximum) in parts:
        joint = joint_influence([(one.clusters, influence[0]), (reference.clusters, influence[1])])
        estimate = values[0] - values[1]
        error = np.where(np.isfinite(estimate), difference_errors(joint[0], joint[1]), np.nan)
        low, high = mean_interval(
            estimate, error, degrees_of_freedom=df, minimum=minimum, maximum=maximum,
            conf_level=one.conf_level,
        )  # fmt: skip
        rows.append(
            pd.DataFrame(
                {
                    "quantity": quantity,
                    "state": list(one.states) * len(grid),
                    "time": np.repeat(grid, len(one.states)),
                    "estimate": estimate,
                    "std_error": error,
                    "ci_low": low,
                    "ci_high": high,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
