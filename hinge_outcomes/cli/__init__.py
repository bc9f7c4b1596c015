"""The command ``hinge``: it parses, calls the library, and turns errors into exit codes."""

import errno
import sys
from collections.abc import Sequence

import typer

from hinge_outcomes.cli.capture import add_capture_commands
from hinge_outcomes.cli.check import add_check_command
from hinge_outcomes.cli.clinic import add_clinic_commands
from hinge_outcomes.cli.export import add_export_command
from hinge_outcomes.cli.key import add_key_commands
from hinge_outcomes.cli.loads import add_ingest_command
from hinge_outcomes.cli.mapping import add_mapping_commands
from hinge_outcomes.cli.operations import add_operations_commands
from hinge_outcomes.cli.registry import add_registry_commands
from hinge_outcomes.cli.research import add_research_commands
from hinge_outcomes.cli.simulation import add_simulation_commands
from hinge_outcomes.exceptions import HingeError

# Conditions of the machine that its user can mend: no room, no permission, a file in the way.
_MENDABLE = {
    errno.ENOSPC: "The disk is full. Free some space or name another folder, then run it again.",
    errno.EACCES: "The folder or file may not be written or read. Name another, or ask its owner.",
    errno.EPERM: "The folder or file may not be written or read. Name another, or ask its owner.",
    errno.EROFS: "The disk is read-only. Name a folder on another disk.",
    errno.ENOTDIR: "A file stands where a folder is needed. Name another folder.",
    errno.EEXIST: "A file stands where a folder is needed. Name another folder.",
}


def build_app() -> typer.Typer:
    """Assemble the command with its groups.

    Returns
    -------
    Typer
        The application; calling it parses the command line and exits.
    """
    app = typer.Typer(
        name="hinge",
        help="Time to mastery and pain reduction for patients who learn the hip hinge.",
        epilog="Example: hinge demo",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    add_operations_commands(app)
    add_clinic_commands(app)
    add_ingest_command(app)
    add_check_command(app)
    add_capture_commands(app)
    add_export_command(app)
    add_key_commands(app)
    add_mapping_commands(app)
    add_registry_commands(app)
    add_simulation_commands(app)
    add_research_commands(app)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 done, 2 something its user can mend, 1 a bug with its traceback.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; that of the process if not given.
    """
    for stream in (sys.stdout, sys.stderr):
        # An old Windows console cannot show every character; that must not stop a report.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        build_app()(args=arguments, prog_name="hinge")
    except HingeError as error:
        _stop(str(error))
    except OSError as error:
        if error.errno not in _MENDABLE:
            raise
        where = f"{error.filename}: " if error.filename else ""
        _stop(f"{where}{_MENDABLE[error.errno]}")


def _stop(message: str) -> None:
    typer.echo(f"hinge: {message}", err=True)
    raise SystemExit(2)
