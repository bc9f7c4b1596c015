"""The command that checks records: what to mend, what is missing, and a page that shows it."""

from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from hinge_outcomes.cli.clinic import make_report, settings_for
from hinge_outcomes.cli.screen import say, say_rows
from hinge_outcomes.cohort.findings import Findings
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.config import read_config
from hinge_outcomes.exceptions import ConfigError

REPORT = "data-quality"


def add_check_command(app: typer.Typer) -> None:
    """Add the command ``check``.

    Parameters
    ----------
    app : Typer
        The application it joins.
    """
    app.command("check", epilog="Example: hinge check records --no-page")(_check)


def _check(
    records: Annotated[
        Path | None, typer.Argument(help="Folder of the records, or registry.")
    ] = None,
    clinic: Annotated[str | None, typer.Option(help="Id of the clinic.")] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Make the page too.")] = True,
    audience: Annotated[
        Literal["release", "internal"] | None, typer.Option(help="release hides small counts.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the page.")] = None,
) -> None:
    """Find what is wrong, missing, late or odd in the records; exit 2 if something needs mending.

    The last line says whether the clinic is done. What the terminal shows is for the clinic's own
    desk; the page follows --audience.
    """
    config = read_config(
        flags={"cohort": _written(records), "clinic": clinic, "out": _written(out)}
        | {"audience": audience}
    )
    if config.records is None:
        raise ConfigError('Say which records: hinge check FOLDER, or cohort = "FOLDER".')
    from hinge_outcomes.cohort.storage import read_cohort, read_findings
    from hinge_outcomes.reporting.parameters import find_report

    findings = read_findings(config.records)
    say(findings.summary())
    if findings.errors:
        if page:
            say("The page is made of records without errors: mend these first.")
        _conclude(findings, None)
    cohort = read_cohort(config.records)
    if cohort.is_deidentified or not cohort.n_episodes:
        say("There is no page: it needs the days of the clinic's own records.")
        _conclude(findings, None)
    if page:
        say("")
        parameters = settings_for(find_report(REPORT).names(), config)
        make_report(REPORT, config.records, parameters, config.out)
    _conclude(findings, cohort.select(clinic_id=config.clinic) if config.clinic else cohort)


def _conclude(findings: Findings, cohort: Cohort | None) -> NoReturn:
    """Say how the records stand, the verdict last, and exit: 2 where something needs mending."""
    from hinge_outcomes.cohort.quality import describe_quality
    from hinge_outcomes.reporting.disclosure import Disclosure
    from hinge_outcomes.reporting.quality_answer import answer_quality
    from hinge_outcomes.reporting.quality_tables import completeness_table

    desk = Disclosure("internal")
    quality = None if cohort is None else describe_quality(cohort)
    if quality is not None:
        table = completeness_table(quality, desk)
        say("")
        say_rows([(row[0], row[2]) for row in table.rows], ("item", "there"))
    answer = answer_quality(findings, quality, desk)
    say("")
    for sentence in answer.sentences():
        say(sentence)
    raise typer.Exit(0 if answer.is_done else 2)


def _written(path: Path | None) -> str | None:
    return None if path is None else str(path)
