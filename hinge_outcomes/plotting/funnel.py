"""Units of different size around what is expected of them: a funnel."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import chi2

from hinge_outcomes.plotting.labels import spread
from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    MUTED,
    check_drawable,
    house_style,
    new_axes,
)

_GAP = 0.055
"""Least distance between two labels, as a share of the height."""

LIMITS = ((0.95, "--", "95%"), (0.998, ":", "99.8%"))
"""Level, line and name of the limits of every funnel."""


def draw_funnel(
    frame: pd.DataFrame, ax: Axes | None = None, *, label: str = "Observed / expected"
) -> Axes:
    """Draw observed over expected counts against the expected, with Poisson limits.

    The limits say what chance alone would give with equal rates, at 95% and 99.8% [1]_. Units are
    not named and not ranked.

    Parameters
    ----------
    frame : DataFrame
        ``expected``, ``observed_over_expected``; ``estimate``, if there, is the shrunken ratio,
        drawn as a small dot joined to the observed one.
    ax : Axes, optional
        Where to draw. Default: new ones.
    label : str, default "Observed / expected"
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
    >>> frame = pd.DataFrame({"expected": [40.0, 90.0], "observed_over_expected": [1.2, 0.9]})
    >>> draw_funnel(frame).get_xlabel()
    'Expected moves'
    """
    check_drawable(frame, ["expected", "observed_over_expected"])
    ax = new_axes() if ax is None else ax
    expected = frame["expected"].to_numpy(dtype=float)
    observed = frame["observed_over_expected"].to_numpy(dtype=float)
    widest = 1.08 * float(expected.max())
    grid = np.linspace(max(0.6 * float(expected.min()), 1.0), widest, 200)
    limits = [
        (
            chi2.ppf((1 - level) / 2, 2 * grid) / (2 * grid),
            chi2.ppf((1 + level) / 2, 2 * (grid + 1)) / (2 * grid),
        )
        for level, _, _ in LIMITS
    ]
    # The 95% limits of the smallest unit are always seen, and every unit.
    reach = 1.15 * max(float(limits[0][1][0]) - 1, float(np.abs(observed - 1).max()))
    with house_style():
        ax.axhline(1.0, color=MUTED, linewidth=1.0)
        for (low, high), (_, style, _) in zip(limits, LIMITS, strict=True):
            for limit in (low, high):
                ax.plot(grid, limit, color=MUTED, linewidth=1.0, linestyle=style)
        ax.set_ylim(max(1 - reach, 0.0), 1 + reach)
        _name(ax, [float(high[-1]) for _, high in limits])
        if "estimate" in frame.columns:
            shrunken = frame["estimate"].to_numpy(dtype=float)
            ax.vlines(expected, observed, shrunken, color=GROUP_COLOURS[1], linewidth=0.8)
            ax.plot(expected, shrunken, "o", color=GROUP_COLOURS[1], markersize=3, label="shrunken")
        ax.plot(
            expected,
            observed,
            "o",
            color=GROUP_COLOURS[0],
            markeredgecolor="white",
            markersize=6,
            label="observed",
        )
        if "estimate" in frame.columns:
            ax.legend(frameon=False, loc="upper right", ncols=2)
        ax.set_xlim(float(grid[0]), widest)
        ax.set_xlabel("Expected moves")
        ax.set_ylabel(label)
    return ax


def _name(ax: Axes, heights: list[float]) -> None:
    """Write the level of each limit beside its end, apart from each other."""
    low, high = ax.get_ylim()
    places = spread([(height - low) / (high - low) for height in heights], _GAP, 0.0, 1.0)
    for place, (_, _, name) in zip(places, LIMITS, strict=True):
        ax.text(1.01, place, name, transform=ax.transAxes, va="center", fontsize=8.5, color=MUTED)
