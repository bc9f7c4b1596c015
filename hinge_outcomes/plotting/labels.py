"""Where labels go: beside what they name, without covering each other; which ticks to print."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hinge_outcomes.exceptions import DataError

_DAY_STEPS = (1, 2, 7, 14, 28, 91, 182, 364, 728)
"""Distances between day ticks: days, weeks, quarters of 13 weeks, years."""

_PLAIN_STEPS = (1.0, 2.0, 5.0)


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart, as little as possible, so that none covers another.

    Parameters
    ----------
    positions : sequence of float
        Where the labels would like to be.
    gap : float
        Least distance between two of them.
    low, high : float
        Bounds within which they stay, if they fit.

    Returns
    -------
    list of float
        Where they go, in the order given.

    Examples
    --------
    >>> [round(place, 2) for place in spread([0.5, 0.52, 0.9], 0.1, 0.0, 1.0)]
    [0.46, 0.56, 0.9]
    """
    order = np.argsort(np.asarray(positions, dtype=float), kind="stable")
    # Neighbours that are too close form a block, which is centred on the mean of its wishes.
    blocks: list[tuple[list[float], float]] = []
    for wish in (float(positions[place]) for place in order):
        blocks.append(([wish], _block_start([wish], gap, low, high)))
        while len(blocks) > 1:
            (first, start), (second, follow) = blocks[-2], blocks[-1]
            if start + len(first) * gap <= follow + 1e-12:
                break
            merged = first + second
            blocks[-2:] = [(merged, _block_start(merged, gap, low, high))]
    placed = [start + gap * step for wishes, start in blocks for step in range(len(wishes))]
    result = [0.0] * len(placed)
    for place, value in zip(order, placed, strict=True):
        result[int(place)] = value
    return result


def _block_start(wishes: Sequence[float], gap: float, low: float, high: float) -> float:
    length = gap * (len(wishes) - 1)
    centred = sum(wishes) / len(wishes) - length / 2
    return max(low, min(centred, high - length))


def tick_places(high: float, *, are_days: bool, most: int = 7) -> list[float]:
    """Choose round places for the ticks of an axis that starts at 0.

    Parameters
    ----------
    high : float
        Largest value on the axis, above 0.
    are_days : bool
        Whether the axis counts days, which come in weeks and quarters.
    most : int, default 7
        Most ticks wanted.

    Returns
    -------
    list of float
        Places from 0 up to ``high``.

    Examples
    --------
    >>> tick_places(365, are_days=True)
    [0.0, 91.0, 182.0, 273.0, 364.0]
    """
    tens = 10.0 ** np.floor(np.log10(high))
    plain = [step * scale for scale in (tens / 10, tens) for step in _PLAIN_STEPS]
    steps = [float(step) for step in _DAY_STEPS] if are_days and high <= 4000 else plain
    step = next((step for step in steps if high / step <= most - 1), steps[-1])
    return [step * number for number in range(int(high / step + 1e-9) + 1)]


def time_column(frame: pd.DataFrame, allowed: Sequence[str] = ("day", "time", "week")) -> str:
    """Find the column that holds time.

    Parameters
    ----------
    frame : DataFrame
        What is to be drawn.
    allowed : sequence of str
        Names it may have, the first found is taken.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    DataError
        If there is none.

    Examples
    --------
    >>> time_column(pd.DataFrame({"day": [0], "estimate": [0.0]}))
    'day'
    """
    for name in allowed:
        if name in frame.columns:
            return name
    raise DataError(
        f"The frame to draw has no column of times. It needs one of: {', '.join(allowed)}; it has: "
        f"{', '.join(map(str, frame.columns))}."
    )


def group_labels(frame: pd.DataFrame, before: str, ignored: Sequence[str] = ()) -> pd.Series:
    """Say what each row is about: the columns before a given one, joined.

    Parameters
    ----------
    frame : DataFrame
        What is to be drawn.
    before : str
        The first column that no longer says what the row is about.
    ignored : sequence of str
        Columns that do not count.

    Returns
    -------
    Series of str
        One label per row; empty where nothing tells rows apart.

    Examples
    --------
    >>> frame = pd.DataFrame({"sex": ["f", "m"], "kind": ["first", "first"], "day": [7, 7]})
    >>> group_labels(frame, "day").tolist()
    ['f', 'm']
    """
    columns = list(frame.columns[: list(frame.columns).index(before)])
    telling = [
        column
        for column in columns
        if column not in ignored and frame[column].astype(str).nunique() > 1
    ]
    if not telling:
        return pd.Series([""] * len(frame), index=frame.index, dtype=object)
    texts = [frame[column].astype(str).astype(object) for column in telling]
    label = texts[0]
    for text in texts[1:]:
        label = label + " · " + text
    return label
