"""Estimates side by side, each a dot with the whiskers of its interval."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hinge_outcomes.plotting.labels import group_labels
from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    MUTED,
    check_drawable,
    house_style,
    new_axes,
)


def draw_intervals(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    *,
    reference: float | None = None,
    label: str = "Estimate and interval",
    context: str = "",
) -> Axes:
    """Draw estimates as dots with whiskers, one line each, the number beside it.

    Parameters
    ----------
    frame : DataFrame
        ``estimate``, ``ci_low``, ``ci_high``; the columns before ``estimate`` name the line. The
        first row is at the top; a missing estimate leaves its line empty, with a dash.
    ax : Axes, optional
        Where to draw. Default: new ones, as high as the lines need.
    reference : float, optional
        A value to compare with, drawn as a line across: no effect, or a target.
    label : str, default "Estimate and interval"
        Title of the horizontal axis: quantity and unit.
    context : str, optional
        What a column ``context`` holds: a value per line, drawn as a hollow mark beside the
        estimate and named below.

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
    >>> frame = pd.DataFrame({"clinic": ["C01", "C02"], "estimate": [-2.0, -1.5],
    ...                       "ci_low": [-2.4, -2.0], "ci_high": [-1.6, -1.0]})
    >>> [tick.get_text() for tick in draw_intervals(frame).get_yticklabels()]
    ['C01', 'C02']
    """
    check_drawable(frame, ["estimate", "ci_low", "ci_high"])
    ax = new_axes(height=0.9 + 0.28 * len(frame)) if ax is None else ax
    names = group_labels(frame, "estimate")
    if len(frame) == 1 and list(frame.columns).index("estimate") > 0:
        names = frame.iloc[:, 0].astype(str)
    lines = np.arange(len(frame))
    mean, low, high = (
        frame[column].to_numpy(dtype=float) for column in ("estimate", "ci_low", "ci_high")
    )
    with house_style():
        if reference is not None:
            ax.axvline(reference, color=MUTED, linewidth=1.0, linestyle="--")
        ax.hlines(lines, low, high, color=GROUP_COLOURS[0], linewidth=1.6)
        ax.plot(mean, lines, "o", color=GROUP_COLOURS[0], markersize=5.5, markeredgecolor="white")
        if "context" in frame and frame["context"].notna().any():
            ax.plot(
                frame["context"].to_numpy(dtype=float), lines, "D", markersize=5.0,
                markerfacecolor="white", markeredgecolor=MUTED, label=context,
            )  # fmt: skip
            ax.legend(loc="upper left", bbox_to_anchor=(0.0, -0.35), frameon=False, fontsize=8.5)
        ax.set_yticks(lines, labels=list(names))
        ax.set_ylim(len(frame) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(visible=False)
        ax.grid(visible=True, axis="x")
        ax.set_xlabel(label)
        for line, values in zip(lines, zip(mean, low, high, strict=True), strict=True):
            ax.text(
                1.02,
                float(line),
                _print(*values),
                transform=ax.get_yaxis_transform(),
                va="center",
                fontsize=8.5,
            )
    return ax


def _print(mean: float, low: float, high: float) -> str:
    if not np.isfinite(mean):
        return "–"
    decimals = 2 if max(abs(mean), abs(low), abs(high)) < 10 else 1
    text = f"{mean:.{decimals}f}"
    if np.isfinite(low) and np.isfinite(high):
        text += f" ({low:.{decimals}f} to {high:.{decimals}f})"
    return text.replace("-", "−")
