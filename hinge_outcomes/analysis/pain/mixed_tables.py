"""The tables of a mixed model: contrasts, variance components, each group's own deviation."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.pain.mixed_design import MixedDesign
from hinge_outcomes.analysis.pain.mixed_inference import Uncertainty, variance_parameters
from hinge_outcomes.analysis.pain.mixed_optimum import Optimum


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


def component_table(
    design: MixedDesign, optimum: Optimum, group: str, reml: bool, conf_level: float
) -> pd.DataFrame:
    """Give variances and covariances in the units of the data, with errors by the delta method.

    Parameters
    ----------
    design : MixedDesign
        The scales of outcome and random columns.
    optimum : Optimum
        Where the criterion is least.
    group : str
        Name of the level.
    reml : bool
        Restricted likelihood (True) or full likelihood (False).
    conf_level : float
        Coverage that the intervals aim at.

    Returns
    -------
    pandas.DataFrame
        Columns group, term, other_term, estimate, std_error, ci_low, ci_high, scale.
    """
    back = np.linalg.inv(design.random_scale)
    residual = design.fixed.spread**2 * optimum.evaluation.residual_variance
    directions, spread = variance_parameters(design.cross_products, optimum, reml=reml)
    matrix = residual * back @ optimum.lower @ optimum.lower.T @ back.T
    slopes = np.concatenate([residual * back @ directions @ back.T, matrix[None]])
    z = stats.norm.ppf((1 + conf_level) / 2)
    rows: list[tuple[str, str | None, str | None, float, float, float]] = []
    pairs = [(j, j) for j in range(len(matrix))]
    pairs += [(j, k) for k in range(len(matrix)) for j in range(k)]
    for j, k in pairs:
        value = float(matrix[j, k])
        error = float(np.sqrt(max(slopes[:, j, k] @ spread @ slopes[:, j, k], 0.0)))
        root = float(np.sqrt(matrix[j, j]) * np.sqrt(matrix[k, k]))
        other = design.random_terms[k] if j != k else None
        scale = (value / root if root > 0 else np.nan) if j != k else float(np.sqrt(value))
        rows.append((group, design.random_terms[j], other, value, error, scale))
    error = residual * float(np.sqrt(spread[-1, -1]))
    rows.append(("residual", None, None, residual, error, float(np.sqrt(residual))))
    names = ["group", "term", "other_term", "estimate", "std_error", "scale"]
    table = pd.DataFrame(rows, columns=names)
    is_variance = table["other_term"].isna()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.exp(z * table["std_error"] / table["estimate"])
        low = np.where(is_variance, table["estimate"] / ratio, np.nan)
        high = np.where(is_variance, table["estimate"] * ratio, np.nan)
    low = np.where(is_variance, low, table["estimate"] - z * table["std_error"])
    high = np.where(is_variance, high, table["estimate"] + z * table["std_error"])
    # At the boundary the likelihood is not quadratic, so no error of this kind exists.
    is_zero = (is_variance & ~(table["estimate"] > 0)) | (~is_variance & optimum.is_boundary)
    table["std_error"] = table["std_error"].mask(is_zero)
    table["ci_low"] = pd.Series(low).mask(is_zero)
    table["ci_high"] = pd.Series(high).mask(is_zero)
    order = ["group", "term", "other_term", "estimate", "std_error", "ci_low", "ci_high", "scale"]
    return table[order]


def effect_table(
    design: MixedDesign, optimum: Optimum, group: str, conf_level: float
) -> pd.DataFrame:
    """Give each group's best linear unbiased prediction.

    Parameters
    ----------
    design : MixedDesign
        Cross-products of each group.
    optimum : Optimum
        Where the criterion is least.
    group : str
        Name of the column of groups.
    conf_level : float
        Coverage that the intervals aim at.

    Returns
    -------
    pandas.DataFrame
        The group, term, estimate, std_error, ci_low, ci_high.

    Notes
    -----
    u = G K Z'r, with covariance s2 (G - G S G) given the fixed effects and the variances.
    """
    at = optimum.evaluation
    relative = optimum.lower @ optimum.lower.T
    q = relative.shape[0]
    left = design.products[:, :, -1] - design.products[:, :, :-1] @ at.coefficients
    shrink = np.linalg.inv(np.eye(q) + design.ztz @ relative)
    back = np.linalg.inv(design.random_scale)
    values = design.fixed.spread * np.einsum("rjk,rk->rj", back @ relative @ shrink, left)
    kept = relative - relative @ (shrink @ design.ztz) @ relative
    spread = np.maximum(np.einsum("jk,rkl,jl->rj", back, kept, back), 0.0)
    errors = design.fixed.spread * np.sqrt(at.residual_variance * spread)
    z = stats.norm.ppf((1 + conf_level) / 2)
    return pd.DataFrame(
        {
            group: np.repeat(design.labels.to_numpy(), q),
            "term": np.tile(np.array(design.random_terms, dtype=object), len(values)),
            "estimate": values.ravel(),
            "std_error": errors.ravel(),
            "ci_low": (values - z * errors).ravel(),
            "ci_high": (values + z * errors).ravel(),
        }
    )
