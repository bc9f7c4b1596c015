"""The fix list: for every failing cell one sentence that a receptionist can act on."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.cells import holds
from hinge_outcomes.ingestion.corrections import Corrections
from hinge_outcomes.ingestion.doubts import DOUBTS
from hinge_outcomes.ingestion.fix_sentences import fix_sentence
from hinge_outcomes.ingestion.fix_sheet import COLUMNS
from hinge_outcomes.ingestion.load import Load
from hinge_outcomes.ingestion.mapping import Mapping

NOT_TO_MEND = (
    "missing", "duplicate_row", "keep_missing", "left_out", "same_file", "episode_set_aside",
    *DOUBTS,
)  # fmt: skip
"""What costs nothing, follows from something else, or asks whoever wrote the mapping."""


_ANSWERED = "Answered before: change the answer only if it was wrong."


def list_fixes(load: Load, mapping: Mapping, findings: pd.DataFrame) -> pd.DataFrame:
    """List what is to be mended, by patient.

    Parameters
    ----------
    load : Load
        The files.
    mapping : Mapping
        What they mean.
    findings : DataFrame
        Findings with row, line, file, column, table, rule and severity.

    Returns
    -------
    DataFrame
        With the columns of `COLUMNS`, sorted by the clinic's own number of the patient. It holds
        patients' values: keep it private.
    """
    mendable = findings[~findings["rule"].isin(NOT_TO_MEND)]
    if not len(mendable):
        return pd.DataFrame({name: pd.Series([], dtype="str") for name in COLUMNS})
    rules = {
        (rule_block.table, column): rule
        for rule_block in mapping.blocks
        for rule in rule_block.all_rules
        for column in rule.all_columns
    }
    sentences = {
        key: fix_sentence(key[2], rules.get((key[0], key[1])))
        for key in mendable[["table", "column", "rule"]]
        .drop_duplicates()
        .itertuples(index=False, name=None)
    }
    keys = mendable[["table", "column", "rule"]].itertuples(index=False, name=None)
    rows = mendable["row"].to_numpy("int64")
    fixes = pd.DataFrame(
        {
            "Patient": _patients(load, mapping, rows),
            "File": mendable["file"].to_numpy(),
            "Line": mendable["line"].to_numpy(),
            "Column": mendable["column"].to_numpy(),
            "What to do": [sentences[key] for key in keys],
            "Found": _found(load, rows, mendable["column"].to_numpy()),
            "Corrected": "",
        }
    )
    return fixes.sort_values(["Patient", "File", "Line"], kind="stable", ignore_index=True)


def list_answers(given: Iterable[Corrections], fixes: pd.DataFrame) -> pd.DataFrame:
    """List what earlier lists corrected, so that the newest list holds all answers.

    Parameters
    ----------
    given : iterable of Corrections
        What was corrected; of two answers for one cell the later one counts.
    fixes : DataFrame
        What is still to be mended: a cell that stands here needs another answer.

    Returns
    -------
    DataFrame
        With the columns of `COLUMNS`. It holds patients' values: keep it private.
    """
    asked = set(fixes[["File", "Line", "Column"]].itertuples(index=False, name=None))
    answers = {key: value for each in given for key, value in each.cells.items()}
    rows = [
        ("", file, line, column, _ANSWERED, "", value)
        for (file, line, column), value in sorted(answers.items(), key=lambda item: item[0])
        if (file, line, column) not in asked
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="object")


def _patients(load: Load, mapping: Mapping, rows: np.ndarray) -> np.ndarray:
    """Read the clinic's own number of each row's patient, else of the episode."""
    names = np.full(len(rows), "", dtype="object")
    for part in load.parts:
        own = [block for block in mapping.blocks if block.source == part.source.name]
        columns = [
            column
            for name in ("patient_id", "episode_id")
            for block in own
            for rule in block.rules
            if rule.target.name == name
            for column in rule.columns
        ]
        places = np.flatnonzero((rows >= part.offset) & (rows < part.rows.stop))
        for column in dict.fromkeys(columns):
            open_places = places[names[places] == ""]
            names[open_places] = part.columns[column].cells(rows[open_places] - part.offset)
    return _named_by_patient(load, mapping, names)


def _named_by_patient(load: Load, mapping: Mapping, names: np.ndarray) -> np.ndarray:
    """Name by its patient a row whose file knows the course of care alone."""
    for part in load.parts:
        own = {
            rule.target.name: rule.columns[0]
            for block in mapping.blocks
            if block.source == part.source.name and block.table == "episodes"
            for rule in block.rules
            if rule.kind == "column" and rule.target.name in ("patient_id", "episode_id")
        }
        if len(own) < 2 or len(load.parts) < 2:
            continue
        column = part.columns[own["episode_id"]]
        places = np.flatnonzero(holds(column, {*names} - {""}))
        patients = part.columns[own["patient_id"]].cells(places)
        known = dict(zip(column.cells(places), patients, strict=True))
        names = np.array([known.get(name) or name for name in names], dtype="object")
    return names


def _found(load: Load, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Read what stands in each cell now; of a row without cells its whole text."""
    found = np.full(len(rows), "", dtype="object")
    for part in load.parts:
        is_own = (rows >= part.offset) & (rows < part.rows.stop)
        for column in set(columns[is_own]) & set(part.raw.header):
            places = np.flatnonzero(is_own & (columns == column))
            found[places] = part.raw.columns[column].cells(rows[places] - part.offset)
        for place in np.flatnonzero(is_own & (columns == "")):
            found[place] = part.raw.raw_text.get(int(rows[place] - part.offset), "")
    return found
