"""What each column of a REDCap export is, told by its name or by its question."""

from pathlib import Path

import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.redcap_columns import describe_columns
from hinge_outcomes.ingestion.redcap_dictionary import RedcapDictionary, RedcapField
from tests.redcap_exports import BASELINE, as_csv, take_project

DICTIONARY = RedcapDictionary(
    (
        RedcapField("id", "base"),
        RedcapField("sex", "base", "radio", "Sex", (("0", "f"), ("1", "m"))),
        RedcapField("goals", "base", "checkbox", "Goals", (("1", "Lift"), ("2", "Run"))),
        RedcapField("note", "visit", label="Remark"),
        RedcapField("also", "visit", label="Remark"),
    )
)


def test_every_column_has_a_role() -> None:
    """Keys, what is said of the record, questions, boxes, times and statuses are told apart."""
    header = [
        "id", "redcap_event_name", "redcap_data_access_group", "sex", "goals___2",
        "visit_timestamp", "note", "visit_complete",
    ]  # fmt: skip
    columns = describe_columns(header, DICTIONARY)
    assert [column.name for column in columns] == header
    assert [column.role for column in columns] == [
        "key", "key", "record", "field", "checkbox", "timestamp", "field", "status",
    ]  # fmt: skip
    assert [column.form for column in columns][3:] == ["base", "base", "visit", "visit", "visit"]
    assert [column.place for column in columns] == list(range(8))


def test_questions_in_place_of_names_are_understood_in_their_order() -> None:
    """Two questions of the same words are told apart by the dictionary's order."""
    dictionary = RedcapDictionary((RedcapField("id", "base", label="No"), *DICTIONARY.fields[1:]))
    header = [
        "No", "Event Name", "Repeat Instance", "Sex", "Goals (choice=Lift)", "Goals (choice=Run)",
        "Complete?", "Remark", "Remark", "Complete?",
    ]  # fmt: skip
    columns = describe_columns(header, dictionary)
    assert [column.name for column in columns] == [
        "id", "redcap_event_name", "redcap_repeat_instance", "sex", "goals___1", "goals___2",
        "base_complete", "note", "also", "visit_complete",
    ]  # fmt: skip


def test_an_export_with_questions_and_labels_is_read_whole(tmp_path: Path) -> None:
    """What REDCap calls labels, in the header and in the cells, gives the frames of raw data."""
    header = ["Case number", "Sex", "Goals (choice=Lift)", "Complete?", "Pain"]
    project = take_project(
        tmp_path, as_csv([header, ["1", "Male", "Checked", "Complete", "3"]]), BASELINE
    )
    assert project.keys == ("case_no",)
    assert project.instruments["baseline"].loc[0, ["sex", "goals___1"]].tolist() == ["1", True]
    assert list(project.as_flat().columns) == header
    assert not len(project.findings)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["id", "sexe"], r"'sexe'. Did you mean 'sex'\?"),
        (["sex", "note"], "no column of records"),
        (["id", "sex", "sex"], "its columns 2 and 3 by the same name"),
        (["17", "Doe"], "begins with no column that its dictionary describes"),
        (["Sex"], "no column of records"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(header: list[str], words: str) -> None:
    """Unknown columns are named with the nearest known one, and so are columns held twice."""
    dictionary = RedcapDictionary((RedcapField("id", "base", label="No"), *DICTIONARY.fields[1:]))
    with pytest.raises(DataError, match=words):
        describe_columns(header, dictionary)


def test_without_a_dictionary_a_form_ends_with_its_status() -> None:
    """Columns behind the last status belong to no form."""
    header = ["", "who", "redcap_event_name", "a", "b___1", "f_complete", "c", "g_complete", "z"]
    columns = describe_columns(header, None)
    assert [column.role for column in columns] == [
        "row index", "key", "key", "field", "checkbox", "status", "field", "status", "field",
    ]  # fmt: skip
    assert [column.form for column in columns][3:] == ["f", "f", "f", "g", "g", "records"]
