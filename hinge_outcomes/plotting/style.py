"""How drawings look: colours, fonts, sizes, and how a drawing becomes a file's bytes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE, PHASES, stage_name
from hinge_outcomes.domain.states import DISCHARGED, LOST, MASTERED, REFERRED, STAGE_STATES
from hinge_outcomes.exceptions import DataError

STATE_COLOURS: dict[str, str] = {
    # Learn the pattern: violet to blue.
    "stage_1": "#491c61",
    "stage_2": "#452b91",
    "stage_3": "#414f90",
    # Load it: teal to green.
    "stage_4": "#316888",
    "stage_5": "#1d846e",
    "stage_6": "#2da17c",
    # Transfer it.
    "stage_7": "#1ec06b",
    # Power: lime to yellow.
    "stage_8": "#71cd54",
    "stage_9": "#acd837",
    "stage_10": "#efef1a",
    # The ways out stand apart from the ladder.
    MASTERED: "#d51959",
    DISCHARGED: "#f8b8d2",
    REFERRED: "#5a1a0c",
    LOST: "#9893a7",
}
"""One colour per state.

Stages grow lighter from 1 to 10. The values were found by search: any two differ by at least 11
CIELAB units in ordinary and in simulated protan, deutan and tritan vision.
"""

_MERGED_COLOURS: dict[str, str] = {
    **{
        phase: STATE_COLOURS[state]
        for phase, state in zip(PHASES, ("stage_2", "stage_5", "stage_7", "stage_9"), strict=True)
    },
    "in care": STATE_COLOURS["stage_4"],
    "left or referred": STATE_COLOURS[LOST],
}
"""Colours of states put together, where single ones stand for too few people."""

GROUP_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Colours of groups, in order (Okabe and Ito's, which colour-blind readers tell apart)."""

GROUP_LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (7, 3)), (0, (1, 1)))
"""Line styles of groups, in order, so that a grey print can be read too."""

STATE_NAMES: dict[str, str] = {
    **{
        state: f"{number} {stage_name(number)}"
        for number, state in zip(range(FIRST_STAGE, LAST_STAGE + 1), STAGE_STATES, strict=True)
    },
    MASTERED: "Mastered",
    DISCHARGED: "Discharged as planned",
    REFERRED: "Referred out",
    LOST: "Lost",
    **{name: name.capitalize() for name in _MERGED_COLOURS},
}
"""What a reader sees for a state."""

MUTED = "#666666"
"""Colour of axes, leaders and context."""

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.labelcolor": "#222222",
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": "#222222",
    "ytick.labelcolor": "#222222",
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    # Element ids are drawn from this and the content, so equal drawings are equal files.
    "svg.hashsalt": "hinge_outcomes",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house's fonts and colours, and leave matplotlib's settings as they were.

    Yields
    ------
    None
        Nothing; the settings hold inside the ``with`` block.

    Examples
    --------
    >>> with house_style():
    ...     matplotlib.rcParams["font.family"]
    ['DejaVu Sans']
    """
    with matplotlib.rc_context(_SETTINGS):
        yield


def new_axes(width: float = 6.3, height: float = 3.6) -> Axes:
    """Make empty axes on a figure of their own, which pyplot does not know of.

    Parameters
    ----------
    width, height : float
        Size in inches. Default: the text width of a page.

    Returns
    -------
    Axes
        Empty axes; ``.figure`` is their figure.

    Examples
    --------
    >>> new_axes().figure.get_size_inches().tolist()
    [6.3, 3.6]
    """
    with house_style():
        return Figure(figsize=(width, height), layout="constrained").add_subplot()


def figure_bytes(ax: Axes, format: str = "svg") -> bytes:
    """Give a drawing as the bytes of a file, the same bytes for the same drawing.

    Parameters
    ----------
    ax : Axes
        The drawing; its whole figure is given.
    format : {"svg", "png"}, default "svg"
        File format. SVG text becomes outlines, so no reader needs the font.

    Returns
    -------
    bytes
        The file's content, without date or software version.

    Raises
    ------
    DataError
        If the format is neither.

    Examples
    --------
    >>> figure_bytes(new_axes(), "png")[1:4]
    b'PNG'
    """
    metadata: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "png": {"Software": None}}
    if format not in metadata:
        raise DataError(f"format is {format!r}, but must be one of: {', '.join(metadata)}.")
    buffer = BytesIO()
    figure = ax.get_figure(root=True)
    if figure is None:
        raise DataError("These axes belong to no figure. Draw again, then take the bytes.")
    with house_style():
        figure.savefig(
            buffer,
            format=format,
            metadata=metadata[format],
            dpi=150,
            bbox_inches="tight",
            pad_inches=0.05,
        )
    return buffer.getvalue()


def font_folder() -> Path:
    """Find the folder of the fonts that matplotlib brings along.

    Returns
    -------
    Path
        Folder that holds ``DejaVuSans.ttf``.

    Examples
    --------
    >>> (font_folder() / "DejaVuSans.ttf").is_file()
    True
    """
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def state_colours(states: Sequence[str]) -> dict[str, str]:
    """Give each state its colour; states of no ladder share the colours of groups.

    Parameters
    ----------
    states : sequence of str
        States, in order.

    Returns
    -------
    dict
        Colour by state.

    Examples
    --------
    >>> state_colours(["mastered", "elsewhere"])
    {'mastered': '#d51959', 'elsewhere': '#0072b2'}
    """
    known = STATE_COLOURS | _MERGED_COLOURS
    others = [state for state in states if state not in known]
    cycled = {
        state: GROUP_COLOURS[number % len(GROUP_COLOURS)] for number, state in enumerate(others)
    }
    return {state: known.get(state) or cycled[state] for state in states}


def check_drawable(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    """Refuse a frame that lacks rows or columns a drawing needs.

    Parameters
    ----------
    frame : DataFrame
        What is to be drawn.
    needed : sequence of str
        Columns the drawing reads.

    Raises
    ------
    DataError
        If there are no rows or a column is missing.

    Examples
    --------
    >>> check_drawable(pd.DataFrame({"estimate": [0.5]}), ["estimate"])
    """
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise DataError(
            f"The frame to draw has no column {', '.join(map(repr, missing))}. It has: "
            f"{', '.join(map(str, frame.columns))}. Draw the .table() of a result."
        )
    if frame.empty:
        raise DataError("The frame to draw has no rows. Check the selection it was made from.")
