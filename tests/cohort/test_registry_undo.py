"""Undo and redo: states come back, nothing is forgotten, and an undone load may be loaded again."""

from pathlib import Path

import pandas as pd
import pytest

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.registry import read_registry
from hinge_outcomes.cohort.registry_undo import redo_load, undo_load
from hinge_outcomes.exceptions import RegistryError
from tests.records import small_cohort
from tests.registries import File, changed, load, made


def scores(path: Path, as_of: int | None = None) -> list[float]:
    """The scores, now or after a load."""
    return [float(score) for score in read_registry(path, as_of=as_of).outcomes["score"]]


def with_score(value: float) -> dict[str, pd.DataFrame]:
    """The small outcomes with another first score."""
    return changed("outcomes", {0: value}, "score")


def test_undo_goes_back_step_by_step_and_redo_forward(tmp_path: Path) -> None:
    """Three loads are undone to the first, and done again to the last."""
    path = made(tmp_path)
    load(path, small_cohort(**with_score(7.0)))
    load(path, small_cohort(**with_score(8.0)))
    seen = []
    for step in (undo_load, undo_load, redo_load, redo_load, undo_load):
        step(path)
        seen.append(scores(path)[0])
    assert seen == [7.0, 6.0, 7.0, 8.0, 7.0]
    assert [scores(path, load)[0] for load in range(1, 9)] == [
        6.0, 7.0, 8.0, 7.0, 6.0, 7.0, 8.0, 7.0
    ]  # fmt: skip


def test_an_undone_state_is_the_state_before(tmp_path: Path) -> None:
    """After an undo all five tables are what they were, the data cut too."""
    path = made(tmp_path)
    before = read_registry(path)
    load(path, small_cohort().select(episode_id="e2"), whole="clinics")
    undo_load(path)
    after = read_registry(path)
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name))
    assert after.data_cut == before.data_cut


def test_after_a_new_load_there_is_nothing_to_redo(tmp_path: Path) -> None:
    """A load that follows an undo takes the place of what was undone."""
    path = made(tmp_path)
    load(path, small_cohort(**with_score(7.0)))
    undo_load(path)
    load(path, small_cohort(**with_score(8.0)))
    with pytest.raises(RegistryError, match="nothing to redo"):
        redo_load(path)
    undo_load(path)
    assert scores(path)[0] == 6.0
    redo_load(path)
    assert scores(path)[0] == 8.0


def test_the_first_load_can_be_undone(tmp_path: Path) -> None:
    """Without its only load a registry holds nothing, says so, and takes any other load."""
    path = made(tmp_path)
    undo_load(path)
    with pytest.raises(RegistryError, match="held no records"):
        read_registry(path)
    with pytest.raises(RegistryError, match="no load to undo"):
        undo_load(path)
    load(path, small_cohort(is_synthetic=True))
    assert read_registry(path).is_synthetic
    assert not read_registry(path, as_of=1).is_synthetic


def test_an_undone_file_is_no_repeat(tmp_path: Path) -> None:
    """The same file can be loaded again after its load was undone."""
    path = made(tmp_path)
    file = {"files": [File()], "mapping_sha256": "m"}
    load(path, small_cohort(**with_score(7.0)), **file)
    undo_load(path)
    assert not load(path, small_cohort(**with_score(7.0)), **file).is_repeat
    assert scores(path)[0] == 7.0
    undo_load(path)
    redo_load(path)
    assert load(path, small_cohort(**with_score(7.0)), **file).is_repeat
