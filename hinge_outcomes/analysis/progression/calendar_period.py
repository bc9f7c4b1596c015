"""What happened in one calendar quarter: late entry at its first day, censoring at its last."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.stays import DAY_ZERO_STOP
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.exceptions import NotIdentifiableError


def within_quarter(
    cohort: Cohort, stays: pd.DataFrame, period: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep what can be seen in one quarter of the calendar, on every episode's own clock.

    An episode that began before comes into sight on the first day of the quarter, on its day
    max(0, first day - start date), and is at risk from then on; it goes out of sight with the last
    day of the quarter. So episodes of all ages tell what mastery takes at the pace of this quarter
    [1]_.

    Parameters
    ----------
    cohort : Cohort
        The records.
    stays : DataFrame
        episode_id, start_day, stop_day, from_state, to_state, sorted by episode and day.
    period : str
        The quarter, such as "2026Q3".

    Returns
    -------
    stays : DataFrame
        Those parts that lie in the quarter.
    excluded : dict of str to int
        Episodes without any, by reason.

    Raises
    ------
    DataError
        If the quarter is not written so.
    NotIdentifiableError
        If dates were reduced to years.

    References
    ----------
    .. [1] Brenner H, Gefeller O (1997). Deriving more up-to-date estimates of long-term patient
       survival. J Clin Epidemiol 50, 211-216.
    """
    quarter = Quarter.parse(period)
    if cohort.is_deidentified:
        raise NotIdentifiableError(
            "period= needs the dates on which episodes began, and this cohort holds years only. "
            "Use the clinic's own records."
        )
    started = cohort.episodes.set_index("episode_id")["start_date"]
    started = started.loc[stays["episode_id"]]
    seen_from = np.maximum((pd.Timestamp(quarter.start) - started).dt.days.to_numpy(), 0.0)
    seen_to = (pd.Timestamp(quarter.end) - started).dt.days.to_numpy(dtype=float)
    is_later = seen_to < 0
    # What happens on day 0 is dated half a day in.
    seen_to = np.where(seen_to == 0, DAY_ZERO_STOP, seen_to)
    begin = np.maximum(stays["start_day"].to_numpy(dtype=float), seen_from)
    end = stays["stop_day"].to_numpy(dtype=float)
    is_cut = end > seen_to
    kept = begin < np.minimum(end, seen_to)
    target = stays["to_state"].to_numpy(dtype=object).copy()
    target[is_cut] = None
    inside = stays.assign(
        start_day=begin,
        stop_day=np.where(is_cut, seen_to, end),
        to_state=pd.Series(target, index=stays.index, dtype="object"),
    )[kept].reset_index(drop=True)
    episodes = stays["episode_id"]
    later = int(episodes[is_later].nunique())
    out = int(episodes.nunique() - inside["episode_id"].nunique())
    return inside, {f"ended before {quarter}": out - later, f"began after {quarter}": later}
