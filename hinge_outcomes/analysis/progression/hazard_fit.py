"""Fit one Cox model: to rows that were read, or to the stays at risk of some moves."""

from collections.abc import Sequence

import numpy as np

from hinge_outcomes.analysis.progression.cox_model import fit_model, is_estimable
from hinge_outcomes.analysis.progression.cox_reader import CoxRows
from hinge_outcomes.analysis.progression.cox_result import CoxFit
from hinge_outcomes.analysis.progression.hazard_models import Hazard
from hinge_outcomes.analysis.progression.hazard_moves import Moves, ends_in
from hinge_outcomes.analysis.progression.risk_sets import Floats, index_risk_sets


def fit_rows(rows: CoxRows, columns: Floats, *, ties: str, conf_level: float) -> CoxFit:
    """Fit a Cox model to rows that were read.

    Parameters
    ----------
    rows : CoxRows
        The rows.
    columns : ndarray, shape (p, n)
        The covariates' columns.
    ties : {"efron", "breslow"}
        How events of one time share their risk set.
    conf_level : float
        Share of intervals meant to hold the truth.

    Returns
    -------
    CoxFit
        The fit.
    """
    sets = index_risk_sets(
        rows.start,
        rows.stop,
        rows.is_event,
        stratum=rows.stratum,
        weight=rows.weight,
        ties=ties,
    )
    model = fit_model(sets, columns, rows.covariates.names)
    influence = None
    if rows.cluster is not None:
        influence = model.influence(rows.cluster, rows.n_clusters)
    return CoxFit(rows, model, influence, ties, conf_level)


def fit_move(
    rows: CoxRows,
    columns: Floats,
    moves: Moves,
    group: Sequence[tuple[int, int]],
    name: str,
    ties: str,
    events_per_term: float,
    conf_level: float,
) -> Hazard:
    """Fit the hazard of some moves, as far as their events allow.

    Parameters
    ----------
    rows : CoxRows
        All stays.
    columns : ndarray, shape (p, n)
        The covariates' columns.
    moves : Moves
        The states of the stays.
    group : sequence of tuple of int
        The moves of the model.
    name : str
        What they are called.
    ties : {"efron", "breslow"}
        How moves of one time share their risk set.
    events_per_term : float
        Fewest events per column.
    conf_level : float
        Share of intervals meant to hold the truth.

    Returns
    -------
    Hazard
        With covariates where there are events enough; for predictions also without.
    """
    is_at_risk, is_event = ends_in(moves, group)
    members, n_events = np.flatnonzero(is_at_risk), int(is_event.sum())
    none = np.zeros(len(columns), dtype=bool)
    bare_rows = rows.some(is_at_risk, is_event, rows.covariates.some(none))
    fit = bare = None
    notes: list[str] = []
    if n_events:
        own = np.ascontiguousarray(columns[:, is_at_risk])
        bare = fit_rows(bare_rows, own[:0], ties=ties, conf_level=conf_level)
        is_kept = is_estimable(bare.model.sets, own)
        if not is_kept.all():
            unfit = np.array(rows.covariates.names)[~is_kept]
            notes.append(f"no effect of {', '.join(unfit)}: it does not vary by itself here.")
        has_terms = bool(is_kept.any()) or not len(is_kept)
        if has_terms and n_events >= events_per_term * is_kept.sum():
            chosen = rows.some(is_at_risk, is_event, rows.covariates.some(is_kept))
            fit = fit_rows(chosen, own[is_kept], ties=ties, conf_level=conf_level)
            notes.insert(0, fit.message)
        elif has_terms:
            notes.insert(0, f"too few events for {int(is_kept.sum())} columns.")
    else:
        notes.append("no events.")
    return Hazard(
        name=name,
        moves=tuple(group),
        members=members,
        fit=fit,
        carrier=fit if fit is not None and fit.converged else bare,
        reason=" ".join(notes),
        n_at_risk=len(members),
        n_events=n_events,
    )
