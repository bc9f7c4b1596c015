"""Files and folders that appear whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
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


def write_whole(
    path: str | os.PathLike[str], content: bytes | str, *, is_private: bool = False
) -> Path:
    """Write a file so that it appears whole or not at all.

    The content goes to a temporary file beside the target, which then takes its place in one step.

    Parameters
    ----------
    path : path
        Where the file shall be; an older one is replaced.
    content : bytes or str
        What it shall hold; text is written as UTF-8.
    is_private : bool, default False
        Whether only the owner may read it; on Windows it is as private as its folder.

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
    return write_all_whole({Path(path): content}, is_private=is_private)[Path(path)]


def write_all_whole(
    contents: Mapping[Path, bytes | str],
    *,
    other_name: Callable[[Path], Path] | None = None,
    is_private: bool = False,
) -> dict[Path, Path]:
    """Write files that belong together so that a full disk changes none of them.

    All contents go to temporary files beside their targets first. Only when every one is complete
    do they take their places, one by one, which needs no space.

    Parameters
    ----------
    contents : mapping of path to bytes or str
        What each file shall hold; text is written as UTF-8. Older files are replaced.
    other_name : callable, optional
        Gives the path to use instead where another program holds a file open.
    is_private : bool, default False
        Whether only the owner may read them.

    Returns
    -------
    dict of Path to Path
        For each file asked for, the file written; they differ where `other_name` was used.

    Raises
    ------
    DataError
        If the disk is full.
    PermissionError
        If a folder may not be written to, or another program holds a file open and there is no
        `other_name`.
    """
    staged: dict[Path, Path] = {}
    written: dict[Path, Path] = {}
    created: list[Path] = []
    try:
        for path, content in contents.items():
            staged[path] = _staged(path, content, is_private)
        for target, temporary in staged.items():
            with _full_disk_named(target):
                is_new = not target.exists()
                written[target] = _placed(temporary, target, other_name)
            if is_new or written[target] != target:
                created.append(written[target])
    except BaseException:
        for path in created:
            path.unlink(missing_ok=True)
        raise
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
    return written


def _staged(target: Path, content: bytes | str, is_private: bool) -> Path:
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
            if not is_private:
                temporary.chmod(0o666 & ~_umask())
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return temporary


def _placed(temporary: Path, target: Path, other_name: Callable[[Path], Path] | None) -> Path:
    try:
        return temporary.replace(target)
    except PermissionError:
        if other_name is None:
            raise
        # If this fails too, it is the folder that may not be written to.
        return temporary.replace(other_name(target))


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
