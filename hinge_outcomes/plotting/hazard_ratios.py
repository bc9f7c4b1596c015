"""Hazard ratios side by side, on a logarithmic axis."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from hinge_outcomes.plotting.intervals import draw_intervals
from hinge_outcomes.plotting.style import check_drawable

_TICKS = np.array([1, 2, 5])
_NARROW = 4.0
"""Where all limits lie within this factor, ticks are finer."""


def draw_hazard_ratios(
    frame: pd.DataFrame, ax: Axes | None = None, *, label: str = "Hazard ratio and interval"
) -> Axes:
    """Draw hazard ratios as dots with whiskers, one line each, so that half and double are as far.

    Parameters
    ----------
    frame : DataFrame
        ``hazard_ratio``, ``hazard_ratio_low``, ``hazard_ratio_high``; the columns before
        ``estimate`` name the line. A ratio without limits leaves its line empty.
    ax : Axes, optional
        Where to draw. Default: new ones, as high as the lines need.
    label : str, default "Hazard ratio and interval"
        Title of the horizontal axis.

    Returns
    -------
    Axes
        The drawing, with a line at 1: no difference.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"term": ["age", "sex"], "estimate": [0.0, 0.7],
    ...                       "hazard_ratio": [1.0, 2.0], "hazard_ratio_low": [0.9, 1.5],
    ...                       "hazard_ratio_high": [1.1, 2.7]})
    >>> draw_hazard_ratios(frame).get_xscale()
    'log'
    """
    columns = ["hazard_ratio", "hazard_ratio_low", "hazard_ratio_high"]
    check_drawable(frame, ["estimate", *columns])
    names = list(frame.columns[: list(frame.columns).index("estimate")])
    drawn = frame[names].copy()
    values = frame[columns].to_numpy(dtype=float, copy=True)
    # A ratio of 0 or infinity has no place on the axis.
    values[~(np.isfinite(values) & (values > 0)).all(axis=1)] = np.nan
    drawn[["estimate", "ci_low", "ci_high"]] = values
    ax = draw_intervals(drawn, ax=ax, reference=1.0, label=label)
    ax.set_xscale("log")
    shown = np.append(values[np.isfinite(values)], 1.0)
    low, high = float(shown.min()) / 1.05, float(shown.max()) * 1.05
    ax.set_xlim(low, high)
    ax.set_xticks(_ticks(low, high))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    return ax


def _ticks(low: float, high: float) -> list[float]:
    """Choose round numbers: 1, 2, 5 of each decade, or evenly spaced ones in a narrow range."""
    if high / low < _NARROW:
        step = next(s for s in (0.05, 0.1, 0.2, 0.5, 1.0) if (high - low) / s <= 8 or s == 1.0)
        first = int(np.ceil(low / step))
        return [round(number * step, 2) for number in range(first, int(high / step) + 1)]
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    digits = _TICKS if high / low < 1_000 else np.array([1])
    ticks = np.outer(decades, digits).ravel()
    return [float(tick) for tick in ticks if low <= tick <= high]
