"""What a cell of the capture workbook takes, and what it tells whoever writes something else."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from hinge_outcomes.ingestion.capture_forms import COURSE, Form, Question

CLINICIANS = "clinicians"
"""Name of the list of clinicians, which only a clinic that names them has."""

EARLIEST = dt.date(1990, 1, 1)

_PAIR = ("end_day", "end_reason")  # filled together or not at all


def cell_rule(
    form: Form, question: Question, column: int, *, lists: Mapping[str, str], last_row: int
) -> dict[str, Any]:
    """Say what the cells of a column take, and what is told to somebody who writes something else.

    Parameters
    ----------
    form : Form
        The form.
    question : Question
        What the column asks.
    column : int
        Its place on the sheet, counted from 0.
    lists : mapping of str to str
        Where the options of each drop-down stand.
    last_row : int
        Last row that is checked, counted from 0.

    Returns
    -------
    dict
        A data validation as XlsxWriter takes it.
    """
    head = {"error_title": question.label[:32], "ignore_blank": True}
    if question.choices:
        message = "Please choose from the list: click the small arrow beside the cell."
        source = lists[question.codes_name]
        return head | {"validate": "list", "source": source, "error_message": message}
    if question.asks_date:
        message = "Please write a date up to today, as your computer writes dates: 2026-03-24."
        today = {"minimum": EARLIEST, "maximum": "=TODAY()", "criteria": "between"}
        return head | {"validate": "date", "error_message": message} | today
    if question.target.kind in ("integer", "number"):
        kind = "integer" if question.target.kind == "integer" else "decimal"
        low, high = question.bounds
        limits = f"of {low:g} or more" if high is None else f"from {low:g} to {high:g}"
        whole = "a whole number" if kind == "integer" else "a number"
        rule = {"validate": kind, "error_message": f"Please write {whole} {limits}."}
        if high is None:
            return head | rule | {"criteria": ">=", "value": low}
        return head | rule | {"criteria": "between", "minimum": low, "maximum": high}
    if question.is_case:
        return head | _case_rule(form, column, last_row)
    if question.column == "clinician_id" and CLINICIANS in lists:
        message = "This is nobody on the list of clinicians. Keep it if a colleague is new."
        source = lists[CLINICIANS]
        return head | {"validate": "list", "source": source, "error_type": "warning",
                       "error_message": message}  # fmt: skip
    return head | {"validate": "any"}


def _case_rule(form: Form, column: int, last_row: int) -> dict[str, Any]:
    """A case number stands once on the first sheet, and on the others only if it stands there."""
    if form is COURSE:
        cells = cells_below(column, column, last_row)
        here = row_cell(column)
        return {
            "validate": "custom",
            "value": f"=SUMPRODUCT(--EXACT({cells}, {here})) = 1",
            "error_message": "This case number is on this sheet already. Each course of care has "
            "a number of its own.",
        }
    first = f"{COURSE.sheet}!$A$2"
    cells = f"{COURSE.sheet}!{cells_below(0, 0, last_row)}"
    return {
        "validate": "list",
        "source": f"=OFFSET({first}, 0, 0, MAX(1, COUNTA({cells})), 1)",
        "error_message": f"This case number is not on the sheet {COURSE.sheet}. Write the course "
        "of care there first, or correct the number.",
    }


def wanted_columns(form: Form) -> dict[int, list[int]]:
    """Name for each column that must be answered the columns that make it so.

    Parameters
    ----------
    form : Form
        The form.

    Returns
    -------
    dict of int to list of int
        Places of columns: an answer in any of the list asks for one in the first.

    Examples
    --------
    >>> wanted_columns(COURSE)[10]
    [11]
    """
    # A row is one of these tables; what it says of others, such as a rating, it need not say.
    own = {q.table for q in (form.questions if form.is_course else form.questions[:1])}
    wanted = {}
    for column, question in enumerate(form.questions):
        group = {
            number
            for number, other in enumerate(form.questions)
            if question.table in own or (other.table, other.part) == (question.table, question.part)
        } - {column}
        if question.column in _PAIR:
            wanted[column] = [n for n in sorted(group) if form.questions[n].column in _PAIR]
        elif question.target.is_required and not question.instrument:
            wanted[column] = sorted(group)
    return wanted


def cells_below(first: int, last: int, rows: int) -> str:
    """Name the cells below the header, fixed where they are.

    Parameters
    ----------
    first, last : int
        Columns, counted from 0.
    rows : int
        How many rows.

    Returns
    -------
    str
        A range.

    Examples
    --------
    >>> cells_below(0, 2, 10)
    '$A$2:$C$11'
    """
    from xlsxwriter.utility import xl_col_to_name

    return f"${xl_col_to_name(first)}$2:${xl_col_to_name(last)}${rows + 1}"


def row_cell(column: int) -> str:
    """Name the cell of a column in the row that a rule is asked of.

    Parameters
    ----------
    column : int
        Column, counted from 0.

    Returns
    -------
    str
        A cell of the first row below the header; a spreadsheet moves it along with the row.

    Examples
    --------
    >>> row_cell(1)
    '$B2'
    """
    from xlsxwriter.utility import xl_col_to_name

    return f"${xl_col_to_name(column)}2"


__all__ = ["CLINICIANS", "EARLIEST", "cell_rule", "cells_below", "row_cell", "wanted_columns"]
