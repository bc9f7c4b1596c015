"""Latent mastery beside documented mastery, and the gap between them."""

import numpy as np
import pandas as pd
from scipy.stats import norm

_COLUMNS = ["day", "quantity", "estimate", "std_error", "ci_low", "ci_high", "n_at_risk"]


def gap_table(latent: pd.DataFrame, steps: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Put latent and documented mastery side by side.

    Parameters
    ----------
    latent : DataFrame
        day, estimate, std_error, ci_low, ci_high, n_at_risk of latent mastery.
    steps : DataFrame
        The same columns of documented mastery, as a step function.
    conf_level : float
        Share of intervals meant to hold the truth.

    Returns
    -------
    DataFrame
        day, quantity ("latent", "documented", "gap"), estimate, std_error, ci_low, ci_high,
        n_at_risk.

    Notes
    -----
    The error of the gap is that of two independent estimates. They rest on the same patients and
    rise together, so it is no smaller than the true one.
    """
    days = latent["day"].to_numpy(dtype=np.float64)
    place = np.searchsorted(steps["day"].to_numpy(dtype=np.float64), days, side="right") - 1
    documented = steps.iloc[np.maximum(place, 0)].reset_index(drop=True).assign(day=days)
    before = place < 0
    documented.loc[before, "estimate"] = 0.0
    documented.loc[before, ["std_error", "ci_low", "ci_high"]] = np.nan
    gap = pd.DataFrame({"day": days, "estimate": latent["estimate"] - documented["estimate"]})
    gap["std_error"] = np.hypot(latent["std_error"], documented["std_error"])
    reach = norm.ppf((1 + conf_level) / 2) * gap["std_error"]
    gap["ci_low"], gap["ci_high"] = gap["estimate"] - reach, gap["estimate"] + reach
    gap["n_at_risk"] = documented["n_at_risk"]
    parts = {"latent": latent, "documented": documented, "gap": gap}
    found = pd.concat([part.assign(quantity=name) for name, part in parts.items()])
    order = found["quantity"].map({name: place for place, name in enumerate(parts)})
    found = found.assign(order=order).sort_values(["day", "order"], kind="stable")
    return found[_COLUMNS].reset_index(drop=True)
