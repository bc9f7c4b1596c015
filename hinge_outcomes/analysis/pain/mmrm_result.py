"""A fitted mixed model for repeated measures: means, differences and the covariance of visits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.pain.fixed_columns import FixedColumns
from hinge_outcomes.analysis.pain.mixed_inference import Uncertainty
from hinge_outcomes.analysis.pain.mixed_tables import fill_rows
from hinge_outcomes.analysis.pain.mmrm_means import (
    combinations_of_terms,
    contrast_columns,
    mean_columns,
)
from hinge_outcomes.analysis.pain.model_columns import further_columns
from hinge_outcomes.analysis.results import Result

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes


@dataclass(frozen=True, slots=True)
class MMRMFit(Result):
    """Hold a fitted mixed model for repeated measures.

    Parameters
    ----------
    formula, subject, visit : str
        The model as it was asked for.
    asked, structure : str
        The covariance structure asked for, and the one the scores could hold.
    df : str
        Method for the degrees of freedom.
    reml : bool
        Restricted likelihood (True) or full likelihood (False).
    conf_level : float
        Coverage that the intervals aim at.
    loglik : float
        Maximised log-likelihood, restricted if ``reml``; the constants are those of R's mmrm.
    converged : bool
        Whether a maximum was reached; a fit without one is never given.
    message : str
        What the search met, such as a structure the scores could not hold.
    n_iterations : int
        Steps of the search.
    n_rows, n_subjects, n_dropped : int
        Scores and subjects used; rows left out for a missing value.
    coefficients : pandas.DataFrame
        What `table` gives.
    covariance : pandas.DataFrame
        Covariance of the fixed effects, rows and columns named by term.
    residual_covariance : pandas.DataFrame
        Covariance of a subject's scores given the fixed effects, rows and columns named by visit.
    fixed : FixedColumns
        How the columns were made.
    uncertainty : Uncertainty
        Errors and degrees of freedom.
    """

    formula: str
    subject: str
    visit: str
    asked: str
    structure: str
    df: str
    reml: bool
    conf_level: float
    loglik: float
    converged: bool
    message: str
    n_iterations: int
    n_rows: int
    n_subjects: int
    n_dropped: int
    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    residual_covariance: pd.DataFrame
    fixed: FixedColumns
    uncertainty: Uncertainty

    def table(self) -> pd.DataFrame:
        """Give the fixed effects.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, ci_low, ci_high, df, statistic, p_value.
        """
        return self.coefficients.copy()

    def marginal_means(
        self, by: str | Sequence[str] | None = None, *, weights: str = "equal"
    ) -> pd.DataFrame:
        """Give the mean at every visit, by groups if wished.

        Parameters
        ----------
        by : str or sequence of str, optional
            Columns of the formula with levels.
        weights : {"equal", "observed"}, default "equal"
            "equal" averages over the other groups with equal weights and puts numbers at their
            mean over the rows used, as R's emmeans does; "observed" averages over the rows used.

        Returns
        -------
        pandas.DataFrame
            The groups, the visit, estimate, std_error, ci_low, ci_high, df.

        Raises
        ------
        AnalysisError
            If a group is no column with levels.
        """
        names = [by] if isinstance(by, str) else list(by or ())
        cells, columns = mean_columns(self, names, weights)
        return cells.join(combinations_of_terms(self, columns))

    def contrast(
        self,
        of: str | Mapping[str, float],
        *,
        reference: Any = None,
        weights: str = "equal",
    ) -> pd.DataFrame:
        """Give differences between groups at every visit, or one combination of terms.

        Parameters
        ----------
        of : str or mapping
            A column of the formula with levels, whose levels are compared with the reference; or
            weights of terms by name.
        reference : object, optional
            The level compared with; default the first.
        weights : {"equal", "observed"}, default "equal"
            As in `marginal_means`.

        Returns
        -------
        pandas.DataFrame
            Columns contrast, the visit (for groups), estimate, std_error, ci_low, ci_high, df,
            statistic, p_value.

        Raises
        ------
        AnalysisError
            If a column, term or level is not there.

        Examples
        --------
        >>> from hinge_outcomes.analysis.pain.mmrm import fit_mmrm
        >>> frame = pd.DataFrame({"who": list("aabbccdd"), "week": [1, 2] * 4,
        ...     "arm": list("xxxxyyyy"), "pain": [5.0, 3, 6, 5, 7, 7, 8, 6]})
        >>> fit = fit_mmrm(frame, "pain ~ arm * C(week)", subject="who", visit="week")
        >>> fit.contrast("arm")[["contrast", "week", "estimate"]].round(6).values.tolist()
        [['y - x', 1, 2.0], ['y - x', 2, 2.5]]
        """
        cells, columns = contrast_columns(self, of, reference, weights)
        return tested(cells.join(combinations_of_terms(self, columns)))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Predict the mean outcome for further rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            The columns of the formula.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error, ci_low, ci_high, df, one row per row of ``frame``; missing
            where a column of the formula is.

        Raises
        ------
        AnalysisError
            If a column is not there or holds a group that the fit has not seen.
        """
        is_complete, columns = further_columns(self.fixed.spec, frame, self.formula)
        return fill_rows(combinations_of_terms(self, columns), is_complete, frame.index)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the mean at every visit with its interval.

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

        means = self.marginal_means().drop(columns="df")
        label = f"Mean {self.fixed.outcome} ({self.conf_level:.0%} CI)"
        return draw_intervals(means.astype({self.visit: "str"}), ax=ax, label=label)

    def summary(self) -> str:
        """Say the model in one paragraph.

        Returns
        -------
        str
            Means at the visits with intervals, what they rest on and assume, what the search met.
        """
        told = "; ".join(
            f"{row[self.visit]}: {row['estimate']:.2f} ({row['ci_low']:.2f} to "
            f"{row['ci_high']:.2f})"
            for row in self.marginal_means().to_dict("records")
        )
        left = f" {self.n_dropped:,} incomplete rows were left out." if self.n_dropped else ""
        return (
            f"Mean {self.fixed.outcome} by {self.visit} ({self.conf_level:.0%} CI): {told}. From "
            f"{self.n_rows:,} scores of {self.n_subjects:,} subjects, covariance "
            f"{self.structure.replace('_', ' ')}; scores are assumed missing at random given the "
            f"scores seen.{left} {self.message}"
        )


def tested(table: pd.DataFrame) -> pd.DataFrame:
    """Add the test of no difference to estimates with their degrees of freedom.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns estimate, std_error and df among others.

    Returns
    -------
    pandas.DataFrame
        The same with statistic and p_value.
    """
    statistic = table["estimate"] / table["std_error"]
    return table.assign(statistic=statistic, p_value=2 * stats.t.sf(np.abs(statistic), table["df"]))
