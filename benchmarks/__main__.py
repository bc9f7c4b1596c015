"""Run the benchmarks: ``python -m benchmarks [section ...] [--quick] [--write]``."""

import os

# One thread each: set before any library starts its own.
for _name in (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS",
    "POLARS_MAX_THREADS",
):  # fmt: skip
    os.environ[_name] = "1"

import argparse  # noqa: E402
import datetime  # noqa: E402
import platform  # noqa: E402
import re  # noqa: E402
from importlib.metadata import PackageNotFoundError, version  # noqa: E402
from pathlib import Path  # noqa: E402

import pyarrow as pa  # noqa: E402

from benchmarks import ingest, pain, progression, simulate  # noqa: E402
from benchmarks.markdown import table  # noqa: E402

SECTIONS = {"simulate": simulate, "ingest": ingest, "progression": progression, "pain": pain}
RESULTS = Path(__file__).parent / "results"
LIBRARIES = (
    "numpy", "numba", "scipy", "pandas", "pyarrow", "simpy", "duckdb", "pandera", "polars",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Run the sections that are asked for, print them, and store them if wished."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure against peers, in one run."
    )
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; else all")
    parser.add_argument("--quick", action="store_true", help="smaller runs, rougher figures")
    parser.add_argument("--write", action="store_true", help="store the pages in results/")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; there are: {', '.join(SECTIONS)}")
    pa.set_cpu_count(1)
    for name in asked.sections or SECTIONS:
        page = page_of(name, quick=asked.quick)
        print(page)  # noqa: T201
        if asked.write:
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")


def page_of(name: str, *, quick: bool) -> str:
    """Run a section and put it under its heading, with what it ran on."""
    made_by = f"make bench SECTION={name}" + (' ARGS="--quick"' if quick else "")
    section = SECTIONS[name]
    return "\n\n".join(
        [f"# {section.TITLE}", f"Made by `{made_by}`.", section.section(quick=quick), _facts()]
    ) + "\n"  # fmt: skip


def _facts() -> str:
    rows = [
        ["date", datetime.datetime.now(tz=datetime.UTC).date().isoformat()],
        ["processor", _processor()],
        ["Python", platform.python_version()],
        *([name, _version(name)] for name in LIBRARIES),
    ]
    return table(["measured with", ""], rows)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """The model's name, without anything that tells one machine from another."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
        return found[1] if found else platform.machine()
    except OSError:
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
