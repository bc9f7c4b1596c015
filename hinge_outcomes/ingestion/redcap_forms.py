"""Take a flat REDCap export apart into its forms: which rows are whose, and what they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.coercion import coerce_numbers
from hinge_outcomes.ingestion.findings import list_findings
from hinge_outcomes.ingestion.redcap_columns import INSTANCE, REPEAT_FORM, ExportColumn
from hinge_outcomes.ingestion.redcap_values import (
    NOT_TICKED,
    STATUSES,
    ExportStyle,
    empty_dtype,
    outside_range,
    read_values,
)

_SAYS_FILLED = ("1", "2", *STATUSES[1:])


@dataclass(frozen=True, slots=True, repr=False)
class FlatExport:
    """Hold a flat export and what its columns are.

    Parameters
    ----------
    file : str
        File name.
    columns : tuple of ExportColumn
        The columns.
    cells : ndarray of object, shape (rows, columns)
        Text without blanks around it; codes for missing data are empty.
    lines : ndarray of int
        Line of each row.
    style : ExportStyle
        How it is written.
    """

    file: str
    columns: tuple[ExportColumn, ...]
    cells: np.ndarray
    lines: np.ndarray
    style: ExportStyle

    def text(self, name: str) -> np.ndarray | None:
        """Give the text of one column.

        Parameters
        ----------
        name : str
            The column.

        Returns
        -------
        ndarray of object or None
            One text per row; None where the export has no such column.
        """
        places = [column.place for column in self.columns if column.name == name]
        return self.cells[:, places[0]] if places else None

    def findings(
        self,
        rows: np.ndarray,
        column: ExportColumn,
        rule: str,
        action: str = "stored as missing",
        severity: str = "error",
    ) -> pd.DataFrame:
        """Make findings of one rule in one column.

        Parameters
        ----------
        rows : ndarray of int
            Positions of the rows.
        column : ExportColumn
            The column.
        rule : str
            What is wrong.
        action : str, default "stored as missing"
            What was done.
        severity : str, default "error"
            How bad it is.

        Returns
        -------
        DataFrame
            One row per cell.
        """
        return list_findings(
            severity=severity, file=self.file, lines=self.lines[rows], table=column.form,
            column=column.name, rule=rule, action=action,
        )  # fmt: skip


def split_forms(export: FlatExport) -> tuple[dict[str, pd.DataFrame], list[pd.DataFrame]]:
    """Take an export apart into one tidy frame per form.

    Parameters
    ----------
    export : FlatExport
        The export.

    Returns
    -------
    forms : dict of str to DataFrame
        By form, in the order of the export: the keys that tell its rows apart, what is said of the
        whole record, then the form's columns. Rows in which the form is empty are left out.
    findings : list of DataFrame
        Cells that do not fit the dictionary.

    Raises
    ------
    DataError
        If a row repeats a form that the export does not have.
    """
    forms = list(dict.fromkeys(column.form for column in export.columns if column.form))
    owner = _owners(export, forms)
    findings: list[pd.DataFrame] = []
    frames = {}
    for form in forms:
        columns = [column for column in export.columns if column.form == form]
        own = (owner == "") | (owner == form)
        findings += _strangers(export, columns, ~own)
        rows = np.flatnonzero(own & _holds_something(export, columns))
        keys, found = _keys(export, rows)
        told = {
            column.name: _as_text(export.cells[rows, column.place])
            for column in export.columns
            if column.role == "record"
        }
        body, more = _body(export, columns, rows)
        findings += [*found, *more]
        frames[form] = pd.DataFrame({**keys, **told, **body}, index=range(len(rows)))
        repeated = np.flatnonzero(pd.DataFrame(keys).duplicated().to_numpy())
        record = next(column for column in export.columns if column.role == "key")
        findings.append(export.findings(rows[repeated], record, "repeated_key", "kept"))
    return frames, findings


def _owners(export: FlatExport, forms: Sequence[str]) -> np.ndarray:
    """Name the form that each row repeats; empty where a row speaks of all forms."""
    told = export.text(REPEAT_FORM)
    if told is None:
        return np.full(len(export.cells), "", dtype="object")
    names = {form: form for form in forms}
    for word in set(told) - {"", *names}:
        names[word] = _named(word, forms) or _only_filled(export, told == word, forms)
    strange = np.flatnonzero([bool(word) and not names[word] for word in told])
    if len(strange):
        raise DataError(
            f"{export.file} repeats a form that its dictionary does not have ({len(strange):,} "
            f"rows, the first on line {export.lines[strange[0]]}). Download the export and the "
            "dictionary from the same project on the same day, with all forms."
        )
    return np.array([names[word] if word else "" for word in told], dtype="object")


def _named(label: str, forms: Iterable[str]) -> str:
    """Find the form that an export of labels calls by its title."""
    signs = "".join(sign if sign.isalnum() else " " for sign in label.lower())
    name = "_".join(signs.split())
    return name if name in forms else ""


def _only_filled(export: FlatExport, rows: np.ndarray, forms: Iterable[str]) -> str:
    """Find the form that alone is filled in on some rows."""
    filled = [
        form
        for form in forms
        if _holds_something(export, [c for c in export.columns if c.form == form])[rows].any()
    ]
    return filled[0] if len(filled) == 1 else ""


def _holds_something(export: FlatExport, columns: Iterable[ExportColumn]) -> np.ndarray:
    """Tell on which rows a form holds anything besides boxes that are not ticked."""
    held = np.zeros(len(export.cells), dtype=bool)
    for column in columns:
        texts = export.cells[:, column.place]
        is_said = texts != ""
        held |= is_said & ~np.isin(texts, NOT_TICKED) if column.role == "checkbox" else is_said
    return held


def _is_filled(export: FlatExport, columns: Sequence[ExportColumn]) -> np.ndarray:
    """Tell on which rows somebody filled a form in: REDCap writes 0 for boxes never shown."""
    asked = [column for column in columns if column.role in ("field", "checkbox")]
    filled = _holds_something(export, asked)
    for column in columns:
        if column.role == "status":
            filled |= np.isin(export.cells[:, column.place], _SAYS_FILLED)
    return filled


def _strangers(
    export: FlatExport, columns: Sequence[ExportColumn], elsewhere: np.ndarray
) -> list[pd.DataFrame]:
    """Find answers to one form on rows that repeat another: they stand in no frame."""
    found = []
    for column in columns if elsewhere.any() else ():
        rows = np.flatnonzero(elsewhere & _holds_something(export, [column]))
        if column.role in ("field", "checkbox") and len(rows):
            found.append(export.findings(rows, column, "wrong_form", "row left out"))
    return found


def _keys(export: FlatExport, rows: np.ndarray) -> tuple[dict[str, pd.Series], list[pd.DataFrame]]:
    """Give the columns that tell the rows of a form apart; an instance only where one is told."""
    keys: dict[str, pd.Series] = {}
    findings: list[pd.DataFrame] = []
    for column in export.columns:
        if column.role != "key" or column.name == REPEAT_FORM:
            continue
        texts = export.cells[rows, column.place]
        is_told = texts != ""
        if column.name == INSTANCE and not is_told.any():
            continue
        if column.name != INSTANCE:
            keys[column.name] = _as_text(texts)
            findings.append(export.findings(rows[~is_told], column, "required_missing", "kept"))
            continue
        read = coerce_numbers(pd.Series(texts[is_told], dtype="object"))
        numbers = pd.Series(pd.NA, index=range(len(rows)), dtype="Int64")
        whole = read.values.where(read.values == read.values.round())
        numbers[is_told] = whole.astype("Float64").astype("Int64").to_numpy()
        keys[column.name] = numbers
        findings.append(export.findings(rows[is_told][whole.isna()], column, "not_whole"))
    return keys, findings


def _body(
    export: FlatExport, columns: Sequence[ExportColumn], rows: np.ndarray
) -> tuple[dict[str, pd.Series], list[pd.DataFrame]]:
    """Read the columns of one form."""
    body: dict[str, pd.Series] = {}
    findings: list[pd.DataFrame] = []
    is_filled = _is_filled(export, columns)[rows]
    for column in columns:
        texts = export.cells[rows, column.place]
        if column.role == "checkbox":
            texts = np.where(is_filled, texts, "")
            if export.style.ticks_by_label:
                texts = np.where(is_filled & (texts == ""), NOT_TICKED[0], texts)
        is_told = texts != ""
        read = read_values(pd.Series(texts[is_told], dtype="object"), column, export.style)
        values = read.values.set_axis(np.flatnonzero(is_told)).reindex(range(len(rows)))
        body[column.name] = values.astype(empty_dtype(column, export.style))
        broken = read.broken.to_numpy()
        for rule in dict.fromkeys(broken[broken != ""]):
            findings.append(export.findings(rows[is_told][broken == rule], column, rule))
        outside = outside_range(read.values, column.field)
        findings.append(
            export.findings(rows[is_told][outside], column, "out_of_range", "kept", "warning")
        )
    return body, findings


def _as_text(texts: np.ndarray) -> pd.Series:
    return pd.Series([text or None for text in texts], dtype="str")


__all__ = ["FlatExport", "split_forms"]
