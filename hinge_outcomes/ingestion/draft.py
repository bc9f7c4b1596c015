"""Draft a mapping from a clinic's exports: every guess marked, every open question asked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.draft_codes import translate_codes
from hinge_outcomes.ingestion.draft_files import guess_sources, guess_writing
from hinge_outcomes.ingestion.draft_guesses import Guess, guess_columns, link_ids
from hinge_outcomes.ingestion.draft_tables import FileGuesses, Part, arrange_tables
from hinge_outcomes.ingestion.draft_text import NO_STAGES, DraftedFile, write_draft
from hinge_outcomes.ingestion.draft_values import looks_like_rows
from hinge_outcomes.ingestion.load_files import Export, list_files
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.readers import read_source
from hinge_outcomes.ingestion.sources import Source
from hinge_outcomes.ingestion.targets import list_targets

_DERIVED = ("last_observed_day", "visit_number", "items")


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """Hold a drafted mapping.

    Parameters
    ----------
    text : str
        The TOML file, with a comment on every guess.
    columns : DataFrame
        One row per column of the exports: file, column, fills (empty where it is left out) and
        why.
    asks : tuple of str
        The questions that are open.
    absent : DataFrame
        One row per column of the five tables that the exports do not hold: table, column.
    """

    text: str
    columns: pd.DataFrame
    asks: tuple[str, ...]
    absent: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Give what each column was taken for.

        Returns
        -------
        DataFrame
            file, column, fills, why.
        """
        return self.columns

    def summary(self) -> str:
        """Say how far the draft goes.

        Returns
        -------
        str
            Columns used, questions, and whether the stages are there.
        """
        used = int((self.columns["fills"] != "").sum())
        asked = "1 question" if len(self.asks) == 1 else f"{len(self.asks)} questions"
        told = (
            f"{used} of {len(self.columns)} columns were given a meaning; {asked} must be answered "
            "before the mapping can be used."
        )
        return told if self.has_stages else f"{told} {NO_STAGES}"

    @property
    def has_stages(self) -> bool:
        """Tell whether the exports hold stages.

        Returns
        -------
        bool
            False where they must be recorded from now on.
        """
        absent = self.absent
        return not ((absent["table"] == "assessments") & (absent["column"] == "stage")).any()

    def __repr__(self) -> str:
        return self.summary()


def draft_mapping(export: Export) -> Draft:
    """Draft a mapping from one export or several.

    Columns are judged by their names, in several languages, and by their values. Nothing is settled
    in silence: each guess carries its reason, and where two readings are possible (day or month
    first, an ODI as points of 50, a two-digit year) the line is left inactive under a question. The
    data cut is never guessed. Columns that look like direct identifiers are left out.

    Parameters
    ----------
    export : path or iterable of paths
        A file, several, or a folder that holds them.

    Returns
    -------
    Draft
        The TOML text, with what each column was taken for.

    Raises
    ------
    DataError
        If a file is no table, or its first line is no header.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> export = Path(folder.name, "export.csv")
    >>> _ = export.write_text("Case,First visit,Payer\\nK1,24/03/2026,own\\nK2,25/03/2026,own\\n")
    >>> draft_mapping(export).columns[["column", "fills"]].values.tolist()
    [['Case', 'episode_id'], ['First visit', 'start_date'], ['Payer', '']]
    >>> folder.cleanup()
    """
    tables, skipped = _read(export)
    linked = link_ids({source.name: guess_columns(raw) for source, raw in tables})
    parts = arrange_tables([_as_guesses(s.name, linked[s.name], raw) for s, raw in tables])
    files = []
    for source, raw in tables:
        guesses = _used(linked[source.name], _named([p for p in parts if p.source == source.name]))
        files.append(DraftedFile(raw.name, source, guesses, guess_writing(guesses)))
    absent = _absent(parts)
    codes = translate_codes(guess for file in files for guess in file.guesses)
    by_table = {
        str(table): rows["column"].tolist() for table, rows in absent.groupby("table", sort=False)
    }
    text, asks = write_draft(files, parts, codes, by_table, skipped)
    return Draft(text, _columns(files), asks, absent)


def _read(export: Export) -> tuple[list[tuple[Source, RawTable]], list[str]]:
    """Read every file, and every sheet that holds records; name the sheets that hold none."""
    tables: list[tuple[Source, RawTable]] = []
    skipped: list[str] = []
    names: set[str] = set()
    for path in list_files(export):
        name = re.sub(r"\W+", "_", path.stem).strip("_").lower() or "export"
        while name in names:
            name += "_2"
        names.add(name)
        sources = guess_sources(path, name)
        read = [_read_with_header(path, source) for source in sources]
        skipped += [s.sheet for s, table in zip(sources, read, strict=True) if table is None]
        tables += [table for table in read if table is not None]
    if not tables:
        raise DataError("No sheet of the export holds a header and records below it.")
    return tables, skipped


def _read_with_header(path: Path, source: Source) -> tuple[Source, RawTable] | None:
    """Read a file or sheet; a spreadsheet's header may take two rows. None for an empty sheet."""
    try:
        raw = read_source(path, source, ())
        if source.format == "xlsx" and looks_like_rows(raw.header):
            source = replace(source, header_rows=2)
            raw = read_source(path, source, ())
    except DataError:
        if source.sheet:
            return None
        raise
    if looks_like_rows(raw.header):
        if source.sheet:
            return None
        raise DataError(
            f"The first line of {path.name} looks like a row of records, not like the names of "
            "columns. Export it with a header, or leave the lines above the header out."
        )
    return source, raw


def _named(parts: Iterable[Part]) -> set[str]:
    """List the columns that some section names, in force or asked about."""
    found: set[str] = set()
    waiting: list[Any] = [
        value for part in parts for line in part.lines for value in (line.value, *line.choices)
    ]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, (list, dict)):
            waiting += value.values() if isinstance(value, dict) else value
    return found


def _used(guesses: list[Guess], named: set[str]) -> list[Guess]:
    """Take the meaning from a column that no section could use."""
    why = "it has nothing to belong to, such as the day of a visit"
    return [
        guess if not guess.role or guess.column in named else replace(guess, role="", why=why)
        for guess in guesses
    ]


def _as_guesses(source: str, guesses: list[Guess], raw: RawTable) -> FileGuesses:
    by_role = {guess.role: guess.column for guess in guesses}
    patient, start = by_role.get("patient_id"), by_role.get("start_date")
    has_one = True
    if patient and start:
        codes = [raw.columns[name].stripped().codes for name in (patient, start)]
        pairs = np.unique(np.stack(codes), axis=1)
        has_one = pairs.shape[1] == len(np.unique(codes[0]))
    return FileGuesses(source, guesses, has_one)


def _columns(files: Iterable[DraftedFile]) -> pd.DataFrame:
    rows = [
        (file.name, guess.column, guess.role, guess.why) for file in files for guess in file.guesses
    ]
    return pd.DataFrame(rows, columns=["file", "column", "fills", "why"])


def _absent(parts: Iterable[Part]) -> pd.DataFrame:
    filled = {(part.table, line.key.partition(".")[0]) for part in parts for line in part.lines}
    wide = {("outcomes", "scores"): ("instrument", "score"),
            ("assessments", "ratings"): ("stage", "mastery_level", "is_working_stage")}  # fmt: skip
    for (table, key), columns in wide.items():
        if (table, key) in filled:
            filled |= {(table, column) for column in columns}
    rows = [
        (table, column)
        for table in TABLE_NAMES
        for column in list_targets(table)
        if (table, column) not in filled and column not in _DERIVED
    ]
    return pd.DataFrame(rows, columns=["table", "column"])
