"""Drawings: a tidy frame in, one matplotlib ``Axes`` out; nothing is shown or saved."""

from matplotlib.axes import Axes

from hinge_outcomes.plotting.bands import draw_bands
from hinge_outcomes.plotting.bars import draw_counts
from hinge_outcomes.plotting.curves import draw_mastery_curve, draw_occupancy
from hinge_outcomes.plotting.grids import draw_grid
from hinge_outcomes.plotting.intervals import draw_intervals
from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    STATE_COLOURS,
    STATE_NAMES,
    figure_bytes,
    font_folder,
    house_style,
    new_axes,
)
from hinge_outcomes.plotting.trajectories import draw_pain_trajectory

__all__ = [
    "GROUP_COLOURS",
    "STATE_COLOURS",
    "STATE_NAMES",
    "Axes",
    "draw_bands",
    "draw_counts",
    "draw_grid",
    "draw_intervals",
    "draw_mastery_curve",
    "draw_occupancy",
    "draw_pain_trajectory",
    "figure_bytes",
    "font_folder",
    "house_style",
    "new_axes",
]
