"""The whole door: from an export to a cohort, with every input row accounted for."""

import errno
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.cohort.tables import SCHEMAS
from hinge_outcomes.cohort.validation import validate
from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.mapping import Mapping
from tests.exports import HEADER, ROWS, found, mapping_filling, mapping_with, take, write_export
from tests.shared import SHARED, needs_shared
from tests.strategies import cohorts

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def is_balanced(intake: Intake) -> bool:
    """Whether every row read ended in exactly one place, and the quarantine holds its share."""
    account = intake.account
    places = account.accepted + account.excluded + account.quarantined + account.duplicate
    return account.read == places and len(intake.quarantine) == account.quarantined


def test_a_clean_export_enters_whole(tmp_path: Path) -> None:
    """Every row is accepted, codes are translated, and nothing was found."""
    intake = take(tmp_path)
    assert intake.account.summary() == (
        "4 rows read = 4 accepted + 0 excluded by the mapping + 0 set aside + 0 duplicate."
    )
    cohort = intake.cohort
    assert cohort.patients["sex"].tolist() == ["female", "male"]
    assert cohort.visits["status"].tolist() == ["attended", "attended", "no_show", "attended"]
    assert not len(intake.findings)
    assert not len(intake.quarantine)
    assert "2 episodes of 2 patients" in intake.summary()
    assert "4 rows read" in intake._repr_html_()


def test_each_row_ends_in_one_of_four_places(tmp_path: Path) -> None:
    """One kept, one not wanted, one that cannot be read, one told twice: the sum holds."""
    values = mapping_with(keep={"case": ["K1", "K2"]})
    rows = (
        ROWS[0],
        ROWS[0],
        "K9,P9,1970,F,05/01/2026,05/01/2026,came,,,,",
        "K2,P2,1980,M,02/02/2026,02/02/2026,came,12,1,7,30",
        "K2,P2,too,few,cells",
    )
    intake = take(tmp_path, *rows, values=values)
    assert intake.account.summary() == (
        "5 rows read = 1 accepted + 1 excluded by the mapping + 2 set aside + 1 duplicate."
    )
    assert found(intake) == [
        (3, "", "duplicate_row"), (5, "stage", "out_of_range"), (6, "", "field_count")
    ]  # fmt: skip
    assert is_balanced(intake)


def test_the_quarantine_keeps_the_raw_text_of_rows_set_aside(tmp_path: Path) -> None:
    """A row set aside can be put right: its cells, its line and the broken rules are kept."""
    bad = "K2,P2,1980,M,02/02/26,02/02/2026,came,2,1,seven,30"
    intake = take(tmp_path, ROWS[0], bad, 'K3,"x"y')
    kept = intake.quarantine
    assert kept["hinge_line"].tolist() == [3, 4]
    assert kept["hinge_rules"].tolist() == ["not_a_date; not_a_number", "stray_quote"]
    assert kept["hinge_raw_text"].tolist() == ["", 'K3,"x"y']
    assert kept[HEADER.split(",")].iloc[0].tolist() == bad.split(",")


def test_findings_and_summary_hold_no_value_of_a_patient(tmp_path: Path) -> None:
    """Of a row full of mistakes only line, column and rule are told."""
    secret = "Zanzibar"
    rows = (*ROWS, *(",".join([*["K1"] * n, secret, *["1"] * (10 - n)]) for n in range(11)))
    intake = take(tmp_path, *rows)
    assert len(intake.findings) > 20
    told = intake.findings.table().to_csv() + intake.summary() + intake._repr_html_()
    assert secret not in told
    assert secret in intake.quarantine.to_csv()


def test_what_a_prompt_or_notebook_shows_of_an_intake_holds_no_cell(tmp_path: Path) -> None:
    """A cell SECRETVAL, accepted or set aside, is in neither form of an intake; counts are."""
    case = "SECRETVAL,SECRETVAL,1970,F,05/01/2026,05/01/2026,came,1,2,6,40"
    intake = take(tmp_path, *ROWS, case, ROWS[0].replace("K1", "SECRETVAL", 1) + ",SECRETVAL")
    assert "SECRETVAL" in intake.quarantine.to_csv()
    assert "SECRETVAL" in intake.cohort.patients.to_csv()
    shown = repr(intake) + str(intake) + repr(intake.findings) + intake._repr_html_()
    assert "SECRETVAL" not in shown
    assert "6 rows read = 5 accepted" in repr(intake)
    assert repr(intake.findings) == "<findings: errors 1, warnings 0>"


def test_a_missing_text_is_stored_as_missing_with_a_finding(tmp_path: Path) -> None:
    """A listed text costs no row; an empty cell is missing without a word."""
    rows = ("K1,P1,n/a,,05/01/2026,05/01/2026,came,1,2,6,40",)
    intake = take(tmp_path, *rows)
    assert found(intake) == [(2, "born", "missing")]
    assert intake.findings.table()["action"].tolist() == ["stored as missing"]
    assert intake.cohort.patients[["birth_year", "sex"]].isna().all(axis=None)


def test_a_lenient_column_loses_the_cell_and_not_the_row(tmp_path: Path) -> None:
    """With if_unreadable = "missing" the row enters, and the finding says what was lost."""
    born = {"column": "born", "if_unreadable": "missing"}
    values = mapping_filling("patients", birth_year=born)
    rows = ("K1,P1,197O,F,05/01/2026,05/01/2026,came,1,2,6,40",)
    intake = take(tmp_path, *rows, values=values)
    frame = intake.findings.table()
    assert found(intake) == [(2, "born", "not_a_number")]
    assert (frame["severity"][0], frame["action"][0]) == ("error", "stored as missing")
    assert intake.account.accepted == 1


def test_a_row_whose_wish_is_unknown_is_left_out_aloud(tmp_path: Path) -> None:
    """Where the column that decides is missing, the row is excluded and a finding says so."""
    values = mapping_with(keep={"gender": "F"})
    intake = take(tmp_path, ROWS[0], "K2,P2,1980,n/a,02/02/2026,,,,,,", values=values)
    assert found(intake) == [(3, "gender", "keep_missing")]
    assert (intake.account.accepted, intake.account.excluded) == (1, 1)


def test_a_row_that_fills_no_table_is_set_aside(tmp_path: Path) -> None:
    """A row that passes no section's filter is a question, not silently lost."""
    values = mapping_with()
    for table in values["tables"]:
        values["tables"][table]["rows"] = {"case": ["K1"]}
    intake = take(tmp_path, *ROWS, values=values)
    assert found(intake) == [(5, "", "no_record")]
    assert is_balanced(intake)


def test_nothing_left_is_an_empty_cohort_with_an_account(tmp_path: Path) -> None:
    """When every row is set aside the findings still say why."""
    intake = take(tmp_path, "K1,P1,1970,F,never,05/01/2026,came,1,2,6,40")
    assert (intake.account.accepted, intake.cohort.n_episodes) == (0, 0)
    assert found(intake) == [(2, "start", "not_a_date")]


def test_formula_like_ids_are_set_aside(tmp_path: Path) -> None:
    """An id that a spreadsheet would run never becomes an id."""
    intake = take(tmp_path, *ROWS, "=K3,P3,1990,F,05/01/2026,05/01/2026,came,,,,")
    assert found(intake) == [(6, "case", "formula")]


def test_columns_that_the_mapping_does_not_name_never_enter(tmp_path: Path) -> None:
    """A name in the export stands in no table of the cohort."""
    rows = [f"{row},Zanzibar" for row in ROWS]
    cohort = take(tmp_path, *rows, header=f"{HEADER},name").cohort
    assert all("Zanzibar" not in getattr(cohort, name).to_csv() for name in TABLE_NAMES)


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    """The cohort of a shuffled export is the cohort of the export."""
    assert same(take(tmp_path, *ROWS).cohort, take(tmp_path, *reversed(ROWS)).cohort)


def test_what_the_mapping_states_arrives_in_the_cohort(tmp_path: Path) -> None:
    """Assumptions, clinic names and the clinic's own columns are part of the cohort."""
    values = mapping_filling("episodes", x_side="odi", rows={"pain": ["6", "7"]})
    del values["tables"]["outcomes"]
    values |= {
        "assumptions": {"episodes.clinic_id": "One clinic is assumed."},
        "clinic_names": {"C01": "North"},
        "extra": {"x_side": {"table": "episodes", "type": "integer", "maximum": 50}},
    }
    cohort = take(tmp_path, values=values).cohort
    assert cohort.assumptions == ("One clinic is assumed.",)
    assert cohort.clinic_name("C01") == "North"
    assert cohort.episodes["x_side"].tolist() == [40, 30]
    assert cohort.extra_columns == (ExtraColumn("episodes", "x_side", "integer", maximum=50),)


def test_a_mapping_that_names_a_missing_column_stops_before_any_row(tmp_path: Path) -> None:
    """One message names the column, a near one, and the columns that there are."""
    with pytest.raises(MappingError, match=r"'starts'. Did you mean 'start'\?.*case, patient"):
        take(tmp_path, values=mapping_filling("episodes", start_date="starts"))


def test_the_quarantine_file_is_private_and_replaces_an_older_one(tmp_path: Path) -> None:
    """Only its owner can read the rows set aside, and reading them back gives the same rows."""
    intake = take(tmp_path, ROWS[0], "K2,P2,19x0,M,02/02/2026,02/02/2026,came,2,1,7,30")
    path = tmp_path / "private" / "quarantine.csv"
    for _ in range(2):
        assert intake.write_quarantine(path) == path
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    back = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert back["born"].tolist() == ["19x0"]
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_no_half_written_quarantine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full there is one sentence, and no file."""
    intake = take(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DataError, match="disk is full"):
        intake.write_quarantine(tmp_path / "out" / "quarantine.csv")
    assert list((tmp_path / "out").iterdir()) == []


CELL = st.sampled_from(
    ["", "n/a", "K1", "K2", "P1", "F", "1", "3", "11", "5.5", "05/01/2026", "01/13/2026", "came",
     "=1", '"', "x\ny", "\x1b", "1e400", "∞"]
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(CELL, min_size=10, max_size=12), max_size=4), st.randoms())
def test_the_account_balances_whatever_the_rows_hold(rows: list[list[str]], order: Any) -> None:
    """Good rows mixed with nonsense: each ends in one place, each error on a row set aside."""
    lines = [",".join(f'"{cell}"' if "\n" in cell else cell for cell in row) for row in rows]
    mixed = [*ROWS, *lines]
    order.shuffle(mixed)
    with tempfile.TemporaryDirectory() as folder:
        try:
            intake = take(Path(folder), *mixed)
        except DataError as error:
            assert "never closed" in str(error)  # noqa: PT017 - either outcome is lawful
            return
    assert is_balanced(intake)
    gone = set(intake.quarantine["hinge_line"])
    assert set(intake.findings.errors["line"]) == gone
    assert not validate(intake.cohort).errors


def stacked(cohort: Cohort, folder: Path) -> tuple[Path, dict[str, Any]]:
    """All five tables in one CSV, a row per record, and the mapping that reads it."""
    tables: dict[str, Any] = {}
    parts = []
    for name in TABLE_NAMES:
        frame = getattr(cohort, name).drop(columns="last_observed_day", errors="ignore")
        frame = frame.astype("object")
        if "items" in frame:
            frame["items"] = frame["items"].map(json.dumps, na_action="ignore")
        parts.append(frame.add_prefix(f"{name}.").assign(record=name))
        columns = [column for column in SCHEMAS[name].columns if column in frame]
        tables[name] = {column: f"{name}.{column}" for column in columns}
        tables[name]["rows"] = {"record": name}
    path = folder / "export.csv"
    filled = [part for part in parts if len(part)]
    together = pd.concat(filled, ignore_index=True)
    for part in parts:
        together = together.reindex(columns=[*dict.fromkeys([*together.columns, *part.columns])])
    together.to_csv(path, index=False, date_format="%Y-%m-%d", encoding="utf-8")
    return path, {
        "data_cut": cohort.data_cut,
        "file": {"date_format": "%Y-%m-%d"},
        "tables": tables,
    }


def same(one: Cohort, other: Cohort) -> bool:
    """Whether two cohorts hold the same rows."""
    return all(
        content_hash(name, getattr(one, name)) == content_hash(name, getattr(other, name))
        for name in TABLE_NAMES
    )


@settings(max_examples=10, deadline=None)
@given(cohorts())
def test_a_cohort_written_as_one_csv_comes_back_as_it_was(cohort: Cohort) -> None:
    """Writing five tables into one export and ingesting it is the identity."""
    with tempfile.TemporaryDirectory() as folder:
        path, values = stacked(cohort, Path(folder))
        intake = ingest(path, mapping=Mapping.from_values(values))
    assert same(intake.cohort, cohort)
    assert intake.account.accepted == intake.account.read


def test_the_worked_clinic_example_enters_without_an_error() -> None:
    """The shipped export with decimal commas, clinic codes and stages is accepted whole."""
    intake = ingest(EXAMPLES / "clinic" / "export.csv", mapping=EXAMPLES / "clinic/mapping.toml")
    assert (intake.account.read, intake.account.accepted) == (805, 805)
    assert not len(intake.findings.errors)
    cohort = intake.cohort
    assert cohort.has_stages
    assert (cohort.n_episodes, cohort.n_patients) == (48, 46)
    assert cohort.assessments["load_kg"].max() == 20
    assert 12.5 in set(cohort.assessments["load_kg"])
    assert not len(validate(cohort))


ASHAR = SHARED / "real" / "ashar2022_outcomes.csv"


@pytest.fixture(scope="module")
def ashar() -> Intake:
    """The Ashar trial, read by the shipped mapping."""
    return ingest(ASHAR, mapping=EXAMPLES / "ashar" / "mapping.toml")


@needs_shared
def test_of_the_real_trial_one_row_is_set_aside(ashar: Intake) -> None:
    """54 controls are left out, the one patient without a group is set aside, 286 rows enter."""
    assert ashar.account.summary() == (
        "341 rows read = 286 accepted + 54 excluded by the mapping + 1 set aside + 0 duplicate."
    )
    assert ashar.quarantine["id"].tolist() == ["1004"]
    assert ashar.quarantine["hinge_rules"].tolist() == ["required_missing"]
    kept = ashar.findings.table().query("action == 'stored as missing'")
    text = pd.read_csv(ASHAR, dtype=str, keep_default_na=False)
    text = text[(text["is_patient"] == "1") & (text["group"] != "NaN") & (text["time"] == "1")]
    undefined = text.index[text["current_opioid_use"] == "<undefined>"] + 2
    assert kept["line"].tolist() == undefined.tolist()
    assert set(kept["column"]) == {"current_opioid_use"}
    assert len(kept) == 8


@needs_shared
def test_the_real_trials_numbers_are_the_published_ones(ashar: Intake) -> None:
    """Pain and ODI before, and after by group, are those of the trial."""
    cohort = ashar.cohort
    assert (cohort.n_episodes, cohort.has_stages, len(cohort.visits)) == (151, False, 0)
    before = cohort.outcomes[cohort.outcomes["measured_day"] == 0]
    stats = before.groupby("instrument", observed=True)["score"].agg(["size", "mean", "std"])
    assert stats.round(2).loc["nprs"].tolist() == [151, 3.78, 1.51]
    assert stats.round(2).loc["odi"].tolist() == [151, 22.28, 10.51]
    later = cohort.outcomes[cohort.outcomes["measured_day"] == 30]
    later = later.merge(cohort.episodes[["episode_id", "x_group"]], on="episode_id")
    after = later.groupby(["instrument", "x_group"], observed=True)["score"]
    assert after.size().tolist() == [44, 44, 47, 44, 44, 47]
    assert after.mean().round(2).tolist()[:3] == [1.18, 2.84, 3.13]
    assert after.mean().round(1).tolist()[3:] == [10.1, 19.0, 20.7]
    assert len(cohort.assumptions) == 8


@needs_shared
def test_the_real_export_may_be_given_in_any_order(ashar: Intake, tmp_path: Path) -> None:
    """Shuffling the rows of the trial's file changes nothing in the cohort."""
    header, *rows = ASHAR.read_text(encoding="utf-8").splitlines()
    path = write_export(tmp_path, *sorted(rows, key=lambda row: row[::-1]), header=header)
    other = ingest(path, mapping=EXAMPLES / "ashar" / "mapping.toml")
    extra = ashar.cohort.extra_columns
    for name in TABLE_NAMES:
        one, two = getattr(ashar.cohort, name), getattr(other.cohort, name)
        assert content_hash(name, one, extra) == content_hash(name, two, extra)
