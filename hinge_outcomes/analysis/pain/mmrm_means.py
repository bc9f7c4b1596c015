"""Means of an MMRM over visits and groups, and how groups differ at each visit."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.formulas import column_names
from hinge_outcomes.analysis.pain.fixed_columns import FixedColumns
from hinge_outcomes.analysis.pain.mixed_inference import Uncertainty
from hinge_outcomes.analysis.pain.mixed_tables import combination_table
from hinge_outcomes.analysis.pain.model_columns import Array, further_columns
from hinge_outcomes.exceptions import AnalysisError

WEIGHTS = ("equal", "observed")


class FittedVisits(Protocol):
    """Describe what means read of a fitted MMRM."""

    @property
    def visit(self) -> str:
        """Give the column of visits."""

    @property
    def conf_level(self) -> float:
        """Give the coverage that intervals aim at."""

    @property
    def coefficients(self) -> pd.DataFrame:
        """Give the fixed effects."""

    @property
    def fixed(self) -> FixedColumns:
        """Give how the columns were made."""

    @property
    def uncertainty(self) -> Uncertainty:
        """Give errors and degrees of freedom."""


def combinations_of_terms(fit: FittedVisits, columns: Array) -> pd.DataFrame:
    """Give combinations of the coefficients with their errors.

    Parameters
    ----------
    fit : FittedVisits
        The model.
    columns : ndarray, shape (m, p)
        One combination per row.

    Returns
    -------
    pandas.DataFrame
        Columns estimate, std_error, ci_low, ci_high, df.
    """
    return combination_table(columns, fit.coefficients, fit.fixed, fit.uncertainty, fit.conf_level)


def mean_columns(fit: FittedVisits, by: Sequence[str], weights: str) -> tuple[pd.DataFrame, Array]:
    """Give the columns whose combination is the mean at each visit and group.

    Parameters
    ----------
    fit : FittedVisits
        The model.
    by : sequence of str
        Groups, columns of the formula with levels.
    weights : {"equal", "observed"}
        How the other columns are averaged over.

    Returns
    -------
    cells : pandas.DataFrame
        One row per visit and group: the groups, then the visit.
    columns : ndarray, shape (len(cells), p)
        Averages of the formula's columns.

    Raises
    ------
    AnalysisError
        If a group is no column with levels, or the weights are not known.
    """
    if weights not in WEIGHTS:
        raise AnalysisError(f"weights={weights!r} are not known. Allowed: {', '.join(WEIGHTS)}.")
    levels = factor_levels(fit)
    unknown = [name for name in by if name not in levels or name == fit.visit]
    if unknown:
        known = [name for name in levels if name != fit.visit]
        raise AnalysisError(
            f"{', '.join(unknown)} is no group of this model. Its groups are: "
            f"{', '.join(known) or 'none'}."
        )
    named = [*by, fit.visit]
    cells = pd.MultiIndex.from_product([levels[name] for name in named], names=named)
    rows = fit.fixed.rows
    variables = column_names(fit.fixed.spec)
    others = [name for name in variables if name not in named]
    if weights == "observed":
        base = rows[others].copy()
    else:
        grid = [levels[name] if name in levels else [rows[name].mean()] for name in others]
        base = pd.MultiIndex.from_product(grid, names=others).to_frame(index=False) if others else (
            pd.DataFrame(index=[0])
        )  # fmt: skip
    # All cells in one frame: the formula is evaluated once, whatever their number.
    whole = pd.concat([base] * len(cells), ignore_index=True)
    for name in named:
        values = cells.get_level_values(name).repeat(len(base))
        whole[name] = _column(values, rows[name])
    _, made = further_columns(fit.fixed.spec, whole, fit.fixed.formula)
    averages = made.reshape(len(cells), len(base), -1).mean(axis=1)
    return cells.to_frame(index=False), averages


def factor_levels(fit: FittedVisits) -> dict[str, list[Any]]:
    """List the levels of every column of the formula that has levels, and of the visits.

    Parameters
    ----------
    fit : FittedVisits
        The model.

    Returns
    -------
    dict of str to list
        Text and category columns, numbers inside ``C()``, and the visits.
    """
    rows, spec = fit.fixed.rows, fit.fixed.spec
    inside = {
        str(name)
        for factor in spec.encoder_state
        if str(factor).startswith("C(")
        for name in column_names(spec)
        if str(factor)[2:].split(",")[0].rstrip(")").strip() == str(name)
    }
    found = {}
    for name in dict.fromkeys([*column_names(spec), fit.visit]):
        column = rows[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            found[name] = list(column.cat.categories)
        elif name in inside or name == fit.visit or not pd.api.types.is_numeric_dtype(column):
            found[name] = sorted(column.unique())
    return found


def contrast_columns(
    fit: FittedVisits, asked: str | Mapping[str, float], reference: Any, weights: str
) -> tuple[pd.DataFrame, Array]:
    """Give the columns of differences between groups at each visit, or of one combination.

    Parameters
    ----------
    fit : FittedVisits
        The model.
    asked : str or mapping
        A column with levels, or weights of terms.
    reference : object
        Level that the others are compared with; None takes the first.
    weights : {"equal", "observed"}
        How the other columns are averaged over.

    Returns
    -------
    cells : pandas.DataFrame
        What each row compares.
    columns : ndarray, shape (len(cells), p)
        Differences of averages of the formula's columns.

    Raises
    ------
    AnalysisError
        If a column, term or level is not there.
    """
    if isinstance(asked, Mapping):
        unknown = [term for term in asked if term not in fit.fixed.terms]
        if unknown:
            raise AnalysisError(
                f"The model has no term {', '.join(unknown)}. Its terms are: "
                f"{', '.join(fit.fixed.terms)}."
            )
        row = np.array([[float(asked.get(term, 0.0)) for term in fit.fixed.terms]])
        words = " + ".join(f"{weight:g} {term}" for term, weight in asked.items())
        return pd.DataFrame({"contrast": [words]}), row
    cells, columns = mean_columns(fit, [asked], weights)
    levels = list(dict.fromkeys(cells[asked]))
    first = levels[0] if reference is None else reference
    if first not in levels:
        raise AnalysisError(
            f"reference={reference!r} is no level of {asked}. Levels: "
            f"{', '.join(map(str, levels))}."
        )
    at = {level: columns[(cells[asked] == level).to_numpy()] for level in levels}
    visits = list(dict.fromkeys(cells[fit.visit]))
    rows, parts = [], []
    for level in levels:
        if level != first:
            rows += [{"contrast": f"{level} - {first}", fit.visit: visit} for visit in visits]
            parts.append(at[level] - at[first])
    if not parts:
        raise AnalysisError(f"{asked} has one level only, so there is nothing to compare.")
    return pd.DataFrame(rows), np.vstack(parts)


def _column(values: pd.Index, like: pd.Series) -> Any:
    if isinstance(like.dtype, pd.CategoricalDtype):
        return pd.Categorical(values, dtype=like.dtype)
    return values.to_numpy().astype(like.to_numpy().dtype)
