"""The registry: one file that grows with every load, and loses and doubles no row."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort, check_findings
from hinge_outcomes.cohort.registry_facts import Facts
from hinge_outcomes.cohort.registry_file import reading, rewriting, writing
from hinge_outcomes.cohort.registry_merge import Whole, merge_tables
from hinge_outcomes.cohort.registry_queries import Connection, quoted_text, run
from hinge_outcomes.cohort.registry_results import Counts, FileRead, LoadResult
from hinge_outcomes.cohort.registry_schema import add_columns, create_schema, create_views
from hinge_outcomes.cohort.registry_states import (
    AsOf,
    find_load,
    loads_that_hold,
    newest_load,
    read_facts,
    state_of,
    write_entry,
)
from hinge_outcomes.cohort.registry_tables import read_tables, with_texts
from hinge_outcomes.cohort.registry_words import Words, encode_tables
from hinge_outcomes.cohort.validation import validate_tables
from hinge_outcomes.exceptions import RegistryError

_FACTS = (
    "data_cut", "is_synthetic", "is_deidentified", "clinic_names", "scenario", "seed",
    "extra_columns", "assumptions", "has_visits",
)  # fmt: skip
_SHOWN = 5


class Registry:
    """A registry that this process alone may change.

    Made by `open_registry`.

    Parameters
    ----------
    path : Path
        The file; it need not exist yet.
    key_fingerprint : str or None
        Of the key behind the pseudonyms of the records to be loaded.
    """

    def __init__(self, path: Path, key_fingerprint: str | None) -> None:
        self.path = path
        self._key_fingerprint = key_fingerprint

    def load(self, cohort: Cohort, **options: Any) -> LoadResult:
        """Load a cohort: all of it or, after an error or a kill, none of it.

        Parameters
        ----------
        cohort : Cohort
            The records.
        **options
            The keyword arguments of `load_tables`.

        Returns
        -------
        LoadResult
            What was done.

        Raises
        ------
        RegistryError
            As for `load_tables`.
        """
        tables = {name: getattr(cohort, name) for name in TABLE_NAMES}
        facts = {name: getattr(cohort, name) for name in _FACTS}
        return self.load_tables(tables, facts, **options)

    def load_tables(
        self,
        tables: Mapping[str, pd.DataFrame],
        facts: Mapping[str, Any],
        *,
        files: Iterable[FileRead] = (),
        account: Mapping[str, int] | None = None,
        n_findings: int = 0,
        mapping: str = "",
        mapping_sha256: str = "",
        whole: Whole = "nothing",
        force: bool = False,
        progress: Callable[[str], object] = lambda step: None,
    ) -> LoadResult:
        """Load five checked tables: all of them or, after an error or a kill, none.

        A row whose key the registry holds replaces what it says; the older version stays in the
        history. The same files by the same mapping change nothing.

        Parameters
        ----------
        tables : mapping of str to DataFrame
            The five tables in their declared dtypes, lawful by themselves; ids may be categories,
            which spares the memory of ten million texts.
        facts : mapping
            The keyword arguments of a Cohort.
        files : iterable
            What was read: ``name``, ``sha256`` and ``rows`` of each file.
        account : mapping of str to int, optional
            Where the rows of the export went.
        n_findings : int, default 0
            How many findings there were.
        mapping, mapping_sha256 : str, default ""
            Name and digest of the mapping.
        whole : {"nothing", "episodes", "clinics"}
            What the load holds completely: rows of it that the load no longer has are retired.
        force : bool, default False
            Whether to load an export that is older than the registry, or was loaded before.
        progress : callable, optional
            Called with a few words at the beginning of each step.

        Returns
        -------
        LoadResult
            What was done.

        Raises
        ------
        RegistryError
            If the load would leave unlawful records, is older than what the registry holds, or
            mixes invented and real patients; nothing is changed then.
        """
        read = tuple(files)
        if not force:
            earlier = self.find_repeat(read, mapping_sha256)
            if earlier is not None:
                return LoadResult(earlier, {name: Counts() for name in TABLE_NAMES}, is_repeat=True)
        clinics = tables["episodes"]["clinic_id"].dropna().unique()
        told = Facts.of(facts, map(str, clinics), has_visits=len(tables["visits"]) > 0)
        progress("Write the registry")
        is_new = not self.path.exists()
        with rewriting(self.path, is_new=is_new) as connection:
            if is_new:
                create_schema(connection, self._key_fingerprint)
            before = newest_load(connection)
            load = before + 1
            joined = read_facts(connection, before).joined_by(
                told, force=force, is_whole=whole == "clinics"
            )
            add_columns(connection, joined.extra_columns)
            words = Words(connection)
            given = encode_tables(
                {name: tables[name] for name in TABLE_NAMES}, told.extra_columns, words
            )
            words.store(connection)
            counts = merge_tables(connection, given, load, whole)
            if before and whole == "nothing" and _has_changed(counts):
                progress("Check the episodes that changed")
                _check_touched(connection, load, joined)
            write_entry(
                connection, load, joined, counts, kind="load", state=load,
                before=state_of(connection, before), mapping=mapping,
                mapping_sha256=mapping_sha256, whole=whole, n_findings=n_findings,
                account=json.dumps(dict(account or {})),
            )  # fmt: skip
            for file in read:
                run(
                    connection,
                    "INSERT INTO load_files VALUES (?, ?, ?, ?)",
                    [load, file.name, file.sha256, file.rows],
                )
            create_views(connection, joined.extra_columns)
        return LoadResult(load, {name: counts[name] for name in TABLE_NAMES})

    def find_repeat(self, files: Iterable[FileRead], mapping_sha256: str) -> int | None:
        """Find the load that loaded the same files by the same mapping and still holds.

        Parameters
        ----------
        files : iterable
            Name, sha256 and rows of each file.
        mapping_sha256 : str
            Digest of the mapping.

        Returns
        -------
        int or None
            Its number; None where there is none, or it was undone.
        """
        digests = sorted(file.sha256 for file in files)
        if not digests or not self.path.exists():
            return None
        with reading(self.path) as connection:
            found = run(
                connection,
                "SELECT load, list_sort(list(f.sha256)) FROM loads JOIN load_files f USING (load) "
                "WHERE mapping_sha256 = ? GROUP BY load ORDER BY load DESC", [mapping_sha256],
            )  # fmt: skip
            holding = loads_that_hold(connection)
        return next((row[0] for row in found if row[0] in holding and row[1] == digests), None)


@contextmanager
def open_registry(
    path: str | os.PathLike[str],
    *,
    create: bool = False,
    key_fingerprint: str | None = None,
    allow_shared: bool = False,
) -> Iterator[Registry]:
    """Open a registry to load into it; others may read meanwhile, and nobody else may write.

    Parameters
    ----------
    path : path
        The file.
    create : bool, default False
        Whether to begin one where there is none; it appears with its first load.
    key_fingerprint : str, optional
        Of the key that made the pseudonyms; None where ids came as pseudonyms.
    allow_shared : bool, default False
        Whether it may lie on a network drive or in a folder that is synced.

    Yields
    ------
    Registry
        Ready to load.

    Raises
    ------
    RegistryError
        If somebody else is writing, the registry cannot be opened, or was made with another key.

    Examples
    --------
    >>> import tempfile
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=7)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open_registry(f"{folder}/clinic.duckdb", create=True) as registry:
    ...         load = registry.load(cohort)
    ...     read_registry(f"{folder}/clinic.duckdb").n_episodes
    20
    """
    with writing(path, create=create, allow_shared=allow_shared) as target:
        if target.exists():
            with reading(target) as connection:
                stored = run(connection, "SELECT key_fingerprint FROM registry")[0][0]
            _check_key(target, stored, key_fingerprint)
        yield Registry(target, key_fingerprint)


def read_registry(
    path: str | os.PathLike[str], *, as_of: AsOf | None = None, clinic_id: str | None = None
) -> Cohort:
    """Read the records of a registry, as they are now or as they were.

    Parameters
    ----------
    path : path
        The registry.
    as_of : int, str or date, optional
        The number of a load (after which), a date (at its end) or a time as ISO text.
    clinic_id : str, optional
        One clinic alone.

    Returns
    -------
    Cohort
        Checked like any other.

    Raises
    ------
    RegistryError
        If it cannot be read, holds nothing yet, or does not know that load, time or clinic.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.read_registry("clinic.duckdb", as_of="2026-09-30")  # doctest: +SKIP
    """
    with reading(path) as connection:
        load = find_load(connection, as_of)
        facts = read_facts(connection, load)
        if facts.is_synthetic is None:
            raise RegistryError(
                f"The registry {Path(path).name} held no records then. `hinge registry history` "
                "lists its loads."
            )
        if clinic_id is not None and clinic_id not in facts.data_cuts:
            known = ", ".join(facts.data_cuts)
            raise RegistryError(f"The registry has no such clinic. Its clinics: {known}.")
        chosen = None if clinic_id is None else _episodes_of(clinic_id)
        tables = read_tables(connection, load, facts, chosen)
    clinics = None if clinic_id is None else (clinic_id,)
    selection = {} if clinic_id is None else {"clinic_id": clinic_id}
    told = facts.for_cohort(clinics)
    check_findings(
        validate_tables(tables, data_cut=told["data_cut"], extra_columns=facts.extra_columns)
    )
    texts = {name: with_texts(frame) for name, frame in tables.items()}
    return Cohort.from_lawful(texts, **told, selection=selection)


def _episodes_of(clinic_id: str) -> str:
    return (
        "SELECT episode_id FROM episodes WHERE clinic_id IN "
        f"(SELECT word FROM words WHERE text = {quoted_text(clinic_id)})"
    )


def _check_key(path: Path, stored: str | None, given: str | None) -> None:
    if stored == given:
        return
    if stored is None:
        raise RegistryError(
            f"The registry {path.name} holds ids as they came, and this load would replace them by "
            "pseudonyms, so every patient would be counted twice. Say in the mapping that ids are "
            "pseudonyms already, or name another registry."
        )
    if given is None:
        raise RegistryError(
            f"The registry {path.name} holds pseudonyms made with a key, and this load has ids as "
            "they came, so every patient would be counted twice. Load with the key: hinge key "
            "restore FILE brings it back."
        )
    raise RegistryError(
        f"The registry {path.name} was made with another key than the one on this computer, so "
        "every patient would be counted twice. A new computer needs the old key: hinge key restore "
        "FILE, with the file that `hinge key backup` made on the old one. Nothing was read."
    )


def _has_changed(counts: Mapping[str, Counts]) -> bool:
    return any(each.inserted + each.replaced + each.retired for each in counts.values())


def _check_touched(connection: Connection, load: int, facts: Facts) -> None:
    """Hold the episodes that a load has changed against the rules of the tables."""
    touched = " UNION ".join(
        f"SELECT episode_id FROM {name} WHERE valid_from = {load} OR valid_to = {load}"
        for name in ("episodes", "visits", "assessments", "outcomes")
    )
    # The load is not in the history yet, so its rows are among the current ones of the load before.
    tables = read_tables(connection, load - 1, facts, touched)
    found = validate_tables(
        tables,
        data_cut=facts.for_cohort()["data_cut"],
        extra_columns=facts.extra_columns,
    ).errors
    if found:
        broken = "\n".join(
            f"{each.table}.{each.column}: {len(each.rows):,} "
            f"{'row' if len(each.rows) == 1 else 'rows'}. {each.message}"
            for each in found[:_SHOWN]
        )
        raise RegistryError(
            "Joined to what the registry holds, these records would contradict each other, so "
            f"nothing was changed.\n{broken}\nWhere the export holds whole courses of care, load "
            'it with whole="episodes"; else correct it.'
        )
