"""Turn each episode into unmastered, mastered or ended by day, for one stage and one question.

The three questions share one clock (day 0) and the same ends; they differ in what counts as
mastered: the first documented mastery, mastery that is still held, or mastery that lasted.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hinge_outcomes.analysis.progression.recorded_days import day_keys, next_day
from hinge_outcomes.analysis.progression.stays import DAY_ZERO_STOP
from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.event_rows import episode_index, plain_numbers, rating_rows
from hinge_outcomes.cohort.events import (
    episode_ends,
    mastery_dates,
    mastery_failures,
    working_stages,
)
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import END_STATES, MASTERED

UNMASTERED = "unmastered"
"""In care and not (or no longer) documented as having mastered the stage."""

REPORTED = (UNMASTERED, *END_STATES)
"""The states of the question; ends other than mastery compete with it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False)
class MasteryDays:
    """Hold the days of each analysed episode on which something about its stage was recorded.

    Parameters
    ----------
    episode_ids : pandas.Index
        The n episodes analysed, sorted.
    stage : Series
        The stage asked about, by episode_id.
    confirmed, failed, rated : ndarray of int
        Sorted (episode, day) keys of confirming ratings, failures and all ratings of that stage.
    seen : ndarray of int
        Sorted (episode, day) keys of attended visits and of ratings of any stage.
    care_end_day : ndarray, shape (n,)
        Day on which care ended, or observation if care goes on.
    care_end_state : ndarray, shape (n,)
        "discharged", "referred", "lost", or None where care goes on.
    cut_day : ndarray, shape (n,)
        Days from the start to the clinic's data cut.
    """

    episode_ids: pd.Index
    stage: pd.Series
    confirmed: NDArray[np.int64]
    failed: NDArray[np.int64]
    rated: NDArray[np.int64]
    seen: NDArray[np.int64]
    care_end_day: Floats
    care_end_state: NDArray[np.object_]
    cut_day: Floats

    def first_mastery(self) -> Floats:
        """Give the day of first mastery, infinity where none was documented while in care.

        Returns
        -------
        ndarray, shape (n,)
            Days.
        """
        day = next_day(self.confirmed, np.arange(len(self.episode_ids)), -1.0)
        return np.where(day <= self.care_end_day, day, np.inf)


def read_mastery_days(
    cohort: Cohort, stage: pd.Series, *, criterion: MasteryCriterion, loss: LossRule
) -> MasteryDays:
    """Gather what the records say about one stage of each episode.

    Parameters
    ----------
    cohort : Cohort
        The records.
    stage : Series
        The stage asked about, by episode_id: the episodes analysed.
    criterion : MasteryCriterion
        What documents mastery.
    loss : LossRule
        When a silent patient counts as lost.

    Returns
    -------
    MasteryDays
        Days by episode.
    """
    stage = stage.sort_index()
    ids = pd.Index(stage.index)
    wanted = stage.to_numpy(dtype=np.int64)
    ends = episode_ends(cohort, criterion=criterion, loss=loss).set_index("episode_id").loc[ids]
    confirmed = mastery_dates(cohort, criterion=criterion)
    place = ids.get_indexer(confirmed["episode_id"])
    is_own = (place >= 0) & (confirmed["stage"].to_numpy() == wanted[place])
    failures = mastery_failures(cohort, stage, criterion=criterion)
    everyone = episode_index(cohort)
    episode, rated_stage, day, _ = rating_rows(cohort, everyone)
    rated_place = ids.get_indexer(everyone[episode])
    is_rated = (rated_place >= 0) & (rated_stage == wanted[rated_place])
    cuts = pd.Series(
        plain_numbers(cut_days(cohort.episodes, cohort.data_cut)),
        index=cohort.episodes["episode_id"],
    )
    return MasteryDays(
        episode_ids=ids,
        stage=stage,
        confirmed=day_keys(place[is_own], confirmed["mastered_day"].to_numpy()[is_own]),
        failed=day_keys(ids.get_indexer(failures["episode_id"]), failures["failed_day"].to_numpy()),
        rated=day_keys(rated_place[is_rated], day[is_rated]),
        seen=_seen(cohort, ids),
        care_end_day=plain_numbers(ends["care_end_day"]),
        care_end_state=ends["care_end_state"].to_numpy(dtype=object),
        cut_day=cuts.loc[ids].to_numpy(),
    )


def first_stays(days: MasteryDays) -> pd.DataFrame:
    """Follow each episode to its first documented mastery or the end of care.

    Parameters
    ----------
    days : MasteryDays
        What was recorded.

    Returns
    -------
    DataFrame
        One row per episode: episode_id, start_day, stop_day, from_state, to_state.
    """
    return _one_stay_each(days, days.first_mastery())


def durable_stays(days: MasteryDays, durable_days: int) -> pd.DataFrame:
    """Follow each episode to mastery that lasted, or the end of care.

    Mastery on day D lasted if, up to D + ``durable_days`` included, the stage was rated again and
    did not fail; it is dated at the end of that window. After a failure, or a window without a
    rating, the next confirming rating opens a new window.

    Parameters
    ----------
    days : MasteryDays
        What was recorded.
    durable_days : int
        Length of the window.

    Returns
    -------
    DataFrame
        One row per episode: episode_id, start_day, stop_day, from_state, to_state.
    """
    lasted = np.full(len(days.episode_ids), np.inf)
    episode = np.arange(len(days.episode_ids))
    mastered = next_day(days.confirmed, episode, -1.0)
    # One step per window of the episode that needs most of them, all episodes side by side.
    while np.isfinite(mastered).any():
        is_open = np.isfinite(mastered)
        episode, mastered = episode[is_open], mastered[is_open]
        window_end = mastered + durable_days
        failed = next_day(days.failed, episode, mastered)
        has_failed = failed <= window_end
        is_rerated = next_day(days.rated, episode, mastered) <= window_end
        has_lasted = is_rerated & ~has_failed
        lasted[episode[has_lasted]] = window_end[has_lasted]
        again = np.where(has_failed, failed, window_end)
        mastered = np.where(has_lasted, np.inf, next_day(days.confirmed, episode, again))
    return _one_stay_each(days, np.where(lasted <= days.care_end_day, lasted, np.inf))


def maintained_stays(days: MasteryDays) -> pd.DataFrame:
    """Follow each episode in and out of mastery.

    Mastery ends only by a recorded failure: the first later day with that stage rated below the
    criterion's level, or with the working stage moving down to it or lower. Leaving care in
    mastery is no failure; what would have been recorded later is unknown only beyond the data cut,
    where these episodes are censored like everyone.

    Parameters
    ----------
    days : MasteryDays
        What was recorded.

    Returns
    -------
    DataFrame
        One row per period: episode_id, start_day, stop_day, from_state, to_state.
    """
    rows: list[tuple[NDArray[np.int64], Floats, Floats, str, NDArray[np.object_]]] = []
    episode = np.arange(len(days.episode_ids))
    since = np.zeros(len(episode))
    # One step per spell of mastery of the episode that has most of them.
    while len(episode):
        end, state = days.care_end_day[episode], days.care_end_state[episode]
        mastered = next_day(days.confirmed, episode, np.where(since > 0, since, -1.0))
        is_never = mastered > end
        rows.append(
            (episode[is_never], since[is_never], end[is_never], UNMASTERED, state[is_never])
        )
        episode, since, mastered = episode[~is_never], since[~is_never], mastered[~is_never]
        end, state = end[~is_never], state[~is_never]
        rows.append((episode, since, mastered, UNMASTERED, _all(MASTERED, episode)))
        failed = next_day(days.failed, episode, mastered)
        is_kept = failed > end
        ended = pd.notna(state)
        known_to = np.where(ended, np.maximum(days.cut_day[episode], end), end)
        kept = episode[is_kept], mastered[is_kept], known_to[is_kept]
        rows.append((*kept, MASTERED, _all(None, kept[0])))
        # Failing on the very day care ends is, net, a move from mastered to that end.
        is_last = ~is_kept & (failed == end) & ended
        rows.append(
            (episode[is_last], mastered[is_last], failed[is_last], MASTERED, state[is_last])
        )
        goes_on = ~is_kept & ~is_last
        episode, mastered, since = episode[goes_on], mastered[goes_on], failed[goes_on]
        rows.append((episode, mastered, since, MASTERED, _all(UNMASTERED, episode)))
    place, start, stop, origin, target = (
        np.concatenate([_column(row[part], row[0]) for row in rows]) for part in range(5)
    )
    order = np.lexsort((stop, start, place))
    return _frame(days, place[order], start[order], stop[order], origin[order], target[order])


def from_landmark(stays: pd.DataFrame, landmark_day: int) -> pd.DataFrame:
    """Start following on a later day: those still in care and unmastered on that day.

    Parameters
    ----------
    stays : DataFrame
        One row per episode or period, day 0 first.
    landmark_day : int
        The day from which they are followed.

    Returns
    -------
    DataFrame
        Rows of the episodes whose first row ends after that day, beginning on that day.
    """
    first = stays.drop_duplicates("episode_id")
    kept = first.loc[first["stop_day"] > landmark_day, "episode_id"]
    later = stays[stays["episode_id"].isin(kept)].reset_index(drop=True)
    return later.assign(start_day=later["start_day"].clip(lower=float(landmark_day)))


def count_left_upward(cohort: Cohort, days: MasteryDays) -> tuple[int, int]:
    """Count episodes that moved on above their stage, and those that did so unmastered.

    Parameters
    ----------
    cohort : Cohort
        The records.
    days : MasteryDays
        What was recorded of the stage in question.

    Returns
    -------
    n_left, n_unmastered : int
        Episodes whose working stage rose above the stage while in care; those of them without
        documented mastery on or before that day.
    """
    stages = working_stages(cohort)
    place = days.episode_ids.get_indexer(stages["episode_id"])
    wanted = days.stage.to_numpy(dtype=np.int64)
    is_above = (place >= 0) & (stages["stage"].to_numpy() > wanted[place])
    left = np.full(len(days.episode_ids), np.inf)
    np.minimum.at(left, place[is_above], stages["day"].to_numpy(dtype=float)[is_above])
    has_left = left <= days.care_end_day
    is_unmastered = has_left & (days.first_mastery() > left)
    return int(has_left.sum()), int(is_unmastered.sum())


def _seen(cohort: Cohort, ids: pd.Index) -> NDArray[np.int64]:
    """List the days on which each patient was seen, at a visit or for a rating."""
    visits = cohort.visits[cohort.visits["status"] == "attended"]
    rated = cohort.assessments
    episode = ids.get_indexer(pd.concat([visits["episode_id"], rated["episode_id"]]))
    day = plain_numbers(pd.concat([visits["visit_day"], rated["assessed_day"]]))
    kept = (episode >= 0) & (day >= 0)
    return np.unique(day_keys(episode[kept], day[kept]))


def _one_stay_each(days: MasteryDays, mastered: Floats) -> pd.DataFrame:
    is_mastered = np.isfinite(mastered)
    return _frame(
        days,
        np.arange(len(mastered)),
        np.zeros(len(mastered)),
        np.where(is_mastered, mastered, days.care_end_day),
        _all(UNMASTERED, mastered),
        np.where(is_mastered, MASTERED, days.care_end_state),
    )


def _frame(
    days: MasteryDays,
    place: NDArray[np.int64],
    start: Floats,
    stop: Floats,
    origin: NDArray[np.object_],
    target: NDArray[np.object_],
) -> pd.DataFrame:
    # What happens on day 0 happens half a day in, so that everyone is at risk for a while.
    is_first = np.ones(len(place), dtype=bool)
    is_first[1:] = place[1:] != place[:-1]
    start = np.where(~is_first & (start == 0), DAY_ZERO_STOP, start)
    stop = np.where(stop == 0, np.where(is_first, DAY_ZERO_STOP, 0.0), stop)
    frame = pd.DataFrame(
        {
            "episode_id": days.episode_ids[place],
            "start_day": start,
            "stop_day": stop,
            "from_state": origin,
            "to_state": pd.Series(target, dtype="object"),
        }
    )
    return frame[frame["start_day"] < frame["stop_day"]].reset_index(drop=True)


def _all(value: str | None, like: NDArray[np.generic]) -> NDArray[np.object_]:
    return np.full(len(like), value, dtype=object)


def _column(value: object, like: NDArray[np.int64]) -> NDArray[np.generic]:
    return _all(value, like) if isinstance(value, str) else np.asarray(value)
