"""The laws on source files hold here, and each is able to fail."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import source_laws
from tests.architecture.trees import ROOT, plant

Law = Callable[[Path], list[str]]

# Each law beside the smallest tree that breaks it and the place where it must see the breach.
BREACHES: list[tuple[Law, dict[str, str], str]] = [
    (
        source_laws.too_long,
        {"hinge_outcomes/domain/states.py": "x = 1\n" * 401},
        "hinge_outcomes/domain/states.py: 401 lines",
    ),
    (
        source_laws.without_mirror,
        {"hinge_outcomes/cohort/frames.py": "x = 1\n"},
        "hinge_outcomes/cohort/frames.py: expected tests/cohort/test_frames.py",
    ),
    (
        source_laws.without_mirror,
        {"hinge_outcomes/cohort/__init__.py": "def f():\n    pass\n"},
        "hinge_outcomes/cohort/__init__.py: expected tests/cohort/test_init.py",
    ),
    (
        source_laws.empty_names,
        {"hinge_outcomes/cohort/helpers.py": ""},
        "hinge_outcomes/cohort/helpers.py",
    ),
    (
        source_laws.empty_names,
        {"tests/utils/test_frames.py": ""},
        "tests/utils/test_frames.py",
    ),
    (
        source_laws.beyond_standard_library,
        {"hinge_outcomes/domain/states.py": "def f():\n    import numpy.linalg\n"},
        "hinge_outcomes/domain/states.py:2: numpy.linalg",
    ),
    (
        source_laws.beyond_standard_library,
        {"hinge_outcomes/exceptions.py": "from pandas import DataFrame\n"},
        "hinge_outcomes/exceptions.py:1: pandas",
    ),
    (
        source_laws.away_from_home,
        {"hinge_outcomes/analysis/stays.py": "def f():\n    from matplotlib import pyplot\n"},
        "hinge_outcomes/analysis/stays.py:2: matplotlib belongs in plotting",
    ),
    (
        source_laws.away_from_home,
        {"hinge_outcomes/cli/clinic.py": "m = importlib.import_module('papermill')\n"},
        "hinge_outcomes/cli/clinic.py:1: papermill belongs in reporting",
    ),
    (
        source_laws.bound_to_one_platform,
        {"hinge_outcomes/cohort/storage.py": "if x:\n    import fcntl\n"},
        "hinge_outcomes/cohort/storage.py:2: fcntl",
    ),
    (
        source_laws.bound_to_one_platform,
        {"hinge_outcomes/execution/local.py": "import os\nstart = os.fork\n"},
        "hinge_outcomes/execution/local.py:2: fork",
    ),
    (
        source_laws.global_randomness,
        {"hinge_outcomes/simulation/paths.py": "import random\n"},
        "hinge_outcomes/simulation/paths.py:1: random",
    ),
    (
        source_laws.modules_named_like_functions,
        {
            "hinge_outcomes/simulation/simulate.py": "",
            "hinge_outcomes/simulation/paths.py": "def simulate():\n    pass\n",
        },
        "hinge_outcomes/simulation/simulate.py: also a function at "
        "hinge_outcomes/simulation/paths.py:1",
    ),
    (
        source_laws.tests_without_fact,
        {"tests/cohort/test_frames.py": "def test_it():\n    assert True\n"},
        "tests/cohort/test_frames.py:1: test_it",
    ),
]

LAWS = [
    source_laws.too_long,
    source_laws.without_mirror,
    source_laws.empty_names,
    source_laws.beyond_standard_library,
    source_laws.away_from_home,
    source_laws.bound_to_one_platform,
    source_laws.global_randomness,
    source_laws.modules_named_like_functions,
    source_laws.tests_without_fact,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_holds_in_this_house(law: Law) -> None:
    """No file of this repository breaks the law."""
    assert not law(ROOT), "\n".join(["", *law(ROOT)])


@pytest.mark.parametrize(
    ("law", "files", "breach"), BREACHES, ids=[law.__name__ for law, _, _ in BREACHES]
)
def test_the_law_sees_a_breach(
    law: Law, files: dict[str, str], breach: str, tmp_path: Path
) -> None:
    """A tree made to break the law is reported at the line that breaks it."""
    assert law(plant(tmp_path, files)) == [breach]


def test_every_law_has_a_breach() -> None:
    """No law is listed that has not been seen to fail."""
    assert {law.__name__ for law in LAWS} == {law.__name__ for law, _, _ in BREACHES}


def test_platform_modules_are_allowed_inside_functions(tmp_path: Path) -> None:
    """What a function imports when called does not bind the import to a platform."""
    files = {"hinge_outcomes/cohort/storage.py": "def f():\n    import fcntl\n    fcntl.flock\n"}
    assert source_laws.bound_to_one_platform(plant(tmp_path, files)) == []


def test_libraries_are_allowed_at_home(tmp_path: Path) -> None:
    """The one room that may know a library is not reported for knowing it."""
    files = {"hinge_outcomes/plotting/style.py": "import matplotlib\n"}
    assert source_laws.away_from_home(plant(tmp_path, files)) == []
