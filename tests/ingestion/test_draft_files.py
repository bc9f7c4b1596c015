"""How a file is written is guessed from its bytes, and what nothing decides is asked."""

from pathlib import Path

import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.draft_files import (
    guess_delimiter,
    guess_sources,
    guess_writing,
    out_of_range,
)
from hinge_outcomes.ingestion.draft_guesses import Guess
from hinge_outcomes.ingestion.draft_values import profile_column
from hinge_outcomes.ingestion.raw_table import RawColumn

TEXT = "Fall;Schmerz;Übung\nK1;3,5;Knie\nK2;4,5;Hüfte\n"


@pytest.mark.parametrize(
    ("written", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("latin-1", "latin-1"), ("utf-16", "utf-16-le")],
)
def test_encodings_are_known_by_their_bytes(written: str, found: str, tmp_path: Path) -> None:
    """The same text in four encodings is opened in the right one, with its delimiter."""
    path = tmp_path / "export.csv"
    path.write_bytes(TEXT.encode(written))
    (source,) = guess_sources(path)
    assert (source.format, source.encoding, source.delimiters) == ("csv", found, (";",))


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_under_which_lines_agree(sign: str) -> None:
    """Commas inside a sentence, or decimal commas, do not win."""
    lines = [["id", "note", "kg"], ["1", '"a, b; c"', "3.5"], ["2", '"d | e"', "4.5"]]
    assert guess_delimiter("\n".join(sign.join(line) for line in lines)) == sign


def test_what_is_no_table_is_refused_by_name(tmp_path: Path) -> None:
    """JSON, and bytes that are no text, are refused whatever the file is called."""
    for content, message in ((b"[{}]", "JSON"), (b"\x81\x8d\x8f\x90" * 9, "no text")):
        path = tmp_path / "export.csv"
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            guess_sources(path)


def test_every_sheet_of_a_workbook_is_a_source(tmp_path: Path) -> None:
    """Two sheets are two sources of one file, called by file and sheet; one sheet needs no name."""
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        for sheet in ("Visits 2026", "Scores"):
            pd.DataFrame({"Case": ["K1"]}).to_excel(book, sheet_name=sheet, index=False)
    sources = guess_sources(path, "book")
    assert [(source.name, source.sheet) for source in sources] == [
        ("book_visits_2026", "Visits 2026"), ("book_scores", "Scores"),
    ]  # fmt: skip
    assert {(source.pattern, source.format) for source in sources} == {("book.xlsx", "xlsx")}
    pd.DataFrame({"Case": ["K1"]}).to_excel(path, index=False, engine="xlsxwriter")
    assert guess_sources(path, "book")[0].sheet == ""


def guess(column: str, role: str, *cells: str) -> Guess:
    """A column of some cells that was given a role."""
    return Guess(column, role, "", "", profile_column(column, RawColumn.of(list(cells))))


def test_an_open_order_of_dates_is_asked() -> None:
    """Where no day is above 12, both orders are choices and none is taken."""
    writing = guess_writing([guess("seen", "visit_day", "01/02/2026", "03/04/2026")])
    assert writing.date_formats == ()
    assert writing.date_choices == ("%d/%m/%Y", "%m/%d/%Y")
    assert "day or the month" in writing.dates_ask


def test_another_column_of_the_file_settles_the_order() -> None:
    """A birthday on the 24th shows that the day comes first, in the whole file."""
    born = guess("born", "birth_year", "24/03/1980", "01/02/1975")
    seen = guess("seen", "visit_day", "01/02/2026", "03/04/2026")
    writing = guess_writing([seen, born])
    assert (writing.date_formats, writing.dates_ask) == (("%d/%m/%Y",), "")
    assert guess_writing([guess("x", "", "24/03/1980"), seen]).dates_ask


def test_short_years_are_asked_about() -> None:
    """A year of two digits does not say the century."""
    writing = guess_writing([guess("born", "birth_year", "24/03/80", "01/02/75")])
    assert "two digits" in writing.dates_ask
    assert writing.date_formats == ()


def test_serial_days_are_named_as_such() -> None:
    """A spreadsheet's day numbers are read by the format "excel"."""
    assert guess_writing([guess("seen", "visit_day", "46105", "46112")]).date_formats == ("excel",)


def test_numbers_outside_the_range_are_seen() -> None:
    """99 among pain scores may stand for a missing one; 10 is a score."""
    assert out_of_range(guess("pain", "nprs", *map(str, range(11)), "99"))
    assert not out_of_range(guess("pain", "nprs", *map(str, range(11))))
    assert not out_of_range(guess("kg", "load_kg", "1", "99"))
