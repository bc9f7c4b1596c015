"""Predictions of a mixed model for further rows, and comparisons between them."""

from typing import Protocol

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.pain.fixed_columns import FixedColumns
from hinge_outcomes.analysis.pain.mixed_design import LevelColumns
from hinge_outcomes.analysis.pain.mixed_inference import Uncertainty
from hinge_outcomes.analysis.pain.mixed_kernel import Array
from hinge_outcomes.analysis.pain.mixed_tables import combination_table, fill_rows
from hinge_outcomes.analysis.pain.model_columns import check_columns, further_columns
from hinge_outcomes.exceptions import AnalysisError


class FittedModel(Protocol):
    """Describe what predictions read of a fitted mixed model."""

    @property
    def conf_level(self) -> float:
        """Give the coverage that intervals aim at."""

    @property
    def coefficients(self) -> pd.DataFrame:
        """Give the fixed effects."""

    @property
    def fixed(self) -> FixedColumns:
        """Give how the fixed columns were made."""

    @property
    def levels(self) -> tuple[LevelColumns, ...]:
        """Give the levels, from the innermost."""

    @property
    def uncertainty(self) -> Uncertainty:
        """Give errors and degrees of freedom."""

    def effects(self) -> list[tuple[Array, Array]]:
        """Give the predicted effects of every level with their errors."""


def compare_rows(fit: FittedModel, frame: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Compare the mean outcome of rows with that of reference rows.

    Parameters
    ----------
    fit : FittedModel
        The model.
    frame, reference : pandas.DataFrame
        The columns of the formula, complete, the same number of rows.

    Returns
    -------
    pandas.DataFrame
        Columns estimate, std_error, ci_low, ci_high, df; index of ``frame``.

    Raises
    ------
    AnalysisError
        If a column is missing, a row is incomplete, or the lengths differ.
    """
    fixed = fit.fixed
    is_complete, x = further_columns(fixed.spec, frame, fixed.formula)
    is_known, base = further_columns(fixed.spec, reference, fixed.formula)
    if len(frame) != len(reference) or not is_complete.all() or not is_known.all():
        raise AnalysisError(
            f"Rows are compared one by one: expected two frames of the same length without missing "
            f"values, found {len(frame)} and {len(reference)} rows."
        )
    table = _combine(fit, x - base)
    return table.set_index(frame.index)


def predict_rows(fit: FittedModel, frame: pd.DataFrame, has_random_effects: bool) -> pd.DataFrame:
    """Predict the mean outcome for further rows.

    Parameters
    ----------
    fit : FittedModel
        The model.
    frame : pandas.DataFrame
        The columns of the formula.
    has_random_effects : bool
        Add each group's own deviation.

    Returns
    -------
    pandas.DataFrame
        Columns estimate, std_error, ci_low, ci_high, df; index of ``frame``.

    Raises
    ------
    AnalysisError
        If a column is not there or holds a group that the fit has not seen.
    """
    is_complete, x = further_columns(fit.fixed.spec, frame, fit.fixed.formula)
    table = fill_rows(_combine(fit, x), is_complete, frame.index)
    if not has_random_effects:
        return table
    added = np.zeros(len(frame))
    for level, (values, _) in zip(fit.levels, fit.effects(), strict=True):
        added += _own_effects(frame, level, values)
    table["estimate"] += added
    return table.assign(std_error=np.nan, ci_low=np.nan, ci_high=np.nan, df=np.nan)


def _own_effects(frame: pd.DataFrame, level: LevelColumns, values: Array) -> Array:
    """Give what each row's unit of a level adds; nothing for a unit the fit has not seen."""
    check_columns(frame, list(level.keys))
    is_complete, z = further_columns(level.spec, frame, level.random)
    keys = frame.loc[is_complete, list(level.keys)]
    wanted = pd.MultiIndex.from_frame(keys) if len(level.keys) > 1 else pd.Index(keys.iloc[:, 0])
    place = level.labels.get_indexer(wanted)
    known = np.where((place >= 0)[:, None], values[np.maximum(place, 0)], 0.0)
    added = np.full(len(frame), np.nan)
    added[is_complete] = (z * known).sum(axis=1)
    return added


def _combine(fit: FittedModel, columns: Array) -> pd.DataFrame:
    return combination_table(columns, fit.coefficients, fit.fixed, fit.uncertainty, fit.conf_level)
