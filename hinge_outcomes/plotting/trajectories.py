"""Pain over time: means with their intervals, beside the published natural course."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hinge_outcomes.plotting.labels import group_labels, spread, tick_places, time_column
from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    GROUP_LINES,
    MUTED,
    check_drawable,
    house_style,
    new_axes,
)

_MOST_POINTS = 12
"""Up to so many times, a mean is a point with whiskers; beyond, a line with a band."""

_DAYS_IN_WEEK = 7


def draw_pain_trajectory(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    natural_course: pd.DataFrame | None = None,
    *,
    label: str = "Mean pain (0 to 10)",
) -> Axes:
    """Draw mean pain over the weeks, with intervals and the natural course as context.

    Parameters
    ----------
    frame : DataFrame
        ``week`` (or ``day``, turned into weeks), ``estimate``, ``ci_low``, ``ci_high``. Columns
        before it that differ between rows tell groups apart.
    ax : Axes, optional
        Where to draw. Default: new ones.
    natural_course : DataFrame, optional
        The same columns for what happens on average whatever is done; intervals may be left out.
        It is context: nothing is subtracted.
    label : str, default "Mean pain (0 to 10)"
        Title of the vertical axis: the instrument and its range.

    Returns
    -------
    Axes
        Points with whiskers, or a line with a band where there are more than 12 times.

    Raises
    ------
    DataError
        If a frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"day": [0, 91], "estimate": [5.2, 3.1], "ci_low": [5.0, 2.8],
    ...                       "ci_high": [5.4, 3.4]})
    >>> draw_pain_trajectory(frame).get_xlabel()
    'Weeks since the episode began'
    """
    time = time_column(frame, ("week", "day", "time"))
    check_drawable(frame, [time, "estimate", "ci_low", "ci_high"])
    ax = new_axes() if ax is None else ax
    labels = group_labels(frame, time)
    ends: list[tuple[str, float, str]] = []
    weeks_shown = _weeks(frame, time)
    last = float(weeks_shown.max())
    with house_style():
        if natural_course is not None:
            ends += _draw_context(ax, natural_course, last)
        for number, name in enumerate(dict.fromkeys(labels)):
            rows = frame[labels == name].sort_values(time)
            colour = GROUP_COLOURS[number % len(GROUP_COLOURS)]
            line = GROUP_LINES[number % len(GROUP_LINES)]
            weeks = _weeks(rows, time).to_numpy(dtype=float)
            mean = rows["estimate"].to_numpy(dtype=float)
            low, high = (rows[side].to_numpy(dtype=float) for side in ("ci_low", "ci_high"))
            ax.plot(weeks, mean, color=colour, linestyle=line)
            if len(weeks) <= _MOST_POINTS:
                ax.vlines(weeks, low, high, color=colour, linewidth=1.4)
                ax.plot(weeks, mean, "o", color=colour, markersize=5, markeredgecolor="white")
            else:
                ax.fill_between(weeks, low, high, color=colour, alpha=0.15, linewidth=0)
            known = mean[np.isfinite(mean)]
            if len(known):
                ends.append((name or "This cohort" * bool(ends), float(known[-1]), colour))
        tallest = max(ax.get_ylim()[1], 1.0)
        ax.set_ylim(0, tallest)
        span = last or 1.0
        ax.set_xlim(-0.02 * span, span * 1.02)
        ax.set_xticks(_week_ticks(weeks_shown, last))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.set_xlabel("Weeks since the episode began")
        ax.set_ylabel(label)
        places = spread([end[1] for end in ends], 0.07 * tallest, 0.0, tallest)
        for (name, _, colour), place in zip(ends, places, strict=True):
            ax.text(
                span * 1.035, place, name, color=colour, va="center", fontsize=8.5, clip_on=False
            )
    return ax


def _week_ticks(weeks: pd.Series, last: float) -> list[float]:
    """Put ticks at the weeks measured if they are few and apart, else at round weeks."""
    if last <= 0:
        return [0.0]
    measured = sorted(set(weeks.round(1)))
    if len(measured) <= _MOST_POINTS and min(np.diff(measured), default=last) >= 0.05 * last:
        return [float(week) for week in measured]
    return tick_places(last, are_days=False)


def _weeks(frame: pd.DataFrame, time: str) -> pd.Series:
    weeks: pd.Series = frame[time].astype(float)
    return weeks if time == "week" else weeks / _DAYS_IN_WEEK


def _draw_context(
    ax: Axes, natural_course: pd.DataFrame, last: float
) -> list[tuple[str, float, str]]:
    """Draw the natural course in grey and say where its labels belong."""
    time = time_column(natural_course, ("week", "day", "time"))
    check_drawable(natural_course, [time, "estimate"])
    labels = group_labels(natural_course, time)
    ends = []
    for number, name in enumerate(dict.fromkeys(labels)):
        rows = natural_course[labels == name].sort_values(time)
        weeks = _weeks(rows, time).to_numpy(dtype=float)
        mean = rows["estimate"].to_numpy(dtype=float)
        inside = weeks <= last
        ax.plot(
            weeks[inside],
            mean[inside],
            color=MUTED,
            linewidth=1.2,
            linestyle=GROUP_LINES[(number + 1) % len(GROUP_LINES)],
        )
        title = f"Natural course, {name}" if name else "Natural course"
        ends.append((title, float(mean[inside][-1]) if inside.any() else 0.0, MUTED))
    return ends
