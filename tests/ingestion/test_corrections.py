"""Corrections that come back: read from the sheet, written as the export writes, not misplaced."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.corrections import (
    Corrected,
    Corrections,
    check_files,
    correct_table,
    read_corrections,
)
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.fix_sheet import ABOUT, COLUMNS, SHEET
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.mapping import Mapping
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.sources import Source
from tests.loads import file_of

SOURCE = Source(date_formats=("%d.%m.%Y", "%Y-%m-%d"), decimal=",")


def given_cells(cells: dict[Any, Any], name: str = "fixes.xlsx", **digests: str) -> Corrections:
    """Corrections of people.csv by line and column."""
    return Corrections({("people.csv", *key): value for key, value in cells.items()}, digests, name)


def corrected(
    raw: RawTable, *given: Corrections, source: Source = SOURCE, **more: Any
) -> Corrected:
    """A table with corrections put in."""
    return correct_table(raw, source, given, **more)


def text_of(done: Corrected, column: str) -> list[str]:
    """The cells of a column."""
    return done.raw.columns[column].cells().tolist()


def write_sheet(path: Path, rows: list[list[Any]], about: list[list[str]] | None = None) -> Path:
    """Write a fix list as a spreadsheet program would after somebody has worked on it."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet = book.add_worksheet(SHEET)
    for number, row in enumerate([COLUMNS, *rows]):
        for place, value in enumerate(row):
            if isinstance(value, dt.date):
                sheet.write_datetime(number, place, value, day)
            elif isinstance(value, bool):
                sheet.write_boolean(number, place, value)
            elif isinstance(value, (int, float)):
                sheet.write_number(number, place, value)
            elif value != "":
                sheet.write_string(number, place, value)
            else:
                sheet.write_blank(number, place, None, day)
    second = book.add_worksheet(ABOUT)
    for number, row in enumerate(about or [["how"], ["people.csv", "d1"]]):
        second.write_row(number, 0, row)
    book.close()
    return path


def row_for(line: Any, column: str, value: Any, file: str = "people.csv") -> list[Any]:
    """A line of the sheet."""
    return ["P1", file, line, column, "Mend it.", "old", value]


def split_by_semicolon(*rows: list[str]) -> RawTable:
    """A file with semicolons, the last of whose rows is broken."""
    last = len(rows) - 1
    raw = RawTable.of_rows(
        "people.csv", ["case", "pain"], rows, range(2, len(rows) + 2), broken={last: "field_count"}
    )
    return replace(raw, delimiter=";")


# Reading the sheet


def test_the_filled_cells_of_the_sheet_are_read_with_their_types(tmp_path: Path) -> None:
    """Dates, numbers and truth keep their types; lines that nobody filled in are passed over."""
    path = write_sheet(
        tmp_path / "fixes.xlsx",
        [
            row_for(2, "start", dt.datetime(2026, 3, 24)),
            row_for(3, "pain", 2.5),
            row_for(4, "pain", ""),
            row_for(5, "pain", "   "),
            row_for(6, "ok", True),
            row_for(7, "", "LEAVE OUT"),
            row_for("8", "case", "007"),
            [""] * len(COLUMNS),
            [""] * len(COLUMNS),
        ],
        [["how"], [], ["people.csv", "d1"], ["other.csv", "d2"]],
    )
    found = read_corrections(path)
    assert found.cells == {
        ("people.csv", 2, "start"): dt.date(2026, 3, 24),
        ("people.csv", 3, "pain"): 2.5,
        ("people.csv", 6, "ok"): True,
        ("people.csv", 7, ""): "LEAVE OUT",
        ("people.csv", 8, "case"): "007",
    }
    assert found.digests == {"people.csv": "d1", "other.csv": "d2"}
    assert found.name == "fixes.xlsx"


def test_a_sheet_with_more_columns_to_the_right_is_read(tmp_path: Path) -> None:
    """Somebody may keep notes beside the list."""
    path = write_sheet(tmp_path / "fixes.xlsx", [[*row_for(2, "pain", "3"), "asked Ann"]])
    assert read_corrections(path).cells == {("people.csv", 2, "pain"): "3"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row_for("", "pain", "3")], r"Row 2 of fixes\.xlsx holds a correction, and no line"),
        ([row_for("two", "pain", "3")], r"Row 2 .*no line"),
        ([row_for(2.7, "pain", "3")], r"Row 2 .*no line"),
        ([row_for(True, "pain", "3")], r"Row 2 .*no line"),
        ([row_for(2, "pain", "4", "other.csv")], r"which version of other\.csv"),
        ([["", "", "", "", "", "", "a note"]], r"Row 2 .*no line"),
        ([row_for(2, "pain", "3"), row_for(2, "pain", "4")], r"Row 3 .*in another way than a row"),
        ([row_for(2, "pain", "LEAVE OUT"), row_for(2, "pain", "4")], r"Row 3 .*another way"),
    ],
)
def test_a_correction_that_cannot_be_placed_stops_the_load(
    tmp_path: Path, rows: list[list[Any]], words: str
) -> None:
    """A note below the list, a changed line number, two answers to one question: said, not lost."""
    with pytest.raises(DataError, match=words):
        read_corrections(write_sheet(tmp_path / "fixes.xlsx", rows))


def test_a_list_that_lost_the_version_of_a_file_is_refused(tmp_path: Path) -> None:
    """Without the digest on its second sheet, a list might mend other rows of a later file."""
    path = write_sheet(tmp_path / "fixes.xlsx", [row_for(2, "pain", "3")], [["how"], [""]])
    with pytest.raises(DataError, match=r"no longer says for which version of people\.csv"):
        read_corrections(path)


def test_one_cell_with_two_faults_may_be_corrected_on_either_line(tmp_path: Path) -> None:
    """The other line may stay empty or say the same."""
    rows = [row_for(2, "pain", ""), row_for(2, "pain", "3"), row_for(2, "pain", "3")]
    path = write_sheet(tmp_path / "fixes.xlsx", rows)
    assert read_corrections(path).cells == {("people.csv", 2, "pain"): "3"}


def test_another_book_or_changed_columns_are_refused(tmp_path: Path) -> None:
    """The sheet must be the one that was written."""
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Data")
    book.close()
    with pytest.raises(DataError, match=r"book\.xlsx is no fix list: it has no sheet 'Fix list'"):
        read_corrections(path)
    for heads in ([], ["Line", *COLUMNS[1:]], COLUMNS[:3]):
        changed = tmp_path / "changed.xlsx"
        book = xlsxwriter.Workbook(str(changed))
        book.add_worksheet(SHEET).write_row(0, 0, heads)
        book.add_worksheet(ABOUT)
        book.close()
        with pytest.raises(DataError, match=r"columns of changed\.xlsx were changed"):
            read_corrections(changed)


# Putting them in


def test_a_corrected_cell_changes_nothing_else() -> None:
    """The other rows that hold the same text keep it."""
    raw = file_of("K1,a,x", "K2,a,x", "K3,a,5")
    done = corrected(raw, given_cells({(3, "pain"): "4"}))
    assert text_of(done, "pain") == ["x", "4", "5"]
    assert text_of(done, "case") == ["K1", "K2", "K3"]
    assert (done.mended.tolist(), done.left_out.tolist()) == ([1], [])
    assert text_of(Corrected(raw, done.left_out, done.mended), "pain") == ["x", "x", "5"]


def test_a_column_of_few_words_has_room_for_corrected_ones() -> None:
    """Codes may be as narrow as their words are few; a new word never becomes an old one."""
    raw = file_of(*(f"K{n},a,x" for n in range(300)))
    narrow = {name: raw.columns[name].narrowed() for name in raw.header}
    cells = {(line, "pain"): f"{line / 10}" for line in range(2, 302)}
    done = corrected(replace(raw, columns=narrow), given_cells(cells))
    assert text_of(done, "pain") == list(cells.values())


def test_without_corrections_of_its_own_a_file_is_the_very_same() -> None:
    """Corrections of other files do not touch it."""
    raw = file_of("K1,a,x")
    other = Corrections({("other.csv", 2, "pain"): "4"}, {}, "fixes.xlsx")
    assert corrected(raw, other).raw is raw


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (dt.datetime(2026, 3, 4), "04.03.2026"),
        (dt.date(2026, 3, 4), "04.03.2026"),
        (2.5, "2,5"),
        (7.0, "7"),
        (-3.0, "-3"),
        (1004, "1004"),
        (0.1, "0,1"),
        (True, "true"),
        ("12.5", "12.5"),
        ("empty", ""),
        ("EMPTY ", ""),
    ],
)
def test_a_typed_value_is_written_as_the_export_writes(value: Any, text: str) -> None:
    """Dates in the export's order, numbers with its decimal sign; a text stays what was typed."""
    done = corrected(file_of("K1,a,x"), given_cells({(2, "pain"): value}))
    assert text_of(done, "pain") == [text]


def test_a_typed_date_follows_the_format_of_its_own_column() -> None:
    """Two columns may write dates in two orders: the 4th of March is not the 3rd of April."""
    formats = {"pain": ("%m/%d/%Y",), "start": ("excel",)}
    day = dt.datetime(2026, 3, 4, 12, 30)
    done = corrected(
        file_of("K1,a,x"), given_cells({(2, "pain"): day, (2, "start"): day}), date_formats=formats
    )
    assert text_of(done, "pain") == ["03/04/2026"]
    assert text_of(done, "start") == ["46085"]


@given(st.floats(-1e6, 1e6).map(lambda number: round(number, 6)), st.sampled_from([".", ","]))
def test_every_typed_number_reads_back_as_itself(number: float, decimal: str) -> None:
    """Whatever sheet and export call a decimal sign, the number is the same."""
    import pandas as pd

    from hinge_outcomes.ingestion.coercion import coerce_numbers

    source = Source(decimal=decimal)
    done = corrected(file_of("K1,a,x"), given_cells({(2, "pain"): number}), source=source)
    assert coerce_numbers(pd.Series(text_of(done, "pain")), decimal).values.tolist() == [number]


def test_a_broken_line_is_written_anew_as_a_whole() -> None:
    """With the file's own delimiter, whatever else the mapping allows; quotes may hold it."""
    source = Source(delimiters=(",", ";"), decimal=",")
    raw = split_by_semicolon(["K1", "3"], ["torn"])
    done = corrected(raw, given_cells({(3, ""): "K2;2,5"}), source=source)
    assert (text_of(done, "case"), text_of(done, "pain")) == (["K1", "K2"], ["3", "2,5"])
    assert done.raw.broken == {}
    quoted = corrected(raw, given_cells({(3, ""): '"K;2";"a\nb"'}), source=source)
    assert text_of(quoted, "case") == ["K1", "K;2"]
    assert text_of(quoted, "pain") == ["3", "a\nb"]


@pytest.mark.parametrize("line", ["K2;3;4", "K2", '"K2;3', "K2;a\nb"])
def test_a_line_with_other_cells_than_the_header_is_refused(line: str) -> None:
    """A second mistake in the same line is said at once, without its text."""
    raw = split_by_semicolon(["torn"])
    with pytest.raises(DataError, match=r"line 2 of people\.csv .* 2 cells") as error:
        corrected(raw, given_cells({(2, ""): line}))
    assert "K2" not in str(error.value)


def test_a_cell_and_the_whole_of_its_line_may_both_be_corrected() -> None:
    """The cell wins: it was named."""
    done = corrected(file_of("K1,a,x"), given_cells({(2, "pain"): "4", (2, ""): "K9,b,3"}))
    assert [text_of(done, name) for name in ("case", "start", "pain")] == [["K9"], ["b"], ["4"]]


def test_rows_are_left_out_in_any_case_of_letters() -> None:
    """Left out wins over a cell of the same row in the same list."""
    cells = {(2, "pain"): " leave out ", (2, "case"): "K9", (3, ""): "LEAVE OUT"}
    done = corrected(file_of("K1,a,x", "K2,a,x", "K3,a,x"), given_cells(cells))
    assert done.left_out.tolist() == [0, 1]


def test_later_lists_win() -> None:
    """A second round may correct a cell again, or a row that the first one left out."""
    raw = file_of("K1,a,x", "K2,a,x")
    first = given_cells({(2, "pain"): "4", (3, "pain"): "LEAVE OUT"})
    second = given_cells({(2, "pain"): "5", (3, "pain"): "6"}, "second.xlsx")
    done = corrected(raw, first, second)
    assert (text_of(done, "pain"), done.left_out.tolist()) == (["5", "6"], [])
    assert corrected(raw, second, first).left_out.tolist() == [1]


def test_a_list_for_another_version_of_the_file_is_refused() -> None:
    """Line numbers of a file that has changed since would point at other patients."""
    raw = file_of("K1,a,x", digest="new")
    fitting = Corrections({("people.csv", 2, "pain"): "4"}, {"people.csv": "new"}, "fixes.xlsx")
    assert text_of(corrected(raw, fitting), "pain") == ["4"]
    stale = Corrections(fitting.cells, {"people.csv": "old"}, "fixes.xlsx")
    with pytest.raises(DataError, match=r"another version of people\.csv"):
        corrected(raw, stale)


@pytest.mark.parametrize("key", [(9, "pain"), (2, "pian"), (1, ""), (0, "pain")])
def test_a_place_that_is_not_there_is_refused(key: tuple[int, str]) -> None:
    """A line or column that somebody changed in the sheet stops the load."""
    with pytest.raises(DataError, match=rf"corrects line {key[0]} of people\.csv, which has no"):
        corrected(file_of("K1,a,x"), given_cells({key: "4"}))


def test_a_file_that_is_not_loaded_is_named() -> None:
    """Corrections of a sheet of a book are not those of another sheet."""
    cells = {("book.xlsx [A]", 2, "c"): "1", ("book.xlsx [B]", 2, "c"): "2"}
    given_ones = [Corrections(cells, {}, "fixes.xlsx")]
    check_files(given_ones, ["book.xlsx [A]", "book.xlsx [B]"])
    with pytest.raises(DataError, match=r"corrects book\.xlsx \[B\], which this load does not"):
        check_files(given_ones, ["book.xlsx [A]"])


def test_the_short_form_of_corrections_shows_no_value() -> None:
    """Corrections hold patients' values too."""
    shown = repr(given_cells({(2, "pain"): "SECRETVAL"}))
    assert "SECRETVAL" not in shown + repr(corrected(file_of("SECRETVAL,a,x")))


# There and back


MAPPING: dict[str, Any] = {
    "data_cut": "2026-06-30",
    "file": {"date_format": "%d.%m.%Y", "decimal": ",", "delimiter": ["comma", "semicolon"]},
    "tables": {
        "patients": {"patient_id": "case"},
        "episodes": {"episode_id": "case", "patient_id": "case", "start_date": "start",
                     "clinic_id": {"constant": "C01"}},
        "outcomes": {"episode_id": "case", "scores": {"nprs": "pain"},
                     "measured_day": {"days_from_start": "on", "date_format": "%m/%d/%Y"}},
    },
}  # fmt: skip


def load(folder: Path, *corrections: Path) -> Intake:
    """Ingest the export of a folder."""
    return ingest(
        folder / "export.csv", mapping=Mapping.from_values(MAPPING), corrections=corrections
    )


def test_a_fix_list_filled_in_with_a_spreadsheets_own_types_completes_the_cohort(
    tmp_path: Path,
) -> None:
    """Dates and numbers typed in Excel land in the export's notation, column by column."""
    rows = ["case;start;on;pain", "K1;05.01.2026;01/05/2026;2,5", "K2;x;01/05/2026;2,5",
            "K3;05.01.2026;03.02.2026;2,5", "K4;05.01.2026;01/05/2026;2.5", "K5;05.01.2026;;2,5;",
            "K6;05.01.2026;01/05/2026;12"]  # fmt: skip
    (tmp_path / "export.csv").write_text("\n".join(rows), encoding="utf-8")
    first = load(tmp_path)
    assert first.account.accepted == 1
    answers = {
        (3, "start"): dt.datetime(2026, 1, 5), (4, "on"): dt.datetime(2026, 2, 3), (5, "pain"): 3.5,
        (6, ""): "K5;05.01.2026;02/03/2026;4,5", (7, "pain"): "LEAVE OUT",
    }  # fmt: skip
    sheet = [
        [*row[:2], float(row[2]), *row[3:6], answers[int(row[2]), row[3]]]
        for row in first.fixes.to_numpy().tolist()
    ]
    about = [["how"], [], *([file.name, file.sha256] for file in first.files)]
    second = load(tmp_path, write_sheet(tmp_path / "fixes.xlsx", sheet, about))
    assert second.account.summary() == (
        "6 rows read = 5 accepted + 1 excluded by the mapping + 0 set aside + 0 duplicate."
    )
    got = second.cohort.outcomes[["episode_id", "measured_day", "score"]].astype("object")
    assert got.to_numpy().tolist() == [
        ["K1", 0, 2.5], ["K2", 0, 2.5], ["K3", 29, 2.5], ["K4", 0, 3.5], ["K5", 29, 4.5]
    ]  # fmt: skip
    assert len(second.fixes) == 0


def test_the_list_that_is_written_is_the_list_that_is_read(tmp_path: Path) -> None:
    """Unfilled it corrects nothing, and the load is as before."""
    rows = ["case;start;on;pain", "K1;05.01.2026;01/05/2026;2,5", "K2;x;01/05/2026;2,5"]
    (tmp_path / "export.csv").write_text("\n".join(rows), encoding="utf-8")
    intake = load(tmp_path)
    path = intake.write_fix_list(tmp_path / "fixes.xlsx")
    assert read_corrections(path).cells == {}
    assert read_corrections(path).digests == {file.name: file.sha256 for file in intake.files}
    again = load(tmp_path, path)
    assert again.account == intake.account
    assert again.fixes.equals(intake.fixes)
