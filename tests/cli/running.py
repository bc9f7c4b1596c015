"""Run the command in this process, as a shell would see it."""

from dataclasses import dataclass

import pytest

from hinge_outcomes.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a shell sees of a command: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Outcome:
    """Run ``hinge`` with these arguments; a bug's exception comes through."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Outcome(int(stop.value.code or 0), captured.out, captured.err)


def files_below(folder: object) -> set[str]:
    """Names of all files below a folder, hidden ones included, to see what was left behind."""
    from pathlib import Path

    root = Path(str(folder))
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
