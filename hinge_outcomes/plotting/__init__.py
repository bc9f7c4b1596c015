"""Drawings: a tidy frame in, one matplotlib ``Axes`` out; nothing is shown or saved."""

from matplotlib.axes import Axes

from hinge_outcomes.plotting.bands import draw_bands
from hinge_outcomes.plotting.bars import draw_counts
from hinge_outcomes.plotting.curves import draw_mastery_curve, draw_occupancy
from hinge_outcomes.plotting.funnel import draw_funnel
from hinge_outcomes.plotting.grids import draw_grid
from hinge_outcomes.plotting.hazard_ratios import draw_hazard_ratios
from hinge_outcomes.plotting.intervals import draw_intervals
from hinge_outcomes.plotting.ladders import draw_ladder_rates, draw_ladder_support
from hinge_outcomes.plotting.mean_funnel import draw_mean_funnel
from hinge_outcomes.plotting.prevalence import draw_prevalence
from hinge_outcomes.plotting.residuals import draw_normal_quantiles
from hinge_outcomes.plotting.style import (
    GROUP_COLOURS,
    STATE_COLOURS,
    STATE_NAMES,
    figure_bytes,
    font_folder,
    house_style,
    new_axes,
)
from hinge_outcomes.plotting.tipping_point import draw_tipping_point
from hinge_outcomes.plotting.trajectories import draw_pain_trajectory

__all__ = [
    "GROUP_COLOURS",
    "STATE_COLOURS",
    "STATE_NAMES",
    "Axes",
    "draw_bands",
    "draw_counts",
    "draw_funnel",
    "draw_grid",
    "draw_hazard_ratios",
    "draw_intervals",
    "draw_ladder_rates",
    "draw_ladder_support",
    "draw_mastery_curve",
    "draw_mean_funnel",
    "draw_normal_quantiles",
    "draw_occupancy",
    "draw_pain_trajectory",
    "draw_prevalence",
    "draw_tipping_point",
    "figure_bytes",
    "font_folder",
    "house_style",
    "new_axes",
]
