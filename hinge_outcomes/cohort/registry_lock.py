"""One writer at a time: a lock that the operating system takes back when its holder dies."""

import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hinge_outcomes.exceptions import RegistryError

_LOCKED_BYTE = 1 << 20
"""Past all that is written into the file, so that others can read who holds it."""


@contextmanager
def writer_lock(path: Path) -> Iterator[None]:
    """Keep other writers away from a registry while the block runs.

    The lock lies on a small hidden file beside the registry, which stays. It is the system's own,
    so a process that is killed does not leave it locked.

    Parameters
    ----------
    path : Path
        The registry.

    Yields
    ------
    None
        While the lock is held.

    Raises
    ------
    RegistryError
        If somebody else holds it; the message says who, since when, and what to do.
    """
    file = path.with_name(f".{path.name}.lock")
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(handle):
            raise RegistryError(
                f"The registry {path.name} is being written to by another command{_holder(handle)}."
                " Wait until that is done, then run this one again. Reading goes on meanwhile."
            )
        now = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps({"process": os.getpid(), "since": now}).encode("utf-8"))
        yield
    finally:
        os.close(handle)  # gives the lock back


def _lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lock_on_windows(handle: int) -> bool:
    import msvcrt  # not everywhere, like fcntl

    os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    os.lseek(handle, 0, os.SEEK_SET)
    return True


def _holder(handle: int) -> str:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        held = json.loads(os.read(handle, 4096))
        return f" (process {int(held['process'])}, since {str(held['since'])[11:16]})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
