"""What the disk and DuckDB say when something is wrong, in one sentence with the remedy."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from hinge_outcomes.exceptions import RegistryError

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the disk or DuckDB says into one sentence with the remedy.

    Parameters
    ----------
    path : Path
        The registry.

    Yields
    ------
    None
        While the block runs.

    Raises
    ------
    RegistryError
        In place of the errors of the disk and of a damaged file.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise RegistryError(_full(path)) from None
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise RegistryError(read_only(path)) from None
        raise
    except duckdb.ProgrammingError:
        raise  # a mistake in the SQL is ours, and keeps its traceback
    except duckdb.Error as error:  # damaged blocks come as the class above all others
        # DuckDB's own words may quote a path or a value, so they are not passed on.
        raise RegistryError(_meaning(str(error), path)) from None


def _meaning(words: str, path: Path) -> str:
    if "No space left" in words or "not enough space" in words.lower():
        return _full(path)
    if is_held(words):
        return (
            f"The registry {path.name} is open in another program that writes to it, such as the "
            "DuckDB shell or DBeaver. Close it there, then run the command again."
        )
    if "Permission denied" in words or "Read-only file system" in words:
        return read_only(path)
    if "not a valid DuckDB" in words:
        return no_registry(path)
    if "version number" in words or "newer version" in words:
        return (
            f"The registry {path.name} was written by a newer DuckDB than the one installed here. "
            "Update hinge-outcomes."
        )
    if "emory" in words and "limit" in words:
        return (
            f"The load into {path.name} needs more memory and room on the disk than there is; "
            "nothing was changed. Free some room, or load fewer files at a time."
        )
    return (
        f"The registry {path.name} is damaged and cannot be read. Put your last copy from "
        "`hinge registry backup` in its place, then load again what came later."
    )


def is_held(words: str) -> bool:
    """Tell whether DuckDB says that another program has the file open.

    Parameters
    ----------
    words : str
        What DuckDB says.

    Returns
    -------
    bool
        True if it may be free in a moment.
    """
    return "set lock" in words or "used by another process" in words


def _full(path: Path) -> str:
    return (
        f"The disk is full: the registry {path.name} is as it was before. Free some space, about "
        "twice the size of the registry, then run the command again."
    )


def read_only(path: Path) -> str:
    """Say that a registry may not be written to.

    Parameters
    ----------
    path : Path
        The registry.

    Returns
    -------
    str
        What is wrong and what to do.
    """
    return (
        f"The registry {path.name} or its folder may not be written to. Ask its owner, or copy it "
        "to a folder of your own."
    )


def no_registry(path: Path) -> str:
    """Say that a file is no registry.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        What is wrong and what to do.
    """
    return (
        f"The file {path.name} is no registry. Name another, or make one: "
        "hinge ingest EXPORT --mapping MAPPING --registry FILE."
    )
