"""Fill table rows from input rows: read each mapped cell once, and note each that fails."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.blocks import PAYLOAD, Block
from hinge_outcomes.ingestion.coercion import coerce, coerce_text
from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.readers import RawTable

FAILURE_COLUMNS = ["row", "table", "column", "rule", "is_error", "is_set_aside"]


@dataclass(frozen=True, slots=True, repr=False)
class Filled:
    """Hold the rows that one section of the mapping fills.

    Parameters
    ----------
    block : Block
        The section.
    frame : DataFrame
        Columns of ours, beside ``row``, the position of the input row, ``section``, the block's
        name, and ``source``, the export's column of a score or rating. Where a column is counted
        from the start of the episode it still holds the date, or the age, that the export gives.
    failures : DataFrame
        One row per failing cell: row, table, column (of the export), rule, is_error, is_set_aside.
    carried : ndarray of int
        Positions of the input rows that hold something for this table.
    """

    block: Block
    frame: pd.DataFrame
    failures: pd.DataFrame
    carried: np.ndarray


@dataclass(frozen=True, slots=True, repr=False)
class _Cells:
    values: pd.Series
    is_token: pd.Series
    broken: pd.Series


def pass_filters(
    columns: dict[str, pd.Series], filters: Iterable[tuple[str, tuple[str, ...]]], n_rows: int
) -> np.ndarray:
    """Tell which input rows hold the asked texts.

    Parameters
    ----------
    columns : dict of str to Series
        The export's text by column.
    filters : iterable of (str, tuple of str) pairs
        Column and the texts that pass.
    n_rows : int
        Number of input rows.

    Returns
    -------
    ndarray of bool
        True where a row passes all filters.
    """
    passes = np.ones(n_rows, dtype=bool)
    for column, texts in filters:
        passes &= columns[column].isin(texts).to_numpy()
    return passes


def read_columns(raw: RawTable, names: Iterable[str]) -> dict[str, pd.Series]:
    """Take the mapped columns out of an export; the others never enter.

    Parameters
    ----------
    raw : RawTable
        The export.
    names : iterable of str
        Column names.

    Returns
    -------
    dict of str to Series
        Text without surrounding blanks, by column name.
    """
    return {name: raw.column(name) for name in names}


def fill_block(
    block: Block, columns: dict[str, pd.Series], rows: np.ndarray, decimal: str
) -> Filled:
    """Fill the rows of one section.

    Parameters
    ----------
    block : Block
        The section.
    columns : dict of str to Series
        The export's text by column.
    rows : ndarray of int
        Positions of the input rows that may be used.
    decimal : str
        Decimal sign.

    Returns
    -------
    Filled
        Rows and failing cells.
    """
    filters = [(row_filter.column, row_filter.texts) for row_filter in block.rows]
    passes = pass_filters(columns, filters, len(next(iter(columns.values()))))
    wanted = rows[passes[rows]]
    wanted = wanted[_carries(block, columns, wanted)]
    failures: list[pd.DataFrame] = []
    shared = {
        "row": pd.Series(wanted, index=wanted),
        "section": pd.Series(block.name, index=wanted, dtype="object"),
        "source": pd.Series("", index=wanted, dtype="object"),
    }
    for rule in block.rules:
        cells = _read_cells(rule, columns, wanted, decimal)
        failures.append(_failures(block, rule, cells))
        shared[rule.target.name] = cells.values
    frame = pd.DataFrame(shared, index=wanted)
    if block.scores:
        frame = _spread_scores(block, frame, columns, decimal, failures)
    elif block.ratings:
        frame = _spread_ratings(block, frame, columns, decimal, failures)
    elif block.table == "outcomes":
        frame, lost = _drop_unscored(block, frame, failures)
        failures.append(lost)
    return Filled(block, frame.reset_index(drop=True), _join(failures), wanted)


def _carries(block: Block, columns: dict[str, pd.Series], rows: np.ndarray) -> np.ndarray:
    """Tell which rows hold anything for the block's table."""
    payload = PAYLOAD.get(block.table)
    rules = [
        rule
        for rule in block.all_rules
        if rule.columns and (payload is None or rule.target.name in payload)
    ]
    if not rules:
        return np.ones(len(rows), dtype=bool)
    carries = np.zeros(len(rows), dtype=bool)
    for name in {column for rule in rules for column in rule.columns}:
        carries |= (columns[name].iloc[rows] != "").to_numpy()
    return carries


def _read_cells(
    rule: ColumnRule, columns: dict[str, pd.Series], rows: np.ndarray, decimal: str
) -> _Cells:
    nothing = pd.Series(False, index=rows)
    fine = pd.Series("", index=rows, dtype="object")
    if rule.kind == "constant":
        value = pd.Timestamp(rule.constant) if rule.target.kind == "date" else rule.constant
        dtype = "datetime64[s]" if rule.target.kind == "date" else "object"
        return _Cells(pd.Series([value] * len(rows), index=rows, dtype=dtype), nothing, fine)
    parts = [columns[name].iloc[rows] for name in rule.columns]
    is_blank = pd.concat([part == "" for part in parts], axis=1).any(axis=1)
    is_token = pd.concat([part.isin(rule.missing) for part in parts], axis=1).any(axis=1)
    is_there = ~is_blank & ~is_token
    text = parts[0][is_there]
    for part in parts[1:]:
        text = text + rule.separator + part[is_there]
    read = coerce_text(text) if rule.kind == "join" else coerce(text, rule, decimal)
    values = read.values.dt.year.astype("float64") if rule.kind == "year_of" else read.values
    return _Cells(
        values.reindex(rows), is_token, read.broken.reindex(rows, fill_value="").astype("object")
    )


def _failures(block: Block, rule: ColumnRule, cells: _Cells) -> pd.DataFrame:
    """List the cells of a column that cannot be read, and those that say they are missing."""
    rule_name = cells.broken.mask(cells.is_token, "missing")
    if rule.target.is_key and rule.columns:
        lacks = cells.values.isna() & (rule_name.isin(["", "missing"]))
        rule_name = rule_name.mask(lacks, "required_missing")
    chosen = rule_name[rule_name != ""]
    is_error = (chosen != "missing").to_numpy()
    return pd.DataFrame(
        {
            "row": chosen.index.to_numpy(),
            "table": block.table,
            "column": rule.columns[0] if rule.columns else rule.target.name,
            "rule": chosen.to_numpy(),
            "is_error": is_error,
            "is_set_aside": is_error & (rule.if_unreadable == "set_aside"),
        }
    )


def _spread_scores(
    block: Block,
    shared: pd.DataFrame,
    columns: dict[str, pd.Series],
    decimal: str,
    failures: list[pd.DataFrame],
) -> pd.DataFrame:
    parts = []
    for instrument, rule in block.scores:
        cells = _read_cells(rule, columns, shared.index.to_numpy(), decimal)
        failures.append(_failures(block, rule, cells))
        source = rule.columns[0] if rule.columns else ""
        part = shared.assign(instrument=instrument, score=cells.values, source=source)
        parts.append(part[cells.values.notna()])
    return pd.concat(parts)


def _spread_ratings(
    block: Block,
    shared: pd.DataFrame,
    columns: dict[str, pd.Series],
    decimal: str,
    failures: list[pd.DataFrame],
) -> pd.DataFrame:
    rows = shared.index.to_numpy()
    working = pd.Series(np.nan, index=rows)
    if block.working_stage is not None:
        cells = _read_cells(block.working_stage, columns, rows, decimal)
        # A row may rate stages without assigning one: the working stage is no key here.
        optional = replace(
            block.working_stage, target=replace(block.working_stage.target, is_key=False)
        )
        failures.append(_failures(block, optional, cells))
        working = pd.to_numeric(cells.values)
    parts = []
    is_rated = pd.Series(False, index=rows)
    for stage, rule in block.ratings:
        cells = _read_cells(rule, columns, rows, decimal)
        failures.append(_failures(block, rule, cells))
        has_level = cells.values.notna()
        is_working = (working == stage).astype("object").where(working.notna(), None)
        source = rule.columns[0] if rule.columns else ""
        part = shared.assign(
            stage=stage,
            mastery_level=cells.values,
            is_working_stage=is_working,
            source=source,
        )
        parts.append(part[has_level])
        is_rated |= has_level & (working == stage)
    assigned = working.notna() & ~is_rated
    only = shared.assign(stage=working, mastery_level=np.nan, is_working_stage=True)[assigned]
    return pd.concat([*parts, only])


def _drop_unscored(
    block: Block, frame: pd.DataFrame, failures: list[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A questionnaire that was handed out and not filled in is a missing score, not a bad row."""
    if "score" not in frame:
        return frame, _join([])
    lacks = frame["score"].isna()
    known = _join(failures)
    rows = frame.loc[lacks, "row"]
    score_columns = [rule.columns[0] for rule in block.rules if rule.target.name == "score"]
    rows = rows[~rows.isin(known.loc[known["column"].isin(score_columns), "row"])]
    lost = pd.DataFrame(
        {
            "row": rows.to_numpy(),
            "table": block.table,
            "column": score_columns[0],
            "rule": "missing",
            "is_error": False,
            "is_set_aside": False,
        }
    )
    return frame[~lacks], lost


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame({name: [] for name in FAILURE_COLUMNS}).astype(
            {"row": "int64", "is_error": "bool", "is_set_aside": "bool"}
        )
    return pd.concat(filled, ignore_index=True)
