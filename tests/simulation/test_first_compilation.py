"""Compiling apart: only where the machine code is not on the disk already."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from hinge_outcomes.simulation import first_compilation
from hinge_outcomes.simulation.first_compilation import compile_apart, compile_here, is_on_disk


def test_after_a_simulation_the_machine_code_is_on_the_disk() -> None:
    """What the check asks for is what a simulation has left there."""
    compile_here()
    assert is_on_disk()


def test_another_process_compiles_only_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the code on the disk no process is started; without it, this very Python compiles."""
    started: list[Any] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: started.append(command))
    monkeypatch.setattr(first_compilation, "is_on_disk", lambda: True)
    compile_apart()
    assert started == []
    monkeypatch.setattr(first_compilation, "is_on_disk", lambda: False)
    compile_apart()
    assert [command[0] for command in started] == [sys.executable]
    assert "compile_here()" in started[0][-1]


@pytest.mark.parametrize("follower", [SimpleNamespace(), SimpleNamespace(_cache=None)])
def test_a_numba_that_does_not_say_is_left_alone(
    follower: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the check cannot be made, this process compiles when it first simulates."""
    monkeypatch.setattr(first_compilation, "patient_follower", lambda: follower)
    assert is_on_disk()


def test_no_code_on_the_disk_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that does not hold the code says so; numba that keeps none counts as held."""
    asked = SimpleNamespace(cache_path="somewhere", load_overload=lambda *_: None)
    follower = SimpleNamespace(_cache=asked, targetctx=None)
    monkeypatch.setattr(first_compilation, "patient_follower", lambda: follower)
    assert not is_on_disk()
    asked.cache_path = None
    assert is_on_disk()
