"""Commands for what a clinic records from now on: a workbook, a REDCap project, a paper form."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hinge_outcomes.cli.screen import say
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.config import Config, read_config
from hinge_outcomes.exceptions import ConfigError

ClinicOption = Annotated[str | None, typer.Option(help="Id of the clinic.")]
RecordsOption = Annotated[
    Path | None, typer.Option("--from", help="Folder of records, or registry, to begin with.")
]


def add_capture_commands(app: typer.Typer) -> None:
    """Add the commands that make a capture kit.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    capture = typer.Typer(
        help="Make what stages and visits are recorded on from now on.",
        epilog="Example: hinge capture xlsx --clinic C01",
        no_args_is_help=True,
    )
    capture.command("xlsx", epilog="Example: hinge capture xlsx --clinic C01 --clinician A")(_xlsx)
    capture.command("redcap", epilog="Example: hinge capture redcap --out redcap-kit")(_redcap)
    capture.command("paper", epilog="Example: hinge capture paper --paper letter")(_paper)
    app.add_typer(capture, name="capture")


def _xlsx(
    clinic: ClinicOption = None,
    name: Annotated[str | None, typer.Option(help="What readers call the clinic.")] = None,
    clinician: Annotated[
        list[str] | None, typer.Option("--clinician", help="Letter or initials; repeat for each.")
    ] = None,
    records: RecordsOption = None,
    out: Annotated[Path | None, typer.Option(help="File to write.")] = None,
) -> None:
    """Make a workbook with drop-downs: one row per visit."""
    from hinge_outcomes.ingestion.capture_sheet import write_capture_workbook

    config = read_config(flags={"clinic": clinic})
    if config.clinic is None:
        raise ConfigError('Say which clinic: --clinic C01, or clinic = "C01" in hinge.toml.')
    cohort = _read_records(records)
    path = write_capture_workbook(
        out or Path(f"hinge-records-{_plain(config.clinic)}.xlsx"),
        clinic_id=config.clinic,
        clinic_name=_name(config, name),
        clinicians=clinician or [],
        cohort=None if cohort is None else cohort.select(clinic_id=config.clinic),
    )
    say(f"Workbook: {path}")
    if records is not None and records.is_file():
        say(
            "The registry knows pseudonyms alone, so the workbook's numbers are pseudonyms. To see "
            "your own, begin with a folder: hinge ingest EXPORT --out FOLDER."
        )
    say(f"Once it is filled in: hinge ingest {path.name} --registry clinic.duckdb")


def _redcap(
    records: RecordsOption = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("hinge-redcap"),
) -> None:
    """Make a REDCap data dictionary, with the steps to set it up."""
    from hinge_outcomes.ingestion.capture_redcap import write_capture_redcap

    config = read_config(flags={})
    names = dict(config.clinic_names)
    if config.clinic is not None:
        names.setdefault(config.clinic, config.clinic)
    for path in write_capture_redcap(out, clinic_names=names, cohort=_read_records(records)):
        say(str(path))
    say(f"Follow the steps in {out / 'setup.txt'}, which end with the command that reads it.")


def _paper(
    name: Annotated[str | None, typer.Option(help="What readers call the clinic.")] = None,
    paper: Annotated[Literal["a4", "letter"] | None, typer.Option(help="Size of the page.")] = None,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("hinge-record.pdf"),
) -> None:
    """Make a form to print: one sheet per course of care."""
    from hinge_outcomes.ingestion.capture_paper import write_capture_paper

    config = read_config(flags={"paper": paper})
    heading = _name(config, name) or config.clinic or ""
    path = write_capture_paper(out, clinic_name=heading, paper=config.paper)
    say(f"Form: {path}")


def _read_records(folder: Path | None) -> Cohort | None:
    from hinge_outcomes.cohort.storage import read_cohort

    return None if folder is None else read_cohort(folder)


def _name(config: Config, given: str | None) -> str:
    return given or config.clinic_names.get(config.clinic or "", "")


def _plain(clinic: str) -> str:
    """Keep of an id what a file name may hold on every system."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in clinic)
