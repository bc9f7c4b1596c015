"""Joining what several input rows say about one record."""

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.records import join_records, list_breach
from hinge_outcomes.ingestion.targets import list_targets


def told(**columns: list[object]) -> pd.DataFrame:
    """Filled rows, one input row after another."""
    n_rows = len(next(iter(columns.values())))
    return pd.DataFrame({"row": range(n_rows), "section": "s", "source": "", **columns})


def test_rows_about_one_record_are_joined() -> None:
    """Two rows that each know a part make one patient who has both."""
    frame = told(patient_id=["a", "a", "b"], birth_year=[None, 1970, 1980], sex=["male", None, "x"])
    records, breaches = join_records("patients", [frame], list_targets("patients"))
    assert records.frame["birth_year"].tolist() == [1970, 1980]
    assert records.frame["sex"].tolist() == ["male", "x"]
    assert not breaches


def test_a_row_that_contradicts_an_earlier_one_is_named() -> None:
    """The first word stands, and the later row is the conflict, whatever the order of frames."""
    late = told(patient_id=["b", "b", "a"], sex=["x", "x", "female"]).assign(row=[7, 8, 9])
    early = told(patient_id=["a"], sex=["male"])
    records, (breach,) = join_records("patients", [late, early], list_targets("patients"))
    assert (breach.rule, breach.column, breach.rows.tolist()) == ("conflict", "sex", [9])
    assert records.frame["patient_id"].tolist() == ["a", "b"]


def test_a_year_of_birth_from_an_age_is_right_to_within_one_year() -> None:
    """Ages told in two years differ by the birthday; that is no contradiction, two years are."""
    frame = told(patient_id=["a", "a", "a"], birth_year=[1970.0, 1971.0, 1973.0], is_from_age=True)
    _, (breach,) = join_records("patients", [frame], list_targets("patients"))
    assert breach.rows.tolist() == [2]
    exact = frame.drop(columns="is_from_age")
    _, (breach,) = join_records("patients", [exact], list_targets("patients"))
    assert breach.rows.tolist() == [1, 2]


def test_two_appointments_on_a_day_that_differ_in_status_are_two() -> None:
    """Cancelled in the morning and kept in the afternoon; told twice, it is one."""
    frame = told(
        episode_id=["e"] * 3, visit_day=[7.0] * 3, status=["cancelled", "attended", "attended"]
    )
    records, breaches = join_records("visits", [frame], list_targets("visits"))
    assert records.frame["status"].tolist() == ["cancelled", "attended"]
    assert not breaches


def test_a_record_that_lacks_what_none_can_stand_without_is_named() -> None:
    """An episode that no row gives a start is traced to all its rows."""
    frame = told(
        episode_id=["e", "f", "f"], patient_id=["p"] * 3, clinic_id=["c"] * 3,
        start_date=pd.to_datetime(["2026-01-01", None, None]),
    )  # fmt: skip
    _, (breach,) = join_records("episodes", [frame], list_targets("episodes"))
    assert (breach.rule, breach.rows.tolist()) == ("required_missing", [1, 2])


def test_what_lies_behind_a_record_is_the_row_that_said_it() -> None:
    """A finding about a column leads to the rows that fill it, else to all rows of the record."""
    frame = told(patient_id=["a", "a"], birth_year=[None, 1970])
    records, _ = join_records("patients", [frame], list_targets("patients"))
    group = records.members["group"].unique()
    assert records.behind(group, "birth_year")["row"].tolist() == [1]
    assert records.behind(group, "sex")["row"].tolist() == [0, 1]


def test_nothing_told_makes_an_empty_table() -> None:
    """A mapping that fills no visits gives a table of visits without rows, and no breach."""
    records, breaches = join_records("visits", [], list_targets("visits"))
    assert len(records.frame) == 0
    assert not breaches
    assert list_breach("visits", "status", "conflict", records.members) == []


def test_the_short_form_of_records_shows_no_value() -> None:
    """Joined records never show a patient at a prompt."""
    frame = told(patient_id=["SECRETVAL"], sex=["male"])
    records, _ = join_records("patients", [frame], list_targets("patients"))
    assert "SECRETVAL" in records.frame.to_csv()
    assert "SECRETVAL" not in repr(records)


def test_records_of_a_registry_are_added_as_records_of_their_own() -> None:
    """They follow those of the export, and lead back to the row that stands for no row."""
    frame = told(episode_id=["e", "e"], visit_day=[7, 8], status=["attended", "no_show"])
    records, _ = join_records("visits", [frame], list_targets("visits"))
    known = told(episode_id=["e", "f"], visit_day=[1, 2]).assign(row=99)
    known["visit_number"] = pd.array([4, 5], dtype="Int32")
    more = records.with_more([known, known[:0]])
    assert more.frame["visit_day"].tolist() == [7, 8, 1, 2]
    assert more.frame["visit_number"].isna().tolist() == [True, True, False, False]
    assert "row" not in more.frame
    assert more.behind(np.array([0, 3]), "visit_day")["row"].tolist() == [0, 99]
    assert records.with_more([known[:0]]) is records


def test_a_registrys_records_may_be_the_only_ones() -> None:
    """An export that tells nothing of a table leaves the registry's records of it."""
    none, _ = join_records("visits", [], list_targets("visits"))
    known = told(episode_id=["e"], visit_day=[1], status=["attended"]).assign(row=99)
    more = none.with_more([known])
    assert more.frame[["episode_id", "visit_day"]].to_numpy().tolist() == [["e", 1]]
    assert more.behind(np.array([0]), "status")["row"].tolist() == [99]
    assert none.with_more([]) is none


def test_two_appointments_of_one_status_on_a_day_are_one_unless_they_are_numbered() -> None:
    """Without a number nothing tells them apart; another therapist on the second is a conflict."""
    frame = told(
        episode_id=["e"] * 2, visit_day=[7] * 2, status=["attended"] * 2, clinician_id=["T1", "T2"]
    )
    records, (breach,) = join_records("visits", [frame], list_targets("visits"))
    assert len(records.frame) == 1
    assert (breach.rule, breach.column, breach.rows.tolist()) == ("conflict", "clinician_id", [1])
    records, breaches = join_records(
        "visits", [frame.assign(visit_number=[1, 2])], list_targets("visits")
    )
    assert (len(records.frame), breaches) == (2, [])
