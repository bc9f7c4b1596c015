"""Means of groups, adjusted for covariates, from one least-squares fit: how groups differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.formulas import make_covariates
from hinge_outcomes.analysis.inference import mean_interval, t_quantile
from hinge_outcomes.analysis.pain.clustered_regression import (
    ClusteredRegression,
    Floats,
    fit_clustered,
)
from hinge_outcomes.exceptions import AnalysisError


@dataclass(frozen=True, slots=True)
class GroupMeans:
    """Hold the means of groups from one joint fit.

    Parameters
    ----------
    labels : tuple of str
        One per group.
    terms : tuple of str
        Names of the covariates' columns.
    regression : ClusteredRegression
        A coefficient per group (its mean where covariates are at their mean over all rows), then
        one per covariate column.
    by_patient : ClusteredRegression
        The same with patients as the independent units.
    conf_level : float
        Coverage that the intervals aim at.
    """

    labels: tuple[str, ...]
    terms: tuple[str, ...]
    regression: ClusteredRegression
    by_patient: ClusteredRegression
    conf_level: float

    def means(self) -> pd.DataFrame:
        """Give the mean of every group.

        Returns
        -------
        pandas.DataFrame
            Columns group, estimate, std_error, ci_low, ci_high, df.
        """
        return self._table("group", list(self.labels), self._contrasts(), self.regression)

    def differences(self, reference: str | None) -> pd.DataFrame:
        """Give the mean of every group less that of a reference group.

        Parameters
        ----------
        reference : str or None
            Its label; None takes the first.

        Returns
        -------
        pandas.DataFrame
            Columns group, reference, estimate, std_error, ci_low, ci_high, df.

        Raises
        ------
        AnalysisError
            If there is one group only, or the reference is none of them.
        """
        if len(self.labels) < 2:
            raise AnalysisError(
                "There is one group only, so nothing can be compared. Ask for groups with by=."
            )
        first = self.labels[0] if reference is None else reference
        if first not in self.labels:
            raise AnalysisError(
                f"reference={reference!r} is no group. Groups: {', '.join(self.labels)}."
            )
        columns = self._contrasts()
        others = [label for label in self.labels if label != first]
        rows = [columns[self.labels.index(label)] for label in others]
        table = self._table(
            "group", others, np.array(rows) - columns[self.labels.index(first)], self.regression
        )
        table.insert(1, "reference", first)
        return table

    def by_unit(self, cluster: str) -> pd.DataFrame:
        """Set the errors by unit and by method side by side: what few clusters call for.

        Parameters
        ----------
        cluster : str
            Name of the column of clusters.

        Returns
        -------
        pandas.DataFrame
            Columns group, unit, method, estimate, std_error, ci_low, ci_high, df.
        """
        columns = self._contrasts()
        names = list(self.labels)
        robust = self._table("group", names, columns, self.regression)
        patients = self._table("group", names, columns, self.by_patient)
        left_out = robust.assign(
            std_error=self.regression.jackknife_errors(columns), df=self.regression.n_clusters - 1
        )
        if self.regression.n_clusters > 1:
            reach = t_quantile(self.regression.n_clusters - 1, self.conf_level)
            left_out["ci_low"] = left_out["estimate"] - reach * left_out["std_error"]
            left_out["ci_high"] = left_out["estimate"] + reach * left_out["std_error"]
        parts = []
        for unit, method, table in (
            (cluster, "CR2", robust),
            (cluster, "delete-one jackknife", left_out),
            ("patient_id", "CR2", patients),
        ):
            table.insert(1, "unit", unit)
            table.insert(2, "method", method)
            parts.append(table)
        kept = parts if cluster != "patient_id" else parts[:2]
        return pd.concat(kept, ignore_index=True)

    def _contrasts(self) -> Floats:
        return np.eye(len(self.labels), len(self.labels) + len(self.terms))

    def _table(
        self, name: str, labels: list[str], contrasts: Floats, fit: ClusteredRegression
    ) -> pd.DataFrame:
        value, error, degrees = fit.estimates(contrasts)
        limits = [
            mean_interval(v, e, degrees_of_freedom=d, conf_level=self.conf_level)
            for v, e, d in zip(value, error, degrees, strict=True)
        ]
        return pd.DataFrame(
            {
                name: labels,
                "estimate": value,
                "std_error": error,
                "ci_low": [float(low) for low, _ in limits],
                "ci_high": [float(high) for _, high in limits],
                "df": degrees,
            }
        )


def fit_group_means(
    rows: pd.DataFrame,
    outcome: str,
    group: pd.Series,
    adjust: Sequence[str],
    cluster: str,
    conf_level: float,
) -> GroupMeans:
    """Fit the means of groups, each with the covariates of all.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per episode, complete in outcome, covariates and clusters.
    outcome : str
        Column of the outcome.
    group : pandas.Series
        Label of each row's group; groups stand in the order in which they first occur.
    adjust : sequence of str
        Columns to adjust for, in a sum; none compares plain means.
    cluster : str
        Column of the independent units.
    conf_level : float
        Coverage that the intervals aim at.

    Returns
    -------
    GroupMeans
        Means and differences.

    Raises
    ------
    NotIdentifiableError
        If a covariate is a combination of others or of the groups.

    Notes
    -----
    outcome = mean of the group + (covariates - their mean over all rows)'b + noise: analysis of
    covariance. So an adjusted mean is the mean of predictions for all rows as if each were in the
    group, which for this model is R emmeans' mean with weights as observed (``cov.reduce = mean``,
    dummies at their shares).
    """
    codes, labels = pd.factorize(group)
    dummies = np.eye(len(labels))[codes]
    columns, terms = np.empty((len(rows), 0)), tuple[str, ...]()
    if adjust:
        covariates, columns = make_covariates(" + ".join(adjust), rows)
        terms = covariates.names
    x = np.column_stack([dummies, columns - columns.mean(axis=0)])
    y = rows[outcome].to_numpy(dtype=float)
    regression = fit_clustered(x, y, rows[cluster])
    by_patient = regression
    if cluster != "patient_id":
        by_patient = fit_clustered(x, y, rows["patient_id"])
    return GroupMeans(tuple(map(str, labels)), terms, regression, by_patient, conf_level)
