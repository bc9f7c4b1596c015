"""The REDCap project: a dictionary that REDCap takes, and records in the form it exports."""

import csv
import os
import re
from pathlib import Path

import pytest

import hinge_outcomes as ho
from hinge_outcomes.domain.progression import STAGES
from hinge_outcomes.ingestion.capture_forms import FORMS
from hinge_outcomes.ingestion.capture_redcap import DICTIONARY_COLUMNS, write_capture_redcap
from tests.hand_made import cohort_of, episode
from tests.shared import SHARED, needs_shared

FIELD, FORM, KIND, CHOICES = (DICTIONARY_COLUMNS[at] for at in (0, 1, 3, 5))
BRANCHING, IDENTIFIER = DICTIONARY_COLUMNS[11], DICTIONARY_COLUMNS[10]


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """The fields of a project for two clinics."""
    folder = tmp_path_factory.mktemp("redcap")
    return read(write_capture_redcap(folder, clinic_names={"C01": "Alder", "C02": "Brook"})[0])


@needs_shared
def test_the_columns_are_those_of_a_real_dictionary() -> None:
    """The 18 names, in the order in which REDCap writes them itself."""
    real = SHARED / "real" / "redcap" / "repeating-instruments" / "dictionary.csv"
    header = next(csv.reader(real.read_text(encoding="utf-8-sig").splitlines()))
    assert tuple(header) == DICTIONARY_COLUMNS


def test_the_record_is_a_course_and_its_id_comes_first(dictionary: list[dict[str, str]]) -> None:
    """REDCap takes the first field for the record's id; forms follow each other without breaks."""
    assert dictionary[0][FIELD] == "case_number"
    forms = [row[FORM] for row in dictionary]
    assert list(dict.fromkeys(forms)) == [form.name for form in FORMS]
    assert forms == sorted(forms, key=list(dict.fromkeys(forms)).index)


def test_fields_are_named_as_redcap_wants(dictionary: list[dict[str, str]]) -> None:
    """Small letters, digits and underscores, at most 26 signs, none twice."""
    names = [row[FIELD] for row in dictionary]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,25}", name) for name in names)


def test_choices_are_codes_and_labels(dictionary: list[dict[str, str]]) -> None:
    """Stages and ratings are chosen; what is typed has no choices, what is chosen always has."""
    fields = {row[FIELD]: row for row in dictionary}
    stages = " | ".join(f"{stage.number}, {stage.name}" for stage in STAGES)
    assert fields["stage"][CHOICES] == stages
    assert fields["rating"][CHOICES] == "0, unable | 1, cued | 2, conscious | 3, automatic"
    assert fields["clinic"][CHOICES] == "C01, Alder | C02, Brook"
    assert all((row[KIND] in ("radio", "dropdown")) == bool(row[CHOICES]) for row in dictionary)


def test_numbers_of_people_are_marked_as_identifiers(dictionary: list[dict[str, str]]) -> None:
    """REDCap leaves marked fields out of de-identified exports."""
    marked = {row[FIELD] for row in dictionary if row[IDENTIFIER] == "y"}
    assert marked == {"case_number", "patient_number"}


def test_branching_names_fields_that_are_there(dictionary: list[dict[str, str]]) -> None:
    """A rating is asked once there is a stage, a stage once the appointment was kept."""
    names = {row[FIELD] for row in dictionary}
    asked = {row[FIELD]: row[BRANCHING] for row in dictionary if row[BRANCHING]}
    assert asked["rating"] == "[stage] <> ''"
    assert asked["stage"] == "[visit_status] = 'attended'"
    for logic in asked.values():
        assert set(re.findall(r"\[(.*?)\]", logic)) <= names


def test_a_clinic_whose_id_is_no_code_is_typed(tmp_path: Path) -> None:
    """REDCap's codes are letters, digits and underscores; another id stands as text."""
    path = write_capture_redcap(tmp_path, clinic_names={"C-1": "Alder"})[0]
    clinic = next(row for row in read(path) if row[FIELD] == "clinic")
    assert (clinic[KIND], clinic[CHOICES]) == ("text", "")


def test_the_steps_name_the_repeating_forms(tmp_path: Path) -> None:
    """All forms but the course repeat, and the text says so by name."""
    text = write_capture_redcap(tmp_path)[1].read_text(encoding="utf-8")
    assert all(f"- {form.name}:" in text for form in FORMS[1:])
    assert "records.csv" not in text


def test_records_follow_the_dictionary(tmp_path: Path) -> None:
    """One row per course and one per repeated form, every column known to the dictionary."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=30, seed=7)
    dictionary, setup, records = write_capture_redcap(tmp_path, cohort=cohort)
    rows = read(records)
    known = {row[FIELD] for row in read(dictionary)}
    assert set(rows[0]) - known == {"redcap_repeat_instrument", "redcap_repeat_instance"}
    assert "records.csv" in setup.read_text(encoding="utf-8")
    courses = [row for row in rows if not row["redcap_repeat_instrument"]]
    visits = [row for row in rows if row["redcap_repeat_instrument"] == "visit"]
    assert (len(courses), len(visits)) == (cohort.n_episodes, len(cohort.visits))
    keys = [tuple(list(row.values())[:3]) for row in rows]
    assert len(keys) == len(set(keys))
    assert {row["complete_to"] for row in courses} == {cohort.cut_of().isoformat()}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no permission bits")
def test_records_are_their_owner_s_alone(tmp_path: Path) -> None:
    """They are patients' values."""
    records = write_capture_redcap(tmp_path, cohort=cohort_of(episode()))[2]
    assert records.stat().st_mode & 0o077 == 0
