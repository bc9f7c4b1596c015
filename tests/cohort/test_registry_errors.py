"""What the disk and DuckDB say becomes one sentence that quotes neither a path nor a value."""

import errno
from pathlib import Path

import duckdb
import pytest

from hinge_outcomes.cohort.registry_errors import explained, is_held
from hinge_outcomes.exceptions import RegistryError

PATH = Path("/secret/place/clinic.duckdb")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "full"), "The disk is full"),
        (PermissionError(errno.EACCES, "no"), "may not be written to"),
        (OSError(errno.EROFS, "read-only"), "may not be written to"),
        (duckdb.IOException('IO Error: "x": No space left on device'), "The disk is full"),
        (duckdb.IOException("Could not set lock on file: PID 7"), "open in another program"),
        (duckdb.IOException("it is being used by another process"), "open in another program"),
        (duckdb.IOException("Cannot open file: Permission denied"), "may not be written to"),
        (duckdb.IOException("it is not a valid DuckDB database file!"), "is no registry"),
        (duckdb.IOException("file with version number 99"), "newer DuckDB"),
        (duckdb.OutOfMemoryException("could not allocate, memory limit"), "needs more memory"),
        (duckdb.SerializationException("Failed to deserialize"), "is damaged"),
        (duckdb.FatalException("checksum of P-1234"), "is damaged"),
    ],
)
def test_errors_are_told_in_a_sentence(error: Exception, words: str) -> None:
    """Each kind of error has its remedy; nothing of DuckDB's own words is in it."""
    with pytest.raises(RegistryError) as told, explained(PATH):
        raise error
    assert words in str(told.value)
    assert "clinic.duckdb" in str(told.value)
    assert "secret" not in str(told.value)
    assert "P-1234" not in str(told.value)
    assert told.value.__suppress_context__


@pytest.mark.parametrize("error", [OSError(errno.EIO, "?"), duckdb.BinderException("bug")])
def test_bugs_keep_their_traceback(error: Exception) -> None:
    """What its user cannot mend is passed on."""
    with pytest.raises(type(error)), explained(PATH):
        raise error


def test_a_lock_is_worth_waiting_for_and_damage_is_not() -> None:
    """Only a file that somebody holds is tried again."""
    assert is_held("Could not set lock on file")
    assert not is_held("not a valid DuckDB database file")
