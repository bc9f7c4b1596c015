"""What was wrong in an export: one row per failing cell, with line and column, never a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.cross_rules import CROSS_RULES

RULES = {
    "field_count": "the row has more or fewer cells than the header",
    "stray_quote": "a quotation mark stands inside a cell",
    "duplicate_row": "the row repeats an earlier one word for word",
    "keep_missing": "the column that says whether the row is wanted is missing",
    "missing": "the cell holds a text that stands for a missing value",
    "required_missing": "the cell is missing, and no row can stand without it",
    "not_a_number": "the cell is no number in the declared notation",
    "not_whole": "a whole number is expected",
    "out_of_range": "the number lies outside the range of its column",
    "not_a_date": "the cell is no date in the declared format",
    "ambiguous_date": "the cell is a different date under two declared formats",
    "implausible_year": "the year lies before 1900",
    "unknown_code": "the code stands in no list of the mapping",
    "not_true_or_false": "true or false is expected",
    "not_items": "a list of item answers such as [3, null, 2] is expected",
    "formula": "a spreadsheet would run the text as a formula",
    "control_character": "the text holds an invisible control character",
    "stored_disagrees": "the stored score is not what its items give; the items decide",
    "odi_may_be_points_of_50": "no ODI is above 50 and many are odd: is it points of 50, not "
    'percent? Then write unit = "points_of_50"; else list the column under settled',
    "odi_may_be_a_fraction": "no ODI is above 1: is it a fraction? Then write unit = "
    '"fraction"; else list the column under settled',
    "items_may_be_coded_from_1": "no answer is 0 and some are 6: are the items coded from 1 to 6? "
    "Then write base = 1; else list the column under settled",
    "day_and_month_may_be_swapped": "no day lies after the 12th: is the month written first? Then "
    "mend date_format; else list the column under settled",
    "ids_differ_in_capitals": "two ids differ in capital letters only: are they the same? Then "
    "write them alike in the export; else list the column under settled",
    "same_file": "the file is the same, byte for byte, as another one of the load",
    "day_passed_over": "the registry knows an appointment between two days told, which the export "
    "does not hold: was it moved or deleted? It stays; load with --whole if the export is complete",
    "left_out": "the fix list leaves the row out",
    "looks_like_identifier": "the text looks like something that names a person",
    "repeated_key": "the row has the keys of an earlier one",
    "cell_too_long": "a cell is longer than any record of a patient can be",
    "not_json": "the line is no JSON that can be read",
    "wrong_form": "the cell is filled on a row that belongs to another form",
    "not_a_resource": "the entry is no FHIR resource, or has another shape than FHIR says",
    "conflict": "the row contradicts an earlier one about the same record",
    "no_record": "the row fills no table",
    "episode_set_aside": "the course of care is set aside itself; mended, it brings the row along",
    "no_episode": "no accepted row describes the episode",
    "after_data_cut": "the date lies after the data cut",
    "no_data_cut": "the mapping names no data cut for the clinic",
}
"""What each rule of the door means; the other rules are those of ``hinge_outcomes.validate``."""

_TABLE_RULES = {rule.name: rule.message.rstrip(".") for rule in CROSS_RULES} | {
    "type": "the value is of the wrong kind",
    "null": "the cell is missing, and no row can stand without it",
    "range": "the value lies outside what is possible",
    "code": "the code is none of those allowed",
    "key": "another row is about the same",
    "key_resolves": "the number leads to nobody",
}

_BY = ["severity", "table", "column", "rule", "action"]

ACTIONS = ("row set aside", "stored as missing", "row left out", "kept")

COLUMNS = ["severity", "file", "line", "table", "column", "rule", "action"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IntakeFindings:
    """Hold everything that was wrong in an export.

    Parameters
    ----------
    frame : DataFrame
        One row per failing cell: severity ("error" or "warning"), file, line (of the file, from 1),
        table (of ours), column (of the export; of ours where it is computed), rule, action.
    """

    frame: pd.DataFrame

    @classmethod
    def of(cls, parts: Iterable[pd.DataFrame]) -> "IntakeFindings":
        """Collect findings by line.

        Parameters
        ----------
        parts : iterable of DataFrame
            With the columns of ``frame``.

        Returns
        -------
        IntakeFindings
            All of them; none is left out, whatever their number.
        """
        filled = [part for part in parts if len(part)]
        if not filled:
            empty = pd.DataFrame({name: pd.Series([], dtype="str") for name in COLUMNS})
            return cls(empty.astype({"line": "int64"}))
        frame = pd.concat(filled, ignore_index=True)[COLUMNS].drop_duplicates()
        return cls(frame.sort_values("line", kind="stable", ignore_index=True))

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def errors(self) -> pd.DataFrame:
        """Give the findings that set a row aside or left a cell unread.

        Returns
        -------
        DataFrame
            Those of severity error.
        """
        return self.frame[self.frame["severity"] == "error"].reset_index(drop=True)

    @property
    def warnings(self) -> pd.DataFrame:
        """Give the findings to know about.

        Returns
        -------
        DataFrame
            Those of severity warning.
        """
        return self.frame[self.frame["severity"] == "warning"].reset_index(drop=True)

    def table(self) -> pd.DataFrame:
        """Give one row per failing cell.

        Returns
        -------
        DataFrame
            A copy of ``frame``.
        """
        return self.frame.copy()

    def counts(self) -> pd.DataFrame:
        """Count the failing cells by column and rule.

        Returns
        -------
        DataFrame
            Columns severity, table, column, rule, action, n_cells, first_line, errors first.
        """
        return self._counted(_BY)

    def _counted(self, by: list[str]) -> pd.DataFrame:
        grouped = self.frame.groupby(by, sort=True)["line"]
        return grouped.agg(n_cells="size", first_line="min").reset_index()

    def summary(self) -> str:
        """Say in words what was wrong.

        Returns
        -------
        str
            One line, then one per column and rule.

        Examples
        --------
        >>> IntakeFindings.of([]).summary()
        'Nothing wrong was found.'
        """
        if not len(self):
            return "Nothing wrong was found."
        by = ["file", *_BY] if self.frame["file"].nunique() > 1 else _BY
        counts = self._counted(sorted(by, key=lambda name: name != "severity"))
        return "\n".join(_sentence(row) for row in counts.itertuples(index=False))

    def __repr__(self) -> str:
        n_errors = int((self.frame["severity"] == "error").sum())
        return f"<findings: errors {n_errors:,}, warnings {len(self) - n_errors:,}>"

    def _repr_html_(self) -> str:
        if not len(self):
            return "<p>Nothing wrong was found.</p>"
        html: str = self.counts().to_html(index=False, border=0)
        return html


def list_findings(
    *, severity: str, file: str, lines: Iterable[int], table: str, column: str, rule: str,
    action: str,
) -> pd.DataFrame:  # fmt: skip
    """Make findings of one rule in one column.

    Parameters
    ----------
    severity, file : str
        What they share.
    lines : iterable of int
        One line of the file per finding.
    table, column, rule, action : str
        What they share.

    Returns
    -------
    DataFrame
        With the columns of ``IntakeFindings.frame``.
    """
    numbers = pd.Series(list(lines), dtype="int64")
    values = [severity, file, numbers, table, column, rule, action]
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)), index=numbers.index)


def _sentence(row: Any) -> str:
    noun = "cell" if row.n_cells == 1 else "cells"
    where = f"column {row.column}" if row.column else "whole row"
    if hasattr(row, "file"):
        where = f"{row.file}, {where}"
    place = f"line {row.first_line}" if row.n_cells == 1 else f"first on line {row.first_line}"
    meaning = RULES.get(row.rule) or _TABLE_RULES.get(row.rule, f"breaks the rule {row.rule}")
    return f"{row.severity}: {where}, {row.n_cells:,} {noun} ({place}): {meaning}; {row.action}."
