"""Colours that everybody can tell apart, fonts, and files that are the same every time."""

import sys
from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from hinge_outcomes.domain.states import STATES
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting import STATE_COLOURS, STATE_NAMES, figure_bytes, font_folder, new_axes
from hinge_outcomes.plotting.style import check_drawable, house_style, state_colours

# Machado, Oliveira, Fernandes (2009), severity 1.0, applied to linear RGB.
VISION = {
    "ordinary": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def _lab(colour, vision):
    """CIELAB (D65) of a colour as seen with some vision."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    ratio = TO_XYZ @ seen / TO_XYZ.sum(axis=1)
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_any_two_states_differ_in_every_kind_of_colour_vision(vision):
    """All 91 pairs are at least 10 CIELAB units apart; 2.3 is a just noticeable difference."""
    colours = {state: _lab(colour, vision) for state, colour in STATE_COLOURS.items()}
    nearest = min(
        np.linalg.norm(colours[one] - colours[other]) for one, other in combinations(colours, 2)
    )
    assert nearest >= 10


def test_stages_grow_lighter_from_first_to_last():
    """The ladder reads in order even in a grey print: lightness rises by 5 units a stage."""
    lightness = [_lab(STATE_COLOURS[f"stage_{number}"], "ordinary")[0] for number in range(1, 11)]
    assert np.diff(lightness).min() >= 5


def test_every_state_has_a_colour_and_a_name():
    """No state is left without a colour of its own or words for the reader."""
    assert set(STATES) == set(STATE_COLOURS)
    assert set(STATES) <= set(STATE_NAMES)
    assert len(set(STATE_COLOURS.values())) == len(STATES)


def test_states_of_other_ladders_take_the_colours_of_groups():
    """Unknown states get distinct colours in order, known ones keep theirs."""
    colours = state_colours(["(s0)", "lost", "pcm", "power"])
    assert colours["lost"] == STATE_COLOURS["lost"]
    assert len(set(colours.values())) == 4


def test_the_font_folder_holds_the_font_that_is_drawn_with():
    """The house's font is one that comes with matplotlib."""
    assert (font_folder() / "DejaVuSans.ttf").is_file()
    with house_style():
        assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]


def test_drawing_leaves_matplotlib_and_pyplot_as_they_were():
    """Settings are restored, and pyplot, which keeps figures alive, is not even loaded by us."""
    before = dict(matplotlib.rcParams)
    figure_bytes(new_axes(), "svg")
    assert dict(matplotlib.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


@pytest.mark.parametrize("format", ["svg", "png"])
def test_the_same_drawing_is_the_same_bytes(format):
    """Two drawings made alike are byte for byte alike, without date or version."""

    def draw():
        ax = new_axes()
        ax.fill_between([0, 1], [0, 1], label="a")
        ax.set_title("Ωμ − title")
        return figure_bytes(ax, format)

    first = draw()
    assert first == draw()
    assert b"dc:date" not in first
    assert b"Matplotlib version" not in first


def test_svg_needs_no_font_and_no_network():
    """Text is outlines, and nothing is fetched."""
    ax = new_axes()
    ax.set_xlabel("Days")
    svg = figure_bytes(ax, "svg").decode("utf-8")
    assert "<text" not in svg
    assert "@import" not in svg
    assert "<image" not in svg


def test_other_formats_are_refused():
    """A format that pages cannot hold is an error that lists those they can."""
    with pytest.raises(DataError, match="svg, png"):
        figure_bytes(new_axes(), "jpeg")


def test_a_frame_that_cannot_be_drawn_says_what_it_lacks():
    """Missing columns are named beside those there are; an empty frame is refused."""
    with pytest.raises(DataError, match=r"no column 'ci_low'. It has: estimate"):
        check_drawable(pd.DataFrame({"estimate": [1.0]}), ["estimate", "ci_low"])
    with pytest.raises(DataError, match="no rows"):
        check_drawable(pd.DataFrame({"estimate": []}), ["estimate"])
