"""What a registry knows, joined to an export: replaced where told anew, else left standing."""

import copy
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.extraction import Filled, fill_block
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.known_records import (
    left_standing,
    passed_over,
    touched_records,
    with_moved_days,
)
from hinge_outcomes.ingestion.load import Load
from hinge_outcomes.ingestion.mapping import Mapping
from tests.loads import VALUES, file_of
from tests.records import CUT, small_cohort, small_tables

HEADER = "case,who,start,on,pain,born"
MAPPING: dict[str, Any] = {
    "data_cut": CUT,
    "file": {"date_format": "%Y-%m-%d"},
    "tables": {
        "patients": {"patient_id": "who", "birth_year": "born", "rows": {"what": "case"}},
        "episodes": {"episode_id": "case", "patient_id": "who", "start_date": "start",
                     "clinic_id": {"constant": "C01"}, "rows": {"what": "case"}},
        "visits": {"episode_id": "case", "visit_day": {"days_from_start": "on"},
                   "status": {"constant": "attended"}, "rows": {"what": "visit"}},
        "outcomes": {"episode_id": "case", "measured_day": {"days_from_start": "on"},
                     "scores": {"nprs": "pain"}, "rows": {"what": "score"}},
    },
}  # fmt: skip


def load(
    folder: Path, known: Cohort | None, *rows: str, values: dict[str, Any] | None = None
) -> Intake:
    """Ingest rows of the kinds "case", "visit" and "score" beside what is known."""
    path = folder / "export.csv"
    path.write_text("\n".join([f"what,{HEADER}", *rows]), encoding="utf-8")
    return ingest(path, mapping=Mapping.from_values(values or MAPPING), known=known)


def filled_by(*rows: str, table: str = "outcomes") -> Filled:
    """The rows that a small mapping fills."""
    plan = Mapping.from_values(VALUES)
    (block,) = [block for block in plan.blocks if block.table == table]
    columns = Load.of([(plan.sources[0], file_of(*rows))], plan).parts[0].columns
    return fill_block(block, columns, np.arange(len(rows)))


def rows_of(frame: pd.DataFrame, *columns: str) -> list[list[Any]]:
    """Some columns as plain rows."""
    plain = frame[list(columns)].astype("object")
    return plain.where(plain.notna(), None).to_numpy().tolist()


# What is taken


def test_nothing_known_is_nothing_taken() -> None:
    """Neither a registry that is not there nor one that knows none of the ids."""
    assert touched_records(None, [filled_by("e1,a,3")], 1) == {}
    assert touched_records(lambda patients, episodes: None, [filled_by("e1,a,3")], 1) == {}
    none = touched_records(small_cohort(), [filled_by("e9,a,3")], 1)
    assert sum(map(len, none.values())) == 0


def test_an_episode_that_is_spoken_of_is_taken_whole() -> None:
    """With its patient, and with all that is known of it; other episodes stay out."""
    taken = touched_records(small_cohort(), [filled_by("e1,a,3")], 7)
    assert taken["episodes"]["episode_id"].tolist() == ["e1"]
    assert taken["patients"]["patient_id"].tolist() == ["p1"]
    assert [len(taken[name]) for name in ("visits", "assessments", "outcomes")] == [3, 3, 2]
    assert "last_observed_day" not in taken["episodes"]
    assert all(set(frame["row"]) <= {7} for frame in taken.values())
    assert str(taken["visits"]["episode_id"].dtype) == "category"


def test_a_patient_who_is_spoken_of_brings_all_episodes() -> None:
    """A patient's score may belong to any of them."""
    taken = touched_records(small_cohort(), [filled_by("p2,2026-01-05,", table="patients")], 1)
    assert taken["episodes"]["episode_id"].tolist() == ["e2", "e3"]


def test_a_registry_may_be_asked_for_the_ids_alone() -> None:
    """What gives the records is called once, with the patients and the episodes named."""
    asked = []

    def known(patients: set[str], episodes: set[str]) -> Cohort:
        asked.append((patients, episodes))
        return small_cohort()

    touched_records(known, [filled_by("e1,a,3"), filled_by("p2,a,", table="patients")], 1)
    assert asked == [({"p2"}, {"e1"})]


def test_only_the_extra_columns_that_the_mapping_declares_are_taken() -> None:
    """The registry keeps the others as they are; large numbers stay themselves."""
    columns = [ExtraColumn("episodes", name, "integer") for name in ("x_big", "x_other")]
    tables = small_tables()
    tables["episodes"] = tables["episodes"].assign(x_big=2**40, x_other=1)
    known = Cohort(**tables, data_cut=CUT, extra_columns=columns)
    taken = touched_records(known, [filled_by("e1,a,3")], 1, columns[:1])["episodes"]
    assert "x_other" not in taken
    assert taken["x_big"].tolist() == [2**40]


# What is left standing


def told(**columns: Any) -> pd.DataFrame:
    """Rows of an export."""
    return pd.DataFrame({"row": 0, "section": "s", "source": "", **columns})


def known_frames() -> dict[str, pd.DataFrame]:
    """All that is known of the small cohort."""
    return touched_records(small_cohort(), [filled_by("e1,a,3", "e2,a,3", "e3,a,3")], 9)


def test_a_day_that_is_told_anew_replaces_that_day() -> None:
    """Appointments and ratings of the day go, a questionnaire only its own score."""
    known = known_frames()
    visits = told(episode_id=["e1"], visit_day=pd.array([7], dtype="Int32"))
    (left,) = left_standing("visits", known, [visits])
    assert ["e1", 7] not in rows_of(left, "episode_id", "visit_day")
    assert len(left) == 5
    scores = told(
        episode_id=["e1", "e2"], measured_day=pd.array([14, 14], dtype="Int32"),
        instrument=["nprs", "nprs"],
    )  # fmt: skip
    (left,) = left_standing("outcomes", known, [scores])
    assert rows_of(left, "episode_id", "measured_day") == [["e1", 0], ["e2", -3]]
    (left,) = left_standing("outcomes", known, [scores.assign(instrument="odi")])
    assert len(left) == 3


def test_of_a_patient_only_the_columns_that_are_filled_are_replaced() -> None:
    """Two sections that fill other columns for other patients take nothing from each other's."""
    known = known_frames()
    sexes = told(patient_id=["p1"], sex=["other"])
    births = told(patient_id=["p2"], birth_year=[1990])
    (left,) = left_standing("patients", known, [sexes, births])
    assert rows_of(left, "patient_id", "birth_year", "sex") == [
        ["p1", 1970, None], ["p2", None, "male"]
    ]  # fmt: skip


def test_where_nothing_is_told_or_known_all_stands_or_none() -> None:
    """Empty frames change nothing."""
    known = known_frames()
    (left,) = left_standing("visits", known, [told(episode_id=[], visit_day=[])])
    assert left is known["visits"]
    assert left_standing("visits", {}, []) == []
    assert left_standing("visits", {"visits": known["visits"][:0]}, []) == []


# Starts that change


def test_days_are_counted_from_the_start_that_holds_now() -> None:
    """An episode that began two days earlier has every known day two days later."""
    known = known_frames()
    starts = known["episodes"].set_index("episode_id", drop=False).copy()
    assert with_moved_days(known, starts) is known
    starts.loc["e1", "start_date"] -= pd.Timedelta(days=2)
    moved = with_moved_days(known, starts)
    assert moved["visits"]["visit_day"].tolist()[:4] == [2, 9, 16, 0]
    assert moved["episodes"]["end_day"].tolist()[:2] == [16, 21]
    assert moved["outcomes"]["measured_day"].tolist() == [2, 16, -3]


# Through the door


def test_a_corrected_start_leaves_every_appointment_on_its_date(tmp_path: Path) -> None:
    """The first day was a typing error of the registry's: the visits were when they were."""
    intake = load(tmp_path, small_cohort(), "case,e2,p2,2026-01-31,,,1980")
    assert intake.account.accepted == 1
    cohort = intake.cohort
    visits = cohort.visits[cohort.visits["episode_id"] == "e2"]
    assert visits["visit_day"].tolist() == [2, 9]
    ends = cohort.episodes.set_index("episode_id")["end_day"]
    assert ends["e2"] == 23


def test_a_start_that_is_corrected_to_a_later_day_than_a_visit_is_set_aside(tmp_path: Path) -> None:
    """It contradicts what is known: the row is the error, and the registry's record stands."""
    intake = load(tmp_path, small_cohort(), "case,e2,p2,2026-02-05,,,1980")
    assert intake.account.quarantined == 1
    assert intake.findings.errors["line"].unique().tolist() == [2]
    starts = intake.cohort.episodes.set_index("episode_id")["start_date"]
    assert starts["e2"] == pd.Timestamp("2026-02-02")


def test_a_registry_with_columns_of_its_own_takes_an_export_without_them(tmp_path: Path) -> None:
    """The export is joined, and its tables hold the columns that its mapping declares."""
    tables = small_tables()
    tables["visits"] = tables["visits"].assign(x_room="blue")
    known = Cohort(**tables, data_cut=CUT, extra_columns=[ExtraColumn("visits", "x_room", "text")])
    intake = load(tmp_path, known, "visit,e3,,,2026-09-12,,")
    assert intake.account.accepted == 1
    assert not len(intake.findings)
    assert rows_of(intake.cohort.visits, "episode_id", "visit_day") == [["e3", 0], ["e3", 2]]


def test_an_age_may_be_told_of_a_patient_whose_start_is_known(tmp_path: Path) -> None:
    """An export that only goes on with known care gives the age at the known start."""
    values = {
        "data_cut": CUT, "continues": True,
        "tables": {"patients": {"patient_id": "who", "birth_year": {"start_year_minus": "born"}}},
    }  # fmt: skip
    intake = load(tmp_path, small_cohort(), "case,,p1,,,,50", values=values)
    years = intake.cohort.patients.set_index("patient_id")["birth_year"]
    assert years["p1"] == 1976


def test_two_scores_of_one_day_from_registry_and_export_are_one(tmp_path: Path) -> None:
    """The export's score stands; told twice it is the same record."""
    intake = load(tmp_path, small_cohort(), "score,e1,,,2026-01-19,5,")
    outcomes = intake.cohort.outcomes
    assert rows_of(outcomes[outcomes["episode_id"] == "e1"], "measured_day", "score") == [
        [0, 6.0], [14, 5.0]
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [dt.date(2026, 1, 10), {"C02": CUT}])
def test_what_the_registry_knows_is_never_left_out_to_make_an_export_fit(
    tmp_path: Path, cut: object
) -> None:
    """Last quarter's file, or a clinic without a cut: said at once, and the search for it ends."""
    values = copy.deepcopy(MAPPING) | {"data_cut": cut}
    with pytest.raises(DataError, match=r"What the registry holds .*nothing was loaded.*data_cut"):
        load(tmp_path, small_cohort(), "score,e1,,,2026-01-06,5,", values=values)


def test_a_known_day_between_days_told_is_passed_over() -> None:
    """A visit that the export skips is told at its first row; one after its last day is not."""
    ids = pd.CategoricalDtype(["A", "B"])
    told = pd.DataFrame(
        {
            "row": [0, 1, 2],
            "section": "visits",
            "source": "",
            "episode_id": pd.Categorical(["A", "A", "B"], dtype=ids),
            "visit_day": pd.array([0, 14, 0], dtype="Int16"),
        }
    )
    standing = pd.DataFrame(
        {
            "episode_id": pd.Categorical(["A", "B"], dtype=ids),
            "visit_day": pd.array([7, 7], dtype="Int16"),
        }
    )
    assert passed_over([told], [standing])["row"].tolist() == [0]
    assert not len(passed_over([told], []))
