"""The command that gives records to other programs and other people: export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hinge_outcomes.cli.screen import follow_steps, say
from hinge_outcomes.config import read_config
from hinge_outcomes.exceptions import ConfigError, DataError

if TYPE_CHECKING:
    from hinge_outcomes.cohort.frames import Cohort

ExportFormat = Literal["parquet", "csv", "xlsx", "adam", "xpt"]

_EXAMPLES = """Examples:

hinge export records --format xlsx --out for-excel

hinge export clinic.duckdb --format xpt --study-id BACK01 --out for-sas

hinge export records --deidentified --leave-out --format csv --out for-release
"""


def add_export_command(app: typer.Typer) -> None:
    """Add the command that writes records for other programs.

    Parameters
    ----------
    app : Typer
        The application it joins.
    """
    app.command("export", epilog=_EXAMPLES)(_export)


def _export(
    source: Annotated[
        Path | None, typer.Argument(help="Folder of the records, or a registry.")
    ] = None,
    format: Annotated[
        ExportFormat,
        typer.Option(help="adam and xpt are CDISC ADaM, as Parquet or for SAS."),
    ] = "parquet",
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("export"),
    deidentified: Annotated[
        bool, typer.Option("--deidentified", help="Years instead of dates, new ids, no text.")
    ] = False,
    keep_clinics: Annotated[
        bool, typer.Option("--keep-clinics", help="With --deidentified: clinics keep their names.")
    ] = False,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="With --deidentified: without those who stand out.")
    ] = False,
    accept_risk: Annotated[
        bool, typer.Option("--accept-risk", help="With --deidentified: write although unsafe.")
    ] = False,
    study_id: Annotated[str, typer.Option(help="STUDYID of adam and xpt.")] = "HINGE",
) -> None:
    """Write records for another program; with --deidentified, for other people."""
    from hinge_outcomes.cohort.exports import write_export

    if (keep_clinics or leave_out or accept_risk) and not deidentified:
        raise ConfigError("--keep-clinics, --leave-out and --accept-risk need --deidentified.")
    config = read_config(flags={"cohort": None if source is None else str(source)})
    if config.records is None:
        raise ConfigError('Say which records: hinge export FOLDER, or cohort = "FOLDER".')
    with follow_steps() as step:
        step("Read the records")
        cohort = _read(config.records)
        if deidentified:
            step("Take out what identifies")
            cohort = _released(cohort, keep_clinics, leave_out, accept_risk)
        step("Write the export")
        folder = write_export(cohort, out, format=format, study_id=study_id)
    say(f"{cohort.n_episodes:,} episodes of {cohort.n_patients:,} patients: {folder}")
    if not deidentified and not cohort.is_deidentified:
        say("It holds dates and the clinic's own ids: not for release. See --deidentified.")


def _read(source: Path) -> "Cohort":
    if source.is_file():
        from hinge_outcomes.cohort.registry import read_registry

        return read_registry(source)
    from hinge_outcomes.cohort.storage import read_cohort

    return read_cohort(source)


def _released(cohort: "Cohort", keep_clinics: bool, leave_out: bool, accept_risk: bool) -> "Cohort":
    from hinge_outcomes.cohort.deidentified import deidentify
    from hinge_outcomes.cohort.release_risk import validate_release

    released = deidentify(cohort, keep_clinics=keep_clinics)
    risk = validate_release(released)
    if leave_out and risk.rows:
        n_left_out = len(risk.rows)
        released = risk.drop_from(released)
        risk = validate_release(released)
        say(f"{n_left_out:,} episodes that stand out were left out: no random sample is left.")
    if not risk.is_safe and not accept_risk:
        raise DataError(
            f"{risk.summary()}\nNothing was written. Repeat with --leave-out to write the others, "
            "or with --accept-risk if a contract protects the records."
        )
    say(risk.summary())
    return released
