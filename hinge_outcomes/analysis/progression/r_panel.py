"""Panel models refitted by R's msm: the observations, the script, our numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.panel_fit import PanelFit
from hinge_outcomes.analysis.progression.panel_intervals import known_covariance
from hinge_outcomes.analysis.progression.panel_result import PanelMarkovFit
from hinge_outcomes.analysis.progression.rate_structure import RateStructure
from hinge_outcomes.analysis.r_script import RCheck, r_vector, running_numbers
from hinge_outcomes.exceptions import AnalysisError

_BODY = """\
# States: {states}.
# Covariates: {columns}.
n_states <- {n_states}
panel <- read.csv("panel.csv")
moves <- read.csv("moves.csv")
fitted <- function(rates, effects, ...) {{
  Q <- matrix(0, n_states, n_states)
  Q[cbind(moves$from, moves$to)] <- rates
  msm(state ~ time, subject = subject, data = panel, qmatrix = Q{options},
    qconstraint = moves$base{covariates}, ...)
}}

# First msm's likelihood at our estimates; then its own search, from our rates rounded to one digit
# and no effects, because from afar it takes hours.
there <- fitted({rates}, {effects}, fixedpars = TRUE)
fit <- fitted({start}, {start_effects}{fixed}, method = "BFGS",
  control = list(fnscale = {size}, reltol = 1e-16, maxit = 10000))
kept <- {kept}
theirs <- c(there$minus2loglik, fit$minus2loglik,
            if (length(kept)) c(fit$estimates[kept], sqrt(diag(fit$covmat))[kept]))
theirs <- unname(theirs)
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Coding:
    """Hold a rate structure as msm takes it.

    ``groups`` has for the baseline and each covariate the parameter that each move shares, -1 where
    there is none; ``first`` and ``is_fixed`` are about msm's unique parameters in its own order.
    """

    groups: Integers
    values: Floats
    first: list[int]
    parameter: list[int]
    is_fixed: list[bool]

    @property
    def kept(self) -> list[int]:
        return [one for one, held in zip(self.first, self.is_fixed, strict=True) if not held]

    @property
    def estimated(self) -> list[int]:
        return [one for one, held in zip(self.parameter, self.is_fixed, strict=True) if not held]


def panel_check(result: PanelMarkovFit) -> RCheck:
    """Make the check of a panel model.

    Parameters
    ----------
    result : PanelMarkovFit
        What `fit_panel_markov` gave.

    Returns
    -------
    RCheck
        -2 log L, log rates at the mean of the covariates and log rate ratios with their errors.

    Raises
    ------
    AnalysisError
        If rates change with time, states are misclassified, the first state has a distribution of
        its own, or the fit did not converge.
    """
    model = result.model
    for is_so, what in (
        (model.has_periods, "whose rates change with time"),
        (model.emission is not None, "with misclassified states"),
        (model.first is not None, "with a distribution of the first state"),
    ):
        if is_so:
            raise AnalysisError(
                f"There is no R check of a panel model {what}. Leave that out to check the rest."
            )
    columns = [term.name for term in model.terms]
    return _check(model.fit, model.panel, columns, "a Markov model of states seen at visits")


def ladder_check(result: LadderFit) -> RCheck:
    """Make the check of a ladder in its simple form.

    Parameters
    ----------
    result : LadderFit
        What `fit_ladder` gave with ``form="simple"``.

    Returns
    -------
    RCheck
        -2 log L, log rates at the mean of the covariates and log rate ratios with their errors.

    Raises
    ------
    AnalysisError
        If the form is hidden, rates are a curve over the stages, or the fit did not converge.
    """
    if result.form != "simple":
        raise AnalysisError(
            'There is no R check of the hidden form. Fit the ladder with form="simple" to check it.'
        )
    marks = [f"target is stage {stage}" for stage in result.ladder.targets]
    columns = [*marks, *(term.name for term in result.terms)]
    return _check(result.fit, result.panel, columns, "the ladder, simple form")


def _check(fit: PanelFit, panel: PanelData, columns: Sequence[str], about: str) -> RCheck:
    if not fit.optimum.converged:
        raise AnalysisError(f"There is no maximum for R to find. {fit.optimum.message}")
    is_used = _used_states(panel, fit.structure)
    order = np.lexsort((fit.structure.moves[:, 1], fit.structure.moves[:, 0]))
    # What was given, not estimated, has no variance.
    held = np.flatnonzero(np.diag(fit.optimum.covariance) == 0)
    coding = _coding(fit.structure, fit.optimum.theta, order, held)
    place = np.cumsum(is_used)
    moves = pd.DataFrame(place[fit.structure.moves[order]], columns=["from", "to"])
    # Numbered in the order they occur, as msm counts its unique parameters.
    for number, group in enumerate(coding.groups):
        moves[f"x{number}" if number else "base"] = running_numbers(group)
    tables = {"panel": _rows(panel, is_used), "moves": moves}
    body = _body(fit, panel, is_used, coding, held, columns)
    return RCheck(about, "msm", tables, _ours(fit, coding), body)


def _body(
    fit: PanelFit,
    panel: PanelData,
    is_used: Bools,
    coding: _Coding,
    held: Integers,
    columns: Sequence[str],
) -> str:
    rates, effects = np.exp(coding.values[0]), coding.values[1:]
    is_estimated = (coding.groups >= 0) & ~np.isin(coding.groups, held)
    rounded = np.array([float(f"{rate:.1g}") for rate in rates])
    fixed = [number for number, is_so in enumerate(coding.is_fixed, start=1) if is_so]
    used = [panel.states[code] for code in np.flatnonzero(is_used)]
    return _BODY.format(
        states=_numbered_words(used, ""),
        columns=_numbered_words(columns, "x") or "none",
        n_states=len(used),
        options=_options(panel, is_used),
        covariates=_covariates([f"x{number + 1}" for number in range(len(columns))]),
        rates=r_vector(rates),
        effects=_effects(effects),
        start=r_vector(np.where(is_estimated[0], rounded, rates)),
        start_effects=_effects(np.where(is_estimated[1:], 0.0, effects)),
        fixed=f", fixedpars = {r_vector(fixed)}" if fixed else "",
        size=f"{fit.minus_two_loglik:.0f}",
        kept=r_vector([one + 1 for one in coding.kept]),
    )


def _ours(fit: PanelFit, coding: _Coding) -> pd.DataFrame:
    names = [fit.names[number] for number in coding.estimated]
    error = np.sqrt(np.diag(known_covariance(fit.optimum)))
    value = fit.minus_two_loglik
    likelihood = pd.DataFrame(
        {
            "number": ["-2 log L at our estimates", "-2 log L"],
            "parameter": "",
            "ours": [value, value],
        }
    )
    parameters = [
        pd.DataFrame({"number": number, "parameter": names, "ours": values[coding.estimated]})
        for number, values in (("estimate", fit.optimum.theta), ("std_error", error))
    ]
    return pd.concat([likelihood, *parameters], ignore_index=True)


def _numbered_words(labels: Sequence[Any], letter: str) -> str:
    """List labels with their numbers, on one line."""
    words = [" ".join(str(label).split()) for label in labels]
    return ", ".join(f"{letter}{number} {word}" for number, word in enumerate(words, start=1))


def _used_states(panel: PanelData, structure: RateStructure) -> Bools:
    """Leave out states that nobody is in and no move leads to or from."""
    found = np.zeros(len(panel.states), dtype=bool)
    found[structure.moves.ravel()] = True
    found[panel.code[panel.code < len(found)]] = True
    return found


def _coding(structure: RateStructure, theta: Floats, order: Integers, held: Integers) -> _Coding:
    """Read the maps as groups of moves that share a parameter, moves in msm's order."""
    maps = structure.maps[:, order]
    is_indicator = np.isin(maps, (0.0, 1.0)).all() and ((maps != 0).sum(axis=2) <= 1).all()
    in_maps = (maps != 0).any(axis=1).sum(axis=0)
    is_shared = np.setdiff1d(np.flatnonzero(in_maps > 1), held).size > 0
    if not is_indicator or is_shared or not maps[0].any(axis=1).all():
        raise AnalysisError(
            "There is no R check of rates that are a curve over the stages: msm takes free and "
            "shared rates only. Fit the ladder with structure 'free', 'phase' or 'tied'."
        )
    groups = np.where(maps.any(axis=2), maps.argmax(axis=2), -1)
    first, parameter, is_fixed = [], [], []
    for row, group in enumerate(groups):
        numbers, places = np.unique(group, return_index=True)
        for at in np.argsort(places):
            first.append(row * len(order) + int(places[at]))
            parameter.append(int(numbers[at]))
            is_fixed.append(bool(numbers[at] < 0 or numbers[at] in held))
    return _Coding(groups, maps @ theta, first, parameter, is_fixed)


def _rows(panel: PanelData, is_used: Bools) -> pd.DataFrame:
    frame = pd.DataFrame({"subject": panel.subject + 1, "time": panel.time})
    frame["state"] = _numbers(panel.code, is_used)
    for column in range(1, panel.values.shape[1]):
        frame[f"x{column}"] = panel.values[panel.pattern, column]
    return frame


def _numbers(code: Integers, is_used: Bools) -> Integers:
    """Number the states used from 1, and after them the codes of several states."""
    beyond = code - len(is_used)
    single = np.cumsum(is_used)[np.minimum(code, len(is_used) - 1)]
    return np.where(beyond < 0, single, is_used.sum() + 1 + beyond)


def _options(panel: PanelData, is_used: Bools) -> str:
    """Say which states are dated exactly, and what codes of several states mean."""
    place = np.cumsum(is_used)
    words = ""
    exact = place[panel.is_exact & is_used]
    if len(exact):
        words += f",\n    deathexact = {r_vector(exact)}"
    if panel.exact_times:
        words += ", exacttimes = TRUE"
    seen = np.unique(panel.code[panel.code >= len(is_used)])
    if len(seen):
        sets = [r_vector(place[panel.sets[code] & is_used]) for code in seen]
        numbers = r_vector(_numbers(seen, is_used))
        words += f",\n    censor = {numbers}, censor.states = list({', '.join(sets)})"
    return words


def _covariates(columns: list[str]) -> str:
    if not columns:
        return ""
    return (
        f",\n    covariates = ~ {' + '.join(columns)}, center = FALSE,"
        f" covinits = effects, constraint = as.list(moves[c({_quoted(columns)})])"
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _effects(values: Floats) -> str:
    parts = [f"x{number} = {r_vector(row)}" for number, row in enumerate(values, start=1)]
    return f"list({', '.join(parts)})" if parts else "NULL"
