"""How fast patients climb, slip and leave: the ladder as a Markov process seen at visits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.progression.ladder_panel import (
    EXITS,
    LadderSightings,
    ladder_data,
    see_ladder,
)
from hinge_outcomes.analysis.progression.ladder_ratings import (
    FEWEST_WAITING,
    RatingModel,
    count_waiting,
    model_ratings,
    see_ratings,
    stage_sightings,
)
from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.analysis.progression.ladder_structure import (
    CLOSED,
    KINDS,
    NO_MOVES,
    build_ladder,
    ladder_values,
    wanted_shapes,
)
from hinge_outcomes.analysis.progression.ladder_support import (
    MOVES_A_RATE,
    LadderSupport,
    add_relapses,
    judge_support,
)
from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers
from hinge_outcomes.analysis.progression.panel_fit import crude_rates, fit_panel, start_parameters
from hinge_outcomes.analysis.progression.panel_terms import Term, read_terms
from hinge_outcomes.analysis.progression.stays import check_follow_up
from hinge_outcomes.cohort.day0 import check_day0_columns, derive_day0
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import LOST
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

ACTS_ON = ("forward", "backward", LOST)
"""Kinds of moves whose rates covariates change, where the counts support it."""

_BASELINE = "baseline_"

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


def fit_ladder(
    cohort: Cohort,
    structure: str | Mapping[str, str] = "tied",
    covariates: Sequence[str] = (),
    *,
    form: str = "hidden",
    acts_on: Sequence[str] = ACTS_ON,
    loss_is: str = "move",
    misrating: str | tuple[float, float] = "estimated",
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
    conf_level: float = 0.95,
    progress: Callable[[int, float], None] | None = None,
) -> LadderFit:
    """Fit the ten-stage ladder to what was seen at visits.

    Visits look in on a process that goes on between them: nothing is assumed about when exactly a
    patient learnt, slipped back or left, only that it lay between two sightings. Before the fit the
    visits are counted; where they do not support the structure asked for, the next simpler one is
    used, and ``.message`` says so.

    Parameters
    ----------
    cohort : Cohort
        The records.
    structure : str or mapping, default "tied"
        How rates vary over stages: "free" (one each), "smooth" (a curve over the stages), "phase"
        (one for each of the four phases), "tied" (one for all); or by kind of move: forward,
        advance and relapse (hidden form), backward, and discharged, referred, lost, together
        ``exit``.
    covariates : sequence of str, default ()
        Columns known on day 0, or ``baseline_<instrument>``. Numbers enter as they are, labels by
        level against the first one. One effect per kind of move.
    form : {"hidden", "simple"}, default "hidden"
        "hidden": each stage is first being learnt, then automatic; ratings may err, and the patient
        moves up some time after. "simple": a stage is one state, left when it is learnt, and
        ratings of the target are taken as true.
    acts_on : sequence of str, default ("forward", "backward", "lost")
        Kinds of moves that covariates change.
    loss_is : {"move", "censored"}, default "move"
        Whether losses have a rate, or just end the path. As a move a loss lies between the last
        sighting and the appointment missed first, and intervals that begin less than the loss
        rule's gap before the data cut are left out.
    misrating : "estimated", "none" or (float, float), default "estimated"
        Hidden form: the chances of being rated automatic while learning, and lower while automatic.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery, which ends the path.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.
    progress : callable, optional
        Called with the number of each step of the search and the log-likelihood.

    Returns
    -------
    LadderFit
        ``.rates()``, ``.hazard_ratios()``, ``.mastery(days)`` (latent), ``.passage()`` (from any
        stage), ``.support`` (the counts), ``.converged``, ``.message``.

    Raises
    ------
    NotIdentifiableError
        If the cohort has no stages, last_observed_day was removed, no episode has all covariates,
        or one of them does not vary.
    NoEventsError
        If nobody was seen to move forward.
    AnalysisError
        If an option is not allowed, or a covariate is not known on day 0.

    Notes
    -----
    Given the state, the next move has a constant rate and does not depend on the past; then the
    chance of what is seen next is an entry of exp(Q t), with Q the generator [1]_ [2]_. In the
    simple form passing one's own target is the forward move of that stage, so unequal targets share
    rates. Visit times may depend on what was recorded before, not on what happens between. Errors
    are those of the inverse observed information, for independent episodes.

    In the simple form a visit shows the working stage alone, and of the ratings only those of the
    target count: a path ends with mastery, at some time between the sighting before and the first
    rating of the confirming pair; a single good rating that comes last leaves it open.

    In the hidden form a visit shows the working stage and how it is rated. A forward move is
    learning the stage; moving up from it is ``advance``; a setback while learning leads one stage
    down. A rating that falls back from automatic is an error of rating (both chances are one number
    for all stages each, or one together, as the counts allow) or, where ratings are taken as true
    or ``relapse`` is named in ``structure``, a relapse: what was automatic is being learnt again.
    Both errors together with relapses or free backward rates explain the same records; then the
    errors share one chance, or backward rates are smooth at most, unless ``misrating`` is given.

    References
    ----------
    .. [1] Kalbfleisch J, Lawless J (1985). The analysis of panel data under a Markov assumption.
       J Am Stat Assoc 80, 863-871.
    .. [2] Jackson C (2011). Multi-state models for panel data: the msm package for R. J Stat
       Softw 38(8), 1-29.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=150, seed=7)
    >>> ladder = fit_ladder(cohort, form="simple")
    >>> ladder.converged, sorted(set(ladder.rates()["kind"]))
    (True, ['backward', 'forward', 'lost', 'referred'])
    """
    check_follow_up(cohort)
    check_conf_level(conf_level)
    _check_options(form, acts_on, loss_is, misrating)
    asked = wanted_shapes(structure)
    reasons: list[str] = []
    dates_loss = loss_is == "move"
    if form == "hidden":
        sightings = see_ratings(cohort, criterion=criterion, loss=loss, dates_loss=dates_loss)
        waiting = count_waiting(sightings)
        if waiting < FEWEST_WAITING:
            form = "simple"
            reasons.append(
                f"Patients were seen {waiting} times with a stage automatic and not left yet, too "
                "few to tell learning from moving up: the simple form is used."
            )
    if form == "simple":
        sightings = see_ladder(cohort, criterion=criterion, loss=loss, dates_loss=dates_loss)
    stages = sightings if form == "simple" else stage_sightings(sightings)
    support = judge_support(stages, asked, form)
    frame = _day0_frame(cohort, sightings.episode_ids, covariates)
    is_whole = frame[list(covariates)].notna().all(axis=1).to_numpy(dtype=bool)
    seen = np.zeros(len(frame), dtype=bool)
    seen[sightings.episode] = True
    used = seen & is_whole
    if not used.any():
        raise NotIdentifiableError(
            "No episode was seen at a stage with all covariates recorded. Leave out the covariate "
            "that is missing most, or select other episodes."
        )
    excluded = dict(sightings.excluded)
    if covariates:
        excluded["with a covariate missing"] = int((seen & ~is_whole).sum())
    terms, columns = read_terms(frame.reset_index(), covariates, used)
    effects, too_few = _supported_effects(support, terms, acts_on)
    reasons += too_few
    kept = _without_left_out(sightings, support.shapes)
    ratings: RatingModel | None = None
    if form == "hidden":
        subjects = np.unique(sightings.episode[used[sightings.episode]])
        ratings, support = _with_ratings(kept, subjects, misrating, support, structure)
    pattern_of, target, rows = _number_patterns(sightings.target, columns, used)
    names = [term.name for term in terms]
    ladder = build_ladder(support.shapes, target.tolist(), names, effects, form=form)
    values = ladder_values(ladder, target, rows)
    panel, subjects = ladder_data(kept, pattern_of, values)
    start = start_parameters(ladder.rates, crude_rates(panel, ladder.rates))
    start[list(ladder.held)] = CLOSED
    if ratings is not None:
        more = [] if ratings.emission is None else [ratings.emission.start]
        start = np.concatenate([start, *more, ratings.start.start])
    fit = fit_panel(
        panel,
        ladder.rates,
        emission=None if ratings is None else ratings.emission,
        initial=None if ratings is None else ratings.start,
        start=start,
        held=ladder.held,
        progress=progress,
    )
    return LadderFit(
        ladder=ladder,
        fit=fit,
        panel=panel,
        terms=terms,
        support=support,
        ratings=ratings,
        reasons=(*support.reasons.values(), *reasons),
        entry=sightings.entry[subjects],
        target=sightings.target[subjects],
        pattern=pattern_of[subjects],
        excluded=excluded,
        n_patients=int(frame.loc[used, "patient_id"].nunique()),
        form=form,
        criterion=criterion,
        loss=loss,
        conf_level=conf_level,
    )


def _check_options(
    form: str, acts_on: Sequence[str], loss_is: str, misrating: str | tuple[float, float]
) -> None:
    if form not in ("simple", "hidden"):
        raise AnalysisError(f"form is {form!r}, but must be one of: simple, hidden.")
    if loss_is not in ("move", "censored"):
        raise AnalysisError(f"loss_is is {loss_is!r}, but must be one of: move, censored.")
    if isinstance(misrating, tuple):
        is_right = len(misrating) == 2 and all(0 < chance < 1 for chance in misrating)
    else:
        is_right = misrating in ("estimated", "none")
    if not is_right:
        raise AnalysisError(
            'misrating must be "estimated", "none", or two chances between 0 and 1: of automatic '
            "while learning, and of lower while automatic."
        )
    odd = [kind for kind in acts_on if kind not in KINDS]
    if odd:
        raise AnalysisError(
            f"acts_on= names {', '.join(map(repr, odd))}. Allowed: {', '.join(KINDS)}."
        )


def _day0_frame(cohort: Cohort, ids: pd.Index, covariates: Sequence[str]) -> pd.DataFrame:
    """Give one row per episode with the covariates known on day 0."""
    scores = [name for name in covariates if name.startswith(_BASELINE)]
    check_day0_columns(cohort, [name for name in covariates if name not in scores], "covariates")
    frame = derive_day0(cohort).set_index("episode_id").loc[ids]
    for name in scores:
        code = name.removeprefix(_BASELINE)
        outcomes = cohort.outcomes[cohort.outcomes["instrument"].astype("object") == code]
        if outcomes.empty:
            raise AnalysisError(
                f"covariates= names {name}, but no score of that instrument is recorded."
            )
        found = match_windows(outcomes, [0]).set_index("episode_id")["score"]
        frame[name] = found.reindex(ids).astype("float64")
    return frame


def _with_ratings(
    sightings: LadderSightings,
    subjects: Integers,
    misrating: str | tuple[float, float],
    support: LadderSupport,
    structure: str | Mapping[str, str],
) -> tuple[RatingModel, LadderSupport]:
    """Decide on errors of rating, and on relapses: never on all that nobody could tell apart."""
    is_asked = not isinstance(structure, str) and "relapse" in structure
    ratings = model_ratings(sightings, subjects, misrating, is_tied=is_asked)
    has_both = ratings.emission is not None and len(ratings.emission.names) == 2
    if has_both and support.shapes["backward"] == "free":
        asked = {**support.asked, "backward": "smooth"}
        shape = judge_support(stage_sightings(sightings), asked, "hidden").shapes["backward"]
        why = (
            "Free backward rates and both errors of rating cannot be told apart: backward rates "
            f"are {shape}. To have them free, give misrating=."
        )
        support = replace(
            support,
            shapes={**support.shapes, "backward": shape},
            reasons={**support.reasons, "backward": why},
        )
    if ratings.needs_relapse or (is_asked and ratings.falls.any()):
        support = add_relapses(support, ratings.falls)
    return ratings, support


def _supported_effects(
    support: LadderSupport, terms: Sequence[Term], acts_on: Sequence[str]
) -> tuple[dict[str, tuple[int, ...]], list[str]]:
    """Let covariates act on the kinds of moves that occur often enough for them."""
    total = support.counts.groupby("kind")["n_events"].sum()
    effects: dict[str, tuple[int, ...]] = {}
    reasons: list[str] = []
    if not terms:
        return effects, reasons
    for kind in acts_on:
        if support.shapes[kind] == NO_MOVES:
            continue
        if total[kind] >= MOVES_A_RATE * len(terms):
            effects[kind] = tuple(range(len(terms)))
        else:
            reasons.append(
                f"{int(total[kind])} moves {kind} are too few for {len(terms)} covariate effects; "
                "these moves have none."
            )
    return effects, reasons


def _number_patterns(
    target: Integers, columns: Floats, used: Bools
) -> tuple[Integers, Integers, Floats]:
    """Number the distinct combinations of target and covariates; -1 is left out."""
    key = np.column_stack([target[used], columns[used]])
    rows, number = np.unique(key, axis=0, return_inverse=True)
    pattern_of = np.full(len(target), -1, dtype=np.int64)
    pattern_of[used] = number.ravel()
    return pattern_of, rows[:, 0].astype(np.int64), rows[:, 1:]


def _without_left_out(sightings: LadderSightings, shapes: Mapping[str, str]) -> LadderSightings:
    """End paths where they leave in a way that has no rate."""
    codes = [sightings.states.index(kind) for kind in EXITS if shapes[kind] == NO_MOVES]
    keep = ~np.isin(sightings.code, codes)
    return replace(
        sightings,
        episode=sightings.episode[keep],
        day=sightings.day[keep],
        code=sightings.code[keep],
    )
