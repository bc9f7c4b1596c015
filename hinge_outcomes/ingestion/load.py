"""The rows of all files of a load, numbered through, and where each of them ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.keys import number_groups
from hinge_outcomes.ingestion.cells import holds
from hinge_outcomes.ingestion.corrections import Corrections, correct_table
from hinge_outcomes.ingestion.extraction import pass_filters
from hinge_outcomes.ingestion.mapping import Mapping as ExportMapping
from hinge_outcomes.ingestion.raw_table import RawColumn, RawTable
from hinge_outcomes.ingestion.sources import Source

STATUSES = ("accepted", "excluded", "quarantined", "duplicate")
ACCEPTED, EXCLUDED, QUARANTINED, DUPLICATE = range(len(STATUSES))

_ODD = np.uint64(0x9E3779B97F4A7C15)
"""Any odd number: it makes the place of a cell count in the number of its row."""

ROW_COLUMNS = ["severity", "row", "table", "column", "rule", "action"]


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """Hold one file of a load.

    Parameters
    ----------
    source : Source
        What it is.
    raw : RawTable
        Its text.
    columns : mapping of str to RawColumn
        The columns that the mapping reads, without blanks around the texts.
    offset : int
        Rows of the load that stand before its own.
    left_out : ndarray of int
        Positions of rows that a fix list leaves out.
    """

    source: Source
    raw: RawTable
    columns: Mapping[str, RawColumn]
    offset: int
    left_out: np.ndarray

    @property
    def rows(self) -> slice:
        """Give the numbers of its rows within the load.

        Returns
        -------
        slice
            From the first to past the last.
        """
        return slice(self.offset, self.offset + self.raw.n_rows)


@dataclass(frozen=True, slots=True, repr=False)
class Load:
    """Hold the files of one load.

    Parameters
    ----------
    parts : tuple of Part
        The files.
    """

    parts: tuple[Part, ...]

    @classmethod
    def of(
        cls,
        tables: Iterable[tuple[Source, RawTable]],
        mapping: ExportMapping,
        corrections: Iterable[Corrections] = (),
    ) -> "Load":
        """Number the rows of several files through.

        Parameters
        ----------
        tables : iterable of (Source, RawTable) pairs
            The files.
        mapping : Mapping
            What is read of them.
        corrections : iterable of Corrections, default ()
            Cells that were corrected since.

        Returns
        -------
        Load
            The files.
        """
        parts: list[Part] = []
        offset = 0
        given = tuple(corrections)
        for source, read in tables:
            raw, left_out = correct_table(read, source, given)
            names = mapping.columns_of(source.name)
            columns = {name: raw.columns[name].stripped() for name in names}
            parts.append(Part(source, raw, columns, offset, left_out))
            offset += raw.n_rows
        return cls(tuple(parts))

    @property
    def n_rows(self) -> int:
        """Count the rows of all files.

        Returns
        -------
        int
            Blank ones not counted.
        """
        return sum(part.raw.n_rows for part in self.parts)

    def places(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tell where rows stand.

        Parameters
        ----------
        rows : ndarray of int
            Numbers of rows within the load.

        Returns
        -------
        files : ndarray of object
            File of each.
        lines : ndarray of int
            Line of each in its file.
        """
        offsets = np.array([part.offset for part in self.parts])
        which = np.searchsorted(offsets, rows, side="right") - 1
        files = np.array([part.raw.name for part in self.parts], dtype="object")[which]
        lines = np.empty(len(rows), dtype="int64")
        for number, part in enumerate(self.parts):
            mine = which == number
            lines[mine] = part.raw.lines[rows[mine] - part.offset]
        return files, lines


def list_rows(
    rows: Iterable[int] | np.ndarray,
    severity: str,
    table: str,
    column: str,
    rule: str,
    action: str = "row set aside",
) -> pd.DataFrame:
    """Make findings of one rule in one column.

    Parameters
    ----------
    rows : iterable of int
        Numbers of rows within the load, one per finding.
    severity, table, column, rule, action : str
        What they share.

    Returns
    -------
    DataFrame
        With the columns of `ROW_COLUMNS`.
    """
    numbers = np.asarray(list(rows) if not isinstance(rows, np.ndarray) else rows, dtype="int64")
    values = [severity, numbers, table, column, rule, action]
    return pd.DataFrame(dict(zip(ROW_COLUMNS, values, strict=True)), index=range(len(numbers)))


def first_statuses(load: Load, mapping: ExportMapping) -> tuple[np.ndarray, list[pd.DataFrame]]:
    """Give every row its first place: broken, not wanted, told before, or to be read.

    Parameters
    ----------
    load : Load
        The files.
    mapping : Mapping
        Which rows are wanted.

    Returns
    -------
    statuses : ndarray of int8
        Position in `STATUSES` of each row.
    findings : list of DataFrame
        With the columns of `ROW_COLUMNS`.
    """
    status = np.full(load.n_rows, ACCEPTED, dtype="int8")
    found = []
    for part in load.parts:
        filters = [(kept.column, kept.texts) for kept in mapping.keep[part.source.name]]
        own = status[part.rows]
        own[~pass_filters(part.columns, filters, part.raw.n_rows)] = EXCLUDED
        for column, texts in filters:
            unsaid = np.flatnonzero(holds(part.columns[column], {*part.source.missing} - {*texts}))
            unsaid = unsaid[~np.isin(unsaid, list(part.raw.broken))] + part.offset
            found.append(list_rows(unsaid, "warning", "", column, "keep_missing", "row left out"))
        for rule in dict.fromkeys(part.raw.broken.values()):
            rows = np.array([row for row, broken in part.raw.broken.items() if broken == rule])
            own[rows] = QUARANTINED
            found.append(list_rows(rows + part.offset, "error", "", "", rule))
        own[part.left_out] = EXCLUDED
        rows = part.left_out + part.offset
        found.append(list_rows(rows, "warning", "", "", "left_out", "row left out"))
    found += [
        list_rows(rows, "warning", "", "", "same_file", "row left out") for rows in _copies(load)
    ]
    repeated = _repeated_rows(load, status)
    status[repeated] = DUPLICATE
    found.append(list_rows(repeated, "warning", "", "", "duplicate_row", "row left out"))
    for part in load.parts:
        if part.source.keys:
            rows = _repeated_keys(part, status[part.rows]) + part.offset
            status[rows] = QUARANTINED
            found.append(list_rows(rows, "error", "", part.source.keys[0], "repeated_key"))
    return status, found


def _copies(load: Load) -> list[np.ndarray]:
    """Find the files that are copies of an earlier one; give the first row of each."""
    seen = set()
    copies = []
    for part in load.parts:
        mark = (part.source.name, part.raw.digest)
        if part.raw.digest and mark in seen and part.raw.n_rows:
            copies.append(np.array([part.offset]))
        seen.add(mark)
    return copies


def _repeated_rows(load: Load, status: np.ndarray) -> np.ndarray:
    """Find the rows that say word for word what an earlier row of the same source says."""
    repeated = [np.zeros(0, dtype="int64")]
    for name in dict.fromkeys(part.source.name for part in load.parts):
        parts = [part for part in load.parts if part.source.name == name]
        marks = np.concatenate([_marks(part) for part in parts])
        rows = np.concatenate([np.arange(load.n_rows)[part.rows] for part in parts])
        usable = status[rows] == ACCEPTED
        marks, rows = marks[usable], rows[usable]
        later = pd.Series(marks).duplicated().to_numpy()
        if later.any():
            first = pd.Series(rows).groupby(marks).transform("first").to_numpy()
            same = [
                _row(parts, a) == _row(parts, b)
                for a, b in zip(rows[later], first[later], strict=True)
            ]
            repeated.append(rows[later][same])
    return np.sort(np.concatenate(repeated))


def _marks(part: Part) -> np.ndarray:
    """Give each row a number made of all its cells: equal rows have equal numbers."""
    marks = np.zeros(part.raw.n_rows, dtype="uint64")
    for name in part.raw.header:
        column = part.raw.columns[name]
        words = pd.util.hash_array(
            np.array([word.strip() for word in column.words], dtype="object"), categorize=False
        )
        marks = marks * np.uint64(0x9E3779B97F4A7C15) + words[column.codes]
    return marks


def _row(parts: list[Part], row: int) -> list[str]:
    part = next(part for part in parts if part.offset <= row < part.offset + part.raw.n_rows)
    place = row - part.offset
    columns = (part.raw.columns[name] for name in part.raw.header)
    return [column.words[column.codes[place]].strip() for column in columns]


def _repeated_keys(part: Part, status: np.ndarray) -> np.ndarray:
    """Find the usable rows that agree with an earlier one in the keys of their source."""
    rows = np.flatnonzero(status == ACCEPTED)
    keys = pd.DataFrame({name: part.columns[name].codes[rows] for name in part.source.keys})
    groups, _ = number_groups(keys, list(part.source.keys))
    repeated: np.ndarray = rows[pd.Series(groups).duplicated().to_numpy()]
    return repeated
