"""A FHIR export as resources, one after another: NDJSON, bundles and single resources as JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.text_files import TextFile

NOT_JSON, NOT_A_RESOURCE = "not_json", "not_a_resource"

LONGEST = 131_072
"""Signs that one cell may have; the record of a patient has none so long."""

_CANNOT_READ = (ValueError, RecursionError)


def _refuse(word: str) -> str:
    raise ValueError(word)


# Numbers stay as they are written: 6.0 is not 6, and no number is too long to be looked at.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """Hold one resource of an export, or what stands in the place of one.

    Parameters
    ----------
    line : int
        Line of the file; in a bundle or a list, number of the entry, from 1.
    resource : dict
        The resource; empty where there is none that can be read.
    url : str, default ""
        Address by which the entries of a bundle refer to it.
    rule : str, default ""
        What is wrong with it.
    text : str, default ""
        Its text, where something is wrong.
    """

    line: int
    resource: dict[str, Any]
    url: str = ""
    rule: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Export:
    """Hold a file of FHIR resources.

    Parameters
    ----------
    text : str
        What it holds.
    digest : str
        SHA-256 of its bytes.
    document : object
        The bundle, list or resource that the file is; None where each line is one.
    """

    text: str
    digest: str
    document: Any

    def entries(self) -> Iterator[Entry]:
        """Give the resources one after another.

        Yields
        ------
        Entry
            Every resource, and every place where there should be one and is none.
        """
        if self.document is not None:
            yield from _number(self.document)
            return
        for line, text in enumerate(self.text.split("\n"), start=1):
            if text and not text.isspace():
                yield from _read_line(line, text)


def read_export(path: Path, encoding: str) -> Export:
    """Read a file of FHIR resources.

    Parameters
    ----------
    path : Path
        NDJSON, a bundle, a list of resources, or a single one.
    encoding : str
        Encoding, where the file bears no byte order mark.

    Returns
    -------
    Export
        The file.

    Raises
    ------
    DataError
        If it cannot be opened, is empty, is no JSON, or holds no FHIR resource.
    """
    with TextFile(path, encoding) as file:
        text = b"".join(iter(file.read, b"")).decode("utf-8")
        digest = file.digest
    start = text.lstrip()
    if not start:
        raise DataError(f"{path.name} is empty. Export it again with the records in it.")
    if start.startswith("<"):
        raise DataError(f"{path.name} is XML. Export the FHIR resources as JSON or NDJSON.")
    try:
        document, end = _DECODER.raw_decode(start)
    except _CANNOT_READ:
        document, end = None, 0
    if end and not start[end:].strip():
        if not isinstance(document, list) and not _is_resource(document):
            raise _no_fhir(path)
        if isinstance(document, dict) and document["resourceType"] == "Bundle":
            _check_bundle(path, document)
        return Export("", digest, document)
    if not any(_is_json_object(line) for line in text.split("\n")):
        raise _no_fhir(path)
    return Export(text, digest, None)


def written(item: Any) -> str:
    """Write a part of an export as text again.

    Parameters
    ----------
    item : object
        What was read of JSON.

    Returns
    -------
    str
        JSON in ASCII; empty where it is nested too deeply.
    """
    try:
        return json.dumps(item)
    except RecursionError:
        return ""


def _is_json_object(line: str) -> bool:
    if "{" not in line:  # millions of empty lines are not worth a decoder's look
        return False
    try:
        return isinstance(_DECODER.decode(line), dict)
    except _CANNOT_READ:
        return False


def _check_bundle(path: Path, bundle: dict[str, Any]) -> None:
    if not isinstance(bundle.get("entry", []), list):
        raise DataError(f"{path.name} is a bundle without a list of entries. Export it again.")


def _no_fhir(path: Path) -> DataError:
    return DataError(
        f"{path.name} is no FHIR export: expected JSON with a resource, a bundle or a list of "
        "resources, or NDJSON with one resource on each line. If the file was cut off, export it "
        "again."
    )


def _read_line(line: int, text: str) -> Iterator[Entry]:
    try:
        document = _DECODER.decode(text)
    except _CANNOT_READ:
        yield Entry(line, {}, rule=NOT_JSON, text=text)
        return
    if isinstance(document, dict) and document.get("resourceType") == "Bundle":
        yield from (Entry(line, e.resource, e.url, e.rule, e.text) for e in _number(document))
    elif _is_resource(document):
        yield Entry(line, document)
    else:
        yield Entry(line, {}, rule=NOT_A_RESOURCE, text=text)


def _number(document: Any) -> Iterator[Entry]:
    """Give the entries of a bundle or a list, and of bundles within it, with their numbers."""
    waiting: list[tuple[int, str, Any]] = [(1, "", document)]
    while waiting:
        line, url, item = waiting.pop()
        if isinstance(item, list) and item is document:
            inner = [(number, "", part) for number, part in enumerate(item, start=1)]
            waiting += reversed(inner)
        elif not _is_resource(item):
            yield Entry(line, {}, url, NOT_A_RESOURCE, written(item))
        elif item["resourceType"] != "Bundle":
            yield Entry(line, item, url)
        else:
            parts = item.get("entry", [])
            is_outer = item is document
            waiting += reversed(
                [
                    (number if is_outer else line, *_part(part))
                    for number, part in enumerate(parts if isinstance(parts, list) else [parts], 1)
                    # An entry may say what a server answered, and hold no resource.
                    if not (isinstance(part, dict) and "resource" not in part)
                ]
            )


def _part(part: Any) -> tuple[str, Any]:
    if not isinstance(part, dict):
        return "", part
    url = part.get("fullUrl", "")
    return url if isinstance(url, str) else "", part["resource"]


def _is_resource(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    kind = item.get("resourceType")
    return isinstance(kind, str) and kind.isalpha()


__all__ = ["LONGEST", "NOT_A_RESOURCE", "NOT_JSON", "Entry", "Export", "read_export", "written"]
