"""Make a report: check what is asked, run its notebook, write the web page and the PDF."""

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hinge_outcomes.cohort.atomic_files import write_all_whole
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.registry_paths import is_registry
from hinge_outcomes.cohort.storage import read_cohort, read_manifest, write_cohort
from hinge_outcomes.exceptions import DataError, ParameterError, ReportError
from hinge_outcomes.reporting.characters import show_characters
from hinge_outcomes.reporting.document import Document, read_document
from hinge_outcomes.reporting.manifest import collect_manifest
from hinge_outcomes.reporting.notebooks import execute_notebook, read_notebook
from hinge_outcomes.reporting.parameters import (
    REPORTS,
    ReportDefinition,
    complete_parameters,
    find_report,
)
from hinge_outcomes.reporting.render_html import html_page
from hinge_outcomes.reporting.render_pdf import pdf_page

FORMATS = ("html", "pdf")
READ, RUN, HTML, PDF, WRITE = (
    "Read the records",
    "Run the notebook",
    "Make the web page",
    "Make the PDF",
    "Write the files",
)
Progress = Callable[[str, int, int], None]
_ENDINGS = {"html": ".html", "pdf": ".pdf", "manifest": ".manifest.json"}
# These stand in a file name by their value alone; other parameters only where they are not usual.
_BARE = ("clinic_id", "quarter", "instrument", "at_day", "stage", "kind")
_NOT_IN_STEM = {*_BARE, "cohort", "clinic_name", "audience"}
_LONGEST_PART, _LONGEST_STEM = 40, 90
_INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """Tell where a report's files are and how long each step took.

    Parameters
    ----------
    paths : dict of str to Path
        "html", "pdf" (those asked for) and "manifest".
    timings : dict of str to float
        Seconds per step, in the order of the steps.
    messages : tuple of str
        Sentences the user should read, such as a second file name.
    parameters : dict
        What the report was asked, complete.
    """

    paths: dict[str, Path]
    timings: dict[str, float]
    messages: tuple[str, ...]
    parameters: dict[str, Any]


def render_report(
    name: str,
    cohort: Cohort | str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    out: str | os.PathLike[str] = "reports",
    *,
    formats: Iterable[str] = FORMATS,
    progress: Progress | None = None,
) -> RenderedReport:
    """Make a report from the records: one web page, one PDF, and the manifest beside them.

    Everything asked is checked before the notebook's kernel starts. Both pages are made from what
    the executed notebook published, so they hold the same numbers. The files
    are written whole before the first takes its place, so a full disk leaves an older report as it
    was. Where another program holds a file open, a second name is used and said.

    Parameters
    ----------
    name : str
        "quarterly-outcomes", "time-to-mastery", "pain-reduction", "cohort-profile",
        "data-quality" or "getting-started".
    cohort : Cohort or path
        The records: a Cohort, its folder, or a registry. A Cohort in memory, or of a registry, goes
        through a private temporary folder, deleted afterwards.
    parameters : mapping, optional
        What the report is asked; see ``hinge_outcomes.reporting.parameters.REPORTS``.
    out : path
        The folder for the files; it is made if missing.
    formats : sequence of {"html", "pdf"}
        Which pages to make.
    progress : callable, optional
        Called with a step's name, how much of it is done, and how much there is.

    Returns
    -------
    RenderedReport
        Paths, seconds per step, messages.

    Raises
    ------
    ParameterError
        If the report, a parameter, the clinic or the quarter does not exist.
    DataError
        If the records cannot be read.
    ReportError
        If the notebook fails, a page cannot be made, or the disk is full.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> report = ho.render_report(  # doctest: +SKIP
    ...     "quarterly-outcomes",
    ...     cohort="data/synthetic/clinic",
    ...     parameters={"clinic_id": "C01", "quarter": "2026Q3"},
    ...     out="reports",
    ... )
    >>> report.paths["pdf"].name  # doctest: +SKIP
    'quarterly-outcomes_C01_2026Q3.pdf'
    """
    steps = _Steps(progress)
    wanted = _checked_formats(formats)
    definition = find_report(name)
    with steps.taking(READ), _explained("reading the records"):
        records = cohort if isinstance(cohort, Cohort) else read_cohort(cohort)
        asked = dict(parameters or {})
        if "cohort" in asked:
            raise ParameterError("The records are given as cohort=, not among the parameters.")
        values = complete_parameters(definition, asked, records)
        if is_registry(cohort):
            cohort = records  # a load may change the registry before the notebook reads it
        manifest = collect_manifest(name, values, records, hashes=_checked_hashes(cohort))
        _check_writable(Path(out))
    with steps.taking(RUN), _folder_of(cohort) as folder:
        notebook = execute_notebook(
            read_notebook(definition.notebook),
            {"cohort": str(folder), **_for_notebook(definition, values)},
            name=definition.notebook,
            progress=lambda done, total: steps.report(RUN, done, total),
        )
        document = read_document(notebook, manifest.provenance())
    _check_marks(document, records, values)
    contents: dict[str, bytes | str] = {}
    if "html" in wanted:
        with steps.taking(HTML):
            contents["html"] = html_page(document, notebook)
    if "pdf" in wanted:
        with steps.taking(PDF):
            contents["pdf"] = pdf_page(document, paper=values.get("paper", "a4"))
    record = {**manifest.to_data(), "warned_cells": list(document.warned_cells)}
    contents["manifest"] = json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n"
    with steps.taking(WRITE):
        paths, messages = _write_all(contents, Path(out), report_stem(name, values))
    return RenderedReport(paths, steps.timings, tuple(messages), values)


def report_stem(name: str, parameters: Mapping[str, Any]) -> str:
    """Return the file name of a report, without its ending.

    Clinic, quarter and choices stand in it by their value; any other parameter by name and value
    where it is not the usual one. A value that had to be changed or cut gets the first six digits
    of its SHA-256, so that two clinics do not overwrite each other's report.

    Parameters
    ----------
    name : str
        The report's name.
    parameters : mapping
        What it is asked, complete.

    Returns
    -------
    str
        Letters, digits, ``.``, ``-`` and ``_`` only, fewer than 100 of them; ends in ``INTERNAL``
        for internal readers.

    Examples
    --------
    >>> report_stem("quarterly-outcomes", {"clinic_id": "C01", "quarter": "2026Q3"})
    'quarterly-outcomes_C01_2026Q3'
    >>> report_stem("time-to-mastery", {"stage": "4", "kind": "first", "horizon_day": 180})
    'time-to-mastery_4_first_horizon_day-180'
    """
    values = [parameters.get(key) for key in _BARE]
    parts = [name, *(_safe(str(value)) for value in values if value is not None)]
    for item in REPORTS[name].parameters if name in REPORTS else ():
        value = parameters.get(item.name, item.default)
        if item.is_for_notebook and item.name not in _NOT_IN_STEM and value != item.default:
            parts.append(f"{item.name}-{_safe(str(value))}")
    stem = "_".join(parts)
    if len(stem) > _LONGEST_STEM:
        stem = _marked(stem, stem, _LONGEST_STEM)
    return f"{stem}_{_INTERNAL}" if parameters.get("audience") == "internal" else stem


def _checked_hashes(cohort: Cohort | str | os.PathLike[str]) -> dict[str, str] | None:
    # Reading a folder compares its tables with these hashes; no need to compute them again.
    if isinstance(cohort, Cohort):
        return None
    tables = read_manifest(cohort)["tables"]
    if any("content_hash" not in table for table in tables.values()):
        return None  # tables in parts are compared part by part, with hashes of the files
    return {name: table["content_hash"] for name, table in tables.items()}


def _safe(text: str) -> str:
    # A clinic's id may be anything; a file name is read by many programs.
    shown = re.sub(r"[^A-Za-z0-9.-]+", "-", show_characters(text)).strip(".-")
    is_kept = shown == text and 0 < len(text) <= _LONGEST_PART
    # A clinic of that name must not make a released file look like an internal one.
    if is_kept and text.upper() != _INTERNAL:
        return text
    return _marked(shown or "x", text, _LONGEST_PART)


def _marked(shown: str, full: str, longest: int) -> str:
    digest = hashlib.sha256(full.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{shown[: longest - len(digest) - 1]}-{digest}"


def _checked_formats(formats: Iterable[str]) -> tuple[str, ...]:
    wanted = (formats,) if isinstance(formats, str) else tuple(formats)
    if not wanted or not set(wanted) <= set(FORMATS):
        raise ParameterError(
            f"A report is made as {' or '.join(FORMATS)}, or both; found {list(wanted)}."
        )
    return wanted


def _for_notebook(definition: ReportDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        item.name: values[item.name]
        for item in definition.parameters
        if item.is_for_notebook and item.name in values
    }


def _check_marks(document: Document, cohort: Cohort, values: Mapping[str, Any]) -> None:
    """A page must not lose the marks that its readers rely on."""
    if document.title.is_synthetic != cohort.is_synthetic:
        raise ReportError(
            "The notebook's TitleBlock says is_synthetic="
            f"{document.title.is_synthetic}, the records say {cohort.is_synthetic}. Give it "
            "cohort.is_synthetic."
        )
    if document.title.audience != values.get("audience", "release"):
        raise ReportError(
            f"The notebook's TitleBlock is for the audience {document.title.audience!r}, asked was "
            f"{values.get('audience')!r}. Give it the parameter audience."
        )


@contextmanager
def _folder_of(cohort: Cohort | str | os.PathLike[str]) -> Iterator[Path]:
    if not isinstance(cohort, Cohort):
        yield Path(cohort).resolve()
        return
    with (
        _explained("writing the records to the private temporary folder"),
        # Made by mkdtemp, so that only its owner can look inside.
        tempfile.TemporaryDirectory(prefix="hinge-", ignore_cleanup_errors=True) as private,
    ):
        yield write_cohort(cohort, Path(private) / "cohort")


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"The report stopped while {doing}: {error.strerror or type(error).__name__}."
        ) from error


def _check_writable(out: Path) -> None:
    """Refuse a folder that cannot be written to before the notebook takes its time."""
    nearest = out.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise ReportError(
            f"A file stands where the folder {str(out)!r} is needed. Name another folder."
        )
    if not os.access(nearest, os.W_OK):
        raise ReportError(
            f"The folder {str(out)!r} cannot be written to: it belongs to somebody else, or its "
            "disk is read-only. Name another folder."
        )


def _write_all(
    contents: Mapping[str, bytes | str], out: Path, stem: str
) -> tuple[dict[str, Path], list[str]]:
    targets = {kind: out / f"{stem}{_ENDINGS[kind]}" for kind in contents}
    try:
        written = write_all_whole(
            {targets[kind]: content for kind, content in contents.items()}, other_name=_second_name
        )
    except (DataError, OSError) as error:
        raise _as_report_error(error, out) from error
    messages = [
        f"{target.name} is open in another program, so this report was written to {path.name}."
        for target, path in written.items()
        if path != target
    ]
    return {kind: written[target] for kind, target in targets.items()}, messages


def _second_name(target: Path) -> Path:
    for number in range(2, 100):
        second = target.with_name(f"{target.stem} ({number}){target.suffix}")
        if not second.exists():
            break
    return second


def _as_report_error(error: Exception, out: Path) -> ReportError:
    if isinstance(error, PermissionError):
        return ReportError(
            f"The folder {str(out)!r} cannot be written to. Name another one, or ask who owns it; "
            "nothing half-written is left."
        )
    if isinstance(error, DataError):
        return ReportError(str(error))
    return ReportError(
        f"The files could not be written to {str(out)!r} ({type(error).__name__}). Name another "
        "folder; nothing half-written is left."
    )


class _Steps:
    """The clock of one report, and who listens to it."""

    def __init__(self, progress: Progress | None) -> None:
        self.timings: dict[str, float] = {}
        self._progress = progress

    def report(self, step: str, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(step, done, total)

    @contextmanager
    def taking(self, step: str) -> Iterator[None]:
        self.report(step, 0, 1)
        began = time.perf_counter()
        yield
        self.timings[step] = time.perf_counter() - began
        self.report(step, 1, 1)
