"""Fill table rows from input rows: read each distinct text once, and note each cell that fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.blocks import PAYLOAD, Block
from hinge_outcomes.ingestion.cells import Cells, holds, read_cells
from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.item_scores import read_item_class, read_items
from hinge_outcomes.ingestion.raw_table import RawColumn
from hinge_outcomes.ingestion.stacking import stack
from hinge_outcomes.ingestion.targets import list_targets

FAILURE_COLUMNS = ["row", "table", "column", "rule", "is_error", "is_set_aside"]

WARNINGS = ("missing", "stored_disagrees")
"""What a cell may be told for without being lost: the value stands, or says it is missing."""


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
        Texts and codes are categories, so that a million rows hold each id once.
    failures : DataFrame
        One row per failing cell: row, table, column (of the export), rule, is_error, is_set_aside.
    carried : ndarray of int
        Positions of the input rows that hold something for this table.
    """

    block: Block
    frame: pd.DataFrame
    failures: pd.DataFrame
    carried: np.ndarray


def pass_filters(
    columns: Mapping[str, RawColumn], filters: Iterable[tuple[str, tuple[str, ...]]], n_rows: int
) -> np.ndarray:
    """Tell which input rows hold the asked texts.

    Parameters
    ----------
    columns : mapping of str to RawColumn
        The export's text by column, without blanks around it.
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
        passes &= holds(columns[column], texts)
    return passes


def fill_block(
    block: Block, columns: Mapping[str, RawColumn], rows: np.ndarray, offset: int = 0
) -> Filled:
    """Fill the rows of one section.

    Parameters
    ----------
    block : Block
        The section.
    columns : mapping of str to RawColumn
        The text of the block's source by column, without blanks around it.
    rows : ndarray of int
        Positions, within the source, of the input rows that may be used.
    offset : int, default 0
        Rows of the load that stand before those of this source.

    Returns
    -------
    Filled
        Rows and failing cells; rows are numbered over the whole load.
    """
    filters = [(row_filter.column, row_filter.texts) for row_filter in block.rows]
    if filters:
        rows = rows[pass_filters(columns, filters, _length(columns))[rows]]
    rows = rows[_carries(block, columns, rows)]
    failures: list[pd.DataFrame] = []
    shared: dict[str, object] = {"row": (rows + offset).astype("int32")}
    for rule in block.rules:
        cells = (
            read_item_class(rule, columns, rows)
            if rule.kind == "items"
            else read_cells(rule, columns, rows)
        )
        failures.append(_failures(block, rule, cells, rows + offset))
        shared[rule.target.name] = cells.values
    frame = pd.DataFrame(shared, index=pd.RangeIndex(len(rows)), copy=False)
    frame["section"] = _constant(block.name, len(frame))
    frame["source"] = _constant("", len(frame))
    if block.scores:
        frame = _spread_scores(block, frame, columns, rows, offset, failures)
    elif block.ratings:
        frame = _spread_ratings(block, frame, columns, rows, offset, failures)
    elif block.table == "outcomes":
        frame, lost = _drop_unscored(block, frame, failures)
        failures.append(lost)
    return Filled(block, frame.reset_index(drop=True), _join(failures), rows + offset)


def _length(columns: Mapping[str, RawColumn]) -> int:
    return len(next(iter(columns.values())).codes)


def _constant(text: str, size: int) -> pd.Categorical:
    return pd.Categorical.from_codes(np.zeros(size, dtype="int8"), categories=[text])


def _carries(block: Block, columns: Mapping[str, RawColumn], rows: np.ndarray) -> np.ndarray:
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
    for name in {column for rule in rules for column in rule.all_columns}:
        column = columns[name]
        carries |= (column.words != "")[column.codes[rows]]
        if carries.all():
            break
    return carries


def _failures(block: Block, rule: ColumnRule, cells: Cells, rows: np.ndarray) -> pd.DataFrame:
    """List the cells of a column that cannot be read, and those that say they are missing."""
    failing = list(cells.failing)
    if rule.target.is_key and rule.columns:
        lacks = cells.values.isna().to_numpy().copy()
        for _, name, places in failing:
            if name != "missing":
                lacks[places] = False
        failing = [entry for entry in failing if entry[1] != "missing"]
        if lacks.any():
            failing.append((rule.columns[0], "required_missing", np.flatnonzero(lacks)))
    sets_aside = rule.if_unreadable == "set_aside"
    return _join(
        [
            _list_failures(rows[places], block.table, column, name, sets_aside)
            for column, name, places in failing
        ]
    )


def _list_failures(
    rows: np.ndarray, table: str, column: str, name: str, sets_aside: bool
) -> pd.DataFrame:
    is_error = name not in WARNINGS
    return pd.DataFrame(
        {
            "row": rows,
            "table": table,
            "column": column,
            "rule": name,
            "is_error": is_error,
            "is_set_aside": is_error and sets_aside,
        },
        index=range(len(rows)),
    )


def _spread_scores(
    block: Block,
    shared: pd.DataFrame,
    columns: Mapping[str, RawColumn],
    rows: np.ndarray,
    offset: int,
    failures: list[pd.DataFrame],
) -> pd.DataFrame:
    parts = []
    codes = list_targets("outcomes")["instrument"].allowed
    for instrument, rule in block.scores:
        answers = None
        if rule.kind == "items":
            cells, answers = read_items(rule, columns, rows)
        else:
            cells = read_cells(rule, columns, rows)
        failures.append(_failures(block, rule, cells, rows + offset))
        source = _constant(rule.columns[0] if rule.columns else "", len(shared))
        code = pd.Categorical([instrument] * len(shared), categories=list(codes))
        part = shared.assign(instrument=code, score=cells.values, source=source)
        if answers is not None:
            part["items"] = answers
        parts.append(part[cells.values.notna()])
    return stack(parts)


def _spread_ratings(
    block: Block,
    shared: pd.DataFrame,
    columns: Mapping[str, RawColumn],
    rows: np.ndarray,
    offset: int,
    failures: list[pd.DataFrame],
) -> pd.DataFrame:
    working = pd.Series(np.nan, index=shared.index)
    if block.working_stage is not None:
        cells = read_cells(block.working_stage, columns, rows)
        # A row may rate stages without assigning one: the working stage is no key here.
        optional = replace(
            block.working_stage, target=replace(block.working_stage.target, is_key=False)
        )
        failures.append(_failures(block, optional, cells, rows + offset))
        working = cells.values.astype("float64")
    parts = []
    is_rated = pd.Series(False, index=shared.index)
    for stage, rule in block.ratings:
        cells = read_cells(rule, columns, rows)
        failures.append(_failures(block, rule, cells, rows + offset))
        has_level = cells.values.notna()
        is_working = (working == stage).astype("boolean").mask(working.isna())
        part = shared.assign(
            stage=pd.Series(stage, index=shared.index, dtype="Int16"),
            mastery_level=cells.values,
            is_working_stage=is_working,
            source=_constant(rule.columns[0] if rule.columns else "", len(shared)),
        )
        parts.append(part[has_level])
        is_rated |= has_level & (working == stage)
    assigned = working.notna() & ~is_rated
    only = shared.assign(
        stage=working.astype("Int16"),
        mastery_level=pd.Series(pd.NA, index=shared.index, dtype="Int16"),
        is_working_stage=pd.Series(True, index=shared.index, dtype="boolean"),
    )
    return stack([*parts, only[assigned]])


def _drop_unscored(
    block: Block, frame: pd.DataFrame, failures: list[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A questionnaire that was handed out and not filled in is a missing score, not a bad row."""
    if "score" not in frame:
        return frame, _join([])
    lacks = frame["score"].isna()
    known = _join(failures)
    rows = frame.loc[lacks, "row"]
    (rule,) = [rule for rule in block.rules if rule.target.name == "score"]
    column = rule.columns[0] if rule.columns else rule.target.name
    rows = rows[~rows.isin(known.loc[known["column"] == column, "row"])]
    return frame[~lacks], _list_failures(rows.to_numpy(), block.table, column, "missing", False)


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame({name: [] for name in FAILURE_COLUMNS}).astype(
            {"row": "int64", "is_error": "bool", "is_set_aside": "bool"}
        )
    return pd.concat(filled, ignore_index=True)
