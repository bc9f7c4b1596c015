"""Means of units against how many they rest on, with the limits of chance."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from hinge_outcomes.plotting.funnel import LIMITS
from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    MUTED,
    check_drawable,
    house_style,
    new_axes,
)


def draw_mean_funnel(
    frame: pd.DataFrame, ax: Axes | None = None, *, spread: float, label: str = "Mean residual"
) -> Axes:
    """Draw mean residuals against the number of episodes, with the limits of equal units.

    The limits say what chance alone would give if all units were alike, at 95% and 99.8% [1]_.
    Units are not named and not ranked.

    Parameters
    ----------
    frame : DataFrame
        ``n`` (episodes of a unit), ``estimate`` (its mean residual; lines without one are left
        out); ``shrunken``, if there, is drawn as a small dot joined to it.
    ax : Axes, optional
        Where to draw. Default: new ones.
    spread : float
        Standard deviation of single episodes, in the unit of the residuals.
    label : str, default "Mean residual"
        Title of the vertical axis.

    Returns
    -------
    Axes
        The drawing.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    References
    ----------
    .. [1] Spiegelhalter D (2005). Funnel plots for comparing institutional performance. Stat Med
       24, 1185-1202.

    Examples
    --------
    >>> frame = pd.DataFrame({"n": [40, 90], "estimate": [0.3, -0.1]})
    >>> draw_mean_funnel(frame, spread=2.0).get_xlabel()
    'Episodes with both scores'
    """
    check_drawable(frame, ["n", "estimate"])
    ax = new_axes() if ax is None else ax
    rows = frame.dropna(subset="estimate")
    n = rows["n"].to_numpy(dtype=float)
    mean = rows["estimate"].to_numpy(dtype=float)
    largest = max(float(n.max(initial=10.0)) * 1.1, 20.0)
    smallest = 0.5 * float(n.min()) if len(n) else 10.0
    grid = np.linspace(max(smallest, 3.0), largest, 200)
    with house_style():
        ax.axhline(0.0, color=MUTED, linewidth=1.0)
        for level, style, name in LIMITS:
            reach = stats.norm.ppf(0.5 + level / 2) * spread / np.sqrt(grid)
            ax.plot(grid, reach, style, color=MUTED, linewidth=1.0, label=f"{name} limits")
            ax.plot(grid, -reach, style, color=MUTED, linewidth=1.0)
        if "shrunken" in rows:
            shrunken = rows["shrunken"].to_numpy(dtype=float)
            ax.vlines(n, shrunken, mean, color=GROUP_COLOURS[0], linewidth=0.8, alpha=0.6)
            ax.plot(n, shrunken, "o", color=GROUP_COLOURS[0], markersize=3, label="shrunken")
        ax.plot(
            n, mean, "o", color=GROUP_COLOURS[0], markeredgecolor="white", markersize=7,
            label="as recorded",
        )  # fmt: skip
        ax.set_xlim(float(grid[0]), largest)
        ax.set_xlabel("Episodes with both scores")
        ax.set_ylabel(label)
        ax.legend(frameon=False, fontsize=8.5, ncols=2, loc="upper right")
    return ax
