"""Commands for the clinic: report, ingest, check."""

import hashlib
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hinge_outcomes.cli.screen import follow_steps, say
from hinge_outcomes.cli.simulation import Format
from hinge_outcomes.config import Config, read_config
from hinge_outcomes.exceptions import ConfigError, DataError, ParameterError

Audience = Literal["release", "internal"]
Paper = Literal["a4", "letter"]


def add_clinic_commands(app: typer.Typer) -> None:
    """Add the clinic's commands.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    app.command("report", epilog="Example: hinge report --cohort records --clinic C01")(_report)
    app.command(
        "ingest", epilog="Example: hinge ingest export.csv --mapping clinic.toml --out records"
    )(_ingest)
    app.command("check", epilog="Example: hinge check records")(_check)


def _report(
    name: Annotated[str, typer.Argument(help="Which report.")] = "quarterly-outcomes",
    cohort: Annotated[Path | None, typer.Option(help="Folder of the records.")] = None,
    clinic: Annotated[str | None, typer.Option(help="Id of the clinic.")] = None,
    quarter: Annotated[
        str | None, typer.Option(help="As 2026Q3; the last complete one if not given.")
    ] = None,
    last_quarter: Annotated[
        bool, typer.Option("--last-quarter", help="The last complete quarter.")
    ] = False,
    audience: Annotated[Audience | None, typer.Option(help="release hides small counts.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the pages.")] = None,
    paper: Annotated[Paper | None, typer.Option(help="Paper of the PDF.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="name=value, for any other.")
    ] = None,
) -> None:
    """Render a report as a web page and a PDF."""
    if quarter is not None and last_quarter:
        raise typer.BadParameter("Give --quarter or --last-quarter, not both.")
    config = read_config(
        flags={
            "cohort": _written(cohort),
            "clinic": clinic,
            "out": _written(out),
            "audience": audience,
            "paper": paper,
        }
    )
    if config.cohort is None:
        raise ConfigError(
            'Say which records: --cohort FOLDER, or cohort = "FOLDER" in hinge.toml. '
            "`hinge demo` makes some up."
        )
    from hinge_outcomes.reporting.parameters import find_report

    parameters = settings_for(find_report(name).names(), config) | _pairs(parameter or [])
    if quarter is not None:
        parameters["quarter"] = _calendar(quarter, config)
    make_report(name, config.cohort, parameters, config.out)


def make_report(name: str, cohort: Path, parameters: dict[str, Any], out: Path) -> Path:
    """Render a report, showing how long each step took and where the pages are.

    Parameters
    ----------
    name : str
        The report.
    cohort : Path
        The folder of the records.
    parameters : dict
        What the report is asked.
    out : Path
        The folder for the pages.

    Returns
    -------
    Path
        The web page.
    """
    from hinge_outcomes.reporting.render import render_report

    with follow_steps() as step:
        report = render_report(name, cohort, parameters, out, progress=step)
    say("")
    for message in report.messages:
        say(message)
    for path in report.paths.values():
        say(str(path))
    return report.paths["html"]


def settings_for(names: tuple[str, ...], config: Config) -> dict[str, Any]:
    """Pick the settings that a report has a parameter for.

    Somebody who asks a report, by a flag, for what it does not have is told so; a setting that was
    written down for all reports is not an order to this one.

    Parameters
    ----------
    names : tuple of str
        The report's parameters.
    config : Config
        The settings in force.

    Returns
    -------
    dict
        Values by the name of the parameter.
    """
    clinic = config.clinic
    origins = config.origins
    asked = {
        "clinic_id": (clinic, origins["clinic"]),
        "clinic_name": (config.clinic_names.get(clinic or ""), "file"),
        "audience": (config.audience, origins["audience"]),
        "paper": (config.paper, origins["paper"]),
    }
    return {
        name: value
        for name, (value, origin) in asked.items()
        if value is not None and (name in names or origin.startswith("--"))
    }


def _calendar(quarter: str, config: Config) -> str:
    try:
        return config.calendar_quarter(quarter)
    except DataError as error:
        raise ParameterError(f"The parameter quarter: {error}") from None


def _pairs(written: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ParameterError(f"-p {text!r} is not understood. Write name=value, as -p stage=4.")
        if name.strip() in pairs:
            raise ParameterError(f"-p {name.strip()} is given twice. Give it once.")
        pairs[name.strip()] = value.strip()
    return pairs


def _ingest(
    source: Annotated[Path | None, typer.Argument(help="The export, a CSV file.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="TOML file: what it means.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the cohort.")] = None,
    format: Annotated[Format, typer.Option(help="How tables are stored.")] = "parquet",
    quarantine: Annotated[
        Path | None, typer.Option(help="File for rows set aside; else a private folder.")
    ] = None,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Write although a fifth or more is set aside.")
    ] = False,
) -> None:
    """Read a clinic's export into a cohort, setting aside what cannot be read."""
    from hinge_outcomes.cohort.storage import write_cohort
    from hinge_outcomes.ingestion.intake import ingest

    config = read_config(
        flags={
            "ingest.source": _written(source),
            "ingest.mapping": _written(mapping),
            "cohort": _written(out),
        }
    )
    if config.ingest_source is None or config.ingest_mapping is None or config.cohort is None:
        raise ConfigError(
            "Say which export, by which mapping and into which folder: hinge ingest EXPORT "
            "--mapping MAPPING --out FOLDER; or source and mapping under [ingest] and cohort in "
            "hinge.toml."
        )
    with follow_steps() as step:
        step("Read the export")
        intake = ingest(config.ingest_source, mapping=config.ingest_mapping)
        if not intake.account.accepted:
            raise DataError(f"No row could enter, so nothing was written.\n{intake.summary()}")
        set_aside = intake.account.quarantined
        if set_aside >= MOST_SET_ASIDE * intake.account.read and not accept_loss:
            raise DataError(
                f"{set_aside:,} of {intake.account.read:,} rows would be set aside, so nothing was "
                "written. Often a date format or a code is missing in the mapping. Mend it, or "
                f"repeat with --accept-loss.\n{intake.summary()}"
            )
        step("Write the cohort")
        folder = write_cohort(intake.cohort, config.cohort, format=format)
        private = quarantine or private_file(config.cohort)
        if len(intake.quarantine):
            if quarantine is None:
                _make_private(private.parent)
            intake.write_quarantine(private)
        elif quarantine is None:
            private.unlink(missing_ok=True)  # what an earlier intake of this cohort set aside
    say("")
    say(intake.summary())
    say(f"Cohort: {folder}")
    if len(intake.quarantine):
        say(f"Rows set aside, with patients' values, for your eyes only: {private}")


MOST_SET_ASIDE = 0.2
"""An export of which this share cannot be read is more likely misread than bad."""


def private_file(cohort: Path) -> Path:
    """Name the file in the user's own folder that keeps a cohort's rows set aside.

    Parameters
    ----------
    cohort : Path
        The cohort's folder.

    Returns
    -------
    Path
        A CSV file in a folder that only its owner can enter.
    """
    from platformdirs import user_data_path

    # Two cohorts may have folders of the same name in different places.
    place = hashlib.sha256(str(cohort.resolve()).encode()).hexdigest()[:8]
    folder = user_data_path("hinge-outcomes", appauthor=False) / "quarantine"
    return folder / f"{cohort.resolve().name}-{place}.csv"


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        folder.chmod(0o700)  # on Windows a user's profile is private as it is


def _check(
    cohort: Annotated[Path | None, typer.Argument(help="Folder of the records.")] = None,
) -> None:
    """Find everything wrong with a cohort's tables, by row and column; exit 2 on errors."""
    from hinge_outcomes.cohort.storage import read_findings

    config = read_config(flags={"cohort": _written(cohort)})
    if config.cohort is None:
        raise ConfigError('Say which records: hinge check FOLDER, or cohort = "FOLDER".')
    findings = read_findings(config.cohort)
    say(findings.summary())
    if findings.errors:
        raise typer.Exit(2)


def _written(path: Path | None) -> str | None:
    return None if path is None else str(path)
