"""The manifest of a cohort's folder: what is known of the records, and which files hold them."""

import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hinge_outcomes.cohort.dictionary import data_package, dictionary_markdown
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.exceptions import DataError

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
PROGRESS = "progress.json"
"""Lies in a folder that is still being written and has no manifest yet."""

SCENARIO_FILE = "scenario.toml"


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a cohort folder's manifest.

    Parameters
    ----------
    path : path
        The folder.

    Returns
    -------
    dict
        schema_version, data_cut, is_synthetic, clinic_names, has_visits (not in older folders);
        per table rows, extra columns, and either file and content_hash, or files with rows and
        sha256 each; and more.

    Raises
    ------
    DataError
        If there is none, the folder is not finished, or a newer version wrote it.
    """
    folder = Path(path)
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if (folder / PROGRESS).is_file():
            raise DataError(_unfinished(folder)) from None
        raise DataError(
            f"{str(path)!r} is no cohort: it has no {MANIFEST}. Make one with `hinge ingest` or "
            "`hinge simulate --out FOLDER`, or name its folder."
        ) from None
    except ValueError:
        raise DataError(f"The {MANIFEST} in {folder.name} cannot be read as JSON.") from None
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise DataError(
            f"The cohort in {folder.name} has schema version {manifest.get('schema_version')}; "
            f"this version reads {SCHEMA_VERSION}. Update hinge-outcomes."
        )
    return manifest


def _unfinished(folder: Path) -> str:
    words = f"{str(folder)!r} is a simulation that was stopped before it was finished."
    try:
        plan = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))["simulation"]
        episodes, seed = int(plan["n_episodes"]), int(plan["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{words} Delete the folder, or name another."
    # The scenario in the folder continues the run whichever file or name began it.
    return (
        f"{words} Continue it: hinge simulate {folder / SCENARIO_FILE} --episodes {episodes} "
        f"--seed {seed} --out {folder}"
    )


def manifest_content(
    facts: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Put together what a manifest says.

    Parameters
    ----------
    facts : mapping
        Keyword arguments of a Cohort; those left out have a Cohort's defaults.
    tables : mapping of str to mapping
        Each table's rows, extra columns, and file or files.

    Returns
    -------
    dict
        The content of ``manifest.json``.
    """
    cut = facts["data_cut"]
    return {
        "schema_version": SCHEMA_VERSION,
        "data_cut": (
            {clinic: day.isoformat() for clinic, day in sorted(cut.items())}
            if isinstance(cut, Mapping)
            else cut.isoformat()
        ),
        "is_synthetic": facts.get("is_synthetic", False),
        "is_deidentified": facts.get("is_deidentified", False),
        "clinic_names": dict(sorted(facts.get("clinic_names", {}).items())),
        "scenario": facts.get("scenario"),
        "seed": facts.get("seed"),
        "assumptions": list(facts.get("assumptions", ())),
        "selection": {name: str(value) for name, value in facts.get("selection", {}).items()},
        "has_visits": facts.get("has_visits"),
        "tables": {name: dict(tables[name]) for name in TABLE_NAMES},
    }


def known_facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a manifest says of a cohort beside its tables.

    Parameters
    ----------
    manifest : mapping
        From `read_manifest`.

    Returns
    -------
    dict
        Keyword arguments of a Cohort.
    """
    cut = manifest["data_cut"]
    extra = [
        ExtraColumn(**{**column, "allowed": tuple(column["allowed"])})
        for name in TABLE_NAMES
        for column in manifest["tables"][name]["extra_columns"]
    ]
    return {
        "data_cut": (
            {clinic: dt.date.fromisoformat(day) for clinic, day in cut.items()}
            if isinstance(cut, dict)
            else dt.date.fromisoformat(cut)
        ),
        "is_synthetic": manifest["is_synthetic"],
        "is_deidentified": manifest["is_deidentified"],
        "clinic_names": manifest["clinic_names"],
        "scenario": manifest["scenario"],
        "seed": manifest["seed"],
        "assumptions": tuple(manifest["assumptions"]),
        "selection": manifest["selection"],
        # Folders written before this was stored leave it to the visits table.
        "has_visits": manifest.get("has_visits"),
        "extra_columns": tuple(extra),
    }


def describing_files(
    manifest: dict[str, Any], extra_columns: Iterable[ExtraColumn] = ()
) -> dict[str, str]:
    """Write out the files that describe the tables of a cohort's folder.

    Parameters
    ----------
    manifest : dict
        The manifest.
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.

    Returns
    -------
    dict of str to str
        Text by file name. The manifest comes last: a folder that has one is complete.
    """
    extra = tuple(extra_columns)
    package = data_package(manifest, extra)
    return {
        "data-dictionary.md": dictionary_markdown(extra),
        "datapackage.json": _json_text(package),
        MANIFEST: _json_text(manifest),
    }


def _json_text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"
