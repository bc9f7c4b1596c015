"""From filled rows to five lawful tables: days, years, orphans, the data cut, the tables' rules."""

import copy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hinge_outcomes.ingestion.assembly import Assembly
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.mapping import Mapping
from tests.exports import MAPPING, ROWS, found, mapping_filling, mapping_with, take
from tests.records import CUT, small_cohort


def test_days_are_counted_from_the_start_of_the_episode(tmp_path: Path) -> None:
    """The start is day 0 and a week later is day 7, in visits, ratings and scores alike."""
    cohort = take(tmp_path).cohort
    assert cohort.visits["visit_day"].tolist() == [0, 7, 14, 0]
    assert cohort.assessments["assessed_day"].tolist() == [0, 7, 0]
    assert sorted(cohort.outcomes["measured_day"].tolist()) == [0, 0, 0, 0, 7]


def test_what_follows_from_other_columns_is_computed(tmp_path: Path) -> None:
    """Visits are numbered by day, and an open episode is observed up to the data cut."""
    cohort = take(tmp_path, *reversed(ROWS)).cohort
    assert cohort.visits["visit_number"].tolist() == [1, 2, 3, 1]
    start = pd.Timestamp("2026-06-30") - cohort.episodes["start_date"]
    assert cohort.episodes["last_observed_day"].tolist() == start.dt.days.tolist()


def test_a_visit_set_aside_leaves_no_gap_in_the_numbers(tmp_path: Path) -> None:
    """Numbers of the export order the appointments of a day; the stored ones are counted anew."""
    values = mapping_filling("visits", visit_number="odi")
    del values["tables"]["outcomes"]
    rows = (
        "K1,P1,1970,F,05/01/2026,05/01/2026,came,,,,1",
        "K1,P1,1970,F,05/01/2026,12/01/26,came,,,,2",
        "K1,P1,1970,F,05/01/2026,19/01/2026,came,,,,4",
        "K1,P1,1970,F,05/01/2026,19/01/2026,missed,,,,3",
    )
    intake = take(tmp_path, *rows, values=values)
    assert found(intake) == [(3, "seen", "not_a_date")]
    visits = intake.cohort.visits
    assert visits["visit_number"].tolist() == [1, 2, 3]
    assert visits["status"].tolist() == ["attended", "no_show", "attended"]


def test_a_planned_end_is_the_last_day_observed_and_a_loss_is_not(tmp_path: Path) -> None:
    """After goals_met nothing more is known; one who stayed away is watched up to the cut."""
    values = mapping_filling(
        "episodes", end_day={"days_from_start": "seen"}, end_reason="status", rows={"odi": "1"}
    )
    values["codes"]["end_reason"] = {"done": "goals_met", "gone": "lost_to_follow_up"}
    for table in ("visits", "assessments", "outcomes"):
        del values["tables"][table]
    del values["codes"]["status"]
    rows = (
        "K1,P1,1970,F,05/01/2026,19/01/2026,done,,,,1",
        "K2,P2,1980,M,02/02/2026,02/03/2026,gone,,,,1",
        "K3,P2,1980,M,02/02/2026,,,,,,1",
    )
    episodes = take(tmp_path, *rows, values=values).cohort.episodes
    assert episodes["end_day"].fillna(-1).tolist() == [14, 28, -1]
    assert episodes["last_observed_day"].tolist() == [14, 148, 148]


def test_an_age_becomes_a_year_of_birth(tmp_path: Path) -> None:
    """Start year minus age in completed years, from the episode that the same row is about."""
    values = mapping_filling("patients", birth_year={"start_year_minus": "born"})
    rows = ("K1,P1,40.9,F,05/01/2025,,,,,,", "K2,P1,41.2,F,05/12/2026,,,,,,")
    cut = values | {"data_cut": "2026-12-31"}
    intake = take(tmp_path, *rows, values=cut)
    assert intake.cohort.patients["birth_year"].tolist() == [1985]
    assert not len(intake.findings)


def test_a_row_about_an_unknown_episode_is_set_aside(tmp_path: Path) -> None:
    """When the row that describes an episode is set aside, so are the rows that hang on it."""
    values = mapping_with()
    for table in ("patients", "episodes"):
        values["tables"][table]["rows"] = {"odi": "start"}
    rows = (
        "K1,P1,1970,F,05/01/2026,05/01/2026,came,,,,start",
        "K2,P2,1970,F,05.01.2026,05/01/2026,came,,,,start",
        "K2,,,,,12/01/2026,came,,,4,",
        "K1,,,,,12/01/2026,came,,,4,",
    )
    del values["tables"]["outcomes"]["scores"]["odi"]
    intake = take(tmp_path, *rows, values=values)
    assert found(intake) == [(3, "start", "not_a_date"), (4, "case", "episode_set_aside")]
    assert intake.cohort.episodes["episode_id"].tolist() == ["K1"]
    assert intake.cohort.visits["visit_day"].tolist() == [0, 7]


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("K3,P3,1990,F,01/07/2026,01/07/2026,came,,,,", "start", "after_data_cut"),
        ("K3,P3,1990,F,01/06/2026,31/05/2026,came,,,,", "seen", "out_of_range"),
        ("K3,P3,1990,F,01/06/2026,01/06/2126,came,,,,", "seen", "out_of_range"),
        ("K3,P3,1990,F,01/06/2026,01/07/2026,came,1,2,,", "seen", "assessment_after_cut"),
        ("K3,P3,1990,F,01/06/2026,01/07/2026,came,,,5,", "seen", "outcome_after_cut"),
    ],
)
def test_a_row_that_breaks_a_rule_of_the_tables_is_set_aside(
    tmp_path: Path, row: str, column: str, rule: str
) -> None:
    """The finding names the line and the export's own column, and the others enter."""
    intake = take(tmp_path, *ROWS, row)
    assert (6, column, rule) in found(intake)
    assert intake.quarantine["hinge_line"].tolist() == [6]
    assert intake.cohort.n_episodes == 2


def test_a_conflict_between_scores_names_the_column_of_the_score(tmp_path: Path) -> None:
    """Two pain scores on one day cannot both stand: the later row is set aside."""
    intake = take(tmp_path, *ROWS, "K2,P2,1980,M,02/02/2026,02/02/2026,came,,,8,")
    assert found(intake) == [(6, "pain", "conflict")]
    outcomes = intake.cohort.outcomes
    kept = outcomes[(outcomes["episode_id"] == "K2") & (outcomes["instrument"] == "nprs")]
    assert kept["score"].tolist() == [7.0]


def test_a_clinic_without_a_data_cut_is_a_finding(tmp_path: Path) -> None:
    """Where cuts are given per clinic, a clinic that has none cannot enter."""
    values = mapping_filling("episodes", clinic_id="status") | {"data_cut": {"came": "2026-06-30"}}
    for table in ("visits", "assessments", "outcomes"):
        del values["tables"][table]
    del values["codes"]["status"]
    values["codes"] = {"sex": values["codes"]["sex"]}
    rows = ("K1,P1,1970,F,05/01/2026,,came,,,,", "K2,P2,1980,M,02/02/2026,,else,,,,")
    intake = take(tmp_path, *rows, values=values)
    assert found(intake) == [(3, "status", "no_data_cut")]
    assert intake.cohort.clinics == ("came",)


def test_warnings_of_the_tables_are_findings_and_the_row_stays(tmp_path: Path) -> None:
    """A rating on a missed appointment is worth knowing, and no reason to lose it."""
    rows = (*ROWS, "K2,P2,1980,M,02/02/2026,09/02/2026,missed,2,3,,")
    intake = take(tmp_path, *rows)
    assert found(intake) == [(6, "seen", "assessed_at_visit")]
    assert intake.findings.table()["action"].tolist() == ["kept"]
    assert intake.account.quarantined == 0


def test_the_mapping_of_the_tests_is_not_changed_by_use() -> None:
    """Spoiling a copy leaves the original as it was."""
    assert "rows" not in MAPPING["tables"]["patients"]


def test_the_short_form_of_an_assembly_shows_no_value() -> None:
    """Tables put together never show a patient at a prompt."""
    tables = {"patients": pd.DataFrame({"patient_id": ["SECRETVAL"]})}
    assert "SECRETVAL" not in repr(Assembly(tables, ()))


CASES: dict[str, Any] = {
    "data_cut": "2026-06-30",
    "file": {"date_format": "%Y-%m-%d"},
    "source": [{"name": "cases", "file": "cases.csv", "optional": True},
               {"name": "visits", "file": "visits.csv"}],
    "tables": {
        "patients": {"source": "cases", "patient_id": "who"},
        "episodes": {"source": "cases", "episode_id": "case", "patient_id": "who",
                     "start_date": "start", "clinic_id": {"constant": "C01"}},
        "visits": {"source": "visits", "episode_id": "case", "status": {"constant": "attended"},
                   "visit_day": {"days_from_start": "on"}},
    },
}  # fmt: skip


def cases_and_visits(
    folder: Path, cases: list[str], visits: list[str], values: dict[str, Any]
) -> Intake:
    """Ingest two files; no file of cases where there is none."""
    files = {"cases.csv": ("case,who,start", cases), "visits.csv": ("case,who,on", visits)}
    for name, (head, rows) in files.items():
        if rows:
            (folder / name).write_text("\n".join([head, *rows]), encoding="utf-8")
    return ingest(folder, mapping=Mapping.from_values(values))


def test_visits_without_the_file_of_their_episodes_are_set_aside(tmp_path: Path) -> None:
    """An optional file that is missing leaves every visit without a course of care."""
    intake = cases_and_visits(tmp_path, [], ["A,P,2026-01-05", "B,Q,2026-01-06"], CASES)
    assert found(intake) == [(2, "case", "no_episode"), (3, "case", "no_episode")]
    assert intake.cohort.n_episodes == 0


def test_an_export_that_goes_on_names_the_courses_of_care_that_nobody_knows(tmp_path: Path) -> None:
    """Of several visits those of known episodes enter, the others are told one by one."""
    path = tmp_path / "visits.csv"
    path.write_text("case,on\ne1,2026-01-20\nx,2026-01-20\ny,2026-01-20\n", encoding="utf-8")
    values = {"data_cut": CUT, "continues": True, "file": CASES["file"],
              "tables": {"visits": {**CASES["tables"]["visits"], "source": ""}}}  # fmt: skip
    intake = ingest(path, mapping=Mapping.from_values(values), known=small_cohort())
    assert [place for place in found(intake) if place[2] == "no_episode"] == [
        (3, "case", "no_episode"), (4, "case", "no_episode")
    ]  # fmt: skip
    assert intake.account.accepted == 1


def by_patient(**columns: Any) -> dict[str, Any]:
    """The mapping whose visits find their episode by the patient."""
    values = copy.deepcopy(CASES)
    values["tables"]["visits"] |= {"episode_id": {"episode_of": "who"}, **columns}
    return values


def test_a_row_without_a_date_belongs_to_the_patients_latest_episode(tmp_path: Path) -> None:
    """Where nothing says when, the course of care that began last is meant."""
    cases = ["A,P,2026-01-05", "B,P,2026-03-02", "C,Q,2026-01-05"]
    undated = by_patient(visit_day={"constant": 3})
    intake = cases_and_visits(tmp_path, cases, ["x,P,", "x,Q,", "x,R,"], undated)
    assert found(intake) == [(4, "who", "no_episode")]
    assert intake.cohort.visits["episode_id"].tolist() == ["B", "C"]


def test_a_visit_on_the_first_day_belongs_to_the_episode_and_one_before_to_none(
    tmp_path: Path,
) -> None:
    """Only scores may be taken before an episode begins."""
    visits = ["x,P,2026-01-05", "x,P,2026-01-04", "x,P,2026-03-01", "x,P,2026-03-02"]
    cases = ["A,P,2026-01-05", "B,P,2026-03-02"]
    intake = cases_and_visits(tmp_path, cases, visits, by_patient())
    assert found(intake) == [(3, "who", "no_episode")]
    days = intake.cohort.visits[["episode_id", "visit_day"]].astype("object").to_numpy().tolist()
    assert days == [["A", 0], ["A", 55], ["B", 0]]


@pytest.mark.parametrize("columns", [{}, {"visit_day": {"constant": 0}}])
def test_no_episode_is_found_where_every_one_is_set_aside(tmp_path: Path, columns: Any) -> None:
    """Looking for a patient's episode among none finds none, dated or not."""
    visits = ["x,P,2026-01-05"]
    intake = cases_and_visits(tmp_path, ["A,P,soon"], visits, by_patient(**columns))
    assert {rule for _, _, rule in found(intake)} == {"not_a_date", "no_episode"}
    assert intake.account.quarantined == 2
