"""The command that checks records: what to mend, what is missing, and a page that shows it."""

from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from hinge_outcomes.cli.clinic import make_report, settings_for
from hinge_outcomes.cli.loads import FIX_LIST, private_folder
from hinge_outcomes.cli.screen import say, say_rows
from hinge_outcomes.cohort.findings import Findings
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.config import read_config
from hinge_outcomes.exceptions import ConfigError

REPORT = "data-quality"

_EXAMPLES = (
    "Example: hinge check records --no-page\n\n"
    "Example: hinge check clinic.duckdb --audience internal"
)


def add_check_command(app: typer.Typer) -> None:
    """Add the command ``check``.

    Parameters
    ----------
    app : Typer
        The application it joins.
    """
    app.command("check", epilog=_EXAMPLES)(_check)


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
        _conclude(findings, None, config.records)
    cohort = read_cohort(config.records)
    if cohort.is_deidentified or not cohort.n_episodes:
        say("There is no page: it needs the days of the clinic's own records.")
        _conclude(findings, None, config.records)
    if page:
        say("")
        parameters = settings_for(find_report(REPORT).names(), config)
        make_report(REPORT, config.records, parameters, config.out)
        if config.audience == "release":
            say("Small counts are hidden on the page; for your own desk: --audience internal")
    chosen = cohort.select(clinic_id=config.clinic) if config.clinic else cohort
    _conclude(findings, chosen, config.records)


def _conclude(findings: Findings, cohort: Cohort | None, records: Path) -> NoReturn:
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
    outside = _rows_outside(records)
    for sentence in answer.sentences():
        # Whoever reads "done" looks no further.
        if not (outside and answer.is_done and sentence == answer.verdict):
            say(sentence)
    if outside:
        say(f"Not done: {outside}")
    raise typer.Exit(0 if answer.is_done and not outside else 2)


def _rows_outside(records: Path) -> str:
    """Tell of rows that the newest load of a registry set aside: nothing in it can show them."""
    if not records.is_file():
        return ""
    from hinge_outcomes.cohort.registry_changes import registry_history

    history = registry_history(records)
    loads = history[(history["kind"] == "load") & history["holds"]]
    n_rows = 0 if loads.empty else int(loads["quarantined"].fillna(0).iloc[-1])
    if not n_rows:
        return ""
    noun = "row" if n_rows == 1 else "rows"
    fix_list = private_folder(records) / FIX_LIST
    where = f" Fix list: {fix_list}" if fix_list.exists() else ""
    return f"the newest load set {n_rows:,} {noun} aside, which these records do not hold.{where}"


def _written(path: Path | None) -> str | None:
    return None if path is None else str(path)
