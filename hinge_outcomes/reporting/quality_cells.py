"""Counts of what was looked at as they may be printed: never a small count, never 0.00%."""

from collections.abc import Hashable

import pandas as pd

from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure

EARLIER = "earlier"
QUARTERS_SHOWN = 8

_RAREST, _MOST = 0.005, 0.995
_PARTS = ("n", "n_without", "episodes_with", "episodes_without")


def write_part(n: int, of: int, disclosure: Disclosure) -> str:
    """Write how many of how many.

    Parameters
    ----------
    n, of : int
        Things marked, and things looked at.
    disclosure : Disclosure
        The audience's rules; a release gives whole percentages and no counts, so that nothing can
        be worked out from two of them.

    Returns
    -------
    str
        Few of many are written as counts: never as 0%.

    Examples
    --------
    >>> desk, release = Disclosure("internal"), Disclosure()
    >>> write_part(3, 12_345, desk), write_part(47, 123, desk), write_part(47, 123, release)
    ('3 of 12,345', '47 of 123 (38%)', '38%')
    """
    if of == 0:
        return "–"
    if not disclosure.shows_all:
        return write_share(n, of)
    is_plain = n > 0 and n / of >= _RAREST and (n == of or n / of < _MOST)
    return f"{n:,} of {of:,}" + (f" ({write_share(n, of)})" if is_plain else "")


def write_share(n: int, of: int) -> str:
    """Write a share as a whole percentage that is 0% or 100% only where it is exactly that.

    Parameters
    ----------
    n, of : int
        Things marked, and things looked at.

    Returns
    -------
    str
        Short enough for a cell of a grid.

    Examples
    --------
    >>> write_share(3, 12_345), write_share(0, 9), write_share(12_344, 12_345), write_share(0, 0)
    ('<1%', '0%', '>99%', '–')
    """
    if of == 0:
        return "–"
    share = n / of
    if 0 < share < _RAREST:
        return "<1%"
    if _MOST <= share < 1:
        return ">99%"
    return f"{100 * share:.0f}%"


def may_show_row(counts: pd.Series, disclosure: Disclosure) -> bool:
    """Tell whether a measure's count may be printed, as a count or as a share.

    Parameters
    ----------
    counts : Series
        n, n_of, episodes_with, episodes_without.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    bool
        False where things marked, things unmarked, or the episodes behind either are 1 to 10.
    """
    parts = [counts["n"], counts["n_of"] - counts["n"]]
    parts += [counts["episodes_with"], counts["episodes_without"]]
    return all(disclosure.may_show_count(int(part)) for part in parts)


def write_row(counts: pd.Series, disclosure: Disclosure) -> str:
    """Write a measure's count, or that it is hidden.

    Parameters
    ----------
    counts : Series
        n, n_of, episodes_with, episodes_without.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    str
        As `write_part`, or "hidden".
    """
    if not may_show_row(counts, disclosure):
        return HIDDEN
    return write_part(int(counts["n"]), int(counts["n_of"]), disclosure)


def shown_cells(counts: pd.DataFrame, cell: str, disclosure: Disclosure) -> pd.DataFrame:
    """Decide which cells of a grid may be printed, so that none follows from the others.

    Each measure is a line whose total is printed elsewhere. Things marked, things unmarked and the
    episodes behind both each add up along the line, so each of them hides cells of its own; a cell
    is printed if none of them hides it.

    Parameters
    ----------
    counts : DataFrame
        name, the column of ``cell``, n, n_of, episodes_with, episodes_without; one row per cell.
    cell : str
        The column that tells the cells of a line apart.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    DataFrame
        The rows with share (as it is printed; missing where hidden or nothing was due) and text.
    """
    rows = counts.assign(n_without=counts["n_of"] - counts["n"])
    may_show: dict[Hashable, bool] = {}
    for _, line in rows.groupby("name", sort=False):
        keys = [str(key) for key in line.index]
        shown = dict.fromkeys(keys, True)
        for part in _PARTS:
            parts = dict(zip(keys, line[part].astype(int), strict=True))
            for key, may in disclosure.shown_parts(parts).items():
                shown[key] &= may
        may_show |= dict(zip(line.index, shown.values(), strict=True))
    is_shown = pd.Series(may_show).reindex(rows.index).astype(bool)
    share = (rows["n"] / rows["n_of"].where(rows["n_of"] > 0)).round(2).where(is_shown)
    text = [
        write_share(int(n), int(of)) if may or of == 0 else HIDDEN
        for n, of, may in zip(rows["n"], rows["n_of"], is_shown, strict=True)
    ]
    return rows.drop(columns="n_without").assign(share=share, text=text)


def recent_quarters(counts: pd.DataFrame, keys: list[str], columns: list[str]) -> pd.DataFrame:
    """Put all quarters but the last eight together.

    Parameters
    ----------
    counts : DataFrame
        With ``quarter``.
    keys : list of str
        What else tells the rows apart, in the order in which rows stand.
    columns : list of str
        Counts to add up.

    Returns
    -------
    DataFrame
        The same columns; quarters in time order, "earlier" before them.
    """
    quarters = sorted(counts["quarter"].unique())
    order = [EARLIER, *quarters[-QUARTERS_SHOWN:]]
    kept = counts["quarter"].where(counts["quarter"].isin(order), EARLIER)
    rows = counts.assign(quarter=pd.Categorical(kept, order, ordered=True))
    added = rows.groupby([*keys, "quarter"], sort=False, observed=True, as_index=False)
    summed = added[columns].sum()
    line = summed.groupby(keys, sort=False).ngroup() if keys else 0
    summed = summed.assign(line=line).sort_values(["line", "quarter"], ignore_index=True)
    return summed.drop(columns="line").astype({"quarter": str})
