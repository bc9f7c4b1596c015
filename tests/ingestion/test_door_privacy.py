"""Privacy at the door: what names a person is refused, set aside, or replaced."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.door_privacy import (
    check_identifiers,
    suspicious_rows,
    with_capped_ages,
    with_pseudonyms,
)
from hinge_outcomes.ingestion.extraction import Filled, fill_block
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.load import Load
from hinge_outcomes.ingestion.mapping import Mapping
from tests.loads import VALUES, file_of
from tests.records import small_tables

KEY = Key(bytes(range(32)))
OTHER = Key(bytes(range(1, 33)))
NOTE = {"x_note": {"table": "episodes", "type": "text"}}


def values_with(columns: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A mapping in which columns of "patients" or "episodes" are filled in another way."""
    values = copy.deepcopy(VALUES) | more
    for name, written in (columns or {}).items():
        table, column = name.split(".")
        values["tables"][table][column] = written
    return values


def check(values: dict[str, Any], header: str, key: Key | None = None, flagged: Any = ()) -> None:
    """Hold a mapping against the header of a file."""
    plan = Mapping.from_values(values)
    load = Load.of([(plan.sources[0], file_of(header=header))], plan)
    check_identifiers(load, plan, {"people": frozenset(flagged)}, key)


def filled(values: dict[str, Any], table: str, *rows: str, header: str) -> tuple[Filled, Mapping]:
    """The rows that a section fills."""
    plan = Mapping.from_values(values)
    load = Load.of([(plan.sources[0], file_of(*rows, header=header))], plan)
    (block,) = [block for block in plan.blocks if block.table == table]
    return fill_block(block, load.parts[0].columns, np.arange(len(rows)), 100), plan


# Headers


@pytest.mark.parametrize("column", ["Patient name", "E-Mail", "Telefon", "Adresse", "Notes"])
def test_a_column_that_names_a_person_is_not_stored(column: str) -> None:
    """As an id or as the clinic's own text: refused with the column and the way out."""
    values = values_with({"episodes.x_note": column}, extra=NOTE)
    with pytest.raises(MappingError, match=rf"x_note would store the column '{column}'.*identifie"):
        check(values, f"case,start,pain,{column}", KEY)
    ids = values_with({"patients.patient_id": column, "episodes.patient_id": column})
    with pytest.raises(MappingError, match="Load it into a registry, where ids become pseudonyms"):
        check(ids, f"case,start,pain,{column}")


def test_with_a_key_any_column_may_serve_as_an_id() -> None:
    """Only the pseudonym is stored; where the mapping keeps ids, that is no way out."""
    ids = {"patients.patient_id": "Patient name", "episodes.patient_id": "Patient name"}
    check(values_with(ids), "case,start,pain,Patient name", KEY)
    kept = values_with(ids, privacy={"ids": "keep"})
    with pytest.raises(MappingError, match="would store"):
        check(kept, "case,start,pain,Patient name", KEY)


def test_a_record_number_may_serve_as_an_id_but_not_as_a_text() -> None:
    """It is what clinics have; stored beside the ids it would undo every pseudonym."""
    header = "case,start,pain,MRN"
    check(values_with({"patients.patient_id": "MRN", "episodes.patient_id": "MRN"}), header)
    with pytest.raises(MappingError, match="record number"):
        check(values_with({"episodes.x_note": "MRN"}, extra=NOTE), header, KEY)


def test_a_column_that_is_stated_to_be_harmless_is_read() -> None:
    """The mapping may say that a suspicious header names nobody."""
    values = values_with({"episodes.x_note": "Notes"}, extra=NOTE)
    check(values | {"privacy": {"identifiers": ["Notes"]}}, "case,start,pain,Notes")


def test_codes_dates_and_numbers_may_be_read_from_any_column() -> None:
    """Of a date of birth the year is kept, of a phone number nothing: neither names anybody."""
    values = values_with({"patients.birth_year": {"year_of": "Date of birth"}})
    check(values, "case,start,pain,Date of birth")


def test_staff_and_clinics_are_no_patients() -> None:
    """The therapist's name is the clinic's own affair; with a key it becomes a pseudonym too."""
    values = values_with(
        {"episodes.clinician_id": "Therapist name", "episodes.clinic_id": "Clinic address"}
    )
    check(values, "case,start,pain,Therapist name,Clinic address")


def test_what_a_dictionary_marks_as_an_identifier_is_refused() -> None:
    """A REDCap project may mark any field, whatever it is called."""
    values = values_with({"episodes.x_note": "colour"}, extra=NOTE)
    check(values, "case,start,pain,colour")
    with pytest.raises(MappingError, match="identifier, by its dictionary"):
        check(values, "case,start,pain,colour", flagged=["colour"])


def test_a_part_of_a_joined_id_is_looked_at_too() -> None:
    """A name inside a made-up id is a name."""
    values = values_with({"patients.patient_id": {"join": ["case", "Surname"]}})
    with pytest.raises(MappingError, match="'Surname'"):
        check(values, "case,start,pain,Surname")


# Values


def test_a_text_that_looks_like_an_identifier_is_taken_out_and_told() -> None:
    """The row stays; the text is gone from the cell and from the words of its column."""
    values = values_with({"episodes.x_note": "note"}, extra=NOTE)
    rows = ("K1,2026-01-05,,insurer", "K2,2026-01-05,,+44 20 7946 0958", "K3,2026-01-05,,",
            "K4,2026-01-05,,ann@example.org")  # fmt: skip
    part, plan = filled(values, "episodes", *rows, header="case,start,pain,note")
    kept, (found,), aside = suspicious_rows(part, plan, None)
    note = kept.frame["x_note"]
    assert note.astype("object").where(note.notna(), None).tolist() == ["insurer", None, None, None]
    assert set(note.cat.categories) == {"insurer"}
    assert found[["row", "column", "rule", "action"]].to_numpy().tolist() == [
        [101, "note", "looks_like_identifier", "stored as missing"],
        [103, "note", "looks_like_identifier", "stored as missing"],
    ]
    assert aside.tolist() == []
    harmless = Mapping.from_values(values | {"privacy": {"identifiers": ["note"]}})
    same, none, _ = suspicious_rows(part, harmless, None)
    assert (same.frame is part.frame, none) == (True, [])


def test_a_row_whose_id_looks_like_a_person_is_set_aside_unless_it_is_replaced() -> None:
    """An e-mail address as case number never enters as it is; its pseudonym may."""
    rows = ("K1,2026-01-05,", "ann@example.org,2026-01-05,")
    part, plan = filled(VALUES, "patients", *rows, header="case,start,pain")
    _, (found,), aside = suspicious_rows(part, plan, None)
    assert (found["row"].tolist(), aside.tolist()) == ([101], [101])
    assert set(found["action"]) == {"row set aside"}
    _, none, aside = suspicious_rows(part, plan, KEY)
    assert (none, aside.tolist()) == ([], [])
    keeping = Mapping.from_values(values_with(privacy={"ids": "keep"}))
    assert suspicious_rows(part, keeping, KEY)[2].tolist() == [101]


# Pseudonyms


def test_an_id_becomes_the_same_pseudonym_wherever_it_stands() -> None:
    """Over tables and files, by kind of id; another key gives others; a null stays null."""
    patients, _ = filled(VALUES, "patients", "K1,2026-01-05,", header="case,start,pain")
    episodes, _ = filled(VALUES, "episodes", "K2,,", "K1,2026-01-05,", header="case,start,pain")
    one, two = with_pseudonyms(patients, KEY).frame, with_pseudonyms(episodes, KEY).frame
    assert one["patient_id"].iloc[0] == two["patient_id"].iloc[1]
    assert two["patient_id"].iloc[1] != two["episode_id"].iloc[1]
    assert one["patient_id"].iloc[0] != with_pseudonyms(patients, OTHER).frame["patient_id"].iloc[0]
    assert not {"K1", "K2"} & set(two["patient_id"].cat.categories)
    assert two["clinic_id"].tolist() == ["C01", "C01"]
    unled = episodes.frame.assign(clinician_id=pd.Categorical([None, "T1"]))
    nulls = with_pseudonyms(Filled(episodes.block, unled, episodes.failures, episodes.carried), KEY)
    assert nulls.frame["clinician_id"].isna().tolist() == [True, False]


def test_a_patient_who_stands_for_the_episode_has_the_patients_pseudonym() -> None:
    """A section that finds the episode by its patient holds the patient's id."""
    values = values_with()
    values["tables"]["outcomes"]["episode_id"] = {"episode_of": "case"}
    scores, _ = filled(values, "outcomes", "K1,,3", header="case,start,pain")
    patients, _ = filled(values, "patients", "K1,,3", header="case,start,pain")
    assert (
        with_pseudonyms(scores, KEY).frame["episode_id"].iloc[0]
        == with_pseudonyms(patients, KEY).frame["patient_id"].iloc[0]
    )


def test_nothing_of_a_row_set_aside_is_left_in_the_tables(tmp_path: Path) -> None:
    """Neither as a value nor among the words that a column of categories lists."""
    path = tmp_path / "people.csv"
    path.write_text(
        "case,start,pain\nK1,2026-01-05,3\nann@example.org,2026-01-05,3\nZaphod,soon,3\n", "utf-8"
    )
    tables = ingest(path, mapping=Mapping.from_values(VALUES)).tables
    for name in TABLE_NAMES:
        for column in tables[name]:
            words = tables[name][column]
            if isinstance(words.dtype, pd.CategoricalDtype):
                listed = set(words.cat.categories)
                assert not listed & {"ann@example.org", "Zaphod"}, (name, column)


# Ages


def test_nobody_reads_older_than_ninety() -> None:
    """Years of birth are capped by the start of care; younger ones and nulls stay."""
    tables = small_tables()
    tables["patients"] = pd.DataFrame({
        "patient_id": pd.Categorical(["p2", "p1", "p0"]),
        "birth_year": pd.array([1920, 1970, None], dtype="Int16"), "sex": [None] * 3,
    })  # fmt: skip
    tables["episodes"]["start_date"] = pd.to_datetime(tables["episodes"]["start_date"])
    capped = with_capped_ages(tables)
    years = capped["patients"]["birth_year"]
    assert years.astype("object").where(years.notna(), None).tolist() == [1936, 1970, None]
    assert capped["patients"]["patient_id"].tolist() == ["p2", "p1", "p0"]
    assert capped["visits"] is tables["visits"]


@pytest.mark.parametrize(
    ("ages", "key", "year"),
    [("", None, 1900), ("", KEY, 1936), ("cap", None, 1936), ("exact", KEY, 1900)],
)
def test_ages_are_capped_where_ids_are_replaced_unless_the_mapping_says_otherwise(
    tmp_path: Path, ages: str, key: Key | None, year: int
) -> None:
    """One rule for a registry, and either can be stated."""
    path = tmp_path / "people.csv"
    path.write_text("case,start,pain,born\nK1,2026-01-05,3,1900\n", encoding="utf-8")
    values = values_with({"patients.birth_year": "born"}, privacy={"ages": ages})
    intake: Intake = ingest(path, mapping=Mapping.from_values(values), key=key)
    assert intake.cohort.patients["birth_year"].tolist() == [year]
