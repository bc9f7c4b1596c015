"""The command that renders a report."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hinge_outcomes.cli.screen import follow_steps, say
from hinge_outcomes.config import Config, read_config
from hinge_outcomes.exceptions import ConfigError, DataError, ParameterError

Audience = Literal["release", "internal"]
Paper = Literal["a4", "letter"]


_EXAMPLES = (
    "Example: hinge report --cohort records --clinic C01\n\n"
    "Example: hinge report --registry clinic.duckdb --last-quarter"
)


def add_clinic_commands(app: typer.Typer) -> None:
    """Add the clinic's commands.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    app.command("report", epilog=_EXAMPLES)(_report)


def _report(
    name: Annotated[str, typer.Argument(help="Which report.")] = "quarterly-outcomes",
    cohort: Annotated[
        Path | None, typer.Option(help="Folder of the records, or a registry.")
    ] = None,
    registry: Annotated[
        Path | None, typer.Option(help="Registry of the records, a .duckdb file.")
    ] = None,
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
    if cohort is not None and registry is not None:
        raise typer.BadParameter("Give --cohort or --registry, not both.")
    config = read_config(
        flags={
            "cohort": _written(cohort or registry),
            "clinic": clinic,
            "out": _written(out),
            "audience": audience,
            "paper": paper,
        }
    )
    if config.records is None:
        raise ConfigError(
            'Say which records: --cohort FOLDER or --registry FILE, or cohort = "FOLDER" in '
            "hinge.toml. `hinge demo` makes some up."
        )
    from hinge_outcomes.reporting.parameters import find_report

    parameters = settings_for(find_report(name).names(), config) | _pairs(parameter or [])
    if quarter is not None:
        parameters["quarter"] = _calendar(quarter, config)
    make_report(name, config.records, parameters, config.out)


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


def _written(path: Path | None) -> str | None:
    return None if path is None else str(path)
