"""Mixed models refitted by R's lme4: the scores, the script, our numbers."""

import pandas as pd

from hinge_outcomes.analysis.pain.course import PainCourse
from hinge_outcomes.analysis.pain.mixed_design import LevelColumns
from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit
from hinge_outcomes.analysis.pain.model_columns import further_columns
from hinge_outcomes.analysis.r_script import RCheck, running_numbers
from hinge_outcomes.exceptions import AnalysisError

_BODY = """\
rows <- read.csv("rows.csv")
named <- function(pattern) grep(pattern, names(rows), value = TRUE)
random <- sapply(seq_along(named("^group[0-9]+$")), function(level) paste0("(0 + ",
  paste(named(paste0("^z", level, "_")), collapse = " + "), " | group", level, ")"))
asked <- as.formula(paste("y ~ 0 +", paste(c(named("^x[0-9]+$"), random), collapse = " + ")))
fit <- lmer(asked, rows, REML = {reml}, control = lmerControl(optimizer = "bobyqa",
  optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE))
components <- ours[ours$number == "variance", ]
spread <- mapply(function(level, row, column) VarCorr(fit)[[paste0("group", level)]][row, column],
  components$level, components$row, components$column)
theirs <- c(fixef(fit){errors}, spread, sigma(fit)^2, as.numeric(logLik(fit)))
theirs <- unname(theirs)
"""


def mixed_model_check(result: MixedModelFit) -> RCheck:
    """Make the check of a mixed model.

    Parameters
    ----------
    result : MixedModelFit
        What `fit_mixed_model` gave.

    Returns
    -------
    RCheck
        Fixed effects with their errors (not with those of Kenward and Roger, which lme4 does not
        have), variances and covariances, log-likelihood.

    Raises
    ------
    AnalysisError
        If the fit did not converge.
    """
    if not result.converged:
        raise AnalysisError(f"There is no optimum for R to find. {result.message}")
    has_errors = result.df != "kenward-roger"
    body = _BODY.format(
        reml="TRUE" if result.reml else "FALSE",
        errors=", sqrt(diag(as.matrix(vcov(fit))))" if has_errors else "",
    )
    about = f"a linear mixed model of {result.fixed.outcome}"
    ours = _ours(result, has_errors=has_errors)
    return RCheck(about, "lme4", {"rows": _rows(result)}, ours, body)


def course_check(result: PainCourse) -> RCheck:
    """Make the check of the mixed model behind a course of pain.

    Parameters
    ----------
    result : PainCourse
        What `fit_pain` gave.

    Returns
    -------
    RCheck
        That of its mixed model.

    Raises
    ------
    AnalysisError
        If the fit did not converge.
    """
    return mixed_model_check(result.model)


def _rows(fit: MixedModelFit) -> pd.DataFrame:
    rows = fit.fixed.rows
    frame = pd.DataFrame({"y": fit.fixed.outcomes()})
    parts = [("x", fit.fixed.spec, fit.formula)]
    for number, level in enumerate(fit.levels, start=1):
        frame[f"group{number}"] = running_numbers(_units(rows, level))
        parts.append((f"z{number}_", level.spec, level.random))
    for letter, spec, formula in parts:
        _, columns = further_columns(spec, rows, formula)
        for number, column in enumerate(columns.T, start=1):
            frame[f"{letter}{number}"] = column
    return frame


def _units(rows: pd.DataFrame, level: LevelColumns) -> pd.Series:
    """Name the unit of each row by one label: a number where several columns tell units apart."""
    if len(level.keys) == 1:
        return rows[level.group]
    return rows.groupby(list(level.keys), sort=False, observed=True).ngroup()


def _ours(fit: MixedModelFit, *, has_errors: bool) -> pd.DataFrame:
    table = fit.table()
    labels = [f"x{number} {term}" for number, term in enumerate(table["term"], start=1)]
    parts = [pd.DataFrame({"number": "estimate", "term": labels, "ours": table["estimate"]})]
    if has_errors:
        parts.append(
            pd.DataFrame({"number": "std_error", "term": labels, "ours": table["std_error"]})
        )
    components = fit.variance_components()
    for number, level in enumerate(fit.levels, start=1):
        between = components[components["group"] == level.group]
        names = list(level.terms)
        other = between["other_term"].fillna(between["term"])
        pairs = zip(between["term"], other, strict=True)
        parts.append(
            pd.DataFrame(
                {
                    "number": "variance",
                    "term": [f"{level.group}: {one}, {two}" for one, two in pairs],
                    "level": number,
                    "row": [names.index(name) + 1 for name in between["term"]],
                    "column": [names.index(name) + 1 for name in other],
                    "ours": between["estimate"],
                }
            )
        )
    rest = {"residual variance": fit.residual_variance, "log likelihood": fit.loglik}
    parts.append(pd.DataFrame({"number": list(rest), "term": "", "ours": rest.values()}))
    columns = ["number", "term", "level", "row", "column", "ours"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)
