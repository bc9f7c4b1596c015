"""Shares in a grid of rows and columns, each cell with its number and a tint by level."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from hinge_outcomes.plotting.style import MUTED, check_drawable, house_style, new_axes

_LEVELS = (("#b8420a", "white"), ("#f3bd84", "#222222"), ("#e2eef4", "#222222"))
"""Fill and ink below the lower level, between the levels, and from the upper one on.

The fills are far apart in lightness, so a grey print and colour-blind readers tell them apart.
"""

_NOTHING, _HIDDEN = "#ffffff", "#eeeeee"
_INK = "#222222"
_ROW_HEIGHT, _HEADS = 0.172, 0.55
_SMALL = 7.0
_FEWEST_ABREAST = 7


def draw_grid(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    *,
    levels: tuple[float, float] = (0.5, 0.75),
    nothing: str = "nobody due",
) -> Axes:
    """Draw shares as a grid: rows down, columns across, the number in each cell.

    Parameters
    ----------
    frame : DataFrame
        ``row``, ``column``, ``share`` (0 to 1, missing where there is none) and ``text``, one line
        per cell; rows and columns stand in the order in which they first occur. With ``group``,
        rows of one group stand under its name.
    ax : Axes, optional
        Where to draw. Default: new ones, as high as the rows need.
    levels : tuple of two float, default (0.5, 0.75)
        Shares at which the tint changes; the darkest is the lowest.
    nothing : str, default "nobody due"
        What the key calls cells without a share and without a text.

    Returns
    -------
    Axes
        The drawing, its key above it.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"row": ["Sex"], "column": ["2026Q3"], "share": [0.4],
    ...                       "text": ["40%"]})
    >>> [text.get_text() for text in draw_grid(frame).texts]
    ['40%']
    """
    check_drawable(frame, ["row", "column", "share", "text"])
    groups = frame["group"] if "group" in frame else pd.Series("", index=frame.index)
    lines = _lines(groups, frame["row"])
    columns = list(dict.fromkeys(frame["column"].astype(str)))
    ax = new_axes(6.3, _HEADS + _ROW_HEIGHT * len(lines)) if ax is None else ax
    with house_style():
        for group, row, column, share, text in zip(
            groups, frame["row"], frame["column"].astype(str), frame["share"], frame["text"],
            strict=True,
        ):  # fmt: skip
            place = (columns.index(column), lines.index((str(group), str(row))))
            fill, ink = _tint(float(share), str(text), levels)
            ax.add_patch(Rectangle(place, 1, 1, facecolor=fill, edgecolor="white", linewidth=1.4))
            ax.text(
                place[0] + 0.5, place[1] + 0.52, str(text), ha="center", va="center", color=ink,
                fontsize=_SMALL,
            )  # fmt: skip
        _label(ax, lines, columns)
        _key(ax, levels, nothing, frame)
    return ax


def _lines(groups: pd.Series, rows: pd.Series) -> list[tuple[str, str]]:
    """List the lines from the top down: each row under its group's name, named by an empty row."""
    found: list[tuple[str, str]] = []
    for group, row in zip(groups.astype(str), rows.astype(str), strict=True):
        if group and (group, "") not in found:
            found.append((group, ""))
        if (group, row) not in found:
            found.append((group, row))
    return found


def _tint(share: float, text: str, levels: tuple[float, float]) -> tuple[str, str]:
    if np.isfinite(share):
        return _LEVELS[int(share >= levels[0]) + int(share >= levels[1])]
    return (_HIDDEN, MUTED) if text not in ("", "–") else (_NOTHING, MUTED)


def _label(ax: Axes, lines: Sequence[tuple[str, str]], columns: Sequence[str]) -> None:
    ax.set_xlim(0, max(len(columns), _FEWEST_ABREAST))  # one column is not drawn as a bar
    ax.set_ylim(len(lines), 0)
    ax.set_xticks(np.arange(len(columns)) + 0.5, labels=list(columns))
    ax.xaxis.tick_top()
    names = [row or group for group, row in lines]
    ax.set_yticks(np.arange(len(lines)) + 0.52, labels=names)
    for (group, row), label in zip(lines, ax.get_yticklabels(), strict=True):
        if group and not row:
            label.set_fontweight("bold")
    ax.tick_params(length=0, pad=3)
    ax.tick_params(axis="x", labelsize=_SMALL)
    ax.tick_params(axis="y", labelsize=_SMALL + 1)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _key(ax: Axes, levels: tuple[float, float], nothing: str, frame: pd.DataFrame) -> None:
    low, high = (f"{100 * level:.0f}%" for level in levels)
    names = (f"below {low}", f"{low} to {high}", f"{high} and more")
    patches = [
        Patch(facecolor=fill, edgecolor="#bbbbbb", linewidth=0.5, label=name)
        for (fill, _), name in zip(_LEVELS, names, strict=True)
    ]
    is_blank = frame["share"].isna()
    is_told = ~frame["text"].isin(["", "–"])
    if (is_blank & is_told).any():
        patches.append(Patch(facecolor=_HIDDEN, edgecolor="#bbbbbb", linewidth=0.5, label="hidden"))
    if (is_blank & ~is_told).any():
        patches.append(
            Patch(facecolor=_NOTHING, edgecolor="#bbbbbb", linewidth=0.5, label=f"– {nothing}")
        )
    ax.legend(
        handles=patches[::-1], loc="upper left", bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes, ncols=len(patches), frameon=False, fontsize=_SMALL,
        handlelength=1.1, handleheight=0.9, columnspacing=1.2, borderaxespad=0.4,
    )  # fmt: skip
