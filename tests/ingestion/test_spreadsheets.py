"""Reading a sheet: cells as somebody would write them, row numbers, and books that are refused."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion import spreadsheets
from hinge_outcomes.ingestion.sources import Source
from hinge_outcomes.ingestion.spreadsheets import open_workbook, read_xlsx


def write_book(path: Path, sheets: dict[str, list[list[Any]]], **options: Any) -> Path:
    """Write a workbook with real dates, times and errors."""
    book = xlsxwriter.Workbook(str(path), options)
    formats = {
        dt.date: book.add_format({"num_format": "dd.mm.yyyy"}),
        dt.datetime: book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"}),
        dt.time: book.add_format({"num_format": "hh:mm"}),
        dt.timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
    }
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for n, row in enumerate(rows):
            for column, value in enumerate(row):
                if type(value) in formats:
                    sheet.write_datetime(n, column, value, formats[type(value)])
                elif isinstance(value, str) and value.startswith("#"):
                    sheet.write_formula(n, column, "=1/0", None, value)
                elif value is not None:
                    sheet.write(n, column, value)
    book.close()
    return path


def cells(path: Path, column: str, source: Source = Source()) -> list[str]:  # noqa: B008
    """Give the cells of a column of the first sheet."""
    return read_xlsx(path, source, (column,)).columns[column].cells().tolist()


def test_every_kind_of_cell_becomes_the_text_one_would_write(tmp_path: Path) -> None:
    """Numbers, truth, dates, times, lengths of time, errors and texts, each as it is meant."""
    values = [
        [1, "1"],
        [2.5, "2.5"],
        [1e20, "100000000000000000000"],
        [True, "TRUE"],
        [" 007", " 007"],
        [dt.date(2026, 3, 24), "2026-03-24"],
        [dt.datetime(2026, 3, 24, 10, 30, 7), "2026-03-24 10:30:07"],
        [dt.time(10, 30), "10:30:00"],
        [dt.timedelta(hours=30, minutes=5), "PT30H5M0S"],
        ["#N/A", "#N/A"],
        ["#DIV/0!", "#DIV/0!"],
        ["a\nb", "a\nb"],
    ]
    path = write_book(tmp_path / "a.xlsx", {"S": [["id"], *[[value] for value, _ in values]]})
    assert cells(path, "id") == [text for _, text in values]


@pytest.mark.parametrize("counts_from_1904", [False, True])
def test_dates_are_the_days_that_the_sheet_shows(tmp_path: Path, counts_from_1904: bool) -> None:
    """Old Apple workbooks count days from 1904: the same day comes out."""
    sheet = [["id", "d"], ["1", dt.date(2026, 3, 24)], ["2", dt.date(1921, 1, 2)]]
    path = write_book(tmp_path / "a.xlsx", {"S": sheet}, date_1904=counts_from_1904)
    assert cells(path, "d") == ["2026-03-24", "1921-01-02"]


def test_lines_are_row_numbers_of_the_sheet(tmp_path: Path) -> None:
    """Rows above the header and blank rows are passed over, and still counted in the numbers."""
    sheet = [[], [], ["", "id", "a", None], [], ["", "1", "x"], ["", " ", ""], ["", "2", None]]
    raw = read_xlsx(write_book(tmp_path / "a.xlsx", {"S": sheet}), Source(), ("id",))
    assert raw.header == ("", "id", "a")
    assert raw.lines.tolist() == [5, 7]
    assert raw.n_blank == 2
    assert raw.columns["a"].cells().tolist() == ["x", ""]
    assert raw.name == "a.xlsx [S]"
    assert raw.digest == hashlib.sha256((tmp_path / "a.xlsx").read_bytes()).hexdigest()


def test_a_column_without_a_name_is_kept_where_it_holds_text(tmp_path: Path) -> None:
    """Empty columns at the right end are dropped; a remark beside the table is not lost."""
    sheet = [["id", "a", "", ""], ["1", "x", "remark", ""]]
    raw = read_xlsx(write_book(tmp_path / "a.xlsx", {"S": sheet}), Source(), ("id",))
    assert raw.header == ("id", "a", "")
    assert raw.columns[""].cells().tolist() == ["remark"]


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    """The named sheet is read, else the first; another name is answered with those there are."""
    sheets = {"Visits": [["id"], ["1"]], "Scores": [["id"], ["2"]]}
    path = write_book(tmp_path / "a.xlsx", sheets)
    assert cells(path, "id") == ["1"]
    assert cells(path, "id", Source(sheet="Scores")) == ["2"]
    with pytest.raises(MappingError) as error:
        read_xlsx(path, Source(sheet="Score"), ("id",))
    assert str(error.value) == (
        "a.xlsx has no sheet 'Score'. Did you mean 'Scores'? Its sheets are: Visits, Scores."
    )
    assert open_workbook(path).sheet_names == ["Visits", "Scores"]


def test_a_header_over_two_rows_follows_the_merged_cells(tmp_path: Path) -> None:
    """A merged title holds for the columns it covers, and for no other."""
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    sheet.merge_range("A1:A2", "id")
    sheet.merge_range("B1:C1", "Baseline")
    sheet.write_row("B2", ["ODI", "NRS", "note"])
    sheet.write_row("A3", ["1", 40, 7, "x"])
    book.close()
    raw = read_xlsx(path, Source(header_rows=2), ("id",))
    assert raw.header == ("id", "Baseline ODI", "Baseline NRS", "note")
    assert raw.lines.tolist() == [3]


@pytest.mark.parametrize(
    ("sheet", "words"),
    [([], "is empty"), ([["id", "a"]], "no rows"), ([["id"], [" "]], "no rows")],
)
def test_a_sheet_without_rows_is_refused(
    tmp_path: Path, sheet: list[list[str]], words: str
) -> None:
    """An empty sheet, a header alone, and blank rows below it are no export."""
    with pytest.raises(DataError, match=words):
        read_xlsx(write_book(tmp_path / "a.xlsx", {"S": sheet}), Source(), ("id",))


def test_a_missing_column_is_named_with_the_sheet(tmp_path: Path) -> None:
    """A mapped column that the sheet lacks is answered with those it has."""
    path = write_book(tmp_path / "a.xlsx", {"S": [["id", "gender"], ["1", "f"]]})
    with pytest.raises(MappingError, match=r"a\.xlsx \[S\] does not have: 'gendr'"):
        read_xlsx(path, Source(), ("id", "gendr"))


def test_a_panic_of_the_library_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A panic, which is no Exception, still becomes an error to act on; Ctrl-C does not."""

    class Panic(BaseException):
        pass

    class Book:
        @staticmethod
        def from_filelike(_: object) -> None:
            raise error

    path = write_book(tmp_path / "a.xlsx", {"S": [["id"], ["1"]]})
    monkeypatch.setattr(spreadsheets, "CalamineWorkbook", Book)
    error: BaseException = Panic("SECRETVAL")
    with pytest.raises(DataError, match="damaged") as caught:
        read_xlsx(path, Source(), ("id",))
    assert "SECRETVAL" not in str(caught.value)
    error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        read_xlsx(path, Source(), ("id",))
