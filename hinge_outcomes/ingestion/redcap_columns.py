"""What each column of a REDCap export is: a key, a question, a ticked box, or a form's status."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.redcap_dictionary import (
    SURVEY_IDENTIFIER,
    RedcapDictionary,
    RedcapField,
)
from hinge_outcomes.ingestion.settings import suggest

EVENT, REPEAT_FORM, INSTANCE = (
    "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance",
)  # fmt: skip
ABOUT_RECORD = ("redcap_data_access_group", SURVEY_IDENTIFIER)
"""Columns that say something of the whole record, and stand in every form's frame."""

NO_FORM = "records"
"""The form of columns that belong to none, where there is no dictionary."""

_ROW_INDEX = ("", "Unnamed: 0")
_COMPLETE, _TIMESTAMP, _BOX = "_complete", "_timestamp", "___"
_TITLES = {
    EVENT: "Event Name",
    REPEAT_FORM: "Repeat Instrument",
    INSTANCE: "Repeat Instance",
    ABOUT_RECORD[0]: "Data Access Group",
    SURVEY_IDENTIFIER: "Survey Identifier",
}


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """Say what one column of an export is.

    Parameters
    ----------
    name : str
        Its name, also where the export writes the question in place of it.
    role : str
        "row index", "key", "record", "field", "checkbox", "status" or "timestamp".
    form : str, default ""
        The instrument it belongs to; empty for a key and for what is said of the whole record.
    field : RedcapField, optional
        The field, where a dictionary describes it.
    label : str, default ""
        The label of the answer that a box stands for.
    place : int, default -1
        Position in the export.
    """

    name: str
    role: str
    form: str = ""
    field: RedcapField | None = None
    label: str = ""
    place: int = -1


def describe_columns(
    header: Sequence[str],
    dictionary: RedcapDictionary | None,
    *,
    missing: Sequence[str] = (),
    file: str = "The export",
) -> tuple[ExportColumn, ...]:
    """Say what each column of an export is.

    Parameters
    ----------
    header : sequence of str
        The export's first row: names, or the questions in place of them.
    dictionary : RedcapDictionary or None
        The project's dictionary; without one, columns are told by their names.
    missing : sequence of str, default ()
        The project's codes for missing data; a checkbox has a box for each.
    file : str, default "The export"
        What the export is called in a message.

    Returns
    -------
    tuple of ExportColumn
        In the order of the header.

    Raises
    ------
    DataError
        If the header holds a column twice, or one that the dictionary does not describe.

    Examples
    --------
    >>> [column.role for column in describe_columns(["id", "sex", "base_complete"], None)]
    ['key', 'field', 'status']
    """
    titles = [title.strip() for title in header]
    if dictionary is None:
        columns = _guess(titles)
    elif _asks(titles, dictionary):
        columns = _by_question(titles, dictionary, file)
    else:
        columns = _by_name(titles, dictionary, missing, file)
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        twice = next(place for place, name in enumerate(names) if name in names[:place])
        raise DataError(
            f"{file} calls its columns {names.index(names[twice]) + 1} and {twice + 1} by the same "
            "name. Export it again."
        )
    if not any(column.role == "key" for column in columns):
        raise DataError(f"{file} has no column of records. Export it again with the record ids.")
    return tuple(replace(column, place=place) for place, column in enumerate(columns))


def _keys(record_id: str) -> list[ExportColumn]:
    keys = [ExportColumn(name, "key") for name in (record_id, EVENT, REPEAT_FORM, INSTANCE)]
    return keys + [ExportColumn(name, "record") for name in ABOUT_RECORD]


def _of_form(dictionary: RedcapDictionary, form: str) -> Iterator[ExportColumn]:
    """List the columns of one form in the order of an export."""
    yield ExportColumn(form + _TIMESTAMP, "timestamp", form)
    for field in dictionary.fields:
        if field.form != form or field.name == dictionary.record_id:
            continue
        if field.kind == "checkbox":
            for name, (_, label) in zip(field.columns, field.choices, strict=True):
                yield ExportColumn(name, "checkbox", form, field, label)
        elif field.columns:
            yield ExportColumn(field.name, "field", form, field)
    yield ExportColumn(form + _COMPLETE, "status", form)


def _by_name(
    titles: list[str], dictionary: RedcapDictionary, missing: Sequence[str], file: str
) -> list[ExportColumn]:
    known = {column.name: column for column in _keys(dictionary.record_id)}
    for form in dictionary.forms:
        known |= {column.name: column for column in _of_form(dictionary, form)}
    for field in dictionary.fields:
        if field.kind == "checkbox":
            codes = replace(field, choices=tuple((code, code) for code in missing))
            for name in codes.columns:
                known.setdefault(name, ExportColumn(name, "checkbox", field.form, field))
    if titles[0] in _ROW_INDEX:
        known[titles[0]] = ExportColumn(titles[0], "row index")
    unknown = [title for title in titles if title not in known]
    if len(unknown) == len(titles):
        # A file without a header would put a patient's values into the message.
        raise DataError(
            f"{file} begins with no column that its dictionary describes. Download the export and "
            "the dictionary from the same project, with its header."
        )
    if unknown:
        raise _mismatch(unknown, list(known), file)
    return [known[title] for title in titles]


def _asks(titles: list[str], dictionary: RedcapDictionary) -> bool:
    """Tell whether a header holds questions in place of names."""
    plain = {" ".join(title.split()) for title in titles}
    asked = {field.label for field in dictionary.fields}
    return dictionary.record_id not in titles and bool(plain & (asked - {""}))


def _by_question(
    titles: list[str], dictionary: RedcapDictionary, file: str
) -> list[ExportColumn]:  # fmt: skip
    """Find columns by their questions, in the dictionary's order: two may ask the same."""
    asked: list[tuple[str, ExportColumn]] = [
        (dictionary.fields[0].label, ExportColumn(dictionary.record_id, "key"))
    ]
    asked += [(_TITLES[key.name], key) for key in _keys(dictionary.record_id)[1:]]
    for form in dictionary.forms:
        asked += [(_question(column), column) for column in _of_form(dictionary, form)]
    columns: list[ExportColumn] = []
    unknown = []
    cursor = 0
    for title in titles:
        plain = " ".join(title.split())
        places = [place for place, (question, _) in enumerate(asked) if question == plain]
        ahead = [place for place in places if place >= cursor]
        if not places:
            unknown.append(title)
            continue
        cursor = (ahead or places)[0]
        columns.append(asked[cursor][1])
        cursor += 1
    if unknown:
        known = [*(question for question, _ in asked), dictionary.record_id]
        raise _mismatch(unknown, known, file)
    return columns


def _question(column: ExportColumn) -> str:
    if column.role == "status":
        return "Complete?"
    if column.role == "timestamp":
        return "Survey Timestamp"
    label = column.field.label if column.field else ""
    return f"{label} (choice={column.label})" if column.role == "checkbox" else label


def _mismatch(unknown: list[str], known: list[str], file: str) -> DataError:
    shown = " ".join(f"{title!r}.{suggest(title, known)}" for title in unknown[:10])
    more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
    return DataError(
        f"{file} and its dictionary do not fit: the dictionary does not describe {shown}{more} "
        "Download the export and the dictionary from the same project on the same day, and name "
        "missing-data codes with missing=."
    )


def _guess(titles: list[str]) -> list[ExportColumn]:
    """Tell columns by their names: a form ends with the column of its status."""
    columns: list[ExportColumn] = []
    start = 1 if titles[0] in _ROW_INDEX and len(titles) > 1 else 0
    columns += [ExportColumn(title, "row index") for title in titles[:start]]
    keys = {column.name: column for column in _keys(titles[start])}
    form_of = _forms_by_status(titles)
    for title, form in list(zip(titles, form_of, strict=True))[start:]:
        if title in keys:
            columns.append(keys[title])
        elif title == form + _COMPLETE:
            columns.append(ExportColumn(title, "status", form))
        elif title == form + _TIMESTAMP:
            columns.append(ExportColumn(title, "timestamp", form))
        else:
            role = "checkbox" if _BOX in title else "field"
            columns.append(ExportColumn(title, role, form))
    return columns


def _forms_by_status(titles: list[str]) -> list[str]:
    forms: list[str] = []
    form = NO_FORM
    for title in reversed(titles):
        if title.endswith(_COMPLETE) and title != _COMPLETE:
            form = title.removesuffix(_COMPLETE)
        forms.append(form)
    return forms[::-1]


__all__ = ["ABOUT_RECORD", "EVENT", "INSTANCE", "REPEAT_FORM", "ExportColumn", "describe_columns"]
