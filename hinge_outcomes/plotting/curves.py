"""Curves over time: mastery with bands and numbers at risk; where everybody is, stacked."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from hinge_outcomes.plotting.labels import group_labels, spread, tick_places, time_column
from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    GROUP_LINES,
    MUTED,
    STATE_NAMES,
    check_drawable,
    house_style,
    new_axes,
    state_colours,
)

_LINE = 0.062
"""Height of a line of small print, as a share of the axes' height."""


def draw_mastery_curve(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the share who have mastered by each day, with bands and the numbers at risk below.

    Parameters
    ----------
    frame : DataFrame
        ``day`` (or ``time``), ``estimate``, ``ci_low``, ``ci_high`` and, if there, ``n_at_risk``.
        Columns before the day that differ between rows tell groups apart. A missing estimate ends
        a curve.
    ax : Axes, optional
        Where to draw. Default: new ones.

    Returns
    -------
    Axes
        Step curves from 0 at day 0, each labelled at its end.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"day": [30, 60], "estimate": [0.1, 0.3], "ci_low": [0.05, 0.2],
    ...                       "ci_high": [0.15, 0.4], "n_at_risk": [90, 50]})
    >>> draw_mastery_curve(frame).get_ylabel()
    'Share who have mastered'
    """
    time = time_column(frame)
    check_drawable(frame, [time, "estimate", "ci_low", "ci_high"])
    ax = new_axes() if ax is None else ax
    labels = group_labels(frame, time, ignored=("state",))
    names = list(dict.fromkeys(labels))
    # A curve of day 0 alone still needs an axis of some length.
    last = float(frame[time].max()) or 1.0
    ends: list[tuple[str, float, float, str]] = []
    with house_style():
        for number, name in enumerate(names):
            rows = frame[labels == name].sort_values(time)
            colour = GROUP_COLOURS[number % len(GROUP_COLOURS)]
            line: Any = GROUP_LINES[number % len(GROUP_LINES)]
            start = [] if rows[time].iloc[0] <= 0 else [0.0]
            day = np.array([*start, *rows[time]], dtype=float)
            share = np.array([*start, *rows["estimate"]], dtype=float)
            low = np.array([*start, *rows["ci_low"]], dtype=float)
            high = np.array([*start, *rows["ci_high"]], dtype=float)
            ax.fill_between(day, low, high, step="post", color=colour, alpha=0.15, linewidth=0)
            ax.step(day, share, where="post", color=colour, linestyle=line)
            shown = np.flatnonzero(np.isfinite(share))
            if len(shown) and name:
                ends.append((name, float(day[shown[-1]]), float(share[shown[-1]]), colour))
        top = float(np.nanmax([0.1, *frame["ci_high"], *frame["estimate"]]))
        top = min(1.0, np.ceil(top * 10) / 10)
        ax.set_ylim(0, top)
        ax.set_xlim(0, last)
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.set_ylabel("Share who have mastered")
        ticks = tick_places(last, are_days=time != "week")
        ax.set_xticks(ticks)
        ax.set_xlabel(_TIME_TITLES[time])
        places = spread([end[2] for end in ends], _LINE * top, 0.0, top)
        for (name, day_shown, share_shown, colour), place in zip(ends, places, strict=True):
            ax.annotate(
                name,
                xy=(day_shown, share_shown),
                xytext=(last * 1.015, place),
                color=colour,
                va="center",
                annotation_clip=False,
                fontsize=8.5,
            )
        if "n_at_risk" in frame.columns:
            _draw_numbers_at_risk(ax, frame, labels, names, ticks)
    return ax


_TIME_TITLES = {
    "day": "Days since the episode began",
    "time": "Time since the start",
    "week": "Weeks since the episode began",
}


def _draw_numbers_at_risk(
    ax: Axes, frame: pd.DataFrame, labels: pd.Series, names: list[str], ticks: list[float]
) -> None:
    """Print, below the axis, how many are at risk in each group at each tick."""
    time = time_column(frame)
    # Below the tick labels and the axis title.
    top = -0.24
    transform = ax.get_xaxis_transform()
    ax.text(
        0,
        top,
        "Still at risk",
        transform=transform,
        fontsize=8,
        color=MUTED,
        va="center",
        ha="left",
    )
    for number, name in enumerate(names):
        rows = frame[labels == name].sort_values(time)
        height = top - _LINE * 1.15 * (number + 1)
        colour = GROUP_COLOURS[number % len(GROUP_COLOURS)] if name else "#222222"
        if name:
            ax.annotate(
                name,
                xy=(0, height),
                xycoords=transform,
                xytext=(-8, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                color=colour,
                fontsize=8,
                annotation_clip=False,
            )
        days, counts = rows[time].to_numpy(dtype=float), rows["n_at_risk"]
        for place in _rows_near(days, counts.notna().to_numpy(), ticks):
            ax.text(
                days[place],
                height,
                f"{int(counts.iloc[place]):,}",
                transform=transform,
                ha="left" if days[place] == 0 else "center",
                va="center",
                fontsize=8,
                color=colour,
            )


def _rows_near(days: Any, is_shown: Any, ticks: list[float]) -> list[int]:
    """Choose for each tick the nearest row that has a number: it is printed at its own day."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else np.inf
    places = np.flatnonzero(is_shown)
    if not len(places):
        return []
    nearest = [int(places[np.argmin(np.abs(days[places] - tick))]) for tick in ticks]
    # A row further off than this would sit under the wrong tick or cover its neighbour.
    return sorted(
        {
            place
            for place, tick in zip(nearest, ticks, strict=True)
            if abs(days[place] - tick) <= 0.3 * step
        }
    )


def draw_occupancy(
    frame: pd.DataFrame, ax: Axes | None = None, *, label: str | None = None
) -> Axes:
    """Draw where everybody is over time: the share in each state, stacked.

    Parameters
    ----------
    frame : DataFrame
        ``state``, ``time`` (or ``day``) and ``estimate``; states from the bottom up in the order
        they come.
    ax : Axes, optional
        Where to draw. Default: new ones.
    label : str, optional
        Title of the time axis. Default: by the name of the column of times.

    Returns
    -------
    Axes
        Areas, their names at the right in the same order.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"state": ["stage_1", "stage_1", "mastered", "mastered"],
    ...                       "time": [0, 30, 0, 30], "estimate": [1.0, 0.4, 0.0, 0.6]})
    >>> [area.get_label() for area in draw_occupancy(frame).collections]
    ['stage_1', 'mastered']
    """
    check_drawable(frame, ["state", "estimate"])
    time = time_column(frame)
    ax = new_axes(height=4.2) if ax is None else ax
    wide = frame.pivot_table(index=time, columns="state", values="estimate", observed=True)
    seen = [state for state in dict.fromkeys(frame["state"]) if state in wide.columns]
    states = [state for state in seen if wide[state].max() > 0]
    colours = state_colours([str(state) for state in states])
    moments = wide.index.to_numpy(dtype=float)
    upper = np.cumsum(wide[states].to_numpy(dtype=float), axis=1)
    lower = np.column_stack([np.zeros(len(moments)), upper[:, :-1]])
    with house_style():
        for number, state in enumerate(states):
            ax.fill_between(
                moments,
                lower[:, number],
                upper[:, number],
                step="post",
                color=colours[str(state)],
                # A white seam parts neighbours also where their colours are close.
                edgecolor="white",
                linewidth=0.3,
                label=str(state),
            )
        span = float(moments[-1] - moments[0])
        ax.set_xlim(moments[0], moments[-1] if span else moments[0] + 1.0)
        ax.set_ylim(0, 1)
        ax.grid(visible=False)
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.set_ylabel("Share of episodes")
        ax.set_xlabel(_TIME_TITLES[time] if label is None else label)
        if moments[0] == 0 and moments[-1] > 0:
            ax.set_xticks(tick_places(float(moments[-1]), are_days=time != "week"))
        _label_areas(ax, moments, lower, upper, [str(state) for state in states], colours)
    return ax


def _label_areas(
    ax: Axes,
    moments: Any,
    lower: Any,
    upper: Any,
    states: list[str],
    colours: dict[str, str],
) -> None:
    """Name every state at the right, in the order of the areas and as near to its own as it fits.

    Areas that have vanished by the last time keep their place in the order, with a square of their
    colour, so that the list reads like the ladder itself.
    """
    middle = [(lower[-1, number] + upper[-1, number]) / 2 for number in range(len(states))]
    span = float(moments[-1] - moments[0]) or 1.0
    gap = min(0.056, 1 / max(len(states), 1))
    for state, place in zip(states, spread(middle, gap, gap / 2, 1 - gap / 2), strict=True):
        ax.plot(
            [moments[-1] + 0.03 * span],
            [place],
            marker="s",
            markersize=7.5,
            color=colours[state],
            clip_on=False,
            linestyle="none",
        )
        ax.text(
            moments[-1] + 0.055 * span,
            place,
            STATE_NAMES.get(state, state),
            va="center_baseline",
            fontsize=8.5,
        )
