"""Put filled rows together into five lawful tables, setting aside the input rows that break a law.

One record may be told by several input rows: what they say is joined. A row that contradicts an
earlier one, speaks of an unknown episode or breaks a rule of the tables is set aside, and the
tables are put together again without it, until nothing breaks.
"""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.dtypes import coerce_table
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.findings import Finding
from hinge_outcomes.cohort.tables import table_key
from hinge_outcomes.cohort.validation import validate_tables
from hinge_outcomes.domain.states import RULE_DATED_REASONS
from hinge_outcomes.ingestion.extraction import Filled
from hinge_outcomes.ingestion.mapping import Mapping
from hinge_outcomes.ingestion.records import Breach, Records, join_records, list_breach
from hinge_outcomes.ingestion.targets import list_targets

_CHILDREN = ("visits", "assessments", "outcomes")


@dataclass(frozen=True, slots=True, repr=False)
class Assembly:
    """Hold five lawful tables and what was set aside to make them so.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The five tables, in their declared dtypes.
    breaches : tuple of Breach
        Errors (rows set aside) and warnings (rows kept).
    """

    tables: dict[str, pd.DataFrame]
    breaches: tuple[Breach, ...]


def assemble(filled: tuple[Filled, ...], mapping: Mapping, accepted: np.ndarray) -> Assembly:
    """Put filled rows together into five lawful tables.

    Parameters
    ----------
    filled : tuple of Filled
        The rows of each section.
    mapping : Mapping
        The mapping.
    accepted : ndarray of bool
        Which input rows may be used.

    Returns
    -------
    Assembly
        Tables, and the rules that input rows broke.
    """
    usable = accepted.copy()
    errors: list[Breach] = []
    while True:
        tables, breaches = _attempt(filled, mapping, usable)
        found = [breach for breach in breaches if breach.severity == "error"]
        if not found:
            return Assembly(tables, (*errors, *breaches))
        # Every round takes at least one row out, so the rounds come to an end.
        errors.extend(found)
        for breach in found:
            usable[breach.rows] = False


def _attempt(
    filled: tuple[Filled, ...], mapping: Mapping, usable: np.ndarray
) -> tuple[dict[str, pd.DataFrame], list[Breach]]:
    parts = [
        (part, part.frame[usable[part.frame["row"].to_numpy(dtype="int64")]]) for part in filled
    ]
    told = [frame for part, frame in parts if part.block.table == "episodes"]
    starts = _starts(told)
    records: dict[str, Records] = {}
    breaches: list[Breach] = []
    for table in ("episodes", "patients", *_CHILDREN):
        frames = []
        for part, frame in parts:
            if part.block.table != table:
                continue
            if table in _CHILDREN:
                is_known = frame["episode_id"].isin(starts.index)
                breaches += list_breach(table, "episode_id", "no_episode", frame[~is_known])
                frame = frame[is_known]
            if table == "patients":
                frames.append(_with_birth_year(part, frame, told, starts))
                continue
            counted, found = _with_days(part, frame, starts)
            breaches += found
            frames.append(counted)
        targets = list_targets(table, mapping.extra_columns)
        records[table], found = join_records(table, frames, targets)
        breaches += found
    breaches += _check_cut(records["episodes"], mapping)
    if breaches:
        return {}, breaches
    return _check_tables(records, mapping)


def _starts(told: list[pd.DataFrame]) -> pd.Series:
    """Start of each episode: the first that any row gives."""
    frame = pd.concat([part[["row", "episode_id", "start_date"]] for part in told])
    frame = frame.sort_values("row", kind="stable")
    starts: pd.Series = frame.groupby("episode_id")["start_date"].first()
    return starts


def _with_days(
    part: Filled, frame: pd.DataFrame, starts: pd.Series
) -> tuple[pd.DataFrame, list[Breach]]:
    """Turn dates into whole days since the episode began."""
    counted = frame.copy()
    breaches = []
    for rule in part.block.rules:
        if rule.kind != "days_from_start":
            continue
        name = rule.target.name
        days = (counted[name] - _look_up(starts, counted["episode_id"])).dt.days
        is_outside = (days < rule.target.minimum) | (days > rule.target.maximum)
        breaches += list_breach(part.block.table, name, "out_of_range", counted[is_outside])
        counted[name] = days
        counted = counted[~is_outside]
    return counted, breaches


def _with_birth_year(
    part: Filled, frame: pd.DataFrame, told: list[pd.DataFrame], starts: pd.Series
) -> pd.DataFrame:
    """Turn an age at the start into a year of birth.

    The start is that of the episode which the same input row is about, else the patient's first.
    """
    if not any(rule.kind == "start_year_minus" for rule in part.block.rules):
        return frame
    episodes = pd.concat([known[["row", "episode_id", "patient_id"]] for known in told])
    episodes = episodes.assign(start=_look_up(starts, episodes["episode_id"]))
    by_row = episodes.drop_duplicates("row").set_index("row")["start"]
    by_patient = episodes.groupby("patient_id")["start"].min()
    start = _look_up(by_row, frame["row"]).fillna(_look_up(by_patient, frame["patient_id"]))
    age = np.floor(pd.to_numeric(frame["birth_year"]))
    return frame.assign(birth_year=start.dt.year - age, is_from_age=True)


def _look_up(dates: pd.Series, names: pd.Series) -> pd.Series:
    """Date of each name; unlike Series.map it also holds when there are no dates at all."""
    return pd.Series(dates.reindex(names).to_numpy(), index=names.index, dtype="datetime64[s]")


def _check_cut(episodes: Records, mapping: Mapping) -> list[Breach]:
    frame = episodes.frame
    if frame["start_date"].isna().any() or frame["clinic_id"].isna().any():
        return []
    cut = cut_days(frame, mapping.data_cut)
    late = episodes.behind(np.flatnonzero((cut < 0).fillna(False)), "start_date")
    breaches = list_breach("episodes", "start_date", "after_data_cut", late)
    if isinstance(mapping.data_cut, MappingType):
        unknown = episodes.behind(np.flatnonzero(cut.isna()), "clinic_id")
        breaches += list_breach("episodes", "clinic_id", "no_data_cut", unknown)
    return breaches


def _check_tables(
    records: dict[str, Records], mapping: Mapping
) -> tuple[dict[str, pd.DataFrame], list[Breach]]:
    """Hold the tables against their declarations; lead each finding back to its input rows."""
    tables = {}
    findings: list[Finding] = []
    for table in TABLE_NAMES:
        frame = _derive(table, records[table].frame, mapping)
        tables[table], found = coerce_table(table, frame, mapping.extra_columns)
        findings.extend(found)
    findings.extend(
        validate_tables(tables, data_cut=mapping.data_cut, extra_columns=mapping.extra_columns)
    )
    breaches = []
    for finding in findings:
        groups = np.array(finding.rows, dtype="int64") - 1
        cells = records[finding.table].behind(groups, finding.column)
        breaches += list_breach(
            finding.table, finding.column, finding.rule, cells, finding.severity
        )
    return tables, breaches


def _derive(table: str, frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """Compute what follows from the other columns, where the mapping does not fill it."""
    if table == "episodes" and "last_observed_day" not in frame:
        cut = cut_days(frame, mapping.data_cut)
        if "end_day" not in frame or "end_reason" not in frame:
            return frame.assign(last_observed_day=cut)
        is_seen = frame["end_reason"].notna() & ~frame["end_reason"].isin(RULE_DATED_REASONS)
        end = pd.to_numeric(frame["end_day"]).astype("Int64")
        return frame.assign(last_observed_day=end.where(is_seen, cut))
    if table == "visits":
        # A number in the export orders the appointments of one day; the stored one is counted, so
        # that a row set aside leaves no gap that would condemn the rows after it.
        order = [name for name in table_key("visits") if name in frame]
        ordered = frame.sort_values(order, kind="stable")
        return frame.assign(visit_number=ordered.groupby("episode_id").cumcount() + 1)
    return frame
