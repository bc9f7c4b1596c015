"""What a cohort's visits say about the ladder: who was seen at which rung on which day."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.sighting_rows import (
    DAYS,
    Rows,
    distinct,
    in_order,
    is_last_row,
    keep_rows,
)
from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.event_rows import (
    episode_index,
    episodes_by_id,
    plain_numbers,
    rating_rows,
    stage_changes,
)
from hinge_outcomes.cohort.events import episode_ends
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.keys import places_in
from hinge_outcomes.domain.progression import LAST_STAGE
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import (
    DISCHARGED,
    END_STATES,
    LOST,
    REFERRED,
    STAGE_STATES,
    STATES,
)

MASTERED_CODE = len(STAGE_STATES)
EXITS = (DISCHARGED, REFERRED, LOST)


@dataclass(frozen=True, slots=True, eq=False)
class LadderSightings:
    """Hold what was seen of each episode, in order of episode and day.

    Parameters
    ----------
    episode_ids : Index
        The n episodes, in the order their numbers count.
    episode : ndarray of shape (N,)
        Whose sighting.
    day : ndarray of shape (N,)
        When.
    code : ndarray of shape (N,)
        A state's place in ``states``, or ``len(states)`` + k - 1: one of two states of stage k.
    entry, target : ndarray of shape (n,)
        Entry and target stage.
    excluded : dict of str to int
        Episodes that are left out, by reason.
    states : tuple of str
        The states of the model.
    """

    episode_ids: pd.Index
    episode: Integers
    day: Floats
    code: Integers
    entry: Integers
    target: Integers
    excluded: dict[str, int]
    states: tuple[str, ...] = STATES


def see_ladder(
    cohort: Cohort, *, criterion: MasteryCriterion, loss: LossRule, dates_loss: bool = True
) -> LadderSightings:
    """Read from a cohort who was seen at which stage on which day, and how each path ended.

    Day 0 shows the entry stage, later days with an assessment the working stage of that day, at
    most the target. Mastery of the target is entered between the previous sighting and the first
    rating of the confirming run, and ends the path. A single good rating of the target as the last
    sighting leaves open whether it was mastered. Discharge and referral are dated exactly. A
    patient who is lost left at some time after the last sighting and before the appointment that
    was missed first; where none is recorded, before the usual time between visits had passed.

    Parameters
    ----------
    cohort : Cohort
        The records.
    criterion : MasteryCriterion
        What documents mastery.
    loss : LossRule
        When a silent patient counts as lost.
    dates_loss : bool, default True
        Whether losses are moves of the model. Then intervals that begin less than the rule's gap
        before the data cut are left out, whatever followed: their losses are not known yet. If
        False the path of a lost patient just ends.

    Returns
    -------
    LadderSightings
        The sightings.
    """
    ids = episode_index(cohort)
    episodes = episodes_by_id(cohort, ids)
    entry, target = (
        np.nan_to_num(plain_numbers(episodes[name])).astype(np.int64)
        for name in ("entry_stage", "target_stage")
    )
    ends = episode_ends(cohort, criterion=criterion, loss=loss)
    end_day = plain_numbers(ends["care_end_day"])
    ratings = rating_rows(cohort, ids)
    first_day, alone = _target_ratings(
        ratings, target, plain_numbers(ends["mastered_day"]), criterion
    )
    known = (entry > 0) & (target > 0)
    at_once = known & (first_day <= 0)
    used = known & ~at_once
    episode, day, stage = seen_stages(cohort, ids)
    keep = used[episode] & (day <= end_day[episode]) & (day < first_day[episode])
    episode, day, stage = episode[keep], day[keep], stage[keep]
    code = np.minimum(stage, target[episode]) - 1
    last = is_last_row(episode)
    doubt = last & (day > 0) & (day == alone[episode])
    code[doubt] = len(STATES) + target[episode[doubt]] - 1
    in_doubt = np.zeros(len(ids), dtype=bool)
    in_doubt[episode[doubt]] = True
    more = path_endings(cohort, ids, ends, (episode, day), used & ~in_doubt, first_day)
    seen = episode, day, code
    if not dates_loss:
        more = keep_rows(more, more[2] != STATES.index(LOST))
    episode, day, code = in_order(seen, more)
    if dates_loss:
        is_known = known_by_cut(cohort, episodes, (episode, day), loss)
        episode, day, code = keep_rows((episode, day, code), is_known)
    return LadderSightings(
        episode_ids=ids,
        episode=episode,
        day=day,
        code=code,
        entry=entry,
        target=target,
        excluded={
            "without an entry or target stage": int((~known).sum()),
            "rated automatic at the target from day 0 on": int(at_once.sum()),
        },
    )


def ladder_data(
    sightings: LadderSightings, pattern_of: Integers, values: Floats
) -> tuple[PanelData, Integers]:
    """Put sightings into the form that panel likelihoods read.

    Parameters
    ----------
    sightings : LadderSightings
        What was seen.
    pattern_of : ndarray of shape (n,)
        Covariate pattern of each episode; negative leaves the episode out.
    values : ndarray of shape (P, C + 1)
        Covariates of each pattern.

    Returns
    -------
    panel : PanelData
        Subjects are numbered as they occur.
    subjects : ndarray
        The episode of each subject.
    """
    keep = pattern_of[sightings.episode] >= 0
    episode = sightings.episode[keep]
    is_last = is_last_row(episode)
    subjects: Integers = episode[is_last]
    subject: Integers = np.cumsum(is_last) - is_last
    states = sightings.states
    doubts = np.zeros((LAST_STAGE, len(states)), dtype=bool)
    rungs = np.arange(LAST_STAGE)
    doubts[rungs, rungs] = True
    # Of the simple form a doubt is about mastery, of the hidden form about the stage itself.
    doubts[rungs, MASTERED_CODE if states is STATES else LAST_STAGE + rungs] = True
    panel = PanelData(
        states=states,
        subject=subject,
        time=sightings.day[keep],
        code=sightings.code[keep],
        sets=np.vstack([np.eye(len(states), dtype=bool), doubts]),
        pattern=pattern_of[episode],
        values=values,
        is_exact=np.isin(states, (DISCHARGED, REFERRED)),
        exact_times=False,
    )
    return panel, subjects


def seen_stages(cohort: Cohort, ids: pd.Index) -> Rows:
    """Give the working stage on day 0 and on every day with an assessment.

    Parameters
    ----------
    cohort : Cohort
        The records.
    ids : Index
        The episodes.

    Returns
    -------
    episode, day, stage : ndarray
        In order of episode and day.
    """
    place = places_in(cohort.assessments["episode_id"], ids)
    day = plain_numbers(cohort.assessments["assessed_day"])
    inside = place >= 0
    later = place[inside] * DAYS + day[inside]
    key = distinct(np.concatenate([later, np.arange(len(ids)) * DAYS]).astype(np.int64))
    stage = stage_at(cohort, ids, key)
    key, stage = key[stage > 0], stage[stage > 0]
    return key // DAYS, (key % DAYS).astype(np.float64), stage


def stage_at(cohort: Cohort, ids: pd.Index, key: Integers) -> Integers:
    """Give the working stage that holds at some days, 0 where none does.

    Parameters
    ----------
    cohort : Cohort
        The records.
    ids : Index
        The episodes.
    key : ndarray
        Number of the episode times ``DAYS`` plus the day.

    Returns
    -------
    ndarray
        Stages.
    """
    changed, changed_day, stage = stage_changes(cohort, ids)
    at = np.searchsorted(changed * DAYS + changed_day, key, side="right") - 1
    has_stage = (at >= 0) & (changed[np.maximum(at, 0)] == key // DAYS)
    return np.where(has_stage, stage[np.maximum(at, 0)], 0)


def path_endings(
    cohort: Cohort,
    ids: pd.Index,
    ends: pd.DataFrame,
    seen: tuple[Integers, Floats],
    is_used: Bools,
    first_day: Floats,
) -> Rows:
    """Give one further sighting to each path that ended: mastered, discharged, referred, lost.

    Parameters
    ----------
    cohort : Cohort
        The records.
    ids : Index
        The n episodes.
    ends : DataFrame
        From `episode_ends`.
    seen : tuple of ndarray
        Episode and day of the sightings.
    is_used : ndarray of shape (n,)
        Paths that may have an ending.
    first_day : ndarray of shape (n,)
        When mastery is seen; infinity where it is not.

    Returns
    -------
    episode, day, code : ndarray
        Places in ``STATES``.
    """
    final_day = np.zeros(len(ids))
    np.maximum.at(final_day, *seen)
    state = ends["care_end_state"].to_numpy(dtype=object)
    day = plain_numbers(ends["care_end_day"])
    mastered = is_used & np.isfinite(first_day)
    code = np.full(len(state), -1, dtype=np.int64)
    for name in END_STATES[1:]:
        code[is_used & (state == name)] = STATES.index(name)
    # Whoever is lost has left after the last sighting, be it on the very same day.
    by = np.minimum(day, np.maximum(_missed_days(cohort, ids, ends), final_day))
    day = np.where(code == STATES.index(LOST), np.maximum(by, final_day + 0.5), day)
    code[mastered] = MASTERED_CODE
    day = np.where(mastered, first_day, day)
    found = np.flatnonzero(code >= 0)
    return found, day[found], code[found]


def known_by_cut(
    cohort: Cohort, episodes: pd.DataFrame, seen: tuple[Integers, Floats], loss: LossRule
) -> Bools:
    """Keep the intervals that begin so early that a loss in them would be known by the cut.

    Parameters
    ----------
    cohort : Cohort
        The records.
    episodes : DataFrame
        One row per episode, in the order of their numbers.
    seen : tuple of ndarray
        Episode and day of the sightings, in order.
    loss : LossRule
        Its gap is how long a loss takes to be known.

    Returns
    -------
    ndarray of bool
        False for a sighting whose predecessor lies too late.
    """
    episode, day = seen
    latest = plain_numbers(cut_days(episodes, cohort.data_cut)) - loss.gap_days
    starts_late = np.zeros(len(day), dtype=bool)
    starts_late[1:] = (episode[1:] == episode[:-1]) & (day[:-1] > latest[episode[1:]])
    return ~starts_late


def _target_ratings(
    ratings: tuple[Integers, Integers, Integers, Integers],
    target: Integers,
    mastered_day: Floats,
    criterion: MasteryCriterion,
) -> tuple[Floats, Floats]:
    """Give the first day of the confirming run, and the day of a last rating that is good alone.

    Infinity where there is none.
    """
    episode, stage, day, level = ratings
    own = stage == target[episode]
    episode, day, is_high = episode[own], day[own], level[own] >= criterion.minimum_rating
    key = episode * DAYS + day
    first = np.full(len(target), np.inf)
    confirmed = np.flatnonzero(np.isfinite(mastered_day))
    at = np.searchsorted(
        key, confirmed * DAYS + mastered_day[confirmed].astype(np.int64), side="right"
    )
    at = at - 1
    # A move upward confirms without a rating of its own; then the last rating stands alone.
    is_rating = day[at] == mastered_day[confirmed]
    back = np.where(is_rating, at - (criterion.consecutive - 1), at)
    back = np.where((back >= 0) & (episode[np.maximum(back, 0)] == confirmed), back, at)
    first[confirmed] = day[back]
    alone = np.full(len(target), np.inf)
    shown = is_last_row(episode) & is_high
    alone[episode[shown]] = day[shown]
    alone[confirmed] = np.inf
    return first, alone


def _missed_days(cohort: Cohort, ids: pd.Index, ends: pd.DataFrame) -> Floats:
    """Give the day by which a patient who was not seen again had left.

    That is the first appointment missed after the last one attended, or the usual number of days
    between two attended visits after it.
    """
    visits = cohort.visits
    place = places_in(visits["episode_id"], ids)
    day = plain_numbers(visits["visit_day"])
    came = (visits["status"] == "attended").fillna(False).to_numpy(dtype=bool) & (place >= 0)
    key = distinct((place[came] * DAYS + day[came]).astype(np.int64))
    gap = np.diff(key)[np.diff(key // DAYS) == 0]
    usual = float(np.median(gap)) if len(gap) else 7.0
    last = np.nan_to_num(plain_numbers(ends["last_attended_day"]))
    missed = last + usual
    late = (place >= 0) & ~came & (day > last[np.maximum(place, 0)])
    first = np.full(len(ids), np.inf)
    np.minimum.at(first, place[late], day[late])
    return np.where(np.isfinite(first), first, missed)
