"""What was known at each attended visit, whether the patient came again, and what came next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.progression.after_loss import LEAVES, MASTERS, STAYS
from hinge_outcomes.analysis.progression.counting_process import Floats, Integers
from hinge_outcomes.analysis.progression.mastery_stays import MasteryDays
from hinge_outcomes.analysis.progression.stays import DAY_ZERO_STOP
from hinge_outcomes.cohort.confirmation import DAY_SPAN
from hinge_outcomes.cohort.day0 import derive_day0
from hinge_outcomes.cohort.event_rows import plain_numbers, visits_are_recorded
from hinge_outcomes.cohort.events import working_stages
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.states import LOST
from hinge_outcomes.exceptions import NotIdentifiableError

_PAIN = "nprs"
_PAIN_FREE = 1.0
"""Those who hurt more leave, and those who are pain-free: NPRS 0 or 1."""


@dataclass(frozen=True, slots=True, repr=False)
class VisitHistory:
    """Hold, for every attended visit in care, what was known and what followed.

    Parameters
    ----------
    episode : ndarray of int, shape (N,)
        Place of the episode; rows are sorted by episode and day.
    day : ndarray, shape (N,)
        Day of the visit; day 0 counts as attended.
    is_lost : ndarray of bool, shape (N,)
        Whether the patient was lost after this visit: not seen again.
    start, stop : ndarray, shape (N,)
        The time in care up to the next visit, or to the end; without length where the patient was
        lost. The time up to the half day that day 0 lasts is not in it.
    end : ndarray of int, shape (N,)
        How that time ended: ``MASTERS``, ``LEAVES`` or ``STAYS``.
    day0_end : ndarray of int, shape (n,)
        The same for the half day that day 0 lasts, one per episode followed.
    day0_episode : ndarray of int, shape (n,)
        Their places.
    known : DataFrame, shape (N, …)
        What was known at the visit: numbers and categories.
    """

    episode: Integers
    day: Floats
    is_lost: npt.NDArray[np.bool_]
    start: Floats
    stop: Floats
    end: Integers
    day0_end: Integers
    day0_episode: Integers
    known: pd.DataFrame


def derive_visit_history(
    cohort: Cohort,
    days: MasteryDays,
    *,
    gap_days: int,
    upto_day: float,
    covariates: Sequence[str],
) -> VisitHistory:
    """List the attended visits of unmastered patients in care, with what was known at each.

    Mastery is documented at visits, so a patient who was lost is followed to the last visit, not to
    the day on which the loss rule fires; everyone is followed to ``gap_days`` before the data cut
    at most, because only up to then is it known of everyone whether they came again.

    Parameters
    ----------
    cohort : Cohort
        The records.
    days : MasteryDays
        The analysed episodes.
    gap_days : int
        Of the loss rule.
    upto_day : float
        Visits after this day are left out.
    covariates : sequence of str
        Columns known on day 0.

    Returns
    -------
    VisitHistory
        One row per visit.

    Raises
    ------
    NotIdentifiableError
        If no visits are recorded, or nobody is followed for longer than the gap.
    """
    if not visits_are_recorded(cohort):
        raise NotIdentifiableError(
            "No visits are recorded, so nothing tells who was lost after which visit. "
            "Map the visits table; estimate_mastery needs none."
        )
    mastered, care_end = days.first_mastery(), days.care_end_day
    is_lost = ~np.isfinite(mastered) & (days.care_end_state == LOST)
    has_end = np.isfinite(mastered) | (pd.notna(days.care_end_state) & ~is_lost)
    end_day = np.where(has_end, np.minimum(mastered, care_end), np.inf)
    end = np.where(has_end, np.where(np.isfinite(mastered), MASTERS, LEAVES), STAYS)
    known_to = np.minimum(days.cut_day, np.where(has_end | is_lost, np.inf, care_end)) - gap_days
    followed = np.flatnonzero(known_to > 0)
    if not len(followed):
        raise NotIdentifiableError(
            f"No episode started more than {gap_days} days before the data cut, so it is not known "
            "of anyone whether they came again. Use a later cut or a shorter LossRule gap."
        )
    episode, day = _attended(cohort, days)
    is_last = np.append(episode[1:] != episode[:-1], True)
    kept = (day < end_day[episode]) & (day <= known_to[episode]) & (day <= upto_day)
    kept &= known_to[episode] > 0
    following = np.where(is_last, np.inf, np.append(day[1:], np.inf))[kept]
    lost_here = (is_lost[episode] & is_last)[kept]
    episode, day = episode[kept], day[kept]
    start = np.maximum(day, DAY_ZERO_STOP)
    stop = np.minimum(np.minimum(following, end_day[episode]), known_to[episode])
    stop = np.where(lost_here, start, np.maximum(stop, start))
    ends_here = ~lost_here & (stop == end_day[episode])
    return VisitHistory(
        episode=episode,
        day=day,
        is_lost=lost_here,
        start=start,
        stop=stop,
        end=np.where(ends_here, end[episode], STAYS),
        day0_end=np.where(end_day == 0, end, STAYS)[followed],
        day0_episode=followed,
        known=_what_was_known(cohort, days, episode, day, covariates),
    )


def last_known(
    place: Integers, day: Floats, values: Floats, asked_place: Integers, asked_day: Floats
) -> Floats:
    """Find the last value recorded on or before a day.

    Parameters
    ----------
    place, day, values : ndarray, shape (K,)
        Whose value, of which day; in any order.
    asked_place, asked_day : ndarray, shape (N,)
        Whose last value is wanted, up to which day.

    Returns
    -------
    ndarray, shape (N,)
        Values, missing where there is none.

    Examples
    --------
    >>> last_known(np.array([0, 0]), np.array([0.0, 7.0]), np.array([5.0, 3.0]),
    ...            np.array([0, 0, 1]), np.array([6.0, 7.0, 7.0])).tolist()
    [5.0, 3.0, nan]
    """
    order = np.lexsort((day, place))
    key = place[order] * DAY_SPAN + day[order]
    found = np.searchsorted(key, asked_place * DAY_SPAN + asked_day, side="right") - 1
    if not len(key):
        return np.full(len(asked_place), np.nan)
    kept = np.maximum(found, 0)
    is_there = (found >= 0) & (place[order][kept] == asked_place)
    return np.where(is_there, values[order][kept], np.nan)


def _attended(cohort: Cohort, days: MasteryDays) -> tuple[Integers, Floats]:
    """List the days on which each episode was seen, day 0 among them, up to the end of care."""
    visits = cohort.visits[(cohort.visits["status"] == "attended").fillna(False)]
    place = days.episode_ids.get_indexer(visits["episode_id"])
    day = plain_numbers(visits["visit_day"])
    kept = (place >= 0) & (day >= 0) & (day <= days.care_end_day[place])
    everyone = np.arange(len(days.episode_ids))
    key = np.unique(np.concatenate([everyone * DAY_SPAN, place[kept] * DAY_SPAN + day[kept]]))
    episode, seen = np.divmod(key.astype(np.int64), DAY_SPAN)
    return episode, seen.astype(float)


def _what_was_known(
    cohort: Cohort,
    days: MasteryDays,
    episode: Integers,
    day: Floats,
    covariates: Sequence[str],
) -> pd.DataFrame:
    ids = days.episode_ids
    outcomes = cohort.outcomes[cohort.outcomes["instrument"] == _PAIN]
    place = ids.get_indexer(outcomes["episode_id"])
    score = plain_numbers(outcomes["score"])
    use = (place >= 0) & np.isfinite(score)
    # Scores may come before day 0; all of them were known on it.
    measured = np.maximum(plain_numbers(outcomes["measured_day"]), -14.0)
    pain = last_known(place[use], measured[use], score[use], episode, day)
    stages = working_stages(cohort)
    place = ids.get_indexer(stages["episode_id"])
    stage = last_known(
        place[place >= 0],
        plain_numbers(stages["day"])[place >= 0],
        plain_numbers(stages["stage"])[place >= 0],
        episode,
        day,
    )
    known = pd.DataFrame(
        {
            "log day": np.log1p(day),
            "log day, squared": np.log1p(day) ** 2,
            "last pain": pain,
            "pain-free": (pain <= _PAIN_FREE).astype(float),
            "working stage": stage,
            "stages to go": days.stage.to_numpy(dtype=float)[episode] - stage,
            **_adherence(cohort, ids, episode, day),
        }
    )
    day0 = derive_day0(cohort).set_index("episode_id").loc[ids, list(covariates)]
    return pd.concat([known, day0.iloc[episode].reset_index(drop=True)], axis=1)


def _adherence(cohort: Cohort, ids: pd.Index, episode: Integers, day: Floats) -> dict[str, Floats]:
    """Share of appointments missed so far, and mean home-exercise days reported so far."""
    visits = cohort.visits
    place = ids.get_indexer(visits["episode_id"])
    when = plain_numbers(visits["visit_day"])
    status = visits["status"].astype("object").to_numpy()
    at_home = plain_numbers(visits["home_exercise_days"])
    use = (place >= 0) & (when >= 0)
    order = np.lexsort((when, place))
    order = order[use[order]]
    place, when = place[order], when[order]
    is_missed = np.isin(status[order], ("no_show", "cancelled")).astype(float)
    is_told = np.isfinite(at_home[order])
    told = np.where(is_told, at_home[order], 0.0)
    is_first = np.diff(place, prepend=-1) != 0
    since = np.flatnonzero(is_first)[np.cumsum(is_first) - 1] if len(place) else place

    def so_far(values: Floats) -> Floats:
        total: Floats = np.concatenate([[0.0], np.cumsum(values)])
        return np.asarray(total[1:] - total[since])

    def known(values: Floats) -> Floats:
        return last_known(place, when, values, episode, day)

    n_told = known(so_far(is_told.astype(float)))
    home = known(so_far(told)) / np.where(n_told > 0, n_told, np.nan)
    missed = known(so_far(is_missed)) / known(so_far(np.ones(len(place))))
    return {"appointments missed": np.nan_to_num(missed), "home-exercise days": home}
