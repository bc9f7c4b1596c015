"""How long episodes could have been followed: the reverse Kaplan-Meier estimate."""

from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen


def potential_follow_up(
    stays: pd.DataFrame, *, first_day: float = 0, conf_level: float = 0.95
) -> dict[str, Any]:
    """Estimate the median time for which episodes could have been followed.

    Follow-up ends where the records end. An episode that ended before, in any way, would have been
    followed longer: with the roles turned round, ends are censored and censorings are the event
    [1]_. Its median says how mature the records are, whatever became of the patients.

    Parameters
    ----------
    stays : DataFrame
        episode_id, start_day, stop_day, to_state (missing: censored there), cluster; sorted by
        episode and day.
    first_day : float, default 0
        The day on which follow-up begins. Where some come into sight later, as in one quarter of
        the calendar, there is no such median.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    dict
        One row: quantity "median_follow_up_days", day (missing), estimate, std_error (missing),
        ci_low, ci_high (from the band of the curve), n_at_risk and n_events (censorings) by that
        day. The estimate is missing where less than half would have been censored.

    References
    ----------
    .. [1] Schemper M, Smith T (1996). A note on quantifying follow-up in studies of failure time.
       Control Clin Trials 17, 343-346.

    Examples
    --------
    Seen to day 10 and 30; one was discharged on day 20: (1 - 1/3) (1 - 1/1) first passes one half
    on day 30.

    >>> stays = pd.DataFrame({"episode_id": [1, 2, 3], "cluster": [1, 2, 3], "start_day": 0,
    ...                       "stop_day": [10, 20, 30], "to_state": [None, "discharged", None]})
    >>> potential_follow_up(stays)["estimate"]
    30.0
    """
    last = stays.drop_duplicates("episode_id", keep="last")
    first = stays.groupby("episode_id", sort=False)["start_day"].min()
    is_censored = last["to_state"].isna().to_numpy()
    row: dict[str, Any] = {
        "quantity": "median_follow_up_days",
        "day": np.nan,
        "estimate": np.nan,
        "std_error": np.nan,
        "ci_low": np.nan,
        "ci_high": np.nan,
        "n_at_risk": 0,
        "n_events": int(is_censored.sum()),
    }
    if not is_censored.any() or (first > first_day).any():
        return row
    turned = pd.DataFrame(
        {
            "episode_id": last["episode_id"].to_numpy(),
            "start": first.loc[last["episode_id"]].to_numpy(dtype=float),
            "stop": last["stop_day"].to_numpy(dtype=float),
            "from": "followed",
            "to": pd.Series(
                ["not followed" if out else None for out in is_censored], dtype="object"
            ),
            "cluster": last["cluster"].to_numpy(),
        }
    )
    curve = aalen_johansen(
        turned,
        "episode_id",
        "start",
        "stop",
        states=["followed", "not followed"],
        cluster="cluster",
        times=[turned["stop"].max()],
        conf_type="cloglog",
        conf_level=conf_level,
    )
    median = curve.quantile("not followed", 0.5).iloc[0]
    row |= {name: float(median[name]) for name in ("estimate", "ci_low", "ci_high")}
    if np.isfinite(row["estimate"]):
        is_later = turned["stop"] >= row["estimate"]
        row["n_at_risk"] = int((is_later & (turned["start"] < row["estimate"])).sum())
        row["n_events"] = int((is_censored & (turned["stop"] <= row["estimate"])).sum())
    return row
