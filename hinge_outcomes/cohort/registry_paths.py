"""Tell a registry's file from a cohort's folder, without opening either."""

import os
from pathlib import Path

_MAGIC, _MAGIC_AT = b"DUCK", 8
_ENDING = ".duckdb"


def is_registry(path: object) -> bool:
    """Tell whether a path means a registry rather than a folder.

    Parameters
    ----------
    path : path
        Of a file that ends in .duckdb, whether it exists or not, or begins as DuckDB's files do.

    Returns
    -------
    bool
        False for folders and for anything that is no path.
    """
    if not isinstance(path, str | os.PathLike) or Path(path).is_dir():
        return False
    if Path(path).suffix.lower() == _ENDING:
        return True
    try:
        with Path(path).open("rb") as file:
            return file.read(_MAGIC_AT + len(_MAGIC))[_MAGIC_AT:] == _MAGIC
    except OSError:
        return False
