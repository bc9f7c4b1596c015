"""The tables of a Cox model: hazard ratios with their errors, cumulative hazards."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.inference import t_quantile
from hinge_outcomes.analysis.progression.risk_sets import Floats


def hazard_ratio_table(
    names: Sequence[str],
    estimate: Floats,
    naive: Floats,
    robust: Floats | None,
    *,
    degrees_of_freedom: float,
    conf_level: float,
) -> pd.DataFrame:
    """Lay out log hazard ratios, hazard ratios, and both kinds of error.

    Parameters
    ----------
    names : sequence of str
        The p terms.
    estimate, naive : ndarray, shape (p,)
        Log hazard ratios and model-based errors.
    robust : ndarray, shape (p,), or None
        Errors that allow for clusters; where given, the intervals rest on them.
    degrees_of_freedom : float
        Of Student's t; infinity means normal.
    conf_level : float
        Share of intervals meant to hold the truth.

    Returns
    -------
    DataFrame
        ``term``, ``estimate`` (log hazard ratio), ``std_error``, ``ci_low``, ``ci_high``, then
        ``hazard_ratio`` with its limits, both errors, ``df``, ``statistic`` and ``p_value``.

    Examples
    --------
    >>> table = hazard_ratio_table(["age"], np.zeros(1), np.ones(1), None,
    ...                            degrees_of_freedom=np.inf, conf_level=0.95)
    >>> table[["ci_high", "hazard_ratio", "p_value"]].round(2).values.tolist()
    [[1.96, 1.0, 1.0]]
    """
    error = naive if robust is None else robust
    reach = t_quantile(degrees_of_freedom, conf_level) * error
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        statistic = estimate / error
        ratio, low, high = (np.exp(x) for x in (estimate, estimate - reach, estimate + reach))
    return pd.DataFrame(
        {
            "term": pd.Series(list(names), dtype="object"),
            "estimate": estimate,
            "std_error": error,
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
            "hazard_ratio": ratio,
            "hazard_ratio_low": low,
            "hazard_ratio_high": high,
            "naive_std_error": naive,
            "robust_std_error": np.full(len(estimate), np.nan) if robust is None else robust,
            "df": degrees_of_freedom,
            "statistic": statistic,
            "p_value": 2 * stats.t.sf(np.abs(statistic), degrees_of_freedom),
        }
    )


def ratios_in_words(table: pd.DataFrame, conf_level: float) -> str:
    """Say hazard ratios with their intervals.

    Parameters
    ----------
    table : DataFrame
        As `hazard_ratio_table` gives it.
    conf_level : float
        Share of intervals meant to hold the truth.

    Returns
    -------
    str
        One clause per term, joined by semicolons.

    Examples
    --------
    >>> table = pd.DataFrame({"term": ["age"], "hazard_ratio": [0.9], "hazard_ratio_low": [0.8],
    ...                       "hazard_ratio_high": [1.01]})
    >>> ratios_in_words(table, 0.95)
    'age 0.900 (95% CI 0.800 to 1.010)'
    """
    clauses = []
    for row in table.itertuples():
        if np.isfinite(row.hazard_ratio_low):
            ratio, low, high = (
                _ratio(value)
                for value in (row.hazard_ratio, row.hazard_ratio_low, row.hazard_ratio_high)
            )
            clauses.append(f"{row.term} {ratio} ({conf_level:.0%} CI {low} to {high})")
        else:
            clauses.append(f"{row.term} without a finite estimate or interval")
    return "; ".join(clauses)


def _ratio(value: float) -> str:
    """Print three decimals near 1, where they matter, and three digits elsewhere."""
    return f"{value:.3f}" if 0.1 <= value < 10 else f"{value:.3g}"


def log_interval(estimate: Floats, std_error: Floats, quantile: float) -> tuple[Floats, Floats]:
    """Put an interval around positive quantities that is symmetric on their logarithm.

    Parameters
    ----------
    estimate, std_error : ndarray
        Quantities and their errors.
    quantile : float
        Standard errors to each side.

    Returns
    -------
    ci_low, ci_high : ndarray
        The limits.

    Examples
    --------
    >>> low, high = log_interval(np.array([1.0]), np.array([0.5]), 2.0)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.368], [2.718])
    """
    with np.errstate(over="ignore"):
        width = np.exp(quantile * std_error / estimate)
    return estimate / width, estimate * width
