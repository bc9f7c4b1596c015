"""Values beside the bands they are held against, whatever their units."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    MUTED,
    check_drawable,
    house_style,
    new_axes,
)

_FURTHEST = 6.0  # half bands; what lies beyond is drawn at the edge, with its number


def draw_bands(frame: pd.DataFrame, ax: Axes | None = None, *, label: str = "") -> Axes:
    """Draw each value against its band: 0 is the middle of the band, -1 and 1 are its ends.

    Parameters
    ----------
    frame : DataFrame
        ``label``, ``low``, ``high`` and ``value``, one row per line from the top down; a missing
        value leaves its line empty. With ``error``, whiskers of twice that length.
    ax : Axes, optional
        Where to draw. Default: new ones, as high as the lines need.
    label : str, default ""
        Title of the horizontal axis.

    Returns
    -------
    Axes
        The drawing; beside each line the value in its own unit.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"label": ["age, years"], "low": [56.5], "high": [57.5],
    ...                       "value": [57.0]})
    >>> draw_bands(frame).lines[0].get_xdata().tolist()
    [0.0]
    """
    check_drawable(frame, ["label", "low", "high", "value"])
    ax = new_axes(height=0.9 + 0.2 * len(frame)) if ax is None else ax
    low, high, value = (frame[name].to_numpy(dtype=float) for name in ("low", "high", "value"))
    middle, half = (low + high) / 2, (high - low) / 2
    place = (value - middle) / half
    shown = place.clip(-_FURTHEST, _FURTHEST)
    lines = np.arange(len(frame))
    with house_style():
        ax.axvspan(-1, 1, color="#e8f0e4", zorder=0)
        ax.plot(shown, lines, "o", markersize=5, color=GROUP_COLOURS[0])
        if "error" in frame:
            reach = 2 * frame["error"].to_numpy(dtype=float) / half
            is_inside = np.abs(place) <= _FURTHEST
            ax.hlines(
                lines[is_inside], (shown - reach)[is_inside], (shown + reach)[is_inside],
                color=GROUP_COLOURS[0], linewidth=1.2,
            )  # fmt: skip
        ax.axvline(0, color=MUTED, linewidth=0.8)
        ax.set_yticks(lines, labels=list(frame["label"].astype(str)))
        ax.set_ylim(len(frame) - 0.4, -0.6)
        ax.set_xlim(-_FURTHEST - 0.4, _FURTHEST + 0.4)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(visible=False)
        ax.set_xlabel(label or "Distance from the middle of the band, in half bands")
        for line, number in zip(lines, value, strict=True):
            ax.text(
                1.02, float(line), _print(number), transform=ax.get_yaxis_transform(), va="center",
                fontsize=8.5,
            )  # fmt: skip
    return ax


def _print(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    text = (
        f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"
    )
    return text.replace("-", "−")
