"""Files that only their owner may read, which appear whole or not at all and replace nothing."""

import os
import stat
import tempfile
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_private(path: str | os.PathLike[str], text: str) -> Path:
    """Write a new file that only its owner may read.

    The text goes to a private file beside the target, which then takes its name. A folder that is
    made on the way is private too; on Windows both are as private as the user's profile.

    Parameters
    ----------
    path : path
        Where the file shall be.
    text : str
        What it shall hold, in UTF-8.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileExistsError
        If there is such a file already; it is left as it is.
    OSError
        If it cannot be written; nothing half-written is left.
    """
    target = Path(path)
    make_private_folder(target.parent)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        _place_new(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _place_new(temporary: Path, target: Path) -> None:
    """Give a file its name unless another has it."""
    try:
        os.link(temporary, target)  # refuses in one step where the name is taken
    except FileExistsError:
        raise
    except OSError:  # a memory stick's file system knows no links
        if target.exists():
            raise FileExistsError(f"{target} exists.") from None
        temporary.replace(target)


def make_private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may enter; one that is there is left as it is.

    Parameters
    ----------
    folder : Path
        The folder; those above it are made as usual.

    Returns
    -------
    Path
        The folder.
    """
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def is_private(path: Path) -> bool:
    """Tell whether only its owner may read or change a file.

    Parameters
    ----------
    path : Path
        A file.

    Returns
    -------
    bool
        True also on Windows, where rights are not kept in the file's mode.
    """
    return os.name != "posix" or not path.stat().st_mode & _OTHERS
