"""How far a long simulation is: which parts are written, and with whom the next one begins."""

import itertools
import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hinge_outcomes.cohort.atomic_files import write_whole
from hinge_outcomes.cohort.manifest import MANIFEST, PROGRESS, read_manifest
from hinge_outcomes.cohort.parts import is_intact
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.simulation.machine_code import sources_digest
from hinge_outcomes.simulation.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Part:
    """Hold what is known of a part that is written.

    Parameters
    ----------
    files : dict of str to dict
        By table, the file with its rows and SHA-256.
    next_patient : int
        With whom the next part begins.
    n_told : int
        How many of that patient's episodes are written already: 0 or 1.
    """

    files: dict[str, dict[str, Any]]
    next_patient: int
    n_told: int


def plan_of(
    scenario: Scenario, *, n_episodes: int, seed: int, partition_episodes: int
) -> dict[str, Any]:
    """Say what a run must have in common with the one that it continues.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    n_episodes, seed, partition_episodes : int
        As for `write_simulation`.

    Returns
    -------
    dict
        These, the package's version, and a hash of the simulator's sources.
    """
    return {
        "scenario": scenario.as_dict(),
        "seed": int(seed),
        "n_episodes": int(n_episodes),
        "partition_episodes": int(partition_episodes),
        "version": _own_version(),
        # While the simulator is worked on, its version stays and its patients change.
        "simulator": f"{sources_digest():016x}",
    }


def _own_version() -> str:
    try:
        return version("hinge-outcomes")
    except PackageNotFoundError:  # read from a source tree that is not installed
        return "unknown"


def is_finished(folder: Path, plan: dict[str, Any]) -> bool:
    """Tell whether a folder holds the cohort that a plan asks for.

    Parameters
    ----------
    folder : Path
        The folder.
    plan : dict
        From `plan_of`.

    Returns
    -------
    bool
        False where there is no cohort yet.

    Raises
    ------
    DataError
        If the folder holds another cohort.
    """
    if not (folder / MANIFEST).is_file():
        return False
    manifest = read_manifest(folder)
    if not manifest["is_synthetic"]:
        raise DataError(
            f"{folder.name} holds a clinic's records, and these patients are invented, so it is "
            "not replaced. Name another folder."
        )
    if "simulation" not in manifest:
        raise DataError(
            f"{folder.name} holds another cohort, so nothing was written. Name another folder, or "
            "delete this one."
        )
    found = {**manifest["simulation"], "scenario": manifest["scenario"], "seed": manifest["seed"]}
    _check_same(folder, found, plan)
    return True


def _check_same(folder: Path, found: dict[str, Any], plan: dict[str, Any]) -> None:
    """Refuse to go on with another simulation; say in what they differ."""
    differing = [key for key in plan if key in found and found[key] != plan[key]]
    if not differing:
        return
    words = [
        f"{key} {found[key]} there, {plan[key]} here"
        if key not in ("scenario", "simulator")
        else f"another {key}"
        for key in differing
    ]
    raise DataError(
        f"{folder.name} holds another simulation ({'; '.join(words)}), so nothing was written. "
        "Name another folder, or delete this one to begin again."
    )


def begun_parts(folder: Path, plan: dict[str, Any]) -> list[Part]:
    """Read which parts are said to be written.

    Parameters
    ----------
    folder : Path
        The folder.
    plan : dict
        From `plan_of`.

    Returns
    -------
    list of Part
        In their order; none where nothing is begun.

    Raises
    ------
    DataError
        If the folder holds something else, or another simulation.
    """
    try:
        content = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        found, parts = content["simulation"], [Part(**part) for part in content["parts"]]
    except NotADirectoryError:
        raise DataError(f"{folder.name} is a file. Name a folder.") from None
    except FileNotFoundError:
        # A run that was stopped before its first file was whole leaves a hidden one.
        if folder.is_dir() and any(not _is_hidden_part(entry) for entry in folder.iterdir()):
            raise DataError(
                f"{folder.name} exists and holds no simulation that could go on, so nothing was "
                "written. Name another folder."
            ) from None
        return []
    except (ValueError, KeyError, TypeError):
        raise DataError(
            f"The {PROGRESS} in {folder.name} cannot be read, so the simulation cannot go on. "
            "Name another folder, or delete this one to begin again."
        ) from None
    _check_same(folder, found, plan)
    return parts


def written_parts(folder: Path, plan: dict[str, Any]) -> list[Part]:
    """List the parts that need not be made again: those before the first missing or changed one.

    Parameters
    ----------
    folder : Path
        The folder.
    plan : dict
        From `plan_of`.

    Returns
    -------
    list of Part
        Their files have been read and compared.

    Raises
    ------
    DataError
        If the folder holds something else, or another simulation.
    """
    return list(
        itertools.takewhile(
            lambda part: all(is_intact(folder, file) for file in part.files.values()),
            begun_parts(folder, plan),
        )
    )


def _is_hidden_part(path: Path) -> bool:
    """Whether a file is what `write_whole` leaves when it is killed."""
    return path.name.startswith(".") and path.name.endswith(".part")


def write_progress(folder: Path, plan: dict[str, Any], parts: list[Part]) -> None:
    """Write down how far a run is.

    Parameters
    ----------
    folder : Path
        The folder.
    plan : dict
        From `plan_of`.
    parts : list of Part
        The parts that are written.
    """
    content = {"simulation": plan, "parts": [asdict(part) for part in parts]}
    write_whole(folder / PROGRESS, json.dumps(content) + "\n")


def write_end(folder: Path) -> None:
    """Remove what only an unfinished run needs, and what killed runs left.

    Parameters
    ----------
    folder : Path
        The folder, complete.
    """
    (folder / PROGRESS).unlink(missing_ok=True)
    for path in [*folder.glob(".*.part"), *folder.glob("*/.*.part")]:
        path.unlink(missing_ok=True)
