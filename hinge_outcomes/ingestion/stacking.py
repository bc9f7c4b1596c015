"""Put rows of several sections and files under each other."""

from collections.abc import Iterable

import pandas as pd


def stack(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put frames under each other; a column that one of them lacks is null there.

    Of frames without rows only the first counts, and only where no other has any.

    Parameters
    ----------
    frames : iterable of DataFrame
        With columns of the same kinds, texts and codes as categories.

    Returns
    -------
    DataFrame
        All rows, with a plain index; categories are united.
    """
    given_frames = list(frames)
    filled = [frame for frame in given_frames if len(frame)]
    if len(filled) < 2:
        return (filled or given_frames)[0].reset_index(drop=True)
    names = dict.fromkeys(name for frame in filled for name in frame)
    stacked = {}
    for name in names:
        given = [frame[name] for frame in filled if name in frame]
        columns = [
            frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="object")
            for frame in filled
        ]
        if isinstance(given[0].dtype, pd.CategoricalDtype):
            words = _united([column.cat.categories for column in given])
            dtype = pd.CategoricalDtype(words)
            columns = [
                column.cat.set_categories(words, ordered=False)
                if name in frame
                else column.astype(dtype)
                for column, frame in zip(columns, filled, strict=True)
            ]
        elif len(given) < len(filled):
            columns = [column.astype(given[0].dtype) for column in columns]
        stacked[name] = pd.concat(columns, ignore_index=True)
    return pd.DataFrame(stacked, copy=False)


def _united(lists: list[pd.Index]) -> pd.Index:
    """Unite categories; mostly they are shared already, by a million ids."""
    if all(words is lists[0] for words in lists):
        return lists[0]
    return pd.Index([]).append(lists).unique()
