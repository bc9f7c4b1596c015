"""The result of a Cox model: hazard ratios, baseline hazards, tests and residuals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import t_quantile
from hinge_outcomes.analysis.progression.clustered_curves import clustered_curve_error
from hinge_outcomes.analysis.progression.cox_model import CoxModel
from hinge_outcomes.analysis.progression.cox_reader import CoxRows
from hinge_outcomes.analysis.progression.cox_tables import (
    hazard_ratio_table,
    log_interval,
    ratios_in_words,
)
from hinge_outcomes.analysis.progression.delete_one import FEW_CLUSTERS, TOO_FEW_CLUSTERS
from hinge_outcomes.analysis.progression.proportional_hazards import function_of_time, score_test
from hinge_outcomes.analysis.progression.risk_sets import Floats
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes


@dataclass(frozen=True, slots=True)
class CoxFit(Result):
    """Hold a fitted Cox model.

    Parameters
    ----------
    rows : CoxRows
        The rows it rests on.
    model : CoxModel
        Coefficients, risk sets and residuals, as arrays.
    influence : ndarray, shape (G, p), or None
        What each cluster contributes to the coefficients, where errors allow for clusters.
    ties : str
        "efron" or "breslow".
    conf_level : float
        Share of intervals meant to hold the truth.
    """

    rows: CoxRows
    model: CoxModel
    influence: Floats | None
    ties: str
    conf_level: float

    @property
    def loglik(self) -> float:
        """Give the maximised log partial likelihood.

        Returns
        -------
        float
            Log-likelihood.
        """
        return self.model.maximum.likelihood.loglik

    @property
    def null_loglik(self) -> float:
        """Give the log partial likelihood without covariates.

        Returns
        -------
        float
            Log-likelihood with all coefficients 0.
        """
        return self.model.maximum.null_loglik

    @property
    def converged(self) -> bool:
        """Tell whether a finite maximum was reached.

        Returns
        -------
        bool
            False where a coefficient runs to infinity; `message` names it.
        """
        return self.model.maximum.has_converged

    @property
    def n_rows(self) -> int:
        """Count the rows used.

        Returns
        -------
        int
            Rows.
        """
        return len(self.rows.stop)

    @property
    def n_events(self) -> int:
        """Count the events.

        Returns
        -------
        int
            Events, also where there are weights.
        """
        return len(self.model.sets.event)

    @property
    def n_dropped(self) -> int:
        """Count the rows left out for a missing value.

        Returns
        -------
        int
            Rows.
        """
        return self.rows.n_dropped

    @property
    def n_clusters(self) -> int:
        """Count the clusters that the errors allow for.

        Returns
        -------
        int
            Clusters; 0 where errors are model-based.
        """
        return self.rows.n_clusters

    @property
    def degrees_of_freedom(self) -> float:
        """Give the degrees of freedom of the intervals.

        Returns
        -------
        float
            Clusters less one where there are few (up to 50); infinity (normal) otherwise.
        """
        is_few = 0 < self.n_clusters <= FEW_CLUSTERS
        return float(self.n_clusters - 1) if is_few else np.inf

    @property
    def coefficients(self) -> pd.Series:
        """Give the log hazard ratios.

        Returns
        -------
        Series
            One per term.
        """
        return pd.Series(self.model.coefficients, index=list(self.rows.covariates.names))

    @property
    def covariance(self) -> pd.DataFrame:
        """Give the covariance of the log hazard ratios.

        Returns
        -------
        DataFrame
            Robust where there are clusters, else the inverse information; named by term.
        """
        names = list(self.rows.covariates.names)
        return pd.DataFrame(self._covariance(), index=names, columns=names)

    @property
    def message(self) -> str:
        """Say whether the fit can be relied on, and what to do if not.

        Returns
        -------
        str
            One or two sentences.
        """
        return " ".join(filter(None, [self._convergence(), self._few_clusters()]))

    def table(self) -> pd.DataFrame:
        """Give the hazard ratios.

        Returns
        -------
        DataFrame
            ``term``; ``estimate``, the log hazard ratio, with ``std_error``, ``ci_low``,
            ``ci_high``; ``hazard_ratio``, ``hazard_ratio_low``, ``hazard_ratio_high``;
            ``naive_std_error`` (inverse information) and ``robust_std_error`` (clusters; missing
            without), of which ``std_error`` is the robust one where there is one; ``df``,
            ``statistic``, ``p_value``. An infinite coefficient has no error.
        """
        naive = np.sqrt(np.diag(self.model.covariance()))
        robust = None if self.influence is None else np.sqrt(np.diag(self._covariance()))
        return hazard_ratio_table(
            self.rows.covariates.names,
            self.model.coefficients,
            naive,
            robust,
            degrees_of_freedom=self.degrees_of_freedom,
            conf_level=self.conf_level,
        )

    def baseline(self, at: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Give the cumulative hazard at every event time, by stratum.

        Parameters
        ----------
        at : mapping, optional
            Covariates of the patient whose hazard it is, by column of the frame. Default: all
            columns of the model are 0, the reference group and age 0, as ``basehaz(fit, centered =
            FALSE)`` in R.

        Returns
        -------
        DataFrame
            The stratum columns, ``time``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``
            (symmetric on the log scale), ``n_at_risk`` (rows with start < time <= stop) and
            ``n_events``. Errors allow for clusters where the model does; those of the coefficients
            are part of them.

        Raises
        ------
        AnalysisError
            If a covariate is missing or holds a group that the fit has not seen.
        """
        covariates, sets = self.rows.covariates, self.model.sets
        patient = np.zeros(len(covariates.names)) if at is None else self.columns_of(at)
        hazard, error = self.model.cumulative_hazard(patient)
        if self.influence is not None and self.rows.cluster is not None:
            error = clustered_curve_error(self.model, patient, self.rows.cluster, self.influence)
        quantile = t_quantile(self.degrees_of_freedom, self.conf_level)
        low, high = log_interval(hazard, error, quantile)
        curve = pd.DataFrame(
            {
                "time": sets.point_time,
                "estimate": hazard,
                "std_error": error,
                "ci_low": low,
                "ci_high": high,
                "n_at_risk": sets.at_risk().astype(np.int64),
                "n_events": sets.by_point().astype(np.int64),
            }
        )
        strata = self.rows.strata.iloc[sets.point_stratum].reset_index(drop=True)
        return pd.concat([strata, curve], axis=1)

    def columns_of(self, patient: Mapping[str, Any]) -> Floats:
        """Make the model's columns for one patient.

        Parameters
        ----------
        patient : mapping
            Covariates by column of the frame.

        Returns
        -------
        ndarray, shape (p,)
            In the order of ``table()``.

        Raises
        ------
        AnalysisError
            If a covariate is missing or holds a group that the fit has not seen.
        """
        frame = pd.DataFrame({name: [patient[name]] for name in patient}, index=[0])
        columns: Floats = self.rows.covariates.columns_of(frame)[0]
        return columns

    def proportional_hazards_test(self, transform: str = "km") -> pd.DataFrame:
        """Test whether the hazard ratios stay the same over time.

        Parameters
        ----------
        transform : {"km", "identity", "rank", "log"}, default "km"
            Function of time with which an effect may change: one less the Kaplan-Meier estimate
            just before, the time, its rank, or its logarithm.

        Returns
        -------
        DataFrame
            ``term`` (all columns of a term together; the last row, GLOBAL, is all terms),
            ``statistic`` (chi-squared), ``df``, ``p_value``. A small p-value says that the ratio is
            an average over time, not that the model is useless.

        Raises
        ------
        AnalysisError
            If the function is not one of those listed, the model has no covariates, or the fit did
            not converge.
        """
        if not self.rows.covariates.names:
            raise AnalysisError("A model without covariates has no hazard ratios to test.")
        if not self.converged:
            raise AnalysisError(f"Hazard ratios cannot be tested over time. {self._convergence()}")
        rows, sets = self.rows, self.model.sets
        moment = function_of_time(
            transform, rows.start, rows.stop, rows.is_event, rows.stop[sets.event]
        )
        return score_test(self.model, rows.covariates.terms, moment)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the hazard ratios with their intervals on a logarithmic axis.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_hazard_ratios

        label = f"Hazard ratio ({self.conf_level:.0%} CI)"
        return draw_hazard_ratios(self.table(), ax=ax, label=label)

    def summary(self) -> str:
        """Say the hazard ratios in one paragraph.

        Returns
        -------
        str
            Ratios with intervals, the numbers they rest on, and what to beware of.
        """
        rows = self.rows
        ratios = ratios_in_words(self.table(), self.conf_level)
        strata = list(rows.strata.columns)
        within = f" Compared within {len(rows.strata):,} strata of {', '.join(strata)}." * bool(
            strata
        )
        errors = (
            f" Errors allow for {self.n_clusters:,} clusters ({rows.cluster_name})."
            if self.n_clusters
            else " Errors take rows as independent."
        )
        dropped = f" {self.n_dropped:,} incomplete rows were left out." if self.n_dropped else ""
        return (
            f"Hazard ratios: {ratios or 'none (no covariates)'}. {self.n_events:,} events in "
            f"{self.n_rows:,} rows.{within}{errors}{dropped} {self.message}"
        )

    def _covariance(self) -> Floats:
        if self.influence is None:
            return self.model.covariance()
        if self.n_clusters < 2:
            return np.full((self.influence.shape[1],) * 2, np.nan)
        return self.influence.T @ self.influence

    def _convergence(self) -> str:
        maximum = self.model.maximum
        if maximum.has_converged:
            return "Converged."
        if maximum.is_infinite.any():
            names = np.array(self.rows.covariates.names)[maximum.is_infinite]
            return (
                f"Not converged: {', '.join(names)} would have an infinite coefficient, because "
                "everybody or nobody on one side of it had the event. Join groups or leave the "
                "term out; the other terms can be read."
            )
        return (
            f"Not converged after {maximum.n_steps} steps, so nothing here can be relied on. Use "
            "fewer terms."
        )

    def _few_clusters(self) -> str:
        if not 0 < self.n_clusters <= FEW_CLUSTERS:
            return ""
        name = self.rows.cluster_name
        if self.n_clusters < 2:
            return f"There is one cluster of {name} only, so no robust errors exist."
        if self.n_clusters < TOO_FEW_CLUSTERS:
            return (
                f"{self.n_clusters} clusters of {name} are too few for robust errors to be "
                "trusted: read the naive errors beside them."
            )
        return f"With {self.n_clusters} clusters intervals are Student's t."
