"""The sheet that a fix list is."""

import datetime as dt
import io
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from hinge_outcomes.ingestion import fix_sheet
from hinge_outcomes.ingestion.fix_sheet import ABOUT, COLUMNS, EMPTY, LEAVE_OUT, SHEET, fix_workbook


def fixes_of(*found: str) -> pd.DataFrame:
    """A fix list of cells in one column."""
    rows = [
        ["P1", "a.csv", 2 + n, "pain", "Write a number.", text, ""] for n, text in enumerate(found)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def sheets_of(content: bytes) -> dict[str, list[list[Any]]]:
    """All sheets of a workbook, cell by cell."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def test_a_fix_list_is_one_line_per_cell_and_says_how_it_is_used() -> None:
    """Columns in order, lines as numbers, and the digest of each file on the second sheet."""
    sheets = sheets_of(fix_workbook(fixes_of("x", "y"), {"a.csv": "d1", "b.xlsx [V]": "d2"}))
    assert list(sheets) == [SHEET, ABOUT]
    assert sheets[SHEET] == [
        COLUMNS, ["P1", "a.csv", 2.0, "pain", "Write a number.", "x", ""],
        ["P1", "a.csv", 3.0, "pain", "Write a number.", "y", ""],
    ]  # fmt: skip
    assert all(word in sheets[ABOUT][0][0] for word in (EMPTY, LEAVE_OUT, "--corrections"))
    assert sheets[ABOUT][2:] == [["a.csv", "d1"], ["b.xlsx [V]", "d2"]]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "https://example.org", "{=A1}", "+4", "007"])
def test_no_cell_is_run_or_linked_or_turned_into_a_number(text: str) -> None:
    """What the export holds is shown as text, whatever a spreadsheet would make of it."""
    content = fix_workbook(fixes_of(text), {})
    assert sheets_of(content)[SHEET][1][5] == text
    assert b"<f>" not in content


def test_a_very_long_text_is_cut_and_the_sheet_still_opens() -> None:
    """A cell of a sheet holds 32,767 signs."""
    shown = sheets_of(fix_workbook(fixes_of("x" * 100_000), {}))[SHEET][1][5]
    assert shown == "x" * 32_000


def test_an_empty_list_is_a_sheet_with_its_headings() -> None:
    """Nothing to mend is no error."""
    sheets = sheets_of(fix_workbook(fixes_of().astype("str"), {"a.csv": "d"}))
    assert sheets[SHEET] == [COLUMNS]


def test_a_list_longer_than_a_sheet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is counted: nobody takes the part for the whole."""
    monkeypatch.setattr(fix_sheet, "_MOST_ROWS", 2)
    sheets = sheets_of(fix_workbook(fixes_of(*"abcde"), {"a.csv": "d"}))
    assert len(sheets[SHEET]) == 3
    assert "the first 2 of 5 lines" in sheets[ABOUT][1][0]
    assert sheets[ABOUT][2] == ["a.csv", "d"]


def test_earlier_answers_stand_below_with_their_types() -> None:
    """A number, a day and a word that were answered before come back as they were typed."""
    typed = [4.5, dt.date(2026, 3, 24), "EMPTY", True]
    rows = [["", "a.csv", 9 + n, "pain", "Answered before.", "", v] for n, v in enumerate(typed)]
    answers = pd.DataFrame(rows, columns=COLUMNS, dtype="object")
    sheet = sheets_of(fix_workbook(fixes_of("x"), {"a.csv": "d"}, answers))[SHEET]
    assert [row[6] for row in sheet[1:]] == ["", *typed]
