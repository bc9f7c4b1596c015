"""Read from a mapping which files are one load, and how each of them is written."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.blocks import RowFilter, read_filters
from hinge_outcomes.ingestion.date_formats import TYPED_DATES, check_date_format
from hinge_outcomes.ingestion.settings import Section
from hinge_outcomes.ingestion.sources import (
    DECIMALS,
    DELIMITERS,
    ENCODINGS,
    FORMATS,
    THOUSANDS,
    Source,
)

_WRITTEN = (
    "format", "delimiter", "encoding", "decimal", "thousands", "date_format", "missing",
    "header_rows",
)  # fmt: skip
_OWN = ("name", "file", "sheet", "resource", "dictionary", "keys", "keep", "optional")


def read_sources(
    values: Mapping[str, Any],
) -> tuple[tuple[Source, ...], dict[str, tuple[RowFilter, ...]]]:
    """Read the sections ``[file]`` and ``[[source]]``, and which rows are wanted.

    Parameters
    ----------
    values : mapping
        The content of the mapping file.

    Returns
    -------
    sources : tuple of Source
        A single nameless one where the mapping names none.
    keep : dict of str to tuple of RowFilter
        Which rows are wanted, by source.

    Raises
    ------
    MappingError
        If a key is unknown, a name stands twice, or a value cannot be meant.

    Examples
    --------
    >>> sources, keep = read_sources({"file": {"delimiter": "semicolon"}})
    >>> sources[0].delimiters, keep
    ((';',), {'': ()})
    """
    file = Section.of("[file]", values.get("file", {}))
    file.check_keys(_WRITTEN)
    shared = _read_written(file, Source())
    entries = values.get("source", [])
    if not entries:
        return (shared,), {"": read_filters(Section.of("keep", values.get("keep", {})))}
    if not isinstance(entries, list):
        raise MappingError("A source is written [[source]], in two pairs of brackets.")
    if "keep" in values:
        raise MappingError(
            "keep stands at the top, and there are several sources. Write it under the [[source]] "
            "whose rows it is about."
        )
    sources = []
    keep = {}
    for number, entry in enumerate(entries, start=1):
        section = Section.of(f"[[source]] number {number}", entry)
        section.check_keys((*_OWN, *_WRITTEN), required=("name",))
        source = _read_own(section, _read_written(section, shared))
        if source.name in keep:
            raise MappingError(f"Two [[source]] sections are called {source.name!r}.")
        keep[source.name] = read_filters(
            Section.of(f"{section.name} keep", section.values.get("keep", {}))
        )
        sources.append(source)
    return tuple(sources), keep


def _read_own(section: Section, written: Source) -> Source:
    is_optional = section.values.get("optional", False)
    if not isinstance(is_optional, bool):
        raise section.fail("optional", "Expected true or false.")
    if not section.text("name").strip():
        raise section.fail("name", 'Expected a name such as "visits".')
    return replace(
        written,
        name=section.text("name").strip(),
        pattern=section.text("file", "*"),
        sheet=section.text("sheet"),
        resource=section.text("resource"),
        dictionary=section.text("dictionary"),
        keys=section.texts("keys"),
        is_optional=is_optional,
    )


def _read_written(section: Section, shared: Source) -> Source:
    """Read how a file is written; what a source leaves open stands as ``[file]`` says."""
    formats = section.texts("date_format", shared.date_formats)
    for form in formats:
        check_date_format(f"{section.name} date_format", form)
    kind = section.choice("format", FORMATS, shared.format)
    if kind in ("xlsx", "parquet", "redcap", "fhir"):
        formats = tuple(dict.fromkeys((*formats, *TYPED_DATES)))
    decimal = section.choice("decimal", DECIMALS, shared.decimal)
    thousands = section.choice("thousands", ("", *THOUSANDS), shared.thousands)
    if decimal == thousands:
        raise section.fail(
            "thousands", "It is the decimal sign too, so 1,234 would be two numbers."
        )
    return replace(
        shared,
        format=kind,
        header_rows=_read_header_rows(section, shared),
        delimiters=_read_delimiters(section, shared),
        encoding=section.choice("encoding", ENCODINGS, shared.encoding),
        decimal=decimal,
        thousands=thousands,
        date_formats=formats,
        missing=section.texts("missing", shared.missing),
    )


def _read_header_rows(section: Section, shared: Source) -> int:
    written = section.values.get("header_rows", shared.header_rows)
    if isinstance(written, bool) or not isinstance(written, int) or not 1 <= written <= 9:
        raise section.fail("header_rows", "Expected how many lines the header takes, 1 to 9.")
    return written


def _read_delimiters(section: Section, shared: Source) -> tuple[str, ...]:
    texts = section.texts("delimiter", shared.delimiters)
    known = {**DELIMITERS, **{sign: sign for sign in DELIMITERS.values()}}
    for text in texts:
        if text not in known:
            raise section.fail(
                "delimiter", f"Expected {', '.join(DELIMITERS)}, or a list of those that may occur."
            )
    return tuple(dict.fromkeys(known[text] for text in texts))
