"""A REDCap project as tidy frames, one per form, which give the flat export back cell for cell.

A flat export is one wide table: each row holds one record, one event of it, or one repeat of a
form, and most cells are empty. Every form becomes a frame of its own, with the keys that tell its
rows apart in front and the types of the project's data dictionary.
"""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.identifier_headers import identifier_columns
from hinge_outcomes.cohort.private_files import write_private
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.findings import IntakeFindings
from hinge_outcomes.ingestion.redcap_columns import describe_columns
from hinge_outcomes.ingestion.redcap_dictionary import (
    SURVEY_IDENTIFIER,
    CsvRows,
    RedcapDictionary,
    read_csv_rows,
    read_dictionary,
)
from hinge_outcomes.ingestion.redcap_forms import FlatExport, split_forms
from hinge_outcomes.ingestion.redcap_values import settle_style

_LABELS = ("raw", "label")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RedcapProject:
    """Hold the records of a REDCap project.

    At a prompt and in a notebook it shows counts alone, never a cell.

    Parameters
    ----------
    name : str
        File name, or address, of the export.
    record_id : str
        The column that tells records apart, whatever the project calls it.
    keys : tuple of str
        Columns that tell the export's rows apart: the record id, then of ``redcap_event_name``,
        ``redcap_repeat_instrument`` and ``redcap_repeat_instance`` those that it has.
    instruments : mapping of str to DataFrame
        By form: the keys of its rows, what is said of the whole record (data access group, survey
        identifier), then the form's columns in their types. A row in which the form is empty is
        left out. Answers chosen from a list are ordered categories, boxes are boolean (null where
        the form was not filled in), the status is Incomplete, Unverified or Complete.
    identifiers : frozenset of str
        Columns that may say who somebody is: those marked ``Identifier?`` in the dictionary and
        free-text notes; without a dictionary, those whose names say so.
    is_labelled : bool
        Whether the export holds the labels of answers in place of their codes.
    findings : DataFrame
        Cells that do not fit the dictionary, with the columns of ``IntakeFindings.frame``; a cell
        that cannot be read is null in its frame.
    flat : DataFrame
        The export as it was, every cell as text.
    """

    name: str
    record_id: str
    keys: tuple[str, ...]
    instruments: Mapping[str, pd.DataFrame]
    identifiers: frozenset[str]
    is_labelled: bool
    findings: pd.DataFrame
    flat: pd.DataFrame

    def as_flat(self) -> pd.DataFrame:
        """Give the export as it was.

        Returns
        -------
        DataFrame
            One row per row of the export, every cell as text, empty cells as "".
        """
        return self.flat.copy()

    def summary(self) -> str:
        """Say in words what was read.

        Returns
        -------
        str
            One sentence, then one per column and rule where something was wrong.
        """
        records: set[str] = set()
        for frame in self.instruments.values():
            records.update(frame[self.record_id].dropna())
        rows = ", ".join(f"{form} {len(frame):,}" for form, frame in self.instruments.items())
        holds = "labels" if self.is_labelled else "codes"
        return (
            f"{self.name}: {len(self.flat):,} rows of {len(records):,} records, answers as "
            f"{holds}. Rows by form: {rows}.\n{IntakeFindings(self.findings).summary()}"
        )

    def __repr__(self) -> str:
        return f"<REDCap project: {len(self.instruments)} forms, {len(self.flat):,} rows>"


def read_redcap(
    data: str | os.PathLike[str],
    dictionary: str | os.PathLike[str] | None = None,
    *,
    labels: str = "raw",
    missing: Sequence[str] = (),
    encoding: str = "utf-8",
    decimal: str = ".",
) -> RedcapProject:
    """Read a flat REDCap export into one tidy frame per form.

    Exports of raw data and of labels are both understood, and which of the two a file is, is said
    in ``is_labelled``. No type is guessed: types are those of the dictionary, and without one
    everything but boxes, statuses and timestamps stays text.

    Parameters
    ----------
    data : path
        The CSV export.
    dictionary : path, optional
        The project's data dictionary, a CSV file of 18 columns.
    labels : str, default "raw"
        "raw" gives the codes of answers, "label" their labels.
    missing : sequence of str, default ()
        The project's codes for missing data, such as "-99"; such a cell is null.
    encoding : str, default "utf-8"
        Encoding of both files, where they bear no byte order mark.
    decimal : str, default "."
        Decimal sign of calculated fields and numbers, where the export was made with another; a
        field validated as "number (comma as decimal)" has a comma anyway.

    Returns
    -------
    RedcapProject
        The records.

    Raises
    ------
    DataError
        If a file cannot be read, or export and dictionary are not of the same project.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name, "export.csv")
    >>> _ = file.write_text("id,pain___1,pain___2,base_complete\\nA7,0,1,2\\nB2,0,0,0\\n", "utf-8")
    >>> read_redcap(file).instruments["base"]
       id  pain___1  pain___2 base_complete
    0  A7     False      True      Complete
    1  B2      <NA>      <NA>    Incomplete
    >>> folder.cleanup()
    """
    described = None if dictionary is None else read_dictionary(dictionary, encoding=encoding)
    table = read_csv_rows(data, encoding=encoding)
    return build_project(table, described, labels=labels, missing=missing, decimal=decimal)


def build_project(
    table: CsvRows,
    dictionary: RedcapDictionary | None,
    *,
    labels: str = "raw",
    missing: Sequence[str] = (),
    decimal: str = ".",
) -> RedcapProject:
    """Understand the cells of a flat export.

    Parameters
    ----------
    table : CsvRows
        The export.
    dictionary : RedcapDictionary or None
        The project's dictionary.
    labels : str, default "raw"
        "raw" or "label".
    missing : sequence of str, default ()
        The project's codes for missing data.
    decimal : str, default "."
        Decimal sign of numbers whose field names none.

    Returns
    -------
    RedcapProject
        The records.

    Raises
    ------
    DataError
        If `labels` is no such word, or export and dictionary are not of the same project.
    """
    if labels not in _LABELS:
        raise DataError(f"labels must be one of {', '.join(map(repr, _LABELS))}, not {labels!r}.")
    missing = [missing] if isinstance(missing, str) else missing
    columns = describe_columns(table.header, dictionary, missing=missing, file=table.name)
    flat = np.array(table.rows, dtype="object").reshape(len(table.rows), len(table.header))
    bare = [cell.strip() for cell in flat.ravel()]
    told = np.array(["" if cell in set(missing) else cell for cell in bare], dtype="object")
    cells = told.reshape(flat.shape)
    style = settle_style(columns, cells, labels, decimal)
    export = FlatExport(table.name, columns, cells, np.array(table.lines, dtype="int64"), style)
    instruments, findings = split_forms(export)
    names = [column.name for column in columns]
    keys = tuple(column.name for column in columns if column.role == "key")
    found = dictionary.identifiers if dictionary else identifier_columns(names)
    survey = {SURVEY_IDENTIFIER} & {*names}
    return RedcapProject(
        name=table.name,
        record_id=dictionary.record_id if dictionary else keys[0],
        keys=keys,
        instruments=instruments,
        identifiers=frozenset(found) | survey,
        is_labelled=style.is_labelled,
        findings=IntakeFindings.of(findings).frame,
        flat=pd.DataFrame(flat, columns=pd.Index(table.header, dtype="str"), dtype="str"),
    )


def write_redcap(project: RedcapProject, path: str | os.PathLike[str]) -> Path:
    """Write the flat export again, cell for cell, in a file that only its owner may read.

    Parameters
    ----------
    project : RedcapProject
        The records.
    path : path
        CSV file to write, in UTF-8.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If there is such a file already, or it cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(project.flat.columns)
    writer.writerows(project.flat.to_numpy(dtype="object"))
    target = Path(path)
    try:
        return write_private(target, text.getvalue())
    except FileExistsError:
        raise DataError(
            f"There is a file {target.name} already. Name another, or move that one away first."
        ) from None
    except OSError as error:
        raise DataError(
            f"The records were not written to {target.name} ({error.strerror}); nothing "
            "half-written is left. Free some space, or name another folder."
        ) from error


__all__ = ["RedcapProject", "build_project", "read_redcap", "write_redcap"]
