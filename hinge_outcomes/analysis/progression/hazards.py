"""Cox models: what speeds up or slows down an event, and moves between states."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.progression.cox_reader import CoxRows, numbers_or_missing, read_rows
from hinge_outcomes.analysis.progression.cox_result import CoxFit
from hinge_outcomes.analysis.progression.hazard_fit import fit_move, fit_rows
from hinge_outcomes.analysis.progression.hazard_models import HazardModels
from hinge_outcomes.analysis.progression.hazard_moves import group_moves, read_moves
from hinge_outcomes.analysis.progression.hazards_result import HazardsFit
from hinge_outcomes.analysis.progression.refused_rows import check_columns, refuse_rows
from hinge_outcomes.analysis.progression.risk_sets import Floats
from hinge_outcomes.exceptions import AnalysisError, NoEventsError

CLOCKS = ("reset", "forward")
"""Time in the state, or time since the start."""

_BEGIN, _END, _MOVED = "(begin)", "(end)", "(moved)"


def fit_cox(
    frame: pd.DataFrame,
    formula: str,
    *,
    start: str | None,
    stop: str,
    event: str,
    strata: str | Sequence[str] | None = None,
    cluster: str | npt.ArrayLike | None = None,
    ties: str = "efron",
    weights: str | npt.ArrayLike | None = None,
    conf_level: float = 0.95,
) -> CoxFit:
    """Fit how covariates multiply the hazard of an event.

    A row (start, stop] is at risk at every time u with start < u <= stop; a row that stops without
    event is censored there. One subject may have many rows, with gaps and with covariates that
    change between them.

    Parameters
    ----------
    frame : DataFrame
        One row per (start, stop], in any order; not changed.
    formula : str
        Covariates joined by +, : or *, such as ``age + sex``. Text and category columns are
        compared with their first group; ``1`` stands for no covariates.
    start : str or None
        Column with the time at which a row comes under observation; None means that all are at risk
        from the beginning.
    stop : str
        Column with the time at which it ends, in the same unit.
    event : str
        Column that says whether it ends in the event: True or 1, False or 0.
    strata : str or sequence of str, optional
        Columns whose values make strata: each has a baseline hazard of its own.
    cluster : str or array_like, optional
        Column, or one label per row, whose values are sampled independently, such as the patient:
        errors are then robust. Default: model-based errors; with weights that are not whole numbers
        each row is a cluster.
    ties : {"efron", "breslow"}, default "efron"
        How events of one time share their risk set.
    weights : str or array_like, optional
        Column, or one number per row: case or inverse-probability weights, 0 or more.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    CoxFit
        ``.table()``, ``.baseline()``, ``.proportional_hazards_test()``, ``.loglik``,
        ``.converged``, ``.message``.

    Raises
    ------
    DataError
        If a column is missing, no row is complete, or a time, event or weight is not what it must
        be.
    NoEventsError
        If no row ends in the event.
    NotIdentifiableError
        If a column never varies among those at risk together, or is a combination of others.
    AnalysisError
        If the formula or an option cannot be used.

    Notes
    -----
    The hazard of a row in stratum s is lambda_s(t) exp(x b); b maximises the partial likelihood
    [1]_, ties by Efron or Breslow. It assumes that ratios stay the same over time (see
    ``.proportional_hazards_test()``) and that censoring and entry are independent of the event
    given x. Robust errors are the infinitesimal jackknife by cluster [2]_; with up to 50 clusters
    intervals are Student's t with one degree of freedom less than clusters. Rows with a missing
    value in a column used are left out and counted. Where the likelihood has no finite maximum
    ``.converged`` is False and ``.message`` names the terms.

    References
    ----------
    .. [1] Andersen P, Gill R (1982). Cox's regression model for counting processes: a large sample
       study. Ann Stat 10, 1100-1120.
    .. [2] Lin D, Wei L (1989). The robust inference for the Cox proportional hazards model. J Am
       Stat Assoc 84, 1074-1078.

    Examples
    --------
    Three patients with an event each; the second, who has x = 1, is not the last at risk.

    >>> frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3], "event": 1, "x": [0, 1, 0]})
    >>> fit = fit_cox(frame, "x", start="start", stop="stop", event="event")
    >>> fit.table()[["term", "estimate", "hazard_ratio"]].round(3).values.tolist()
    [['x', 0.347, 1.414]]
    """
    check_conf_level(conf_level)
    rows, columns = read_rows(
        frame,
        formula,
        start=start,
        stop=stop,
        event=event,
        strata=strata,
        cluster=cluster,
        weights=weights,
    )
    return fit_rows(rows, columns, ties=ties, conf_level=conf_level)


def fit_hazards(
    stays: pd.DataFrame,
    formula: str,
    clock: str = "reset",
    *,
    per: str = "kind",
    transitions: Sequence[tuple[Any, Any]] | None = None,
    strata: str | Sequence[str] | None = None,
    cluster: str | npt.ArrayLike | None = None,
    ties: str = "efron",
    start: str = "start_day",
    stop: str = "stop_day",
    from_state: str = "from_state",
    to_state: str = "to_state",
    states: Sequence[Any] | None = None,
    events_per_term: float = 5.0,
    conf_level: float = 0.95,
) -> HazardsFit:
    """Fit how covariates speed up or slow down the moves between states.

    A stay is at risk of every move out of its state; any other move, and censoring, ends that. One
    model has either one move, or all moves of a kind: ``forward`` and ``backward`` in the order of
    the states, and one kind for each state that nobody leaves, such as ``mastered`` or ``lost``.
    Models of a kind are stratified by the state left, so that each stage keeps its own hazard and
    one hazard ratio is had for all.

    Parameters
    ----------
    stays : DataFrame
        One row per stay, as `derive_stays` gives it, or any with the columns below; not changed.
    formula : str
        Covariates joined by +, : or *, such as ``symptom_duration + age``; ``1`` for none.
    clock : {"reset", "forward"}, default "reset"
        Hazards by time in the state, which begins anew with every stay, or by time since the start.
    per : {"kind", "transition"}, default "kind"
        One model per kind of move, which the records of a clinic can support, or per move.
    transitions : sequence of (from, to), optional
        Only these moves; all others compete. Default: all that happen.
    strata : str or sequence of str, optional
        Further columns whose values make strata.
    cluster : str or array_like, optional
        Column, or one label per row, whose values are sampled independently. Default:
        ``patient_id`` where there is such a column, because patients return; else model-based
        errors.
    ties : {"efron", "breslow"}, default "efron"
        How moves of one time share their risk set.
    start, stop, from_state, to_state : str
        Columns: bounds of the stay since the start, state held, state moved to (missing:
        censored).
    states : sequence, optional
        All states in order. Default: the order of the ladder, of categories, or sorted.
    events_per_term : float, default 5.0
        A model with fewer events for each of its columns is left out, and said so [2]_.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    HazardsFit
        ``.table()``, ``.transitions()``, ``.baseline()``, ``.proportional_hazards_test()``,
        ``.predict(patient, from_state=...)``, ``.model(transition)``.

    Raises
    ------
    DataError
        If a column is missing, a stay has no length, or a state is not what it must be.
    NoEventsError
        If nobody moves, or every model has too few events.
    AnalysisError
        If the formula or an option cannot be used.

    Notes
    -----
    The hazard of a move from h to j is lambda_hj(t) exp(x b), with b that of the move or of its
    kind, and t the time on the clock [1]_: see `fit_cox` for the fit. A column that never varies
    among those at risk of a move has no row in its model.

    References
    ----------
    .. [1] Putter H, Fiocco M, Geskus R (2007). Tutorial in biostatistics: competing risks and
       multi-state models. Stat Med 26, 2389-2430.
    .. [2] Vittinghoff E, McCulloch C (2007). Relaxing the rule of ten events per variable in
       logistic and Cox regression. Am J Epidemiol 165, 710-718.

    Examples
    --------
    >>> stays = pd.DataFrame({
    ...     "start_day": 0, "stop_day": [10, 20, 30], "from_state": "stage_1",
    ...     "to_state": "stage_2", "age": [40, 60, 40]})
    >>> fit = fit_hazards(stays, "age", events_per_term=3)
    >>> fit.table()[["transition", "term", "n_events", "hazard_ratio"]].round(3).values.tolist()
    [['forward', 'age', 3, 1.017]]
    """
    check_conf_level(conf_level)
    if clock not in CLOCKS:
        raise AnalysisError(f"clock is {clock!r}, but must be one of: {', '.join(CLOCKS)}.")
    if not events_per_term >= 0:
        raise AnalysisError(f"events_per_term is {events_per_term}, but must be 0 or more.")
    check_columns(stays, [start, stop, from_state, to_state])
    if cluster is None and "patient_id" in stays.columns:
        cluster = "patient_id"
    rows, columns, last_stop = _read_stays(
        stays, formula, clock, (start, stop, from_state), strata, cluster
    )
    used = stays.iloc[rows.kept]
    moves = read_moves(used[from_state], used[to_state], states)
    hazards = [
        fit_move(rows, columns, moves, group, name, ties, events_per_term, conf_level)
        for name, group in group_moves(moves, transitions, per).items()
    ]
    if not any(hazard.fit for hazard in hazards):
        raise NoEventsError(
            f"None of the {len(hazards)} models has {events_per_term:g} events for each of its "
            f"columns: the largest has {max(hazard.n_events for hazard in hazards)}. Use fewer "
            "covariates, per='kind', or a smaller events_per_term."
        )
    models = HazardModels(tuple(hazards), moves, rows, clock, from_state, last_stop, conf_level)
    return HazardsFit(models, per)


def _read_stays(
    stays: pd.DataFrame,
    formula: str,
    clock: str,
    names: tuple[str, str, str],
    strata: str | Sequence[str] | None,
    cluster: str | npt.ArrayLike | None,
) -> tuple[CoxRows, Floats, float]:
    """Read stays on a clock, with every move as an event; the state left is the last stratum."""
    start, stop, from_state = names
    begin, end = (numbers_or_missing(stays[name], name) for name in (start, stop))
    refuse_rows(
        begin >= end,
        f"{stop} is not later than {start}",
        "Every stay needs a length; give an exit on day 0 half a day (stop 0.5).",
    )
    is_reset = clock == "reset"
    # Names that no column of a user has, so that covariates may be named like times.
    work = stays.assign(
        **{
            _BEGIN: np.where(np.isnan(begin), np.nan, 0.0) if is_reset else begin,
            _END: end - begin if is_reset else end,
            _MOVED: 0,
        }
    )
    further = [strata] if isinstance(strata, str) else list(strata or [])
    rows, columns = read_rows(
        work,
        formula,
        start=_BEGIN,
        stop=_END,
        event=_MOVED,
        strata=[*further, from_state],
        cluster=cluster,
    )
    return rows, columns, float(end[rows.kept].max())
