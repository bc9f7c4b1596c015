"""From one attended visit to the next: how long, how early against the clinic's own habit."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.visit_history import last_known
from hinge_outcomes.cohort.event_rows import plain_numbers
from hinge_outcomes.cohort.events import working_stages
from hinge_outcomes.cohort.frames import Cohort

_PAIN = "nprs"
_LAST_ORDINAL = 15
"""Visits after this one share a habit."""

_PERIOD_DAYS, _LAST_PERIOD = 60, 4
_LEAST_IN_CELL = 10
"""Fewer intervals than this at a clinic say nothing of its habit: all clinics stand in."""


def derive_visit_intervals(cohort: Cohort) -> pd.DataFrame:
    """List the times between attended visits, with stage and pain at both ends.

    The usual interval is the median of the clinic's intervals at the same place in the course: same
    ordinal of the visit, same period of 60 days, and missed appointments in between or not.

    Parameters
    ----------
    cohort : Cohort
        The records.

    Returns
    -------
    DataFrame
        One row per attended visit after an episode's first: episode_id, patient_id, clinic_id,
        visit_day, last_day, lag_days, usual_days, ordinal (of the visit before, from 0),
        has_missed, stage, last_stage, pain (recorded on the day), last_pain, last_pain_days (its
        age at the last visit).

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=30, seed=1)
    >>> bool((derive_visit_intervals(cohort)["lag_days"] > 0).all())
    True
    """
    rows = _intervals(cohort)
    cell = [
        rows["clinic_id"],
        rows["ordinal"].clip(upper=_LAST_ORDINAL),
        (rows["last_day"] // _PERIOD_DAYS).clip(upper=_LAST_PERIOD),
        rows["has_missed"],
    ]
    here = rows.groupby(cell, observed=True, dropna=False)["lag_days"]
    anywhere = rows.groupby(cell[1:], observed=True)["lag_days"]
    is_enough = here.transform("size") >= _LEAST_IN_CELL
    rows["usual_days"] = here.transform("median").where(is_enough, anywhere.transform("median"))
    ids = pd.Index(cohort.episodes["episode_id"].sort_values())
    place = ids.get_indexer(rows["episode_id"])
    day, last_day = rows["visit_day"].to_numpy(), rows["last_day"].to_numpy()
    stages = working_stages(cohort)
    told = (
        ids.get_indexer(stages["episode_id"]),
        plain_numbers(stages["day"]),
        plain_numbers(stages["stage"]),
    )
    scores = cohort.outcomes[
        (cohort.outcomes["instrument"] == _PAIN) & cohort.outcomes["score"].notna()
    ]
    measured = plain_numbers(scores["measured_day"])
    score, who = plain_numbers(scores["score"]), ids.get_indexer(scores["episode_id"])
    is_same_day = last_known(who, measured, measured, place, day) == day
    return rows.assign(
        stage=last_known(*told, place, day),
        last_stage=last_known(*told, place, last_day),
        pain=np.where(is_same_day, last_known(who, measured, score, place, day), np.nan),
        last_pain=last_known(who, measured, score, place, last_day),
        last_pain_days=last_day - last_known(who, measured, measured, place, last_day),
    ).reset_index(drop=True)


def _intervals(cohort: Cohort) -> pd.DataFrame:
    visits = cohort.visits[["episode_id", "visit_day", "status"]].dropna()
    visits = visits.assign(
        visit_day=plain_numbers(visits["visit_day"]),
        is_attended=(visits["status"] == "attended").to_numpy(dtype=bool),
    ).sort_values(["episode_id", "visit_day", "is_attended"], kind="stable")
    visits["n_missed"] = (~visits["is_attended"]).groupby(visits["episode_id"]).cumsum()
    seen = visits[visits["is_attended"]].drop_duplicates(["episode_id", "visit_day"])
    before = seen.groupby("episode_id")[["visit_day", "n_missed"]].shift()
    seen = seen.assign(
        last_day=before["visit_day"],
        lag_days=seen["visit_day"] - before["visit_day"],
        ordinal=seen.groupby("episode_id").cumcount() - 1,
        has_missed=seen["n_missed"] > before["n_missed"],
    )
    people = cohort.episodes[["episode_id", "patient_id", "clinic_id"]]
    rows = seen[seen["lag_days"] > 0].merge(people, on="episode_id", validate="many_to_one")
    kept = ["visit_day", "last_day", "lag_days", "ordinal", "has_missed"]
    return rows[[*people.columns, *kept]]
