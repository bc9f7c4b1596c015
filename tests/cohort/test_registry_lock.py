"""One writer at a time, and none for longer than it lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hinge_outcomes.cohort import registry_lock
from hinge_outcomes.cohort.registry_lock import writer_lock
from hinge_outcomes.exceptions import RegistryError

_HOLD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from hinge_outcomes.cohort.registry_lock import writer_lock\n"
    "with writer_lock(Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.readline()\n"
)


def test_a_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    """While a process holds the lock another is refused, with its number and what to do."""
    path = tmp_path / "clinic.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    ) as other:  # fmt: skip
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(RegistryError) as told, writer_lock(path):
            pytest.fail("held twice")
        assert f"process {other.pid}, since " in str(told.value)
        assert "Wait until that is done" in str(told.value)
        other.kill()
    with writer_lock(path):  # a process that was killed holds nothing
        pass


def test_one_process_cannot_write_twice(tmp_path: Path) -> None:
    """Within one process the second writer is refused as well, and free after the first."""
    path = tmp_path / "clinic.duckdb"
    told = pytest.raises(RegistryError, match=str(os.getpid()))
    with writer_lock(path), told, writer_lock(path):
        pytest.fail("held twice")
    with writer_lock(path):
        pass


def test_a_lock_without_a_name_is_told_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock file that says nothing is still a lock."""
    path = tmp_path / "clinic.duckdb"
    monkeypatch.setattr(registry_lock, "_lock", lambda handle: False)
    with pytest.raises(RegistryError, match=r"by another command\. Wait"), writer_lock(path):
        pytest.fail("held")
