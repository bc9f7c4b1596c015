"""What the command shows: plain lines where nobody watches, a live line on a terminal."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from hinge_outcomes.cli.screen import Steps, follow_count, follow_steps, say, say_rows


def test_say_prints_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A line goes to standard output as it is, square brackets included."""
    say("[bold]C01[/bold]")
    assert capsys.readouterr().out == "[bold]C01[/bold]\n"


def test_rows_are_tab_separated_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads the table gets one row a line, cells between tabs."""
    say_rows([("paper", "a4")], ("setting", "value"))
    assert capsys.readouterr().out == "setting\tvalue\npaper\ta4\n"


def test_rows_are_drawn_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal the table is drawn, and brackets in a value stay brackets."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    say_rows([("out", "[pages]")], ("setting", "value"))
    shown = capsys.readouterr().out
    assert "[pages]" in shown
    assert "\t" not in shown


def test_a_narrow_terminal_leaves_columns_out_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Columns for wide terminals are named in a last line, and shown where there is room."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    for columns, is_shown in (("100", False), ("160", True)):
        monkeypatch.setenv("COLUMNS", columns)
        say_rows([("people.age_mean", "57", "Sweden")], ("key", "value", "of"), wide_only=("of",))
        shown = capsys.readouterr().out
        assert ("Sweden" in shown) == is_shown
        assert ("Not shown at this width: of" in shown) != is_shown
        assert "people.age_mean" in shown


def test_a_count_without_a_terminal_is_a_line_for_every_tenth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """However often it reports, the first and the last count are said and nine between."""
    with follow_count("Simulate", "episodes") as tell:
        for done in range(0, 2_001, 5):
            tell(done, 2_000)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert lines[0] == "Simulate: 0 of 2,000 episodes"
    assert lines[-1] == "Simulate: 2,000 of 2,000 episodes"


def test_a_count_on_a_terminal_is_a_bar_with_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bar names what is counted and how much time is left."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with follow_count("Simulate", "episodes") as tell:
        tell(500, 2_000)
    shown = capsys.readouterr().out
    assert "500 of 2,000 episodes" in shown
    assert "25%" in shown
    assert "left" in shown


def test_steps_without_a_terminal_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Each step is one line with its time, said when it ends, however often it reports."""
    with follow_steps() as step:
        step("Read", 0, 1)
        step("Run", 0, 2)
        step("Run", 1, 2)
        step("Run", 2, 2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["Read", "Run"]
    assert all(line.endswith(" s") for line in lines)


def test_steps_keep_their_times() -> None:
    """The seconds of every step are kept in the order of the steps."""
    steps = Steps(None)
    steps("Read")
    steps("Run", 1, 3)
    steps.finish()
    steps.finish()
    assert list(steps.seconds) == ["Read", "Run"]
    assert all(seconds >= 0 for seconds in steps.seconds.values())


def test_steps_on_a_terminal_are_a_live_line() -> None:
    """While a step runs the live display shows it, and it is gone when the step ends."""
    with Progress(console=Console(file=io.StringIO(), force_terminal=True)) as display:
        steps = Steps(display)
        steps("Run", 1, 3)
        assert [(task.description, task.completed, task.total) for task in display.tasks] == [
            ("Run", 1, 3)
        ]
        steps.finish()
        assert not display.tasks


def test_a_terminal_gets_the_live_display(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal the finished steps are still said, one line each."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with follow_steps() as step:
        step("Read", 0, 1)
    assert "Read" in capsys.readouterr().out


def test_a_step_that_fails_is_not_said_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    """The step in which an error happens has no line."""

    def work() -> None:
        with follow_steps() as step:
            step("Read")
            step("Run")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        work()
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["Read"]
