"""Commands for the registry: its history, what a load changed, undo, redo and copies."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from hinge_outcomes.cli.screen import follow_steps, say, say_rows
from hinge_outcomes.config import read_config
from hinge_outcomes.exceptions import ConfigError

RegistryFile = Annotated[
    Path | None, typer.Option("--registry", help="The registry; else as hinge.toml says.")
]
SharedDrive = Annotated[
    bool, typer.Option("--shared-drive", help="Write although the drive is shared or synced.")
]


_CALLED = {"quarantined": "set_aside", "inserted": "added", "replaced": "corrected"}
"""Columns of the history that other commands call otherwise."""


def add_registry_commands(app: typer.Typer) -> None:
    """Add the commands for the registry.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    registry = typer.Typer(
        help="The registry that every load of records adds to.",
        epilog="Example: hinge registry history --registry clinic.duckdb",
        no_args_is_help=True,
    )
    for name, command, example in (
        ("history", _history, "history --registry clinic.duckdb"),
        ("diff", _diff, "diff --registry clinic.duckdb --from 2 --to 3"),
        ("undo", _undo, "undo --registry clinic.duckdb"),
        ("redo", _redo, "redo --registry clinic.duckdb"),
        ("backup", _backup, "backup /media/stick --registry clinic.duckdb"),
    ):
        registry.command(name, epilog=f"Example: hinge registry {example}")(command)
    app.add_typer(registry, name="registry")


def _history(registry: RegistryFile = None) -> None:
    """List every load: when, which files, how many rows, and whether it was undone."""
    from hinge_outcomes.cohort.registry_changes import registry_history

    history = registry_history(_chosen(registry))
    shown = history.assign(
        loaded_at=history["loaded_at"]
        .dt.tz_localize("UTC")
        .dt.tz_convert(_here())
        .dt.strftime("%Y-%m-%d %H:%M"),
        holds=history["holds"].map({True: "yes", False: "no"}).where(history["kind"] == "load", ""),
    )
    shown = shown.rename(columns=_CALLED)
    wide = (
        "restores", "mapping", "whole", "n_findings", "read", "excluded", "duplicate", "unchanged"
    )  # fmt: skip
    say_rows(_cells(shown), tuple(shown.columns), wide_only=wide)


def _diff(
    registry: RegistryFile = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Load, date or time; else the load before --to."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Load, date or time; else the newest.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for one CSV file per table, with the keys.")
    ] = None,
) -> None:
    """Count the rows added, corrected and retired between two states."""
    from hinge_outcomes.cohort.atomic_files import write_all_whole
    from hinge_outcomes.cohort.registry_changes import registry_diff

    diff = registry_diff(_chosen(registry), start, end)
    table = diff.table()
    say_rows(_cells(table), tuple(table.columns))
    say(diff.summary())
    if out is not None:
        from hinge_outcomes.cohort.storage import csv_text

        texts: dict[Path, bytes | str] = {
            out / f"{name}.csv": csv_text(frame) for name, frame in diff.changes.items()
        }
        write_all_whole(texts, is_private=True)
        say(f"What differs, row by row, for your eyes only: {out}")


def _undo(registry: RegistryFile = None, shared_drive: SharedDrive = False) -> None:
    """Undo the newest load; the history stays, and `hinge registry redo` does it again."""
    from hinge_outcomes.cohort.registry_undo import undo_load

    with follow_steps() as step:
        step("Bring the earlier state back")
        done = undo_load(_chosen(registry), allow_shared=shared_drive)
    say(done.summary())


def _redo(registry: RegistryFile = None, shared_drive: SharedDrive = False) -> None:
    """Do again the load that was undone last."""
    from hinge_outcomes.cohort.registry_undo import redo_load

    with follow_steps() as step:
        step("Bring the later state back")
        done = redo_load(_chosen(registry), allow_shared=shared_drive)
    say(done.summary())


def _backup(
    target: Annotated[Path, typer.Argument(help="New file, or a folder for it.")],
    registry: RegistryFile = None,
) -> None:
    """Copy the registry, even during a load, and read the copy back before it counts."""
    from hinge_outcomes.cohort.registry_backup import backup_registry

    source = _chosen(registry)
    with follow_steps() as step:
        step("Copy the registry and compare")
        copy = backup_registry(source, _place_for(source, target))
    say(f"Copy: {copy}")


def _place_for(source: Path, target: Path) -> Path:
    """Make the folder that is meant, and give today's copy a name beside an older one."""
    if target.suffix or target.is_file():
        return target
    target.mkdir(parents=True, exist_ok=True)
    copy = target / source.name
    today = dt.datetime.now().astimezone().date()
    return copy.with_stem(f"{source.stem}-{today}") if copy.exists() else copy


def _chosen(registry: Path | None) -> Path:
    flags = {"registry": None if registry is None else str(registry)}
    chosen = read_config(flags=flags).registry
    if chosen is None:
        raise ConfigError(
            'Say which registry: --registry FILE, or registry = "FILE" in hinge.toml.'
        )
    return chosen


def _here() -> dt.tzinfo | None:
    return dt.datetime.now().astimezone().tzinfo


def _cells(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return [
        tuple("" if pd.isna(cell) else str(cell) for cell in row)
        for row in frame.itertuples(index=False)
    ]
