"""The data cut: the day up to which a clinic's records are complete."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd


def cut_days(episodes: pd.DataFrame, data_cut: dt.date | Mapping[str, dt.date]) -> pd.Series:
    """Count the days from each episode's start to its clinic's data cut.

    Parameters
    ----------
    episodes : DataFrame
        Columns clinic_id and start_date.
    data_cut : date or mapping of str to date
        Overall, or per clinic; a clinic without a cut gives null.

    Returns
    -------
    Series of Int64
        One number of days per episode.
    """
    if isinstance(data_cut, Mapping):
        cuts = {clinic: pd.Timestamp(day) for clinic, day in data_cut.items()}
        cut = pd.to_datetime(episodes["clinic_id"].map(cuts))
    else:
        cut = pd.Series(pd.Timestamp(data_cut), index=episodes.index)
    return (cut - episodes["start_date"]).dt.days.astype("Int64")
