"""Put filled rows together into five lawful tables, setting aside the input rows that break a law.

One record may be told by several input rows: what they say is joined. A row that contradicts an
earlier one, speaks of an unknown episode or breaks a rule of the tables is set aside, and the
tables are put together again without it, until nothing breaks.
"""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.dtypes import coerce_table
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.findings import Finding
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.keys import count_in_order, places_in
from hinge_outcomes.cohort.validation import validate_tables
from hinge_outcomes.domain.states import RULE_DATED_REASONS
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.blocks import Block
from hinge_outcomes.ingestion.episode_days import (
    episode_starts,
    with_birth_year,
    with_days,
    with_found_episodes,
)
from hinge_outcomes.ingestion.extraction import Filled
from hinge_outcomes.ingestion.known_records import (
    Known,
    left_standing,
    passed_over,
    touched_records,
    with_moved_days,
)
from hinge_outcomes.ingestion.mapping import Mapping
from hinge_outcomes.ingestion.records import Breach, Records, join_records, list_breach
from hinge_outcomes.ingestion.stacking import stack
from hinge_outcomes.ingestion.targets import list_targets

_IDS = {"patient_id": "patient_id", "episode_id": "episode_id"}
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


def assemble(
    filled: tuple[Filled, ...],
    mapping: Mapping,
    accepted: np.ndarray,
    known: Cohort | Known | None = None,
) -> Assembly:
    """Put filled rows together into five lawful tables.

    Parameters
    ----------
    filled : tuple of Filled
        The rows of each section.
    mapping : Mapping
        The mapping.
    accepted : ndarray of bool
        Which input rows may be used.
    known : Cohort or callable, optional
        A registry's records, or what gives those of some patients and episodes. Those of the
        episodes that the export speaks of are joined to it, so that the tables hold these episodes
        whole.

    Returns
    -------
    Assembly
        Tables, and the rules that input rows broke.

    Raises
    ------
    DataError
        If the registry's own records cannot be lawful beside this mapping.
    """
    n_rows = len(accepted)
    parts, standing = _with_shared_ids(
        filled, touched_records(known, filled, n_rows, mapping.extra_columns)
    )
    usable = accepted.copy()
    errors: list[Breach] = []
    while True:
        tables, breaches = _attempt(parts, standing, mapping, usable)
        rules = dict.fromkeys(breach.rule for breach in breaches if breach.severity == "error")
        breaches = [_blame(breach, parts, n_rows) for breach in breaches]
        breaches = [breach for breach in breaches if len(breach.cells)]
        found = [breach for breach in breaches if breach.severity == "error"]
        errors.extend(found)
        if tables:
            return Assembly(tables, (*errors, *(b for b in breaches if b.severity != "error")))
        # Every round takes at least one row out, so the rounds come to an end.
        if not any(usable[breach.rows].any() for breach in found):
            raise DataError(
                f"What the registry holds of these patients breaks a rule ({', '.join(rules)}) as "
                "this mapping reads it, whatever is left out of the export, so nothing was loaded. "
                "Look first at data_cut in the mapping: is it the day up to which this export is "
                "complete, and is there one for every clinic?"
            )
        for breach in found:
            usable[breach.rows] = False


def _blame(breach: Breach, parts: list[Filled], n_rows: int) -> Breach:
    """Lead what breaks in a registry's record back to the rows that speak of the same episode.

    The record was lawful before them. What the registry warned of already is not told again.
    """
    cells = breach.cells
    is_known = (cells["row"] == n_rows).to_numpy()
    if not is_known.any():
        return breach
    blamed = [cells[~is_known]]
    if breach.severity == "error" and "episode_id" in cells:
        episodes = set(cells.loc[is_known, "episode_id"])
        for part in parts:
            if "episode_id" in part.frame:
                blamed.append(part.frame[part.frame["episode_id"].isin(episodes)])
    columns = ["row", "section", "source"]
    return replace(breach, cells=pd.concat([frame[columns].astype("object") for frame in blamed]))


def _with_shared_ids(
    filled: tuple[Filled, ...], known: MappingType[str, pd.DataFrame]
) -> tuple[list[Filled], dict[str, pd.DataFrame]]:
    """Let the same id have the same place in all frames, so that ids compare as numbers."""
    frames = [*(part.frame for part in filled), *known.values()]
    kinds = [_id_kinds(part) for part in filled] + [_IDS] * len(known)
    for kind in set(_IDS.values()):
        members = [
            (place, name)
            for place, names in enumerate(kinds)
            for name in names
            if name in frames[place] and names[name] == kind
        ]
        columns = [frames[place][name].cat for place, name in members]
        given = [column.categories.to_numpy(dtype="object") for column in columns]
        places, words = pd.factorize(np.concatenate([np.array([], dtype="object"), *given]))
        dtype = pd.CategoricalDtype(pd.Index(words, dtype="object"))
        ends = np.cumsum([len(texts) for texts in given])
        for (place, name), column, end, texts in zip(members, columns, ends, given, strict=True):
            moved = np.append(places[end - len(texts) : end], -1).astype("int32")
            shared = pd.Categorical.from_codes(moved[column.codes.to_numpy()], dtype=dtype)
            frames[place] = frames[place].assign(**{name: shared})
    parts = [
        replace(part, frame=frame)
        for part, frame in zip(filled, frames[: len(filled)], strict=True)
    ]
    return parts, dict(zip(known, frames[len(filled) :], strict=True))


def _id_kinds(part: Filled) -> dict[str, str]:
    """A column that finds the episode by its patient holds the patient's id."""
    by_patient = any(rule.kind == "episode_of" for rule in part.block.rules)
    return {**_IDS, "episode_id": "patient_id"} if by_patient else _IDS


def _attempt(
    filled: list[Filled],
    known: MappingType[str, pd.DataFrame],
    mapping: Mapping,
    usable: np.ndarray,
) -> tuple[dict[str, pd.DataFrame], list[Breach]]:
    """Make the tables of the usable rows; none where a row that must go speaks of others too."""
    frames_left = [_usable(part.frame, usable) for part in filled]
    rows = [
        (part.block, frame["row"].to_numpy())
        for part, frame in zip(filled, frames_left, strict=True)
    ]
    told = _of_table("episodes", filled, frames_left)
    named = _named_episodes(filled)
    starts = episode_starts([*told, *([known["episodes"]] if known else [])])
    known = with_moved_days(known, starts)
    warnings: list[Breach] = []
    records: dict[str, Records] = {}
    breaches = _check_cut(told, mapping) if told else []
    for table in ("episodes", "patients", *_CHILDREN):
        frames = []
        for place, part in enumerate(filled):
            if part.block.table != table:
                continue
            frame = frames_left[place]
            frames_left[place] = frame.iloc[:0].copy()  # of ten million rows no second is kept
            if table in _CHILDREN:
                frame, found = _with_known_episode(part, frame, starts, named)
                breaches += found
            if table == "patients":
                frames.append(with_birth_year(part, frame, told, starts))
                continue
            counted, found = with_days(part, frame, starts)
            breaches += found
            frames.append(counted)
        targets = list_targets(table, mapping.extra_columns)
        if table in _CHILDREN and breaches and _speaks_elsewhere(breaches, rows):
            return {}, breaches
        standing = left_standing(table, known, frames)
        if table in _CHILDREN:
            records[table], found = join_records(table, frames, targets)
            records[table] = records[table].with_more(standing)
            if table == "visits":
                lost = passed_over(frames, standing)
                warnings += list_breach(table, "visit_day", "day_passed_over", lost, "warning")
        else:
            records[table], found = join_records(table, [*frames, *standing], targets)
        breaches += found
        if found:
            return {}, breaches
    if _speaks_elsewhere(breaches, rows) or any(b.table == "episodes" for b in breaches):
        return {}, breaches
    tables, found = _check_tables(records, mapping)
    is_lawful = not any(breach.severity == "error" for breach in found)
    return (tables if is_lawful else {}), [*breaches, *warnings, *found]


def _named_episodes(filled: list[Filled]) -> np.ndarray:
    """Tell of each code whether the export describes that episode, in a usable row or not."""
    described = [part.frame["episode_id"] for part in filled if part.block.table == "episodes"]
    held = [part.frame["episode_id"] for part in filled if "episode_id" in part.frame]
    size = max((len(ids.cat.categories) for ids in held), default=0)
    is_named = np.zeros(size + 1, dtype=bool)
    for ids in described:
        is_named[ids.cat.codes] = True
    is_named[-1] = False  # the code of a null
    return is_named


def _usable(frame: pd.DataFrame, usable: np.ndarray) -> pd.DataFrame:
    chosen = usable[frame["row"].to_numpy()]
    return frame if chosen.all() else frame[chosen].reset_index(drop=True)


def _of_table(table: str, filled: list[Filled], frames: list[pd.DataFrame]) -> list[pd.DataFrame]:
    return [frame for part, frame in zip(filled, frames, strict=True) if part.block.table == table]


def _speaks_elsewhere(breaches: list[Breach], filled: list[tuple[Block, np.ndarray]]) -> bool:
    """Tell whether a row that must go has filled anything besides the table it is wrong about.

    Where it has not, it was left out already, and the other tables are as they would be without it.
    """
    for breach in breaches:
        sections = set(breach.cells["section"])
        for block, rows in filled:
            is_own = block.table == breach.table and block.name in sections
            if not is_own and np.isin(rows, breach.rows).any():
                return True
    return False


def _with_known_episode(
    part: Filled, frame: pd.DataFrame, starts: pd.DataFrame, named: np.ndarray
) -> tuple[pd.DataFrame, list[Breach]]:
    """Leave out the rows of episodes that cannot be used, or that nothing else speaks of."""
    if any(rule.kind == "episode_of" for rule in part.block.rules):
        frame, unclear = with_found_episodes(part, frame, starts)
        return frame, list_breach(part.block.table, "episode_id", "no_episode", unclear)
    is_known = places_in(frame["episode_id"], starts.index) >= 0
    if is_known.all():
        return frame, []
    lost = frame[~is_known]
    is_named = named[lost["episode_id"].cat.codes]
    return frame[is_known], [
        # One cell of the episode is mended and all its rows come in: they need no mending.
        *list_breach(part.block.table, "episode_id", "episode_set_aside", lost[is_named]),
        *list_breach(part.block.table, "episode_id", "no_episode", lost[~is_named]),
    ]


def _check_cut(told: list[pd.DataFrame], mapping: Mapping) -> list[Breach]:
    """Find the rows whose episode begins after its clinic's data cut, or whose clinic has none."""
    names = ["row", "section", "source", "episode_id", "start_date", "clinic_id"]
    frame = stack([part[names] for part in told])
    frame = frame[frame["start_date"].notna() & frame["clinic_id"].notna()]
    cut = cut_days(frame.astype({"clinic_id": "object"}), mapping.data_cut)
    late = (cut < 0).fillna(False).to_numpy(bool)
    breaches = list_breach("episodes", "start_date", "after_data_cut", frame[late])
    if isinstance(mapping.data_cut, MappingType):
        breaches += list_breach(
            "episodes", "clinic_id", "no_data_cut", frame[cut.isna().to_numpy()]
        )
    return breaches


def _check_tables(
    records: dict[str, Records], mapping: Mapping
) -> tuple[dict[str, pd.DataFrame], list[Breach]]:
    """Hold the tables against their declarations; lead each finding back to its input rows."""
    tables = {}
    findings: list[Finding] = []
    for table in TABLE_NAMES:
        frame = _derive(table, records[table].frame, mapping)
        tables[table], found = coerce_table(
            table, frame, mapping.extra_columns, keep_categories=True
        )
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
    if table == "episodes":
        due = cut_days(frame, mapping.data_cut)
        if "end_day" in frame and "end_reason" in frame:
            is_seen = frame["end_reason"].notna() & ~frame["end_reason"].isin(RULE_DATED_REASONS)
            due = frame["end_day"].astype("Int64").where(is_seen, due)
        if "last_observed_day" in frame:
            due = frame["last_observed_day"].astype("Int64").fillna(due)
        return frame.assign(last_observed_day=due)
    if table == "visits":
        # A number in the export orders the appointments of one day; the stored one is counted, so
        # that a row set aside leaves no gap that would condemn the rows after it.
        numbers = np.zeros(len(frame), dtype="int32")
        if "visit_number" in frame:
            numbers = frame["visit_number"].to_numpy("int32", na_value=0)
        counted = count_in_order(frame["episode_id"], frame["visit_day"], numbers)
        most = counted.max(initial=0)
        narrow = "int16" if most <= np.iinfo("int16").max else "int32"
        is_null = np.zeros(len(frame), dtype=bool)
        numbers = pd.arrays.IntegerArray(counted.astype(narrow), is_null)
        return frame.assign(visit_number=numbers)
    return frame
