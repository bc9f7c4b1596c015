"""Commands for the researcher: notebooks, lab."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from hinge_outcomes.cli.screen import say
from hinge_outcomes.exceptions import MissingExtraError

NOTEBOOK_FOLDER = Path("hinge-notebooks")

# What the notebooks name in their parameters cells, seen from the folder above them.
RECORDS = Path("data", "synthetic", "clinic")


def add_research_commands(app: typer.Typer) -> None:
    """Add the researcher's commands.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    notebooks = typer.Typer(
        help="The notebooks that come with the package.",
        epilog="Example: hinge notebooks copy --to my-notebooks",
        no_args_is_help=True,
    )
    notebooks.command("copy", epilog="Example: hinge notebooks copy --to my-notebooks")(_copy)
    notebooks.command("list", epilog="Example: hinge notebooks list")(_list)
    app.add_typer(notebooks, name="notebooks")
    app.command("lab", epilog="Example: hinge lab --folder my-notebooks")(_lab)


def _list() -> None:
    """List the notebooks by name."""
    from hinge_outcomes.reporting.notebooks import notebook_names

    for name in notebook_names():
        say(name)


def _copy(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all if none is named.")] = None,
    to: Annotated[Path, typer.Option(help="Folder for the copies.")] = NOTEBOOK_FOLDER,
    force: Annotated[bool, typer.Option("--force", help="Replace copies that are there.")] = False,
) -> None:
    """Copy notebooks into a folder of yours, to read, run and change."""
    for path, is_new in copy_notebooks(to, names=names, is_replacing=force):
        say(f"{path}" if is_new else f"{path} is there already and was kept (--force replaces it)")
    _say_records(to)


def _say_records(folder: Path) -> None:
    """Say how to get the records that the notebooks read as they come, where they are missing."""
    records = folder.parent / RECORDS
    if not records.exists():
        say(f"The notebooks read {records}, which is not there. Name your own records in their")
        say("first cell, or make some up:")
        say(f"hinge simulate --episodes 7000 --seed 2026 --out {records}")


def copy_notebooks(
    folder: Path, *, names: list[str] | None = None, is_replacing: bool = False
) -> list[tuple[Path, bool]]:
    """Copy packaged notebooks into a folder, keeping copies that are there.

    Parameters
    ----------
    folder : Path
        Where they go.
    names : list of str, optional
        Which; all if not given.
    is_replacing : bool, default False
        Whether copies that are there are replaced.

    Returns
    -------
    list of tuple
        Each copy's path, and whether it was written.

    Raises
    ------
    ReportError
        If no such notebook comes with the package.
    """
    from hinge_outcomes.cohort.atomic_files import write_whole
    from hinge_outcomes.reporting.notebooks import notebook_names, read_notebook

    # Read all before the first is written, so that a misspelt name copies nothing.
    contents = {name: read_notebook(name) for name in names or notebook_names()}
    copies = []
    for name, content in contents.items():
        path = folder / f"{name}.ipynb"
        is_new = is_replacing or not path.exists()
        if is_new:
            write_whole(path, content)
        copies.append((path, is_new))
    return copies


def _lab(
    folder: Annotated[Path, typer.Option(help="Folder for your copies.")] = NOTEBOOK_FOLDER,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open JupyterLab on editable copies of the notebooks."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError(
            "JupyterLab is not installed. Install it with: pip install 'hinge-outcomes[lab]'"
        )
    copy_notebooks(folder)
    _say_records(folder)
    say(f"Notebooks are in {folder}. Stop JupyterLab with Ctrl-C.")
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}"]
    command += [] if browser else ["--no-browser"]
    raise typer.Exit(subprocess.run(command, env=lab_environment(), check=False).returncode)


def lab_environment() -> dict[str, str]:
    """Give JupyterLab an environment in which the kernel ``python3`` is this very Python.

    A ``python3`` kernel of another installation, found first, would not know this package.

    Returns
    -------
    dict of str to str
        The environment of this process with this installation's kernels put first.
    """
    ours = str(Path(sys.prefix) / "share" / "jupyter")
    paths = [ours, *filter(None, os.environ.get("JUPYTER_PATH", "").split(os.pathsep))]
    return {**os.environ, "JUPYTER_PATH": os.pathsep.join(paths)}
