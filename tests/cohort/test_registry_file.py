"""The file: replaced as a whole, left as it was by kills and errors, read by anybody meanwhile."""

import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hinge_outcomes.cohort import registry_file
from hinge_outcomes.cohort.registry import open_registry, read_registry
from hinge_outcomes.cohort.registry_file import reading, rewriting, writing
from hinge_outcomes.cohort.registry_queries import run
from hinge_outcomes.exceptions import RegistryError
from tests.records import small_cohort
from tests.registries import changed, load, made


def files(folder: Path) -> list[str]:
    """All names in a folder, hidden ones too."""
    return sorted(entry.name for entry in folder.iterdir())


def test_a_registry_is_one_private_file_and_its_lock(tmp_path: Path) -> None:
    """A load leaves the registry and a hidden lock; only the owner may read them."""
    path = made(tmp_path)
    assert files(tmp_path) == [".clinic.duckdb.lock", "clinic.duckdb"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="rights are not kept in the mode on Windows")
def test_rights_given_to_a_group_stay(tmp_path: Path) -> None:
    """A registry that its owner shares with a group stays shared after a load."""
    path = made(tmp_path)
    path.chmod(0o640)
    load(path, small_cohort(**changed("outcomes", {0: 9.0}, "score")))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_readers_go_on_while_a_load_is_written(tmp_path: Path) -> None:
    """Between begin and end of a load others read the old state; afterwards the new one."""
    path = made(tmp_path)
    with writing(path), rewriting(path, is_new=False) as connection:
        run(connection, "DELETE FROM outcomes")
        assert len(read_registry(path).outcomes) == 3
    assert len(read_registry(path).outcomes) == 0


def test_a_reader_keeps_the_state_it_opened(tmp_path: Path) -> None:
    """A reader that is still open sees its state; one that opens after the load sees the new."""
    path = made(tmp_path)
    with reading(path) as connection:
        load(path, small_cohort(**changed("outcomes", {0: 9.0}, "score")))
        query = "SELECT count(*) FROM outcomes"
        assert run(connection, query) == [(3,)]
        with reading(path) as newer:
            assert run(newer, query) == [(4,)]


def test_an_error_within_a_load_changes_nothing(tmp_path: Path) -> None:
    """Whatever stops a load, the file is the same to the byte and nothing lies beside it."""
    path = made(tmp_path)
    before, names = path.read_bytes(), files(tmp_path)
    with writing(path), pytest.raises(KeyboardInterrupt):
        _interrupted(path)
    assert (path.read_bytes(), files(tmp_path)) == (before, names)


def _interrupted(path: Path) -> None:
    with rewriting(path, is_new=False) as connection:
        run(connection, "DELETE FROM outcomes")
        raise KeyboardInterrupt


def test_what_a_killed_load_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    """The private copy of a killed load lies beside the registry until the next load."""
    path = made(tmp_path)
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from hinge_outcomes.cohort.registry_file import rewriting, writing\n"
        "path = Path(sys.argv[1])\n"
        "with writing(path), rewriting(path, is_new=False) as connection:\n"
        "    connection.execute('DELETE FROM outcomes')\n"
        "    os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert len(files(tmp_path)) == 3
    assert len(read_registry(path).outcomes) == 3
    load(path, small_cohort())
    assert files(tmp_path) == [".clinic.duckdb.lock", "clinic.duckdb"]


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for the copy a load ends in one sentence, and the registry is as it was."""
    path = made(tmp_path)
    before, names = path.read_bytes(), files(tmp_path)

    def fail(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(shutil, "copyfile", fail)
    with pytest.raises(RegistryError, match=r"disk is full: the registry clinic.duckdb is as it"):
        load(path, small_cohort())
    assert (path.read_bytes(), files(tmp_path)) == (before, names)


def test_a_reader_in_the_way_on_windows_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file that is open cannot be replaced, the load says who must close it."""
    path = made(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(registry_file, "_PATIENCE", 0.1)

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(RegistryError, match="Close the reports and notebooks that read it"):
        load(path, small_cohort())
    assert path.read_bytes() == before


def test_another_program_that_writes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process has the file open for writing, reading and loading say so."""
    path = made(tmp_path)
    monkeypatch.setattr(registry_file, "_PATIENCE", 0.1)
    code = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "print('open', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        for use in (read_registry, lambda path: load(path, small_cohort())):
            with pytest.raises(RegistryError, match="open in another program that writes"):
                use(path)
        other.stdin.write("\n")
        other.stdin.flush()
    assert read_registry(path).n_episodes == 3


def test_what_another_program_left_in_its_log_is_not_lost(tmp_path: Path) -> None:
    """A change that only stands in DuckDB's log beside the file is in the registry after a load."""
    path = made(tmp_path)
    code = (
        "import duckdb, os, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute('PRAGMA disable_checkpoint_on_shutdown')\n"
        'connection.execute("DELETE FROM outcomes WHERE score = 3")\n'
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert "clinic.duckdb.wal" in files(tmp_path)
    assert len(read_registry(path).outcomes) == 2
    load(path, small_cohort().select(episode_id="e3"))
    assert "clinic.duckdb.wal" not in files(tmp_path)
    assert len(read_registry(path).outcomes) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"case;start;pain\n" * 999, "is no registry"),
        (b"", "is no registry"),
        (None, "is damaged"),
    ],
)
def test_a_file_that_is_no_registry_is_told(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    """A text, an empty file and half a registry are each told in a sentence, and left alone."""
    path = made(tmp_path)
    path.write_bytes(path.read_bytes()[:5000] if content is None else content)
    before = path.read_bytes()
    for use in (read_registry, lambda path: load(path, small_cohort())):
        with pytest.raises(RegistryError, match=words):
            use(path)
    assert path.read_bytes() == before


def test_another_database_is_no_registry(tmp_path: Path) -> None:
    """A DuckDB file without our tables is not loaded into."""
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE words AS SELECT 1 AS word")
    for use in (read_registry, lambda path: load(path, small_cohort())):
        with pytest.raises(RegistryError, match="is no registry"):
            use(path)


def test_a_newer_registry_is_refused(tmp_path: Path) -> None:
    """A registry of a later version is neither read nor written."""
    path = made(tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE registry SET schema_version = 99")
    for use in (read_registry, lambda path: load(path, small_cohort())):
        with pytest.raises(RegistryError, match=r"version 99; this software knows .* Update"):
            use(path)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file, a folder and a missing folder are each told."""
    with pytest.raises(RegistryError, match="There is no registry"):
        read_registry(tmp_path / "none.duckdb")
    with pytest.raises(RegistryError, match="is a folder"):
        read_registry(tmp_path)
    with (
        pytest.raises(RegistryError, match="There is no registry"),
        open_registry(tmp_path / "none.duckdb"),
    ):
        pytest.fail("opened")
    with (
        pytest.raises(RegistryError, match="folder for the registry"),
        open_registry(tmp_path / "none" / "clinic.duckdb", create=True),
    ):
        pytest.fail("opened")


def test_a_shared_drive_is_refused_unless_allowed(tmp_path: Path) -> None:
    """A registry in a synced folder is not begun there, except when it is asked for twice."""
    folder = tmp_path / "OneDrive - Clinic"
    folder.mkdir()
    path = folder / "clinic.duckdb"
    with (
        pytest.raises(RegistryError, match=r"lie on OneDrive.*hinge registry backup"),
        open_registry(path, create=True),
    ):
        pytest.fail("opened")
    with open_registry(path, create=True, allow_shared=True) as registry:
        registry.load(small_cohort())
    assert read_registry(path).n_episodes == 3


def test_a_folder_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right to write a load ends before it begins; reading goes on."""
    path = made(tmp_path)
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    with pytest.raises(RegistryError, match="may not be written to"):
        load(path, small_cohort())
    assert read_registry(path).n_episodes == 3


@pytest.mark.skipif(os.name != "posix", reason="links need special rights on Windows")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """A load through a link replaces the file it points to, not the link."""
    (tmp_path / "real").mkdir()
    path = made(tmp_path / "real")
    link = tmp_path / "link.duckdb"
    link.symlink_to(path)
    load(link, small_cohort(**changed("outcomes", {0: 9.0}, "score")))
    assert link.is_symlink()
    assert read_registry(path).outcomes["score"].tolist()[0] == 9.0
