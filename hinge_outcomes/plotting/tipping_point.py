"""An answer against an assumption nobody can check, and where the conclusion tips."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from hinge_outcomes.plotting.labels import spread
from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    MUTED,
    check_drawable,
    house_style,
    new_axes,
)

_GAP = 0.07
"""Least distance between two labels, as a share of the height."""


def draw_tipping_point(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    *,
    references: Mapping[str, float] | None = None,
    threshold: float = float("nan"),
    tipping: float = float("nan"),
    label: str = "Probability",
    delta_label: str = "Pace of mastery after loss (comparable patients in care = 1)",
    is_share: bool = True,
) -> Axes:
    """Draw an answer with its band against delta, with references and the tipping point.

    Parameters
    ----------
    frame : DataFrame
        ``delta``, ``estimate``, ``ci_low``, ``ci_high``; missing estimates are left out.
    ax : Axes, optional
        Where to draw. Default: new ones.
    references : mapping of str to float, optional
        Other answers, drawn as lines across with their names.
    threshold : float
        The value at which the conclusion changes; missing draws none.
    tipping : float
        The delta at which the estimate equals it; missing draws none.
    label : str, default "Probability"
        Title of the vertical axis.
    delta_label : str
        Title of the horizontal axis.
    is_share : bool, default True
        Whether the vertical axis is in percent.

    Returns
    -------
    Axes
        The drawing.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"delta": [0.0, 1.0], "estimate": [0.3, 0.5],
    ...                       "ci_low": [0.25, 0.44], "ci_high": [0.35, 0.56]})
    >>> ax = draw_tipping_point(frame, threshold=0.44, tipping=0.7)
    >>> [round(float(side), 1) for side in ax.get_xlim()]
    [0.0, 1.0]
    """
    check_drawable(frame, ["delta", "estimate", "ci_low", "ci_high"])
    ax = new_axes() if ax is None else ax
    rows = frame.dropna(subset="estimate").sort_values("delta")
    delta = rows["delta"].to_numpy(dtype=float)
    with house_style():
        ax.fill_between(
            delta, rows["ci_low"], rows["ci_high"], color=GROUP_COLOURS[0], alpha=0.18, linewidth=0
        )
        ax.plot(delta, rows["estimate"], "-o", color=GROUP_COLOURS[0], markersize=4, clip_on=False)
        ax.set_xlabel(delta_label)
        ax.set_ylabel(label)
        if is_share:
            ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        if len(delta):
            ax.set_xlim(0.0, float(delta.max()))
        known = {name: value for name, value in (references or {}).items() if np.isfinite(value)}
        for number, value in enumerate(known.values()):
            ax.axhline(value, color=GROUP_COLOURS[number + 1], linewidth=1.1, linestyle="--")
        if np.isfinite(threshold):
            ax.axhline(threshold, color=MUTED, linewidth=0.9, linestyle=":")
        if np.isfinite(tipping) and np.isfinite(threshold):
            low = ax.get_ylim()[0]
            ax.vlines(tipping, low, threshold, color=MUTED, linewidth=0.9, linestyle=":")
            ax.set_ylim(bottom=low)
            ax.plot(tipping, threshold, "o", color="white", markeredgecolor=MUTED, markersize=7)
            ax.annotate(
                f"tips at {tipping:.2f}",
                (tipping, threshold),
                xytext=(8, -12),
                textcoords="offset points",
                fontsize=8.5,
                color="#222222",
            )
        _name(ax, known)
    return ax


def _name(ax: Axes, known: Mapping[str, float]) -> None:
    """Write the names of the lines across beside them, apart from each other."""
    low, high = ax.get_ylim()
    span = high - low
    places = spread([(value - low) / span for value in known.values()], _GAP, 0.0, 1.0)
    for number, (name, place) in enumerate(zip(known, places, strict=True)):
        ax.text(
            1.02,
            place,
            name,
            transform=ax.transAxes,
            va="center",
            fontsize=8.5,
            color=GROUP_COLOURS[number + 1],
        )
