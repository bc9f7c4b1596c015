"""Fit a Markov model to states that are seen only at visits."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.progression.panel_breaks import check_breaks, cut_at_breaks
from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.panel_emissions import (
    ESTIMATED,
    estimated_start,
    read_initial,
    read_misclassification,
)
from hinge_outcomes.analysis.progression.panel_fit import (
    crude_rates,
    fit_panel,
    start_parameters,
)
from hinge_outcomes.analysis.progression.panel_model import PanelModel
from hinge_outcomes.analysis.progression.panel_reader import Observations, read_observations
from hinge_outcomes.analysis.progression.panel_result import PanelMarkovFit
from hinge_outcomes.analysis.progression.panel_terms import (
    Effect,
    Term,
    build_structure,
    find_effects,
    number_patterns,
    period_terms,
    read_terms,
)
from hinge_outcomes.analysis.progression.rate_structure import RateStructure
from hinge_outcomes.analysis.progression.state_graph import Move, StateGraph, read_graph
from hinge_outcomes.exceptions import DataError


def fit_panel_markov(
    frame: pd.DataFrame,
    *,
    subject: str,
    time: str,
    state: str,
    transitions: Sequence[Move],
    exact_states: Sequence[Any] = (),
    exact_times: bool = False,
    censored_states: Mapping[Hashable, Sequence[Any]] | None = None,
    covariates: Sequence[str] | Mapping[Move, Sequence[str]] | None = None,
    constraints: Sequence[tuple[str, Sequence[Move]]] | None = None,
    initial: Mapping[Any, float] | str | None = None,
    misclassification: Mapping[Move, float | None] | None = None,
    states: Sequence[Any] | None = None,
    breaks: Sequence[float] | None = None,
    breaks_for: Sequence[Move] | None = None,
    fixed: Mapping[Any, float] | None = None,
    conf_level: float = 0.95,
) -> PanelMarkovFit:
    """Fit a Markov model in continuous time to states seen at visits.

    Nothing is assumed about what happens between two visits but the Markov property: the
    likelihood sums over all courses that lead from one observed state to the next. Rows may stand
    in any order; the covariates of a row hold until the subject's next row.

    Parameters
    ----------
    frame : DataFrame
        One row per observation. Identical rows count once.
    subject, time, state : str
        Its columns: whose observation, when (numbers in any unit), the state seen.
    transitions : sequence of (from, to)
        The moves that can happen at an instant.
    exact_states : sequence, default ()
        States whose entry is dated exactly, such as death; the state just before is not known.
    exact_times : bool, default False
        True if every row is the time of a move, or of the end of observation.
    censored_states : mapping, optional
        From a code to the states it may mean, such as ``{99: (1, 2)}``.
    covariates : sequence of str or mapping, optional
        Columns that act on all moves, or ``{(from, to): [columns]}``. Numbers and truth values
        enter as they are, labels by level against the first one.
    constraints : sequence of (covariate, [(from, to), …]), optional
        Moves that share one effect of a covariate.
    initial : mapping or "estimated", optional
        Distribution of the true state at a subject's first row, ``{state: probability}``, where
        that may be uncertain; or "estimated"; or starting values ``{(from, to): rate}`` for the
        search. Default: every state that the first row allows alike; crude rates.
    misclassification : mapping, optional
        Errors of observation ``{(true, observed): probability}``, probabilities to start from or
        None; they are estimated. Without ``initial``, a subject's first state is taken as seen,
        which is then no evidence on the errors.
    states : sequence, optional
        All states in the order wanted. Default: categories in their own order, else sorted.
    breaks : sequence of float, optional
        Times at which the rates change, each by a factor of its own.
    breaks_for : sequence of (from, to), optional
        Moves whose rates change at the breaks. Default: all.
    fixed : mapping, optional
        Rates ``{(from, to): rate}`` at the mean of the covariates and log ratios
        ``{(covariate, from, to): effect}`` that are given, not estimated. With all rates given,
        the fit evaluates the likelihood.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    PanelMarkovFit
        ``.rates()``, ``.hazard_ratios()``, ``.transition_probabilities(t)``,
        ``.sojourn_times()``, ``.prevalence(times)``, ``.misclassification()``,
        ``.most_likely_states()``, ``.chance_of_ever(state)``, ``.mean_given_arrival(state)``,
        ``.if_nobody_left(state)``, ``.minus_two_loglik``, ``.converged``, ``.message``,
        ``.covariance``.

    Raises
    ------
    DataError
        If a value is missing, a state is not in the graph, rows contradict each other, a move was
        observed that the transitions do not allow, or an argument names what is not there.
    NoEventsError
        If nobody is observed at two times.
    NotIdentifiableError
        If a covariate does not vary.

    Notes
    -----
    With generator Q, log q_rs(x) = log q_rs + beta_rs'(x - mean x), the likelihood is a product
    of entries of P(t) = exp(Q t) over pairs of consecutive visits [1]_; a state entered exactly
    contributes the sum over m of P_rm(t) q_ms [2]_, a density per unit of time, so that -2 log L
    depends on that unit. At lag 0 it contributes the rate alone. The means are taken over the rows
    that start an interval. The gradient is exact, the covariance is the inverse of the observed
    information. Intervals of rates, ratios and times are symmetric on the log scale.

    References
    ----------
    .. [1] Kalbfleisch J, Lawless J (1985). The analysis of panel data under a Markov assumption.
       J Am Stat Assoc 80, 863-871.
    .. [2] Jackson C (2011). Multi-state models for panel data: the msm package for R. J Stat
       Softw 38(8), 1-29.

    Examples
    --------
    Of 100 looks a week after being ill 20 show well, of 100 after being well 10 show ill.

    >>> pairs = [("ill", "well")] * 20 + [("ill", "ill")] * 80
    >>> pairs += [("well", "ill")] * 10 + [("well", "well")] * 90
    >>> frame = pd.DataFrame(pairs, columns=[0, 7]).stack().rename_axis(["id", "day"])
    >>> fit = fit_panel_markov(
    ...     frame.rename("state").reset_index(), subject="id", time="day", state="state",
    ...     transitions=[("ill", "well"), ("well", "ill")])
    >>> fit.rates()[["from", "to", "estimate", "n_events"]].round(5)
       from    to  estimate  n_events
    0   ill  well   0.03397        20
    1  well   ill   0.01698        10
    """
    check_conf_level(conf_level)
    names = _covariate_names(covariates)
    graph = read_graph(
        transitions,
        states=states,
        exact_states=exact_states,
        censored_states=censored_states,
        column=frame[state] if state in frame.columns else None,
    )
    emission = read_misclassification(graph, misclassification)
    rates, first = read_initial(graph, initial)
    seen = read_observations(
        frame,
        graph,
        subject=subject,
        time=time,
        state=state,
        also=names,
        exact_times=exact_times,
        is_hidden=emission is not None,
    )
    terms, values = read_terms(frame.iloc[seen.row], names, seen.goes_on)
    counts = _count_states(seen, len(graph.states))
    is_added = np.zeros(len(seen.row), dtype=bool)
    if breaks is not None:
        graph, seen, terms, values, is_added = _with_periods(
            graph, seen, terms, values, check_breaks(breaks), time, exact_times
        )
    effects = find_effects(graph, terms, covariates, constraints, breaks_for)
    structure = build_structure(graph, terms, effects)
    patterns, pattern = number_patterns(values, seen.goes_on)
    panel = PanelData(
        states=graph.states,
        subject=seen.subject,
        time=seen.time,
        code=seen.code,
        sets=graph.sets,
        pattern=pattern,
        values=patterns,
        is_exact=graph.is_exact,
        exact_times=exact_times,
    )
    begin, held = _starting_values(panel, structure, graph, terms, effects, rates, fixed)
    fit = fit_panel(
        panel,
        structure,
        emission=emission,
        initial=estimated_start(panel, emission) if initial == ESTIMATED else first,
        start=begin,
        held=held,
    )
    return PanelMarkovFit(
        PanelModel(
            graph=graph,
            terms=terms,
            effects=effects,
            fit=fit,
            panel=panel,
            row=seen.row,
            is_added=is_added,
            emission=emission,
            first=first,
            counts=counts,
            time=time,
            n_duplicates=seen.n_duplicates,
            conf_level=conf_level,
        )
    )


def _covariate_names(covariates: Sequence[str] | Mapping[Move, Sequence[str]] | None) -> list[str]:
    if isinstance(covariates, str):
        raise DataError("covariates must be a list of columns, such as ['sex'], or a mapping.")
    if isinstance(covariates, Mapping):
        return list(dict.fromkeys(name for names in covariates.values() for name in names))
    return list(dict.fromkeys(covariates or ()))


def _count_states(seen: Observations, size: int) -> Integers:
    """Count consecutive observations by state; uncertain ones are left out."""
    one, other = seen.code[:-1], seen.code[1:]
    kept = seen.goes_on[:-1] & (one < size) & (other < size)
    return np.bincount(one[kept] * size + other[kept], minlength=size**2).reshape(size, size)


def _with_periods(
    graph: StateGraph,
    seen: Observations,
    terms: tuple[Term, ...],
    values: Floats,
    breaks: Floats,
    time: str,
    exact_times: bool,
) -> tuple[StateGraph, Observations, tuple[Term, ...], Floats, Bools]:
    """Cut the courses at the breaks and let each period have its own rates."""
    between = None
    if not exact_times:
        between = len(graph.sets)
        graph = StateGraph(
            graph.states,
            graph.moves,
            graph.is_exact,
            (*graph.codes, object()),
            np.concatenate([graph.sets, ~graph.is_exact[None]]),
        )
    place = np.full(int(seen.row.max()) + 1, -1, dtype=np.int64)
    place[seen.row] = np.arange(len(seen.row))
    ends = np.flatnonzero(~graph.steps().any(axis=1))
    cut, is_added = cut_at_breaks(seen, breaks, between, ends)
    period = np.searchsorted(breaks, cut.time, side="right")
    dummies = (period[:, None] == np.arange(1, len(breaks) + 1)).astype(np.float64)
    wide = np.column_stack([values[place[cut.row]], dummies])
    return graph, cut, (*terms, *period_terms(time, breaks)), wide, is_added


def _starting_values(
    panel: PanelData,
    structure: RateStructure,
    graph: StateGraph,
    terms: tuple[Term, ...],
    effects: tuple[Effect, ...],
    start: Mapping[Any, float],
    fixed: Mapping[Any, float] | None,
) -> tuple[Floats | None, list[int]]:
    """Give starting parameters, and the places of those that are fixed."""
    if not (start or fixed):
        return None, []
    theta = start_parameters(structure, crude_rates(panel, structure))
    held = []
    for given, where in ((start, "initial"), (fixed or {}, "fixed")):
        for key, value in given.items():
            if isinstance(key, tuple) and len(key) == 3:
                move = graph.move_number(key[1:], where)
                place = _effect_place(terms, effects, str(key[0]), move, where) + len(graph.moves)
                theta[place] = float(value)
            else:
                place = graph.move_number(key, where)
                if not value > 0:
                    raise DataError(f"{where} must give rates above 0.")
                theta[place] = np.log(value)
            if where == "fixed":
                held.append(place)
    return theta, held


def _effect_place(
    terms: tuple[Term, ...], effects: tuple[Effect, ...], name: str, move: int, where: str
) -> int:
    for place, effect in enumerate(effects):
        if terms[effect.term].name == name and move in effect.moves:
            return place
    raise DataError(
        f"{where} names an effect that the model does not have. The effects are of: "
        f"{', '.join(dict.fromkeys(terms[effect.term].name for effect in effects)) or 'nothing'}."
    )
