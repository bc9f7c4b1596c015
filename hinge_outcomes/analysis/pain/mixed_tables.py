"""The tables of a mixed model: contrasts, variance components, each group's own deviation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.inference import normal_quantile
from hinge_outcomes.analysis.pain.fixed_columns import FixedColumns
from hinge_outcomes.analysis.pain.mixed_design import LevelColumns, MixedDesign
from hinge_outcomes.analysis.pain.mixed_inference import Uncertainty
from hinge_outcomes.analysis.pain.mixed_kernel import Array
from hinge_outcomes.analysis.pain.mixed_optimum import Optimum

_NEGLIGIBLE = 1e-12
"""Smallest eigenvalue below which a covariance counts as singular: it is then zero exactly."""


def contrast_table(
    estimate: np.ndarray[Any, Any],
    contrasts: np.ndarray[Any, Any],
    spread: float,
    uncertainty: Uncertainty,
    conf_level: float,
) -> pd.DataFrame:
    """Give contrasts of the fixed effects with their errors and intervals.

    Parameters
    ----------
    estimate : ndarray, shape (m,)
        Value of each contrast, in the units of the outcome.
    contrasts : ndarray, shape (m, p)
        The contrasts in the coordinates of the design.
    spread : float
        Unit of the outcome in the fit.
    uncertainty : Uncertainty
        Covariance and degrees of freedom.
    conf_level : float
        Coverage that the intervals aim at.

    Returns
    -------
    pandas.DataFrame
        Columns estimate, std_error, ci_low, ci_high, df: intervals by Student's t.
    """
    std_error = spread * np.sqrt(np.maximum(uncertainty.variance(contrasts), 0.0))
    degrees = uncertainty.degrees_of_freedom(contrasts)
    reach = stats.t.ppf((1 + conf_level) / 2, degrees) * std_error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": std_error,
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
            "df": degrees,
        }
    )


def combination_table(
    columns: Array,
    coefficients: pd.DataFrame,
    fixed: FixedColumns,
    uncertainty: Uncertainty,
    conf_level: float,
) -> pd.DataFrame:
    """Give combinations of the formula's terms with their errors and intervals.

    Parameters
    ----------
    columns : ndarray, shape (m, p)
        One combination per row, such as the columns of further rows.
    coefficients : pandas.DataFrame
        Column estimate, one row per term.
    fixed : FixedColumns
        How the columns were made.
    uncertainty : Uncertainty
        Covariance and degrees of freedom.
    conf_level : float
        Coverage that the intervals aim at.

    Returns
    -------
    pandas.DataFrame
        Columns estimate, std_error, ci_low, ci_high, df.
    """
    value = columns @ coefficients["estimate"].to_numpy()
    return contrast_table(value, fixed.contrasts(columns), fixed.spread, uncertainty, conf_level)


def fill_rows(
    table: pd.DataFrame, is_complete: np.ndarray[Any, Any], index: pd.Index
) -> pd.DataFrame:
    """Put numbers of complete rows back among the incomplete ones, which stay missing.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per complete row.
    is_complete : ndarray of bool, shape (n,)
        Which rows those are.
    index : pandas.Index
        Of all n rows.

    Returns
    -------
    pandas.DataFrame
        The same columns.
    """
    filled = np.full((len(is_complete), table.shape[1]), np.nan)
    filled[is_complete] = table.to_numpy()
    return pd.DataFrame(filled, columns=table.columns, index=index)


def component_table(
    levels: Sequence[LevelColumns],
    lowers: Sequence[Array],
    directions: Sequence[Array],
    spread: Array,
    residual: float,
    conf_level: float,
) -> pd.DataFrame:
    """Give variances and covariances in the units of the data, with errors by the delta method.

    Parameters
    ----------
    levels : sequence of LevelColumns
        From the innermost.
    lowers : sequence of ndarray, shape (q_l, q_l)
        L with G = L L', the covariance of each level in units of the residual variance.
    directions : sequence of ndarray, shape (k, q_l, q_l)
        Change of each G with each variance parameter.
    spread : ndarray, shape (k + 1, k + 1)
        Covariance of the variance parameters, the last row for the log residual variance.
    residual : float
        The residual variance.
    conf_level : float
        Coverage that the intervals aim at.

    Returns
    -------
    pandas.DataFrame
        Columns group, term, other_term, estimate, std_error, ci_low, ci_high, scale.
    """
    rows: list[tuple[str, str | None, str | None, float, float, float, bool]] = []
    for level, lower, change in zip(levels, lowers, directions, strict=True):
        back = np.linalg.inv(level.scale)
        matrix = residual * back @ lower @ lower.T @ back.T
        slopes = np.concatenate([residual * back @ change @ back.T, matrix[None]])
        is_singular = bool(np.linalg.eigvalsh(lower @ lower.T)[0] < _NEGLIGIBLE)
        pairs = [(j, j) for j in range(len(matrix))]
        pairs += [(j, k) for k in range(len(matrix)) for j in range(k)]
        for j, k in pairs:
            value = float(matrix[j, k])
            error = float(np.sqrt(max(slopes[:, j, k] @ spread @ slopes[:, j, k], 0.0)))
            root = float(np.sqrt(matrix[j, j]) * np.sqrt(matrix[k, k]))
            other = level.terms[k] if j != k else None
            scale = (value / root if root > 0 else np.nan) if j != k else float(np.sqrt(value))
            # At the boundary the likelihood is not quadratic, so no error of this kind exists.
            is_zero = is_singular if j != k else not value > 0
            rows.append((level.group, level.terms[j], other, value, error, scale, is_zero))
    error = residual * float(np.sqrt(spread[-1, -1]))
    rows.append(("residual", None, None, residual, error, float(np.sqrt(residual)), False))
    names = ["group", "term", "other_term", "estimate", "std_error", "scale", "is_zero"]
    table = pd.DataFrame(rows, columns=names)
    z = normal_quantile(conf_level)
    is_variance = table["other_term"].isna()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.exp(z * table["std_error"] / table["estimate"])
        low = np.where(is_variance, table["estimate"] / ratio, np.nan)
        high = np.where(is_variance, table["estimate"] * ratio, np.nan)
    low = np.where(is_variance, low, table["estimate"] - z * table["std_error"])
    high = np.where(is_variance, high, table["estimate"] + z * table["std_error"])
    table["std_error"] = table["std_error"].mask(table["is_zero"])
    table["ci_low"] = pd.Series(low).mask(table["is_zero"])
    table["ci_high"] = pd.Series(high).mask(table["is_zero"])
    order = ["group", "term", "other_term", "estimate", "std_error", "ci_low", "ci_high", "scale"]
    return table[order]


def predicted_effects(design: MixedDesign, optimum: Optimum) -> tuple[Array, Array]:
    """Predict each group's own deviation: best linear unbiased, with its error.

    Parameters
    ----------
    design : MixedDesign
        Cross-products of each group.
    optimum : Optimum
        Where the criterion is least.

    Returns
    -------
    values, errors : ndarray, shape (n_groups, q)
        In the units of the data; errors given the fixed effects and the variances.

    Notes
    -----
    u = G K Z'r, with covariance s2 (G - G S G) given the fixed effects and the variances.
    """
    at = optimum.evaluation
    relative = optimum.lower @ optimum.lower.T
    q = relative.shape[0]
    left = design.products[:, :, -1] - design.products[:, :, :-1] @ at.coefficients
    shrink = np.linalg.inv(np.eye(q) + design.ztz @ relative)
    back = np.linalg.inv(design.level.scale)
    unit = design.fixed.spread
    values = unit * np.einsum("rjk,rk->rj", back @ relative @ shrink, left)
    kept = relative - relative @ (shrink @ design.ztz) @ relative
    spread = np.maximum(np.einsum("jk,rkl,jl->rj", back, kept, back), 0.0)
    return values, unit * np.sqrt(at.residual_variance * spread)


def effect_table(
    levels: Sequence[LevelColumns], effects: Sequence[tuple[Array, Array]], conf_level: float
) -> pd.DataFrame:
    """Set out the predicted effects of every unit.

    Parameters
    ----------
    levels : sequence of LevelColumns
        From the innermost.
    effects : sequence of (ndarray, ndarray), each of shape (n_l, q_l)
        Values and errors.
    conf_level : float
        Coverage that the intervals aim at.

    Returns
    -------
    pandas.DataFrame
        With one level: the group, term, estimate, std_error, ci_low, ci_high. With several: level
        (the group's column) and unit (its label) in place of the group.
    """
    z = normal_quantile(conf_level)
    parts = []
    for level, (values, errors) in zip(levels, effects, strict=True):
        q = values.shape[1]
        place = np.repeat(np.arange(len(values)), q)
        parts.append(
            pd.DataFrame(
                {
                    **_named(level, place, len(levels) > 1),
                    "term": np.tile(np.array(level.terms, dtype=object), len(values)),
                    "estimate": values.ravel(),
                    "std_error": errors.ravel(),
                    "ci_low": (values - z * errors).ravel(),
                    "ci_high": (values + z * errors).ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _named(
    level: LevelColumns, place: np.ndarray[Any, Any], is_one_of_several: bool
) -> dict[str, Any]:
    """Name the units: by the group's column, or by level and label where there are several."""
    if not is_one_of_several:
        return {level.group: level.labels[place]}
    labels = level.labels
    if len(level.keys) > 1:
        labels = pd.Index([" / ".join(map(str, label)) for label in labels])
    return {"level": level.group, "unit": labels.astype("object")[place]}
