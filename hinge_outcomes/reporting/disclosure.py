"""What may be printed about few people: small-cell rules for counts, shares, means and curves.

A released page shows no count from 1 to 10, and nothing from which one could be worked out: not by
subtraction from a total, not as a complement, not from a percentage, not from the steps of a curve
or the numbers under it. Zero may be shown [1]_. A page for the clinic's own desk shows all.

References
----------
.. [1] CMS Cell Size Suppression Policy, Research Data Assistance Center (ResDAC), 2024.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.exceptions import ParameterError

AUDIENCES = ("release", "internal")

SMALLEST_SHOWN = 11

HIDDEN = "hidden"
"""What stands where a number may not be shown."""

HIDDEN_NOTE = f"{HIDDEN}: 1 to 10 people, or a number from which such a count could be worked out."


def hidden_notes(rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Explain the word for hidden below a table that uses it.

    Parameters
    ----------
    rows : iterable of sequence of str
        Cells of the table.

    Returns
    -------
    tuple of str
        The note, or nothing.

    Examples
    --------
    >>> hidden_notes([("acute", "55%")])
    ()
    """
    return (HIDDEN_NOTE,) if any(HIDDEN in row for row in rows) else ()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Decide what one audience may see.

    Parameters
    ----------
    audience : str, default "release"
        "release" applies the small-cell rules; "internal", for the clinic's own desk, shows all.

    Raises
    ------
    ParameterError
        If there is no such audience.

    Examples
    --------
    >>> rule = Disclosure()
    >>> rule.may_show_count(0), rule.may_show_count(7), rule.may_show_share(50, 60)
    (True, False, False)
    """

    audience: str = "release"

    def __post_init__(self) -> None:
        if self.audience not in AUDIENCES:
            raise ParameterError(
                f"There is no audience {self.audience!r}. Allowed: {', '.join(AUDIENCES)}."
            )

    @property
    def shows_all(self) -> bool:
        """Tell whether nothing is hidden.

        Returns
        -------
        bool
            True for the internal audience.
        """
        return self.audience == "internal"

    def may_show_count(self, count: int) -> bool:
        """Tell whether a count may be printed.

        Parameters
        ----------
        count : int
            How many people.

        Returns
        -------
        bool
            False from 1 to 10 under release.
        """
        return self.shows_all or count == 0 or count >= SMALLEST_SHOWN

    def may_show_share(self, numerator: int, denominator: int) -> bool:
        """Tell whether a share may be printed, with its interval.

        Parameters
        ----------
        numerator, denominator : int
            People counted, and people they are counted among.

        Returns
        -------
        bool
            True if neither those counted nor the others are 1 to 10, and anybody is there.
        """
        if denominator <= 0:
            return False
        counts = (numerator, denominator - numerator, denominator)
        return all(self.may_show_count(count) for count in counts)

    def may_show_mean(self, n_people: int) -> bool:
        """Tell whether a mean may be printed, with its interval.

        Parameters
        ----------
        n_people : int
            People it is taken over.

        Returns
        -------
        bool
            True from 11 people on under release; from one on internally.
        """
        return n_people >= (1 if self.shows_all else SMALLEST_SHOWN)

    def shown_parts(self, parts: Mapping[str, int]) -> dict[str, bool]:
        """Tell which parts of a printed total may be printed beside it.

        Small parts are hidden, and then further ones, smallest first, until what is hidden cannot
        be worked out from the total: at least two parts, at least 11 people together.

        Parameters
        ----------
        parts : mapping of str to int
            Counts that add up to a total that is printed.

        Returns
        -------
        dict of str to bool
            Whether each may be shown.

        Examples
        --------
        >>> Disclosure().shown_parts({"open": 60, "mastered": 25, "lost": 14, "referred": 3})
        {'open': True, 'mastered': True, 'lost': False, 'referred': False}
        """
        shown = {name: self.may_show_count(count) for name, count in parts.items()}
        hidden = [name for name, is_shown in shown.items() if not is_shown]
        if not hidden:
            return shown
        spare = sorted((n for n, c in parts.items() if shown[n] and c > 0), key=lambda n: parts[n])
        while spare and (len(hidden) < 2 or sum(parts[n] for n in hidden) < SMALLEST_SHOWN):
            hidden.append(spare.pop(0))
        if len(hidden) < 2 or sum(parts[name] for name in hidden) < SMALLEST_SHOWN:
            hidden = list(parts)
        return {name: name not in hidden for name in parts}

    def merged_curve(self, curve: pd.DataFrame, days: Sequence[float] = ()) -> pd.DataFrame:
        """Keep only the steps of a curve that rest on enough people.

        Under release a step is printed once at least 11 events have gathered since the last one
        printed, and only while at least 11 people are at risk; the curve ends there.

        Parameters
        ----------
        curve : DataFrame
            One curve: day, estimate, n_at_risk, n_events (since the previous row), further columns
            kept as they are; rows in time order.
        days : sequence of float, default ()
            Days on which the curve should be exact, because numbers of theirs are printed beside
            it: few events before such a day are merged into the step before them.

        Returns
        -------
        DataFrame
            The printed rows; n_events are again those since the previous row. The first row stands
            at the curve's first time, the last at the last time with 11 at risk, without a step of
            its own unless it has 11 events.

        Examples
        --------
        >>> curve = pd.DataFrame({"day": [0, 7, 14, 21], "estimate": [0, 0.05, 0.2, 0.25],
        ...                       "n_at_risk": [100, 95, 80, 70], "n_events": [0, 5, 15, 5]})
        >>> Disclosure().merged_curve(curve)[["day", "estimate", "n_events"]].values.tolist()
        [[0.0, 0.0, 0.0], [14.0, 0.2, 20.0], [21.0, 0.2, 0.0]]
        >>> Disclosure().merged_curve(curve, [21])[["day", "estimate", "n_events"]].values.tolist()
        [[0.0, 0.0, 0.0], [21.0, 0.25, 25.0]]
        """
        if self.shows_all or curve.empty:
            return curve.reset_index(drop=True)
        # The curve ends when those at risk first fall below 11, and does not take up again.
        reached = curve[(curve["n_at_risk"] >= SMALLEST_SHOWN).cummin()]
        if reached.empty:
            return reached.reset_index(drop=True)
        kept = _steps(reached, days)
        if not kept:
            return reached.iloc[:0].reset_index(drop=True)
        printed = reached.iloc[list(kept)].assign(n_events=list(kept.values()))
        last = reached.iloc[[-1]]
        if last["day"].iloc[0] > printed["day"].iloc[-1]:
            flat = printed.iloc[[-1]].assign(
                day=last["day"].to_numpy(), n_at_risk=last["n_at_risk"].to_numpy(), n_events=0
            )
            printed = pd.concat([printed, flat])
        return printed.reset_index(drop=True)

    def shows_day(self, curve: pd.DataFrame, printed: pd.DataFrame, day: float) -> bool:
        """Tell whether the number of one day may stand beside a printed curve.

        Parameters
        ----------
        curve : DataFrame
            The curve with all its steps.
        printed : DataFrame
            What `merged_curve` made of it.
        day : float
            The day.

        Returns
        -------
        bool
            True if the events that the curve leaves out by then are none or at least 11.
        """
        by_then = curve.loc[curve["day"] <= day, "n_events"].sum()
        seen = printed.loc[printed["day"] <= day, "n_events"].sum()
        return self.may_show_count(int(by_then - seen))

    def shown_at_risk(self, counts: pd.Series) -> pd.Series:
        """Blank numbers under a curve that are small, or whose differences are.

        Parameters
        ----------
        counts : Series of int
            People at risk at the printed times, in time order.

        Returns
        -------
        Series of Int64
            Null where the number may not be printed.

        Examples
        --------
        >>> Disclosure().shown_at_risk(pd.Series([100, 95, 60, 8])).tolist()
        [100, <NA>, 60, <NA>]
        """
        values = counts.astype("Int64")
        if self.shows_all:
            return values
        shown, last = np.zeros(len(values), dtype=bool), None
        for position, count in enumerate(values):
            fall = 0 if last is None else abs(int(last) - int(count))
            if self.may_show_count(int(count)) and self.may_show_count(fall):
                shown[position], last = True, count
        return values.where(pd.Series(shown, index=values.index))


def _steps(curve: pd.DataFrame, days: Sequence[float]) -> dict[int, int]:
    """Choose the rows of a curve to print, and count the events each gathers."""
    time, events = curve["day"].to_numpy(dtype=float), curve["n_events"].to_numpy(dtype=int)
    level = curve["estimate"].to_numpy(dtype=float) * float(curve["n_at_risk"].iloc[0])
    marks = {int(np.searchsorted(time, day, side="right")) - 1 for day in days}
    kept: dict[int, int] = {}
    gathered, first_free = 0, 0
    for place in range(len(time)):
        gathered += int(events[place])
        if place == 0 and gathered == 0:
            kept[0] = 0
            first_free = 1
            continue
        if place in marks and 0 < gathered < SMALLEST_SHOWN and kept and max(kept) >= first_free:
            gathered += kept.pop(max(kept))
        below = level[max(kept)] if kept else 0.0
        # Those who leave a state that can be left must be enough as well: half a person for noise.
        if gathered >= SMALLEST_SHOWN and abs(level[place] - below) > SMALLEST_SHOWN - 0.5:
            kept[place], gathered = gathered, 0
        if place in marks:
            first_free = place + 1 if not gathered else first_free
    return kept
