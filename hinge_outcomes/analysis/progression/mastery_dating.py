"""When, between two visits, a documented mastery is dated: at the rating, before it, or between."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.mastery_stays import UNMASTERED, MasteryDays
from hinge_outcomes.analysis.progression.recorded_days import previous_day
from hinge_outcomes.analysis.progression.stays import DAY_ZERO_STOP
from hinge_outcomes.domain.states import MASTERED

DATINGS = ("right", "middle", "left")
"""At the confirming rating, half way back to the visit before it, or at that visit."""

_SHARE_BACK = {"right": 0.0, "middle": 0.5, "left": 1.0}


def redate(
    stays: pd.DataFrame, days: MasteryDays, dating: str, confirmed_before: int = 0
) -> pd.DataFrame:
    """Date mastery earlier in the interval since the visit before the confirming rating.

    The rating that confirms mastery is the end of an interval in which it came about: since the
    patient was last seen, on an attended visit or for a rating of any stage, or since day 0.

    Parameters
    ----------
    stays : DataFrame
        episode_id, start_day, stop_day, from_state, to_state, sorted by episode and day.
    days : MasteryDays
        When the patients were seen.
    dating : {"right", "middle", "left"}
        At the confirming rating, half way back, or at the visit before.
    confirmed_before : int, default 0
        Days from the confirming rating to the event: the window of durable mastery.

    Returns
    -------
    DataFrame
        The same rows; moves into mastered, and the stays that follow them, are earlier.
    """
    back = _SHARE_BACK[dating]
    enters = (stays["to_state"] == MASTERED).to_numpy()
    if not back or not enters.any():
        return stays
    stop = stays["stop_day"].to_numpy(dtype=float)
    start = stays["start_day"].to_numpy(dtype=float)
    episode = days.episode_ids.get_indexer(stays["episode_id"])[enters]
    confirmed = np.floor(stop[enters]) - confirmed_before
    seen = np.maximum(previous_day(days.seen, episode, confirmed), 0.0)
    earlier = stop[enters] - back * np.maximum(confirmed - seen, 0.0)
    # Whoever regains mastery was without it for half a day at least.
    earlier = np.maximum(earlier, start[enters] + DAY_ZERO_STOP)
    moved = stop.copy()
    moved[enters] = np.minimum(earlier, stop[enters])
    begin = start.copy()
    follows = np.flatnonzero(enters)
    follows = follows[follows + 1 < len(stays)] + 1
    is_same = stays["episode_id"].to_numpy()[follows] == stays["episode_id"].to_numpy()[follows - 1]
    goes_on = follows[is_same & (stays["from_state"].to_numpy()[follows] != UNMASTERED)]
    begin[goes_on] = moved[goes_on - 1]
    return stays.assign(start_day=begin, stop_day=moved)
