"""Scores at planned visits, their covariance left free: the mixed model for repeated measures."""

from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.pain.covariance_structures import (
    SIMPLER,
    UNSTRUCTURED,
    covariance_structure,
)
from hinge_outcomes.analysis.pain.fixed_columns import complete_rows, read_fixed
from hinge_outcomes.analysis.pain.mixed_tables import contrast_table
from hinge_outcomes.analysis.pain.mmrm_inference import (
    kenward_roger_of_visits,
    satterthwaite_of_visits,
)
from hinge_outcomes.analysis.pain.mmrm_optimum import VisitOptimum, find_visit_optimum
from hinge_outcomes.analysis.pain.mmrm_result import MMRMFit, tested
from hinge_outcomes.analysis.pain.model_columns import (
    check_columns,
    parse_with_outcome,
)
from hinge_outcomes.analysis.pain.visit_blocks import VisitBlocks, make_blocks
from hinge_outcomes.exceptions import AnalysisError, DataError, NotIdentifiableError

_DF_METHODS = ("satterthwaite", "kenward-roger", "kenward-roger-linear")


def fit_mmrm(
    frame: pd.DataFrame,
    formula: str,
    *,
    subject: str,
    visit: str,
    covariance: str = UNSTRUCTURED,
    df: str = "satterthwaite",
    reml: bool = True,
    conf_level: float = 0.95,
) -> MMRMFit:
    """Fit mean scores at planned visits with a free covariance between the visits of a subject.

    Rows with a missing value in a column of the model are left out and counted; a visit that nobody
    has plays no part. Scores that are missing at random given the scores seen leave the estimates
    unbiased.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per subject and visit, in any order; not changed.
    formula : str
        Outcome and fixed effects, such as ``score ~ baseline + C(visit)`` (formulaic). A visit
        given as a number needs ``C()`` to have a mean of its own.
    subject : str
        Column that says whose score it is.
    visit : str
        Column that says at which visit, in the order of its categories, else sorted.
    covariance : str, default "unstructured"
        Also "heterogeneous_ar1", "ar1" and "compound_symmetry". Where the scores cannot hold one,
        the next in this order is taken and ``.message`` says so.
    df : {"satterthwaite", "kenward-roger", "kenward-roger-linear"}, default "satterthwaite"
        Degrees of freedom. Kenward-Roger also adjusts the standard errors; it needs ``reml=True``
        and the unstructured covariance. "kenward-roger" is R mmrm's, "kenward-roger-linear" that of
        SAS (see Notes).
    reml : bool, default True
        Restricted likelihood; full likelihood if False.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    MMRMFit
        ``.table()``, ``.marginal_means(by)``, ``.contrast(of)``, ``.residual_covariance``,
        ``.loglik``, ``.message``.

    Raises
    ------
    AnalysisError
        If a formula cannot be read, a column is not there, or an argument is not allowed.
    DataError
        If a subject has two rows of one visit.
    NotIdentifiableError
        If columns are collinear, the outcome is constant, no subject has two visits, or not even
        compound symmetry can be told from the scores.

    Notes
    -----
    y = X b + e, the scores of one subject ~ N(0, S) at the visits it has, subjects independent
    [1]_. b is profiled out and -2 log L minimised by Newton's method with exact derivatives, from
    cross-products by set of visits that are computed once. Columns are made orthonormal first. The
    covariance of the parameters is the inverse observed information. Kenward and Roger's adjustment
    [2]_ depends on how the covariance is parametrised: "kenward-roger" takes log-Cholesky
    parameters, as R's mmrm does, and can make errors too small where subjects are few (about 93%
    coverage with 20 subjects an arm in our simulations); "kenward-roger-linear" takes the elements
    themselves, as SAS does, and holds its level there.

    References
    ----------
    .. [1] Mallinckrodt CH, Lane PW, Schnell D, Peng Y, Mancuso JP (2008). Recommendations for the
       primary analysis of continuous endpoints in longitudinal clinical trials. Drug Inf J 42,
       303-319.
    .. [2] Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted
       maximum likelihood. Biometrics 53, 983-997.

    Examples
    --------
    Three patients, each scored twice: means are those of the scores.

    >>> frame = pd.DataFrame({"who": list("aabbcc"), "week": [1, 2] * 3,
    ...                       "pain": [5.0, 3.0, 7.0, 6.0, 6.0, 3.0]})
    >>> fit = fit_mmrm(frame, "pain ~ C(week)", subject="who", visit="week")
    >>> fit.marginal_means()["estimate"].round(6).tolist()
    [6.0, 4.0]
    >>> fit.residual_covariance.round(6).values.tolist()
    [[1.0, 1.5], [1.5, 3.0]]
    """
    check_conf_level(conf_level)
    _check_arguments(covariance, df, reml)
    parsed = parse_with_outcome(formula)
    check_columns(frame, [subject, visit])
    rows, n_dropped = complete_rows(frame, [parsed], [subject, visit])
    visits, labels = _visits(rows[visit])
    subjects, names = pd.factorize(rows[subject], sort=True)
    _check_rows(subjects, visits, len(labels), subject, visit)
    fixed, columns, left = read_fixed(rows, parsed, formula, n_dropped)
    data = make_blocks(np.column_stack([columns, left]), subjects, visits, len(labels))
    optimum, structure, message = _fit(data, covariance, reml)
    directions = covariance_structure(structure, len(labels)).first(optimum.parameters)
    is_adjusted = df != "satterthwaite"
    if is_adjusted and structure == UNSTRUCTURED:
        is_linear = df == "kenward-roger-linear"
        uncertainty = kenward_roger_of_visits(data, optimum, directions, is_linear=is_linear)
    else:
        uncertainty = satterthwaite_of_visits(optimum, directions)
        if is_adjusted:
            df = "satterthwaite"
            message += " Kenward-Roger is for the unstructured covariance: Satterthwaite is given."
    terms = np.linalg.inv(fixed.scale)
    estimate = fixed.coefficients(optimum.evaluation.coefficients)
    covariance_of_terms = fixed.spread**2 * terms @ uncertainty.covariance @ terms.T
    coefficients = pd.DataFrame({"term": list(fixed.terms)}).join(
        contrast_table(estimate, terms, fixed.spread, uncertainty, conf_level)
    )
    visit_names = pd.Index(labels, name=visit)
    return MMRMFit(
        formula=formula,
        subject=subject,
        visit=visit,
        asked=covariance,
        structure=structure,
        df=df,
        reml=reml,
        conf_level=conf_level,
        loglik=-fixed.criterion(optimum.evaluation.criterion, reml=reml) / 2,
        converged=optimum.converged,
        message=message,
        n_iterations=optimum.n_iterations,
        n_rows=len(rows),
        n_subjects=len(names),
        n_dropped=n_dropped,
        coefficients=tested(coefficients),
        covariance=pd.DataFrame(covariance_of_terms, index=fixed.terms, columns=fixed.terms),
        residual_covariance=pd.DataFrame(
            fixed.spread**2 * optimum.matrix, index=visit_names, columns=visit_names
        ),
        fixed=fixed,
        uncertainty=uncertainty,
    )


def _check_arguments(covariance: str, df: str, reml: bool) -> None:
    covariance_structure(covariance, 2)
    if df not in _DF_METHODS:
        raise AnalysisError(
            f"df={df!r} is no method for degrees of freedom. Allowed: {', '.join(_DF_METHODS)}."
        )
    if df != "satterthwaite" and not (reml and covariance == UNSTRUCTURED):
        raise AnalysisError(
            f"df={df!r} is there for reml=True and covariance='unstructured'. Use these, "
            "or df='satterthwaite'."
        )


def _visits(column: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Number the visits in the order of their categories, else sorted, without those nobody has."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.intp), list(column.cat.categories)
    codes, labels = pd.factorize(column, sort=True)
    return codes, list(labels)


def _check_rows(
    subjects: np.ndarray, visits: np.ndarray, n_visits: int, subject: str, visit: str
) -> None:
    key = subjects * n_visits + visits
    n_twice = len(key) - len(np.unique(key))
    if n_twice:
        raise DataError(
            f"In {n_twice:,} rows a {subject} has a {visit} that it already has. Expected one row "
            "per subject and visit: choose one score, or join the columns that tell episodes apart."
        )
    if n_visits == len(key) or len(np.unique(subjects)) == len(key):
        raise NotIdentifiableError(
            f"Each {subject} has one row only, so how scores of one subject hang together cannot "
            "be learnt. Expected at least two visits for some of them: use a linear model instead."
        )


def _fit(data: VisitBlocks, covariance: str, reml: bool) -> tuple[VisitOptimum, str, str]:
    """Fit, and retreat to the next simpler structure where the scores cannot hold this one."""
    said: list[str] = []
    structure: str | None = covariance
    while structure is not None:
        reason = _unsupported(data, structure)
        if not reason:
            optimum = find_visit_optimum(data, covariance_structure(structure, len(data.pairs)),
                                         reml=reml)  # fmt: skip
            if optimum.converged:
                told = " ".join([*said, f"Converged with {structure}." if said else "Converged."])
                return optimum, structure, told
            reason = optimum.reason
        said.append(f"The covariance {structure} cannot be had: {reason}.")
        structure = SIMPLER[structure]
    raise NotIdentifiableError(
        " ".join(said)
        + " Use fit_mixed_model with random='1', or leave out visits with few scores."
    )


def _unsupported(data: VisitBlocks, structure: str) -> str:
    """Say by counts alone why the scores cannot hold a structure; empty if they may."""
    apart = int(np.sum(np.triu(data.pairs == 0, 1)))
    if structure == UNSTRUCTURED and apart:
        return f"{apart} pairs of visits have no subject with both"
    n_subjects = int(data.counts.sum())
    if structure == UNSTRUCTURED and n_subjects <= len(data.pairs):
        return f"there are {n_subjects} subjects for {len(data.pairs)} visits"
    return ""
