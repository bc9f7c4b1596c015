"""A registry's file is told from a cohort's folder."""

from pathlib import Path

from hinge_outcomes.cohort.registry_paths import is_registry
from tests.records import small_cohort
from tests.registries import made


def test_a_registry_is_known_by_its_ending_or_its_first_bytes(tmp_path: Path) -> None:
    """Under another name a registry is known by how it begins; other files are none."""
    path = made(tmp_path)
    assert is_registry(path)
    assert is_registry(str(tmp_path / "none.duckdb"))
    renamed = path.rename(tmp_path / "records")
    assert is_registry(renamed)
    (tmp_path / "export.csv").write_text("case;pain\n", encoding="utf-8")
    assert not is_registry(tmp_path / "export.csv")


def test_folders_and_cohorts_are_none(tmp_path: Path) -> None:
    """A folder is none whatever its name, and neither is a cohort in memory."""
    (tmp_path / "folder.duckdb").mkdir()
    assert not is_registry(tmp_path / "folder.duckdb")
    assert not is_registry(tmp_path / "none")
    assert not is_registry(small_cohort())
