"""What a cohort's ratings say about the ladder: at which stage, and whether rated automatic."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.emission_structure import (
    EmissionStructure,
    StartStructure,
)
from hinge_outcomes.analysis.progression.ladder_changes import pair_ratings
from hinge_outcomes.analysis.progression.ladder_panel import (
    LadderSightings,
    known_by_cut,
    path_endings,
    seen_stages,
    stage_at,
)
from hinge_outcomes.analysis.progression.ladder_structure import HIDDEN_STATES
from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers
from hinge_outcomes.analysis.progression.sighting_rows import DAYS, Rows, in_order, keep_rows
from hinge_outcomes.cohort.event_rows import (
    STAGE_SPAN,
    episode_index,
    episodes_by_id,
    plain_numbers,
    rating_rows,
)
from hinge_outcomes.cohort.events import episode_ends
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.progression import LAST_STAGE
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import LOST, STATES

N_STATES = len(HIDDEN_STATES)

FEWEST_REVERSALS, MANY_REVERSALS = 5, 40
"""Automatic, then rated lower at the same stage: how often, before misrating can be estimated."""

FEWEST_WAITING = 20
"""Sightings of a stage that is automatic, and not left yet, before waiting can be estimated."""

_LIKELY = -3.0
"""Log odds of a misrating at which the search starts."""


@dataclass(frozen=True, slots=True, eq=False)
class RatingModel:
    """Say how ratings arise from competence, and what is known of it at the first sighting.

    Parameters
    ----------
    emission : EmissionStructure or None
        Misrating; None where ratings are taken as true.
    start : StartStructure
        Whether the entry stage is automatic on day 0.
    falls : ndarray of shape (10,)
        Times a stage was rated automatic and lower at the next sighting, still at that stage.
    needs_relapse : bool
        Whether the records are impossible unless what was automatic can be lost.
    reasons : tuple of str
        What could not be estimated, and what is assumed instead.
    """

    emission: EmissionStructure | None
    start: StartStructure
    falls: Floats
    needs_relapse: bool
    reasons: tuple[str, ...]


def see_ratings(
    cohort: Cohort, *, criterion: MasteryCriterion, loss: LossRule, dates_loss: bool = True
) -> LadderSightings:
    """Read from a cohort who was seen at which stage, and whether it was rated automatic.

    A day shows the stage that was rated while working at it: the working stage of that day, or,
    where only the one before is rated because the patient moved that day, that one. Without a
    rating only the stage is known. The path ends with the rating that confirms mastery of the
    target; other ends are as in `see_ladder`.

    Parameters
    ----------
    cohort : Cohort
        The records.
    criterion : MasteryCriterion
        Which level counts as automatic, and what confirms.
    loss : LossRule
        When a silent patient counts as lost.
    dates_loss : bool, default True
        Whether losses are moves of the model.

    Returns
    -------
    LadderSightings
        With the hidden form's states.
    """
    ids = episode_index(cohort)
    episodes = episodes_by_id(cohort, ids)
    entry, target = (
        np.nan_to_num(plain_numbers(episodes[name])).astype(np.int64)
        for name in ("entry_stage", "target_stage")
    )
    ends = episode_ends(cohort, criterion=criterion, loss=loss)
    mastered_day = plain_numbers(ends["mastered_day"])
    known = (entry > 0) & (target > 0)
    episode, day, stage = seen_stages(cohort, ids)
    keep = known[episode] & (day <= plain_numbers(ends["care_end_day"])[episode])
    keep &= ~(day > mastered_day[episode])
    episode, day, stage = keep_rows((episode, day, stage), keep)
    stage, level = _rated_stage(cohort, ids, (episode, day, stage))
    rung = np.minimum(stage, target[episode]) - 1
    is_high = level >= criterion.minimum_rating
    code = np.where(level < 0, N_STATES + rung, np.where(is_high, LAST_STAGE + rung, rung))
    is_open = known & ~np.isfinite(mastered_day)
    more = path_endings(cohort, ids, ends, (episode, day), is_open, np.full(len(ids), np.inf))
    if not dates_loss:
        more = keep_rows(more, more[2] != STATES.index(LOST))
    translated = np.array([HIDDEN_STATES.index(STATES[place]) for place in more[2]], dtype=np.int64)
    episode, day, code = in_order((episode, day, code), (more[0], more[1], translated))
    if dates_loss:
        is_known = known_by_cut(cohort, episodes, (episode, day), loss)
        episode, day, code = keep_rows((episode, day, code), is_known)
    excluded = {"without an entry or target stage": int((~known).sum())}
    return LadderSightings(ids, episode, day, code, entry, target, excluded, HIDDEN_STATES)


def stage_sightings(sightings: LadderSightings) -> LadderSightings:
    """Forget the ratings: only the stages, and the ends, as the counts need them.

    Parameters
    ----------
    sightings : LadderSightings
        Of the hidden form.

    Returns
    -------
    LadderSightings
        With the states of the simple form.
    """
    code = sightings.code
    simple = np.where(code >= N_STATES, code - N_STATES, code % LAST_STAGE)
    for place, name in enumerate(HIDDEN_STATES[2 * LAST_STAGE :], start=2 * LAST_STAGE):
        simple = np.where(code == place, STATES.index(name), simple)
    return LadderSightings(
        sightings.episode_ids, sightings.episode, sightings.day, simple, sightings.entry,
        sightings.target, sightings.excluded,
    )  # fmt: skip


def count_waiting(sightings: LadderSightings) -> int:
    """Count the sightings of patients whose stage is automatic and is not their target.

    Parameters
    ----------
    sightings : LadderSightings
        Of the hidden form.

    Returns
    -------
    int
        With none, learning a stage and moving up from it cannot be told apart.
    """
    code, target = sightings.code, sightings.target[sightings.episode]
    is_high = (code >= LAST_STAGE) & (code < 2 * LAST_STAGE)
    return int((is_high & (code - LAST_STAGE + 1 < target)).sum())


def model_ratings(
    sightings: LadderSightings,
    subjects: Integers,
    misrating: str | tuple[float, float],
    *,
    is_tied: bool = False,
) -> RatingModel:
    """Decide from the counts which errors of rating can be estimated.

    Parameters
    ----------
    sightings : LadderSightings
        What was seen.
    subjects : ndarray of shape (n,)
        The episodes analysed.
    misrating : "estimated", "none" or (float, float)
        Whether ratings err; or the chances of automatic while learning and of lower while
        automatic, if they are known.
    is_tied : bool, default False
        Whether both errors must share one chance, because relapses are estimated too.

    Returns
    -------
    RatingModel
        Misrating and the first state.

    Notes
    -----
    Below the target a stage may be left, and come back to, between two sightings. At the target
    there is no moving up: only there a rating that falls back proves an error, or a relapse.
    """
    pairs = pair_ratings(sightings, subjects)
    reversals, impossible = pairs.reversals(), pairs.impossible_if_true()
    n_reversals = int(reversals.sum())
    reasons: list[str] = []
    emission = None
    if isinstance(misrating, tuple):
        emission = _emission(np.log(misrating) - np.log1p(-np.array(misrating)), ())
    elif misrating == "estimated":
        if n_reversals < FEWEST_REVERSALS:
            reasons.append(
                f"Ratings fell back from automatic at the same stage {n_reversals} times only: "
                "they are taken as true."
            )
        elif not impossible:
            reasons.append(
                f"Ratings fell back from automatic {n_reversals} times, but never at a target, so "
                "steps up and down between visits explain them: ratings are taken as true."
            )
        elif is_tied or n_reversals < MANY_REVERSALS:
            why = "Relapses are estimated too" if is_tied else f"{n_reversals} ratings fell back"
            reasons.append(f"{why}, so both errors of rating share one chance.")
            emission = _emission(np.zeros(2), ("rated wrongly",))
        else:
            names = ("rated automatic while learning", "rated lower while automatic")
            emission = _emission(np.zeros(2), names)
    # Where ratings are true, a first one that is automatic must be possible.
    rows = np.flatnonzero(np.isin(sightings.episode, subjects))
    first = sightings.code[rows[np.unique(sightings.episode[rows], return_index=True)[1]]]
    is_seen = bool(((first >= LAST_STAGE) & (first < 2 * LAST_STAGE)).any())
    can_begin = is_seen if emission is None else pairs.begins_automatic()
    if not can_begin:
        reasons.append("Nobody, or hardly anyone, starts with the entry stage automatic already.")
    start = _start(sightings.entry[subjects], can_begin=can_begin)
    return RatingModel(
        emission, start, reversals, emission is None and impossible > 0, tuple(reasons)
    )


def _rated_stage(cohort: Cohort, ids: pd.Index, rows: Rows) -> tuple[Integers, Integers]:
    """Give the stage that was rated that day while working at it, and the rating; -1 for none."""
    episode, day, stage = rows
    rated, rated_stage, rated_day, level = rating_rows(cohort, ids)
    rated_key = (rated * STAGE_SPAN + rated_stage) * DAYS + rated_day
    whole = day.astype(np.int64)

    def find(wanted: Integers) -> Integers:
        key = (episode * STAGE_SPAN + wanted) * DAYS + whole
        at = np.minimum(np.searchsorted(rated_key, key), max(len(rated_key) - 1, 0))
        has = (rated_key[at] == key) if len(rated_key) else np.zeros(len(key), dtype=bool)
        return np.where(has, level[at] if len(level) else -1, -1)

    today = find(stage)
    before = stage_at(cohort, ids, episode * DAYS + np.maximum(whole - 1, 0))
    earlier = find(before)
    is_earlier = (today < 0) & (earlier >= 0) & (before > 0) & (whole > 0)
    return np.where(is_earlier, before, stage), np.where(is_earlier, earlier, today)


def _emission(offsets: Floats, names: tuple[str, ...]) -> EmissionStructure:
    """Let learning be seen as automatic and the other way round, alike at all stages."""
    wrong, missed = offsets
    rungs = np.arange(LAST_STAGE)
    possible = np.eye(N_STATES, dtype=bool)
    maps = np.zeros((N_STATES, N_STATES, len(names)))
    fixed = np.zeros((N_STATES, N_STATES))
    for seen, true, place, value in (
        (LAST_STAGE + rungs, rungs, 0, wrong),
        (rungs, LAST_STAGE + rungs, len(names) - 1, missed),
    ):
        possible[true, seen] = True
        fixed[true, seen] = value
        if names:
            maps[true, seen, place] = 1.0
    return EmissionStructure(possible, maps, fixed, names, np.full(len(names), _LIKELY))


def _start(entry: Integers, *, can_begin: bool) -> StartStructure:
    """Let a patient begin learning the entry stage, or have it automatic already."""
    rungs = np.arange(LAST_STAGE)
    possible: Bools = np.zeros((LAST_STAGE, N_STATES), dtype=bool)
    possible[rungs, rungs] = True
    maps = np.zeros((N_STATES, 1 if can_begin else 0))
    if can_begin:
        possible[rungs, LAST_STAGE + rungs] = True
        maps[LAST_STAGE + rungs] = 1.0
    names = ("entry stage automatic on day 0",) if can_begin else ()
    return StartStructure(
        entry - 1, possible, maps, np.zeros(N_STATES), names, np.full(len(names), -2.0)
    )
