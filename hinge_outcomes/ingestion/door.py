"""The clinic's door: exports and a mapping become five checked tables, and nothing is lost."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from os import PathLike

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.exceptions import MappingError, NoRowsError
from hinge_outcomes.ingestion.assembly import assemble
from hinge_outcomes.ingestion.blocks import Block
from hinge_outcomes.ingestion.capture import capture_mapping, recognise_kit
from hinge_outcomes.ingestion.corrections import Corrections, read_corrections
from hinge_outcomes.ingestion.door_privacy import (
    check_identifiers,
    suspicious_rows,
    with_capped_ages,
    with_pseudonyms,
    without_unused_words,
)
from hinge_outcomes.ingestion.doubts import find_doubts
from hinge_outcomes.ingestion.extraction import Filled, fill_block
from hinge_outcomes.ingestion.findings import IntakeFindings
from hinge_outcomes.ingestion.fix_list import list_answers, list_fixes
from hinge_outcomes.ingestion.intake import Intake, LoadedFile, RowAccount
from hinge_outcomes.ingestion.known_records import Known
from hinge_outcomes.ingestion.load import (
    ACCEPTED,
    QUARANTINED,
    ROW_COLUMNS,
    STATUSES,
    Load,
    first_statuses,
    list_rows,
)
from hinge_outcomes.ingestion.load_files import Export, FoundFile, find_files, list_files
from hinge_outcomes.ingestion.mapping import Mapping, with_typed_dates
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.readers import find_format, read_source
from hinge_outcomes.ingestion.records import Breach
from hinge_outcomes.ingestion.sources import Source


def ingest(
    export: Export,
    *,
    mapping: str | PathLike[str] | Mapping | None = None,
    corrections: str | PathLike[str] | Iterable[str | PathLike[str]] = (),
    key: Key | None = None,
    known: Cohort | Known | None = None,
    progress: Callable[[str], object] = lambda step: None,
) -> Intake:
    """Read a clinic's export into a checked cohort.

    Every cell is read as text and turned into numbers, dates and codes only as the mapping says.
    A row with a cell that cannot be read is set aside with its raw text, not lost; a text that the
    mapping lists as missing becomes missing; each such cell is a finding. Columns that the mapping
    does not name never enter.

    Parameters
    ----------
    export : path or iterable of paths
        A file, several, or a folder that holds them. Several files are one load, all or none.
    mapping : path or Mapping
        TOML file that says how the export fills the five tables. A filled capture kit needs none.
    corrections : path or iterable of paths, default ()
        Fix lists of this very export, filled in; later ones win.
    key : Key, optional
        Replaces the ids of patients, episodes and clinicians by pseudonyms, unless the mapping
        says that they are pseudonyms already.
    known : Cohort or callable, optional
        What a registry holds, or what gives its records of some patients and episodes. The tables
        then hold every episode that the export speaks of whole,
        what was known of it included.
    progress : callable, optional
        Called with a few words at the beginning of each step.

    Returns
    -------
    Intake
        ``.cohort``, ``.findings``, ``.quarantine``, ``.account`` and ``.summary()``.

    Raises
    ------
    MappingError
        If the mapping cannot be meant, or names a column that the export does not have.
    DataError
        If the export cannot be opened, is empty, or is no text.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> export = Path(folder.name, "export.csv")
    >>> _ = export.write_text("Case,First visit,Pain\\nK1,24/03/2026,6\\nK2,2026,5\\n", "utf-8")
    >>> mapping = Mapping.from_values({
    ...     "data_cut": "2026-06-30",
    ...     "file": {"date_format": "%d/%m/%Y"},
    ...     "tables": {
    ...         "patients": {"patient_id": "Case"},
    ...         "episodes": {"episode_id": "Case", "patient_id": "Case",
    ...                      "clinic_id": {"constant": "C01"}, "start_date": "First visit"},
    ...         "outcomes": {"episode_id": "Case", "measured_day": {"constant": 0},
    ...                      "scores": {"nprs": "Pain"}}}})
    >>> intake = ingest(export, mapping=mapping)
    >>> print(intake.account.summary())
    2 rows read = 1 accepted + 0 excluded by the mapping + 1 set aside + 0 duplicate.
    >>> intake.findings.table()[["line", "column", "rule"]].values.tolist()
    [[3, 'First visit', 'not_a_date']]
    >>> folder.cleanup()
    """
    plan = find_mapping(export, mapping)
    if plan.continues and known is None:
        raise MappingError(
            "The mapping says that the export continues what a registry knows. Load it into that "
            "registry: hinge ingest EXPORT --mapping MAPPING --registry FILE."
        )
    found = find_files(export, plan.sources)
    for item in found:
        if item.source.format == "auto" and find_format(item.path) != "csv":
            plan = with_typed_dates(plan, item.source.name)
    lists = [corrections] if isinstance(corrections, (str, PathLike)) else corrections
    given = [read_corrections(path) for path in lists]
    load = Load.of(_read(found, plan, progress), plan, given)
    progress("Understand every cell")
    check_identifiers(load, plan, _flagged(found), key)
    status, parts = first_statuses(load, plan)
    parts += find_doubts(load, plan, status == ACCEPTED)
    filled = _fill(load, plan, status)
    for part in filled:
        failures = part.failures
        status[failures.loc[failures["is_set_aside"], "row"].to_numpy("int64")] = QUARANTINED
        parts.append(_cell_findings(part))
    is_carried = np.zeros(load.n_rows, dtype=bool)
    for part in filled:
        is_carried[part.carried] = True
    idle = np.flatnonzero(~is_carried & (status == ACCEPTED))
    status[idle] = QUARANTINED
    parts.append(list_rows(idle, "error", "", "", "no_record"))
    filled = _guarded(filled, plan, key, status, parts)
    progress("Put the tables together and check them")
    assembly = assemble(filled, plan, status == ACCEPTED, known)
    for breach in assembly.breaches:
        if breach.severity == "error":
            status[breach.rows] = QUARANTINED
        parts.append(_breach_findings(plan.blocks, breach))
    settled = _settle(parts, load, status)
    findings = IntakeFindings.of([settled])
    has_pseudonyms = key is not None and not plan.keeps_ids
    caps_ages = plan.ages == "cap" or (has_pseudonyms and plan.ages != "exact")
    lawful = with_capped_ages(assembly.tables) if caps_ages else assembly.tables
    fixes = list_fixes(load, plan, settled)
    return Intake(
        tables=without_unused_words(lawful),
        facts={
            "data_cut": plan.data_cut,
            "clinic_names": plan.clinic_names,
            "extra_columns": plan.extra_columns,
            "assumptions": plan.assumptions,
        },
        findings=findings,
        quarantine=_quarantine(load, status, findings),
        fixes=fixes,
        answers=list_answers(given, fixes),
        account=_account(load, status),
        files=tuple(
            LoadedFile(part.raw.name, part.raw.digest, part.raw.n_rows) for part in load.parts
        ),
        mapping=plan.name,
        meaning=_meaning(plan, given),
    )


def _read(
    found: Iterable[FoundFile], plan: Mapping, progress: Callable[[str], object]
) -> Iterator[tuple[Source, RawTable]]:
    for item in found:
        progress(f"Read {item.path.name}")
        columns = plan.columns_of(item.source.name)
        try:
            yield item.source, read_source(item.path, item.source, columns)
        except NoRowsError:
            if not item.source.is_optional:  # a quarter may well have no questionnaire at all
                raise


def _account(load: Load, status: np.ndarray) -> RowAccount:
    """Count where every row went; entries that a reader left out were excluded too."""
    counts = np.bincount(status, minlength=len(STATUSES))
    accepted, excluded, quarantined, duplicate = (int(count) for count in counts)
    unread = sum(part.raw.n_excluded for part in load.parts)
    return RowAccount(load.n_rows + unread, accepted, excluded + unread, quarantined, duplicate)


def _flagged(found: Iterable[FoundFile]) -> dict[str, frozenset[str]]:
    """List, by source, the columns that a REDCap dictionary marks as identifiers."""
    flagged = {}
    for item in found:
        if item.source.dictionary:
            # Here, since few exports come with one.
            from hinge_outcomes.ingestion.redcap_dictionary import redcap_identifiers

            path = item.path.parent / item.source.dictionary
            flagged[item.source.name] = redcap_identifiers(path)
    return flagged


def _meaning(plan: Mapping, corrections: list[Corrections]) -> str:
    """Give the digest of what the files were taken to mean: the mapping and the corrections."""
    told = repr((plan, [sorted(given.cells.items()) for given in corrections]))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def find_mapping(export: Export, mapping: str | PathLike[str] | Mapping | None) -> Mapping:
    """Find the mapping of an export: the one that is named, or that of a capture kit.

    Parameters
    ----------
    export : path or iterable of paths
        A file, several, or a folder.
    mapping : path, Mapping or None
        What was named.

    Returns
    -------
    Mapping
        The mapping.

    Raises
    ------
    MappingError
        If it cannot be meant, or none was named and the export is no capture kit.
    """
    if isinstance(mapping, Mapping):
        return mapping
    if mapping is not None:
        return Mapping.read(mapping)
    files = list_files(export)
    kinds = [recognise_kit(file) for file in files]
    if len(files) == 1 and kinds[0] is not None:
        return Mapping.from_values(capture_mapping(files[0]), name="capture kit")
    raise MappingError(
        "The export is no capture kit, so a mapping must say what it means. Begin one with "
        f"`hinge mapping draft {files[0].name}`, or name the one you have: --mapping FILE."
    )


def _fill(load: Load, plan: Mapping, status: np.ndarray) -> tuple[Filled, ...]:
    filled = []
    for part in load.parts:
        rows = np.flatnonzero(status[part.rows] == ACCEPTED)
        for block in plan.blocks:
            if block.source == part.source.name:
                filled.append(fill_block(block, part.columns, rows, part.offset))
    return tuple(filled)


def _guarded(
    filled: tuple[Filled, ...],
    plan: Mapping,
    key: Key | None,
    status: np.ndarray,
    findings: list[pd.DataFrame],
) -> tuple[Filled, ...]:
    """Take out what names a person; rows whose id does are set aside."""
    guarded = []
    for part in filled:
        kept, found, aside = suspicious_rows(part, plan, key)
        status[aside] = QUARANTINED
        findings += found
        has_pseudonyms = key is not None and not plan.keeps_ids
        guarded.append(with_pseudonyms(kept, key) if has_pseudonyms and key else kept)
    return tuple(guarded)


def _cell_findings(part: Filled) -> pd.DataFrame:
    failures = part.failures
    return pd.DataFrame(
        {
            "severity": np.where(failures["is_error"], "error", "warning"),
            "row": failures["row"].to_numpy("int64"),
            "table": failures["table"].to_numpy(),
            "column": failures["column"].to_numpy(),
            "rule": failures["rule"].to_numpy(),
            "action": np.select(
                [failures["is_set_aside"], failures["rule"] == "stored_disagrees"],
                ["row set aside", "kept"],
                "stored as missing",
            ),
        }
    )


def _breach_findings(blocks: tuple[Block, ...], breach: Breach) -> pd.DataFrame:
    """Name the export's column where one fills ours, so that the cell can be found."""
    named = {
        block.name: rule.columns[0]
        for block in blocks
        for rule in block.rules
        if block.table == breach.table and rule.target.name == breach.column and rule.columns
    }
    action = "row set aside" if breach.severity == "error" else "kept"
    cells = breach.cells
    has_own = breach.column in ("score", "instrument", "stage", "mastery_level")
    columns = [
        named.get(section) or (source if has_own and source else breach.column)
        for section, source in zip(cells["section"], cells["source"], strict=True)
    ]
    return pd.concat(
        [
            list_rows(rows.to_numpy(), breach.severity, breach.table, column, breach.rule, action)
            for column, rows in cells["row"].groupby(np.array(columns, dtype="object"))
        ]
    )


def _settle(parts: list[pd.DataFrame], load: Load, status: np.ndarray) -> pd.DataFrame:
    """One finding per cell and rule; what is said of a row set aside says that it was."""
    frame = pd.concat([part for part in parts if len(part)] or [list_rows([], "", "", "", "")])
    rows = frame["row"].to_numpy("int64")
    frame["action"] = frame["action"].mask(status[rows] == QUARANTINED, "row set aside")
    frame = frame.drop_duplicates(["row", "column", "rule"])
    cell = pd.MultiIndex.from_frame(frame[["row", "column"]])
    errors = cell[(frame["severity"] == "error").to_numpy()]
    told_twice = ((frame["rule"] == "missing") & cell.isin(errors)).to_numpy()
    frame = frame[~told_twice].sort_values("row", kind="stable")
    files, lines = load.places(frame["row"].to_numpy("int64"))
    return frame[ROW_COLUMNS].assign(file=files, line=lines)


def _rules_by_row(findings: IntakeFindings) -> pd.Series:
    """List the rules that each row breaks."""
    broken = findings.errors[["file", "line", "rule"]].drop_duplicates()
    is_more = broken.duplicated(["file", "line"], keep=False)
    several = broken[is_more].sort_values("rule").groupby(["file", "line"])["rule"].agg("; ".join)
    return pd.concat([broken[~is_more].set_index(["file", "line"])["rule"], several])


def _quarantine(load: Load, status: np.ndarray, findings: IntakeFindings) -> pd.DataFrame:
    """Write out the rows set aside, each with its place and what was wrong with it."""
    rules = _rules_by_row(findings)
    written = []
    for part in load.parts:
        rows = np.flatnonzero(status[part.rows] == QUARANTINED)
        raw = part.raw
        lines = raw.lines[rows]
        told = pd.MultiIndex.from_arrays([[raw.name] * len(rows), lines])
        head = {
            "hinge_file": raw.name,
            "hinge_line": lines,
            "hinge_rules": rules.reindex(told).to_numpy(),
            "hinge_raw_text": [raw.raw_text.get(int(row), "") for row in rows],
        }
        body = {
            f"{name} (export)" if name in head else name: raw.columns[name].cells(rows)
            for name in raw.header
        }
        written.append(pd.DataFrame({**head, **body}, index=range(len(rows))))
    frame = pd.concat(written, ignore_index=True)
    texts = [name for name in frame if name != "hinge_line"]
    frame[texts] = frame[texts].fillna("").astype("str")
    return frame if len(load.parts) > 1 else frame.drop(columns="hinge_file")
