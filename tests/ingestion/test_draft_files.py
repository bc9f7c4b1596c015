"""How a file is written is guessed from its bytes, and what nothing decides is asked."""

from pathlib import Path

import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.draft_files import (
    guess_delimiter,
    guess_source,
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
    source = guess_source(path)
    assert (source.format, source.encoding, source.delimiters) == ("csv", found, (";",))


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_under_which_lines_agree(sign: str) -> None:
    """Commas inside a sentence, or decimal commas, do not win."""
    lines = [["id", "note", "kg"], ["1", '"a, b; c"', "3.5"], ["2", '"d | e"', "4.5"]]
    assert guess_delimiter("\n".join(sign.join(line) for line in lines)) == sign


def test_spreadsheets_and_json_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    """A workbook is one whatever it is called; JSON and bytes that are no text are refused."""
    for content, message in ((b"[{}]", "JSON"), (b"\x81\x8d\x8f\x90" * 9, "no text")):
        path = tmp_path / "export.csv"
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            guess_source(path)
    path.write_bytes(b"PK\x03\x04rest")
    assert guess_source(path).format == "xlsx"


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
