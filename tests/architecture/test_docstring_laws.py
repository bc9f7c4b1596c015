"""Every public object is documented as numpydoc asks, and the law is able to fail."""

import inspect
from pathlib import Path

import pytest

import hinge_outcomes as ho
from tests.architecture.docstring_laws import chosen_checks, poor_docstrings
from tests.architecture.trees import ROOT, plant

CHECKS = chosen_checks(ROOT / "pyproject.toml")

# Docstrings that say too little, each with the check that must object.
POOR = {
    "PR01": '''
def count_stays(stays):
    """Count stays.

    Returns
    -------
    int
        How many.
    """
    return 1
''',
    "PR02": '''
@dataclass(frozen=True)
class Stay:
    """One stay.

    Parameters
    ----------
    day : int
        First day.
    """

    start_day: int
''',
    "GL08": "class Stay:\n    pass\n",
    "RT01": '''
def count_stays():
    """Count stays."""
    return 1
''',
    "SS05": '''
def count_stays():
    """Counts stays."""
''',
}

GOOD = '''"""A module."""


@dataclass
class Stay:
    """Hold one stay.

    Attributes
    ----------
    start_day : int
        First day.
    """

    start_day: int
    total: ClassVar[int] = 0

    @property
    def is_first(self):
        """Whether it is the first."""
        return True

    def _private(self):
        return 1
'''


def test_every_public_object_is_documented() -> None:
    """Public modules, classes, functions and methods pass the checks chosen in pyproject."""
    found = poor_docstrings(ROOT, CHECKS)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("check", sorted(POOR))
def test_the_law_sees_a_poor_docstring(check: str, tmp_path: Path) -> None:
    """A docstring made to break a check is reported with that check."""
    tree = plant(tmp_path, {"hinge_outcomes/stays.py": f'"""A module."""\n\n\n{POOR[check]}'})
    assert check in {breach.split()[2] for breach in poor_docstrings(tree, CHECKS)}


def test_a_good_docstring_passes(tmp_path: Path) -> None:
    """A dataclass may document its fields as attributes, and a property has no Returns."""
    assert poor_docstrings(plant(tmp_path, {"hinge_outcomes/stays.py": GOOD}), CHECKS) == []


@pytest.mark.parametrize("name", [name for name in ho.__all__ if name != "__version__"])
def test_the_public_names_show_an_example(name: str) -> None:
    """Every function and class of the fixed public interface shows an example that runs."""
    value = getattr(ho, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert ">>>" in (inspect.getdoc(value) or ""), f"{name} shows no example"
