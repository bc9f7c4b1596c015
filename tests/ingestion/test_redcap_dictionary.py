"""The data dictionary of a REDCap project: read as REDCap writes it, refused as anything else."""

from pathlib import Path

import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.capture_redcap import DICTIONARY_COLUMNS
from hinge_outcomes.ingestion.redcap_dictionary import (
    HEADINGS,
    RedcapDictionary,
    RedcapField,
    read_csv_rows,
    read_dictionary,
    redcap_identifiers,
)
from tests.redcap_exports import BASELINE, as_dictionary


def write(folder: Path, text: str | bytes) -> Path:
    """A file with a text."""
    path = folder / "dictionary.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_fields_forms_and_record_id_are_read(tmp_path: Path) -> None:
    """The first field is the record id; choices keep their order, labels lose their tags."""
    dictionary = read_dictionary(write(tmp_path, BASELINE))
    assert (dictionary.record_id, dictionary.forms) == ("case_no", ("baseline", "visit"))
    by_name = {field.name: field for field in dictionary.fields}
    assert by_name["sex"].choices == (("0", "Female"), ("1", "Male"))
    assert by_name["smokes"].choices == (("0", "No"), ("1", "Yes"))
    assert by_name["rise"].choices == ()
    assert by_name["pain"].validation == "integer"
    assert by_name["thanks"].columns == ()


def test_choices_are_cut_where_redcap_cuts_them(tmp_path: Path) -> None:
    """Blanks around the bars do not matter, a comma in a label does not, tags are left out."""
    text = as_dictionary(
        ("id", "f", "text"), ("a", "f", "radio", "<b>A</b>&amp;B", "1,one, or so|-2, <i>two</i> |3")
    )
    field = read_dictionary(write(tmp_path, text)).fields[1]
    assert field.choices == (("1", "one, or so"), ("-2", "two"), ("3", "3"))
    assert field.label == "A&B"


def test_the_boxes_of_a_checkbox_have_the_names_of_the_export() -> None:
    """A code is written in small letters, its minus sign as an underscore."""
    field = RedcapField("race", "f", "checkbox", choices=(("1", "a"), ("B", "b"), ("-9", "?")))
    assert field.columns == ("race___1", "race___b", "race____9")


def test_the_names_that_the_api_uses_are_understood() -> None:
    """A dictionary may also come as rows with the API's names of the columns."""
    rows = [
        {"field_name": "id", "form_name": "f", "field_type": "text"},
        {"field_name": "name", "form_name": "f", "field_type": "text", "identifier": "y"},
    ]
    dictionary = RedcapDictionary.of_rows(rows, "the API")
    assert dictionary.identifiers == {"name"}
    assert dictionary.record_id == "id"


def test_every_heading_that_is_read_is_one_of_the_eighteen() -> None:
    """What is read of a dictionary has a place in the one that is written."""
    assert set(HEADINGS.values()) <= set(DICTIONARY_COLUMNS)


def test_identifiers_are_marked_fields_notes_and_the_identifier_of_surveys(tmp_path: Path) -> None:
    """A marked checkbox is all of its boxes."""
    text = as_dictionary(
        ("id", "f", "text"),
        ("who", "f", "checkbox", "Who", "1, a | 2, b", "", "", "", "y"),
        ("told", "f", "notes"),
        ("age", "f", "text"),
    )
    assert redcap_identifiers(write(tmp_path, text)) == {
        "who___1", "who___2", "told", "redcap_survey_identifier",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "lacks the column 'Variable / Field Name'"),
        (
            "Variable / Field Name,Form,Field Type\na,b,text\n",
            r"'Form Name'. Did you mean 'Form'\?",
        ),
        ("Variable / Field Name,Form Name,Field Type\n", "describes no field"),
        ("Variable / Field Name,Form Name,Field Type\na,f,text\na,f,text\n", "the field 'a' twice"),
        (b"PK\x03\x04", "a spreadsheet or an archive"),
    ],
)
def test_what_is_no_dictionary_is_refused(
    tmp_path: Path, text: str | bytes, words: str
) -> None:  # fmt: skip
    """One sentence says what is wrong and where to get a dictionary."""
    with pytest.raises(DataError, match=words):
        read_dictionary(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n1\n", "the first on line 3"),
        ('a,b\n1,"2\n', "from line 2 on"),
        ('a,b\n1,"2"3\n', "from line 2 on"),
        ("a,b\n1," + "x" * 200_000, "from line 2 on"),
    ],
)
def test_rows_that_redcap_does_not_write_are_refused(
    tmp_path: Path, text: str, words: str
) -> None:  # fmt: skip
    """A damaged file is not repaired by guessing; the message names the line, and no cell."""
    with pytest.raises(DataError, match=words):
        read_csv_rows(write(tmp_path, text))


def test_commas_within_quoted_headings_part_no_cells(tmp_path: Path) -> None:
    """A question may hold more commas than the header holds semicolons."""
    rows = read_csv_rows(write(tmp_path, '"Name, first, and last";"b"\n"1,2";3\n'))
    assert (rows.header, rows.rows) == (("Name, first, and last", "b"), [["1,2", "3"]])


def test_rows_keep_their_lines(tmp_path: Path) -> None:
    """A line break within a cell moves the next row's line on; empty lines are passed over."""
    rows = read_csv_rows(write(tmp_path, 'a;b\n"1\n1";2\n\n3;4\n'))
    assert (rows.header, rows.rows, rows.lines) == (("a", "b"), [["1\n1", "2"], ["3", "4"]], [2, 5])
