"""The rows of a load, numbered through: where each stands, and which are read at all."""

import copy
import tempfile
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.corrections import Corrections
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.load import (
    ACCEPTED,
    DUPLICATE,
    EXCLUDED,
    QUARANTINED,
    ROW_COLUMNS,
    STATUSES,
    Load,
    first_statuses,
    list_rows,
)
from hinge_outcomes.ingestion.mapping import Mapping
from tests.loads import file_of, load_of, plan_with
from validation.clean_export import MAPPING as CLEAN_MAPPING
from validation.clean_export import as_lines, clean_files, write_files


def told(load: Load, plan: Mapping) -> tuple[list[str], list[tuple[int, str, str]]]:
    """Where each row went, and row, column and rule of each finding."""
    status, parts = first_statuses(load, plan)
    rows = [
        (int(row), column, rule)
        for part in parts
        for row, column, rule in part[["row", "column", "rule"]].itertuples(index=False)
    ]
    return [STATUSES[place] for place in status], rows


def correcting(*cells: tuple[str, int, str, str]) -> list[Corrections]:
    """A fix list with a few cells filled in."""
    return [Corrections({cell[:3]: cell[3] for cell in cells}, {}, "fixes.xlsx")]


def test_every_row_knows_its_file_and_line() -> None:
    """Files without rows stand before, between and after the others and shift nobody."""
    load = load_of(
        file_of(name="a.csv"), file_of("K1,,", "K2,,", name="b.csv"), file_of(name="c.csv"),
        file_of("K3,,", name="d.csv"), file_of(name="e.csv"),
    )  # fmt: skip
    files, lines = load.places(np.array([2, 0, 1]))
    assert load.n_rows == 3
    assert files.tolist() == ["d.csv", "b.csv", "b.csv"]
    assert lines.tolist() == [2, 2, 3]


def test_only_the_columns_of_the_mapping_are_understood() -> None:
    """The others stay in the raw text alone."""
    load = load_of(file_of("K1,2026-01-05,3,Doe", header="case,start,pain,name"))
    assert set(load.parts[0].columns) == {"case", "start", "pain"}
    assert "name" in load.parts[0].raw.columns


def test_a_row_that_is_not_wanted_is_left_out_and_an_unsaid_wish_is_told() -> None:
    """The wish is compared without blanks; a text that stands for missing is a finding."""
    plan = plan_with(keep={"pain": ["3", "4"]})
    load = load_of(file_of("K1,a, 3 ", "K2,a,5", "K3,a,n/a", "K4,a,"), plan=plan)
    assert told(load, plan) == (
        ["accepted", "excluded", "excluded", "excluded"], [(2, "pain", "keep_missing")]
    )  # fmt: skip


def test_filters_that_no_row_passes_leave_every_row_out() -> None:
    """An account of nothing but rows that are not wanted is lawful."""
    plan = plan_with(keep={"pain": "never"})
    assert told(load_of(file_of("K1,a,3", "K2,a,5"), plan=plan), plan) == (["excluded"] * 2, [])


def test_a_broken_row_is_set_aside_whatever_the_filters_say() -> None:
    """Of a row without cells nobody knows whether it is wanted."""
    plan = plan_with(keep={"pain": ["3"]}, missing=[""], keys=["case"])
    load = load_of(file_of("K1,a,3", "torn", broken={1: "field_count"}), plan=plan)
    assert told(load, plan) == (["accepted", "quarantined"], [(1, "", "field_count")])


def test_rows_told_twice_are_found_over_the_files_of_a_source() -> None:
    """The first stands, wherever it is; blanks around a text do not make it another."""
    plan = plan_with()
    load = load_of(
        file_of("K1,a,3", "K1,a,4", name="1.csv"), file_of("K1 ,a,3", "K2,a,4", name="2.csv"),
        plan=plan,
    )  # fmt: skip
    assert told(load, plan) == (
        ["accepted", "accepted", "duplicate", "accepted"], [(2, "", "duplicate_row")]
    )  # fmt: skip


def test_the_same_file_twice_counts_as_duplicate_row_by_row() -> None:
    """Broken rows of the copy too: what is wrong in it is mended in the first file."""
    plan = plan_with()
    rows = ("K1,a,3", "torn", "K2,a,4")
    one = file_of(*rows, name="1.csv", broken={1: "field_count"}, digest="d")
    two = file_of(*rows, name="2.csv", broken={1: "field_count"}, digest="d")
    places, findings = told(load_of(one, two, plan=plan), plan)
    assert places == ["accepted", "quarantined", "accepted", *["duplicate"] * 3]
    assert (3, "", "same_file") in findings


def test_rows_under_one_key_are_told_over_the_files_of_a_source() -> None:
    """To split a file in two hides no repeated key; rows without a key have another fault."""
    plan = plan_with(keys=["case"])
    load = load_of(
        file_of("K1,a,3", ",a,3", name="1.csv"), file_of("K1,a,4", ",a,4", name="2.csv"), plan=plan
    )
    assert told(load, plan) == (
        ["accepted", "accepted", "quarantined", "accepted"], [(2, "case", "repeated_key")]
    )  # fmt: skip


def test_a_row_that_the_fix_list_leaves_out_is_gone_with_what_was_wrong() -> None:
    """A broken row left out is no finding any more, and is counted as not wanted."""
    plan = plan_with(keep={"pain": ["3", "4"]})
    load = load_of(
        file_of("torn", "K1,a,n/a", "K2,a,4", broken={0: "field_count"}), plan=plan,
        corrections=correcting(
            ("people.csv", 2, "", "leave out"), ("people.csv", 3, "pain", "LEAVE OUT")
        ),
    )  # fmt: skip
    assert told(load, plan) == (
        ["excluded", "excluded", "accepted"], [(0, "", "left_out"), (1, "", "left_out")]
    )  # fmt: skip


@pytest.mark.parametrize("corrected", ["5", "LEAVE OUT"])
def test_a_copy_does_not_come_in_when_the_row_before_it_is_mended(corrected: str) -> None:
    """Of a wrong row told twice the fix list names the first; the other stays its duplicate."""
    plan = plan_with()
    load = load_of(
        file_of("K1,a,x", "K2,a,1", "K1,a,x"), plan=plan,
        corrections=correcting(("people.csv", 2, "pain", corrected)),
    )  # fmt: skip
    places, findings = told(load, plan)
    assert places == [
        "excluded" if corrected == "LEAVE OUT" else "accepted",
        "accepted",
        "duplicate",
    ]
    assert (2, "", "duplicate_row") in findings


def test_a_copy_that_is_corrected_itself_comes_in() -> None:
    """Whoever corrects the second row says that it is one of its own."""
    plan = plan_with()
    load = load_of(
        file_of("K1,a,3", "K1,a,3"), plan=plan,
        corrections=correcting(("people.csv", 3, "case", "K2")),
    )  # fmt: skip
    assert told(load, plan)[0] == ["accepted", "accepted"]


def test_a_row_that_is_corrected_into_a_copy_is_one() -> None:
    """Two rows that say the same after all are one row told twice."""
    plan = plan_with()
    load = load_of(
        file_of("K1,a,3", "K1,a,x"), plan=plan,
        corrections=correcting(("people.csv", 3, "pain", "3")),
    )  # fmt: skip
    assert told(load, plan)[0] == ["accepted", "duplicate"]


def test_a_correction_of_another_file_is_not_passed_over() -> None:
    """A fix list that does not belong to the load stops it."""
    with pytest.raises(DataError, match=r"fixes\.xlsx corrects other\.csv.*does not hold"):
        load_of(file_of("K1,a,3"), corrections=correcting(("other.csv", 2, "pain", "3")))


def test_findings_of_rows_have_one_shape() -> None:
    """Lists of numbers, arrays and no rows at all make frames that can be put together."""
    for rows in ([4, 2], np.array([4, 2]), (n for n in (4, 2))):
        frame = list_rows(rows, "error", "visits", "on", "not_a_date")
        assert list(frame) == ROW_COLUMNS
        assert frame["row"].tolist() == [4, 2]
        assert set(frame["action"]) == {"row set aside"}
    assert list_rows([], "error", "", "", "x").shape == (0, len(ROW_COLUMNS))


def test_the_places_of_rows_are_numbered_as_they_are_named() -> None:
    """The numbers stand for the words of the account."""
    places = (ACCEPTED, EXCLUDED, QUARANTINED, DUPLICATE)
    assert [STATUSES[place] for place in places] == [
        "accepted", "excluded", "quarantined", "duplicate"
    ]  # fmt: skip


def test_the_short_form_of_a_load_shows_no_cell() -> None:
    """Neither a load nor its parts show a patient's value at a prompt."""
    load = load_of(file_of("SECRETVAL,a,3"))
    assert "SECRETVAL" not in repr(load) + repr(load.parts[0])


# Through the door: files, rows and splits of a whole clinic


@cache
def clinic() -> dict[str, list[str]]:
    """The lines of a clinic's four files, with a few mistakes and repeated rows among them."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=5)
    lines = {name: as_lines(frame) for name, frame in clean_files(cohort, n_idle=4).items()}
    lines["visits"] += [lines["visits"][3], lines["visits"][5] + ";", ";soon;;came;;"]
    lines["scores"] += [lines["scores"][1], "ZC00001;31/02/2026;nprs;5", "nobody;05/01/2026;nprs;5"]
    lines["people"] += [lines["people"][-1].replace("1970", "1971")]
    return lines


def patterned() -> Mapping:
    """The clinic's mapping, with any number of files for each source."""
    values = copy.deepcopy(CLEAN_MAPPING)
    for source in values["source"]:
        source["file"] = source["file"].replace(".csv", "*.csv")
    return Mapping.from_values(values)


def ingested(lines: dict[str, list[str]]) -> Intake:
    """The intake of files given as lines."""
    with tempfile.TemporaryDirectory() as folder:
        return ingest(write_files(lines, Path(folder)), mapping=patterned())


@cache
def as_one() -> Intake:
    """The clinic's files as they are."""
    return ingested(clinic())


def same_cohort(one: Intake, other: Intake) -> bool:
    """Whether two intakes accepted the same records."""
    first, second = one.cohort, other.cohort
    return all(
        content_hash(name, getattr(first, name), first.extra_columns)
        == content_hash(name, getattr(second, name), second.extra_columns)
        for name in TABLE_NAMES
    )


def faults(intake: Intake) -> dict[tuple[str, str], int]:
    """How many cells break each rule, by column."""
    return intake.findings.errors.groupby(["column", "rule"]).size().to_dict()


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_the_order_of_rows_never_changes_the_cohort(seed: int) -> None:
    """Shuffled files give the same records, the same account and the same faults."""
    lines = {name: list(rows) for name, rows in clinic().items()}
    for name, (head, *rows) in lines.items():
        Random(seed).shuffle(rows)
        lines[name] = [head, *rows]
    # The one contradiction is told by the later row, which order decides: leave it out of this.
    lines["people"] = [row for row in lines["people"] if "1971" not in row]
    due = {**clinic(), "people": clinic()["people"][:-1]}
    one, other = ingested(lines), ingested(due)
    assert same_cohort(one, other)
    assert one.account == other.account
    assert faults(one) == faults(other)


@settings(max_examples=5)
@given(st.data())
def test_a_file_split_in_two_is_the_same_file(data: st.DataObject) -> None:
    """Wherever each file is cut: the same records, account, faults and corrections."""
    lines = {}
    for name, (head, *rows) in clinic().items():
        cut = data.draw(st.integers(1, len(rows) - 1), label=name)
        lines[f"{name}-1"] = [head, *rows[:cut]]
        lines[f"{name}-2"] = [head, *rows[cut:]]
    intake = ingested(lines)
    assert same_cohort(intake, as_one())
    assert intake.account == as_one().account
    assert faults(intake) == faults(as_one())
    assert len(intake.fixes) == len(as_one().fixes)


CELL = st.sampled_from(
    ["", "?", "K1", "ZC00001", "ZP00002", "05/01/2026", "13/13/2026", "1", "3", "11", "came",
     "nprs", "=1", "-9", "5,5", "yes", "ann@example.org"]
)  # fmt: skip


@settings(max_examples=10)
@given(st.data())
def test_the_account_balances_over_several_files(data: st.DataObject) -> None:
    """Nonsense in any of the files: every row ends in one place, every error on a row set aside."""
    lines = {}
    for name, (head, *rows) in clinic().items():
        width = head.count(";") + 1
        row = st.lists(CELL, min_size=width - 1, max_size=width + 1).map(";".join)
        lines[name] = [head, *rows[-30:], *data.draw(st.lists(row, max_size=5), label=name)]
    intake = ingested(lines)
    account = intake.account
    places = (account.accepted, account.excluded, account.quarantined, account.duplicate)
    assert sum(places) == account.read == sum(file.rows for file in intake.files)
    assert len(intake.quarantine) == account.quarantined
    aside = set(zip(intake.quarantine["hinge_file"], intake.quarantine["hinge_line"], strict=True))
    errors = intake.findings.errors
    lost = errors[errors["action"] == "row set aside"]
    assert set(zip(lost["file"], lost["line"], strict=True)) == aside
    assert not ho.validate(intake.cohort).errors


def test_a_file_of_rows_set_aside_may_be_loaded_again(tmp_path: Path) -> None:
    """Its own columns of places and rules do not take the place of those of the new load."""
    path = tmp_path / "people.csv"
    path.write_text("case,start,pain,hinge_line\nK1,soon,3,77\n", encoding="utf-8")
    kept = ingest(path, mapping=plan_with()).quarantine
    assert kept["hinge_line"].tolist() == [2]
    assert kept["hinge_line (export)"].tolist() == ["77"]
