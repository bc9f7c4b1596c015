"""One ``[tables.…]`` section of a mapping: which input rows fill a table, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.column_rules import ColumnRule, RuleContext, read_rule
from hinge_outcomes.ingestion.settings import Section, suggest
from hinge_outcomes.ingestion.targets import list_targets

DERIVED = {"episodes": ("last_observed_day",), "visits": ("visit_number",)}
"""Columns that need not be filled, because they follow from the others.

An observed span in the export is taken and checked; a visit number in the export only orders the
appointments of one day."""

PAYLOAD = {
    "visits": ("visit_day", "status", "home_exercise_days"),
    "assessments": ("stage", "mastery_level", "is_working_stage", "load_kg"),
    "outcomes": ("instrument", "score", "items"),
}
"""An input row that has nothing in these columns holds no row of that table."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Choose input rows by the text in one column.

    Parameters
    ----------
    column : str
        Column of the export.
    texts : tuple of str
        The texts that are kept, compared exactly.
    """

    column: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Say how input rows fill one table.

    Parameters
    ----------
    table : str
        One of the five tables.
    name : str
        How the user writes the section.
    rows : tuple of RowFilter
        Which input rows it is about; all of them where empty.
    rules : tuple of ColumnRule
        How the columns are filled.
    scores : tuple of (str, ColumnRule) pairs
        Outcomes side by side: instrument and the rule for its score.
    ratings : tuple of (int, ColumnRule) pairs
        Assessments side by side: stage and the rule for its mastery level.
    working_stage : ColumnRule or None
        The column that names the working stage, where ratings stand side by side.
    source : str, default ""
        Name of the source whose rows they are.
    """

    table: str
    name: str
    rows: tuple[RowFilter, ...]
    rules: tuple[ColumnRule, ...]
    scores: tuple[tuple[str, ColumnRule], ...] = ()
    ratings: tuple[tuple[int, ColumnRule], ...] = ()
    working_stage: ColumnRule | None = None
    source: str = ""

    @property
    def all_rules(self) -> tuple[ColumnRule, ...]:
        """List all rules of the block.

        Returns
        -------
        tuple of ColumnRule
            Those of columns, scores, ratings and the working stage.
        """
        wide = [rule for _, rule in (*self.scores, *self.ratings)]
        return (*self.rules, *wide, *([self.working_stage] if self.working_stage else []))

    @property
    def columns(self) -> tuple[str, ...]:
        """List the export's columns that the block reads.

        Returns
        -------
        tuple of str
            Names, each once, in the order of the mapping.
        """
        read = [row_filter.column for row_filter in self.rows]
        for rule in self.all_rules:
            read += rule.all_columns
        return tuple(dict.fromkeys(read))


def read_filters(section: Section) -> tuple[RowFilter, ...]:
    """Read a table of column names and the texts that choose a row.

    Parameters
    ----------
    section : Section
        Such as ``keep`` or ``rows``.

    Returns
    -------
    tuple of RowFilter
        One per column; a row must pass all of them.
    """
    return tuple(RowFilter(column, section.texts(column)) for column in section.values)


def read_blocks(
    table: str,
    written: object,
    extra_columns: tuple[ExtraColumn, ...],
    contexts: Mapping[str, RuleContext],
) -> tuple[Block, ...]:
    """Read the section, or the list of sections, that fill one table.

    Parameters
    ----------
    table : str
        One of the five tables.
    written : object
        What the mapping says under ``[tables.<table>]`` or ``[[tables.<table>]]``.
    extra_columns : tuple of ExtraColumn
        The clinic's own columns.
    contexts : mapping of str to RuleContext
        What all columns of a source share, by its name.

    Returns
    -------
    tuple of Block
        One per section.

    Raises
    ------
    MappingError
        If a key is unknown, a required column is not filled, or a value cannot be meant.
    """
    if isinstance(written, list):
        return tuple(
            _read_block(table, Section.of(f"[[tables.{table}]] number {number}", entry),
                        extra_columns, contexts)
            for number, entry in enumerate(written, start=1)
        )  # fmt: skip
    section = Section.of(f"[tables.{table}]", written)
    return (_read_block(table, section, extra_columns, contexts),)


def _read_block(
    table: str,
    section: Section,
    extra_columns: tuple[ExtraColumn, ...],
    contexts: Mapping[str, RuleContext],
) -> Block:
    targets = list_targets(table, extra_columns)
    wide_keys = {"outcomes": ("scores",), "assessments": ("ratings", "working_stage")}
    _check_declared(table, section, [column.name for column in extra_columns])
    section.check_keys(["source", "rows", *targets, *wide_keys.get(table, ())])
    source = _read_source(section, contexts)
    context = contexts[source]
    replaced: set[str] = set()
    if "scores" in section.values:
        replaced = {"instrument", "score", "items"}
    elif "ratings" in section.values:
        replaced = {"stage", "mastery_level", "is_working_stage", "load_kg"}
    elif "working_stage" in section.values:
        raise MappingError(f"{section.name}: working_stage goes with ratings, which is missing.")
    clashes = [name for name in targets if name in replaced and name in section.values]
    if clashes:
        wide = "scores" if "scores" in section.values else "ratings"
        raise MappingError(
            f"{section.name} has both {wide} and {clashes[0]}. Use {wide} where they stand side by "
            f"side, or {clashes[0]} where each has its own row; for both, write two "
            f"[[tables.{table}]] sections."
        )
    optional = (*replaced, *DERIVED.get(table, ()))
    for name, target in targets.items():
        if target.is_required and name not in section.values and name not in optional:
            raise MappingError(_unfilled(table, section, name))
    rules = tuple(
        read_rule(f"{section.name} {name}", target, section.values[name], context)
        for name, target in targets.items()
        if name in section.values
    )
    rows = Section.of(f"{section.name} rows", section.values.get("rows", {}))
    wide_section = {key: section.values.get(key) for key in wide_keys.get(table, ())}
    return Block(
        table=table,
        name=section.name,
        rows=read_filters(rows),
        rules=rules,
        scores=_read_scores(section, wide_section.get("scores"), targets, context),
        ratings=_read_ratings(section, wide_section.get("ratings"), targets, context),
        working_stage=(
            read_rule(
                f"{section.name} working_stage", targets["stage"],
                wide_section["working_stage"], context,
            )
            if wide_section.get("working_stage") is not None
            else None
        ),
        source=source,
    )  # fmt: skip


def _read_source(section: Section, contexts: Mapping[str, RuleContext]) -> str:
    if len(contexts) == 1 and "source" not in section.values:
        return next(iter(contexts))
    if "source" not in section.values:
        raise MappingError(
            f"{section.name} does not say which source its rows stand in. Write "
            f'source = "…", one of: {", ".join(contexts)}.'
        )
    return section.choice("source", contexts, "")


def _check_declared(table: str, section: Section, declared: list[str]) -> None:
    for key in section.values:
        if key.startswith("x_") and key not in declared:
            raise MappingError(
                f"{section.name} fills {key}, which is not declared.{suggest(key, declared)} "
                f'Add a section [extra.{key}] with table = "{table}", a type and a label.'
            )


def _unfilled(table: str, section: Section, name: str) -> str:
    example = f'{name} = "column of your export"'
    wide = {
        "instrument": ' (or scores = { nprs = "…", odi = "…" } where scores stand side by side)',
        "score": ' (or scores = { nprs = "…", odi = "…" } where scores stand side by side)',
        "stage": ' (or ratings = { 1 = "…", 2 = "…" } where ratings stand side by side)',
    }.get(name, "")
    return (
        f"{section.name} does not say how {name} is filled, and no row of {table} can stand "
        f"without it. Write {example}{wide}."
    )


def _read_scores(
    section: Section, written: object, targets: dict[str, Any], context: RuleContext
) -> tuple[tuple[str, ColumnRule], ...]:
    if written is None:
        return ()
    scores = Section.of(f"{section.name} scores", written)
    scores.check_keys(INSTRUMENTS)
    return tuple(
        (
            instrument,
            read_rule(
                f"{scores.name} {instrument}", targets["score"], rule, context,
                instrument=instrument,
            ),
        )
        for instrument, rule in scores.values.items()
    )  # fmt: skip


def _read_ratings(
    section: Section, written: object, targets: dict[str, Any], context: RuleContext
) -> tuple[tuple[int, ColumnRule], ...]:
    if written is None:
        return ()
    ratings = Section.of(f"{section.name} ratings", written)
    ratings.check_keys([str(stage) for stage in range(FIRST_STAGE, LAST_STAGE + 1)])
    return tuple(
        (int(stage), read_rule(f"{ratings.name} {stage}", targets["mastery_level"], rule, context))
        for stage, rule in ratings.values.items()
    )
