"""A cohort as a folder: five tables, a manifest, a datapackage.json and a data dictionary."""

import io
import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from hinge_outcomes.cohort.atomic_files import whole_folder
from hinge_outcomes.cohort.dtypes import coerce_table
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.findings import Finding, Findings
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.cohort.manifest import (
    MANIFEST,
    describing_files,
    known_facts,
    manifest_content,
    read_manifest,
)
from hinge_outcomes.cohort.parts import read_parts
from hinge_outcomes.cohort.registry_paths import is_registry
from hinge_outcomes.cohort.tables import OPTIONAL_COLUMNS
from hinge_outcomes.cohort.validation import validate, validate_tables
from hinge_outcomes.exceptions import DataError

FORMATS = ("parquet", "csv")

_CHANGED = (
    "The table is not the one the manifest describes: it was changed after it was written. "
    "Mend the source and make the cohort again."
)


def read_cohort(path: str | os.PathLike[str]) -> Cohort:
    """Read a cohort from its folder, or from a registry.

    Parameters
    ----------
    path : path
        A folder made by ``write_cohort``, or a registry's file.

    Returns
    -------
    Cohort
        The very cohort that was written.

    Raises
    ------
    DataError
        If the folder is no cohort, was written by a newer version, or a table is not the one the
        manifest describes; if the registry cannot be read.
    ContractError
        If a table breaks its declaration.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.read_cohort("data/synthetic/clinic")  # doctest: +SKIP
    """
    if is_registry(path):
        from hinge_outcomes.cohort.registry import read_registry  # DuckDB loads on use

        return read_registry(path)
    folder = Path(path)
    manifest = read_manifest(folder)
    facts = known_facts(manifest)
    tables, changed = {}, {}
    for name in TABLE_NAMES:
        tables[name], changed[name] = _read_table(folder, manifest, name)
    cohort = Cohort(**tables, **facts)
    for name in TABLE_NAMES:
        if changed[name] or not _is_as_told(manifest, name, getattr(cohort, name), facts):
            what = f"part {changed[name][0]}" if changed[name] else f"table {name}"
            raise DataError(
                f"The {what} in {folder.name} is not the one its manifest describes: it was "
                "changed after it was written. Write the cohort again, or run `hinge check` on the "
                "folder to see what the table holds now."
            )
    return cohort


def read_findings(path: str | os.PathLike[str]) -> Findings:
    """Check a cohort's folder without raising for what its tables hold.

    Parameters
    ----------
    path : path
        A folder made by ``write_cohort``, perhaps edited since, or a registry's file.

    Returns
    -------
    Findings
        Everything wrong with the tables, rows counted from 1 in file order.

    Raises
    ------
    DataError
        If the folder is no cohort.
    """
    if is_registry(path):
        return validate(read_cohort(path))
    folder = Path(path)
    manifest = read_manifest(folder)
    facts = known_facts(manifest)
    findings = []
    tables, changed = {}, {}
    for name in TABLE_NAMES:
        raw, changed[name] = _read_table(folder, manifest, name)
        tables[name], found = coerce_table(name, raw, facts["extra_columns"])
        findings.extend(found)
    checked = validate_tables(
        tables,
        data_cut=facts["data_cut"],
        extra_columns=facts["extra_columns"],
        is_deidentified=facts["is_deidentified"],
    )
    for name in TABLE_NAMES:
        if changed[name] or not _is_as_told(manifest, name, tables[name], facts):
            findings.append(Finding("error", name, "", "manifest", (), _CHANGED))
    return Findings.of([*findings, *checked])


def write_cohort(cohort: Cohort, path: str | os.PathLike[str], *, format: str = "parquet") -> Path:
    """Write a cohort to a folder that appears whole or not at all.

    Parameters
    ----------
    cohort : Cohort
        The cohort.
    path : path
        The folder; an older cohort there is replaced, anything else is refused.
    format : str, default "parquet"
        "parquet" or "csv".

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If the format is unknown, the folder holds something else, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=7)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = ho.write_cohort(cohort, f"{folder}/clinic", format="csv")
    ...     ho.read_cohort(path).n_episodes
    20
    """
    if format not in FORMATS:
        raise DataError(f"{format!r} is no format for a cohort. Allowed: {', '.join(FORMATS)}.")
    target = Path(path)
    _check_replaceable(target, cohort)
    with whole_folder(target) as folder:
        for name in TABLE_NAMES:
            _write_table(cohort, name, folder / f"{name}.{format}", format)
        manifest = _manifest(cohort, format)
        for file_name, text in describing_files(manifest, cohort.extra_columns).items():
            (folder / file_name).write_text(text, encoding="utf-8", newline="\n")
    return target


def _check_replaceable(target: Path, cohort: Cohort) -> None:
    if not target.exists():
        return
    if (target / MANIFEST).is_file():
        if cohort.is_synthetic and not read_manifest(target)["is_synthetic"]:
            raise DataError(
                f"{target.name} holds a clinic's records, and these patients are invented, so it "
                "is not replaced. Name another folder."
            )
        return
    if target.is_dir() and not any(target.iterdir()):
        return
    raise DataError(
        f"{target.name} exists and is no cohort, so it is not replaced. Name another folder."
    )


def _manifest(cohort: Cohort, format: str) -> dict[str, Any]:
    tables = {
        name: {
            "file": f"{name}.{format}",
            "rows": len(getattr(cohort, name)),
            "content_hash": content_hash(name, getattr(cohort, name), cohort.extra_columns),
            "extra_columns": [
                asdict(column) for column in cohort.extra_columns if column.table == name
            ],
        }
        for name in TABLE_NAMES
    }
    facts = {each.name: getattr(cohort, each.name) for each in fields(cohort)}
    return manifest_content(facts, tables)


def _write_table(cohort: Cohort, name: str, path: Path, format: str) -> None:
    frame = getattr(cohort, name)
    empty = [column for column in OPTIONAL_COLUMNS.get(name, ()) if frame[column].isna().all()]
    frame = frame.drop(columns=empty)
    if format == "parquet":
        frame.to_parquet(path, index=False, compression="zstd", engine="pyarrow")
        return
    if "items" in frame:
        frame = frame.assign(items=frame["items"].map(_items_text))
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_csv(frame, file)


class _Lines:
    """Ends rows as Unix does, where the writer ends them as Windows does."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        self._file.write(text.removesuffix("\r\n") + "\n")


def _write_csv(frame: pd.DataFrame, file: TextIO) -> None:
    # Only with this end of rows is a cell that holds a carriage return put in quotation marks.
    rows: Any = _Lines(file)
    frame.to_csv(rows, index=False, lineterminator="\r\n", date_format="%Y-%m-%d")


def csv_text(frame: pd.DataFrame) -> str:
    """Write a table as CSV that is read back as it was, whatever line breaks its cells hold.

    Parameters
    ----------
    frame : DataFrame
        Any table.

    Returns
    -------
    str
        Lines end as on Unix; dates are written as 2026-09-30.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"note": ["a", "b\\rc"]}))
    'note\\na\\n"b\\rc"\\n'
    """
    file = io.StringIO(newline="")
    _write_csv(frame, file)
    return file.getvalue()


def _items_text(items: Any) -> str | None:
    return None if items is None else json.dumps(list(items))


def _is_as_told(
    manifest: dict[str, Any], name: str, frame: pd.DataFrame, facts: dict[str, Any]
) -> bool:
    """Whether a table is the one the manifest describes; parts are told by their own hashes."""
    entry = manifest["tables"][name]
    if "files" in entry:
        return True
    told: str = entry["content_hash"]
    return told == content_hash(name, frame, facts["extra_columns"])


def _read_table(
    folder: Path, manifest: dict[str, Any], name: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a table; name also the parts that are not as they were written."""
    entry = manifest["tables"][name]
    if "files" in entry:
        return read_parts(folder, name, entry["files"], known_facts(manifest)["extra_columns"])
    return _read_file(folder, folder / entry["file"]), ()


def _read_file(folder: Path, path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".csv":
            frame = pd.read_csv(path, dtype=str, encoding="utf-8", keep_default_na=False)
            frame = frame.replace("", None)
            for column in frame.columns.intersection(["is_working_stage"]):
                frame[column] = frame[column].map({"True": True, "False": False})
            if "items" in frame:
                frame["items"] = frame["items"].map(json.loads, na_action="ignore")
            return frame
        return pd.read_parquet(path, engine="pyarrow")
    except FileNotFoundError:
        raise DataError(f"The table {path.name} is missing from {folder.name}.") from None
    except (ValueError, OSError) as error:
        raise DataError(
            f"The table {path.name} in {folder.name} cannot be read "
            f"({type(error).__name__}): it is damaged or in another format. Write it again."
        ) from None


__all__ = ["FORMATS", "read_cohort", "read_findings", "read_manifest", "write_cohort"]
