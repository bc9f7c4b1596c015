"""Maintained and durable mastery of patients followed to the end, by counting."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.cohort.events import episode_ends, mastery_failures
from hinge_outcomes.cohort.frames import Cohort


@dataclass(frozen=True, slots=True)
class MasteryRecords:
    """Hold the days on which each episode's target was confirmed, failed and rated.

    Parameters
    ----------
    confirmed, failed, rated : list of ndarray
        Sorted days, one array per episode.
    care_end : ndarray of float
        Day on which care ended.
    """

    confirmed: list[npt.NDArray[np.float64]]
    failed: list[npt.NDArray[np.float64]]
    rated: list[npt.NDArray[np.float64]]
    care_end: npt.NDArray[np.float64]

    @classmethod
    def read(cls, cohort: Cohort, dates: pd.DataFrame) -> "MasteryRecords":
        """Gather the days from a cohort in which nobody is censored.

        Parameters
        ----------
        cohort : Cohort
            The records.
        dates : DataFrame
            Its ``mastery_dates``.

        Returns
        -------
        MasteryRecords
            In the order of ``cohort.episodes``.
        """
        target = cohort.episodes.set_index("episode_id")["target_stage"]
        ids = target.index
        ratings = cohort.assessments.dropna(subset="mastery_level")
        is_own = dates["stage"] == target.reindex(dates["episode_id"]).to_numpy()
        is_rated = ratings["stage"] == target.reindex(ratings["episode_id"]).to_numpy()
        ends = episode_ends(cohort).set_index("episode_id")["care_end_day"].reindex(ids)
        return cls(
            confirmed=_days(ids, dates[is_own], "mastered_day"),
            failed=_days(ids, mastery_failures(cohort, target), "failed_day"),
            rated=_days(ids, ratings[is_rated], "assessed_day"),
            care_end=ends.to_numpy(dtype=float),
        )


def _days(ids: pd.Index, frame: pd.DataFrame, column: str) -> list[npt.NDArray[np.float64]]:
    found: dict[str, list[float]] = defaultdict(list)
    for episode_id, day in zip(frame["episode_id"], frame[column].astype(float), strict=True):
        found[episode_id].append(day)
    return [np.sort(np.array(found.get(episode_id, []), dtype=float)) for episode_id in ids]


def is_maintained(records: MasteryRecords, day: float) -> npt.NDArray[np.bool_]:
    """Tell who is in mastery on a day: confirmed, and not failed since the last confirmation.

    Parameters
    ----------
    records : MasteryRecords
        Of patients who were followed beyond that day.
    day : float
        Days since the start.

    Returns
    -------
    ndarray of bool
        One per episode.
    """
    held = np.zeros(len(records.confirmed), dtype=bool)
    for place, (confirmed, failed) in enumerate(
        zip(records.confirmed, records.failed, strict=True)
    ):
        past = confirmed[confirmed <= day]
        if len(past):
            held[place] = not ((failed > past[-1]) & (failed <= day)).any()
    return held


def durable_days_of(records: MasteryRecords, window: int) -> npt.NDArray[np.float64]:
    """Find the day on which mastery has lasted: so long without failure, and rated again.

    Parameters
    ----------
    records : MasteryRecords
        Of patients who were followed long enough.
    window : int
        Days.

    Returns
    -------
    ndarray of float
        One per episode; infinity where it never lasted while in care.
    """
    lasted = np.full(len(records.confirmed), np.inf)
    for place, confirmed in enumerate(records.confirmed):
        failed, rated = records.failed[place], records.rated[place]
        rest = confirmed
        while len(rest):
            start, stop = rest[0], rest[0] + window
            failures = failed[(failed > start) & (failed <= stop)]
            if len(failures):
                rest = rest[rest > failures[0]]
            elif ((rated > start) & (rated <= stop)).any():
                if stop <= records.care_end[place]:
                    lasted[place] = stop
                break
            else:
                rest = rest[rest > stop]
    return lasted
