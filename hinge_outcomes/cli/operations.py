"""Commands to try and to look after an installation: demo, config show."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

import hinge_outcomes
from hinge_outcomes.cli.clinic import make_report
from hinge_outcomes.cli.screen import follow_steps, say, say_rows
from hinge_outcomes.cli.simulation import prepare_simulator
from hinge_outcomes.config import read_config

DEMO_FOLDER = Path("hinge-demo")


def add_operations_commands(app: typer.Typer) -> None:
    """Add the commands to try and to look after an installation.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    app.callback()(_version)
    app.command("demo", epilog="Example: hinge demo --no-open")(_demo)
    config = typer.Typer(
        help="The settings in force.", epilog="Example: hinge config show", no_args_is_help=True
    )
    config.command("show", epilog="Example: hinge config show")(_show)
    # With one command alone, a group would take `show` for an argument.
    config.callback()(_settings)
    app.add_typer(config, name="config")


def _say_version(is_asked: bool) -> None:
    if is_asked:
        say(f"hinge-outcomes {hinge_outcomes.__version__}")
        raise typer.Exit


def _version(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    pass  # the option acts by itself, before a command is looked for


def _settings() -> None:
    """Show the settings in force."""


def _demo(
    folder: Annotated[Path, typer.Option(help="Folder for records and pages.")] = DEMO_FOLDER,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Simulate six clinics, render the quarterly report of one and open it."""
    from hinge_outcomes.simulation.synthetic_clinic import simulate_clinic, write_simulated

    with follow_steps() as step:
        prepare_simulator(step)
        step("Simulate the patients")
        cohort = simulate_clinic()
        records = write_simulated(cohort, folder / "records")
    page = make_report("quarterly-outcomes", records, {"clinic_id": cohort.clinics[0]}, folder)
    if open_page and not webbrowser.open(page.resolve().as_uri()):
        say("No browser was found; open the page yourself.")


def _show() -> None:
    """Show every setting with its value and where it comes from."""
    say_rows(list(read_config().rows()), ("setting", "value", "origin"))
