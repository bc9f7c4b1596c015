"""Where a report's numbers come from: parameters, data, versions, seed, commit, time."""

import datetime as dt
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.reporting.document import Provenance

_LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib", "papermill", "nbconvert", "typst")


@dataclass(frozen=True, slots=True)
class ReportManifest:
    """Keep what is needed to make a report again and to check that it is the same.

    Parameters
    ----------
    report : str
        The report's name.
    parameters : dict
        What it was asked.
    data : dict
        Per table its content hash (and its rows, for internal readers); data cut, whether
        synthetic, seed, assumptions.
    versions : dict of str to str
        Python, this package and the libraries that make numbers and pages.
    git_commit : str
        The commit of a source checkout, "-modified" where files differ from it; else empty.
    created : str
        When, in UTC.
    """

    report: str
    parameters: dict[str, Any]
    data: dict[str, Any]
    versions: dict[str, str]
    git_commit: str
    created: str

    def to_data(self) -> dict[str, Any]:
        """Return the manifest as JSON data.

        Returns
        -------
        dict
            One entry per field.
        """
        return {
            "report": self.report,
            "created": self.created,
            "parameters": self.parameters,
            "data": self.data,
            "versions": self.versions,
            "git_commit": self.git_commit,
        }

    def provenance(self) -> Provenance:
        """Return the small print for the foot of the page.

        Returns
        -------
        Provenance
            Without hashes at full length; those are in the manifest file.
        """
        asked = ", ".join(
            f"{name} {value}" for name, value in self.parameters.items() if value is not None
        )
        tables = self.data["tables"]
        hashes = ", ".join(f"{name} {item['content_hash'][:12]}" for name, item in tables.items())
        lines = [("Report", self.report), ("Asked", asked)]
        lines.append(("Data hashes", hashes))
        if self.data["seed"] is not None:
            lines.append(("Seed", str(self.data["seed"])))
        lines.append(("Versions", ", ".join(f"{k} {v}" for k, v in self.versions.items())))
        if self.git_commit:
            lines.append(("Commit", self.git_commit[:12]))
        return Provenance(created=self.created, lines=tuple(lines))


def collect_manifest(
    report: str,
    parameters: Mapping[str, Any],
    cohort: Cohort,
    *,
    hashes: Mapping[str, str] | None = None,
) -> ReportManifest:
    """Collect where a report's numbers come from.

    Parameters
    ----------
    report : str
        The report's name.
    parameters : mapping
        What it is asked, complete.
    cohort : Cohort
        The records.
    hashes : mapping of str to str, optional
        The tables' content hashes, where reading the records has just checked them.

    Returns
    -------
    ReportManifest
        The time is that of now, or of ``SOURCE_DATE_EPOCH`` where that is set.
    """
    cut = cohort.data_cut
    # A released manifest lies beside a released page, so it must not count what the page hides.
    is_internal = parameters.get("audience") == "internal"
    data = {
        "data_cut": (
            {clinic: day.isoformat() for clinic, day in sorted(cut.items())}
            if isinstance(cut, Mapping)
            else cut.isoformat()
        ),
        "is_synthetic": cohort.is_synthetic,
        "seed": cohort.seed,
        "assumptions": list(cohort.assumptions),
        "tables": {
            name: {
                "content_hash": (
                    content_hash(name, getattr(cohort, name), cohort.extra_columns)
                    if hashes is None
                    else hashes[name]
                ),
                **({"rows": len(getattr(cohort, name))} if is_internal else {}),
            }
            for name in TABLE_NAMES
        },
    }
    return ReportManifest(
        report=report,
        parameters=dict(parameters),
        data=data,
        versions=_versions(),
        git_commit=_commit(Path(__file__).resolve().parents[2]),
        created=_now(),
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "hinge_outcomes": _own_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _own_version() -> str:
    # Importing the package's root by name would count as importing all that it lazily offers.
    return str(sys.modules[__name__.partition(".")[0]].__version__)


def _now() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = (
        dt.datetime.fromtimestamp(int(epoch), tz=dt.UTC)
        if epoch.isdigit()
        else dt.datetime.now(tz=dt.UTC)
    )
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _commit(checkout: Path) -> str:
    if not (checkout / ".git").exists():
        return ""
    command = ["git", "-C", str(checkout)]
    try:
        commit = _said([*command, "rev-parse", "HEAD"])
        is_modified = bool(_said([*command, "status", "--porcelain", "--untracked-files=no"]))
    except (OSError, subprocess.SubprocessError):
        return ""
    return commit + ("-modified" if is_modified else "")


def _said(command: list[str]) -> str:
    return subprocess.run(
        command, capture_output=True, check=True, timeout=10, text=True, encoding="utf-8"
    ).stdout.strip()
