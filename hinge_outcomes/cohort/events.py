"""Working stage by day, documented mastery, loss and end by rule: the only copy.

Validation, simulation and analysis read what is written here. Nothing here loops over episodes.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hinge_outcomes.cohort.confirmation import advances_confirm, confirming_ratings, crossings
from hinge_outcomes.cohort.event_rows import (
    STAGE_SPAN,
    Records,
    episode_index,
    episodes_by_id,
    plain_numbers,
    rating_rows,
    stage_changes,
    visits_are_recorded,
)
from hinge_outcomes.cohort.keys import places_in
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import DISCHARGED, LOST, MASTERED, REFERRED, RULE_DATED_REASONS

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


def working_stages(cohort: Records) -> pd.DataFrame:
    """List the stage each patient works at, from the day it was assigned.

    The working stage is ``entry_stage`` on day 0, whatever else was rated that day; later, the
    stage marked ``is_working_stage`` that day; on a day without a mark, the highest stage rated,
    rows marked False (a warm-up) aside. It holds until the next assignment. Moves on one day
    collapse to the net move.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.

    Returns
    -------
    pandas.DataFrame
        Changes only: episode_id, day, stage, sorted by episode and day. An episode without an
        entry stage begins with its first assignment.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> records = SimpleNamespace(
    ...     episodes=pd.DataFrame({"episode_id": ["E1"], "entry_stage": [2]}),
    ...     assessments=pd.DataFrame({"episode_id": "E1", "assessed_day": [7, 14, 14],
    ...                               "stage": [2, 2, 3], "is_working_stage": [True, None, None]}))
    >>> working_stages(records)[["day", "stage"]].values.tolist()
    [[0, 2], [14, 3]]
    """
    ids = episode_index(cohort)
    episode, day, stage = stage_changes(cohort, ids)
    return pd.DataFrame({"episode_id": ids[episode], "day": day, "stage": stage})


def mastery_dates(cohort: Records, *, criterion: MasteryCriterion = _CRITERION) -> pd.DataFrame:
    """List every day on which a stage was documented as mastered.

    Ratings of one stage follow each other whatever happened in between: missed visits and visits
    that rate other stages neither count nor break. Mastery is dated at the confirming rating; each
    further rating of the run confirms again, so that mastery can be found anew after a failure.
    With ``passed_by_advancing`` the first day above stage k confirms it too, if the last rating of
    k up to and including that day was good and at most ``max_gap_days`` old.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.

    Returns
    -------
    pandas.DataFrame
        episode_id, stage, mastered_day, sorted and without repeats; the first row of a stage is
        its first mastery. Days after the end of care are not left out here.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> records = SimpleNamespace(
    ...     episodes=pd.DataFrame({"episode_id": ["E1"], "entry_stage": [2]}),
    ...     assessments=pd.DataFrame({"episode_id": "E1", "assessed_day": [7, 21, 28], "stage": 2,
    ...                               "mastery_level": [3, 3, 3]}))
    >>> mastery_dates(records)["mastered_day"].tolist()
    [21, 28]
    """
    ids = episode_index(cohort)
    episode, stage, day, level = rating_rows(cohort, ids)
    group = episode * STAGE_SPAN + stage
    is_high = level >= criterion.minimum_rating
    confirms = confirming_ratings(
        group,
        day,
        is_high,
        consecutive=criterion.consecutive,
        min_gap_days=criterion.min_gap_days,
        max_gap_days=criterion.max_gap_days,
    )
    found_group, found_day = group[confirms], day[confirms]
    if criterion.passed_by_advancing:
        crossed, left, crossed_day = crossings(*stage_changes(cohort, ids))
        crossed_group = crossed * STAGE_SPAN + left
        passes = advances_confirm(
            group, day, is_high, crossed_group, crossed_day, max_gap_days=criterion.max_gap_days
        )
        found_group = np.concatenate([found_group, crossed_group[passes]])
        found_day = np.concatenate([found_day, crossed_day[passes]])
    found = pd.DataFrame(
        {
            "episode_id": ids[found_group // STAGE_SPAN],
            "stage": found_group % STAGE_SPAN,
            "mastered_day": found_day,
        }
    )
    found = found.drop_duplicates().sort_values(list(found.columns))
    return found.reset_index(drop=True)


def mastery_failures(
    cohort: Records,
    stages: pd.Series,
    *,
    criterion: MasteryCriterion = _CRITERION,
) -> pd.DataFrame:
    """List the days on which a mastered stage would be lost again.

    Stage k fails on a day on which it is rated below the criterion's level, or on which the
    working stage moves down to k or lower.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.
    stages : Series
        The stage asked about, by episode_id; episodes that are not named, or null, are left out.
    criterion : MasteryCriterion, default MasteryCriterion()
        Whose level counts.

    Returns
    -------
    pandas.DataFrame
        episode_id, failed_day, sorted and without repeats, whether or not mastery came before.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> records = SimpleNamespace(
    ...     episodes=pd.DataFrame({"episode_id": ["E1"], "entry_stage": [2]}),
    ...     assessments=pd.DataFrame({"episode_id": "E1", "assessed_day": [7, 21], "stage": 2,
    ...                               "mastery_level": [3, 1]}))
    >>> mastery_failures(records, pd.Series({"E1": 2}))["failed_day"].tolist()
    [21]
    """
    ids = episode_index(cohort)
    asked = np.nan_to_num(plain_numbers(stages.reindex(ids)), nan=-1)
    episode, stage, day, level = rating_rows(cohort, ids)
    is_low = (stage == asked[episode]) & (level < criterion.minimum_rating)
    changed, changed_day, to = stage_changes(cohort, ids)
    is_down = np.zeros(len(to), dtype=bool)
    is_down[1:] = (changed[1:] == changed[:-1]) & (to[1:] < to[:-1])
    is_down &= to <= asked[changed]
    failed = np.concatenate([episode[is_low], changed[is_down]])
    failed_day = np.concatenate([day[is_low], changed_day[is_down]])
    found = pd.DataFrame({"episode_id": ids[failed], "failed_day": failed_day})
    return found.drop_duplicates().sort_values(["episode_id", "failed_day"], ignore_index=True)


def last_attended_days(cohort: Records) -> pd.Series:
    """Find the day of each episode's last attended visit.

    Appointments after ``last_observed_day`` are not counted: they lie after the data cut, or after
    the end.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.

    Returns
    -------
    Series of Int64
        By episode_id, sorted; null where no visit was attended.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> records = SimpleNamespace(
    ...     episodes=pd.DataFrame({"episode_id": ["E1", "E2"], "last_observed_day": [99, 99]}),
    ...     visits=pd.DataFrame({"episode_id": "E1", "visit_day": [0, 7, 14],
    ...                          "status": ["attended", "attended", "no_show"]}))
    >>> last_attended_days(records).tolist()
    [7, <NA>]
    """
    ids = episode_index(cohort)
    visits = cohort.visits
    episode = places_in(visits["episode_id"], ids)
    day = plain_numbers(visits["visit_day"])
    observed = plain_numbers(episodes_by_id(cohort, ids)["last_observed_day"])
    counts = (visits["status"] == "attended").fillna(False).to_numpy(dtype=bool) & (episode >= 0)
    counts &= ~(day > observed[episode])
    last = np.full(len(ids), -np.inf)
    np.maximum.at(last, episode[counts], day[counts])
    last[np.isneginf(last)] = np.nan
    return pd.Series(last, index=ids, name="last_attended_day").astype("Int64")


def episode_ends(
    cohort: Records,
    *,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
) -> pd.DataFrame:
    """Find how and when each episode ended, by the same rule for every clinic.

    Mastery is the first documented mastery of the episode's own ``target_stage``. Planned ends
    (goals met, and closed as mastered, which alone counts as goals met) and referrals stand at the
    day the clinic wrote. A self-discharge is dated at that day or when the loss rule fires,
    whichever is first. Open, lost and administratively closed episodes follow the loss rule:
    lost at the last attended visit (day 0 if there was none) plus ``gap_days`` if records reach
    that day, otherwise censored at ``last_observed_day``; a closing day typed in makes no
    difference. If no visits are recorded at all (the cohort's ``has_visits``, which a selection
    keeps) the rule says nothing: then the day typed stands, as a loss or as censoring. On a shared
    day mastered comes before discharged, referred, lost and censored.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.

    Returns
    -------
    pandas.DataFrame
        One row per episode, sorted: episode_id; end_day and end_state ("mastered", "discharged",
        "referred", "lost", or None for censored); mastered_day (null if not documented up to the
        end of care); care_end_day and care_end_state, the same end as if mastery ended nothing;
        last_attended_day, last_observed_day. An open episode whose ``last_observed_day`` is null
        has a null end_day.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> records = SimpleNamespace(
    ...     episodes=pd.DataFrame({"episode_id": ["E1"], "entry_stage": [2], "target_stage": [4],
    ...                            "end_day": [None], "end_reason": [None],
    ...                            "last_observed_day": [150]}),
    ...     visits=pd.DataFrame({"episode_id": ["E1"], "visit_day": [100],
    ...                          "status": ["attended"]}),
    ...     assessments=pd.DataFrame({"episode_id": [], "assessed_day": [], "stage": [],
    ...                               "mastery_level": []}))
    >>> episode_ends(records)[["end_day", "end_state"]].values.tolist()
    [[142, 'lost']]
    """
    ids = episode_index(cohort)
    episodes = episodes_by_id(cohort, ids)
    attended = last_attended_days(cohort)
    care_day, care_state = _care_ends(
        episodes,
        plain_numbers(attended),
        has_visits=visits_are_recorded(cohort),
        gap_days=loss.gap_days,
    )
    confirmed = mastery_dates(cohort, criterion=criterion)
    at = ids.get_indexer(confirmed["episode_id"])
    is_own = confirmed["stage"].to_numpy() == plain_numbers(episodes["target_stage"])[at]
    mastered = np.full(len(ids), np.inf)
    np.minimum.at(mastered, at[is_own], confirmed["mastered_day"].to_numpy()[is_own])
    is_mastered = np.isfinite(mastered) & ~(mastered > care_day)
    return pd.DataFrame(
        {
            "episode_id": ids,
            "end_day": _days(np.where(is_mastered, mastered, care_day)),
            "end_state": _states(np.where(is_mastered, MASTERED, care_state)),
            "mastered_day": _days(np.where(is_mastered, mastered, np.nan)),
            "care_end_day": _days(care_day),
            "care_end_state": _states(care_state),
            "last_attended_day": attended.to_numpy(),
            "last_observed_day": _days(plain_numbers(episodes["last_observed_day"])),
        }
    )


def _care_ends(
    episodes: pd.DataFrame, attended: NDArray[np.float64], *, has_visits: bool, gap_days: int
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Date the end of care, mastery aside; None is censored."""
    typed = plain_numbers(episodes["end_day"])
    observed = plain_numbers(episodes["last_observed_day"])
    reason = episodes["end_reason"].astype("object").to_numpy()
    ruled = np.nan_to_num(attended, nan=0.0) + gap_days if has_visits else np.inf
    is_lost = np.asarray(ruled <= observed)
    day = np.where(is_lost, ruled, observed)
    state = np.full(len(typed), None, dtype=object)
    state[is_lost] = LOST
    for words, end in ((("mastered", "goals_met"), DISCHARGED), (("referred_out",), REFERRED)):
        stands = np.isin(reason, words)
        day[stands], state[stands] = typed[stands], end
    is_self = reason == "self_discharged"
    day[is_self], state[is_self] = np.minimum(typed, ruled)[is_self], LOST
    if not has_visits:
        stands = np.isin(reason, RULE_DATED_REASONS)
        day[stands] = typed[stands]
        state[reason == "lost_to_follow_up"] = LOST
    return day, state


def _days(values: NDArray[np.float64]) -> Any:
    """Store days that may be missing as whole numbers."""
    return pd.array(values).astype("Int64")


def _states(values: NDArray[np.object_]) -> pd.Series:
    """Keep None for censored: pandas would turn it into nan."""
    return pd.Series(values, dtype="object")
