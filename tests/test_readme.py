"""The README: what it shows runs, and what it links to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The smallest complete example prints a summary and a table."""
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "documented mastery" in printed
    assert "ci_low" in printed


def test_links_lead_to_files() -> None:
    """Every link and picture of the README stands in the tree."""
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_make_knows_the_commands_shown() -> None:
    """Each make target the README names is one of the Makefile's."""
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    # Commands stand in code; "make and git" in a sentence is none.
    shown = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.M))
    assert {"report", "test"} <= shown <= known
