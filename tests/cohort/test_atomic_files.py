"""Files and folders appear whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from hinge_outcomes.cohort.atomic_files import whole_folder, write_all_whole, write_whole
from hinge_outcomes.exceptions import DataError


def test_text_and_bytes_are_written_and_replaced(tmp_path: Path) -> None:
    """A file is made with its folder, and an older one replaced, without a trace."""
    target = tmp_path / "new" / "page.html"
    assert write_whole(target, "één").read_text(encoding="utf-8") == "één"
    assert write_whole(target, b"\x00").read_bytes() == b"\x00"
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """ENOSPC at either step is one clear error, the old content stands, no part remains."""
    target = write_whole(tmp_path / "page.html", "old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync", full) if failing == "fsync" else (Path, "replace", full)))
    with pytest.raises(DataError, match="disk is full"):
        write_whole(target, "new")
    monkeypatch.undo()
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_file_held_open_elsewhere_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PermissionError passes through, for the caller to find a second name."""

    def held(*_: object) -> None:
        raise PermissionError(errno.EACCES, "held open")

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(PermissionError):
        write_whole(tmp_path / "page.pdf", b"x")
    assert list(tmp_path.iterdir()) == []


def test_files_are_written_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk full at the last file leaves every older file as it was, and no part."""
    targets = [tmp_path / name for name in ("a.html", "b.pdf", "c.json")]
    write_all_whole(dict.fromkeys(targets[:2], "old"))
    synced: list[int] = []

    def full(handle: int) -> None:
        synced.append(handle)
        if len(synced) == len(targets):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"disk is full: c\.json"):
        write_all_whole(dict.fromkeys(targets, "new"))
    monkeypatch.undo()
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {
        "a.html": "old",
        "b.pdf": "old",
    }


def test_a_file_held_open_takes_its_other_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the file held open gets the other name; the rest take their own."""
    targets = [tmp_path / name for name in ("a.html", "b.pdf", "c.json")]
    _hold(monkeypatch, "b.pdf")
    written = write_all_whole(
        dict.fromkeys(targets, "new"), other_name=lambda path: path.with_name("b (2).pdf")
    )
    assert [path.name for path in written.values()] == ["a.html", "b (2).pdf", "c.json"]
    assert list(written) == targets
    assert sorted(tmp_path.iterdir()) == sorted(written.values())


def test_new_files_go_when_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file is held open and has no other name, no new file is left without it."""
    _hold(monkeypatch, "b.pdf")
    with pytest.raises(PermissionError):
        write_all_whole({tmp_path / "a.html": "new", tmp_path / "b.pdf": b"new"})
    assert list(tmp_path.iterdir()) == []


def _hold(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target.name == name:
            raise PermissionError(errno.EACCES, "held open")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    """The target is absent while it is filled, and whole afterwards."""
    target = tmp_path / "cohort"
    with whole_folder(target) as folder:
        (folder / "a").write_text("1", encoding="utf-8")
        assert not target.exists()
    assert (target / "a").read_text(encoding="utf-8") == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]


def test_a_failure_inside_keeps_the_old_folder(tmp_path: Path) -> None:
    """An exception while filling leaves the older folder as it was and nothing beside it."""
    target = tmp_path / "cohort"
    with whole_folder(target) as folder:
        (folder / "a").write_text("old", encoding="utf-8")

    def fill_and_fail() -> None:
        with whole_folder(target) as folder:
            (folder / "a").write_text("new", encoding="utf-8")
            raise KeyError

    with pytest.raises(KeyError):
        fill_and_fail()
    assert (target / "a").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]


def test_a_failed_swap_brings_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the new folder cannot take the place, the old one returns to it."""
    target = tmp_path / "cohort"
    with whole_folder(target) as folder:
        (folder / "a").write_text("old", encoding="utf-8")
    rename = Path.rename

    def stubborn(self: Path, other: Path) -> Path:
        if self.name.endswith(".part"):
            raise PermissionError(errno.EACCES, "held open")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", stubborn)
    with pytest.raises(PermissionError), whole_folder(target) as folder:
        (folder / "a").write_text("new", encoding="utf-8")
    monkeypatch.undo()
    assert (target / "a").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]
