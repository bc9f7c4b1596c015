"""REDCap projects as tidy frames, and back to the very cells of the export."""

import csv
import os
import stat
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hinge_outcomes as ho
from hinge_outcomes.exceptions import DataError, HingeError
from hinge_outcomes.ingestion.findings import COLUMNS
from hinge_outcomes.ingestion.redcap import RedcapProject, read_redcap, write_redcap
from tests.redcap_exports import (
    ANNA,
    BASELINE,
    BASELINE_COLUMNS,
    BORIS,
    EMPTY_BASELINE,
    EMPTY_VISIT,
    FIRST,
    SECOND,
    VISIT_COLUMNS,
    as_csv,
    as_dictionary,
    take_project,
)
from tests.shared import SHARED, needs_shared

REAL = SHARED / "real" / "redcap"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "redcap"

PLAIN = as_csv(
    [
        ["case_no", *BASELINE_COLUMNS, *VISIT_COLUMNS],
        ["A-1", *ANNA, *FIRST],
        ["Б2", *BORIS, *EMPTY_VISIT],
    ]
)
REPEATS = ("redcap_repeat_instrument", "redcap_repeat_instance")
REPEATING = as_csv(
    [
        ["case_no", *REPEATS, *BASELINE_COLUMNS, *VISIT_COLUMNS],
        ["A-1", "", "", *ANNA, *EMPTY_VISIT],
        ["A-1", "visit", "1", *EMPTY_BASELINE, *FIRST],
        ["A-1", "visit", "2", *EMPTY_BASELINE, *SECOND],
        ["B-2", "", "", *BORIS, *EMPTY_VISIT],
    ]
)
EVENTS = as_csv(
    [
        ["case_no", "redcap_event_name", *REPEATS, *BASELINE_COLUMNS, *VISIT_COLUMNS],
        ["A-1", "start_arm_1", "", "", *ANNA, *EMPTY_VISIT],
        ["A-1", "week_arm_1", "", "1", *EMPTY_BASELINE, *FIRST],
        ["A-1", "week_arm_1", "", "2", *EMPTY_BASELINE, *SECOND],
        ["B-2", "start_arm_1", "", "", *BORIS, *FIRST],
    ]
)
LABELLED = as_csv(
    [
        ["case_no", *REPEATS, *BASELINE_COLUMNS, *VISIT_COLUMNS],
        [
            "A-1", "", "", "Ångström", "2001-12-24", "Female", "Yes", "Unchecked", "Checked",
            "Checked", "", "Complete", *EMPTY_VISIT,
        ],
        ["A-1", "Visit", "1", *EMPTY_BASELINE, *FIRST[:-1], "Unverified"],
    ]
)  # fmt: skip


def cells(text: str, delimiter: str = ",") -> list[list[str]]:
    """The cells of a CSV text."""
    return list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))


def flat_cells(project: RedcapProject) -> list[list[str]]:
    """The header and the cells of a project's flat export."""
    flat = project.as_flat()
    return [list(flat.columns), *flat.to_numpy(dtype="object").tolist()]


def read_cells(path: Path) -> list[list[str]]:
    """The cells of a file, read by the standard library."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def found(project: RedcapProject) -> list[tuple[int, str, str]]:
    """Line, column and rule of each finding."""
    frame = project.findings
    return [*zip(frame["line"], frame["column"], frame["rule"], strict=True)]


@needs_shared
@pytest.mark.parametrize(
    ("name", "keys", "rows"),
    [
        ("blank-for-gray-status", ("record_id",),
         {"demographics": 6, "health": 6, "race_and_ethnicity": 6}),
        ("checkboxes-1", ("record_id",), {"form_1": 4, "form_2": 4}),
        ("decimal-comma", ("record_id",), {"demographics": 4}),
        ("longitudinal", ("study_id", "redcap_event_name"),
         {"demographics": 3, "contact_info": 5, "baseline_data": 3, "visit_lab_data": 4,
          "patient_morale_questionnaire": 10, "visit_blood_workup": 4,
          "visit_observed_behavior": 6, "completion_data": 2,
          "completion_project_questionnaire": 3}),
        ("nonnumeric-record-id", ("record_id",), {"demographics": 3}),
        ("repeating-instruments", ("record_id", *REPEATS), {"demographics": 2, "bp": 4}),
        ("russian", ("record_id",), None),
    ],
)  # fmt: skip
def test_every_real_project_is_read_and_written_cell_for_cell(
    tmp_path: Path, name: str, keys: tuple[str, ...], rows: dict[str, int] | None
) -> None:
    """Keys and rows by form are right, and the export comes back with the same cells."""
    folder = REAL / name
    dictionary = folder / "dictionary.csv"
    project = read_redcap(
        folder / "data.csv",
        dictionary if dictionary.is_file() else None,
        missing=() if dictionary.is_file() else ("NA",),
    )
    assert (project.record_id, project.keys) == (keys[0], keys)
    assert flat_cells(project) == read_cells(folder / "data.csv")
    assert read_cells(write_redcap(project, tmp_path / "again.csv")) == read_cells(
        folder / "data.csv"
    )
    counted = {form: len(frame) for form, frame in project.instruments.items()}
    assert counted == (rows or dict.fromkeys(counted, 3))
    assert not (project.findings["severity"] == "error").any()
    assert not project.is_labelled


@needs_shared
def test_real_cells_have_the_types_of_their_dictionaries() -> None:
    """Decimal commas, dates, whole numbers, choices, boxes and statuses of the real projects."""
    comma = read_redcap(REAL / "decimal-comma/data.csv", REAL / "decimal-comma/dictionary.csv")
    body = comma.instruments["demographics"]
    assert body["height"].tolist() == [1.54, 1.84, 1.95, 1.61]
    assert body["bmi"].tolist() == [22.1, 27.3, 32.5, 17.7]
    repeats = REAL / "repeating-instruments"
    bp = read_redcap(repeats / "data.csv", repeats / "dictionary.csv").instruments["bp"]
    assert list(bp.columns[:2]) == ["record_id", "redcap_repeat_instance"]
    assert bp["redcap_repeat_instance"].tolist() == [1, 2, 3, 1]
    assert bp["bp_systolic"].tolist() == [110, 111, 112, 114]
    assert bp["date_bp"].dtype == "datetime64[s]"
    boxes = read_redcap(REAL / "checkboxes-1/data.csv", REAL / "checkboxes-1/dictionary.csv")
    form = boxes.instruments["form_2"]
    assert form["check_one___1"].tolist()[:3] == [True, False, True]
    assert form.loc[3, ["check_one___1", "check_two___e"]].isna().all()
    assert form["form_2_complete"].tolist() == ["Complete", "Incomplete", "Complete", "Incomplete"]
    gray = REAL / "blank-for-gray-status"
    race = read_redcap(gray / "data.csv", gray / "dictionary.csv").instruments["race_and_ethnicity"]
    assert race["interpreter_needed"].isna().tolist() == [False] * 3 + [True, False, True]
    assert race.loc[3, "race___1":"race___3"].tolist() == [False, True, False]
    assert race.loc[5, "race___1":"race___6"].isna().all()
    assert list(race.columns[:2]) == ["record_id", "redcap_data_access_group"]


@needs_shared
def test_real_identifiers_are_those_that_the_dictionary_marks() -> None:
    """What is marked as an identifier and every free text is named; the rest is not."""
    gray = REAL / "blank-for-gray-status"
    project = read_redcap(gray / "data.csv", gray / "dictionary.csv")
    assert project.identifiers == {
        "name_first", "name_last", "address", "telephone", "email", "dob", "comments",
    }  # fmt: skip


def test_one_row_per_record_becomes_one_frame_per_form(tmp_path: Path) -> None:
    """Types are those of the dictionary, ids stay text, and an empty form has no row."""
    project = take_project(tmp_path, PLAIN, BASELINE)
    assert (project.record_id, project.keys) == ("case_no", ("case_no",))
    baseline, visit = project.instruments["baseline"], project.instruments["visit"]
    assert baseline["case_no"].tolist() == ["A-1", "Б2"]
    assert baseline["born"].tolist() == [pd.Timestamp("2001-12-24"), pd.Timestamp("1960-02-29")]
    assert baseline["sex"].tolist() == ["0", "1"]
    assert list(baseline["sex"].cat.categories) == ["0", "1"]
    assert baseline["sex"].cat.ordered
    assert baseline["goals___a"].tolist() == [True, False]
    assert baseline["baseline_complete"].tolist() == ["Complete", "Unverified"]
    assert visit["case_no"].tolist() == ["A-1"]
    assert visit.dtypes.astype(str).to_dict() == {
        "case_no": "str", "pain": "Int64", "load": "float64", "seen": "datetime64[s]",
        "rise": "float64", "effort": "Int64", "visit_complete": "category",
    }  # fmt: skip
    assert visit.loc[0, "load"] == 12.5
    assert visit.loc[0, "seen"] == pd.Timestamp("2026-01-05 09:30")
    assert not len(project.findings)
    assert list(project.findings.columns) == COLUMNS
    assert project.identifiers == {"surname", "remarks"}


def test_a_repeated_form_has_its_instance_as_a_key(tmp_path: Path) -> None:
    """Rows of the form that is repeated are its own, and those of the record are the others'."""
    project = take_project(tmp_path, REPEATING, BASELINE)
    assert project.keys == ("case_no", *REPEATS)
    visit = project.instruments["visit"]
    assert list(visit.columns[:2]) == ["case_no", "redcap_repeat_instance"]
    assert visit["redcap_repeat_instance"].tolist() == [1, 2]
    assert visit["visit_complete"].tolist() == ["Complete", "Incomplete"]
    assert "redcap_repeat_instance" not in project.instruments["baseline"]
    assert project.instruments["baseline"]["case_no"].tolist() == ["A-1", "B-2"]


def test_a_repeated_event_has_event_and_instance_as_keys(tmp_path: Path) -> None:
    """A form that is repeated in one event and not in another keeps both kinds of rows."""
    project = take_project(tmp_path, EVENTS, BASELINE)
    visit = project.instruments["visit"]
    assert list(visit.columns[:3]) == ["case_no", "redcap_event_name", "redcap_repeat_instance"]
    assert visit["redcap_event_name"].tolist() == ["week_arm_1", "week_arm_1", "start_arm_1"]
    assert visit["redcap_repeat_instance"].tolist() == [1, 2, pd.NA]
    assert list(project.instruments["baseline"].columns[:2]) == ["case_no", "redcap_event_name"]


def test_labels_are_told_from_codes(tmp_path: Path) -> None:
    """An export of labels gives the same codes as one of codes, and says that it holds labels."""
    project = take_project(tmp_path, LABELLED, BASELINE)
    assert project.is_labelled
    baseline = project.instruments["baseline"]
    assert baseline.loc[0, ["sex", "smokes"]].tolist() == ["0", "1"]
    assert baseline.loc[0, ["goals___1", "goals___2"]].tolist() == [False, True]
    assert project.instruments["visit"]["visit_complete"].tolist() == ["Unverified"]
    assert not len(project.findings)
    wanted = take_project(tmp_path, PLAIN, BASELINE, labels="label").instruments["baseline"]
    assert wanted["sex"].tolist() == ["Female", "Male"]
    assert wanted["smokes"].tolist() == ["Yes", "No"]


@pytest.mark.parametrize("export", [PLAIN, REPEATING, EVENTS, LABELLED])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_kind_of_export_comes_back_cell_for_cell(
    tmp_path: Path, export: str, encoding: str
) -> None:
    """Whatever the encoding, what is written holds the cells that were read."""
    project = take_project(tmp_path, export.encode(encoding), BASELINE)
    assert flat_cells(project) == cells(export)
    again = write_redcap(project, tmp_path / "again.csv")
    assert read_cells(again) == cells(export)
    assert read_redcap(again, tmp_path / "dictionary.csv").instruments.keys() == (
        project.instruments.keys()
    )


def test_semicolons_and_latin_1_are_read(tmp_path: Path) -> None:
    """A European export with semicolons gives the same frames."""
    rows = [["case_no", "surname", "baseline_complete"], ["1", "Müller", "2"]]
    project = take_project(tmp_path, as_csv(rows, ";"), BASELINE, encoding="latin-1")
    assert project.instruments["baseline"]["surname"].tolist() == ["Müller"]


def test_a_cell_that_does_not_fit_is_a_finding_and_null(tmp_path: Path) -> None:
    """Line, column and rule are told, the cell is null, and the flat export still holds it."""
    rows = cells(REPEATING)
    for row, column, text in (
        (1, "born", "24.12"), (1, "sex", "7"), (1, "goals___1", "x"), (2, "pain", "six"),
    ):  # fmt: skip
        rows[row][rows[0].index(column)] = text
    project = take_project(tmp_path, as_csv(rows), BASELINE)
    assert found(project) == [
        (2, "born", "not_a_date"),
        (2, "sex", "unknown_code"),
        (2, "goals___1", "unknown_code"),
        (4, "pain", "not_a_number"),
    ]
    assert set(project.findings["table"]) == {"baseline", "visit"}
    assert set(project.findings["action"]) == {"stored as missing"}
    assert project.instruments["visit"]["pain"].tolist() == [pd.NA, 4]
    assert project.instruments["baseline"]["sex"].isna().tolist() == [True, False]
    assert flat_cells(project) == rows
    for word in ("six", "24.12"):
        assert word not in project.summary() + repr(project) + project.findings.to_string()


def test_a_number_out_of_range_is_kept_and_told(tmp_path: Path) -> None:
    """REDCap only warns of a range, so the number stands; the finding is a warning."""
    project = take_project(tmp_path, PLAIN.replace(",6,", ",11,"), BASELINE)
    assert found(project) == [(2, "pain", "out_of_range")]
    assert project.findings.loc[0, ["severity", "action"]].tolist() == ["warning", "kept"]
    assert project.instruments["visit"]["pain"].tolist() == [11]


def test_answers_on_another_forms_row_are_told(tmp_path: Path) -> None:
    """A row that repeats one form has no place for the answers of another."""
    rows = cells(REPEATING)
    rows[2][3] = "Doe"
    project = take_project(tmp_path, as_csv(rows), BASELINE)
    assert found(project) == [(4, "surname", "wrong_form")]


def test_the_same_key_twice_is_told(tmp_path: Path) -> None:
    """Two rows of one record, event and instance cannot both be right."""
    rows = cells(REPEATING)
    rows[3][2] = "1"
    project = take_project(tmp_path, as_csv(rows), BASELINE)
    assert found(project) == [(5, "case_no", "repeated_key")]


def test_an_instance_that_is_no_number_is_told(tmp_path: Path) -> None:
    """The row stays, without an instance."""
    rows = cells(REPEATING)
    rows[3][2] = "two"
    project = take_project(tmp_path, as_csv(rows), BASELINE)
    assert found(project) == [(5, "redcap_repeat_instance", "not_whole")]
    assert project.instruments["visit"]["redcap_repeat_instance"].tolist() == [1, pd.NA]


def test_codes_for_missing_data_are_null_without_a_finding(tmp_path: Path) -> None:
    """A project's own codes say that a value is missing, also in boxes of their own."""
    rows = cells(PLAIN)
    rows[0].append("goals____99")
    rows[1].append("0")
    rows[2].append("1")
    rows[1][rows[0].index("pain")] = "-99"
    project = take_project(tmp_path, as_csv(rows), BASELINE, missing=("-99",))
    assert not len(project.findings)
    assert project.instruments["visit"]["pain"].isna().all()
    assert project.instruments["baseline"]["goals____99"].tolist() == [False, True]


def test_boxes_of_a_form_nobody_filled_in_are_blank(tmp_path: Path) -> None:
    """REDCap writes 0 for a box that was never shown; no is not the same as not asked."""
    rows = cells(PLAIN)
    rows[2] = ["B-2", "", "", "", "", "0", "0", "0", "", "0", *EMPTY_VISIT]
    baseline = take_project(tmp_path, as_csv(rows), BASELINE).instruments["baseline"]
    assert baseline.loc[1, "goals___1":"goals___a"].isna().all()
    rows[2][-len(VISIT_COLUMNS) - 1] = "2"
    baseline = take_project(tmp_path, as_csv(rows), BASELINE).instruments["baseline"]
    assert baseline.loc[1, "goals___1":"goals___a"].tolist() == [False, False, False]


def test_a_form_that_is_wholly_empty_has_no_row(tmp_path: Path) -> None:
    """Boxes not ticked and a blank status are nothing."""
    rows = cells(PLAIN)
    rows[2] = ["B-2", "", "", "", "", "0", "0", "0", "", "", *EMPTY_VISIT]
    baseline = take_project(tmp_path, as_csv(rows), BASELINE).instruments["baseline"]
    assert baseline["case_no"].tolist() == ["A-1"]


def test_without_a_dictionary_nothing_is_guessed(tmp_path: Path) -> None:
    """Forms end with their status; answers stay text, an unnamed first column is no record id."""
    rows = [["", *row] if n == 0 else [str(n), *row] for n, row in enumerate(cells(PLAIN))]
    project = take_project(tmp_path, as_csv(rows))
    assert project.record_id == "case_no"
    assert flat_cells(project) == rows
    baseline = project.instruments["baseline"]
    assert list(project.instruments) == ["baseline", "visit"]
    assert baseline["born"].tolist() == ["2001-12-24", "1960-02-29"]
    assert baseline["goals___2"].tolist() == [True, False]
    assert baseline["baseline_complete"].tolist() == ["Complete", "Unverified"]
    assert "surname" in project.identifiers


def test_a_survey_has_its_time_and_identifier(tmp_path: Path) -> None:
    """The time stands in the form it is of, the identifier in every frame and among identifiers."""
    rows = [
        ["case_no", "redcap_survey_identifier", "visit_timestamp", *VISIT_COLUMNS],
        ["1", "a@b.test", "2026-01-05 10:00:00", *FIRST],
        ["2", "", "[not completed]", *SECOND],
    ]
    project = take_project(tmp_path, as_csv(rows), BASELINE)
    visit = project.instruments["visit"]
    assert visit["visit_timestamp"].tolist() == [pd.Timestamp("2026-01-05 10:00"), pd.NaT]
    assert visit["redcap_survey_identifier"].isna().tolist() == [False, True]
    assert project.identifiers == {"surname", "remarks", "redcap_survey_identifier"}
    assert not len(project.findings)


def test_export_and_dictionary_of_different_projects_are_refused(tmp_path: Path) -> None:
    """The fields that the dictionary lacks are named, with the nearest that it has."""
    with pytest.raises(DataError, match=r"'surnam'. Did you mean 'surname'\?"):
        take_project(tmp_path, PLAIN.replace("surname", "surnam"), BASELINE)
    with pytest.raises(DataError, match="repeats a form that its dictionary does not have"):
        take_project(
            tmp_path,
            as_csv([["case_no", *REPEATS, "pain", "surname"], ["1", "unheard", "1", "3", "x"]]),
            BASELINE,
        )
    with pytest.raises(DataError, match="labels must be one of"):
        take_project(tmp_path, PLAIN, BASELINE, labels="codes")


def test_what_is_written_is_private_and_replaces_nothing(tmp_path: Path) -> None:
    """The file is for its owner alone, and a second one of the same name is refused."""
    project = take_project(tmp_path, PLAIN, BASELINE)
    path = write_redcap(project, tmp_path / "again.csv")
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(DataError, match=r"a file again\.csv already"):
        write_redcap(project, path)


def test_showing_a_project_shows_no_value(tmp_path: Path) -> None:
    """The prompt and the summary count, and quote nothing."""
    project = take_project(tmp_path, PLAIN, BASELINE)
    assert repr(project) == "<REDCap project: 2 forms, 2 rows>"
    assert project.summary() == (
        "export.csv: 2 rows of 2 records, answers as codes. Rows by form: baseline 2, visit 1.\n"
        "Nothing wrong was found."
    )


def test_a_flat_export_handed_out_cannot_change_the_project(tmp_path: Path) -> None:
    """Each call gives a copy."""
    project = take_project(tmp_path, PLAIN, BASELINE)
    flat = project.as_flat()
    flat.loc[0, "surname"] = "changed"
    assert flat_cells(project) == cells(PLAIN)


def test_a_record_id_may_be_called_anything(tmp_path: Path) -> None:
    """The dictionary's first field is the record id, wherever it stands in the export."""
    dictionary = as_dictionary(("who", "f", "text"), ("record_id", "f", "text"))
    project = take_project(
        tmp_path, "record_id,who,f_complete\n7,Z,2\n", dictionary
    )  # fmt: skip
    assert (project.record_id, project.keys) == ("who", ("who",))
    assert list(project.instruments["f"].columns) == ["who", "record_id", "f_complete"]


@given(
    st.lists(st.lists(st.text("0129-/:., aç\"'\n", max_size=6), min_size=7, max_size=7), max_size=6)
)
def test_no_cells_break_the_reader(rows: list[list[str]]) -> None:
    """Any cells are read, or refused in one sentence, and come back as they were."""
    header = ["case_no", *REPEATS, "sex", "goals___1", "pain", "visit_complete"]
    with tempfile.TemporaryDirectory() as folder:
        export = as_csv([header, *rows])
        try:
            project = take_project(Path(folder), export, BASELINE)
        except HingeError:
            return
        assert flat_cells(project)[1:] == rows


def test_the_example_project_enters_whole() -> None:
    """Every row of the example is accepted, and what names a patient does not enter."""
    intake = ho.ingest(EXAMPLE, mapping=EXAMPLE / "mapping.toml")
    assert intake.account.read == intake.account.accepted == 676
    assert not len(intake.findings)
    project = read_redcap(EXAMPLE / "export.csv", EXAMPLE / "dictionary.csv")
    assert not len(project.findings)
    assert project.identifiers == {"surname", "telephone", "remarks"}
    assert len(project.instruments["visit"]) == len(intake.cohort.visits)
