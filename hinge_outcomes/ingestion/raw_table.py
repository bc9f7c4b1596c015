"""An export as text, column by column: distinct texts once, and which of them each row holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class RawColumn:
    """Hold one column of an export as text.

    Parameters
    ----------
    words : ndarray of object
        The texts that occur, as they stand in the file; a text may be listed more than once.
    codes : ndarray of int
        For each row, the position of its text in ``words``.
    is_bare : bool, default False
        Whether no text has blanks around it, and each is listed once.
    """

    words: np.ndarray
    codes: np.ndarray
    is_bare: bool = False

    @classmethod
    def of(cls, cells: Sequence[str]) -> "RawColumn":
        """Take a column apart.

        Parameters
        ----------
        cells : sequence of str
            One text per row.

        Returns
        -------
        RawColumn
            The same column.

        Examples
        --------
        >>> RawColumn.of(["no", "yes", "no"]).codes.tolist()
        [0, 1, 0]
        """
        codes, words = pd.factorize(np.array(cells, dtype="object"))
        return cls(words, codes.astype("int32"))

    def stripped(self) -> "RawColumn":
        """Give the column without blanks around its texts, each distinct text once.

        Returns
        -------
        RawColumn
            The column as it is understood.
        """
        if self.is_bare:
            return self
        bare = np.array([word.strip() for word in self.words], dtype="object")
        places, words = pd.factorize(bare)
        if len(words) == len(self.words):
            return RawColumn(words, self.codes, is_bare=True)
        codes = places.astype("int32")[self.codes]
        return RawColumn(words, codes, is_bare=True).narrowed()

    def narrowed(self) -> "RawColumn":
        """Give the column with codes as narrow as its words are few.

        Returns
        -------
        RawColumn
            The same column, in a quarter of the memory where few texts occur.
        """
        narrow = np.min_scalar_type(max(len(self.words) - 1, 0))
        if narrow.itemsize >= self.codes.dtype.itemsize:
            if self.codes.base is None:
                return self
            # A slice would keep all columns that were read into one array alive.
            return RawColumn(self.words, self.codes.copy(), self.is_bare)
        return RawColumn(self.words, self.codes.astype(narrow), self.is_bare)

    def cells(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Write the column out.

        Parameters
        ----------
        rows : ndarray of int or slice, optional
            Positions of rows; all where not given.

        Returns
        -------
        ndarray of object
            One text per row.
        """
        written: np.ndarray = self.words[self.codes[rows]]
        return written


@dataclass(frozen=True, slots=True, repr=False)
class RawTable:
    """Hold an export as text.

    Parameters
    ----------
    name : str
        File name; with a sheet or a resource, ``book.xlsx [Visits]``.
    header : tuple of str
        Column names, without surrounding blanks.
    columns : mapping of str to RawColumn
        One per name in the header; a broken row is empty in all of them.
    lines : ndarray of int64
        Line of the file (row of the sheet) on which each row begins, counted from 1.
    broken : mapping of int to str, default {}
        Position of each row that cannot be used, and the rule it breaks, such as "field_count" or
        "stray_quote".
    raw_text : mapping of int to str, default {}
        Text of each broken row, as it stands in the file.
    n_blank : int, default 0
        Rows without any text, passed over.
    digest : str, default ""
        SHA-256 of the file's bytes.
    delimiter : str, default ""
        What stands between the cells of its lines, where it is a file of lines.
    n_excluded : int, default 0
        Records that the reader itself left out, because they were not final or entered in error.
    """

    name: str
    header: tuple[str, ...]
    columns: Mapping[str, RawColumn]
    lines: np.ndarray
    broken: Mapping[int, str] = field(default_factory=dict)
    raw_text: Mapping[int, str] = field(default_factory=dict)
    n_blank: int = 0
    digest: str = ""
    delimiter: str = ""
    n_excluded: int = 0

    @classmethod
    def of_rows(
        cls,
        name: str,
        header: Sequence[str],
        rows: Iterable[Sequence[str]],
        lines: Sequence[int] | np.ndarray,
        *,
        broken: Mapping[int, str] | None = None,
        raw_text: Mapping[int, str] | None = None,
        n_blank: int = 0,
        digest: str = "",
    ) -> "RawTable":
        """Make a table of rows of cells.

        Parameters
        ----------
        name : str
            File name.
        header : sequence of str
            Column names.
        rows : iterable of sequence of str
            Cells, as many as the header has names; anything for a broken row.
        lines : sequence of int
            Line of each row.
        broken, raw_text : mapping, optional
            As in `RawTable`.
        n_blank : int, default 0
            As in `RawTable`.
        digest : str, default ""
            As in `RawTable`.

        Returns
        -------
        RawTable
            The table.
        """
        bad = dict(broken or {})
        width = len(header)
        cells = [[""] * width if place in bad else list(row) for place, row in enumerate(rows)]
        columns = {
            title: RawColumn.of([row[place] for row in cells]) for place, title in enumerate(header)
        }
        return cls(
            name=name,
            header=tuple(header),
            columns=columns,
            lines=np.asarray(lines, dtype="int64"),
            broken=bad,
            raw_text=dict(raw_text or {}),
            n_blank=n_blank,
            digest=digest,
        )

    @property
    def n_rows(self) -> int:
        """Count the rows.

        Returns
        -------
        int
            Broken ones too, blank ones not.
        """
        return len(self.lines)
