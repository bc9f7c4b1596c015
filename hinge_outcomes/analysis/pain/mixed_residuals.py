"""What a mixed model leaves unexplained, and whether it looks like the noise it assumes."""

from typing import Protocol

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.pain.fixed_columns import FixedColumns
from hinge_outcomes.analysis.pain.mixed_design import LevelColumns
from hinge_outcomes.analysis.pain.mixed_kernel import Array

_FAR = 3.0
"""Standard deviations beyond which a residual counts as far out."""


class Predicting(Protocol):
    """Describe what residuals read of a fitted mixed model."""

    @property
    def fixed(self) -> FixedColumns:
        """Give how the fixed columns were made."""

    @property
    def levels(self) -> tuple[LevelColumns, ...]:
        """Give the levels, from the innermost."""

    @property
    def residual_variance(self) -> float:
        """Give the variance within groups."""

    def effects(self) -> list[tuple[Array, Array]]:
        """Give the predicted effects of every level with their errors."""

    def predict(self, frame: pd.DataFrame, *, has_random_effects: bool = False) -> pd.DataFrame:
        """Predict the mean outcome for rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            The columns of the model.
        has_random_effects : bool, default False
            Add each group's own deviation.

        Returns
        -------
        pandas.DataFrame
            Column estimate among others, one row per row of ``frame``.
        """


def residual_frame(fit: Predicting) -> pd.DataFrame:
    """Set out what the model says of every row used, and what it leaves.

    Parameters
    ----------
    fit : Predicting
        The model.

    Returns
    -------
    pandas.DataFrame
        The columns of the model, then fitted (mean), fitted_own (with every group's own deviation),
        residual (outcome less fitted_own), standardised (in residual standard deviations).
    """
    rows = fit.fixed.rows
    own = fit.predict(rows, has_random_effects=True)["estimate"].to_numpy()
    residual = fit.fixed.outcomes() - own
    return rows.assign(
        fitted=fit.predict(rows)["estimate"].to_numpy(),
        fitted_own=own,
        residual=residual,
        standardised=residual / np.sqrt(fit.residual_variance),
    )


def check_table(fit: Predicting) -> pd.DataFrame:
    """Compare residuals and deviations with the normal noise of equal spread that is assumed.

    Parameters
    ----------
    fit : Predicting
        The model.

    Returns
    -------
    pandas.DataFrame
        Columns of (what is looked at), check, value, expected (if the model were true), meaning
        (what a value far from it says).

    Notes
    -----
    Predicted deviations are shrunken, and more normal than the deviations themselves: a skew among
    them is a sign, its absence is none.
    """
    table = residual_frame(fit)
    z = table["standardised"].to_numpy(dtype=float)
    order = np.argsort(table["fitted_own"].to_numpy(), kind="stable")
    third = max(len(z) // 3, 1)
    low, high = z[order[:third]].std(), z[order[-third:]].std()
    far = float((np.abs(z) > _FAR).mean())
    rows = [
        *_shape("residuals", z),
        ("residuals", f"share beyond {_FAR:g} standard deviations", far,
         float(2 * stats.norm.sf(_FAR)), "more: single rows far from their line"),
        ("residuals", "spread at high over spread at low fitted values",
         float(high / low) if low > 0 else float(np.nan), 1.0,
         "far from 1: noise that grows or shrinks with the outcome, or a scale with an end"),
    ]  # fmt: skip
    for level, (values, _) in zip(fit.levels, fit.effects(), strict=True):
        for term, column in zip(level.terms, values.T, strict=True):
            if column.std() > 0:
                rows += _shape(f"{level.group}: {term}", column / column.std())[:1]
    return pd.DataFrame(rows, columns=["of", "check", "value", "expected", "meaning"])


def _shape(name: str, z: Array) -> list[tuple[str, str, float, float, str]]:
    """Give skewness, excess kurtosis and the correlation with normal scores."""
    scores = stats.norm.ppf((np.arange(1, len(z) + 1) - 0.375) / (len(z) + 0.25))
    agreement = float(np.corrcoef(scores, np.sort(z))[0, 1])
    return [
        (name, "skewness", float(stats.skew(z)), 0.0, "a tail to one side"),
        (name, "excess kurtosis", float(stats.kurtosis(z)), 0.0, "heavier or lighter tails"),
        (name, "correlation with normal scores", agreement, 1.0, "less: not normal"),
    ]
