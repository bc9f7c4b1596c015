"""Linear mixed models: how an outcome runs on average, and how much patients differ."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.pain.mixed_design import LevelColumns, MixedDesign, build_design
from hinge_outcomes.analysis.pain.mixed_inference import (
    Uncertainty,
    kenward_roger,
    satterthwaite,
    variance_parameters,
)
from hinge_outcomes.analysis.pain.mixed_kernel import Array
from hinge_outcomes.analysis.pain.mixed_optimum import Optimum, minimise_criterion
from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit, levels_of
from hinge_outcomes.analysis.pain.mixed_tables import component_table, contrast_table
from hinge_outcomes.analysis.pain.nested_design import NestedDesign, build_nested_design
from hinge_outcomes.analysis.pain.nested_inference import (
    nested_kenward_roger,
    nested_parameters,
    nested_satterthwaite,
)
from hinge_outcomes.analysis.pain.nested_optimum import NestedOptimum, minimise_nested
from hinge_outcomes.exceptions import AnalysisError

_DF_METHODS = ("satterthwaite", "kenward-roger")


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
        Column that says to whom a row belongs; several for nested levels, such as
        ``["clinic_id", "clinician_id", "patient_id"]``. Where labels nest in some order, that is
        the order of the levels; otherwise they are read from the outermost as given, a label
        under another one being another unit (R's a/b), and ``.message`` says so: a patient of
        two clinicians is then two. Crossed effects are not supported.
    random : str or sequence of str, default "1 + day"
        Effects that differ between groups, one formula per level: ``1`` is an intercept,
        ``1 + day`` also a slope. Their covariance is unrestricted.
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
        If columns are collinear, the outcome is constant, each group has too few rows, or two
        levels cannot be told apart.

    Notes
    -----
    y = X b + Z u + e, u ~ N(0, s2 L L') by group and level, e ~ N(0, s2). b and s2 are profiled
    out and -2 log L is minimised by Newton's method in L with exact derivatives, from
    cross-products of each group that are computed once [1]_ [2]_. Columns are made orthonormal
    first, so the unit of time does not matter. A variance of zero is a valid answer: it is
    reported in ``.message``. Assumes normal random effects and noise, outermost groups independent,
    equal noise at all times.

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
    groups, randoms = _levels(group, random)
    _check_arguments(df, reml, conf_level)
    is_adjusted = df == "kenward-roger"
    if len(groups) == 1:
        found = _fit_one_level(frame, formula, groups[0], randoms[0], is_adjusted, reml)
    else:
        found = _fit_nested(frame, formula, groups, randoms, is_adjusted, reml)
    design, optimum, uncertainty = found.design, found.optimum, found.uncertainty
    fixed, levels = design.fixed, levels_of(design)
    residual = fixed.spread**2 * optimum.evaluation.residual_variance
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
        groups=tuple(level.group for level in levels),
        randoms=tuple(level.random for level in levels),
        reml=reml,
        df=df,
        conf_level=conf_level,
        loglik=-fixed.criterion(optimum.evaluation.criterion, reml=reml) / 2,
        converged=optimum.converged,
        message=found.note + _message(optimum, levels, found.lowers, found.is_boundary),
        is_boundary=any(found.is_boundary),
        n_iterations=optimum.n_iterations,
        n_rows=len(fixed.rows),
        n_dropped=fixed.n_dropped,
        n_units=tuple(len(level.labels) for level in levels),
        residual_variance=residual,
        coefficients=coefficients,
        components=component_table(
            levels, found.lowers, found.directions, found.spread, residual, conf_level
        ),
        covariance=pd.DataFrame(covariance, index=fixed.terms, columns=fixed.terms),
        design=design,
        optimum=optimum,
        uncertainty=uncertainty,
    )


class _Found(NamedTuple):
    """What a search found, of one level or of several."""

    design: MixedDesign | NestedDesign
    optimum: Optimum | NestedOptimum
    uncertainty: Uncertainty
    lowers: list[Array]
    directions: list[Array]
    spread: Array
    is_boundary: tuple[bool, ...]
    note: str


def _fit_one_level(
    frame: pd.DataFrame, formula: str, group: str, random: str, is_adjusted: bool, reml: bool
) -> _Found:
    design = build_design(frame, formula, group=group, random=random)
    data = design.cross_products
    optimum = minimise_criterion(data, reml=reml)
    uncertainty = (
        kenward_roger(data, optimum) if is_adjusted else satterthwaite(data, optimum, reml=reml)
    )
    directions, spread = variance_parameters(data, optimum, reml=reml)
    boundary = (optimum.is_boundary,)
    return _Found(design, optimum, uncertainty, [optimum.lower], [directions], spread, boundary, "")


def _fit_nested(
    frame: pd.DataFrame,
    formula: str,
    groups: Sequence[str],
    randoms: Sequence[str],
    is_adjusted: bool,
    reml: bool,
) -> _Found:
    design = build_nested_design(frame, formula, groups, randoms)
    data = design.products
    optimum = minimise_nested(data, reml=reml)
    uncertainty = (
        nested_kenward_roger(data, optimum)
        if is_adjusted
        else nested_satterthwaite(data, optimum, reml=reml)
    )
    directions, spread = nested_parameters(data, optimum, reml=reml)
    return _Found(
        design, optimum, uncertainty, optimum.factors, directions, spread, optimum.is_boundary,
        design.note,
    )  # fmt: skip


def _levels(group: str | Sequence[str], random: str | Sequence[str]) -> tuple[list[str], list[str]]:
    """Pair the columns of groups with the effects of each."""
    groups = [group] if isinstance(group, str) else list(group)
    randoms = [random] if isinstance(random, str) else list(random)
    if not groups or len(set(groups)) < len(groups):
        raise AnalysisError("group names no column, or one twice. Name one column per level.")
    if len(groups) != len(randoms):
        raise AnalysisError(
            f"group names {len(groups)} levels and random {len(randoms)}. Give one formula of "
            "effects per level, such as group=['clinician_id', 'patient_id'], "
            "random=['1', '1 + day']."
        )
    return groups, randoms


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


def _message(
    optimum: Optimum | NestedOptimum,
    levels: Sequence[LevelColumns],
    lowers: Sequence[Array],
    singular: Sequence[bool],
) -> str:
    if not optimum.converged:
        return (
            f"The search did not reach the optimum in {optimum.n_iterations} steps, so errors and "
            "intervals cannot be relied on. Try the simpler random='1'."
        )
    if not any(singular):
        return "Converged."
    said = []
    for level, lower, is_singular in zip(levels, lowers, singular, strict=True):
        of = f" of {level.group}" if len(levels) > 1 else ""
        if not is_singular:
            continue
        if not lower.any():
            less = (
                " The fixed effects are those of a linear model." if len(levels) == 1 else
                f" The next simpler model leaves {level.group} out."
            )  # fmt: skip
            said.append(
                f"Converged on the boundary: the variance between groups{of} is estimated as zero, "
                f"as far as these data can tell.{less}"
            )
        else:
            said.append(
                f"Converged on the boundary: the covariance of the random effects{of} is singular "
                f"(a variance of zero, or a correlation of one). random={level.random!r} asks for "
                "more than the data hold; the next simpler model is random='1'."
            )
    return " ".join(said)
