"""ARCHITECTURE.md is true, and the law that says so is able to fail."""

from pathlib import Path

from tests.architecture.page_laws import untrue_lines
from tests.architecture.trees import ROOT, plant

TREE = {
    "hinge_outcomes/__init__.py": '"""The package."""\n',
    "hinge_outcomes/domain/__init__.py": '"""Words."""\n',
    "hinge_outcomes/domain/states.py": '"""Legal moves."""\n',
}
PAGE = "# House\n\n## `domain/`\n\n- `domain/states.py`: Legal moves.\n"


def test_the_page_names_every_room_and_module() -> None:
    """Every module of the package has one line in ARCHITECTURE.md, and no line is left over."""
    assert not untrue_lines(ROOT), "\n".join(["", *untrue_lines(ROOT)])


def test_a_true_page_passes(tmp_path: Path) -> None:
    """A page that names each room and each module that holds code is not reported."""
    assert untrue_lines(plant(tmp_path, {**TREE, "ARCHITECTURE.md": PAGE})) == []


def test_a_missing_line_is_seen(tmp_path: Path) -> None:
    """A module and a room without a line are reported with the line to paste."""
    tree = plant(tmp_path, {**TREE, "ARCHITECTURE.md": "# House\n"})
    assert untrue_lines(tree) == [
        "add     - `domain/states.py`: Legal moves.",
        "add     ## `domain/`",
    ]


def test_a_line_left_over_is_seen(tmp_path: Path) -> None:
    """A line about a module or a room that is gone is reported."""
    page = PAGE + "- `domain/old.py`: Gone.\n\n## `attic/`\n"
    tree = plant(tmp_path, {**TREE, "ARCHITECTURE.md": page})
    assert untrue_lines(tree) == ["remove  - `domain/old.py`", "remove  ## `attic/`"]
