"""A fitted linear mixed model: effects, variances, each group's own deviation, predictions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.pain.fixed_columns import FixedColumns
from hinge_outcomes.analysis.pain.mixed_design import LevelColumns, MixedDesign
from hinge_outcomes.analysis.pain.mixed_inference import Uncertainty
from hinge_outcomes.analysis.pain.mixed_kernel import Array
from hinge_outcomes.analysis.pain.mixed_optimum import Optimum
from hinge_outcomes.analysis.pain.mixed_predictions import compare_rows, predict_rows
from hinge_outcomes.analysis.pain.mixed_residuals import check_table, residual_frame
from hinge_outcomes.analysis.pain.mixed_tables import effect_table, predicted_effects
from hinge_outcomes.analysis.pain.nested_design import NestedDesign
from hinge_outcomes.analysis.pain.nested_inference import nested_effects
from hinge_outcomes.analysis.pain.nested_optimum import NestedOptimum
from hinge_outcomes.analysis.results import Result

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes


@dataclass(frozen=True, slots=True)
class MixedModelFit(Result):
    """Hold a fitted linear mixed model.

    Parameters
    ----------
    formula : str
        The fixed effects as they were asked for.
    groups, randoms : tuple of str
        Columns of the levels and the effects of each, from the innermost.
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
        Whether the covariance of the random effects of a level is singular.
    n_iterations : int
        Newton steps.
    n_rows, n_dropped : int
        Rows used, and rows left out for a missing value.
    n_units : tuple of int
        Groups of each level, from the innermost.
    residual_variance : float
        Variance within groups.
    coefficients : pandas.DataFrame
        What `table` gives.
    components : pandas.DataFrame
        What `variance_components` gives.
    covariance : pandas.DataFrame
        Covariance of the fixed effects, rows and columns named by term.
    design : MixedDesign or NestedDesign
        Columns and cross-products.
    optimum : Optimum or NestedOptimum
        Where the search ended.
    uncertainty : Uncertainty
        Errors and degrees of freedom in the design's coordinates.
    """

    formula: str
    groups: tuple[str, ...]
    randoms: tuple[str, ...]
    reml: bool
    df: str
    conf_level: float
    loglik: float
    converged: bool
    message: str
    is_boundary: bool
    n_iterations: int
    n_rows: int
    n_dropped: int
    n_units: tuple[int, ...]
    residual_variance: float
    coefficients: pd.DataFrame
    components: pd.DataFrame
    covariance: pd.DataFrame
    design: MixedDesign | NestedDesign
    optimum: Optimum | NestedOptimum
    uncertainty: Uncertainty

    @property
    def n_groups(self) -> int:
        """Count the groups of the innermost level.

        Returns
        -------
        int
            Groups used.
        """
        return self.n_units[0]

    @property
    def fixed(self) -> FixedColumns:
        """Give how outcome and fixed columns were made.

        Returns
        -------
        FixedColumns
            Of the design.
        """
        return self.design.fixed

    @property
    def levels(self) -> tuple[LevelColumns, ...]:
        """Give how the random columns of each level were made.

        Returns
        -------
        tuple of LevelColumns
            From the innermost.
        """
        return levels_of(self.design)

    def effects(self) -> list[tuple[Array, Array]]:
        """Predict the effects of every unit, as arrays.

        Returns
        -------
        list of (ndarray, ndarray), each of shape (n_l, q_l)
            Values and errors of each level from the innermost.
        """
        return effects_of(self.design, self.optimum)

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
            outcome; with several levels, level (a group's column) and unit (its label) in place of
            the group. The error is that of the deviation given the fixed effects and variances.
        """
        return effect_table(self.levels, self.effects(), self.conf_level)

    def predict(self, frame: pd.DataFrame, *, has_random_effects: bool = False) -> pd.DataFrame:
        """Predict the mean outcome for further rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            The columns of the formula; and those of the groups with ``has_random_effects``.
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

    def residuals(self) -> pd.DataFrame:
        """Give what the model says of every row used, and what it leaves.

        Returns
        -------
        pandas.DataFrame
            The columns of the model, then fitted, fitted_own (with own deviations), residual and
            standardised (in residual standard deviations).
        """
        return residual_frame(self)

    def residual_checks(self) -> pd.DataFrame:
        """Compare residuals and deviations with the normal noise of equal spread that is assumed.

        Returns
        -------
        pandas.DataFrame
            Columns of, check, value, expected (if the model were true), meaning.
        """
        return check_table(self)

    def plot_residuals(self, ax: "Axes | None" = None) -> "Axes":
        """Draw residuals against the quantiles of normal noise.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing: dots on the line are normal.
        """
        from hinge_outcomes.plotting import draw_normal_quantiles

        return draw_normal_quantiles(self.residuals(), ax)

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

        label = f"Effect on {self.fixed.outcome} ({self.conf_level:.0%} CI)"
        return draw_intervals(self.table(), ax=ax, reference=0.0, label=label)

    def summary(self) -> str:
        """Say the model in one paragraph.

        Returns
        -------
        str
            Effects with intervals, the spread between groups, and what the search met.
        """
        return _summarise(self)


def levels_of(design: MixedDesign | NestedDesign) -> tuple[LevelColumns, ...]:
    """Give how the random columns of each level were made, whatever the design.

    Parameters
    ----------
    design : MixedDesign or NestedDesign
        Of one level, or of several.

    Returns
    -------
    tuple of LevelColumns
        From the innermost.
    """
    return design.levels if isinstance(design, NestedDesign) else (design.level,)


def effects_of(
    design: MixedDesign | NestedDesign, optimum: Optimum | NestedOptimum
) -> list[tuple[Array, Array]]:
    """Predict the effects of every unit, whatever the design.

    Parameters
    ----------
    design : MixedDesign or NestedDesign
        Of one level, or of several.
    optimum : Optimum or NestedOptimum
        Of the same kind.

    Returns
    -------
    list of (ndarray, ndarray)
        Values and errors of each level from the innermost.
    """
    if isinstance(design, NestedDesign) and isinstance(optimum, NestedOptimum):
        return nested_effects(design, optimum)
    assert isinstance(design, MixedDesign)
    assert isinstance(optimum, Optimum)
    return [predicted_effects(design, optimum)]


def _summarise(fit: MixedModelFit) -> str:
    parts = [
        f"{row.term}: {row.estimate:.3g} ({fit.conf_level:.0%} CI {row.ci_low:.3g} to "
        f"{row.ci_high:.3g})"
        for row in fit.coefficients.itertuples()
    ]
    between = fit.components[fit.components["term"].notna() & fit.components["other_term"].isna()]
    spread = ", ".join(f"{row.term} {row.scale:.3g} ({row.group})" for row in between.itertuples())
    groups = ", ".join(
        f"{n:,} groups of {name}" for n, name in zip(fit.n_units, fit.groups, strict=True)
    )
    left = f" {fit.n_dropped:,} incomplete rows were left out." if fit.n_dropped else ""
    return (
        f"Mixed model of {fit.fixed.outcome} in {groups} with {fit.n_rows:,} rows. "
        f"{'; '.join(parts)}. Standard deviation between groups: {spread}; "
        f"within: {np.sqrt(fit.residual_variance):.3g}.{left} {fit.message}"
    )
