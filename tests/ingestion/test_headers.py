"""Headers: names over several lines, and a mapped column that is not there."""

import pytest

from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion.headers import check_header, distinct_names, join_header


def test_a_title_holds_up_to_the_next_title() -> None:
    """Titles are carried to the right, names of their own column are not, over three lines too."""
    assert join_header([["id", "A", "", "B"], ["", "x", "y", "z"]]) == ("id", "A x", "A y", "B z")
    three = [["A", "", "B", ""], ["x", "", "", "y"], ["1", "2", "3", "4"]]
    assert join_header(three) == ("A x 1", "A x 2", "B 3", "B y 4")


def test_titles_written_into_every_cell_are_not_carried() -> None:
    """Where merged cells tell how far a title reaches, an empty cell beside it stays empty."""
    rows = [["A", "A", ""], ["x", "y", "note"]]
    assert join_header(rows, is_filled=True) == ("A x", "A y", "note")


def test_lines_of_a_header_may_be_of_unlike_length() -> None:
    """A shorter line ends in empty cells; blanks around names are dropped."""
    assert join_header([[" A "], ["x", " y"]]) == ("A x", "A y")
    assert join_header([[]]) == ()


def test_a_missing_column_is_named_beside_those_there_are() -> None:
    """The message says which column is missing, what it could be, and which columns there are."""
    with pytest.raises(MappingError) as error:
        check_header("export.csv", ("id", "gender", "age"), ("id", "gendr"))
    assert str(error.value) == (
        "The mapping names a column that export.csv does not have: 'gendr'. Did you mean 'gender'? "
        "The columns there are: id, gender, age."
    )


def test_a_file_without_a_header_gives_no_value_away() -> None:
    """Where no mapped column is found, the first line may be a patient: it is not quoted."""
    with pytest.raises(MappingError) as error:
        check_header("export.csv", ("Smith", "1970"), ("id", "born"))
    assert "Smith" not in str(error.value)
    assert "1970" not in str(error.value)


def test_a_row_that_was_taken_for_a_header_is_not_shown() -> None:
    """Too many header lines, or a name that swallowed a row, would put a value into a message."""
    with pytest.raises(MappingError) as error:
        check_header("export.csv", ("id", "name Smith"), ("id", "name"), n_lines=2)
    assert "Smith" not in str(error.value)
    assert "Check that header_rows is 2" in str(error.value)
    with pytest.raises(MappingError) as error:
        check_header("export.csv", ("id", "note\n7,Smith"), ("id", "born"))
    assert str(error.value).endswith("The columns there are: id, note.")


def test_odd_column_names_are_shown_safely() -> None:
    """A header full of control characters cannot spoil the terminal that prints the message."""
    with pytest.raises(MappingError) as error:
        check_header("export.csv", ("id", "\x1b[31m" + "x" * 300), ("id", "a"))
    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 250


def test_a_mapped_column_must_be_there_once() -> None:
    """Of two columns with the mapped name nobody knows which is meant; others may be double."""
    check_header("export.csv", ("id", "note", "note"), ("id",))
    with pytest.raises(DataError, match="'note' more than once"):
        check_header("export.csv", ("id", "note", "note"), ("note",))


def test_a_number_that_is_taken_is_not_given() -> None:
    """Names made for second columns meet no name that the file has."""
    names = distinct_names(["a", "a", "a (2)", "a", ""])
    assert names == ("a", "a (3)", "a (2)", "a (4)", "")
