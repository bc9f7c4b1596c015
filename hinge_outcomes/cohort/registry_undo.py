"""Undo and redo loads: an earlier state comes back as a new entry, and nothing is forgotten."""

import os

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.registry_file import rewriting, writing
from hinge_outcomes.cohort.registry_queries import Connection, number, quoted, run
from hinge_outcomes.cohort.registry_results import Counts, LoadResult
from hinge_outcomes.cohort.registry_schema import create_views
from hinge_outcomes.cohort.registry_states import newest_load, read_facts, write_entry
from hinge_outcomes.exceptions import RegistryError


def undo_load(path: str | os.PathLike[str], *, allow_shared: bool = False) -> LoadResult:
    """Undo the newest load that holds: the state before it comes back, as a new entry.

    Nothing is forgotten: the undone load can be read by ``as_of``, and done again by `redo_load`.

    Parameters
    ----------
    path : path
        The registry.
    allow_shared : bool, default False
        Whether it may lie on a network drive or in a folder that is synced.

    Returns
    -------
    LoadResult
        What was done.

    Raises
    ------
    RegistryError
        If there is nothing to undo, or the registry cannot be written.
    """
    return _restored(path, "undo", allow_shared=allow_shared)


def redo_load(path: str | os.PathLike[str], *, allow_shared: bool = False) -> LoadResult:
    """Do again the load that was undone last.

    Parameters
    ----------
    path : path
        The registry.
    allow_shared : bool, default False
        Whether it may lie on a network drive or in a folder that is synced.

    Returns
    -------
    LoadResult
        What was done.

    Raises
    ------
    RegistryError
        If nothing was undone since the newest load, or the registry cannot be written.
    """
    return _restored(path, "redo", allow_shared=allow_shared)


def _restored(path: str | os.PathLike[str], kind: str, *, allow_shared: bool) -> LoadResult:
    with (
        writing(path, allow_shared=allow_shared) as target,
        rewriting(target, is_new=False) as connection,
    ):
        entry = newest_load(connection) + 1
        state = _asked_state(connection, kind)
        counts = {name: _restore(connection, name, state, entry) for name in TABLE_NAMES}
        facts = read_facts(connection, state)
        write_entry(connection, entry, facts, counts, kind=kind, state=state)
        create_views(connection, facts.extra_columns)
    return LoadResult(entry, counts)


def _asked_state(connection: Connection, kind: str) -> int:
    state = number(connection, "SELECT state FROM loads ORDER BY load DESC LIMIT 1")
    if kind == "undo":
        if not state:
            raise RegistryError("There is no load to undo: the registry holds none.")
        return number(connection, "SELECT before FROM loads WHERE load = ?", [state])
    # Of the loads that came after this state, the newest is the one that was undone last.
    later = "SELECT coalesce(max(load), 0) FROM loads WHERE kind = 'load' AND before = ?"
    undone = number(connection, later, [state])
    if not undone:
        raise RegistryError("There is nothing to redo: no load was undone since the newest.")
    return undone


def _restore(connection: Connection, name: str, load: int, entry: int) -> Counts:
    """Close what came after a load and bring back what it held, as rows of a new entry."""
    described = run(connection, f"DESCRIBE {name}")
    versions = ("valid_from", "valid_to")
    columns = ", ".join(quoted(row[0]) for row in described if row[0] not in versions)
    closed = number(
        connection,
        f"UPDATE {name} SET valid_to = {entry} WHERE valid_to IS NULL AND valid_from > {load}",
    )
    back = number(
        connection,
        f"INSERT INTO {name} ({columns}, valid_from) SELECT {columns}, {entry} FROM {name} "
        f"WHERE valid_from <= {load} AND valid_to > {load}",
    )
    kept = number(
        connection,
        f"SELECT count(*) FROM {name} WHERE valid_to IS NULL AND valid_from <= {load}",
    )
    return Counts(inserted=back, retired=closed, unchanged=kept)
