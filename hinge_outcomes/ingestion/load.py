"""The rows of all files of a load, numbered through, and where each of them ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.cells import holds
from hinge_outcomes.ingestion.corrections import Corrections, check_files, correct_table
from hinge_outcomes.ingestion.extraction import pass_filters
from hinge_outcomes.ingestion.mapping import Mapping as ExportMapping
from hinge_outcomes.ingestion.raw_table import RawColumn, RawTable
from hinge_outcomes.ingestion.repeats import repeated_keys, repeated_rows
from hinge_outcomes.ingestion.sources import Source

STATUSES = ("accepted", "excluded", "quarantined", "duplicate")
ACCEPTED, EXCLUDED, QUARANTINED, DUPLICATE = range(len(STATUSES))

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
    told_before : ndarray of int
        Rows that, as the files were read, say what an earlier one says, and that no correction
        is about: mending or leaving out the earlier one does not let its copy in.
    """

    parts: tuple[Part, ...]
    told_before: np.ndarray

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

        Raises
        ------
        DataError
            If a correction does not fit the files.
        """
        parts: list[Part] = []
        as_read: list[RawTable] = []
        mended = [np.zeros(0, dtype="int64")]
        offset = 0
        given = tuple(corrections)
        for source, read in tables:
            corrected = correct_table(read, source, given, _date_formats(mapping, source))
            narrow = {name: corrected.raw.columns[name].narrowed() for name in corrected.raw.header}
            raw = replace(corrected.raw, columns=narrow)
            names = mapping.columns_of(source.name)
            columns = {name: raw.columns[name].stripped() for name in names}
            parts.append(Part(source, raw, columns, offset, corrected.left_out))
            as_read.append(read if given else raw)
            mended += [corrected.mended + offset, corrected.left_out + offset]
            offset += raw.n_rows
        check_files(given, [read.name for read in as_read])
        before = _repeated(parts, as_read, _unbroken(as_read)) if given else mended[0]
        return cls(tuple(parts), np.setdiff1d(before, np.concatenate(mended)))

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


def _date_formats(mapping: ExportMapping, source: Source) -> dict[str, tuple[str, ...]]:
    """Tell how each column of a source that holds dates writes them."""
    return {
        column: rule.date_formats
        for block in mapping.blocks
        for rule in block.all_rules
        if block.source == source.name and rule.date_formats
        for column in rule.columns
    }


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
            unsaid = unsaid[~np.isin(unsaid, [*part.raw.broken, *part.left_out])] + part.offset
            found.append(list_rows(unsaid, "warning", "", column, "keep_missing", "row left out"))
        for rule in dict.fromkeys(part.raw.broken.values()):
            rows = np.array([row for row, broken in part.raw.broken.items() if broken == rule])
            rows = rows[~np.isin(rows, part.left_out)]
            own[rows] = QUARANTINED
            found.append(list_rows(rows + part.offset, "error", "", "", rule))
        own[part.left_out] = EXCLUDED
        rows = part.left_out + part.offset
        found.append(list_rows(rows, "warning", "", "", "left_out", "row left out"))
    parts = list(load.parts)
    for part in _copies(parts):
        status[part.rows] = DUPLICATE
        first = np.array([part.offset])
        found.append(list_rows(first, "warning", "", "", "same_file", "row left out"))
    told_before = load.told_before[status[load.told_before] == ACCEPTED]
    repeated = _repeated(parts, [part.raw for part in parts], status == ACCEPTED)
    repeated = np.union1d(repeated, told_before)
    status[repeated] = DUPLICATE
    found.append(list_rows(repeated, "warning", "", "", "duplicate_row", "row left out"))
    for own_parts in _by_source(parts):
        source = own_parts[0].source
        if source.keys:
            numbers = _numbers(own_parts)
            usable = status[numbers] == ACCEPTED
            columns = [part.columns for part in own_parts]
            rows = numbers[repeated_keys(columns, source.keys, usable, source.missing)]
            status[rows] = QUARANTINED
            found.append(list_rows(rows, "error", "", source.keys[0], "repeated_key"))
    return status, found


def _by_source(parts: list[Part]) -> list[list[Part]]:
    names = dict.fromkeys(part.source.name for part in parts)
    return [[part for part in parts if part.source.name == name] for name in names]


def _numbers(parts: list[Part]) -> np.ndarray:
    """Give the numbers, within the load, of the rows of a few files one after another."""
    return np.concatenate([np.arange(part.rows.start, part.rows.stop) for part in parts])


def _copies(parts: list[Part]) -> list[Part]:
    """Find the files that are copies of an earlier one, byte for byte."""
    seen = set()
    copies = []
    for part in parts:
        mark = (part.source.name, part.raw.digest)
        if part.raw.digest and mark in seen and part.raw.n_rows:
            copies.append(part)
        seen.add(mark)
    return copies


def _unbroken(tables: list[RawTable]) -> np.ndarray:
    unbroken = [~np.isin(np.arange(table.n_rows), [*table.broken]) for table in tables]
    return np.concatenate(unbroken)


def _bare(table: RawTable, part: Part) -> RawTable:
    """Give a file with the columns that are read without blanks already."""
    if table is not part.raw:
        return table
    return replace(table, columns={**table.columns, **part.columns})


def _repeated(parts: list[Part], tables: list[RawTable], usable: np.ndarray) -> np.ndarray:
    """Find the rows, numbered within the load, that repeat an earlier row of their source."""
    found = [np.zeros(0, dtype="int64")]
    for name in dict.fromkeys(part.source.name for part in parts):
        places = [place for place, part in enumerate(parts) if part.source.name == name]
        numbers = _numbers([parts[place] for place in places])
        own = [_bare(tables[place], parts[place]) for place in places]
        found.append(numbers[repeated_rows(own, usable[numbers])])
    return np.sort(np.concatenate(found))
