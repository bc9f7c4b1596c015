"""A copy of a registry is the registry, whole or not there at all."""

import errno
import shutil
from pathlib import Path
from typing import Any

import pytest

from hinge_outcomes.cohort import registry_file
from hinge_outcomes.cohort.registry import open_registry, read_registry
from hinge_outcomes.cohort.registry_backup import backup_registry
from hinge_outcomes.cohort.registry_changes import registry_history
from hinge_outcomes.exceptions import RegistryError
from tests.records import small_cohort
from tests.registries import load, made


def test_a_copy_holds_records_and_history(tmp_path: Path) -> None:
    """The copy reads like the registry and takes the next load."""
    path = made(tmp_path)
    (tmp_path / "stick").mkdir()
    copy = backup_registry(path, tmp_path / "stick")
    assert copy == tmp_path / "stick" / "clinic.duckdb"
    assert copy.read_bytes() == path.read_bytes()
    load(copy, small_cohort())
    assert len(registry_history(copy)) == 2


def test_a_copy_is_made_during_a_load(tmp_path: Path) -> None:
    """Whoever holds the registry for a load does not keep a copy from being made."""
    path = made(tmp_path)
    with open_registry(path):
        copy = backup_registry(path, tmp_path / "copy.duckdb")
    assert read_registry(copy).n_episodes == 3


def test_no_copy_replaces_a_file(tmp_path: Path) -> None:
    """A name that is taken, and a folder that is not there, are told."""
    path = made(tmp_path)
    with pytest.raises(RegistryError, match="exists already"):
        backup_registry(path, path)
    with pytest.raises(RegistryError, match="folder for the copy"):
        backup_registry(path, tmp_path / "none" / "copy.duckdb")


def test_a_full_stick_keeps_no_half_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full nothing is left beside the registry."""
    path = made(tmp_path)
    before = sorted(entry.name for entry in tmp_path.iterdir())

    def fail(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(shutil, "copyfile", fail)
    with pytest.raises(RegistryError, match="disk is full"):
        backup_registry(path, tmp_path / "copy.duckdb")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == before


def test_a_copy_that_is_not_the_same_is_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that reads back differently is deleted and told."""
    path = made(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    made(other, is_synthetic=True)
    real = shutil.copyfile
    monkeypatch.setattr(
        registry_file.shutil, "copyfile", lambda a, b: real(other / "clinic.duckdb", b)
    )
    with pytest.raises(RegistryError, match="not the same as the registry"):
        backup_registry(path, tmp_path / "copy.duckdb")
    assert not (tmp_path / "copy.duckdb").exists()
