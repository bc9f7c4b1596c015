"""The registry as a file: found, locked, opened, and replaced as a whole.

Nothing is ever written into a registry in place. A load works on a private copy beside it, which
takes its place in one step when it is complete. So a kill, a full disk or a power cut at any moment
leaves the old registry or the new one; readers go on while a load is under way, and never wait. In
place, DuckDB would lock every reader out of the file for as long as a load takes, and a notebook
that reads would keep a load from beginning. The price is room for a second copy and the time to
make it, about a twentieth of a second for ten million visits.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from hinge_outcomes.cohort.registry_errors import explained, is_held, no_registry, read_only
from hinge_outcomes.cohort.registry_lock import writer_lock
from hinge_outcomes.cohort.registry_queries import quoted_text, run
from hinge_outcomes.cohort.registry_schema import REGISTRY_VERSION, migrate, schema_version
from hinge_outcomes.cohort.shared_drives import shared_by
from hinge_outcomes.exceptions import RegistryError

_ENDING = ".duckdb"
_MEMORY = "400MB"
_PATIENCE = 10.0
"""Seconds to wait for a program that holds the file for a moment."""

_PAUSE = 0.05


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a registry to read it, whoever is writing to it.

    Parameters
    ----------
    path : path
        The registry.

    Yields
    ------
    duckdb connection
        To the state that was complete when it was opened, in today's layout.

    Raises
    ------
    RegistryError
        If it cannot be opened, is damaged, or was written by a newer version.
    """
    target = _existing(path)
    with ExitStack() as stack:
        connection = stack.enter_context(_attached(target))
        if _checked_version(connection, target) < REGISTRY_VERSION:
            # An older registry is left as it is; a copy of it is brought to today's layout.
            folder = stack.enter_context(_private_folder(None, target.name))
            copy = shutil.copyfile(target, folder / target.name)
            connection = stack.enter_context(_opened(copy, folder, target))
            migrate(connection)
        with explained(target):
            yield connection


@contextmanager
def rewriting(path: Path, *, is_new: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """Change a registry so that it is changed whole or not at all; the caller holds its lock.

    Parameters
    ----------
    path : Path
        The registry.
    is_new : bool
        Whether it does not exist yet.

    Yields
    ------
    duckdb connection
        To a private copy, inside a transaction. Its content takes the registry's place when the
        block ends; after an error nothing has changed.

    Raises
    ------
    RegistryError
        If the registry cannot be read or written.
    """
    _clear_leftovers(path)
    with _private_folder(path.parent, path.name) as folder, explained(path):
        copy = folder / f"new{_ENDING}"
        if not is_new:
            _take_in_log(path)
            with _attached(path) as current:  # holds off other programs that would write
                _checked_version(current, path)
                _copy_with_mode(path, copy)
        with _opened(copy, folder, path) as connection:
            run(connection, "BEGIN")
            if not is_new:
                migrate(connection)
            yield connection
            run(connection, "COMMIT")
            run(connection, "CHECKPOINT")
        if is_new:
            copy.chmod(0o600)
        _settle(copy)
        _replace(copy, path)
        _settle(path.parent)


@contextmanager
def writing(
    path: str | os.PathLike[str], *, create: bool = False, allow_shared: bool = False
) -> Iterator[Path]:
    """Become the one who may change a registry, while the block runs.

    Parameters
    ----------
    path : path
        The registry.
    create : bool, default False
        Whether it may be missing still.
    allow_shared : bool, default False
        Whether it may lie on a network drive or in a folder that is synced.

    Yields
    ------
    Path
        The file itself, links followed.

    Raises
    ------
    RegistryError
        If somebody else is writing, the file is missing or no registry, or its place is shared.
    """
    given = Path(path)
    service = None if allow_shared else shared_by(path)
    if service is not None:
        raise RegistryError(
            f"The registry {given.name} would lie on {service}, which other computers write to as "
            "well; sooner or later that damages it. Keep it in a folder of this computer alone, "
            "and put copies there with `hinge registry backup`."
        )
    if create and not given.exists():
        target = given.absolute()
        if not target.parent.is_dir():
            raise RegistryError(
                f"The folder for the registry {given.name} does not exist. Make it, or name "
                "another."
            )
        target = Path(os.path.realpath(target))
    else:
        target = _existing(path)
    if not os.access(target.parent, os.W_OK) or (
        target.exists() and not os.access(target, os.W_OK)
    ):
        raise RegistryError(read_only(target))
    with writer_lock(target):
        yield target


def copy_registry(source: Path, target: Path) -> None:
    """Copy a registry as it is at this moment.

    Parameters
    ----------
    source, target : Path
        The registry and the file to make.
    """
    with explained(source):
        _take_in_log(source)
        with _attached(source) as current:
            _checked_version(current, source)
            _copy_with_mode(source, target)
    _settle(target)


def _existing(path: str | os.PathLike[str]) -> Path:
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise RegistryError(f"{Path(path).name} is a folder. A registry is one file; name it.")
    if not target.exists():
        raise RegistryError(
            f"There is no registry {Path(path).name}. Check the name, or make one: "
            "hinge ingest EXPORT --mapping MAPPING --registry FILE."
        )
    return target


def _checked_version(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    version = schema_version(connection)
    if not version:
        raise RegistryError(no_registry(path))
    if version > REGISTRY_VERSION:
        raise RegistryError(
            f"The registry {path.name} has version {version}; this software knows versions up to "
            f"{REGISTRY_VERSION}. Update hinge-outcomes."
        )
    return version


@contextmanager
def _attached(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file for reading, with a little patience for whoever holds it for a moment.

    A database in memory stands before it: two readers in one process would otherwise share what
    the first of them opened, and the second would read an old state.
    """
    with duckdb.connect(":memory:", config={"threads": 1, "memory_limit": _MEMORY}) as connection:
        until = time.monotonic() + _PATIENCE
        with explained(path):
            while True:
                try:
                    written = quoted_text(os.fspath(path))
                    run(connection, f"ATTACH {written} AS attached (READ_ONLY)")
                    break
                except duckdb.IOException as error:
                    if not is_held(str(error)) or time.monotonic() > until:
                        raise
                    time.sleep(_PAUSE)
            run(connection, "USE attached")
        yield connection


@contextmanager
def _opened(path: Path, folder: Path, registry: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": _MEMORY,
        "temp_directory": os.fspath(folder / "spilled"),
        "preserve_insertion_order": False,
    }
    with explained(registry), duckdb.connect(os.fspath(path), config=config) as connection:
        yield connection


@contextmanager
def _private_folder(beside: Path | None, name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=beside, prefix=f".{name}.", suffix=".part"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_leftovers(path: Path) -> None:
    """Delete what killed loads left; whoever holds the lock is the only one who writes."""
    for folder in path.parent.glob(f".{path.name}.*.part"):
        shutil.rmtree(folder, ignore_errors=True)


def _take_in_log(path: Path) -> None:
    """Let DuckDB take in what another program's crash has left in its log beside the file."""
    if path.with_name(f"{path.name}.wal").exists():
        with duckdb.connect(os.fspath(path)) as connection:
            run(connection, "CHECKPOINT")


def _copy_with_mode(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    shutil.copymode(source, target)


def _settle(path: Path) -> None:
    """Ask the disk to keep a file, or the names in a folder, through a power cut."""
    if path.is_dir() and os.name != "posix":
        return  # elsewhere folders cannot be opened
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(copy: Path, path: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            copy.replace(path)
            return
        except PermissionError:  # on Windows, for as long as a reader has the file open
            if time.monotonic() > until:
                raise RegistryError(
                    f"The registry {path.name} is open in another program, so it is as it was "
                    "before. Close the reports and notebooks that read it, then run the command "
                    "again."
                ) from None
            time.sleep(_PAUSE)
