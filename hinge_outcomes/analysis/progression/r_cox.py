"""Cox models refitted by R's survival: the rows, the script, our numbers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.cox_result import CoxFit
from hinge_outcomes.analysis.progression.hazards_result import HazardsFit
from hinge_outcomes.analysis.r_script import RCheck
from hinge_outcomes.exceptions import AnalysisError

_BODY = """\
# The default eps of 1e-9 stops short of the last digits.
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 60)
theirs <- c()
for (model in 1:{n_models}) {{
  rows <- read.csv(paste0("rows_", model, ".csv"))
  columns <- grep("^x[0-9]+$", names(rows), value = TRUE)
  moment <- if ("start" %in% names(rows)) "Surv(start, stop, event)" else "Surv(stop, event)"
  asked <- as.formula(paste(moment, "~", paste(c(columns, "strata(stratum)"), collapse = " + ")))
  arguments <- list(asked, data = rows, weights = rows$weight, ties = "{ties}", control = tight)
  if ("cluster" %in% names(rows)) arguments <- c(arguments, list(cluster = rows$cluster))
  fit <- do.call(coxph, arguments)
  if (length(columns)) {{
    is_robust <- !is.null(fit$naive.var)
    theirs <- c(theirs, coef(fit), sqrt(diag(if (is_robust) fit$naive.var else fit$var)),
                if (is_robust) sqrt(diag(fit$var)))
  }}
  theirs <- c(theirs, fit$loglik[1], tail(fit$loglik, 1))
}}
theirs <- unname(theirs)
"""


def cox_check(result: CoxFit) -> RCheck:
    """Make the check of a Cox model.

    Parameters
    ----------
    result : CoxFit
        What `fit_cox` gave.

    Returns
    -------
    RCheck
        Log hazard ratios, their naive and robust errors, log partial likelihoods.

    Raises
    ------
    AnalysisError
        If the fit did not converge.
    """
    return _check({"all": result}, "a Cox model")


def hazards_check(result: HazardsFit) -> RCheck:
    """Make the check of the Cox models of moves between states.

    Parameters
    ----------
    result : HazardsFit
        What `fit_hazards` gave.

    Returns
    -------
    RCheck
        The numbers of every model that reached a finite maximum.

    Raises
    ------
    AnalysisError
        If none did.
    """
    fits = {each.name: each.fit for each in result.models.hazards if each.fit is not None}
    sound = {name: fit for name, fit in fits.items() if fit.converged}
    clock = "in the state" if result.models.clock == "reset" else "since the start"
    return _check(sound or fits, f"Cox models of the moves between states, by time {clock}")


def _check(fits: Mapping[str, CoxFit], about: str) -> RCheck:
    for fit in fits.values():
        if not fit.converged:
            raise AnalysisError(f"There is no maximum for R to find. {fit.message}")
    rows = {f"rows_{number}": _rows(fit) for number, fit in enumerate(fits.values(), start=1)}
    ours = pd.concat([_ours(name, fit) for name, fit in fits.items()], ignore_index=True)
    ties = next(iter(fits.values())).ties
    return RCheck(about, "survival", rows, ours, _BODY.format(n_models=len(fits), ties=ties))


def _rows(fit: CoxFit) -> pd.DataFrame:
    rows, model = fit.rows, fit.model
    frame = pd.DataFrame({"stop": rows.stop, "event": rows.is_event.astype(int)})
    if np.isfinite(rows.start).all():
        frame.insert(0, "start", rows.start)
    frame["stratum"] = rows.stratum + 1
    frame["weight"] = rows.weight
    if rows.cluster is not None:
        frame["cluster"] = rows.cluster + 1
    columns = model.columns * model.scale[:, None] + model.centre[:, None]
    for number, column in enumerate(columns, start=1):
        frame[f"x{number}"] = column
    return frame


def _ours(name: str, fit: CoxFit) -> pd.DataFrame:
    table = fit.table()
    labels = [f"x{number} {term}" for number, term in enumerate(table["term"], start=1)]
    kinds = {"log hazard ratio": "estimate", "naive error": "naive_std_error"}
    if fit.influence is not None:
        kinds["robust error"] = "robust_std_error"
    parts = [
        pd.DataFrame({"number": kind, "term": labels, "ours": table[column]})
        for kind, column in kinds.items()
        if labels
    ]
    logliks = {"log likelihood, no effects": fit.null_loglik, "log likelihood": fit.loglik}
    parts.append(pd.DataFrame({"number": list(logliks), "term": "", "ours": logliks.values()}))
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "model", name)
    return frame
