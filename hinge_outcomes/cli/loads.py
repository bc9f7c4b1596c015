"""The command that takes exports in: into a registry or a folder, setting aside what is wrong."""

import datetime as dt
import hashlib
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from hinge_outcomes.cli.screen import follow_steps, say
from hinge_outcomes.cli.simulation import Format
from hinge_outcomes.cohort.private_files import make_private_folder
from hinge_outcomes.config import Config, read_config
from hinge_outcomes.exceptions import ConfigError, DataError

MOST_SET_ASIDE = 0.2
"""An export of which this share cannot be read is more likely misread than bad."""

FIX_LIST = "fix list.xlsx"
"""Name of the fix list in the private folder."""

_LATE = ("after_data_cut", "assessment_after_cut", "outcome_after_cut", "visit_after_cut")
"""Rules that many right dates break where the mapping still names last quarter's data cut."""

_EXAMPLE = "Example: hinge ingest exports --mapping clinic.toml --registry clinic.duckdb"


def add_ingest_command(app: typer.Typer) -> None:
    """Add the command ``ingest``.

    Parameters
    ----------
    app : Typer
        The application it joins.
    """
    app.command("ingest", epilog=_EXAMPLE)(_ingest)


def _ingest(
    source: Annotated[
        list[Path] | None, typer.Argument(help="The export: a file, several, or their folder.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="TOML file: what it means. A capture kit needs none.")
    ] = None,
    registry: Annotated[
        Path | None, typer.Option(help="Registry that grows with every load, a .duckdb file.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a cohort of this load alone.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How a folder's tables are stored.")] = "parquet",
    corrections: Annotated[
        list[Path] | None, typer.Option(help="Fix list with its last column filled in.")
    ] = None,
    fix_list: Annotated[
        Path | None, typer.Option(help="File for the fix list; else a private folder.")
    ] = None,
    quarantine: Annotated[
        Path | None, typer.Option(help="File for rows set aside; else a private folder.")
    ] = None,
    data_cut: Annotated[
        str | None, typer.Option(help="Day the export is complete to; else as the mapping says.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="The export is all its clinics have: retire the rest.")
    ] = False,
    older: Annotated[
        bool, typer.Option("--older", help="Load although the registry knows a later data cut.")
    ] = False,
    shared_drive: Annotated[
        bool, typer.Option("--shared-drive", help="Write a registry on a network or synced drive.")
    ] = False,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Write although a fifth or more is set aside.")
    ] = False,
) -> None:
    """Read a clinic's exports, setting aside what cannot be read; nothing is lost.

    Into a registry a load goes whole or not at all; loaded again, nothing changes, and corrected
    rows replace the old ones. The ids in it become pseudonyms by this computer's key. The last line
    says whether anything is left to mend.
    """
    from hinge_outcomes.ingestion.door import find_mapping

    config = read_config(
        flags={
            "ingest.mapping": None if mapping is None else str(mapping),
            "registry": None if registry is None else str(registry),
            "cohort": None if out is None else str(out),
        }
    )
    exports = source or ([] if config.ingest_source is None else [config.ingest_source])
    target = _target(config, is_folder=out is not None)
    if not exports or target is None:
        raise ConfigError(
            "Say which export, and where to: hinge ingest EXPORT --mapping MAPPING --registry "
            "FILE, or --out FOLDER for a cohort of this load alone; or source and mapping under "
            "[ingest] and registry in hinge.toml."
        )
    plan = find_mapping(exports[0] if len(exports) == 1 else exports, config.ingest_mapping)
    if data_cut is not None:
        plan = replace(plan, data_cut=_day(data_cut))
    private = private_folder(target)
    with follow_steps() as step:
        arguments: dict[str, Any] = {
            "export": exports[0] if len(exports) == 1 else exports,
            "mapping": plan,
            "corrections": corrections or [],
            "progress": step,
        }
        files = (fix_list or private / FIX_LIST, quarantine or private / "set aside.csv")
        if target == config.registry:
            options = {"whole": whole, "older": older, "shared_drive": shared_drive}
            intake, done = _into_registry(target, arguments, files, accept_loss, options)
        else:
            intake, done = _into_folder(target, arguments, files, accept_loss, format)
    say("")
    say(intake.summary())
    say(done)
    _conclude(intake, files, _command(exports, config, target, data_cut))


def _day(written: str) -> dt.date:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        raise ConfigError(
            f"--data-cut {written} is no date. Write it as 2026-09-30: year, month, day."
        ) from None


def _command(exports: list[Path], config: Config, target: Path, data_cut: str | None) -> str:
    """Write the command that loads the same again, ready to be copied."""
    words = ["hinge", "ingest", *map(str, exports)]
    if config.ingest_mapping is not None:
        words += ["--mapping", str(config.ingest_mapping)]
    words += ["--registry" if target == config.registry else "--out", str(target)]
    words += [] if data_cut is None else ["--data-cut", data_cut]
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """Write a word of a command so that a shell takes it as one.

    Parameters
    ----------
    word : str
        A file name or an option.

    Returns
    -------
    str
        In quotation marks where it holds a blank.
    """
    return f'"{word}"' if " " in word else word


def _target(config: Config, *, is_folder: bool) -> Path | None:
    """A folder named on the command line is meant; else the registry, where there is one."""
    if is_folder or config.registry is None:
        return config.cohort
    return config.registry


def _into_folder(
    target: Path, arguments: dict[str, Any], files: tuple[Path, Path], accept_loss: bool, form: str
) -> tuple[Any, str]:
    from hinge_outcomes.cohort.storage import write_cohort
    from hinge_outcomes.ingestion.door import ingest

    intake = ingest(arguments.pop("export"), **arguments)
    _keep_private(intake, files, arguments["corrections"])
    _check_loss(intake, accept_loss, files)
    arguments["progress"]("Write the cohort")
    return intake, f"Cohort: {write_cohort(intake.cohort, target, format=form)}"


def _into_registry(
    target: Path,
    arguments: dict[str, Any],
    files: tuple[Path, Path],
    accept_loss: bool,
    options: dict[str, bool],
) -> tuple[Any, str]:
    from hinge_outcomes.cohort.registry import open_registry
    from hinge_outcomes.cohort.registry_known import read_known
    from hinge_outcomes.ingestion.door import ingest

    plan = arguments["mapping"]
    is_whole = options["whole"]
    if is_whole and plan.continues:
        raise ConfigError(
            "The mapping says that the export continues what the registry knows, and --whole that "
            "it is all its clinics have. Leave out one of the two."
        )
    key = None if plan.keeps_ids else _key(target)
    with open_registry(
        target,
        create=True,
        key_fingerprint=None if key is None else key.fingerprint,
        allow_shared=options["shared_drive"],
    ) as registry:
        intake = ingest(
            arguments["export"],
            mapping=plan,
            corrections=arguments["corrections"],
            key=key,
            # What is joined to what is known retires nothing of it.
            known=None if is_whole else read_known(target),
            progress=arguments["progress"],
        )
        _keep_private(intake, files, arguments["corrections"])
        _check_loss(intake, accept_loss, files)
        if is_whole and intake.account.quarantined:
            raise DataError(
                f"{intake.account.quarantined:,} rows are set aside, and --whole would retire the "
                "courses of care they speak of, so nothing was changed. Mend them first, or load "
                f"without --whole.\nWhat to do, cell by cell: {files[0]}"
            )
        loaded = registry.load_tables(
            intake.tables,
            intake.facts,
            files=intake.files,
            account=intake.account.as_dict(),
            n_findings=len(intake.findings),
            mapping=plan.name,
            mapping_sha256=intake.meaning,
            whole="clinics" if is_whole else "episodes",
            force=options["older"],
            progress=arguments["progress"],
        )
    return intake, f"{loaded.summary()}\nRegistry: {target}"


def _key(registry: Path) -> Any:
    """The key of this computer; a new one is made only for a new registry."""
    from hinge_outcomes.cohort.secret_key import find_key, make_key

    key = find_key()
    if key is None and not registry.exists():
        key = make_key()
        say("A key for pseudonyms was made. Keep a copy away from the data: hinge key backup FILE")
    if key is None:
        raise ConfigError(
            f"The registry {registry.name} holds pseudonyms, and this computer has no key. Bring "
            "it back with `hinge key restore FILE`, the file that `hinge key backup` made on the "
            "old computer; with a new key every patient would be counted twice."
        )
    return key


def _keep_private(intake: Any, files: tuple[Path, Path], corrections: list[Path]) -> None:
    """Keep the fix list and the rows set aside where only their owner can read them."""
    fix_list, quarantine = files
    _keep_answers(fix_list, corrections)
    for path, is_needed, write in (
        (fix_list, len(intake.fixes) + len(intake.answers), intake.write_fix_list),
        (quarantine, len(intake.quarantine), intake.write_quarantine),
    ):
        if is_needed:
            make_private_folder(path.parent)
            write(path)
        else:
            path.unlink(missing_ok=True)  # what an earlier load left to mend


def _keep_answers(fix_list: Path, corrections: list[Path]) -> None:
    """Keep a list that was filled in and not loaded: the next one must not replace it."""
    from hinge_outcomes.ingestion.corrections import read_corrections

    if not fix_list.exists():
        return
    try:
        answers = read_corrections(fix_list).cells
    except DataError:
        return  # nothing that somebody wrote into a fix list
    given = {
        key: value for path in corrections for key, value in read_corrections(path).cells.items()
    }
    if answers.items() <= given.items():
        return
    names = (f"{fix_list.stem} kept {n}{fix_list.suffix}" for n in itertools.count(1))
    kept = next(path for path in map(fix_list.with_name, names) if not path.exists())
    fix_list.rename(kept)
    say(f"The last fix list holds answers that this load was not given, so it is kept: {kept}")


def _check_loss(intake: Any, accept_loss: bool, files: tuple[Path, Path]) -> None:
    account = intake.account
    if not account.accepted and account.duplicate + account.excluded < account.read:
        raise DataError(
            f"No row could enter, so nothing was written.\n{intake.summary()}\n"
            f"What to do, cell by cell: {files[0]}"
        )
    if account.quarantined >= MOST_SET_ASIDE * account.read and not accept_loss:
        raise DataError(
            f"{account.quarantined:,} of {account.read:,} rows would be set aside, so nothing was "
            "written. Often a date format or a code is missing in the mapping. Mend it, or "
            f"repeat with --accept-loss.\n{intake.summary()}\n{late_dates(intake)}"
            f"What to do, cell by cell: {files[0]}"
        )


def late_dates(intake: Any) -> str:
    """Ask about the data cut where rows are dated after it: last quarter's may still be named.

    Parameters
    ----------
    intake : Intake
        What was read.

    Returns
    -------
    str
        A line, or nothing where no row is late.
    """
    table = intake.findings.table()
    n_late = len(table.loc[table["rule"].isin(_LATE), ["file", "line"]].drop_duplicates())
    cut = intake.facts["data_cut"]
    if not n_late:
        return ""
    day = f"{cut}" if isinstance(cut, dt.date) else "the data cut of their clinic"
    return (
        f"Dated after {day}, up to which the mapping says the export is complete: {n_late:,} "
        "rows. If this export is a later one, mend no cell: load it with --data-cut and its day.\n"
    )


def _conclude(intake: Any, files: tuple[Path, Path], command: str) -> None:
    """Say where the lists are, and in the last line whether anything is left to do."""
    n_fixes = len(intake.fixes)
    if len(intake.quarantine):
        say(f"Rows set aside, with patients' values, for your eyes only: {files[1]}")
    if not n_fixes:
        say("Done: nothing in this export needs mending.")
        return
    noun = "cell" if n_fixes == 1 else "cells"
    say(f"Fix list, one sentence a cell, for your eyes only: {files[0]}")
    if late := late_dates(intake):
        say(late.rstrip())
    say(f"Load again, once it is filled in: {command} --corrections {quoted(str(files[0]))}")
    say(
        f"Not done: {n_fixes:,} {noun} to look at. Fill in the last column of the fix list and "
        "load again with --corrections, or mend the export and load it again."
    )


def private_folder(target: Path) -> Path:
    """Name the folder in the user's own that keeps what a cohort's loads set aside.

    Parameters
    ----------
    target : Path
        The cohort's folder, or the registry.

    Returns
    -------
    Path
        A folder that only its owner can enter.
    """
    from platformdirs import user_data_path

    # Two cohorts may have folders of the same name in different places.
    place = hashlib.sha256(str(target.resolve()).encode()).hexdigest()[:8]
    folder = user_data_path("hinge-outcomes", appauthor=False) / "quarantine"
    return folder / f"{target.resolve().name}-{place}"
