"""The command's exit codes: 0 done, 2 something its user can mend, 1 a bug with its traceback."""

import errno
import os
import subprocess
import sys

import pytest

import hinge_outcomes.cli as cli
from hinge_outcomes.exceptions import DataError
from tests.cli.running import run

COMMANDS = [
    ["demo"],
    ["report"],
    ["ingest"],
    ["check"],
    ["simulate"],
    ["scenario"],
    ["scenario", "list"],
    ["scenario", "show"],
    ["notebooks", "copy"],
    ["notebooks", "list"],
    ["lab"],
    ["config", "show"],
    ["config"],
    ["notebooks"],
]


def failing_app(error: BaseException) -> object:
    """An application whose only act is to fail."""

    def call(**_: object) -> None:
        raise error

    return lambda: call


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_helps_with_an_example(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The help of each command says what it does and shows an example of that very command."""
    outcome = run(capsys, *command, "--help")
    assert outcome.code == 0
    assert f"Example: hinge {' '.join(command)}" in outcome.out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The option --version needs no command."""
    outcome = run(capsys, "--version")
    assert (outcome.code, outcome.out) == (0, "hinge-outcomes 0.1.0\n")


def test_a_hinge_error_is_one_message_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the user can mend is said on standard error, without a traceback."""
    monkeypatch.setattr(cli, "build_app", failing_app(DataError("Row 3 has no date.")))
    outcome = run(capsys)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", "hinge: Row 3 has no date.\n")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EACCES, "may not be written or read"),
        (errno.EROFS, "read-only"),
        (errno.ENOTDIR, "A file stands where a folder is needed"),
    ],
)
def test_a_condition_of_the_machine_is_one_message_and_exit_2(
    number: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A full disk, a missing permission or a file in the way is named with its remedy."""
    monkeypatch.setattr(cli, "build_app", failing_app(OSError(number, "no", "pages")))
    outcome = run(capsys)
    assert outcome.code == 2
    assert outcome.err.startswith("hinge: pages: ")
    assert words in outcome.err


@pytest.mark.parametrize("bug", [ZeroDivisionError("bug"), OSError(errno.EBADF, "bug")])
def test_a_bug_comes_through(bug: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody raised on purpose is not hidden."""
    monkeypatch.setattr(cli, "build_app", failing_app(bug))
    with pytest.raises(type(bug), match="bug"):
        cli.main([])


def test_a_bug_keeps_its_traceback_and_exits_1() -> None:
    """In a shell, a bug shows where it happened and exits 1."""
    code = (
        "import hinge_outcomes.cli as cli\n"
        "def broken(): return 1 / 0\n"
        "cli.build_app = broken\n"
        "cli.main([])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "ZeroDivisionError" in run.stderr
    assert "Traceback" in run.stderr


def test_an_old_console_does_not_stop_a_report() -> None:
    """A character that the console's encoding lacks is replaced, not raised."""
    code = (
        "from hinge_outcomes.cli import main\n"
        "from hinge_outcomes.cli import screen\n"
        "import hinge_outcomes.cli as cli\n"
        "cli.build_app = lambda: (lambda **_: screen.say('Jul\\u2013Sep \\u2713'))\n"
        "main([])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
    )
    assert run.stdout.decode("cp1252").strip() == "Jul–Sep ?"


def test_an_unknown_command_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped command is named."""
    outcome = run(capsys, "reprot")
    assert outcome.code == 2
    assert "reprot" in outcome.err
