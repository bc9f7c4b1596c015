"""Find the packaged notebooks and execute them through papermill."""

import ast
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from hinge_outcomes import exceptions
from hinge_outcomes.exceptions import HingeError, ParameterError, ReportError
from hinge_outcomes.reporting.kernel import kernel_manager_class

CellProgress = Callable[[int, int], None]


def notebook_names() -> tuple[str, ...]:
    """List the notebooks that come with the package.

    Returns
    -------
    tuple of str
        Names without ``.ipynb``, sorted.
    """
    return tuple(
        sorted(
            item.name.removesuffix(".ipynb")
            for item in _folder().iterdir()
            if item.name.endswith(".ipynb")
        )
    )


def read_notebook(name: str) -> str:
    """Read a packaged notebook, from a source checkout or from the installed package.

    Parameters
    ----------
    name : str
        Its name without ``.ipynb``.

    Returns
    -------
    str
        The notebook's JSON text.

    Raises
    ------
    ReportError
        If no such notebook comes with the package.
    """
    names = notebook_names()
    if name not in names:
        raise ReportError(
            f"No notebook {name!r} comes with this installation; there are {list(names)}. "
            "Install the package again if one is missing."
        )
    return _folder().joinpath(f"{name}.ipynb").read_text(encoding="utf-8")


def execute_notebook(
    notebook: str,
    parameters: Mapping[str, Any],
    *,
    name: str = "notebook",
    progress: CellProgress | None = None,
    cell_limit_seconds: int = 900,
) -> Any:
    """Execute a notebook in a kernel of its own and return it with its outputs.

    The kernel runs ``sys.executable`` in a private folder that is deleted afterwards, with one
    thread for linear algebra and without the user's IPython and matplotlib settings.

    Parameters
    ----------
    notebook : str
        The notebook's JSON text; it must have exactly one cell tagged ``parameters``.
    parameters : mapping
        Values for names that the parameters cell sets.
    name : str
        What messages call the notebook.
    progress : callable, optional
        Called after each cell with the number of cells done and of all cells.
    cell_limit_seconds : int
        How long one cell may take.

    Returns
    -------
    NotebookNode
        The executed notebook; nothing is written to disk.

    Raises
    ------
    ParameterError
        If the notebook does not have a parameter that is given.
    ReportError
        If a cell fails. Only messages of this package are repeated, because another library's
        may quote a patient's value.
    """
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    node: Any = nbformat.reads(notebook, as_version=4)  # type: ignore[no-untyped-call]
    _check_known(node, parameters, name)
    reached = 0

    def enter(cell: Any, cell_index: int) -> None:
        nonlocal reached
        reached = _own_index(node, cell_index, bool(parameters))

    def leave(cell: Any, cell_index: int) -> None:
        if progress is not None:
            progress(_own_index(node, cell_index, bool(parameters)) + 1, len(node.cells))

    with (
        tempfile.TemporaryDirectory(prefix="hinge-", ignore_cleanup_errors=True) as folder,
        _quiet("papermill", "traitlets"),
    ):
        try:
            return papermill.execute_notebook(
                node,
                None,
                dict(parameters),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                kernel_manager_class=kernel_manager_class(Path(folder)),
                resources={"metadata": {"path": folder}},
                execution_timeout=cell_limit_seconds,
                on_cell_start=enter,
                on_cell_complete=leave,
            )
        except PapermillExecutionError as error:
            place = _place(node, reached)
            raise ReportError(_cell_message(name, place, error.ename, error.evalue)) from None
        except CellTimeoutError:
            raise ReportError(
                f"The notebook {name!r} took more than {cell_limit_seconds} s in "
                f"{_place(node, reached)} and was stopped."
            ) from None
        except DeadKernelError:
            raise ReportError(
                f"The Python process of the notebook {name!r} died in {_place(node, reached)}; "
                "most often the machine ran out of memory. Close other programs and run it again."
            ) from None


def _folder() -> Traversable:
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "notebooks").is_dir():
        return checkout / "notebooks"
    return files("hinge_outcomes").joinpath("_notebooks")


def _check_known(node: Any, parameters: Mapping[str, Any], name: str) -> None:
    cells = [cell for cell in node.cells if "parameters" in cell.metadata.get("tags", ())]
    if len(cells) != 1:
        raise ReportError(
            f"The notebook {name!r} has {len(cells)} cells tagged 'parameters', expected one."
        )
    known = {
        target.id
        for statement in ast.parse(cells[0].source).body
        for target in _targets(statement)
        if isinstance(target, ast.Name)
    }
    if unknown := sorted(set(parameters) - known):
        raise ParameterError(
            f"The notebook {name!r} has no parameters {unknown}; its parameters cell sets "
            f"{sorted(known)}."
        )


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign) else []


def _own_index(node: Any, index: int, is_injected: bool) -> int:
    """Count as the notebook's author does, without the cell that papermill puts in."""
    tags = [cell.metadata.get("tags", ()) for cell in node.cells]
    place = next(number for number, tagged in enumerate(tags) if "parameters" in tagged)
    return index - int(is_injected and index > place)


def _place(node: Any, index: int) -> str:
    """Name a cell by position and by the heading above it."""
    headings = [
        line.lstrip("# ")
        for cell in node.cells[: index + 1]
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    return f"cell {index + 1}" + (f", under “{headings[-1]}”" if headings else "")


def _cell_message(name: str, place: str, error_name: str, error_text: str) -> str:
    kind = getattr(exceptions, error_name, None)
    if isinstance(kind, type) and issubclass(kind, HingeError):
        return f"The notebook {name!r} stopped in {place}: {error_name}: {error_text}"
    return (
        f"The notebook {name!r} stopped in {place} with {error_name}. Its message is not repeated, "
        "because it could quote a record. To see it, run `hinge notebooks copy` and run the "
        "notebook in JupyterLab."
    )


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
