"""Commands for the mapping: draft one from exports, and check what one would do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hinge_outcomes.cli.loads import late_dates, quoted
from hinge_outcomes.cli.screen import say, say_rows
from hinge_outcomes.exceptions import DataError

if TYPE_CHECKING:
    from hinge_outcomes.ingestion.column_rules import ColumnRule
    from hinge_outcomes.ingestion.mapping import Mapping

Exports = Annotated[list[Path], typer.Argument(help="The exports: files, or a folder.")]


def add_mapping_commands(app: typer.Typer) -> None:
    """Add the commands that draft and check a mapping.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    mapping = typer.Typer(
        help="Say what an export means.",
        epilog="Example: hinge mapping draft visits.csv scores.csv",
        no_args_is_help=True,
    )
    mapping.command("draft", epilog="Example: hinge mapping draft visits.csv scores.csv")(_draft)
    mapping.command("check", epilog="Example: hinge mapping check clinic.toml visits.csv")(_check)
    app.add_typer(mapping, name="mapping")


def _draft(
    exports: Exports,
    out: Annotated[Path, typer.Option(help="File for the draft.")] = Path("mapping-draft.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace an older file.")] = False,
) -> None:
    """Propose a mapping from headers and values, with every guess marked and every doubt asked."""
    from hinge_outcomes.cohort.atomic_files import write_whole
    from hinge_outcomes.ingestion.draft import draft_mapping

    if out.exists() and not force:
        raise DataError(
            f"{out.name} exists already and may hold your answers, so it is not replaced. Name "
            "another file with --out, or replace it with --force."
        )
    draft = draft_mapping(exports)
    # The codes of an export stand in it, so it is the owner's alone.
    write_whole(out, draft.text, is_private=True)
    rows: list[tuple[str, ...]] = [
        (row.file, row.column, row.fills or "left out", row.why)
        for row in draft.table().itertuples(index=False)
    ]
    say_rows(rows, ("file", "column", "fills", "why"))
    say("")
    for number, question in enumerate(draft.asks, start=1):
        say(f"{number}. {question}")
    say("")
    say(draft.summary())
    say(f"Draft: {out}. When it is answered: hinge mapping check {out} EXPORT")


def _check(
    mapping: Annotated[Path, typer.Argument(help="TOML file: what the exports mean.")],
    exports: Annotated[list[Path] | None, typer.Argument(help="The exports, if at hand.")] = None,
) -> None:
    """Tell what a mapping would do, and write nothing; exit 2 if a row would be set aside."""
    from hinge_outcomes.ingestion.door import ingest
    from hinge_outcomes.ingestion.mapping import Mapping

    plan = Mapping.read(mapping)
    say_rows(_rules(plan), ("table", "column", "filled from", "how"))
    if not exports:
        say("")
        say("The mapping can be meant. Name the exports as well to see what it makes of them.")
        return
    intake = ingest(exports, mapping=plan)
    say("")
    told = intake.findings.table()
    if len(told):
        counts = told.groupby(["severity", "column", "rule", "action"], sort=True).size()
        rows = [(*map(str, key), f"{count:,}") for key, count in counts.items()]
        say_rows(rows, ("severity", "column", "finding", "what would be done", "cells"))
        say("")
    say(intake.summary())
    if late := late_dates(intake):
        say(late.rstrip())
    if intake.account.quarantined:
        say(
            "Where a code, a date format or a column is misunderstood, mend the mapping. Cells "
            "that are wrong in the export may stay: loading it writes a fix list that names each."
        )
    named = " ".join(quoted(str(export)) for export in exports)
    say(f"Nothing was written. To load: hinge ingest {named} --mapping {mapping} --registry FILE")
    if intake.account.quarantined or not intake.account.accepted:
        raise typer.Exit(2)


def _rules(plan: "Mapping") -> list[tuple[str, ...]]:
    """List how each column is filled."""
    rows: list[tuple[str, ...]] = []
    for block in plan.blocks:
        named = [(rule.target.name, rule) for rule in block.rules]
        named += [(f"score of {instrument}", rule) for instrument, rule in block.scores]
        named += [(f"rating of stage {stage}", rule) for stage, rule in block.ratings]
        if block.working_stage:
            named.append(("working stage", block.working_stage))
        where = f"{block.table} ({block.source})" if block.source else block.table
        rows += [(where, name, *_way(rule)) for name, rule in named]
    return rows


def _way(rule: "ColumnRule") -> tuple[str, str]:
    if rule.kind == "constant":
        return "the mapping", f"always {rule.constant}"
    how = {
        "column": "as it stands",
        "days_from_start": "days from the start of the episode",
        "start_year_minus": "year of the start minus an age",
        "year_of": "year of a date",
        "join": "joined",
        "episode_of": "the patient's episode at that time",
        "items": "scored from its items",
    }[rule.kind]
    if rule.codes is not None:
        how = f"by [codes.{rule.codes_name}]"
    if rule.date_formats:
        how += f", {' or '.join(rule.date_formats)}"
    if rule.factor != 1.0:
        how += f", times {rule.factor:g}"
    return ", ".join(rule.columns), how
