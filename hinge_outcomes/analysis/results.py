"""What every result shows of itself in a notebook and at a prompt."""

from abc import ABC, abstractmethod
from html import escape
from typing import Any

import pandas as pd

_MOST_ROWS = 20
"""A notebook shows this many rows of a table; ``table()`` gives all of them."""


class Result(ABC):
    """Show a result as its summary and its table.

    A result is a frozen, slotted dataclass that inherits this class and has ``table()``,
    ``summary()`` and ``plot(ax=None)``. It keeps the short text form below: the one that
    `dataclasses.dataclass` would write lists whole arrays and is not used.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, slots=True)
    ... class Share(Result):
    ...     share: float
    ...     def table(self):
    ...         return pd.DataFrame({"estimate": [self.share]})
    ...     def plot(self, ax=None):
    ...         return ax
    ...     def summary(self):
    ...         return f"{self.share:.0%} of 20 patients responded."
    >>> Share(0.25)
    Share: 25% of 20 patients responded.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        """Keep the short text form: a dataclass leaves a ``__repr__`` of the class itself alone."""
        super().__init_subclass__()
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    @abstractmethod
    def table(self) -> pd.DataFrame:
        """Give the numbers as a tidy frame.

        Returns
        -------
        DataFrame
            What each row is about, then ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, then
            the numbers at risk and of events where they exist.
        """

    @abstractmethod
    def plot(self, ax: Any = None) -> Any:
        """Draw the table.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """

    @abstractmethod
    def summary(self) -> str:
        """Say the result in one paragraph of clinical words.

        Returns
        -------
        str
            The estimate with its interval and the numbers it rests on.
        """

    def __repr__(self) -> str:
        """Show the class and the summary, never the arrays."""
        return f"{type(self).__name__}: {self.summary()}"

    def _repr_html_(self) -> str:
        """Show the summary over the first rows of the table in a notebook."""
        table = self.table()
        head = table.head(_MOST_ROWS)
        body = head.to_html(index=False, border=0, float_format="{:.4g}".format, na_rep="–")
        left = len(table) - len(head)
        more = f"<p>{left:,} further rows: see <code>.table()</code>.</p>" if left else ""
        return f"<p>{escape(self.summary())}</p>\n{body}\n{more}"
