"""Merging: what is new, replaced, retired and unchanged is counted, and no key is there twice."""

from pathlib import Path

import pytest

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.registry import open_registry, read_registry
from hinge_outcomes.cohort.registry_results import Counts
from hinge_outcomes.exceptions import RegistryError
from tests.records import CUT, small_cohort
from tests.registries import changed, load, made


def test_rows_are_counted_as_new_replaced_and_unchanged(tmp_path: Path) -> None:
    """One corrected, one unchanged and two new visits are counted so."""
    path = tmp_path / "clinic.duckdb"
    load(path, small_cohort().select(episode_id="e2"))
    counts = load(path, small_cohort(**changed("visits", {3: "cancelled"}, "status"))).counts
    assert counts["visits"] == Counts(inserted=4, replaced=1, retired=0, unchanged=1)
    assert counts["patients"] == Counts(inserted=1, replaced=0, retired=0, unchanged=1)


def test_a_null_is_compared_like_a_value(tmp_path: Path) -> None:
    """A cell that becomes null is a correction; a cell that stays null is none."""
    path = made(tmp_path)
    counts = load(path, small_cohort(**changed("episodes", {0: None}, "clinician_id"))).counts
    assert counts["episodes"] == Counts(inserted=0, replaced=1, retired=0, unchanged=2)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_key_that_is_there_twice_is_refused(tmp_path: Path, is_first: bool) -> None:
    """A load with one visit twice fails by name of the table and columns and changes nothing."""
    path = tmp_path / "clinic.duckdb"
    if not is_first:
        made(tmp_path)
    tables = {name: getattr(small_cohort(), name) for name in TABLE_NAMES}
    tables["visits"] = tables["visits"].iloc[[0, 1, 2, 3, 4, 5, 0]].reset_index(drop=True)
    with (
        open_registry(path, create=True) as registry,
        pytest.raises(RegistryError, match=r"1 row of visits .*more than once.*visit_number"),
    ):
        registry.load_tables(tables, {"data_cut": CUT})
    assert path.exists() != is_first


def test_the_first_load_may_hold_its_clinics_whole(tmp_path: Path) -> None:
    """An empty registry takes a load of whole clinics; nothing is retired."""
    path = tmp_path / "clinic.duckdb"
    counts = load(path, small_cohort(), whole="clinics").counts
    assert sum(each.retired for each in counts.values()) == 0


def test_a_patient_whom_the_export_still_lists_stays(tmp_path: Path) -> None:
    """A patient whose episodes are gone stays while the export of the clinic has her row."""
    path = made(tmp_path)
    left = small_cohort().select(episode_id=["e2"])
    both = Cohort(
        small_cohort().patients, left.episodes, left.visits, left.assessments, left.outcomes,
        data_cut=CUT,
    )  # fmt: skip
    counts = load(path, both, whole="clinics").counts
    assert counts["patients"] == Counts(unchanged=2)
    assert read_registry(path).patients["patient_id"].tolist() == ["p1", "p2"]


def test_a_row_that_was_retired_can_come_back(tmp_path: Path) -> None:
    """What one load retired a later one inserts again, with both in the history."""
    path = made(tmp_path)
    load(path, small_cohort().select(episode_id="e2"), whole="clinics")
    counts = load(path, small_cohort()).counts
    assert counts["episodes"] == Counts(inserted=1, unchanged=2)
    assert [read_registry(path, as_of=n).n_episodes for n in (1, 2, 3)] == [3, 2, 3]
