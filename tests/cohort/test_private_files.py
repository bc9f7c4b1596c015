"""Private files: readable by their owner alone, whole or not there, and replacing nothing."""

import os
from pathlib import Path

import pytest

from hinge_outcomes.cohort.private_files import is_private, make_private_folder, write_private
from tests.cli.running import files_below

posix_only = pytest.mark.skipif(
    os.name != "posix", reason="Windows keeps no rights in a file's mode"
)


@posix_only
def test_file_and_folder_are_private(tmp_path: Path) -> None:
    """The file is 0600 and a folder made for it 0700, whatever the umask."""
    before = os.umask(0)
    try:
        path = write_private(tmp_path / "new" / "key", "secret")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert is_private(path)
    path.chmod(0o640)
    assert not is_private(path)


@posix_only
def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    """A shared folder does not become private because a private file is put in it."""
    tmp_path.chmod(0o755)
    assert make_private_folder(tmp_path) == tmp_path
    write_private(tmp_path / "key", "secret")
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_nothing_is_replaced(tmp_path: Path) -> None:
    """A second file of the same name is refused, and the first stays."""
    path = write_private(tmp_path / "key", "first")
    with pytest.raises(FileExistsError):
        write_private(path, "second")
    assert path.read_text(encoding="utf-8") == "first"
    assert files_below(tmp_path) == {"key"}


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_stick_without_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    """Where the file system knows no links the file is written all the same, and replaces none."""

    def refuse(*_: object) -> None:
        raise OSError("Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    if is_taken:
        (tmp_path / "key").write_text("first", encoding="utf-8")
        with pytest.raises(FileExistsError):
            write_private(tmp_path / "key", "second")
    else:
        write_private(tmp_path / "key", "first")
    assert (tmp_path / "key").read_text(encoding="utf-8") == "first"
    assert files_below(tmp_path) == {"key"}


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk fails while writing, neither the file nor a part of it is left."""

    def fail(_: int) -> None:
        raise OSError("Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        write_private(tmp_path / "key", "secret")
    assert files_below(tmp_path) == set()
