"""Run the long proofs: ``python -m validation [section ...] [--quick] [--write]``."""

import argparse
import datetime
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from validation import ingest, pain, progression, simulate
from validation.proofs import Proof, page_of

SECTIONS: dict[str, Callable[[bool], list[Proof]]] = {
    "simulate": simulate.proofs,
    "ingest": ingest.proofs,
    "progression": progression.proofs,
    "pain": pain.proofs,
}
RESULTS = Path(__file__).parent / "results"
_LIBRARIES = ("numpy", "numba", "pandas", "pyarrow", "scipy", "duckdb")


def main(arguments: list[str] | None = None) -> int:
    """Run the sections that are asked for, print and perhaps store them; 1 if a proof failed."""
    parser = argparse.ArgumentParser(prog="python -m validation", description="Run long proofs.")
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; else all")
    parser.add_argument("--quick", action="store_true", help="smaller runs, to try the command")
    parser.add_argument("--write", action="store_true", help="store the pages in results/")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; there are: {', '.join(SECTIONS)}")
    has_failed = False
    for name in asked.sections or SECTIONS:
        proofs = SECTIONS[name](asked.quick)
        has_failed |= not all(proof.holds for proof in proofs)
        page = page_of(name, proofs, is_quick=asked.quick, ran_on=_ran_on())
        print(page)  # noqa: T201
        if asked.write:
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"{name}.md").write_text(page, encoding="utf-8", newline="\n")
    return int(has_failed)


def _ran_on() -> str:
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return f"{today}, Python {platform.python_version()}, {libraries}"


if __name__ == "__main__":
    sys.exit(main())
