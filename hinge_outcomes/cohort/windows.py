"""Which outcome score stands for which planned follow-up: the only copy of the window rule."""

from collections.abc import Iterable

import pandas as pd

from hinge_outcomes.domain.follow_up import WINDOWS, Window
from hinge_outcomes.exceptions import AnalysisError

WINDOW_COLUMNS = ("episode_id", "instrument", "target_day", "measured_day", "score")


def match_windows(outcomes: pd.DataFrame, target_days: Iterable[int]) -> pd.DataFrame:
    """Find the score that stands for each planned follow-up of each episode.

    A score counts for a follow-up if it was measured inside that follow-up's window. Of several,
    the nearest to the planned day is taken; of two equally near, the earlier. The windows do not
    overlap, so each score is used once at most. An episode without a score inside a window has no
    row for it: a score of day 10 is no baseline.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        The cohort's table of outcomes: episode_id, instrument, measured_day (days since the start),
        score; rows in any order. Other columns are ignored.
    target_days : iterable of int
        Planned days: 0 (baseline), 42, 91, 182, 364.

    Returns
    -------
    pandas.DataFrame
        One row per episode, instrument and planned day that has a score: episode_id, instrument,
        target_day, measured_day, score, in this order of columns and sorted by the first three.

    Raises
    ------
    AnalysisError
        If a day is no planned day.

    Examples
    --------
    >>> scores = pd.DataFrame({"episode_id": "E1", "instrument": "nprs",
    ...                        "measured_day": [-1, 1, 10, 80, 100], "score": [6.0, 5, 5, 3, 2]})
    >>> match_windows(scores, [0, 91])[["target_day", "measured_day", "score"]].values.tolist()
    [[0.0, -1.0, 6.0], [91.0, 100.0, 2.0]]
    """
    windows = [_window(day) for day in target_days]
    measured = outcomes[["episode_id", "instrument", "measured_day", "score"]]
    candidates = []
    for window in windows:
        inside = measured["measured_day"].between(window.first_day, window.last_day)
        inside &= measured["score"].notna()
        chosen = measured.loc[inside].assign(target_day=window.target_day)
        candidates.append(chosen.assign(away=(chosen["measured_day"] - window.target_day).abs()))
    if not candidates:
        return measured.iloc[:0].assign(target_day=0)[list(WINDOW_COLUMNS)]
    found = pd.concat(candidates, ignore_index=True)
    key = ["episode_id", "instrument", "target_day"]
    found = found.sort_values([*key, "away", "measured_day"], kind="stable")
    found = found.drop_duplicates(key, keep="first")
    return found[list(WINDOW_COLUMNS)].reset_index(drop=True)


def _window(day: int) -> Window:
    if day not in WINDOWS:
        allowed = ", ".join(str(known) for known in WINDOWS)
        raise AnalysisError(
            f"No follow-up is planned on this day. Expected one of the planned days: {allowed}. "
            "Scores measured near a planned day stand for it; choose the nearest."
        )
    return WINDOWS[day]
