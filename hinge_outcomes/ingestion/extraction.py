"""Fill table rows from input rows: read each distinct text once, and note each cell that fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.blocks import PAYLOAD, Block
from hinge_outcomes.ingestion.coercion import coerce, coerce_text
from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.raw_table import RawColumn
from hinge_outcomes.ingestion.targets import list_targets

FAILURE_COLUMNS = ["row", "table", "column", "rule", "is_error", "is_set_aside"]

_DTYPES = {
    "integer": "Int32",  # a day count that does not fit the table must fail there, not here
    "number": "float64",
    "date": "datetime64[s]",
    "boolean": "boolean",
}


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


@dataclass(frozen=True, slots=True, repr=False)
class _Cells:
    """A column as it was read: a value per row, and the rows that fail by rule."""

    values: pd.Series
    failing: tuple[tuple[str, np.ndarray], ...]


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


def holds(column: RawColumn, texts: Iterable[str]) -> np.ndarray:
    """Tell which rows of a column hold one of a few texts.

    Parameters
    ----------
    column : RawColumn
        The column.
    texts : iterable of str
        The texts, compared exactly.

    Returns
    -------
    ndarray of bool
        One per row.
    """
    asked = set(texts)
    held: np.ndarray = np.array([word in asked for word in column.words], dtype=bool)[column.codes]
    return held


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
    shared: dict[str, object] = {"row": rows + offset}
    for rule in block.rules:
        cells = _read_cells(rule, columns, rows)
        failures.append(_failures(block, rule, cells, rows + offset))
        shared[rule.target.name] = cells.values
    frame = pd.DataFrame(shared, index=pd.RangeIndex(len(rows)))
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
    for name in {column for rule in rules for column in rule.columns}:
        column = columns[name]
        carries |= (column.words != "")[column.codes[rows]]
        if carries.all():
            break
    return carries


def _read_cells(rule: ColumnRule, columns: Mapping[str, RawColumn], rows: np.ndarray) -> _Cells:
    if rule.kind == "constant":
        value = pd.Timestamp(rule.constant) if rule.target.kind == "date" else rule.constant
        column, place = pd.Series([value]), np.zeros(len(rows), dtype="int8")
        return _Cells(_as_stored(column, rule).take(place).reset_index(drop=True), ())
    column = _joined(rule, columns, rows) if rule.kind == "join" else columns[rule.columns[0]]
    codes = column.codes if rule.kind == "join" else column.codes[rows]
    words = pd.Series(column.words, dtype="object")
    is_token = words.isin(rule.missing).to_numpy()
    is_there = (words != "").to_numpy() & ~is_token
    text = words[is_there]
    is_text = rule.kind in ("join", "episode_of")
    read = coerce_text(text) if is_text else coerce(text, rule)
    values = read.values.dt.year.astype("float64") if rule.kind == "year_of" else read.values
    broken = read.broken.reindex(words.index, fill_value="").mask(is_token, "missing")
    stored = _as_stored(values.reindex(words.index), rule)
    failing = tuple(
        (str(name), np.flatnonzero((broken == name).to_numpy()[codes]))
        for name in broken[broken != ""].unique()
    )
    return _Cells(stored.take(codes).reset_index(drop=True), failing)


def _joined(rule: ColumnRule, columns: Mapping[str, RawColumn], rows: np.ndarray) -> RawColumn:
    """Join the texts of several columns; where one is missing, there is nothing to join."""
    parts = [columns[name] for name in rule.columns]
    pairs = pd.MultiIndex.from_arrays([part.codes[rows] for part in parts])
    codes, found = pd.factorize(pairs)
    words = np.empty(len(found), dtype="object")
    for place, codes_of_parts in enumerate(found):
        texts = [part.words[code] for part, code in zip(parts, codes_of_parts, strict=True)]
        token = next((text for text in texts if text in rule.missing), None)
        words[place] = "" if "" in texts else (token or rule.separator.join(texts))
    return RawColumn(words, codes.astype("int32"))


def _as_stored(values: pd.Series, rule: ColumnRule) -> pd.Series:
    """Give a column the type in which it is worked with: numbers small, texts each once."""
    kind = rule.target.kind
    if rule.kind in ("days_from_start", "year_of", "start_year_minus"):
        kind = "date" if rule.kind == "days_from_start" else "number"
    if kind == "items":
        return values.astype("object")
    if kind in ("text", "code"):
        plain = values.where(values.notna(), None)
        categories = list(rule.target.allowed) if kind == "code" else None
        return pd.Series(pd.Categorical(plain, categories=categories), index=values.index)
    if kind == "integer":
        plain = values.astype("object").where(values.notna(), np.nan)
        return pd.to_numeric(plain).astype("Float64").astype(_DTYPES[kind])
    return values.astype(_DTYPES[kind])


def _failures(block: Block, rule: ColumnRule, cells: _Cells, rows: np.ndarray) -> pd.DataFrame:
    """List the cells of a column that cannot be read, and those that say they are missing."""
    failing = dict(cells.failing)
    if rule.target.is_key and rule.columns:
        lacks = cells.values.isna().to_numpy().copy()
        for name, places in failing.items():
            if name != "missing":
                lacks[places] = False
        failing.pop("missing", None)
        if lacks.any():
            failing["required_missing"] = np.flatnonzero(lacks)
    return _join(
        [
            _list_failures(rows[places], block.table, rule, name, rule.if_unreadable == "set_aside")
            for name, places in failing.items()
        ]
    )


def _list_failures(
    rows: np.ndarray, table: str, rule: ColumnRule, name: str, sets_aside: bool
) -> pd.DataFrame:
    is_error = name != "missing"
    frame = pd.DataFrame(
        {
            "row": rows,
            "table": table,
            "column": rule.columns[0] if rule.columns else rule.target.name,
            "rule": name,
            "is_error": is_error,
            "is_set_aside": is_error and sets_aside,
        },
        index=range(len(rows)),
    )
    return frame


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
        cells = _read_cells(rule, columns, rows)
        failures.append(_failures(block, rule, cells, rows + offset))
        source = _constant(rule.columns[0] if rule.columns else "", len(shared))
        code = pd.Categorical([instrument] * len(shared), categories=list(codes))
        part = shared.assign(instrument=code, score=cells.values, source=source)
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
        cells = _read_cells(block.working_stage, columns, rows)
        # A row may rate stages without assigning one: the working stage is no key here.
        optional = replace(
            block.working_stage, target=replace(block.working_stage.target, is_key=False)
        )
        failures.append(_failures(block, optional, cells, rows + offset))
        working = cells.values.astype("float64")
    parts = []
    is_rated = pd.Series(False, index=shared.index)
    for stage, rule in block.ratings:
        cells = _read_cells(rule, columns, rows)
        failures.append(_failures(block, rule, cells, rows + offset))
        has_level = cells.values.notna()
        is_working = (working == stage).astype("boolean").mask(working.isna())
        part = shared.assign(
            stage=pd.Series(stage, index=shared.index, dtype="Int32"),
            mastery_level=cells.values,
            is_working_stage=is_working,
            source=_constant(rule.columns[0] if rule.columns else "", len(shared)),
        )
        parts.append(part[has_level])
        is_rated |= has_level & (working == stage)
    assigned = working.notna() & ~is_rated
    only = shared.assign(
        stage=working.astype("Int32"),
        mastery_level=pd.Series(pd.NA, index=shared.index, dtype="Int32"),
        is_working_stage=pd.Series(True, index=shared.index, dtype="boolean"),
    )
    return stack([*parts, only[assigned]])


def stack(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put frames under each other; a column that one of them lacks is null there.

    Parameters
    ----------
    frames : iterable of DataFrame
        With columns of the same kinds, texts and codes as categories.

    Returns
    -------
    DataFrame
        All rows, with a plain index; categories are united.
    """
    filled = [frame for frame in frames if len(frame)]
    if len(filled) < 2:
        return (filled or list(frames))[0].reset_index(drop=True)
    names = dict.fromkeys(name for frame in filled for name in frame)
    stacked = {}
    for name in names:
        given = [frame[name] for frame in filled if name in frame]
        columns = [
            frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="object")
            for frame in filled
        ]
        if isinstance(given[0].dtype, pd.CategoricalDtype):
            words = pd.Index([]).append([column.cat.categories for column in given]).unique()
            dtype = pd.CategoricalDtype(words)
            columns = [
                column.cat.set_categories(words) if name in frame else column.astype(dtype)
                for column, frame in zip(columns, filled, strict=True)
            ]
        elif len(given) < len(filled):
            columns = [column.astype(given[0].dtype) for column in columns]
        stacked[name] = pd.concat(columns, ignore_index=True)
    return pd.DataFrame(stacked)


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
    return frame[~lacks], _list_failures(rows.to_numpy(), block.table, rule, "missing", False)


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame({name: [] for name in FAILURE_COLUMNS}).astype(
            {"row": "int64", "is_error": "bool", "is_set_aside": "bool"}
        )
    return pd.concat(filled, ignore_index=True)
