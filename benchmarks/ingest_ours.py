"""One load of the visits into a registry: ``python -m benchmarks.ingest_ours FOLDER REGISTRY``."""

import sys
from pathlib import Path

import pyarrow

from hinge_outcomes.cohort.registry import open_registry
from hinge_outcomes.ingestion.door import ingest


def load(folder: Path, registry: Path) -> tuple[int, int]:
    """Load, and give the visits stored and the rows set aside or told twice."""
    with open_registry(registry, create=True) as target:
        intake = ingest(
            [folder / "cases.csv", folder / "visits.csv"], mapping=folder / "mapping.toml"
        )
        target.load_tables(
            intake.tables, intake.facts, files=intake.files, account=intake.account.as_dict(),
            n_findings=len(intake.findings), mapping=intake.mapping,
            mapping_sha256=intake.meaning, whole="episodes",
        )  # fmt: skip
    return len(intake.tables["visits"]), intake.account.quarantined + intake.account.duplicate


if __name__ == "__main__":
    pyarrow.set_cpu_count(1)
    print(*load(Path(sys.argv[1]), Path(sys.argv[2])))  # noqa: T201
