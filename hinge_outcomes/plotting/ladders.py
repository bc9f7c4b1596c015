"""The ten-stage ladder: rates by stage, and how many moves stand behind them."""

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

_KIND_NAMES = {
    "forward": "Learning or moving up",
    "advance": "Moving up once automatic",
    "backward": "One stage back",
    "relapse": "Lost once automatic",
    "discharged": "Discharged",
    "referred": "Referred",
    "lost": "Lost",
}

_MARKERS = "osD^vP"


def draw_ladder_rates(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the rate of each kind of move by stage, with intervals.

    Parameters
    ----------
    frame : DataFrame
        ``kind``, ``stage``, ``estimate`` (per day), ``ci_low``, ``ci_high``.
    ax : Axes, optional
        Where to draw. Default: new ones.

    Returns
    -------
    Axes
        Moves per 30 days on a log scale, one line per kind.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"kind": "forward", "stage": [1, 2], "estimate": [0.04, 0.03],
    ...                       "ci_low": [0.03, 0.02], "ci_high": [0.05, 0.04]})
    >>> draw_ladder_rates(frame).get_xlabel()
    'Stage'
    """
    check_drawable(frame, ["kind", "stage", "estimate", "ci_low", "ci_high"])
    ax = new_axes(height=3.4) if ax is None else ax
    kinds = list(dict.fromkeys(frame["kind"]))
    with house_style():
        for place, kind in enumerate(kinds):
            rows = frame[frame["kind"] == kind].sort_values("stage")
            stage = rows["stage"].to_numpy(dtype=float) + 0.08 * (place - (len(kinds) - 1) / 2)
            rate, low, high = (
                30 * rows[name].to_numpy(dtype=float) for name in ("estimate", "ci_low", "ci_high")
            )
            colour = GROUP_COLOURS[place % len(GROUP_COLOURS)]
            ax.vlines(stage, low, high, color=colour, linewidth=1.4)
            ax.plot(
                stage,
                rate,
                color=colour,
                linewidth=0.9,
                marker=_MARKERS[place % len(_MARKERS)],
                markersize=4.5,
                label=_KIND_NAMES.get(kind, str(kind)),
            )
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter("{x:g}")
        ax.set_xticks(sorted(frame["stage"].unique()))
        ax.set_xlabel("Stage")
        ax.set_ylabel("Moves per patient in 30 days")
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    return ax


def draw_ladder_support(frame: pd.DataFrame, needed: int, ax: Axes | None = None) -> Axes:
    """Draw how many moves of each kind were seen at each stage.

    Parameters
    ----------
    frame : DataFrame
        ``kind``, ``stage``, ``n_events``.
    needed : int
        Moves that a rate of its own needs: drawn as a line.
    ax : Axes, optional
        Where to draw. Default: new ones.

    Returns
    -------
    Axes
        One group of bars per stage.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"kind": "forward", "stage": [1, 2], "n_events": [30, 4]})
    >>> len(draw_ladder_support(frame, 10).patches)
    2
    """
    check_drawable(frame, ["kind", "stage", "n_events"])
    ax = new_axes(height=3.0) if ax is None else ax
    kinds = list(dict.fromkeys(frame["kind"]))
    width = 0.8 / len(kinds)
    with house_style():
        for place, kind in enumerate(kinds):
            rows = frame[frame["kind"] == kind]
            ax.bar(
                rows["stage"].to_numpy(dtype=float) + width * (place - (len(kinds) - 1) / 2),
                rows["n_events"].to_numpy(dtype=float),
                width=width,
                color=GROUP_COLOURS[place % len(GROUP_COLOURS)],
                label=_KIND_NAMES.get(kind, str(kind)),
            )
        ax.axhline(needed, color=MUTED, linewidth=1.0, linestyle="--")
        ax.set_yscale("symlog", linthresh=10)
        ax.yaxis.set_major_formatter("{x:g}")
        ax.set_ylim(0, max(float(np.max(frame["n_events"])) * 1.3, 2 * needed))
        ax.set_xticks(sorted(frame["stage"].unique()))
        ax.set_xlabel("Stage")
        ax.set_ylabel(f"Moves seen (a rate of its own needs {needed})")
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    return ax
