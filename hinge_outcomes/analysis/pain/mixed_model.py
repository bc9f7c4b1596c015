"""Linear mixed models: how an outcome runs on average, and how much patients differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.pain.mixed_design import (
    MixedDesign,
    build_design,
)
from hinge_outcomes.analysis.pain.mixed_inference import Uncertainty, kenward_roger, satterthwaite
from hinge_outcomes.analysis.pain.mixed_optimum import Optimum, minimise_criterion
from hinge_outcomes.analysis.pain.mixed_predictions import compare_rows, predict_rows
from hinge_outcomes.analysis.pain.mixed_tables import (
    component_table,
    contrast_table,
    effect_table,
)
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

_DF_METHODS = ("satterthwaite", "kenward-roger")


@dataclass(frozen=True, slots=True)
class MixedModelFit(Result):
    """Hold a fitted linear mixed model.

    Parameters
    ----------
    formula, group, random : str
        The model as it was asked for.
    reml : bool
        Restricted likelihood (True) or full likelihood (False).
    df : str
        Method for the degrees of freedom.
    conf_level : float
        Coverage that the intervals aim at.
    loglik : float
        Maximised log-likelihood, restricted if ``reml``; the constants are those of R's lme4.
    converged : bool
        Whether the optimum was reached.
    message : str
        What the search met, such as a variance of zero, and the next simpler model.
    is_boundary : bool
        Whether the covariance of the random effects is singular.
    n_iterations : int
        Newton steps.
    n_rows, n_groups, n_dropped : int
        Rows and groups used; rows left out for a missing value.
    residual_variance : float
        Variance within groups.
    coefficients : pandas.DataFrame
        What `table` gives.
    components : pandas.DataFrame
        What `variance_components` gives.
    effects : pandas.DataFrame
        What `random_effects` gives.
    covariance : pandas.DataFrame
        Covariance of the fixed effects, rows and columns named by term.
    design : MixedDesign
        Columns and cross-products, for predictions.
    uncertainty : Uncertainty
        Errors and degrees of freedom in the design's coordinates.
    """

    formula: str
    group: str
    random: str
    reml: bool
    df: str
    conf_level: float
    loglik: float
    converged: bool
    message: str
    is_boundary: bool
    n_iterations: int
    n_rows: int
    n_groups: int
    n_dropped: int
    residual_variance: float
    coefficients: pd.DataFrame
    components: pd.DataFrame
    effects: pd.DataFrame
    covariance: pd.DataFrame
    design: MixedDesign
    uncertainty: Uncertainty

    def table(self) -> pd.DataFrame:
        """Give the fixed effects.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, ci_low, ci_high, df, statistic, p_value.
        """
        return self.coefficients.copy()

    def variance_components(self) -> pd.DataFrame:
        """Give the variances and covariances of the random effects and the residual variance.

        Returns
        -------
        pandas.DataFrame
            Columns group, term, other_term (null for a variance), estimate (variance or
            covariance), std_error, ci_low, ci_high (on the log scale for a variance; missing at
            zero), and scale: the standard deviation, or the correlation.
        """
        return self.components.copy()

    def random_effects(self) -> pd.DataFrame:
        """Give each group's own deviation, shrunk towards the average (best linear unbiased).

        Returns
        -------
        pandas.DataFrame
            The group's column, term, estimate, std_error, ci_low, ci_high, in the units of the
            outcome. The error is that of the deviation given the fixed effects and variances.
        """
        return self.effects.copy()

    def predict(self, frame: pd.DataFrame, *, has_random_effects: bool = False) -> pd.DataFrame:
        """Predict the mean outcome for further rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            The columns of the formula; and the group's column with ``has_random_effects``.
        has_random_effects : bool, default False
            Add each group's own deviation (zero for a group the fit has not seen). Errors and
            intervals are then missing: they are those of the average.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error, ci_low, ci_high, df; index of ``frame``; missing where a
            column of the formula is.

        Raises
        ------
        AnalysisError
            If a column is not there or holds a group that the fit has not seen.
        """
        return predict_rows(self, frame, has_random_effects)

    def compare(self, frame: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
        """Compare the mean outcome of rows with that of reference rows.

        Parameters
        ----------
        frame, reference : pandas.DataFrame
            The columns of the formula, complete, the same number of rows.

        Returns
        -------
        pandas.DataFrame
            Columns estimate (row minus reference row), std_error, ci_low, ci_high, df.

        Raises
        ------
        AnalysisError
            If a column is missing, a row is incomplete, or the lengths differ.
        """
        return compare_rows(self, frame, reference)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the fixed effects with their intervals.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_intervals

        label = f"Effect on {self.design.fixed.outcome} ({self.conf_level:.0%} CI)"
        return draw_intervals(self.table(), ax=ax, reference=0.0, label=label)

    def summary(self) -> str:
        """Say the model in one paragraph.

        Returns
        -------
        str
            Effects with intervals, the spread between groups, and what the search met.
        """
        return _summarise(self)


def fit_mixed_model(
    frame: pd.DataFrame,
    formula: str,
    *,
    group: str | Sequence[str],
    random: str | Sequence[str] = "1 + day",
    reml: bool = True,
    df: str = "satterthwaite",
    conf_level: float = 0.95,
) -> MixedModelFit:
    """Fit how an outcome runs on average and how much patients differ from it.

    Rows with a missing value in a column of the model are left out and counted. Scores that are
    missing at random given the scores seen leave the estimates unbiased.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per measurement, in any order; not changed.
    formula : str
        Outcome and fixed effects, such as ``score ~ day + age`` (formulaic; ``cr``, ``bs`` and
        ``poly`` make curves). Text and category columns become groups.
    group : str or sequence of str
        Column that says to whom a row belongs. One level; nested levels are refused by name.
    random : str or sequence of str, default "1 + day"
        Effects that differ between groups: ``1`` is an intercept, ``1 + day`` also a slope. Their
        covariance is unrestricted.
    reml : bool, default True
        Restricted likelihood; full likelihood if False.
    df : {"satterthwaite", "kenward-roger"}, default "satterthwaite"
        Degrees of freedom. Kenward-Roger also adjusts the standard errors and needs ``reml=True``.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    MixedModelFit
        ``.table()``, ``.variance_components()``, ``.random_effects()``, ``.predict(frame)``,
        ``.loglik``, ``.converged``, ``.message``.

    Raises
    ------
    AnalysisError
        If a formula cannot be read, a column is not there, or an argument is not allowed.
    NotIdentifiableError
        If columns are collinear, the outcome is constant, or each group has too few rows.

    Notes
    -----
    y = X b + Z u + e, u ~ N(0, s2 L L') by group, e ~ N(0, s2). b and s2 are profiled out and
    -2 log L is minimised by Newton's method in L with exact derivatives, from cross-products of
    each group that are computed once [1]_ [2]_. Columns are made orthonormal first, so the unit of
    time does not matter. A variance of zero is a valid answer: it is reported in ``.message``.
    Assumes normal random effects and noise, groups independent, equal noise at all times.

    References
    ----------
    .. [1] Laird NM, Ware JH. Random-effects models for longitudinal data. Biometrics
       1982;38:963-974.
    .. [2] Lindstrom MJ, Bates DM. Newton-Raphson and EM algorithms for linear mixed-effects models
       for repeated-measures data. J Am Stat Assoc 1988;83:1014-1022.
    .. [3] Kenward MG, Roger JH. Small sample inference for fixed effects from restricted maximum
       likelihood. Biometrics 1997;53:983-997.

    Examples
    --------
    Two patients, each measured twice: the mean is 4; it rests on two patients.

    >>> frame = pd.DataFrame({"who": list("aabb"), "score": [1.0, 3.0, 5.0, 7.0]})
    >>> fit = fit_mixed_model(frame, "score ~ 1", group="who", random="1")
    >>> fit.table()[["estimate", "std_error", "df"]].round(3).values.tolist()
    [[4.0, 2.0, 1.0]]
    >>> fit.variance_components()["estimate"].round(3).tolist()
    [7.0, 2.0]
    """
    group, random = _one_level(group, "group"), _one_level(random, "random")
    _check_arguments(df, reml, conf_level)
    design = build_design(frame, formula, group=group, random=random)
    data = design.cross_products
    optimum = minimise_criterion(data, reml=reml)
    if df == "kenward-roger":
        uncertainty = kenward_roger(data, optimum)
    else:
        uncertainty = satterthwaite(data, optimum, reml=reml)
    fixed = design.fixed
    to_terms = np.linalg.inv(fixed.scale)
    estimate = fixed.coefficients(optimum.evaluation.coefficients)
    covariance = fixed.spread**2 * to_terms @ uncertainty.covariance @ to_terms.T
    coefficients = pd.DataFrame({"term": list(fixed.terms)}).join(
        contrast_table(estimate, to_terms, fixed.spread, uncertainty, conf_level)
    )
    coefficients["statistic"] = coefficients["estimate"] / coefficients["std_error"]
    coefficients["p_value"] = 2 * stats.t.sf(np.abs(coefficients["statistic"]), coefficients["df"])
    return MixedModelFit(
        formula=formula,
        group=group,
        random=random,
        reml=reml,
        df=df,
        conf_level=conf_level,
        loglik=-fixed.criterion(optimum.evaluation.criterion, reml=reml) / 2,
        converged=optimum.converged,
        message=_message(optimum, random),
        is_boundary=optimum.is_boundary,
        n_iterations=optimum.n_iterations,
        n_rows=design.n_rows,
        n_groups=len(design.labels),
        n_dropped=fixed.n_dropped,
        residual_variance=fixed.spread**2 * optimum.evaluation.residual_variance,
        coefficients=coefficients,
        components=component_table(design, optimum, group, reml, conf_level),
        effects=effect_table(design, optimum, group, conf_level),
        covariance=pd.DataFrame(covariance, index=fixed.terms, columns=fixed.terms),
        design=design,
        uncertainty=uncertainty,
    )


def _one_level(value: str | Sequence[str], name: str) -> str:
    if isinstance(value, str):
        return value
    levels = list(value)
    if len(levels) != 1:
        raise AnalysisError(
            f"{name} names {len(levels)} levels. One level is supported: the patient. Nested "
            "levels, such as patient within clinician, are not; give one column, and let the "
            "clinician or clinic enter the formula as a fixed effect."
        )
    return levels[0]


def _check_arguments(df: str, reml: bool, conf_level: float) -> None:
    if df not in _DF_METHODS:
        raise AnalysisError(
            f"df={df!r} is no method for degrees of freedom. Allowed: {', '.join(_DF_METHODS)}."
        )
    if df == "kenward-roger" and not reml:
        raise AnalysisError(
            "df='kenward-roger' is defined for the restricted likelihood only. Use reml=True, or "
            "df='satterthwaite'."
        )
    if not 0 < conf_level < 1:
        raise AnalysisError("conf_level must lie between 0 and 1, such as 0.95.")


def _message(optimum: Optimum, random: str) -> str:
    if not optimum.converged:
        return (
            f"The search did not reach the optimum in {optimum.n_iterations} steps, so errors and "
            "intervals cannot be relied on. Try the simpler random='1'."
        )
    if not optimum.is_boundary:
        return "Converged."
    if optimum.lower.shape[0] == 1 or not optimum.lower.any():
        return (
            "Converged on the boundary: the variance between groups is estimated as zero, as far "
            "as these data can tell. The fixed effects are those of a linear model."
        )
    return (
        "Converged on the boundary: the covariance of the random effects is singular (a variance "
        f"of zero, or a correlation of one). random={random!r} asks for more than the data hold; "
        "the next simpler model is random='1'."
    )


def _summarise(fit: MixedModelFit) -> str:
    parts = [
        f"{row.term}: {row.estimate:.3g} ({fit.conf_level:.0%} CI {row.ci_low:.3g} to "
        f"{row.ci_high:.3g})"
        for row in fit.coefficients.itertuples()
    ]
    between = fit.components.loc[fit.components["group"] == fit.group]
    spread = ", ".join(
        f"{row.term} {row.scale:.3g}"
        for row in between.loc[between["other_term"].isna()].itertuples()
    )
    left = f" {fit.n_dropped:,} incomplete rows were left out." if fit.n_dropped else ""
    return (
        f"Mixed model of {fit.design.fixed.outcome} in {fit.n_groups:,} groups of {fit.group} with "
        f"{fit.n_rows:,} rows. {'; '.join(parts)}. Standard deviation between groups: {spread}; "
        f"within: {np.sqrt(fit.residual_variance):.3g}.{left} {fit.message}"
    )
