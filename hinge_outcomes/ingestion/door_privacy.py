"""Privacy at the door: what names a person is refused, set aside, or replaced by a pseudonym."""

from collections.abc import Mapping as MappingType
from dataclasses import replace

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.deidentified import cap_ages
from hinge_outcomes.cohort.identifier_headers import identifier_columns
from hinge_outcomes.cohort.identifier_values import looks_like_identifier
from hinge_outcomes.cohort.pseudonyms import pseudonymise
from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.extraction import Filled
from hinge_outcomes.ingestion.load import Load, list_rows
from hinge_outcomes.ingestion.mapping import Mapping

_DOMAINS = {"patient_id": "patient", "episode_id": "episode", "clinician_id": "clinician"}

_OF_STAFF = ("clinician_id", "clinic_id")
"""Who treats, and where, is no identifier of a patient."""

_NUMBERED = "record number"


def check_identifiers(
    load: Load, mapping: Mapping, flagged: MappingType[str, frozenset[str]], key: Key | None
) -> None:
    """Refuse a mapping that would store what names a person.

    A column is judged by its header, and by what a REDCap dictionary says of it. Dates of birth may
    give a year, codes and numbers may be read from any column; ids are replaced where there is a
    key. Without a key, only a record number may serve as an id.

    Parameters
    ----------
    load : Load
        The files.
    mapping : Mapping
        What is read of them, and which columns it states to be harmless.
    flagged : mapping of str to frozenset of str
        By source, the columns that a dictionary marks as identifiers.
    key : Key or None
        Replaces ids where given.

    Raises
    ------
    MappingError
        If a column with identifiers would be stored as it is.
    """
    for part in load.parts:
        kinds = identifier_columns(part.raw.header)
        kinds |= dict.fromkeys(flagged.get(part.source.name, ()), "identifier, by its dictionary")
        for block in mapping.blocks:
            if block.source != part.source.name:
                continue
            for rule in block.all_rules:
                for column in rule.columns:
                    kind = kinds.get(column, "")
                    if kind and column not in mapping.identifiers:
                        _check_rule(block.name, rule, column, kind, key, mapping)


def _check_rule(
    where: str, rule: ColumnRule, column: str, kind: str, key: Key | None, mapping: Mapping
) -> None:
    if rule.target.kind != "text" or rule.target.name in _OF_STAFF:
        return
    is_id = rule.target.name in _DOMAINS
    if is_id and (kind == _NUMBERED or (key is not None and not mapping.keeps_ids)):
        return
    remedy = (
        "Load it into a registry, where ids become pseudonyms, or use the export's own case number"
        if is_id
        else "Leave the column out"
    )
    raise MappingError(
        f"{where} {rule.target.name} would store the column {column!r}, which looks like a "
        f"{kind}. {remedy}; if it names nobody, say so: [privacy] identifiers = [{column!r}]."
    )


def suspicious_rows(
    part: Filled, mapping: Mapping, key: Key | None
) -> tuple[Filled, list[pd.DataFrame], np.ndarray]:
    """Find texts that look like a name, a number to call, an address or a date.

    Parameters
    ----------
    part : Filled
        Rows of a section.
    mapping : Mapping
        Which columns it states to be harmless.
    key : Key or None
        Ids that will be replaced need no look.

    Returns
    -------
    part : Filled
        The rows; a suspicious text in a column of the clinic's own is taken out.
    findings : list of DataFrame
        With the columns of ``ROW_COLUMNS``.
    rows : ndarray of int
        Rows of the load that are to be set aside, because their id is suspicious.
    """
    is_replaced = key is not None and not mapping.keeps_ids
    frame, found, aside = part.frame, [], [np.zeros(0, dtype="int64")]
    for rule in part.block.rules:
        name = rule.target.name
        is_safe = rule.target.kind != "text" or name in _OF_STAFF or rule.kind == "constant"
        if (
            is_safe
            or (is_replaced and name in _DOMAINS)
            or set(rule.columns) & {*mapping.identifiers}
        ):
            continue
        column = frame[name]
        words = column.cat.categories.to_numpy(dtype="object")
        marked = looks_like_identifier(words) != ""
        if not marked.any():
            continue
        is_marked = np.append(marked, False)[column.cat.codes.to_numpy()]
        rows = frame.loc[is_marked, "row"].to_numpy("int64")
        is_id = name in _DOMAINS
        action = "row set aside" if is_id else "stored as missing"
        found.append(
            list_rows(
                rows, "error", part.block.table, rule.columns[0], "looks_like_identifier", action
            )
        )
        if is_id:
            aside.append(rows)
        else:
            frame = frame.assign(**{name: column.cat.remove_categories(list(words[marked]))})
    return replace(part, frame=frame), found, np.concatenate(aside)


def with_pseudonyms(part: Filled, key: Key) -> Filled:
    """Replace the ids of a section by pseudonyms.

    Parameters
    ----------
    part : Filled
        Rows of a section.
    key : Key
        The secret.

    Returns
    -------
    Filled
        The same rows; each distinct id is computed once.
    """
    by_patient = any(rule.kind == "episode_of" for rule in part.block.rules)
    changed = {}
    for name, domain in _DOMAINS.items():
        if name not in part.frame:
            continue
        owner = "patient" if by_patient and name == "episode_id" else domain
        column = part.frame[name].cat.remove_unused_categories()
        words = pseudonymise(column.cat.categories.to_numpy(dtype="object"), key, owner)
        changed[name] = column.cat.rename_categories(list(words))
    return replace(part, frame=part.frame.assign(**changed)) if changed else part


def with_capped_ages(tables: MappingType[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Let nobody's age read more than 90: an age over 89 nearly names a person.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The five tables.

    Returns
    -------
    dict of str to DataFrame
        The tables, with the years of birth capped.
    """
    ids = {"patient_id": "str"}
    patients = tables["patients"]
    capped = cap_ages(patients.astype(ids), tables["episodes"].astype(ids))
    return {**tables, "patients": patients.assign(birth_year=capped["birth_year"].array)}


def without_unused_words(tables: MappingType[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Let no column of categories list a text that none of its rows holds.

    The ids of rows that were set aside stood beside the others while they were looked at.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The five tables.

    Returns
    -------
    dict of str to DataFrame
        The same rows; codes, whose lists are declared, keep theirs.
    """
    cleaned = {}
    for table, frame in tables.items():
        columns = {}
        for name, dtype in frame.dtypes.items():
            if not isinstance(dtype, pd.CategoricalDtype) or dtype.ordered:
                continue
            codes = frame[name].cat.codes.to_numpy()
            is_used = np.bincount(codes + 1, minlength=len(dtype.categories) + 1)[1:] > 0
            if not is_used.all():
                places = np.append(np.cumsum(is_used) - 1, -1).astype("int32")
                columns[str(name)] = pd.Categorical.from_codes(
                    places[codes], categories=dtype.categories[is_used]
                )
        cleaned[table] = frame.assign(**columns) if columns else frame
    return cleaned
