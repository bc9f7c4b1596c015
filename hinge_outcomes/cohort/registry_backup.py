"""A copy of a registry that was read back before it got its name."""

import os
import tempfile
from pathlib import Path

from hinge_outcomes.cohort.registry_errors import explained
from hinge_outcomes.cohort.registry_file import copy_registry, reading
from hinge_outcomes.cohort.registry_states import registry_digest
from hinge_outcomes.exceptions import RegistryError


def backup_registry(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> Path:
    """Copy a registry, whoever is loading into it, and read the copy back before it counts.

    The copy appears whole or not at all. It is a registry like the one it was made of; to go back
    to it, put it in the other's place.

    Parameters
    ----------
    path : path
        The registry.
    target : path
        The file to make, or a folder for a file of the registry's name. It may lie on a drive that
        is shared: only writing there is dangerous, keeping a copy is not.

    Returns
    -------
    Path
        The copy.

    Raises
    ------
    RegistryError
        If there is such a file already, the registry cannot be read, or the copy is not the same.
    """
    source, copy = Path(os.path.realpath(path)), Path(target)
    if copy.is_dir():
        copy = copy / Path(path).name
    if copy.exists():
        raise RegistryError(
            f"{copy.name} exists already and is not replaced. Name another file for the copy."
        )
    if not copy.parent.is_dir():
        raise RegistryError(
            f"The folder for the copy {copy.name} does not exist. Make it, or name another."
        )
    with reading(path):  # says what is wrong with the registry, if anything is
        pass
    with (
        explained(copy),
        tempfile.TemporaryDirectory(
            dir=copy.parent, prefix=f".{copy.name}.", suffix=".part", ignore_cleanup_errors=True
        ) as folder,
    ):
        made = Path(folder) / "copy.duckdb"
        copy_registry(source, made)
        is_same = _digest(made) == _digest(source)
        if not is_same:
            # A load may have ended in between; then the copy is the state before it.
            copy_registry(source, made)
            is_same = _digest(made) == _digest(source)
        if not is_same:
            raise RegistryError(
                f"The copy {copy.name} was read back and is not the same as the registry, so it "
                "was deleted. Check the disk it was written to, then run the command again."
            )
        made.replace(copy)
    return copy


def _digest(path: Path) -> tuple[object, ...]:
    with reading(path) as connection:
        return registry_digest(connection)
