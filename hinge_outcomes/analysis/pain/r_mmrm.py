"""Models for repeated measures refitted by R's nlme: the scores, the script, our numbers."""

import pandas as pd

from hinge_outcomes.analysis.pain.covariance_structures import (
    AR1,
    COMPOUND_SYMMETRY,
    HETEROGENEOUS_AR1,
    UNSTRUCTURED,
)
from hinge_outcomes.analysis.pain.mmrm_result import MMRMFit
from hinge_outcomes.analysis.pain.model_columns import further_columns
from hinge_outcomes.analysis.r_script import RCheck, running_numbers

_BODY = """\
rows <- read.csv("rows.csv")
rows <- rows[order(rows$subject, rows$visit), ]
rows$at <- factor(rows$visit)
fixed <- grep("^x[0-9]+$", names(rows), value = TRUE)
asked <- as.formula(paste("y ~ 0 +", paste(fixed, collapse = " + ")))
fit <- do.call(gls, list(asked, rows, correlation = {correlation}, weights = {weights},
  method = "{method}", control = glsControl(tolerance = 1e-10, msTol = 1e-10, msMaxIter = 1000)))
n <- nrow(rows); p <- length(fixed)
# gls multiplies errors under ML by the square root of n / (n - p).
errors <- sqrt(diag(fit$varBeta) * {factor})
theirs <- unname(c(coef(fit){errors}, as.numeric(logLik(fit))))
"""

_CORRELATION = {
    UNSTRUCTURED: "corSymm(form = ~ visit | subject)",
    HETEROGENEOUS_AR1: "corAR1(form = ~ visit | subject)",
    AR1: "corAR1(form = ~ visit | subject)",
    COMPOUND_SYMMETRY: "corCompSymm(form = ~ 1 | subject)",
}


def mmrm_check(result: MMRMFit) -> RCheck:
    """Make the check of a model for repeated measures.

    Parameters
    ----------
    result : MMRMFit
        What `fit_mmrm` gave.

    Returns
    -------
    RCheck
        Fixed effects with their errors (not with those of Kenward and Roger, which nlme does not
        have) and the log-likelihood.
    """
    has_errors = result.df == "satterthwaite"
    is_varying = result.structure in (UNSTRUCTURED, HETEROGENEOUS_AR1)
    body = _BODY.format(
        correlation=_CORRELATION[result.structure],
        weights="varIdent(form = ~ 1 | at)" if is_varying else "NULL",
        method="REML" if result.reml else "ML",
        factor="1" if result.reml else "(n - p) / n",
        errors=", errors" if has_errors else "",
    )
    table = result.table()
    labels = [f"x{number} {term}" for number, term in enumerate(table["term"], start=1)]
    parts = [pd.DataFrame({"number": "estimate", "term": labels, "ours": table["estimate"]})]
    if has_errors:
        parts.append(
            pd.DataFrame({"number": "std_error", "term": labels, "ours": table["std_error"]})
        )
    parts.append(pd.DataFrame({"number": ["log likelihood"], "term": "", "ours": [result.loglik]}))
    about = f"a model for repeated measures of {result.fixed.outcome}"
    ours = pd.concat(parts, ignore_index=True)
    return RCheck(about, "nlme", {"rows": _rows(result)}, ours, body)


def _rows(fit: MMRMFit) -> pd.DataFrame:
    rows = fit.fixed.rows
    place = {label: number for number, label in enumerate(fit.residual_covariance.index, start=1)}
    frame = pd.DataFrame(
        {
            "subject": running_numbers(rows[fit.subject]),
            "visit": [place[label] for label in rows[fit.visit]],
            "y": fit.fixed.outcomes(),
        }
    )
    _, columns = further_columns(fit.fixed.spec, rows, fit.formula)
    for number, column in enumerate(columns.T, start=1):
        frame[f"x{number}"] = column
    return frame
