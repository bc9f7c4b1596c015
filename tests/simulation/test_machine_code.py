"""Compiled functions: kept on the disk, and never taken from there once a source has changed."""

import importlib.util
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hinge_outcomes.simulation import machine_code as module
from hinge_outcomes.simulation.machine_code import compiled, compiled_and_kept, sources_digest

FACTORY = """
def closure_over(digest):
    def double(x):
        if digest < 0:
            return 0
        return 2 * x
    return double
"""


@pytest.fixture
def factory(tmp_path: Path) -> Any:
    """A module in a folder of its own, whose functions close over a digest."""
    path = tmp_path / "kept_factory.py"
    path.write_text(FACTORY, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("kept_factory", path)
    assert spec is not None
    assert spec.loader is not None
    made: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules["kept_factory"] = made
    spec.loader.exec_module(made)
    yield made
    del sys.modules["kept_factory"]


def _loads(function: Callable[[int], int]) -> int:
    """How often the compiled code of one call came from the disk."""
    kept = compiled_and_kept(function)
    assert kept(21) == 42
    return sum(kept.stats.cache_hits.values())  # type: ignore[attr-defined]


def test_what_is_kept_is_found_again_under_the_same_digest_only(factory: Any) -> None:
    """The second function over a digest loads the first's code; one over another does not."""
    assert _loads(factory.closure_over(1)) == 0
    assert _loads(factory.closure_over(1)) == 1
    assert _loads(factory.closure_over(2)) == 0


def test_the_digest_changes_with_any_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the sources has the same digest, until one character of one file differs."""
    for source in Path(module.__file__).parent.glob("*.py"):
        shutil.copy(source, tmp_path)
    before = sources_digest()
    monkeypatch.setattr(module, "__file__", str(tmp_path / "compiled.py"))
    assert sources_digest() == before
    changed = tmp_path / "pain.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "#", encoding="utf-8")
    assert sources_digest() != before
    assert 0 <= sources_digest() < 2**63


def test_where_nothing_can_be_kept_the_function_still_runs() -> None:
    """A function without a file is compiled for this process alone."""
    names: dict[str, Any] = {}
    exec(FACTORY, names)
    assert _loads(names["closure_over"](1)) == 0


def test_division_by_zero_is_infinite_and_no_error() -> None:
    """Compiled arithmetic follows NumPy."""

    @compiled
    def inverse(x: Any) -> Any:
        return 1 / x

    assert math.isinf(inverse(0.0))
