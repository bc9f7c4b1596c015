"""The data dictionary of a REDCap project: its forms, fields, choices and identifiers."""

import csv
import html
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.settings import suggest
from hinge_outcomes.ingestion.text_files import TextFile

HEADINGS = {
    "field_name": "Variable / Field Name",
    "form_name": "Form Name",
    "field_type": "Field Type",
    "field_label": "Field Label",
    "select_choices_or_calculations": "Choices, Calculations, OR Slider Labels",
    "text_validation_type_or_show_slider_number": "Text Validation Type OR Show Slider Number",
    "text_validation_min": "Text Validation Min",
    "text_validation_max": "Text Validation Max",
    "identifier": "Identifier?",
}
"""The columns of a dictionary that are read: as the API names them, and as the file does."""

SURVEY_IDENTIFIER = "redcap_survey_identifier"

_NEEDED = ("field_name", "form_name", "field_type")
_YES_NO = {"yesno": ("No", "Yes"), "truefalse": ("False", "True")}
_WITH_CHOICES = ("radio", "dropdown", "checkbox")
_QUOTED = re.compile(r'"[^"]*"')
_HEADER_LENGTH = 1_000_000
_TAG = re.compile(r"<[^<>]*>")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_]")


@dataclass(frozen=True, slots=True)
class RedcapField:
    """Describe one field of a project.

    Parameters
    ----------
    name, form : str
        The field, and the instrument that asks it.
    kind : str, default "text"
        Field type, such as "text", "radio", "checkbox" or "calc".
    label : str, default ""
        The question, without its formatting.
    choices : tuple of (str, str) pairs, default ()
        Code and label of each answer that can be chosen, in order.
    validation : str, default ""
        What a text must be, such as "integer" or "date_dmy".
    minimum, maximum : str, default ""
        The range that REDCap warns about, as it is written.
    is_identifier : bool, default False
        Whether the project marks it as an identifier.
    """

    name: str
    form: str
    kind: str = "text"
    label: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    validation: str = ""
    minimum: str = ""
    maximum: str = ""
    is_identifier: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns of an export that hold the field.

        Returns
        -------
        tuple of str
            Its name; for a checkbox one column per choice; none for a text that is only shown.

        Examples
        --------
        >>> RedcapField("race", "baseline", "checkbox", choices=(("-1", "?"), ("A", "a"))).columns
        ('race____1', 'race___a')
        """
        if self.kind == "descriptive":
            return ()
        if self.kind != "checkbox":
            return (self.name,)
        codes = (_NOT_IN_A_NAME.sub("_", code.lower()) for code, _ in self.choices)
        return tuple(f"{self.name}___{code}" for code in codes)


@dataclass(frozen=True, slots=True)
class RedcapDictionary:
    """Hold what a project says of its fields.

    Parameters
    ----------
    fields : tuple of RedcapField
        In the project's order; the first is the record id.
    """

    fields: tuple[RedcapField, ...]

    @property
    def record_id(self) -> str:
        """Name the field that tells records apart.

        Returns
        -------
        str
            The first field, whatever it is called.
        """
        return self.fields[0].name

    @property
    def forms(self) -> tuple[str, ...]:
        """List the instruments.

        Returns
        -------
        tuple of str
            In the project's order.
        """
        return tuple(dict.fromkeys(field.form for field in self.fields))

    @property
    def identifiers(self) -> frozenset[str]:
        """Name the columns that may say who somebody is.

        Returns
        -------
        frozenset of str
            Those of fields that the project marks as identifiers, and of free-text notes.
        """
        return frozenset(
            column
            for field in self.fields
            if field.is_identifier or field.kind == "notes"
            for column in field.columns
        )

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, str]], name: str) -> "RedcapDictionary":
        """Understand the rows of a dictionary.

        Parameters
        ----------
        rows : iterable of mapping
            One per field, with the names by which REDCap's API calls the columns.
        name : str
            What the dictionary is called in a message.

        Returns
        -------
        RedcapDictionary
            The dictionary.

        Raises
        ------
        DataError
            If it has no field, or the same field twice.
        """
        fields = tuple(_read_field(row) for row in rows if row.get("field_name", "").strip())
        if not fields:
            raise DataError(f"{name} describes no field. Download the project's dictionary again.")
        names = [field.name for field in fields]
        twice = next((field for field in names if names.count(field) > 1), None)
        if twice is not None:
            raise DataError(f"{name} describes the field {twice!r} twice. Take one of them out.")
        return cls(fields)


def read_dictionary(path: str | os.PathLike[str], *, encoding: str = "utf-8") -> RedcapDictionary:
    """Read the data dictionary of a REDCap project.

    Parameters
    ----------
    path : path
        The CSV file of 18 columns that "Download the current Data Dictionary" gives.
    encoding : str, default "utf-8"
        Encoding, where the file bears no byte order mark.

    Returns
    -------
    RedcapDictionary
        The dictionary.

    Raises
    ------
    DataError
        If the file cannot be read, or is no data dictionary.
    """
    table = read_csv_rows(path, encoding=encoding)
    titles = {heading: name for name, heading in HEADINGS.items()}
    names = [titles.get(title.strip(), title.strip()) for title in table.header]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        asked = " ".join(f"{HEADINGS[n]!r}.{suggest(HEADINGS[n], table.header)}" for n in missing)
        raise DataError(
            f"{table.name} is no REDCap data dictionary: it lacks the column {asked} Download the "
            "dictionary from the project's Data Dictionary page and name that file."
        )
    rows = (dict(zip(names, row, strict=True)) for row in table.rows)
    return RedcapDictionary.of_rows(rows, table.name)


def redcap_identifiers(
    path: str | os.PathLike[str], *, encoding: str = "utf-8"
) -> frozenset[str]:  # fmt: skip
    """Name the columns of a REDCap export that may say who somebody is.

    Parameters
    ----------
    path : path
        The project's data dictionary.
    encoding : str, default "utf-8"
        Encoding, where the file bears no byte order mark.

    Returns
    -------
    frozenset of str
        Columns of fields marked ``Identifier?``, of free-text notes, and the identifier of surveys.

    Raises
    ------
    DataError
        If the file cannot be read, or is no data dictionary.
    """
    return read_dictionary(path, encoding=encoding).identifiers | {SURVEY_IDENTIFIER}


@dataclass(frozen=True, slots=True, repr=False)
class CsvRows:
    """Hold a CSV file that a program wrote, cell for cell.

    Parameters
    ----------
    name : str
        File name.
    header : tuple of str
        The first row.
    rows : list of list of str
        The others, each as long as the header.
    lines : list of int
        Line of the file on which each of them begins, counted from 1.
    """

    name: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]


def read_csv_rows(path: str | os.PathLike[str], *, encoding: str = "utf-8") -> CsvRows:
    """Read a CSV file that REDCap wrote; nothing in it may be repaired by guessing.

    Parameters
    ----------
    path : path
        The file; commas, semicolons or tabs part its cells.
    encoding : str, default "utf-8"
        Encoding, where the file bears no byte order mark.

    Returns
    -------
    CsvRows
        Every cell as it stands; empty lines are passed over.

    Raises
    ------
    DataError
        If the file cannot be opened, is empty, or a row is not as long as the header.
    """
    name = Path(path).name
    with TextFile(path, encoding) as file:
        text = b"".join(iter(file.read, b"")).decode("utf-8")
    bare = _QUOTED.sub("", text[:_HEADER_LENGTH]).partition("\n")[0]  # a question has commas too
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=bare.count), strict=True
    )
    rows, lines, begins = [], [], 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error:
        raise DataError(
            f"{name} cannot be cut into cells from line {begins} on: a quotation mark is missing "
            "or stands inside a cell, or a cell is too long. Export it again from REDCap."
        ) from None
    if not rows:
        raise DataError(f"{name} is empty. Export it again from REDCap.")
    bad = [line for row, line in zip(rows, lines, strict=True) if len(row) != len(rows[0])]
    if bad:
        raise DataError(
            f"{name} has rows that are longer or shorter than its header, the first on line "
            f"{bad[0]}. REDCap writes no such rows: export it again."
        )
    return CsvRows(name, tuple(rows[0]), rows[1:], lines[1:])


def _read_field(row: Mapping[str, str]) -> RedcapField:
    cells = {name: (row.get(name) or "").strip() for name in HEADINGS}
    kind = cells["field_type"].lower() or "text"
    return RedcapField(
        name=cells["field_name"],
        form=cells["form_name"],
        kind=kind,
        label=_plain(cells["field_label"]),
        choices=_read_choices(kind, cells["select_choices_or_calculations"]),
        validation=cells["text_validation_type_or_show_slider_number"].lower(),
        minimum=cells["text_validation_min"],
        maximum=cells["text_validation_max"],
        is_identifier=cells["identifier"].lower() == "y",
    )


def _read_choices(kind: str, written: str) -> tuple[tuple[str, str], ...]:
    if kind in _YES_NO:
        return tuple(zip(("0", "1"), _YES_NO[kind], strict=True))
    if kind not in _WITH_CHOICES:
        return ()
    pairs = (choice.partition(",") for choice in written.split("|") if choice.strip())
    return tuple((code.strip(), _plain(label) or code.strip()) for code, _, label in pairs)


def _plain(label: str) -> str:
    """Write a label as an export of labels does: without tags and line breaks."""
    return " ".join(html.unescape(_TAG.sub("", label)).split())


__all__ = [
    "HEADINGS",
    "SURVEY_IDENTIFIER",
    "CsvRows",
    "RedcapDictionary",
    "RedcapField",
    "read_csv_rows",
    "read_dictionary",
    "redcap_identifiers",
]
