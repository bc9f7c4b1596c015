"""Residuals against what normal noise would give."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    MUTED,
    check_drawable,
    house_style,
    new_axes,
)

_MOST_DOTS = 2_000
"""More dots say no more; evenly spaced quantiles stand for all."""


def draw_normal_quantiles(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw standardised residuals against the quantiles of normal noise.

    Parameters
    ----------
    frame : DataFrame
        ``standardised``: residuals in standard deviations.
    ax : Axes, optional
        Where to draw. Default: new ones.

    Returns
    -------
    Axes
        The drawing: dots on the line are normal.

    Raises
    ------
    DataError
        If the frame has no rows or lacks the column.

    Examples
    --------
    >>> frame = pd.DataFrame({"standardised": [-1.0, 0.0, 1.0]})
    >>> draw_normal_quantiles(frame).get_xlabel()
    'Expected of normal noise (standard deviations)'
    """
    check_drawable(frame, ["standardised"])
    ax = new_axes() if ax is None else ax
    found = np.sort(frame["standardised"].to_numpy(dtype=float))
    expected = stats.norm.ppf((np.arange(1, len(found) + 1) - 0.375) / (len(found) + 0.25))
    shown = np.unique(np.linspace(0, len(found) - 1, min(len(found), _MOST_DOTS)).astype(int))
    reach = float(np.abs(expected).max())
    with house_style():
        ax.plot([-reach, reach], [-reach, reach], "--", color=MUTED, linewidth=1.0)
        ax.plot(expected[shown], found[shown], "o", color=GROUP_COLOURS[0], markersize=3)
        ax.set_xlabel("Expected of normal noise (standard deviations)")
        ax.set_ylabel("Standardised residual")
    return ax
