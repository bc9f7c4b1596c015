"""Files and folders that appear whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hinge_outcomes.exceptions import DataError

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


@contextmanager
def _full_disk_named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DataError(
                f"The disk is full: {path.name} was not written and nothing half-written is left. "
                f"Free some space or name another folder, then run the command again."
            ) from error
        raise


def write_whole(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write a file so that it appears whole or not at all.

    The content goes to a temporary file beside the target, which then takes its place in one step.

    Parameters
    ----------
    path : path
        Where the file shall be; an older one is replaced.
    content : bytes or str
        What it shall hold; text is written as UTF-8.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    DataError
        If the disk is full.
    PermissionError
        If another program holds the file open.
    """
    target = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    with _full_disk_named(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes files private; a page or table is as public as its folder.
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return target


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Fill a folder so that it appears whole or not at all.

    Parameters
    ----------
    path : path
        Where the folder shall be; an older one is replaced when the new one is complete.

    Yields
    ------
    Path
        A temporary folder beside it, to be filled.

    Raises
    ------
    DataError
        If the disk is full.
    """
    target = Path(path)
    with _full_disk_named(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=".", suffix=".part"))
        try:
            temporary.chmod(0o777 & ~_umask())
            yield temporary
            _swap(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _swap(temporary: Path, target: Path) -> None:
    if not target.exists():
        temporary.rename(target)
        return
    # A folder cannot be replaced in one step everywhere: the old one steps aside first, and comes
    # back if the new one cannot take its place.
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=".", suffix=".old"))
    old = aside / "old"
    try:
        target.rename(old)
        try:
            temporary.rename(target)
        except BaseException:
            old.rename(target)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
