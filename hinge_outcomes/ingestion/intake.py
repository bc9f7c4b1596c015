"""What came of reading an export: a cohort, a list of findings, and an account of every row.

Every input row ends in exactly one of four places, so that
``rows read = accepted + excluded by the mapping + quarantined + duplicate``.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.atomic_files import write_whole
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.storage import csv_text
from hinge_outcomes.cohort.tables import table_key
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.findings import IntakeFindings
from hinge_outcomes.ingestion.fix_sheet import fix_workbook


@dataclass(frozen=True, slots=True)
class RowAccount:
    """Say where every input row went.

    Parameters
    ----------
    read : int
        Rows of the export, blank ones not counted.
    accepted, excluded, quarantined, duplicate : int
        Rows that entered, that the mapping does not want, that were set aside, and that repeat an
        earlier one word for word. They add up to ``read``.
    """

    read: int
    accepted: int
    excluded: int
    quarantined: int
    duplicate: int

    def as_dict(self) -> dict[str, int]:
        """Give the numbers by name.

        Returns
        -------
        dict of str to int
            Read, accepted, excluded, quarantined, duplicate.
        """
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def summary(self) -> str:
        """Write the account as a sum.

        Returns
        -------
        str
            One sentence.

        Examples
        --------
        >>> RowAccount(10, 7, 2, 1, 0).summary()
        '10 rows read = 7 accepted + 2 excluded by the mapping + 1 set aside + 0 duplicate.'
        """
        return (
            f"{self.read:,} rows read = {self.accepted:,} accepted + {self.excluded:,} excluded by "
            f"the mapping + {self.quarantined:,} set aside + {self.duplicate:,} duplicate."
        )


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """Name a file that was read.

    Parameters
    ----------
    name : str
        File name, with the sheet or resource.
    sha256 : str
        Digest of its bytes.
    rows : int
        Rows read, blank ones not counted.
    """

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Intake:
    """Hold what came of reading an export.

    At a prompt and in a notebook it shows counts alone, never a cell.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The accepted records as the five tables, checked; ids are categories, which a registry
        takes as they are.
    facts : mapping
        What is known beside the tables: the keyword arguments of a Cohort.
    findings : IntakeFindings
        One row per failing cell.
    quarantine : DataFrame
        The rows set aside with their raw text: ``hinge_file`` (where there are several),
        ``hinge_line``, ``hinge_rules``, ``hinge_raw_text`` (only of rows that have no cells), then
        the export's own columns. It holds patients' values: keep it private.
    fixes : DataFrame
        What is to be mended, cell by cell, by the clinic's own number of the patient. Private.
    answers : DataFrame
        What the corrections given to this load say, for the next fix list. Private.
    account : RowAccount
        Where every input row went.
    files : tuple of LoadedFile
        The files read.
    mapping : str
        Name of the mapping.
    meaning : str
        SHA-256 of what the mapping and the corrections say: with the digests of the files it tells
        a load that repeats an earlier one.
    """

    tables: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Any]
    findings: IntakeFindings
    quarantine: pd.DataFrame
    fixes: pd.DataFrame
    answers: pd.DataFrame
    account: RowAccount
    files: tuple[LoadedFile, ...]
    mapping: str
    meaning: str

    @property
    def cohort(self) -> Cohort:
        """Give the accepted records.

        Returns
        -------
        Cohort
            Checked already; each call makes a new one.
        """
        tables = {}
        for name, frame in self.tables.items():
            texts = {
                column: "str"
                for column, dtype in frame.dtypes.items()
                if isinstance(dtype, pd.CategoricalDtype) and not dtype.ordered
            }
            tables[name] = frame.astype(texts).sort_values(table_key(name), ignore_index=True)
        return Cohort.from_lawful(tables, **self.facts)

    @property
    def file(self) -> str:
        """Name the files.

        Returns
        -------
        str
            File names.
        """
        return ", ".join(dict.fromkeys(file.name for file in self.files))

    def summary(self) -> str:
        """Say in words what was read, what was set aside and why.

        Returns
        -------
        str
            The account of rows, the cohort, and one line per column and rule.
        """
        tables = self.tables
        size = (
            f"{len(tables['episodes']):,} episodes of {len(tables['patients']):,} patients, "
            f"{len(tables['visits']):,} visits, {len(tables['assessments']):,} stage ratings and "
            f"{len(tables['outcomes']):,} scores entered."
        )
        return "\n".join(
            [
                f"{self.file}, read by the mapping {self.mapping!r}: {self.account.summary()}",
                size,
                self.findings.summary(),
            ]
        )

    def write_quarantine(self, path: str | os.PathLike[str]) -> Path:
        """Store the rows set aside in a file that only the owner can read.

        Parameters
        ----------
        path : path
            CSV file to write, in UTF-8; an older one is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        DataError
            If it cannot be written; nothing half-written is left.
        """
        text = csv_text(self.quarantine)
        return self._written(Path(path), text, "The rows set aside were")

    def write_fix_list(self, path: str | os.PathLike[str]) -> Path:
        """Write one sentence per failing cell, for whoever mends the export at its source.

        Parameters
        ----------
        path : path
            XLSX file to write, which only its owner can read; an older one is replaced.

        Returns
        -------
        Path
            The file. Filled in, it is accepted back: ``ingest(…, corrections=path)``.

        Raises
        ------
        DataError
            If it cannot be written; nothing half-written is left.
        """
        digests = {file.name: file.sha256 for file in self.files}
        content = fix_workbook(self.fixes, digests, self.answers)
        return self._written(Path(path), content, "The fix list was")

    @staticmethod
    def _written(target: Path, content: bytes | str, what: str) -> Path:
        try:
            return write_whole(target, content, is_private=True)
        except OSError as error:
            raise DataError(
                f"{what} not written to {target.name} ({error.strerror}); nothing half-written is "
                "left. Close the file in other programs, or name another folder."
            ) from error

    def __repr__(self) -> str:
        return f"<intake: {self.account.summary()}>"

    def _repr_html_(self) -> str:
        head = f"<p>{escape(self.account.summary())}</p>"
        return head + self.findings._repr_html_() + self.cohort._repr_html_()
