"""The mapping: a TOML file that says how a clinic's export fills the five tables.

Nothing is guessed. A column that the mapping does not name never enters; a date is read only by a
format that the mapping names; a code means what the mapping says. The sections are

- top level: ``data_cut`` (required; one date, or one per clinic), ``name``, ``keep`` (which input
  rows are wanted) and ``clinic_names``;
- ``[file]``: format, delimiter, encoding, decimal, thousands, date_format, missing, header_rows;
- ``[[source]]``: where an export is several files or sheets, one for each: its name, its file (a
  name or a pattern), its sheet or resource, the keys that tell its rows apart, and whatever it
  writes in another way than ``[file]`` says; ``[tables.…]`` sections then name their ``source``;
- ``[tables.<table>]``: how the columns of a table are filled, and from which ``rows``;
- ``[codes.<column>]``: text in the export = our code;
- ``[extra.x_<name>]``: the clinic's own columns;
- ``[privacy]``: whether record numbers are replaced by pseudonyms;
- ``settled``: columns whose doubtful look is right as it is;
- ``continues``: true where the export only goes on with courses of care that a registry knows;
- ``[assumptions]``: what the data do not say and the mapping states, printed in every report.
"""

import datetime as dt
import os
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hinge_outcomes.cohort.extra_columns import EXTRA_TYPES, TABLE_NAMES, TIMINGS, ExtraColumn
from hinge_outcomes.exceptions import ContractError, MappingError
from hinge_outcomes.ingestion.blocks import Block, RowFilter, read_blocks
from hinge_outcomes.ingestion.column_rules import ColumnRule, RuleContext, check_value
from hinge_outcomes.ingestion.date_formats import TYPED_DATES
from hinge_outcomes.ingestion.settings import Section, read_toml, suggest
from hinge_outcomes.ingestion.source_rules import read_sources
from hinge_outcomes.ingestion.sources import Source
from hinge_outcomes.ingestion.targets import Target, list_targets

_TOP = ("name", "data_cut", "clinic_names", "keep", "file", "source", "tables", "codes", "extra",
        "privacy", "settled", "continues",
        "assumptions")  # fmt: skip
_PRIVACY = ("ids", "identifiers", "ages")
_EXTRA = ("table", "type", "unit", "label", "minimum", "maximum", "allowed", "required", "timing")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Say how an export fills the five tables.

    Parameters
    ----------
    name : str
        What the mapping is for.
    data_cut : date or mapping of str to date
        Day up to which the export is complete, overall or per clinic.
    blocks : tuple of Block
        How the tables are filled, one per section.
    sources : tuple of Source
        The files that are one load; a single nameless one where the mapping names none.
    keep : mapping of str to tuple of RowFilter
        Which input rows are wanted at all, by source.
    clinic_names : mapping of str to str
        What readers call each clinic.
    extra_columns : tuple of ExtraColumn, default ()
        The clinic's own columns.
    assumptions : tuple of str, default ()
        Sentences printed in every report's footer.
    keeps_ids : bool, default False
        Whether the export's ids are pseudonyms already, so that a key leaves them as they are.
    identifiers : tuple of str, default ()
        Columns that look like a direct identifier and are none, as the mapping states.
    ages : str, default ""
        "cap" lets nobody's age read more than 90, "exact" keeps every year of birth; where nothing
        is said, ages are capped where ids become pseudonyms.
    settled : tuple of str, default ()
        Columns that look as if they were written in another way, and are not.
    continues : bool, default False
        Whether the export speaks only of courses of care that a registry knows already.

    Examples
    --------
    >>> text = {"data_cut": "2026-09-30", "file": {"date_format": "%d/%m/%Y"}, "tables": {
    ...     "patients": {"patient_id": "MRN"},
    ...     "episodes": {"episode_id": "Case", "patient_id": "MRN", "start_date": "First visit",
    ...                  "clinic_id": {"constant": "C01"}}}}
    >>> Mapping.from_values(text).columns
    ('MRN', 'Case', 'First visit')
    """

    name: str
    data_cut: dt.date | MappingType[str, dt.date]
    blocks: tuple[Block, ...]
    sources: tuple[Source, ...]
    keep: MappingType[str, tuple[RowFilter, ...]]
    clinic_names: MappingType[str, str]
    extra_columns: tuple[ExtraColumn, ...]
    assumptions: tuple[str, ...]
    keeps_ids: bool = False
    identifiers: tuple[str, ...] = ()
    ages: str = ""
    settled: tuple[str, ...] = ()
    continues: bool = False

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Mapping":
        """Read a mapping file and check every key.

        Parameters
        ----------
        path : path
            A TOML file.

        Returns
        -------
        Mapping
            The mapping.

        Raises
        ------
        MappingError
            If the file cannot be read, or says something that cannot be meant; the message names
            the file, the section, the key and what is allowed.
        """
        file = Path(path)
        try:
            return cls.from_values(read_toml(file), name=file.stem)
        except MappingError as error:
            text = str(error)
            raise MappingError(text if file.name in text else f"{file.name}: {text}") from error

    @classmethod
    def from_values(cls, values: dict[str, Any], name: str = "mapping") -> "Mapping":
        """Check the content of a mapping file.

        Parameters
        ----------
        values : dict
            What the TOML says.
        name : str, default "mapping"
            Name where the file gives none.

        Returns
        -------
        Mapping
            The mapping.

        Raises
        ------
        MappingError
            If it says something that cannot be meant.
        """
        top = Section("The mapping", values)
        top.check_keys(_TOP)
        if "data_cut" not in values:
            raise MappingError(
                "The mapping needs data_cut: the day up to which the export is complete, such as "
                "data_cut = 2026-09-30. It decides who is still in care, so it is never guessed."
            )
        sources, keep = read_sources(values)
        extra_columns = _read_extra(values.get("extra", {}))
        targets = {table: list_targets(table, extra_columns) for table in TABLE_NAMES}
        codes = _read_codes(values.get("codes", {}), targets)
        contexts = {
            source.name: RuleContext(
                codes=codes,
                missing=source.missing,
                date_formats=source.date_formats,
                decimal=source.decimal,
                thousands=source.thousands,
            )
            for source in sources
        }
        tables = Section.of("[tables]", values.get("tables", {}))
        continues = values.get("continues", False)
        if not isinstance(continues, bool):
            raise top.fail("continues", "Expected true or false.")
        needed = () if continues else ("patients", "episodes")
        tables.check_keys(TABLE_NAMES, required=needed)
        blocks = tuple(
            block
            for table in TABLE_NAMES
            if table in tables.values
            for block in read_blocks(table, tables.values[table], extra_columns, contexts)
        )
        _check_all_used(blocks, codes, extra_columns)
        _check_sources_used(sources, blocks)
        privacy = Section.of("[privacy]", values.get("privacy", {}))
        privacy.check_keys(_PRIVACY)
        clinic_names = Section.of("[clinic_names]", values.get("clinic_names", {}))
        return cls(
            name=top.text("name", name),
            data_cut=_read_cut(top),
            blocks=blocks,
            sources=sources,
            keep=keep,
            clinic_names={clinic: clinic_names.text(clinic) for clinic in clinic_names.values},
            extra_columns=extra_columns,
            assumptions=_read_assumptions(values.get("assumptions", {}), blocks),
            keeps_ids=privacy.choice("ids", ("pseudonymise", "keep"), "pseudonymise") == "keep",
            identifiers=privacy.texts("identifiers"),
            ages=privacy.choice("ages", ("", "cap", "exact"), ""),
            settled=top.texts("settled"),
            continues=continues,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """List the export's columns that are read; no other column enters.

        Returns
        -------
        tuple of str
            Names, each once.
        """
        return tuple(dict.fromkeys(
            column for source in self.sources for column in self.columns_of(source.name)
        ))  # fmt: skip

    def columns_of(self, source: str) -> tuple[str, ...]:
        """List the columns that are read from one source.

        Parameters
        ----------
        source : str
            Its name.

        Returns
        -------
        tuple of str
            Names, each once.
        """
        keys = next(known.keys for known in self.sources if known.name == source)
        read = [row_filter.column for row_filter in self.keep[source]]
        read += [
            column for block in self.blocks if block.source == source for column in block.columns
        ]
        return tuple(dict.fromkeys([*read, *keys]))


def with_typed_dates(mapping: Mapping, source: str) -> Mapping:
    """Let a mapping understand the real dates of a spreadsheet, besides the written ones.

    Parameters
    ----------
    mapping : Mapping
        The mapping.
    source : str
        The source whose file turned out to be a spreadsheet or a Parquet file.

    Returns
    -------
    Mapping
        The mapping for this load.
    """

    def typed(rule: ColumnRule) -> ColumnRule:
        if not rule.date_formats:
            return rule
        formats = tuple(dict.fromkeys((*rule.date_formats, *TYPED_DATES)))
        return replace(rule, date_formats=formats)

    blocks = tuple(
        replace(block, rules=tuple(map(typed, block.rules))) if block.source == source else block
        for block in mapping.blocks
    )
    return replace(mapping, blocks=blocks)


def _read_cut(top: Section) -> dt.date | dict[str, dt.date]:
    written = top.values["data_cut"]
    if not isinstance(written, dict):
        return top.date("data_cut")
    section = Section("[data_cut]", written)
    if not written:
        raise top.fail("data_cut", "Expected one date, or a section with one date per clinic.")
    return {clinic: section.date(clinic) for clinic in written}


def _read_codes(
    written: object, targets: dict[str, dict[str, Target]]
) -> dict[str, tuple[tuple[str, Any], ...]]:
    sections = Section.of("[codes]", written)
    by_name = {name: target for found in targets.values() for name, target in found.items()}
    sections.check_keys(by_name)
    codes = {}
    for name, pairs in sections.values.items():
        section = Section.of(f"[codes.{name}]", pairs)
        codes[name] = tuple(
            (text.strip(), check_value(f"{section.name} {text!r}", by_name[name], code))
            for text, code in section.values.items()
        )
    return codes


def _read_extra(written: object) -> tuple[ExtraColumn, ...]:
    sections = Section.of("[extra]", written)
    columns = []
    for name, values in sections.values.items():
        section = Section.of(f"[extra.{name}]", values)
        section.check_keys(_EXTRA, required=("table", "type"))
        is_required = values.get("required", False)
        if not isinstance(is_required, bool):
            raise section.fail("required", "Expected true or false.")
        try:
            column = ExtraColumn(
                table=section.choice("table", TABLE_NAMES, ""),
                name=name,
                type=section.choice("type", EXTRA_TYPES, ""),
                unit=section.text("unit"),
                label=section.text("label"),
                minimum=_read_bound(section, "minimum"),
                maximum=_read_bound(section, "maximum"),
                allowed=section.texts("allowed"),
                is_required=is_required,
                timing=section.choice("timing", TIMINGS, "day0"),
            )
        except ContractError as error:
            raise MappingError(f"{section.name}: {error}") from error
        columns.append(column)
    return tuple(columns)


def _read_bound(section: Section, key: str) -> float | None:
    value = section.values.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise section.fail(key, "Expected a number.")
    return float(value)


def _check_all_used(
    blocks: tuple[Block, ...],
    codes: MappingType[str, object],
    extra_columns: tuple[ExtraColumn, ...],
) -> None:
    """A section that nothing uses is a mistake: a typing error, or a forgotten line."""
    used = {rule.codes_name for block in blocks for rule in block.all_rules}
    for name in codes:
        if name not in used:
            raise MappingError(
                f"[codes.{name}] is never used: no table fills {name} from a column of the export."
            )
    filled = {(block.table, rule.target.name) for block in blocks for rule in block.rules}
    for column in extra_columns:
        if (column.table, column.name) not in filled:
            raise MappingError(
                f"[extra.{column.name}] is declared, but [tables.{column.table}] does not fill it. "
                f'Add {column.name} = "column of your export" there.'
            )


def _check_sources_used(sources: tuple[Source, ...], blocks: tuple[Block, ...]) -> None:
    used = {block.source for block in blocks}
    for source in sources:
        if source.name not in used:
            raise MappingError(
                f'[[source]] {source.name!r} fills no table. Write source = "{source.name}" in a '
                "[tables.…] section, or leave the source out."
            )


def _read_assumptions(written: object, blocks: tuple[Block, ...]) -> tuple[str, ...]:
    section = Section.of("[assumptions]", written)
    places = ["data_cut", "keep"]
    places += [f"{block.table}.{rule.target.name}" for block in blocks for rule in block.all_rules]
    places += [block.table for block in blocks]
    known = list(dict.fromkeys(places))
    for key in section.values:
        if key not in known:
            raise MappingError(
                f"[assumptions] {key!r} is nothing that this mapping fills.{suggest(key, known)} "
                'Name a filled column, such as "episodes.start_date", a table, or data_cut.'
            )
    sentences = []
    for key in section.values:
        sentence = section.text(key).strip()
        if not sentence:
            raise section.fail(key, "Expected a sentence that a reader of the report understands.")
        sentences.append(sentence)
    return tuple(sentences)
