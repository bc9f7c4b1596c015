"""The clinic's door: an export and a mapping become a cohort, a list of findings, and an account.

Every input row ends in exactly one of four places, so that
``rows read = accepted + excluded by the mapping + quarantined + duplicate``.
"""

import os
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.assembly import assemble
from hinge_outcomes.ingestion.extraction import Filled, fill_block, pass_filters, read_columns
from hinge_outcomes.ingestion.findings import IntakeFindings, list_findings
from hinge_outcomes.ingestion.mapping import Mapping
from hinge_outcomes.ingestion.readers import RawTable, read_csv
from hinge_outcomes.ingestion.records import Breach

STATUSES = ("accepted", "excluded", "quarantined", "duplicate")

_ACCEPTED, _EXCLUDED, _QUARANTINED, _DUPLICATE = range(len(STATUSES))


@dataclass(frozen=True, slots=True)
class RowAccount:
    """Say where every input row went.

    Parameters
    ----------
    read : int
        Rows of the export, blank ones not counted.
    accepted, excluded, quarantined, duplicate : int
        Rows that entered, that the mapping does not want, that were set aside, and that repeat an
        earlier one word for word. They add up to ``read``.
    """

    read: int
    accepted: int
    excluded: int
    quarantined: int
    duplicate: int

    def summary(self) -> str:
        """Write the account as a sum.

        Returns
        -------
        str
            One sentence.

        Examples
        --------
        >>> RowAccount(10, 7, 2, 1, 0).summary()
        '10 rows read = 7 accepted + 2 excluded by the mapping + 1 set aside + 0 duplicate.'
        """
        return (
            f"{self.read:,} rows read = {self.accepted:,} accepted + {self.excluded:,} excluded by "
            f"the mapping + {self.quarantined:,} set aside + {self.duplicate:,} duplicate."
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Intake:
    """Hold what came of reading an export.

    At a prompt and in a notebook it shows counts alone, never a cell.

    Parameters
    ----------
    cohort : Cohort
        The accepted records.
    findings : IntakeFindings
        One row per failing cell.
    quarantine : DataFrame
        The rows set aside with their raw text: ``hinge_line``, ``hinge_rules``,
        ``hinge_raw_text`` (only of rows that have no cells), then the export's own columns. It
        holds patients' values: keep it private.
    account : RowAccount
        Where every input row went.
    file, mapping : str
        Name of the export and of the mapping.
    """

    cohort: Cohort
    findings: IntakeFindings
    quarantine: pd.DataFrame
    account: RowAccount
    file: str
    mapping: str

    def summary(self) -> str:
        """Say in words what was read, what was set aside and why.

        Returns
        -------
        str
            The account of rows, the cohort, and one line per column and rule.
        """
        cohort = self.cohort
        size = (
            f"{cohort.n_episodes:,} episodes of {cohort.n_patients:,} patients, "
            f"{len(cohort.visits):,} visits, {len(cohort.assessments):,} stage ratings and "
            f"{len(cohort.outcomes):,} scores entered."
        )
        return "\n".join(
            [
                f"{self.file}, read by the mapping {self.mapping}: {self.account.summary()}",
                size,
                self.findings.summary(),
            ]
        )

    def write_quarantine(self, path: str | os.PathLike[str]) -> Path:
        """Store the rows set aside in a file that only the owner can read.

        Parameters
        ----------
        path : path
            CSV file to write, in UTF-8; an older one is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        DataError
            If it cannot be written; nothing half-written is left.
        """
        target = Path(path)
        text = self.quarantine.to_csv(index=False, lineterminator="\n")
        temporary = None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # mkstemp opens the file for its owner alone, so the text is never readable by others.
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
            temporary = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
            temporary.replace(target)
        except OSError as error:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
            raise DataError(
                f"The rows set aside were not written to {target.name} ({error.strerror}); nothing "
                "half-written is left. Free some space, close the file in other programs, or name "
                "another folder."
            ) from error
        return target

    def __repr__(self) -> str:
        return f"<intake: {self.account.summary()}>"

    def _repr_html_(self) -> str:
        head = f"<p>{escape(self.account.summary())}</p>"
        return head + self.findings._repr_html_() + self.cohort._repr_html_()


def ingest(export: str | os.PathLike[str], *, mapping: str | os.PathLike[str] | Mapping) -> Intake:
    """Read a clinic's export into a checked cohort.

    Every cell is read as text and turned into numbers, dates and codes only as the mapping says.
    A row with a cell that cannot be read is set aside with its raw text, not lost; a text that the
    mapping lists as missing becomes missing; each such cell is a finding. Columns that the mapping
    does not name never enter.

    Parameters
    ----------
    export : path
        CSV file.
    mapping : path or Mapping
        TOML file that says how the export fills the five tables.

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
    plan = mapping if isinstance(mapping, Mapping) else Mapping.read(mapping)
    raw = read_csv(export, plan.columns, delimiters=plan.delimiters, encoding=plan.encoding)
    columns = read_columns(raw, plan.columns)
    status, parts = _sort_rows(raw, columns, plan)
    rows = np.flatnonzero(status == _ACCEPTED)
    filled = tuple(fill_block(block, columns, rows, plan.decimal) for block in plan.blocks)
    for part in filled:
        status[part.failures.loc[part.failures["is_set_aside"], "row"].to_numpy("int64")] = (
            _QUARANTINED
        )
    carried = np.concatenate([part.carried for part in filled])
    idle = np.setdiff1d(rows, carried)
    status[idle] = _QUARANTINED
    parts.append(_list(raw, idle, "error", "", "", "no_record"))
    assembly = assemble(filled, plan, status == _ACCEPTED)
    for breach in assembly.breaches:
        if breach.severity == "error":
            status[breach.rows] = _QUARANTINED
    parts.extend(_cell_findings(raw, part) for part in filled)
    parts.extend(_breach_findings(raw, plan, breach) for breach in assembly.breaches)
    findings = _settle(parts, raw, status)
    cohort = Cohort(
        **assembly.tables,
        data_cut=plan.data_cut,
        clinic_names=plan.clinic_names,
        extra_columns=plan.extra_columns,
        assumptions=plan.assumptions,
    )
    counts = np.bincount(status, minlength=len(STATUSES))
    return Intake(
        cohort=cohort,
        findings=findings,
        quarantine=_quarantine(raw, status, findings),
        account=RowAccount(len(raw.rows), *(int(count) for count in counts)),
        file=raw.name,
        mapping=plan.name,
    )


def _sort_rows(
    raw: RawTable, columns: dict[str, pd.Series], plan: Mapping
) -> tuple[np.ndarray, list[pd.DataFrame]]:
    """Give every row its first place: broken, not wanted, told before, or to be read."""
    n_rows = len(raw.rows)
    status = np.full(n_rows, _ACCEPTED, dtype="int8")
    filters = [(row_filter.column, row_filter.texts) for row_filter in plan.keep]
    passes = pass_filters(columns, filters, n_rows)
    status[~passes] = _EXCLUDED
    parts = []
    for column, texts in filters:
        unsaid = set(plan.missing) - set(texts)
        rows = np.flatnonzero(columns[column].isin(unsaid))
        parts.append(_list(raw, rows, "warning", "", column, "keep_missing", "row left out"))
    for rule in ("field_count", "stray_quote"):
        rows = np.array([row for row, broken in raw.broken.items() if broken == rule], dtype=int)
        status[rows] = _QUARANTINED
        parts.append(_list(raw, rows, "error", "", "", rule))
    seen: set[tuple[str, ...]] = set()
    repeated = []
    for row in np.flatnonzero(status == _ACCEPTED):
        cells = tuple(raw.rows[row])
        if cells in seen:
            repeated.append(int(row))
        seen.add(cells)
    status[repeated] = _DUPLICATE
    parts.append(_list(raw, repeated, "warning", "", "", "duplicate_row", "row left out"))
    return status, parts


def _list(
    raw: RawTable,
    rows: list[int] | np.ndarray,
    severity: str,
    table: str,
    column: str,
    rule: str,
    action: str = "row set aside",
) -> pd.DataFrame:
    return list_findings(
        severity=severity,
        file=raw.name,
        lines=[raw.lines[row] for row in rows],
        table=table,
        column=column,
        rule=rule,
        action=action,
    )


def _cell_findings(raw: RawTable, part: Filled) -> pd.DataFrame:
    failures = part.failures
    lines = np.array(raw.lines, dtype="int64")[failures["row"].to_numpy("int64")]
    return pd.DataFrame(
        {
            "severity": np.where(failures["is_error"], "error", "warning"),
            "file": raw.name,
            "line": lines,
            "table": failures["table"].to_numpy(),
            "column": failures["column"].to_numpy(),
            "rule": failures["rule"].to_numpy(),
            "action": np.where(failures["is_set_aside"], "row set aside", "stored as missing"),
        }
    )


def _breach_findings(raw: RawTable, plan: Mapping, breach: Breach) -> pd.DataFrame:
    """Name the export's column where one fills ours, so that the cell can be found."""
    named = {
        block.name: rule.columns[0]
        for block in plan.blocks
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
    parts = [
        _list(raw, rows.to_numpy(), breach.severity, breach.table, column, breach.rule, action)
        for column, rows in cells["row"].groupby(np.array(columns, dtype="object"))
    ]
    return IntakeFindings.of(parts).frame


def _settle(parts: list[pd.DataFrame], raw: RawTable, status: np.ndarray) -> IntakeFindings:
    """One finding per cell and rule; what is said of a row set aside says that it was."""
    frame = IntakeFindings.of(parts).frame
    gone = {raw.lines[row] for row in np.flatnonzero(status == _QUARANTINED)}
    is_gone = frame["line"].isin(gone)
    frame = frame.assign(action=frame["action"].mask(is_gone, "row set aside"))
    frame = frame.drop_duplicates(["line", "column", "rule"])
    cell = pd.MultiIndex.from_frame(frame[["line", "column"]])
    errors = cell[frame["severity"] == "error"]
    told_twice = (frame["rule"] == "missing") & cell.isin(errors)
    return IntakeFindings.of([frame[~told_twice]])


def _quarantine(raw: RawTable, status: np.ndarray, findings: IntakeFindings) -> pd.DataFrame:
    rows = np.flatnonzero(status == _QUARANTINED)
    by_line = findings.errors.groupby("line")["rule"].agg(
        lambda rules: "; ".join(sorted(set(rules)))
    )
    lines = pd.Series([raw.lines[row] for row in rows], dtype="int64")
    head = pd.DataFrame(
        {
            "hinge_line": lines,
            "hinge_rules": lines.map(by_line).astype("str"),
            "hinge_raw_text": pd.Series(
                [raw.rows[row][0] if row in raw.broken else "" for row in rows], dtype="str"
            ),
        }
    )
    width = len(raw.header)
    cells = [[""] * width if row in raw.broken else raw.rows[row] for row in rows]
    body = pd.DataFrame(cells, columns=list(raw.header), dtype="str")
    return pd.concat([head, body], axis=1)
