"""Commands for the secret key that pseudonyms are made with: backup, restore, show."""

import os
from pathlib import Path
from typing import Annotated

import typer

from hinge_outcomes.cli.screen import say
from hinge_outcomes.cohort.secret_key import (
    KEY_VARIABLE,
    find_key,
    key_path,
    read_key,
    restore_key,
    write_key_file,
)


def add_key_commands(app: typer.Typer) -> None:
    """Add the commands for the key of pseudonyms.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    key = typer.Typer(
        help="The key that pseudonyms are made with.",
        epilog="Example: hinge key backup /media/stick/hinge-key.txt",
        no_args_is_help=True,
    )
    key.command("show", epilog="Example: hinge key show")(_show)
    key.command("backup", epilog="Example: hinge key backup /media/stick/hinge-key.txt")(_backup)
    key.command("restore", epilog="Example: hinge key restore /media/stick/hinge-key.txt")(_restore)
    app.add_typer(key, name="key")


def _show() -> None:
    """Show the key's fingerprint and where the key is, never the key."""
    key = find_key()
    if key is None:
        say("There is no key yet. The first `hinge ingest` into a registry makes one.")
        return
    place = f"the variable {KEY_VARIABLE}" if KEY_VARIABLE in os.environ else str(key_path())
    say(f"fingerprint\t{key.fingerprint}")
    say(f"kept in\t{place}")


def _backup(
    file: Annotated[Path, typer.Argument(help="New file, best on a stick or in a safe.")],
) -> None:
    """Write the key to a file, to be kept away from the data."""
    key = write_key_file(read_key(), file)
    say(f"The key {key.fingerprint} is in {file}.")
    say("Keep it away from the data: who has both can tell who the patients are.")
    say("Without it a new computer cannot add to the registry.")


def _restore(
    file: Annotated[Path, typer.Argument(help="File that `hinge key backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace another key, which is kept beside.")
    ] = False,
) -> None:
    """Bring a key back from its backup."""
    key, kept = restore_key(file, replace=replace)
    say(f"The key {key.fingerprint} is in {key_path()}.")
    if kept is not None:
        say(f"The key that was there before is kept in {kept}.")
    if KEY_VARIABLE in os.environ:
        say(f"The variable {KEY_VARIABLE} is set and comes first: unset it to use this key.")
