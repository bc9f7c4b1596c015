"""What the command shows while it works: a live line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

_WIDE = 140
_SHORT = 16
_LINES = 10


def say(text: str) -> None:
    """Print a line to standard output.

    Parameters
    ----------
    text : str
        The line.
    """
    typer.echo(text)


def say_rows(
    rows: list[tuple[str, ...]],
    header: tuple[str, ...],
    *,
    wide_only: tuple[str, ...] = (),
) -> None:
    """Print a table: drawn on a terminal, tab-separated elsewhere, so that it can be read on.

    Parameters
    ----------
    rows : list of tuple of str
        The rows.
    header : tuple of str
        The names of the columns.
    wide_only : tuple of str, default ()
        Columns that a terminal of fewer than 140 characters leaves out; a last line names them.
    """
    console = Console()
    if not console.is_terminal:
        for row in (header, *rows):
            say("\t".join(row))
        return
    left_out = wide_only if console.width < _WIDE else ()
    kept = [place for place, name in enumerate(header) if name not in left_out]
    table = Table(box=None, pad_edge=False)
    for place in kept:
        # A date, a number or a word is read in one piece; what is longer may be folded.
        width = max(len(row[place]) for row in [header, *rows])
        is_short = place == 0 or width <= _SHORT
        table.add_column(header[place], no_wrap=is_short, overflow="fold")
    for row in rows:
        # Text, not markup: a value may hold square brackets.
        table.add_row(*(row[place].replace("[", r"\[") for place in kept))
    console.print(table)
    if left_out:
        say(f"Not shown at this width: {', '.join(left_out)}. A wider terminal or a pipe has all.")


@dataclass(slots=True)
class Steps:
    """Follow a job of several steps and keep how long each took.

    Parameters
    ----------
    display : Progress or None
        The live display on a terminal; None prints a line when a step is done.
    """

    display: Progress | None
    seconds: dict[str, float] = field(default_factory=dict, init=False)
    _step: str = field(default="", init=False)
    _begun: float = field(default=0.0, init=False)
    _task: object = field(default=None, init=False)

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Say which step is under way and how far it is; a new name ends the step before.

        Parameters
        ----------
        step : str
            The name of the step.
        done, total : int
            How many parts of it are done, and of how many; 0 where it has no parts.
        """
        if step != self._step:
            self.finish()
            self._step, self._begun = step, time.perf_counter()
            if self.display is not None:
                self._task = self.display.add_task(step, total=total or None)
        if self.display is not None and self._task is not None:
            self.display.update(self._task, completed=done, total=total or None)  # type: ignore[arg-type]

    def finish(self) -> None:
        """End the step that is under way and say how long it took."""
        if not self._step:
            return
        self.seconds[self._step] = time.perf_counter() - self._begun
        if self.display is not None and self._task is not None:
            self.display.remove_task(self._task)  # type: ignore[arg-type]
        say(f"{self._step:<32} {self.seconds[self._step]:6.1f} s")
        self._step, self._task = "", None


@contextmanager
def follow_steps() -> Iterator[Steps]:
    """Show the steps of a job while the block runs.

    Yields
    ------
    Steps
        To be called with the name of each step.
    """
    console = Console()
    if not console.is_terminal:
        steps = Steps(None)
        yield steps
        steps.finish()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as display:
        steps = Steps(display)
        yield steps
        steps.finish()


@contextmanager
def follow_count(task: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far a long job is while the block runs: a bar with the time left on a terminal.

    Elsewhere every tenth of the job is one line.

    Parameters
    ----------
    task : str
        What is done.
    unit : str
        What is counted.

    Yields
    ------
    callable
        To be called with how many are done and how many there are.
    """
    console = Console()
    if not console.is_terminal:
        yield _tenths(task, unit)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + unit),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=console, transient=True) as display:
        bar = display.add_task(task, total=None, visible=False)

        def show(done: int, total: int) -> None:
            display.update(bar, completed=done, total=total, visible=True)

        yield show


def _tenths(task: str, unit: str) -> Callable[[int, int], None]:
    said = -1

    def tell(done: int, total: int) -> None:
        nonlocal said
        tenth = _LINES * done // max(total, 1)
        if tenth > said:
            said = tenth
            say(f"{task}: {done:,} of {total:,} {unit}")

    return tell
