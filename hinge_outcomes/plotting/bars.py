"""How many of each: one bar a line, its number at the end."""

import pandas as pd
from matplotlib.axes import Axes

from hinge_outcomes.plotting.style import GROUP_COLOURS, check_drawable, house_style, new_axes


def draw_counts(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how many there are of each kind.

    Parameters
    ----------
    frame : DataFrame
        ``status`` and ``n_episodes``, one row per bar from the top down.
    ax : Axes, optional
        Where to draw. Default: new ones.

    Returns
    -------
    Axes
        Bars with their numbers.

    Raises
    ------
    DataError
        If the frame has no rows or lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"status": ["open", "mastered"], "n_episodes": [12, 30]})
    >>> [text.get_text() for text in draw_counts(frame).texts]
    ['12', '30']
    """
    check_drawable(frame, ["status", "n_episodes"])
    ax = new_axes(height=0.6 + 0.32 * len(frame)) if ax is None else ax
    names = [str(name).replace("_", " ") for name in frame["status"]]
    counts = frame["n_episodes"].to_numpy(dtype=float)
    places = list(range(len(names)))[::-1]
    with house_style():
        ax.barh(places, counts, height=0.7, color=GROUP_COLOURS[0])
        for place, count in zip(places, counts, strict=True):
            ax.text(count + 0.01 * max(counts.max(), 1), place, f"{count:,.0f}", va="center")
        ax.set_yticks(places, names)
        ax.set_xlim(0, 1.1 * max(counts.max(), 1))
        ax.grid(visible=False)
        ax.set_xlabel("Episodes")
    return ax
