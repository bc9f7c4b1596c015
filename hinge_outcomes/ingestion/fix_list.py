"""The fix list: for every failing cell one sentence that a receptionist can act on."""

import numpy as np
import pandas as pd

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
