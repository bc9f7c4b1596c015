"""Observed against expected shares in each state over time."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    GROUP_LINES,
    check_drawable,
    house_style,
    new_axes,
)


def draw_prevalence(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw what a model expects as lines with bands, and what was observed as dots.

    Parameters
    ----------
    frame : DataFrame
        ``state``, ``time``, ``observed``, ``estimate``, ``ci_low``, ``ci_high``: shares.
    ax : Axes, optional
        Where to draw. Default: new ones.

    Returns
    -------
    Axes
        One colour and line style per state, named in the legend.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"state": ["ill", "ill"], "time": [0, 7], "observed": [1.0, 0.8],
    ...                       "estimate": [1.0, 0.75], "ci_low": [1.0, 0.7],
    ...                       "ci_high": [1.0, 0.8]})
    >>> draw_prevalence(frame).get_ylabel()
    'Share in the state'
    """
    check_drawable(frame, ["state", "time", "observed", "estimate", "ci_low", "ci_high"])
    ax = new_axes() if ax is None else ax
    with house_style():
        for number, (state, rows) in enumerate(frame.groupby("state", sort=False)):
            rows = rows.sort_values("time")
            colour = GROUP_COLOURS[number % len(GROUP_COLOURS)]
            line: Any = GROUP_LINES[number % len(GROUP_LINES)]
            ax.fill_between(
                rows["time"], rows["ci_low"], rows["ci_high"], color=colour, alpha=0.15, linewidth=0
            )
            ax.plot(rows["time"], rows["estimate"], color=colour, linestyle=line, label=str(state))
            ax.plot(
                rows["time"],
                rows["observed"],
                "o",
                color=colour,
                markersize=4,
                markeredgecolor="white",
            )
        ax.set_ylim(0, 1)
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.set_ylabel("Share in the state")
        ax.set_xlabel("Time (lines: expected, dots: observed)")
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return ax
