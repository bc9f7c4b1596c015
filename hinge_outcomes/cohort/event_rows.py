"""Read ratings and working stages out of the tables as sorted arrays, for events to work on."""

from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hinge_outcomes.cohort.confirmation import Ints, starts_block
from hinge_outcomes.cohort.keys import places_in

STAGE_SPAN = 16
"""More stages than the ladder has: (episode, stage) becomes one sortable whole number."""


class Records(Protocol):
    """Describe what events are read from: a Cohort, or anything with these tables.

    Attributes
    ----------
    episodes, visits, assessments : DataFrame
        As a cohort holds them, rows in any order.
    """

    @property
    def episodes(self) -> pd.DataFrame:
        """Give the episodes table.

        Returns
        -------
        DataFrame
            One row per episode.
        """

    @property
    def visits(self) -> pd.DataFrame:
        """Give the visits table.

        Returns
        -------
        DataFrame
            One row per appointment.
        """

    @property
    def assessments(self) -> pd.DataFrame:
        """Give the assessments table.

        Returns
        -------
        DataFrame
            One row per stage rated or assigned on a day.
        """


def episode_index(cohort: Records) -> pd.Index:
    """List the episodes, sorted: rows are numbered by their place in this list.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.

    Returns
    -------
    pandas.Index
        Every episode_id.
    """
    return pd.Index(cohort.episodes["episode_id"].astype("str")).sort_values()


def episodes_by_id(cohort: Records, ids: pd.Index) -> pd.DataFrame:
    """Bring the episodes table into the order of the index.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.
    ids : pandas.Index
        From `episode_index`.

    Returns
    -------
    DataFrame
        Indexed by episode_id.
    """
    episodes = cohort.episodes.astype({"episode_id": "str"})  # it may hold categories
    return episodes.set_index("episode_id").reindex(ids)


def visits_are_recorded(cohort: Records) -> bool:
    """Tell whether appointments are recorded at all, so that silence means something.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.

    Returns
    -------
    bool
        The cohort's ``has_visits``, which a selection keeps; of tables that do not say, whether
        there is any visit.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> visits_are_recorded(SimpleNamespace(visits=pd.DataFrame({"episode_id": []})))
    False
    """
    known: bool | None = getattr(cohort, "has_visits", None)
    return len(cohort.visits) > 0 if known is None else known


def plain_numbers(values: pd.Series) -> NDArray[np.float64]:
    """Turn a nullable column into floats, null into nan.

    Parameters
    ----------
    values : Series
        Numbers or booleans.

    Returns
    -------
    array of float
        In the same order.

    Examples
    --------
    >>> plain_numbers(pd.Series([1, None], dtype="Int16")).tolist()
    [1.0, nan]
    """
    numbers: NDArray[np.float64] = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    return numbers


def rating_rows(cohort: Records, ids: pd.Index) -> tuple[Ints, Ints, Ints, Ints]:
    """Read every rating.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.
    ids : pandas.Index
        From `episode_index`.

    Returns
    -------
    episode, stage, day, level : array of int
        Sorted by the first three; rows that only assign a working stage are left out.
    """
    rows = cohort.assessments
    episode = places_in(rows["episode_id"], ids)
    is_rated = rows["mastery_level"].notna().to_numpy() & (episode >= 0)
    rows, episode = rows[is_rated], episode[is_rated]
    stage, day, level = (
        rows[name].to_numpy(dtype=np.int64) for name in ("stage", "assessed_day", "mastery_level")
    )
    order = np.lexsort((day, stage, episode))
    return episode[order], stage[order], day[order], level[order]


def stage_changes(cohort: Records, ids: pd.Index) -> tuple[Ints, Ints, Ints]:
    """Read the working stage of every episode, changes only.

    Day 0 belongs to ``entry_stage``. Later, the row marked ``is_working_stage``; without a mark
    the highest stage of that day, rows marked False aside.

    Parameters
    ----------
    cohort : Cohort
        Or anything with its tables.
    ids : pandas.Index
        From `episode_index`.

    Returns
    -------
    episode, day, stage : array of int
        Sorted by episode and day; one entry per day on which the stage differs from before.
    """
    entry = plain_numbers(episodes_by_id(cohort, ids)["entry_stage"])
    entered = np.flatnonzero(~np.isnan(entry))
    rows = cohort.assessments
    found = places_in(rows["episode_id"], ids)
    marked = _marks(rows)
    on_entry = (rows["assessed_day"].to_numpy(dtype=np.int64) == 0) & ~np.isnan(entry[found])
    assigns = (found >= 0) & (marked != 0) & ~on_entry
    later = rows[assigns]
    episode = np.concatenate([entered, found[assigns]])
    day = np.concatenate([np.zeros_like(entered), later["assessed_day"].to_numpy(dtype=np.int64)])
    stage = np.concatenate([entry[entered], later["stage"].to_numpy(dtype=np.int64)])
    is_marked = np.concatenate([np.ones(len(entered)), marked[assigns] == 1])
    order = np.lexsort((stage, is_marked, day, episode))
    episode, day, stage = episode[order], day[order], stage[order].astype(np.int64)
    # The last row of a day is the marked one, or the highest.
    is_last = np.ones(len(day), dtype=bool)
    is_last[:-1] = (episode[1:] != episode[:-1]) | (day[1:] != day[:-1])
    episode, day, stage = episode[is_last], day[is_last], stage[is_last]
    is_change = starts_block(episode * STAGE_SPAN + stage)
    return episode[is_change], day[is_change], stage[is_change]


def _marks(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Give 1 for the marked working stage, 0 for marked as another, nan where nothing is said."""
    if "is_working_stage" not in rows.columns:
        return np.full(len(rows), np.nan)
    return plain_numbers(rows["is_working_stage"].astype("boolean"))
