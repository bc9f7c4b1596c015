"""What a fitted panel model says in words, and against a simpler one."""

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.progression.panel_model import PanelModel
from hinge_outcomes.analysis.progression.panel_tables import stays_table
from hinge_outcomes.exceptions import AnalysisError


def panel_summary(model: PanelModel) -> str:
    """Say how long people stay in each state and what the fit rests on.

    Parameters
    ----------
    model : PanelModel
        The fitted model.

    Returns
    -------
    str
        One paragraph.
    """
    parts = [
        f"{row.state} {row.estimate:.3g}"
        + (f" ({row.ci_low:.3g} to {row.ci_high:.3g})" if np.isfinite(row.ci_low) else "")
        for row in stays_table(model, {}).itertuples()
    ]
    n_subjects = int(model.panel.subject[-1]) + 1
    n_pairs = int(model.counts.sum())
    n_changes = n_pairs - int(np.trace(model.counts))
    at_mean = " at the mean of the covariates" if model.terms else ""
    first = " in the first period" if model.has_periods else ""
    return (
        f"Mean length of one stay{at_mean}{first}, in units of {model.time} "
        f"({model.conf_level:.0%} intervals): {'; '.join(parts)}. It rests on {n_pairs:,} pairs of "
        f"consecutive observations of {n_subjects:,} subjects, {n_changes:,} of which show a "
        "change, and assumes that the future depends on the present state alone and that visits "
        f"do not depend on what happens between them. -2 log L {model.fit.minus_two_loglik:.6g} "
        f"with {len(model.fit.names)} parameters. {model.fit.optimum.message}"
    )


def likelihood_ratio(model: PanelModel, simpler: PanelModel) -> pd.DataFrame:
    """Test a simpler model against a larger one; see `PanelMarkovFit.compare`.

    Parameters
    ----------
    model : PanelModel
        The larger model.
    simpler : PanelModel
        A model of the same observations, nested in it.

    Returns
    -------
    DataFrame
        One row: ``statistic``, ``df``, ``p_value``.

    Raises
    ------
    AnalysisError
        If the observations differ, the other is no simpler model, or one has no maximum.
    """
    df = len(model.fit.names) - len(simpler.fit.names)
    mine, other = model.observed_panel(), simpler.observed_panel()
    same = np.array_equal(mine.time, other.time) and np.array_equal(mine.code, other.code)
    if not same or df < 1:
        raise AnalysisError(
            "compare needs a model with fewer parameters, fitted to the same observations. "
            "Call it on the larger model."
        )
    if not (model.fit.optimum.converged and simpler.fit.optimum.converged):
        raise AnalysisError(
            "A likelihood-ratio test needs two models that converged. See .message of each."
        )
    statistic = simpler.fit.minus_two_loglik - model.fit.minus_two_loglik
    p_value = float(stats.chi2.sf(max(statistic, 0.0), df))
    return pd.DataFrame({"statistic": [statistic], "df": [df], "p_value": [p_value]})
